"""What arrived is applied: posts of followed people, alone (`drain`) and under load (`mixed`)."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from node.wire.httpsig import Dialect
from tools.bench import rows
from tools.bench.figures import Measured, percentile
from tools.bench.ground import UNLIMITED, Bench, Child, child, cpu_of
from tools.bench.people import Person, person
from tools.bench.sending import send
from tools.bench.strangers import Stranger, pack, show, strangers
from tools.bench.talk import pairs, say, until
from tools.lab import Lab, Place, free_port

PEER = "peer.test"
AUTHORS = 20
CONNECTIONS = 32  # a crowd of peers; each has one delivery under way at a time (FED-8)


@dataclass(frozen=True, slots=True)
class Followed:
    """A node with a person who follows authors on another server."""

    lab: Lab
    place: Place
    reader: Person
    authors: list[Stranger]

    @property
    def inbox(self) -> str:
        return f"{self.reader.actor}/inbox"

    @property
    def database(self) -> Path:
        return rows.database(self.place.data)


@asynccontextmanager
async def followed(bench: Bench, *more: str) -> AsyncIterator[Followed]:
    """`alpha.test`, whose alice follows the authors of a peer; and `more` nodes that know it."""
    authors = strangers([PEER], Dialect.RFC9421, AUTHORS)
    port = free_port()
    lab = Lab(bench.folder)
    lab.build("alpha.test", *more, peers={PEER: port}, **UNLIMITED)
    show(authors, bench.folder / "shown.json")
    certificate, key = (str(bench.folder / f"{PEER}.{end}") for end in ("pem", "key"))
    place = lab.places["alpha.test"]
    async with AsyncExitStack() as stack:
        stack.callback(lab.stop)
        await lab.start()
        words = (str(port), certificate, key, str(bench.folder / "shown.json"))
        peer = await stack.enter_async_context(child("peer_server", *words))
        reader = await stack.enter_async_context(person(place, "alice"))
        made = Followed(lab, place, reader, authors)
        await _follow(made, peer)
        yield made


async def _follow(at: Followed, peer: Child) -> None:
    """She asks, they accept, and the first post of each is in her feed."""
    for author in at.authors:
        await at.reader.ask("POST", "/follows", {"actor": author.id})

    async def asked() -> list[Any]:
        found = [json.loads(body) for body in await peer.ask(do="posted")]
        follows = [one for one in found if one["type"] == "Follow"]
        return follows if len(follows) == len(at.authors) else []

    await until("they are asked", asked)
    by_id = {author.id: author for author in at.authors}
    answers = []
    for number, follow in enumerate(await asked()):
        author = by_id[follow["object"]]
        body = author.activity("Accept", f"yes-{number}", follow)
        answers.append(author.request(at.inbox, body))
    await post(at, answers, "accepts")

    async def following() -> bool:
        found = await at.reader.ask("GET", "/follows?limit=100")
        accepted = [one for one in found["items"] if one["following"] == "accepted"]
        return len(accepted) == len(at.authors)

    await until("she follows them", following)
    await post(at, [a.request(at.inbox, a.post("first")) for a in at.authors], "first")

    async def fed() -> bool:
        return len((await at.reader.ask("GET", "/feed?limit=100"))["items"]) == len(at.authors)

    await until("their first posts are in her feed", fed)


async def post(at: Followed, requests: list[bytes], name: str, seconds: float = 0) -> Any:
    """Send these to the node by many connections; what came of it."""
    file = pack(requests, at.lab.folder / f"{name}.load")
    tls = (str(at.lab.ca), at.place.domain)
    return await send(file, at.place.port, CONNECTIONS, seconds, tls)


async def drain(bench: Bench) -> AsyncIterator[Measured]:
    """The node stands still, posts lie there, it starts: how fast they come into the feed."""
    count = bench.size(2000, 100)
    async with followed(bench) as at:
        at.place.stop()
        before = rows.ends(at.database)
        come = []
        for number in range(count):
            author = at.authors[number % AUTHORS]
            name = f"drain-{number}"
            come.append((author.id, f"{author.id}/t/{name}", author.post(name)))
        rows.add_arrivals(at.database, come)
        at.place.start()
        connection = rows.connect(at.database)
        left = [(time.monotonic(), count, 0.0)]
        while left[-1][1]:
            await asyncio.sleep(0.02)
            left.append((time.monotonic(), rows.waiting(connection), cpu_of(at.place)))
        connection.close()
        working = [one for one in left if one[1] < count]
        (began, first, spent), (ended, _, whole) = working[0], working[-1]
        await at.place.ready()
        fed = rows.grown(at.database, before)["timeline"]
        if len(fed) != count:
            raise RuntimeError(f"{len(fed)} of {count} posts came into the feed")
        new = {k: v for k, v in rows.grown(at.database, before).items() if k != "arrivals"}
        bare = rows.bare_insert(at.database, bench.folder / "bare.sqlite3", new, count)
        yield Measured("drain", first / (ended - began), count / bare)
        yield Measured("drain.cpu", 1000 * (whole - spent) / first)


async def _applied(database: Path, seconds: float) -> dict[int, int]:
    """How much was applied in each whole second of the clock that all processes share."""
    connection = rows.connect(database)
    query = "SELECT count(*) FROM arrivals WHERE state = 'applied'"
    found: dict[int, int] = {}
    ends, last = time.monotonic() + seconds, None
    while time.monotonic() < ends:
        second = int(time.monotonic()) + 1
        await asyncio.sleep(second - time.monotonic())
        count = int(connection.execute(query).fetchone()[0])
        if last is not None:
            found[second - 1] = count - last
        last = count
    connection.close()
    return found


async def mixed(bench: Bench) -> AsyncIterator[Measured]:
    """Posts come as fast as the door takes them, and somebody elsewhere writes to a friend here."""
    seconds = float(bench.size(10, 3))
    async with followed(bench, "beta.test") as at:
        there = at.lab.places["beta.test"]
        bodies = [
            author.request(at.inbox, author.post(f"mixed-{number}"))
            for number in range(bench.size(1500, 100))
            for author in at.authors
        ]
        async with pairs(at.lab, bench.folder, there, at.place, 1) as talkers:
            loading = asyncio.create_task(post(at, bodies, "mixed", seconds))
            applying = asyncio.create_task(_applied(at.database, seconds + 1))
            await asyncio.sleep(1)
            said = await say(talkers, do="offered", rate=5.0, seconds=seconds - 2)
            load, applied = await loading, await applying
        # The first and the last second are not whole.
        whole = load["by_second"][1:-1]
        shares = [applied.get(second, 0) / count for second, count in whole]
        yield Measured("mixed", min(shares))
        yield Measured("mixed.accepted", load["accepted"] / load["seconds"])
        yield Measured("mixed.applied", sum(applied.values()) / len(applied))
        yield Measured("mixed.message_p95", percentile(said.took, 95))

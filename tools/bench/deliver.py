"""Posts go to followers on a hundred other servers: deliveries a second (`deliver_*`)."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

from node.wire.httpsig import Dialect
from tools.bench.figures import Measured
from tools.bench.ground import UNLIMITED, Bench, Child, child
from tools.bench.people import Person, person
from tools.bench.sending import send
from tools.bench.strangers import Stranger, pack, show, strangers
from tools.bench.talk import until
from tools.lab import Lab, free_port

PEERS = 100
WILDCARD = "*.many.test"  # one certificate for all of them
CONNECTIONS = 4  # strangers of one domain: so many of their keys are fetched at a time (LIM-4.1)
DIALECTS = {"deliver_rsa": Dialect.CAVAGE, "deliver_ed25519": Dialect.RFC9421}


async def _rate(
    alice: Person, peer: Child, dialect: Dialect, hosts: int, posts: int
) -> tuple[float, list[str]]:
    """Deliveries a second from the first to the last, and the bodies that came."""
    await peer.ask(do="reset")
    body = {"content": "a letter to everybody, " * 60, "audience": "public"}
    await asyncio.gather(*(alice.ask("POST", "/posts", body) for _ in range(posts)))

    async def arrived() -> bool:
        return bool((await peer.ask(do="count"))["count"] >= hosts * posts)

    await until("every server has every post", arrived)
    found = await peer.ask(do="count")
    if found["rfc9421"] != (found["count"] if dialect is Dialect.RFC9421 else 0):
        raise RuntimeError("the node signed in another dialect than its peers read")
    return (found["count"] - 1) / (found["last"] - found["first"]), await peer.ask(do="posted")


async def _followed(
    bench: Bench, alice: Person, peer: Child, people: list[Stranger], to: str
) -> None:
    """They all follow her, and were told yes."""
    follows = [one.activity("Follow", "follow", alice.actor) for one in people]
    requests = [
        one.request(f"{alice.actor}/inbox", body) for one, body in zip(people, follows, strict=True)
    ]
    load = pack(requests, bench.folder / "follows.load")
    tls = (str(bench.folder / "ca.pem"), "alpha.test")
    await send(load, int(to.rpartition(":")[2]), CONNECTIONS, 0, tls)

    async def told() -> bool:
        return bool((await peer.ask(do="count"))["count"] >= len(people))

    await until("they are told yes", told)


async def _raw(
    bench: Bench, people: list[Stranger], bodies: list[str], port: int, posts: int
) -> float:
    """What the minimal sender makes of the same bodies, inboxes and kind of key."""
    one = people[0]
    work: dict[str, Any] = {
        "pem": one.key.pem().decode(),
        "id": one.key.id,
        "cavage": one.dialect is Dialect.CAVAGE,
        "inboxes": {each.document["inbox"]: [bodies[0]] * (posts + 1) for each in people},
    }
    file = bench.folder / "work.json"
    file.write_text(json.dumps(work))
    async with child("raw_sender", str(file), str(port), str(bench.folder / "ca.pem")) as sender:
        return len(people) * posts / float(await sender.ask(do="go"))


async def _measure(bench: Bench, name: str, dialect: Dialect) -> Measured:
    hosts = [f"p{number}.many.test" for number in range(bench.size(PEERS, 10))]
    posts, port = bench.size(20, 3), free_port()
    people = strangers(hosts, dialect)
    lab = Lab(bench.folder)
    resolve = ",".join(f"{host}=127.0.0.1:{port}" for host in hosts)
    lab.build("alpha.test", peers={WILDCARD: port}, **UNLIMITED, resolve=resolve)
    shown = bench.folder / "shown.json"
    show(people, shown)
    place = lab.places["alpha.test"]
    words = [str(bench.folder / f"{WILDCARD}.{end}") for end in ("pem", "key")]
    async with AsyncExitStack() as stack:
        peer = await stack.enter_async_context(child("peer_server", str(port), *words, str(shown)))
        stack.callback(lab.stop)
        await lab.start()
        alice = await stack.enter_async_context(person(place, "alice"))
        await _followed(bench, alice, peer, people, place.connect)
        await _rate(alice, peer, dialect, len(hosts), 1)  # connections stand
        rate, bodies = await _rate(alice, peer, dialect, len(hosts), posts)
        return Measured(name, rate, await _raw(bench, people, bodies, port, posts))


async def measure(bench: Bench) -> AsyncIterator[Measured]:
    """To servers that read draft-cavage, as most do, and to those that read RFC 9421."""
    for name, dialect in DIALECTS.items():
        if bench.wants(name):
            folder = bench.folder / name
            folder.mkdir()
            yield await _measure(replace(bench, folder=folder), name, dialect)

"""Posts go to followers on a hundred other servers: deliveries a second (`deliver_*`)."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import Any

from node.wire.httpsig import Dialect
from tools.bench.figures import Measured, median
from tools.bench.ground import UNLIMITED, Bench, Child, child, cpu_seconds
from tools.bench.people import Person, person
from tools.bench.sending import send
from tools.bench.strangers import Stranger, pack, show, strangers
from tools.bench.talk import until
from tools.lab import Lab, free_port

PEERS = 100
POSTS = 20  # in a turn, each to all of them
TURNS = 5
WILDCARD = "*.many.test"  # one certificate for all of them
CONNECTIONS = 4  # strangers of one domain: so many of their keys are fetched at a time (LIM-4.1)
DIALECTS = {"deliver_rsa": Dialect.CAVAGE, "deliver_ed25519": Dialect.RFC9421}


@dataclass(slots=True)
class Turn:
    """Deliveries a second, and the CPU time of one at its sender in milliseconds."""

    rate: float
    cpu_ms: float


async def _turn(peer: Child, pid: int, deliveries: int, work: Callable[[], Awaitable[Any]]) -> Turn:
    """What the peer saw of `work`, from the first delivery to the last: for both senders alike."""
    await peer.ask(do="reset")
    before = cpu_seconds(pid)
    await work()

    async def arrived() -> bool:
        return bool((await peer.ask(do="count"))["count"] >= deliveries)

    await until("every server has every post", arrived)
    spent, found = cpu_seconds(pid) - before, await peer.ask(do="count")
    rate = (found["count"] - 1) / (found["last"] - found["first"])
    return Turn(rate, 1000 * spent / found["count"])


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


def _work(people: list[Stranger], body: str, posts: int) -> dict[str, Any]:
    """The same body, inboxes and kind of key for the minimal sender."""
    one = people[0]
    return {
        "pem": one.key.pem().decode(),
        "id": one.key.id,
        "cavage": one.dialect is Dialect.CAVAGE,
        "inboxes": {each.document["inbox"]: [body] * posts for each in people},
    }


async def _measure(bench: Bench, name: str, dialect: Dialect) -> AsyncIterator[Measured]:
    hosts = [f"p{number}.many.test" for number in range(bench.size(PEERS, 10))]
    posts, port = bench.size(POSTS, 3), free_port()
    people = strangers(hosts, dialect)
    lab = Lab(bench.folder)
    resolve = ",".join(f"{host}=127.0.0.1:{port}" for host in hosts)
    lab.build("alpha.test", peers={WILDCARD: port}, **UNLIMITED, resolve=resolve)
    shown, work = bench.folder / "shown.json", bench.folder / "work.json"
    show(people, shown)
    place = lab.places["alpha.test"]
    words = [str(bench.folder / f"{WILDCARD}.{end}") for end in ("pem", "key")]
    async with AsyncExitStack() as stack:
        peer = await stack.enter_async_context(child("peer_server", str(port), *words, str(shown)))
        stack.callback(lab.stop)
        await lab.start()
        assert place.process is not None
        node = place.process.pid
        alice = await stack.enter_async_context(person(place, "alice"))
        await _followed(bench, alice, peer, people, place.connect)
        said = {"content": "a letter to everybody, " * 60, "audience": "public"}

        def post(count: int) -> Callable[[], Awaitable[Any]]:
            return lambda: asyncio.gather(
                *(alice.ask("POST", "/posts", said) for _ in range(count))
            )

        await _turn(peer, node, len(hosts), post(1))  # connections stand
        [body, *_] = await peer.ask(do="posted")
        work.write_text(json.dumps(_work(people, body, posts)))
        words = [str(work), str(port), str(bench.folder / "ca.pem")]
        sender = await stack.enter_async_context(child("raw_sender", *words))
        ours, bare, count = [], [], len(hosts) * posts
        # They take turns, so that a slow moment of the machine is slow for both.
        for _ in range(bench.size(TURNS, 1)):
            ours.append(await _turn(peer, node, count, post(posts)))
            by_rfc9421 = (await peer.ask(do="count"))["rfc9421"]
            if by_rfc9421 != (count if dialect is Dialect.RFC9421 else 0):
                raise RuntimeError("the node signed in another dialect than its peers read")
            bare.append(await _turn(peer, sender.process.pid, count, lambda: sender.ask(do="go")))
    yield Measured(name, median(one.rate for one in ours), median(one.rate for one in bare))
    cpu = [median(one.cpu_ms for one in turns) for turns in (ours, bare)]
    yield Measured(f"{name}.cpu", *cpu)


async def measure(bench: Bench) -> AsyncIterator[Measured]:
    """To servers that read draft-cavage, as most do, and to those that read RFC 9421."""
    for name, dialect in DIALECTS.items():
        if bench.wants(name):
            folder = bench.folder / name
            folder.mkdir()
            async for one in _measure(replace(bench, folder=folder), name, dialect):
                yield one

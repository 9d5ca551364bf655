"""Sealed messages between two nodes: how many a second, how soon, at what cost (`talk_*`).

Two people's devices are four programs: two nodes, and the clients of each in a process beside it.
"""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from node.client.kith import Kith
from tools.bench.figures import Measured, median, percentile
from tools.bench.ground import Bench, Child, child, cpu_of, nodes
from tools.bench.raw_chain import bare
from tools.bench.talkers import PASSPHRASE
from tools.lab import Lab, Place

PAIRS = 10
RATE = 120
PATIENCE_SECONDS = 60
SILENCE_SECONDS = 8.0  # nothing came for so long: nothing will


async def until(what: str, look: Callable[[], Awaitable[object]]) -> None:
    """Ask again until it is so."""
    clock = asyncio.get_running_loop().time
    ends = clock() + PATIENCE_SECONDS
    while not await look():
        if clock() > ends:
            raise TimeoutError(f"never happened: {what}")
        await asyncio.sleep(0.05)


async def enter(lab: Lab, place: Place, name: str, home: Path) -> Kith:
    """A new person of this node, whose device is kept in `home`."""
    connect = f"{place.domain}={place.connect}"
    link = await asyncio.to_thread(place.invite)
    return await Kith.sign_up(
        link, name, f"{name} has a long password",
        home=home, connect=connect, ca_file=str(lab.ca), passphrase=PASSPHRASE,
    )  # fmt: skip


async def acquaint(alice: Kith, bob: Kith) -> None:
    """They become friends and begin a conversation, in which each has said something."""
    async with alice, bob:
        await alice.add_friend(bob.handle)
        await until("the request arrives", bob.requests)
        await bob.accept(alice.handle)

        async def friends() -> bool:
            return (await alice.relation(bob.handle)).state == "friend"

        async def heard() -> bool:
            return any(one.text == "hello" for one in await bob.history(alice.handle))

        await until("they are friends", friends)
        await alice.say(bob.handle, "hello")
        await until("she is heard", heard)
        await bob.say(alice.handle, "hello")


@dataclass(frozen=True, slots=True)
class Pairs:
    """People who talk: `says` are clients at one node, `hears` at the other."""

    says: Child
    hears: Child
    to: list[str]
    places: tuple[Place, Place]


@asynccontextmanager
async def pairs(
    lab: Lab, folder: Path, here: Place, there: Place, count: int
) -> AsyncIterator[Pairs]:
    """So many pairs who are friends and talk already; each side in a process of its own."""
    homes = folder / "here", folder / "there"
    people = []
    for number in range(count):
        alice = await enter(lab, here, f"alice{number}", homes[0])
        bob = await enter(lab, there, f"bob{number}", homes[1])
        await acquaint(alice, bob)
        people.append((alice.handle, bob.handle))
    async with (
        child("talkers", str(homes[0]), *(one for one, _ in people)) as says,
        child("talkers", str(homes[1]), *(other for _, other in people)) as hears,
    ):
        await hears.ask(do="listen")
        made = Pairs(says, hears, [other for _, other in people], (here, there))
        await say(made, do="closed", seconds=2.0)  # connections stand, programs are warm
        yield made


@dataclass(frozen=True, slots=True)
class Talk:
    """What came of one order: latencies in ms, rates a second, CPU in ms for each message."""

    said: int
    took: list[float]
    accepted_rate: float
    arrived_rate: float
    last_seconds: float  # from the last word accepted to the last one heard
    cpu: dict[str, float]


async def say(pairs: Pairs, silence: float = SILENCE_SECONDS, **order: object) -> Talk:
    """Have it said, and wait until it is heard, or nothing came for `silence` seconds."""
    before, since = [cpu_of(place) for place in pairs.places], time.monotonic()
    said = await pairs.says.ask(to=pairs.to, **order)
    accepted = said["found"]
    heard = await pairs.hears.ask(do="heard", expected=len(accepted), silence=silence)
    after = [cpu_of(place) for place in pairs.places]
    # What was said before and comes only now is not counted again.
    arrivals = [one for one in heard["found"] if one[1] >= since]
    count, never = len(accepted), len(accepted) - len(arrivals)
    ended = max((at for _, _, at in arrivals), default=math.inf)
    took = [(came - at) * 1000 for _, at, came in arrivals]
    took += [math.inf] * never
    spent = [1000 * (b - a) / count for a, b in zip(before, after, strict=True)]
    return Talk(
        count,
        took,
        count / (max(accepted) - since),
        len(arrivals) / (ended - since),
        math.inf if never else ended - max(accepted),
        {"here": spent[0], "there": spent[1], "clients": 1000 * said["cpu"] / count},
    )


async def closed(bench: Bench, made: Pairs) -> AsyncIterator[Measured]:
    """Everybody says the next thing as soon as the last is accepted."""
    found = await say(made, do="closed", seconds=float(bench.size(10, 1)))
    yield Measured("talk_closed", found.arrived_rate)
    yield Measured("talk_closed.p95", percentile(found.took, 95))
    yield Measured("talk_closed.accepted", found.accepted_rate)
    yield Measured("talk_closed.last", found.last_seconds)
    yield Measured("talk_closed.cpu_here", found.cpu["here"])
    yield Measured("talk_closed.cpu_there", found.cpu["there"])
    yield Measured("talk_closed.cpu_clients", found.cpu["clients"])


async def offered(bench: Bench, made: Pairs) -> AsyncIterator[Measured]:
    """120 a second are said, whatever comes of them."""
    found = await say(made, do="offered", rate=RATE, seconds=float(bench.size(10, 1)))
    yield Measured("talk_120", median(found.took))
    yield Measured("talk_120.p95", percentile(found.took, 95))


async def idle(bench: Bench, made: Pairs) -> AsyncIterator[Measured]:
    """One message, and another when it is long over."""
    found = await say(made, do="idle", count=bench.size(40, 5), pause=0.05)
    yield Measured("talk_idle", median(found.took))
    yield Measured("talk_idle.p95", percentile(found.took, 95))


# The busiest last: what is not heard in its time would disturb the others.
WORK = {"talk_idle": idle, "talk_120": offered, "talk_closed": closed}


async def measure(bench: Bench) -> AsyncIterator[Measured]:
    """Two nodes and people at each who talk; a chain of bare servers beside them."""
    async with nodes(bench.folder, "alpha.test", "beta.test") as lab:
        here, there = lab.places.values()
        beside = await bare(bench, lab)
        async with pairs(lab, bench.folder, here, there, bench.size(PAIRS, 2)) as made:
            for name, work in WORK.items():
                if bench.wants(name):
                    async for one in work(bench, made):
                        yield replace(one, beside=beside.get(one.name))

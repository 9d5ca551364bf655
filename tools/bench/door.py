"""Signed deliveries a node accepts a second, each on disk before its 202 (`door`).

The door alone: the node's process has no worker (FED-12.4a), as the minimal handler has none. What
both do at once is `mixed`.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import harmonic_mean

from node.wire.httpsig import Dialect
from tools.bench.figures import Measured, median
from tools.bench.ground import UNLIMITED, Bench, child, cpu_seconds, ready_in_plain
from tools.bench.people import person
from tools.bench.sending import rate, send
from tools.bench.strangers import Stranger, pack, show, strangers
from tools.lab import Lab, Place, free_port

PEER = "peer.test"
CONNECTIONS = 32  # a crowd of peers; each has one delivery under way at a time (FED-8)
TURNS = 5
NAMES = {Dialect.CAVAGE: "rsa", Dialect.RFC9421: "ed25519"}


@asynccontextmanager
async def behind_a_proxy(bench: Bench, people: list[Stranger]) -> AsyncIterator[Place]:
    """A serving process in plain HTTP, as behind a proxy, and a peer that shows these people."""
    lab, port = Lab(bench.folder), free_port()
    lab.build("alpha.test", peers={PEER: port}, **UNLIMITED, worker="false")
    shown = bench.folder / "shown.json"
    show(people, shown)
    words = [str(bench.folder / f"{PEER}.{end}") for end in ("pem", "key")]
    place = lab.places["alpha.test"]
    for name in ("KITH_TLS_CERT_FILE", "KITH_TLS_KEY_FILE"):
        del place.environ[name]
    async with child("peer_server", str(port), *words, str(shown)):
        place.start()
        try:
            await ready_in_plain(place)
            yield place
        finally:
            lab.stop()


async def measure(bench: Bench) -> AsyncIterator[Measured]:
    """Both dialects. The row is the one that stands worse to the minimal handler."""
    people = [strangers([PEER], dialect)[0] for dialect in NAMES]
    found: list[Measured] = []
    cpu: list[Measured] = []
    async with behind_a_proxy(bench, people) as place, person(place, "alice") as alice:
        for one in people:
            name, key = NAMES[one.dialect], bench.folder / "key.pem"
            key.write_text(one.key.public.pem())
            words = (str(bench.folder / f"{name}.sqlite3"), str(key))
            async with child("raw_inbox", *words) as raw:
                assert place.process is not None
                pids = {place.port: place.process.pid, raw.first["port"]: raw.process.pid}
                rates: dict[int, list[float]] = {port: [] for port in pids}
                spent: dict[int, list[float]] = {port: [] for port in pids}
                # They take turns, so that a slow moment of the machine is slow for both.
                for turn in range(TURNS):
                    load = _load(bench, one, alice.actor, turn)
                    for port, pid in pids.items():
                        before = cpu_seconds(pid)
                        sent = await send(load, port, CONNECTIONS)
                        rates[port].append(rate(sent))
                        spent[port].append(1000 * (cpu_seconds(pid) - before) / sent["accepted"])
            node, bare = (harmonic_mean(each) for each in rates.values())
            found.append(Measured(f"door.{name}", node, bare))
            cpu.append(Measured(f"door.{name}.cpu", *(median(each) for each in spent.values())))
    worst = min(found, key=lambda one: (one.value or 0) / (one.beside or 1))
    yield Measured("door", worst.value, worst.beside)
    for each in (*found, *cpu):
        yield each


def _load(bench: Bench, one: Stranger, actor: str, turn: int) -> Path:
    """Letters to her, signed; the first of all makes the node look up who wrote it."""
    count = bench.size(2000, 100)
    bodies = (one.letter(f"{turn}-{number}", actor) for number in range(count))
    requests = (one.request(f"{actor}/inbox", body) for body in bodies)
    return pack(requests, bench.folder / f"{NAMES[one.dialect]}-{turn}.load")

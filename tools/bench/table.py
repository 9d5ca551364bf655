"""Every row of the bench, in the order of `build/bench.json`, and which group measures it."""

from collections.abc import AsyncIterator, Callable, Mapping

from tools.bench import application, door, fanout, start, talk, vault
from tools.bench.figures import Measured, Row
from tools.bench.ground import Bench

Group = Callable[[Bench], AsyncIterator[Measured]]

GROUPS: Mapping[str, tuple[Group, tuple[Row, ...]]] = {
    "talk_closed": (
        talk.closed,
        (
            Row("talk_closed", "sealed messages that arrive between two nodes", "/s", least=300),
            Row("talk_closed.p95", "of them, from the word to the other device", "ms", most=250),
            Row("talk_closed.accepted", "of them, accepted meanwhile", "/s"),
            Row("talk_closed.last", "until the last that was accepted has arrived", "s", most=1),
            Row("talk_closed.cpu_here", "CPU of a message at its sender's node", "ms", most=2.2),
            Row("talk_closed.cpu_there", "CPU of a message at the other node", "ms", most=2.2),
        ),
    ),
    "talk_120": (
        talk.offered,
        (
            Row("talk_120", "a sealed message when 120 a second are said, median", "ms", most=40),
            Row("talk_120.p95", "of them, the slowest in twenty", "ms", most=120),
        ),
    ),
    "talk_idle": (
        talk.idle,
        (
            Row("talk_idle", "a sealed message when nothing else happens, median", "ms", most=15),
            Row("talk_idle.p95", "of them, the slowest in twenty", "ms", most=25),
        ),
    ),
    "door": (
        door.measure,
        (
            Row("door", "signed deliveries taken in, each on disk before its answer", "/s",
                "a minimal handler", share=0.5),
            Row("door.rsa", "signed with RSA by draft-cavage", "/s", "a minimal handler", share=0.5),
            Row("door.ed25519", "signed with Ed25519 by RFC 9421", "/s", "a minimal handler",
                share=0.5),
        ),
    ),
    "drain": (
        application.drain,
        (
            Row("drain", "posts of followed people that lie there, put into feeds", "/s",
                "the same rows in a bare loop of inserts", least=1000),
            Row("drain.cpu", "CPU of such a post", "ms"),
        ),
    ),
    "mixed": (
        application.mixed,
        (
            Row("mixed", "of what the door takes in under full load, applied in the same second",
                "", least=1 / 3),
            Row("mixed.accepted", "taken in meanwhile", "/s"),
            Row("mixed.applied", "applied meanwhile", "/s"),
            Row("mixed.message_p95", "a sealed message meanwhile, the slowest in twenty", "ms",
                most=100),
        ),
    ),
    "fanout": (
        fanout.measure,
        (
            Row("fanout", "a post to 10,000 people here: longest hold of the writer", "ms",
                most=50),
            Row("fanout.other_write", "somebody else's small change meanwhile, the slowest", "ms"),
            Row("fanout.answered", "until its author has the answer", "ms"),
            Row("fanout.whole", "until it is in every feed", "s",
                "the same rows in a bare loop of inserts"),
        ),
    ),
    "vault": (
        vault.measure,
        (
            Row("vault", "a device's step on disk at 100,000 rows", "ms", "a bare commit", above=1),
            Row("vault.growth", "of the same step at 100 rows", "times", most=1.5),
            Row("vault.open", "opening a vault of 100,000 rows", "ms", "opening one of 100"),
        ),
    ),
    "start": (
        start.measure,
        (
            Row("start_fresh", "first start of a node until it is ready", "s",
                "a bare aiohttp server", most=0.9),
            Row("start_again", "another start", "s", "a bare aiohttp server", most=0.7),
            Row("start_again.python", "another start", "s", "`python -c pass`"),
            Row("rss_idle", "memory of a node at rest", "MiB", "a bare aiohttp server", most=90),
        ),
    ),
}  # fmt: skip

ROWS: Mapping[str, Row] = {row.name: row for _, rows in GROUPS.values() for row in rows}


def group_of(name: str) -> str:
    """The group that is called so, or that measures the row of this name. Raises `KeyError`."""
    if name in GROUPS:
        return name
    return next(group for group, (_, rows) in GROUPS.items() if name in [row.name for row in rows])

"""Every row of the bench, in the order of `build/bench.json`, and which group measures it."""

from collections.abc import AsyncIterator, Callable, Mapping

from tools.bench import (
    app,
    application,
    deliver,
    door,
    fanout,
    history,
    mls,
    pages,
    postgres_two,
    start,
    talk,
    vault,
    video,
)
from tools.bench.figures import Measured, Row
from tools.bench.ground import Bench

Group = Callable[[Bench], AsyncIterator[Measured]]

RELAYS = "two bare relays without sealing"
HANDLER = "a minimal handler that verifies and commits"
INSERTS = "the same rows in a bare loop of inserts"
SENDER = "a minimal sender that signs"
QUERY = "a bare query for a feed behind aiohttp"
SERVER = "a bare server of aiohttp"
LIBRARIES = "a program that loads its libraries and ends"

TALK = (
    Row("talk_closed", "sealed messages between two nodes, 10 pairs, each when the last is taken",
        "/s", RELAYS, least=300),
    Row("talk_closed.p95", "of them, the slowest in twenty", "ms", most=250),
    Row("talk_closed.accepted", "of them, accepted at their sender's node", "/s"),
    Row("talk_closed.last", "until the last that was accepted has arrived", "s", most=1),
    Row("talk_closed.cpu_here", "CPU of one at its sender's node", "ms", most=2.2),
    Row("talk_closed.cpu_there", "CPU of one at the other node", "ms", most=2.2),
    Row("talk_closed.cpu_clients", "CPU of one at its sender's device", "ms"),
    Row("talk_120", "a sealed message when 120 a second are said, median", "ms", RELAYS, most=40),
    Row("talk_120.p95", "of them, the slowest in twenty", "ms", most=120),
    Row("talk_idle", "a sealed message when nothing else happens, median", "ms", RELAYS, most=15),
    Row("talk_idle.p95", "of them, the slowest in twenty", "ms", most=25),
)  # fmt: skip
DOOR = (
    Row("door", "signed deliveries taken in, each on disk before its answer: the worse kind",
        "/s", HANDLER, share=0.5),
    Row("door.rsa", "signed with RSA by draft-cavage", "/s", HANDLER, share=0.5),
    Row("door.ed25519", "signed with Ed25519 by RFC 9421", "/s", HANDLER, share=0.5),
    Row("door.rsa.cpu", "CPU of one that is signed with RSA", "ms", HANDLER),
    Row("door.ed25519.cpu", "CPU of one that is signed with Ed25519", "ms", HANDLER),
)  # fmt: skip
DRAIN = (
    Row("drain", "posts of followed people that lie there, put into feeds", "/s", INSERTS,
        least=1000),
    Row("drain.cpu", "CPU of one", "ms"),
)  # fmt: skip
MIXED = (
    Row("mixed", "of what the door takes in under full load, applied in the same second", "",
        least=1 / 3),
    Row("mixed.accepted", "taken in meanwhile", "/s"),
    Row("mixed.applied", "applied meanwhile", "/s"),
    Row("mixed.message_p95", "a sealed message meanwhile, the slowest in twenty", "ms", most=100),
)  # fmt: skip
FANOUT = (
    Row("fanout", "a post to 10,000 followers here: the longest hold of the writer", "ms",
        most=50),
    Row("fanout.other_write", "somebody else's small change meanwhile, the slowest", "ms"),
    Row("fanout.answered", "until its author has the answer", "ms"),
    Row("fanout.whole", "until it is in every feed", "s", INSERTS),
)  # fmt: skip
DELIVER = (
    Row("deliver_rsa", "deliveries to 100 servers that read RSA", "/s", SENDER, share=0.6),
    Row("deliver_rsa.cpu", "CPU of one to a server that reads RSA", "ms", SENDER),
    Row("deliver_ed25519", "deliveries to 100 servers that read Ed25519", "/s", SENDER, share=0.6),
    Row("deliver_ed25519.cpu", "CPU of one to a server that reads Ed25519", "ms", SENDER),
)
SHOWN = {
    "feed": "the feed", "notices": "notices", "friends": "the list of friends",
    "profile": "what a friend posted",
}  # fmt: skip
PAGES = (
    Row("pages", "the slowest of the pages below, on both databases, the slowest in twenty looks",
        "ms", QUERY, most=20),
    *(
        Row(f"pages.{kind}.{page}", f"{says}, {name}", "ms", QUERY, most=20)
        for kind, name in (("sqlite", "SQLite"), ("postgresql", "PostgreSQL"))
        for page, says in SHOWN.items()
    ),
    Row("pages.hello", "a bare server of aiohttp that says hello", "ms"),
)  # fmt: skip
VAULT = (
    Row("vault", "a device's step on disk at 100,000 rows", "ms", "a bare commit", above=1),
    Row("vault.growth", "that, in steps at 100 rows", "", most=1.5),
    Row("vault.open", "opening a vault of 100,000 rows", "ms", "opening one of 100 rows"),
)
HISTORY = (
    Row("restore", "a device makes history of 10,000 records of an archive", "s", most=30),
    Row("search", "words are found among 50,000 messages", "ms", most=200),
    Row("device_open", "a device with 50,000 messages and their index is opened", "s", most=1),
    Row(
        "archive_write",
        "what a message costs a device more because it is kept, in batches of 50",
        "",
        most=0.1,
    ),
)
POSTGRES_TWO = (
    Row("postgres_two", "two processes on one PostgreSQL: a message from one to the other, median",
        "ms", "a commit and NOTIFY", most=40),
    Row("postgres_two.p95", "of them, the slowest in twenty", "ms"),
)  # fmt: skip
START = (
    Row("start_fresh", "first start of a node until it is ready", "s", SERVER, most=0.9),
    Row("start_fresh.libraries", "first start of a node until it is ready", "s", LIBRARIES),
    Row("start_again", "another start", "s", SERVER, most=0.7),
    Row("start_again.libraries", "another start", "s", LIBRARIES),
    Row("rss_idle", "memory of a node at rest", "MiB", SERVER, most=90),
)
VIDEO = (Row("video", "20 s of 1280x720 from the upload until it can be watched", "s",
             "bare ffmpeg"),)  # fmt: skip
LIST = "a bare list of the same clips"
APP = (
    Row("app_first", "the app in a new browser at 80 ms and 10 Mbit/s, until it can be used", "s",
        most=1.5),
    Row("app_first.again", "the app in a browser that knows it, until the feed can be used", "s",
        most=1.5),
    Row("app_next", "the next clip, from the key until it plays, the slowest", "ms", most=200),
    Row("app_scroll", "the longest task while 500 clips are scrolled through, CPU", "ms", LIST,
        most=50),
    Row("app_scroll.dropped", "frames that were not drawn in time, in those of the bare list", "",
        most=1.2),
    Row("app_memory", "memory of the page after 1,000 clips", "MB", "after 100 clips", above=2),
    Row("app_memory.nodes", "nodes of the page after 1,000 clips", "", "after 100 clips",
        above=50),
    Row("app_story", "from an invite link until who invited has read the first sealed message", "s",
        most=10),
    Row("app_story.keys", "the same by keyboard alone, at the pace of a person", "s", most=60),
)  # fmt: skip
MLS = tuple(
    row
    for name, (says, unit, aim) in mls.AIMS.items()
    for row in (
        Row(f"mls.{name}", f"MLS: {says}", unit, "its primitives", most=aim),
        Row(f"mls.{name}.ts_mls", f"MLS: {says}", unit, "ts-mls"),
    )
)

GROUPS: Mapping[str, tuple[Group, tuple[Row, ...]]] = {
    "talk": (talk.measure, TALK),
    "door": (door.measure, DOOR),
    "drain": (application.drain, DRAIN),
    "mixed": (application.mixed, MIXED),
    "fanout": (fanout.measure, FANOUT),
    "deliver": (deliver.measure, DELIVER),
    "pages": (pages.measure, PAGES),
    "vault": (vault.measure, VAULT),
    "history": (history.measure, HISTORY),
    "postgres_two": (postgres_two.measure, POSTGRES_TWO),
    "start": (start.measure, START),
    "video": (video.measure, VIDEO),
    "app": (app.measure, APP),
    "mls": (mls.measure, MLS),
}

ROWS: Mapping[str, Row] = {row.name: row for _, rows in GROUPS.values() for row in rows}


def group_of(name: str) -> str:
    """The group that is called so, or that measures the row of this name. Raises `KeyError`."""
    if name in GROUPS:
        return name
    for group, (_, rows) in GROUPS.items():
        if name in [row.name for row in rows]:
            return group
    raise KeyError(name)

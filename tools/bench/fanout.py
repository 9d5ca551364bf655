"""A post to 10,000 followers here: how long nobody else can write meanwhile (`fanout`)."""

import asyncio
import json
import sqlite3
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

from tools.bench import rows
from tools.bench.figures import Measured
from tools.bench.ground import Bench, child, nodes
from tools.bench.people import person
from tools.bench.seeding import seeding
from tools.bench.talk import until

FOLLOWERS = 10_000
GLANCE_SECONDS = 0.0005


def longest_hold(path: Path, ends: float) -> float:
    """The longest time for which one transaction held the only writer, in seconds.

    It is seen from a second connection, which asks for the writer again and again: it was held as
    long as the answer is no and nobody committed.
    """
    probe = sqlite3.connect(path, isolation_level=None, timeout=0)
    longest, since, seen = 0.0, time.monotonic(), -1
    while time.monotonic() < ends:
        try:
            probe.execute("BEGIN IMMEDIATE")
            probe.execute("ROLLBACK")
            held = False
        except sqlite3.OperationalError:
            held = True
        version = probe.execute("PRAGMA data_version").fetchone()[0]
        now = time.monotonic()
        # What was held until just now counts as well.
        longest = max(longest, now - since) if held or seen == version else longest
        if not held or version != seen:
            since = now
        seen = version
        time.sleep(GLANCE_SECONDS)
    probe.close()
    return longest


async def measure(bench: Bench) -> AsyncIterator[Measured]:
    """One post, seen from a second connection, and from somebody else's small write by HTTP."""
    count = bench.size(FOLLOWERS, 300)
    async with nodes(bench.folder, "alpha.test") as lab:
        place = lab.places["alpha.test"]
        path = rows.database(place.data)
        async with person(place, "alice") as alice, person(place, "bob") as bob:
            place.stop()
            async with seeding(f"sqlite+aiosqlite:///{path}") as seeds:
                people = await seeds.people(place.origin, count)
                await seeds.followers(alice.actor, (actor for _, actor in people))
            before = rows.ends(path)
            place.start()
            await place.ready()
            async with child("fanout", str(path)) as probe:
                watching = asyncio.create_task(probe.ask(seconds=bench.size(15, 3)))
                await asyncio.sleep(0.5)
                body = {"content": "to all of you", "audience": "followers"}
                took = time.monotonic()
                await alice.ask("POST", "/posts", body)
                answered = time.monotonic() - took
                writes, connection = [], rows.connect(path)

                async def told() -> bool:
                    asked = time.monotonic()
                    await bob.ask("PATCH", "/account", {"summary": str(asked)})
                    writes.append(time.monotonic() - asked)
                    fed = connection.execute("SELECT count(*) FROM timeline").fetchone()[0]
                    return int(fed) >= count

                await until("it is in every feed", told)
                whole = time.monotonic() - took
                held = await watching
            connection.close()
            bare = rows.bare_insert(
                path, bench.folder / "bare.sqlite3", rows.grown(path, before), count
            )
            yield Measured("fanout", 1000 * held)
            yield Measured("fanout.other_write", 1000 * max(writes))
            yield Measured("fanout.answered", 1000 * answered)
            yield Measured("fanout.whole", whole, bare)


def main(path: str) -> None:
    """The probe, in a process of its own."""
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        seconds = float(json.loads(line)["seconds"])
        print(json.dumps(longest_hold(Path(path), time.monotonic() + seconds)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])

"""Two processes of one node on one PostgreSQL, a message from one to the other (`postgres_two`)."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import asyncpg

from tools.bench.figures import Measured, median, percentile
from tools.bench.ground import UNLIMITED, Bench
from tools.bench.postgres import cluster
from tools.bench.talk import pairs, say
from tools.lab import Lab, free_port

SILENCE_SECONDS = 25.0  # two processes that look only now and then may take so long


async def notified(url: str, times: int) -> float:
    """The median from a commit to the word of it at another connection, in milliseconds."""
    address = url.replace("+asyncpg", "")
    one, other = await asyncpg.connect(address), await asyncpg.connect(address)
    heard: asyncio.Queue[float] = asyncio.Queue()

    def note(*_told: Any) -> None:
        heard.put_nowait(time.perf_counter())

    await other.add_listener("bench", note)
    await one.execute("CREATE TABLE bench (seq bigserial PRIMARY KEY, body text)")
    taken = []
    for number in range(times):
        began = time.perf_counter()
        async with one.transaction():
            await one.execute("INSERT INTO bench (body) VALUES ($1)", "s" * 1500)
            await one.execute(f"NOTIFY bench, '{number}'")
        taken.append(1000 * (await heard.get() - began))
    await one.execute("DROP TABLE bench")
    await one.close()
    await other.close()
    return median(taken)


async def measure(bench: Bench) -> AsyncIterator[Measured]:
    """Alice's device is at one process, Bob's at the other."""
    with cluster() as server:
        if server is None:
            return
        url = await asyncio.to_thread(server.fresh)
        lab = Lab(bench.folder)
        lab.build("alpha.test", **UNLIMITED, database=url)
        place = lab.places["alpha.test"]
        lab.places["second"] = second = lab.another(place, free_port())
        try:
            await lab.start()
            async with pairs(lab, bench.folder, place, second, 1) as talkers:
                found = await say(
                    talkers, SILENCE_SECONDS, do="idle", count=bench.size(40, 5), pause=0.05
                )
            beside = await notified(url, bench.size(40, 5))
        finally:
            lab.stop()
        yield Measured("postgres_two", median(found.took), beside)
        yield Measured("postgres_two.p95", percentile(found.took, 95))

"""Messages over two bare relays, said and heard as the people of `talk_*` do it."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from tools.bench.figures import median
from tools.bench.ground import Bench, child
from tools.lab import Lab

PAIRS = 10
RATE = 120
PADDING = "s" * 1500  # about what a sealed message is


class Chain:
    """The clients of both relays, over kept connections."""

    def __init__(self, http: aiohttp.ClientSession, here: int, there: int) -> None:
        self._http, self._here, self._there = http, here, there
        self.heard: asyncio.Queue[float] = asyncio.Queue()  # seconds each took
        self.ended = 0.0

    async def listen(self, to: int, ready: "asyncio.Future[None]") -> None:
        url = f"https://127.0.0.1:{self._there}/events?to={to}"
        async with self._http.get(url) as answer:
            async for line in answer.content:
                if line.startswith(b":"):
                    ready.set_result(None)
                if line.startswith(b"data: "):
                    self.ended = time.monotonic()
                    self.heard.put_nowait(self.ended - float(line.split()[1]))

    async def say(self, to: int, at: float) -> None:
        url = f"https://127.0.0.1:{self._here}/say?to={to}"
        async with self._http.post(url, data=f"{at:.6f} {PADDING}") as answer:
            assert answer.status == 202, answer.status

    async def all_heard(self, count: int) -> list[float]:
        """What each of the next so many took."""
        return [await self.heard.get() for _ in range(count)]

    async def closed(self, seconds: float) -> float:
        """Messages that arrived a second."""
        began, said = time.monotonic(), 0

        async def go_on(to: int) -> None:
            nonlocal said
            while time.monotonic() < began + seconds:
                await self.say(to, time.monotonic())
                said += 1

        await asyncio.gather(*map(go_on, range(PAIRS)))
        return len(await self.all_heard(said)) / (self.ended - began)

    async def offered(self, seconds: float) -> float:
        """The median of so many a second, in milliseconds."""
        began, saying = time.monotonic(), []
        for number in range(round(RATE * seconds)):
            at = began + number / RATE
            await asyncio.sleep(max(at - time.monotonic(), 0))
            saying.append(asyncio.create_task(self.say(number % PAIRS, at)))
        await asyncio.gather(*saying)
        return 1000 * median(await self.all_heard(len(saying)))

    async def idle(self, count: int) -> float:
        """The median of single ones, in milliseconds."""
        taken: list[float] = []
        for _ in range(count):
            await self.say(0, time.monotonic())
            taken += await self.all_heard(1)
        return 1000 * median(taken)


@asynccontextmanager
async def chain(bench: Bench, lab: Lab) -> AsyncIterator[Chain]:
    """Two relays, and listeners at the second."""
    domain = next(iter(lab.places))
    tls = [str(lab.folder / f"{domain}.pem"), str(lab.folder / f"{domain}.key"), str(lab.ca)]
    trust = ssl.create_default_context(cafile=str(lab.ca))
    trust.check_hostname = False
    async with (
        child("raw_relay", str(bench.folder / "there.sqlite3"), *tls) as there,
        child(
            "raw_relay", str(bench.folder / "here.sqlite3"), *tls, str(there.first["port"])
        ) as here,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trust, limit=0)) as http,
    ):
        made = Chain(http, here.first["port"], there.first["port"])
        loop = asyncio.get_running_loop()
        ready = [loop.create_future() for _ in range(PAIRS)]
        listening = [asyncio.create_task(made.listen(to, at)) for to, at in enumerate(ready)]
        await asyncio.gather(*ready)
        try:
            yield made
        finally:
            for task in listening:
                task.cancel()
            await asyncio.gather(*listening, return_exceptions=True)


async def bare(bench: Bench, lab: Lab) -> dict[str, float]:
    """What the bare chain makes of the rows that are wanted."""
    seconds = float(bench.size(4, 1))
    found = {}
    async with chain(bench, lab) as made:
        await made.closed(0.5)  # connections stand
        if bench.wants("talk_idle"):
            found["talk_idle"] = await made.idle(bench.size(40, 5))
        if bench.wants("talk_120"):
            found["talk_120"] = await made.offered(seconds)
        if bench.wants("talk_closed"):
            found["talk_closed"] = await made.closed(seconds)
    return found

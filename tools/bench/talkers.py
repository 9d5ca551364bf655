"""The clients of one node, in a process of their own: they say, or they hear and note when.

`python -m tools.bench.talkers HOME HANDLE...` opens the devices of these people and takes orders,
one line of JSON each: `listen`; `closed` for so many `seconds`; `offered` at a `rate` for so many
`seconds`; `idle` for a `count` of single messages; `heard` waits until so many came (`expected`),
or none for so long (`silence`). What is said carries its number and the instant of saying it, by
the clock that all processes share.
"""

import asyncio
import json
import sys
import time
from contextlib import AsyncExitStack
from typing import Any

import uvloop

from node.client.kith import Kith

PASSPHRASE = "the vault of the bench"
PADDING = " blackbird" * 8
LONGEST_SECONDS = 45.0  # what takes longer is as good as lost


class Talkers:
    """The people of this process, and what they heard."""

    def __init__(self, people: list[Kith]) -> None:
        self._people = people
        self._heard: list[tuple[str, float, float]] = []
        self._listening: list[asyncio.Task[None]] = []
        self._number = 0

    async def listen(self) -> None:
        self._listening = [asyncio.create_task(self._listen(one)) for one in self._people]

    async def _listen(self, kith: Kith) -> None:
        async for one in kith.listen():
            text = getattr(one, "text", "")
            if text.endswith(PADDING):
                number, said = text.removesuffix(PADDING).split()
                self._heard.append((number, float(said), time.monotonic()))

    async def heard(self, expected: int, silence: float) -> list[tuple[str, float, float]]:
        """(number, said at, heard at) of what came since it was asked last."""
        count = -1
        began = since = time.monotonic()
        while len(self._heard) < expected and began > time.monotonic() - LONGEST_SECONDS:
            if time.monotonic() - since > silence:
                break
            if len(self._heard) != count:
                count, since = len(self._heard), time.monotonic()
            await asyncio.sleep(0.02)
        found, self._heard = self._heard, []
        return found

    async def _say(self, kith: Kith, to: str, said: float) -> float:
        self._number += 1
        await kith.say(to, f"{self._number} {said:.6f}{PADDING}")
        return time.monotonic()

    async def closed(self, to: list[str], seconds: float) -> list[float]:
        """Everybody says the next thing as soon as the last was accepted; when that was."""
        ends = time.monotonic() + seconds
        accepted: list[float] = []

        async def go_on(kith: Kith, other: str) -> None:
            while time.monotonic() < ends:
                accepted.append(await self._say(kith, other, time.monotonic()))

        await asyncio.gather(*map(go_on, self._people, to))
        return accepted

    async def offered(self, to: list[str], rate: float, seconds: float) -> list[float]:
        """So many a second, whatever comes of them. Each counts from when it was to be said."""
        began = time.monotonic()
        saying = []
        for number in range(round(rate * seconds)):
            at = began + number / rate
            await asyncio.sleep(max(at - time.monotonic(), 0))
            who = number % len(self._people)
            saying.append(asyncio.create_task(self._say(self._people[who], to[who], at)))
        return list(await asyncio.gather(*saying))

    async def idle(self, to: list[str], count: int, pause: float) -> list[float]:
        """One message at a time, with a pause behind each."""
        accepted = []
        for _ in range(count):
            accepted.append(await self._say(self._people[0], to[0], time.monotonic()))
            await asyncio.sleep(pause)
        return accepted


async def obey(talkers: Talkers, reader: asyncio.StreamReader) -> None:
    """Orders from the bench, one at a time; the answer to each is a line."""
    while line := await reader.readline():
        order: dict[str, Any] = json.loads(line)
        work = getattr(talkers, order.pop("do"))
        began = time.process_time()
        found = await work(**order)
        print(json.dumps({"found": found, "cpu": time.process_time() - began}), flush=True)


async def main(home: str, handles: list[str]) -> None:
    reader = asyncio.StreamReader(limit=64 * 1024 * 1024)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    async with AsyncExitStack() as stack:
        people = [
            await stack.enter_async_context(Kith.load(home, one, PASSPHRASE)) for one in handles
        ]
        print(json.dumps("ready"), flush=True)
        await obey(Talkers(people), reader)


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], sys.argv[2:]))

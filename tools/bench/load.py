"""Sends HTTP requests that were signed before, and counts the answers; a process of its own.

`python -m tools.bench.load FILE PORT CONNECTIONS SECONDS [CA NAME]`: FILE holds one whole request
per record (length in 4 bytes, then the bytes). With a CA it speaks TLS to the server NAME. Ends
when all are sent, or after so many seconds (0: never before), and prints what came of them.
"""

import asyncio
import json
import ssl
import sys
import time
from collections import Counter
from pathlib import Path


def records(path: Path) -> list[bytes]:
    """The requests in the file, the last one first."""
    data, found, at = path.read_bytes(), [], 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        found.append(data[at + 4 : at + 4 + size])
        at += 4 + size
    return found[::-1]


class Load:
    """What is to be sent, and what was answered: (status, when, seconds it took)."""

    def __init__(self, queue: list[bytes], port: int, ends: float) -> None:
        self._queue = queue
        self._port = port
        self._ends = ends
        self.answers: list[tuple[int, float, float]] = []

    async def run(self, trust: ssl.SSLContext | None, name: str | None) -> None:
        """One kept connection, one request at a time."""
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self._port, ssl=trust, server_hostname=name
        )
        while self._queue and time.monotonic() < self._ends:
            request = self._queue.pop()
            began = time.monotonic()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            for line in head.split(b"\r\n"):
                if line.lower().startswith(b"content-length:") and (left := int(line[15:])):
                    await reader.readexactly(left)
            now = time.monotonic()
            self.answers.append((int(head.split(b" ", 2)[1]), now, now - began))
        writer.close()


async def main(path: str, port: str, connections: str, seconds: str, *tls: str) -> None:
    queue = records(Path(path))
    trust, name = None, None
    if tls:
        trust, name = ssl.create_default_context(cafile=tls[0]), tls[1]
    began = time.monotonic()
    ends = began + float(seconds) if float(seconds) else float("inf")
    load = Load(queue, int(port), ends)
    await asyncio.gather(*(load.run(trust, name) for _ in range(int(connections))))
    took = sorted(seconds for _, _, seconds in load.answers)
    accepted = [at for status, at, _ in load.answers if status == 202]
    print(
        json.dumps(
            {
                "accepted": len(accepted),
                "refused": sorted({status for status, _, _ in load.answers if status != 202}),
                "seconds": time.monotonic() - began,
                "p50_ms": took[len(took) // 2] * 1000,
                "p95_ms": took[len(took) * 95 // 100] * 1000,
                "by_second": sorted(Counter(int(at) for at in accepted).items()),
            }
        )
    )


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

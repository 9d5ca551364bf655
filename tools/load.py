"""The bench's own client: sends signed deliveries that were made before, and counts the answers.

`python -m tools.load FILE PORT CONNECTIONS`: FILE holds one whole HTTP request per record (length
in 4 bytes, then the bytes). Prints `{"accepted", "refused", "seconds", "p50_ms", "p95_ms"}`.
"""

import asyncio
import json
import sys
import time
from pathlib import Path


def records(path: Path) -> list[bytes]:
    """The requests in the file."""
    data, found, at = path.read_bytes(), [], 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        found.append(data[at + 4 : at + 4 + size])
        at += 4 + size
    return found


async def worker(port: int, queue: list[bytes], statuses: list[int], times: list[float]) -> None:
    """One kept connection, one request at a time."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while queue:
        request = queue.pop()
        began = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"content-length:") and (left := int(line[15:])):
                await reader.readexactly(left)
        times.append(time.perf_counter() - began)
        statuses.append(int(head.split(b" ", 2)[1]))
    writer.close()


async def main(path: str, port: str, connections: str) -> None:
    queue, statuses, times = records(Path(path)), [], []
    began = time.perf_counter()
    await asyncio.gather(
        *(worker(int(port), queue, statuses, times) for _ in range(int(connections)))
    )
    seconds = time.perf_counter() - began
    times.sort()
    print(
        json.dumps(
            {
                "accepted": statuses.count(202),
                "refused": sorted({s for s in statuses if s != 202}),
                "seconds": round(seconds, 3),
                "p50_ms": round(times[len(times) // 2] * 1000, 1),
                "p95_ms": round(times[len(times) * 95 // 100] * 1000, 1),
            }
        )
    )


asyncio.run(main(*sys.argv[1:]))

"""Figures of a node: how soon it is ready, and what it occupies when nothing happens."""

import asyncio
import tempfile
from pathlib import Path

from tools.lab import Lab

IDLE_SECONDS = 5.0
STARTS = 5


async def measure() -> list[tuple[str, str]]:
    """(figure, value) rows."""
    fresh, again = [], []
    rss = 0.0
    with tempfile.TemporaryDirectory() as folder:
        lab = Lab(Path(folder))
        lab.build(*(f"n{number}.test" for number in range(STARTS)))
        for place in lab.media_urls.values():
            place.start()
            fresh.append(await place.ready())
            place.stop()
            place.start()
            again.append(await place.ready())
            await asyncio.sleep(IDLE_SECONDS if not rss else 0)
            rss = max(rss, place.rss_mib())
            place.stop()
    return [
        ("start to ready, fresh (median of 5)", f"{sorted(fresh)[STARTS // 2]:.2f} s"),
        ("start to ready, again (median of 5)", f"{sorted(again)[STARTS // 2]:.2f} s"),
        ("idle RSS", f"{rss} MiB"),
    ]


if __name__ == "__main__":
    for name, value in asyncio.run(measure()):
        print(f"{name}: {value}")

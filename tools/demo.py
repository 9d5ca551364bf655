"""`make demo`: two node processes with TLS of a throw-away CA, and the whole story between them.

Writes build/demo/report.json and leaves the nodes' folders, in which no plaintext occurs.
"""

import asyncio
import json
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from tests.clips import make_clip
from tools.lab import Lab, Place
from tools.story import WORDS, Seat, tell_story

FOLDER = Path("build/demo")


def tell(words: str) -> None:
    """One line of the story, with the seconds since it began."""
    print(f"{time.monotonic() - BEGAN:6.1f} s  {words}", flush=True)


def occurrences(folder: Path, words: str) -> list[str]:
    """Files under `folder` that hold `words`."""
    needle = words.encode()
    return [str(f) for f in folder.rglob("*") if f.is_file() and needle in f.read_bytes()]


def seat(lab: Lab, place: Place, name: str) -> Seat:
    """A chair at this node; all names of the lab are known at it."""
    connect = ",".join(f"{p.domain}={p.connect}" for p in lab.places.values())
    return Seat(place.invite(), connect, str(lab.ca), FOLDER / f"{name}-home")


async def main() -> dict[str, Any]:
    """The story; its report."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    lab = Lab(FOLDER)
    lab.build("alpha.test", "beta.test")
    clip = make_clip(FOLDER / "clip.mp4", seconds=6, size="1280x720")
    try:
        await lab.start()
        tell("two nodes are ready: " + ", ".join(lab.places))
        alpha, beta = lab.places.values()
        report = await tell_story(seat(lab, alpha, "alice"), seat(lab, beta, "bob"), clip, tell)
        nodes = [
            {"domain": p.domain, "data_dir": str(p.data), "rss_mib": p.rss_mib()}
            for p in lab.places.values()
        ]
    finally:
        lab.stop()
    leaked = [file for place in lab.places.values() for file in occurrences(place.data, WORDS)]
    tell("the words of the talk are in no file of either node" if not leaked else f"LEAK {leaked}")
    whole = report["video"]["played_bytes"] == report["video"]["size"] > 0
    right = report["message"]["decrypted"] == WORDS and report["friendship"] == "friend"
    ok = not leaked and whole and right and report["like"] and bool(report["comment"])
    return {"ok": ok, "nodes": nodes, **report, "leaked": leaked}


if __name__ == "__main__":
    BEGAN = time.monotonic()
    found = asyncio.run(main())
    (FOLDER / "report.json").write_text(json.dumps(found, indent=1) + "\n")
    tell(f"report in {FOLDER / 'report.json'}: {'ok' if found['ok'] else 'NOT OK'}")
    sys.exit(0 if found["ok"] else 1)

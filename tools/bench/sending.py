"""Requests that were signed before are sent by a process of its own (`load`)."""

import asyncio
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any


async def send(
    load: Path, port: int, connections: int, seconds: float = 0, tls: tuple[str, ...] = ()
) -> Any:
    """What came of it. Raises when a request was not accepted. `tls`: a CA and a server's name."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tools.bench.load",
        str(load), str(port), str(connections), str(seconds), *tls,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await process.communicate()
    found = json.loads(out)
    if found["refused"]:
        raise RuntimeError(f"what was signed was refused: {found['refused']}")
    return found


def rate(found: Mapping[str, Any]) -> float:
    """Requests a second that were accepted."""
    return float(found["accepted"] / found["seconds"])

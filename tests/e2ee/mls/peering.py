"""The other implementation of MLS, as a process that answers JSON lines (`peer/driver.mjs`)."""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tools import packages
from tools.packages import NODE

FOLDER = Path(__file__).resolve().parent / "peer"
IN_CI = os.environ.get("CI") == "true"


class PeerError(Exception):
    """The other implementation refused; its own words."""


def why_absent() -> str | None:
    """What is missing for a peer to run here; None when nothing is."""
    if not packages.is_installed(FOLDER):
        return "ts-mls is not installed: .venv/bin/python -m tools.packages does"
    return None


class Peer:
    """A running driver: that of ts-mls, or the `program` of Node that is given. `close` it."""

    def __init__(
        self,
        program: str = "driver.mjs",
        folder: Path = FOLDER,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self._process = subprocess.Popen(
            [str(NODE), program],
            cwd=folder,
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, do: str, **what: Any) -> dict[str, Any]:
        """Have `do` done. Raises `PeerError` when the peer refuses."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": do, **what}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the peer's process has ended"
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise PeerError(answer["error"])
        return answer

    def close(self) -> None:
        """End the process and wait for it."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()

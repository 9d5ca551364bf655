"""The other implementation of MLS, as a process that answers JSON lines (`peer/driver.mjs`)."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent / "peer"
IN_CI = os.environ.get("CI") == "true"


class PeerError(Exception):
    """The other implementation refused; its own words."""


# The first with Ed25519 and X25519 in WebCrypto for all.
OLDEST_NODE = 20


def why_absent() -> str | None:
    """What is missing for a peer to run here; None when nothing is."""
    node = shutil.which("node")
    if node is None:
        return "no node program: tools/services installs it"
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    if int(said.strip().lstrip("v").split(".")[0]) < OLDEST_NODE:
        return f"node {said.strip()} is too old: {OLDEST_NODE} is needed"
    if not (FOLDER / "node_modules" / "ts-mls").is_dir():
        return f"ts-mls is not installed: tools/services does, or `npm ci` in {FOLDER}"
    return None


class Peer:
    """A running driver: that of ts-mls, or the `program` of Node that is given. `close` it."""

    def __init__(
        self, program: str = "driver.mjs", folder: Path = FOLDER, node: str | None = None
    ) -> None:
        node = node or shutil.which("node")
        assert node is not None
        self._process = subprocess.Popen(
            [node, program],
            cwd=folder,
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

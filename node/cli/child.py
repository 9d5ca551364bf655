"""The child process that brings the database to our schema, so that Alembic is not kept loaded."""

import subprocess
import sys

from node.config import Config
from node.errors import Broken


def begin(config: Config, phase: str) -> "subprocess.Popen[str]":
    """Start it; `phase` is `pre` (beside running processes) or `post`."""
    return subprocess.Popen(  # noqa: S603 (our own program, our own words)
        [sys.executable, "-m", "node.store.migrate", config.database_url, phase],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def end(child: "subprocess.Popen[str]") -> None:
    """Wait for it. Raises `Broken` with its reason when it failed."""
    _, said = child.communicate()
    if child.returncode != 0:
        raise Broken(said.strip().splitlines()[-1] if said else "migration failed")

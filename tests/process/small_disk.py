"""A disk of a few mebibytes under a node, which only the node sees and a test can fill."""

import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from tools.lab import Place

MOUNT = 'mount -t tmpfs -o mode=700,size={}m none "$1" && shift && exec "$@"'


def may_mount() -> bool:
    return subprocess.run(["unshare", "-Urm", "true"], capture_output=True).returncode == 0


needs_mounts = pytest.mark.skipif(
    not may_mount(), reason="no name spaces here, so no small disk can be mounted"
)


def put_on_small_disk(place: Place, mebibytes: int) -> None:
    """What this node writes, from its next start on, lies there until it ends."""
    place.data.mkdir(mode=0o700)
    script = MOUNT.format(mebibytes)
    place.wrapper = ("unshare", "-Urm", "sh", "-c", script, "sh", str(place.data))


def inside(place: Place) -> Path:
    """The folder of a running node as the node sees it."""
    assert place.process is not None
    return Path(f"/proc/{place.process.pid}/root{place.data}")


def copied(place: Place, folder: Path) -> Path:
    """The database as it lies there now. A program that looks through /proc finds its own disk."""
    assert place.process is not None
    folder.mkdir()
    place.process.send_signal(signal.SIGSTOP)
    try:
        for file in inside(place).glob("kith.sqlite3*"):
            shutil.copy(file, folder)
    finally:
        place.process.send_signal(signal.SIGCONT)
    return folder


def fill(place: Place) -> Path:
    """Take all room that is left on the node's small disk; the file that took it."""
    filler = inside(place) / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (65536, 4096, 1):
            with suppress(OSError):
                while file.write(bytes(size)) == size:
                    pass
    return filler

"""What is tried before a node opens its data: is all there, can it be written to, is it whole.

Loaded at every start, so it imports nothing that the start does not.
"""

import errno
import logging
import os
import shutil
import sqlite3
import threading
from contextlib import suppress
from pathlib import Path

from node.config import Config
from node.errors import Conflict, Malformed

LOG = logging.getLogger("node")
ROOM_FILE = "node.room"
ROOM_BYTES = 1024 * 1024  # what SQLite needs to open a database, several times
LARGEST_CHECKED_BYTES = 1024**3  # what a disk reads in seconds
PATIENCE_SECONDS = 3.0
FULL = {errno.ENOSPC, errno.EDQUOT}
SQLITE = "sqlite+aiosqlite:///"
WAYS_BACK = "put it back, or bring the node back from a backup with kith restore"


def database_file(config: Config) -> Path | None:
    """The file of a SQLite database."""
    url = config.database_url
    return Path(url.removeprefix(SQLITE)) if url.startswith(SQLITE) else None


def is_missing(config: Config) -> bool:
    """Whether the database is SQLite, and its file is not there or empty."""
    file = database_file(config)
    return file is not None and (not file.exists() or not file.stat().st_size)


def left_behind(config: Config) -> list[str]:
    """What stands in the data folder of a node that was started before."""
    data = Path(config.data_dir)
    found = ["node.key"] if (data / "node.key").exists() else []
    with suppress(OSError):
        if any((data / "blobs").iterdir()):
            found.append("blobs/")
    return found


def check_not_lost(config: Config, new: bool) -> None:
    """Raises `Conflict` (FED-12.10) when the database is gone and the rest of the node is here."""
    if new or not is_missing(config):
        return
    check_not_empty(config, f"{database_file(config)} is not")


def check_not_empty(config: Config, what: str) -> None:
    """Raises `Conflict` (FED-12.10) when a node was started in this folder: `what` is amiss."""
    found = left_behind(config)
    if found:
        raise Conflict(
            "FED-12.10",
            f"{' and '.join(found)} of a node are in {config.data_dir}, and {what}: "
            f"{WAYS_BACK}. Only to begin anew, with nothing of what was there, say --new",
        )


def give_up_room(config: Config) -> None:
    """Give up the room that was held back, when the disk is full (FED-12.11).

    On a disk without any room SQLite cannot open a database, not even to read it.
    """
    if shutil.disk_usage(config.data_dir).free < ROOM_BYTES:
        (Path(config.data_dir) / ROOM_FILE).unlink(missing_ok=True)


def hold_room(config: Config) -> None:
    """Hold room back for a start on a full disk, when there is plenty of it."""
    path = Path(config.data_dir) / ROOM_FILE
    held = path.exists() and path.stat().st_blocks * 512 >= ROOM_BYTES
    if not held and shutil.disk_usage(config.data_dir).free > 16 * ROOM_BYTES:
        # What is held back is written, not only named: it must take its place on the disk.
        with suppress(OSError):
            path.touch(mode=0o600)
            path.write_bytes(b"room" * (ROOM_BYTES // 4))


def check_writable(config: Config) -> None:
    """Raises `Malformed` (FED-12.12) when database, `blobs/` or `work/` cannot be written to."""
    data, file = Path(config.data_dir), database_file(config)
    for folder in (data / "blobs", data / "work"):
        if os.path.lexists(folder):
            _try_folder(folder)
    if file is None or not file.exists():
        return
    try:
        os.close(os.open(file, os.O_RDWR))
        _try_folder(file.parent)
    except OSError as error:
        raise _unwritable("the database", file, error) from None


def _try_folder(folder: Path) -> None:
    probe = folder / f".probe-{os.getpid()}"
    try:
        probe.touch(mode=0o600)
        probe.unlink()
    except OSError as error:
        # A full disk is no fault of the folder: the node serves what can be read (FED-12.11).
        if error.errno not in FULL:
            raise _unwritable("the folder", folder, error) from None


def _unwritable(what: str, path: Path, error: OSError) -> Malformed:
    return Malformed(
        "FED-12.12",
        f"{what} {path} cannot be written to ({error.strerror}): give it to the user that runs "
        "kith (chown, chmod), or mount its disk for writing",
    )


class QuickCheck:
    """SQLite's quick check of the whole file, beside what else a start does (FED-12.13)."""

    def __init__(self, config: Config) -> None:
        self._file = database_file(config)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.damage = ""
        size = self._file.stat().st_size if self._file and self._file.exists() else 0
        if 0 < size <= LARGEST_CHECKED_BYTES:
            self._thread.start()

    def _run(self) -> None:
        assert self._file is not None
        self.damage = damage(self._file)
        if self.damage:
            LOG.error("the database is damaged", extra={"reason": self.damage})

    def trouble(self) -> str:
        """What was found, also later than `check` waited for it."""
        return f"the database is damaged: {self.damage}" if self.damage else ""

    def check(self, seconds: float | None = PATIENCE_SECONDS) -> None:
        """Raises `Malformed` (FED-12.13) when damage was found within so many seconds."""
        if self._thread.ident is not None:
            self._thread.join(seconds)
        if self.damage:
            raise Malformed(
                "FED-12.13",
                f"the database {self._file} is damaged ({self.damage}): keep this file, look at "
                "the disk, and bring the node back from a backup with kith restore",
            )


def damage(file: Path) -> str:
    """What the quick check finds amiss, in a line; nothing when the database is whole."""
    try:
        with sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True) as connection:
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        connection.close()
    except sqlite3.DatabaseError as error:
        # Only these speak of the file; all else (a lock, no room) passes.
        told = getattr(error, "sqlite_errorname", "")
        return str(error) if told.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")) else ""
    return "" if found == "ok" else " ".join(str(found).split())[:200]

"""Which step of a vault was the last, in a small file beside it (spec E2E-6.20).

Every state that a write-ahead log went through can be had from it by cutting its end off, so the
log cannot say of itself that it is whole. This file can: it is overwritten with each step, and
what it said before is nowhere.
"""

import os
from contextlib import suppress
from pathlib import Path

from node.client import seals

COUNTER_BYTES = 8


class NewestStep:
    """The file while the vault is open. It may be behind the vault, and never is ahead of it:
    a step is on disk before it is told here."""

    def __init__(self, path: Path, root: bytes, counter: int) -> None:
        self._path = path
        self._root = root
        # Made aside and renamed: after a loss of power it is whole, or the one of before.
        fresh = path.with_name(f"{path.name}.new")
        self._file = fresh.open("wb", buffering=0)
        fresh.chmod(0o600)
        self._write(counter)
        self.sync()
        fresh.rename(path)
        _sync_folder(path.parent)

    def tell(self, counter: int) -> None:
        """Not awaited on disk: a loss of power may take the last seconds of it."""
        # The step itself is written; to fail it now would have it done twice.
        with suppress(OSError):
            self._write(counter)

    def _write(self, counter: int) -> None:
        text = counter.to_bytes(COUNTER_BYTES) + seals.proof(self._root, seals.NEWEST, counter)
        os.pwrite(self._file.fileno(), text, 0)

    def sync(self) -> None:
        """What was told outlives a loss of power."""
        os.fsync(self._file.fileno())

    def close(self, remove: bool) -> None:
        """With `remove`, when the vault's own file says that it was closed."""
        self._file.close()
        if remove:
            self._path.unlink(missing_ok=True)


def file_of(vault: Path) -> Path:
    return vault.with_name(f"{vault.name}-step")


def read(path: Path, root: bytes) -> int | None:
    """The last step that was told, or None where there is no such file. Raises `Broken`
    (E2E-6.5) when it is not one of this vault."""
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return None
    counter = int.from_bytes(text[:COUNTER_BYTES])
    seals.check(text[COUNTER_BYTES:], seals.proof(root, seals.NEWEST, counter))
    return counter


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

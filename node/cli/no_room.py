"""A disk without room, in words that say which: what the system says of it names no place."""

import errno
from pathlib import Path

from node.errors import Full

FULL = (errno.ENOSPC, errno.EDQUOT)
# What SQLite says where a copy of it, or what its readers share, finds no room.
FULL_DATABASE = ("SQLITE_FULL", "SQLITE_IOERR_SHMSIZE")


def no_room(clause: str, folder: Path, error: OSError) -> OSError | Full:
    """What to raise for an error of writing below `folder`, or where the error says that it was."""
    if error.errno not in FULL:
        return error
    named = Path(error.filename) if isinstance(error.filename, str) else folder
    return full(clause, folder if named.is_relative_to(folder) else named.parent)


def full(clause: str, folder: Path) -> Full:
    """No room is left on the disk of `folder`."""
    return Full(clause, f"no room is left on the disk of {folder}: make room, or name another one")


def is_full(error: BaseException | None) -> bool:
    """Whether SQLite found no room for what it wrote."""
    return getattr(error, "sqlite_errorname", None) in FULL_DATABASE

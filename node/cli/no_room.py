"""A disk without room, in words that say which: what the system says of it names no place."""

import errno
from pathlib import Path

from node.errors import Full

FULL = (errno.ENOSPC, errno.EDQUOT)


def no_room(clause: str, folder: Path, error: OSError) -> OSError | Full:
    """What to raise for an error of writing below `folder`."""
    if error.errno not in FULL:
        return error
    return Full(clause, f"no room is left on the disk of {folder}: make room, or name another one")

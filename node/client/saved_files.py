"""A file gets its name once all of it is here, and never over another one (spec ATT-2.4)."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from node.errors import Conflict, Malformed, Missing, NoRoom

MOST_OF_A_NAME: Final = 1000


@contextmanager
def telling(path: Path) -> Iterator[None]:
    """What is wrong with a file that is written, in words."""
    try:
        yield
    except FileExistsError:
        raise
    except FileNotFoundError:
        raise Missing("ATT-2.4", f"there is no folder {path.parent}") from None
    except OSError as error:
        why = f"{path} cannot be written: {error.strerror}"
        if error.errno == errno.ENAMETOOLONG:
            raise Malformed("ATT-2.4", f"{why}: say another name") from None
        raise NoRoom(why) from None


def folder_of(to: Path) -> Path:
    """Where it is written. Raises `Conflict` (ATT-2.4) for a file that is there already."""
    with telling(to):
        if to.is_dir():
            return to
        if os.path.lexists(to):
            raise _is_there(to)
    return to.parent


def flush(out: IO[bytes]) -> None:
    """It lies on the disk."""
    out.flush()
    os.fsync(out.fileno())


def placed(part: Path, to: Path, name: str) -> Path:
    """Give what lies at `part` its name: `to`, or in that folder `name`, or one beside it. Raises
    `Conflict` (ATT-2.4)."""
    is_folder = to.is_dir()
    stem, suffix = Path(name).stem, Path(name).suffix
    for number in range(1, MOST_OF_A_NAME):
        numbered = name if number == 1 else f"{stem} ({number}){suffix}"
        path = to / numbered if is_folder else to
        try:
            with telling(path):
                _named(part, path)
            return path
        except FileExistsError:
            if not is_folder:
                raise _is_there(path) from None
    raise Conflict("ATT-2.4", f"there are too many files called {name} in {to}")


def _named(part: Path, path: Path) -> None:
    try:
        os.link(part, path)
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK):
            raise
        # A disk without second names, as sticks are: the name is taken, then filled.
        path.open("xb").close()
        part.replace(path)


def _is_there(path: Path) -> Conflict:
    return Conflict("ATT-2.4", f"{path} is there already: say another name")

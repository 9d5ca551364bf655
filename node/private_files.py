"""What is this user's alone: files that hold secrets, and the folders in which a node keeps all."""

import os
from pathlib import Path

from node.errors import Malformed, Missing

OTHERS = 0o077


def keep_to_oneself() -> None:
    """Whatever this process makes from here on is for its own user's eyes (FED-12.21)."""
    os.umask(OTHERS)


def check_private(path: Path, clause: str) -> None:
    """Raises `Malformed` with the `clause` when others of this machine may open `path`."""
    if path.stat().st_mode & OTHERS:
        may, mode = ("look into", 700) if path.is_dir() else ("read", 600)
        raise Malformed(
            clause, f"others may {may} {path}: make it yours alone with chmod {mode} {path}"
        )


def secret_line(path: Path, clause: str, what: str) -> str:
    """The first line of a file that is ours alone: editors end it with a break that is no part.

    Raises `Malformed`, `Missing` with the `clause`; `what` names the file in the sentence.
    """
    try:
        check_private(path, clause)
        return path.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not text in UTF-8"
        raise Missing(clause, f"{what} {path} cannot be read: {why}") from None

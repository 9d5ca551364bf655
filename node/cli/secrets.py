"""The passphrase of a backup: from a file that nobody else can read, or asked on the terminal."""

import getpass
import os
import sys
from pathlib import Path

from node.errors import Malformed, Missing

FILE = "KITH_BACKUP_PASSPHRASE_FILE"
CLAUSE = "FED-12.17"
SHORTEST = 10


def passphrase(named: str, twice: bool) -> str:
    """What seals or opens a backup. Raises `Missing` or `Malformed` (FED-12.17)."""
    path = named or os.environ.get(FILE, "")
    if path:
        found = _of_file(Path(path))
    elif sys.stdin.isatty():
        found = getpass.getpass("Passphrase of the backup: ")
        if twice and getpass.getpass("The same again: ") != found:
            raise Malformed(CLAUSE, "the two passphrases differ")
    else:
        raise Missing(
            CLAUSE, f"there is no terminal to ask for a passphrase on: name its file in {FILE}"
        )
    if len(found) < SHORTEST:
        raise Malformed(CLAUSE, f"the passphrase is shorter than {SHORTEST} characters")
    return found


def _of_file(path: Path) -> str:
    """The first line, without its end."""
    try:
        if path.stat().st_mode & 0o077:
            raise Malformed(CLAUSE, f"others may read {path}: make it yours alone with chmod 600")
        return path.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not text in UTF-8"
        raise Missing(CLAUSE, f"the passphrase file {path} cannot be read: {why}") from None

"""The passphrase of a backup: from a file that nobody else can read, or asked on the terminal."""

import getpass
import os
import sys
from pathlib import Path

from node.errors import Malformed, Missing
from node.private_files import secret_line

FILE = "KITH_BACKUP_PASSPHRASE_FILE"
CLAUSE = "FED-12.17"
SHORTEST = 10


def passphrase(named: str, twice: bool) -> str:
    """What seals or opens a backup. Raises `Missing` or `Malformed` (FED-12.17)."""
    path = named or os.environ.get(FILE, "")
    if path:
        found = secret_line(Path(path), CLAUSE, "the passphrase file")
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

"""Where the vault's passphrase comes from: the caller, or the file that the environment names."""

from collections.abc import Mapping
from pathlib import Path

from node.client.local_device import Passphrase
from node.errors import Malformed, Missing
from node.private_files import secret_line

FILE = "KITH_VAULT_PASSPHRASE_FILE"


def read(passphrase: Passphrase, environ: Mapping[str, str]) -> str:
    """The passphrase. Raises `Missing` (E2E-6.8) when nobody says it, `Malformed` when empty."""
    if isinstance(passphrase, str) and passphrase:
        return passphrase
    named = environ.get(FILE, "")
    found = (
        secret_line(Path(named), "E2E-6.8", f"{FILE} names a file:")
        if named
        else passphrase()
        if callable(passphrase)
        else None
    )
    if found is None:
        raise Missing("E2E-6.8", f"the vault needs its passphrase: name its file in {FILE}")
    if not found:
        raise Malformed("E2E-6.8", "the vault's passphrase cannot be empty")
    return found

"""Where this machine keeps who you are: a small file per account, readable by you alone.

The folder is `KITH_HOME` (default `~/.local/share/kith`). It holds no secret of the sealed
messages, those are in the vault beside it; the token in it stands for this device at its node.
"""

from pathlib import Path
from shutil import rmtree

import msgspec

from node.errors import Malformed, Missing
from node.private_files import check_private

CURRENT = "current"


class Profile(msgspec.Struct, kw_only=True, frozen=True):
    """How this device reaches its home node, and as whom.

    `connect` says where to call instead of what DNS says (a lab), `ca_file` is a CA to trust.
    """

    origin: str
    name: str
    handle: str
    actor: str
    device: str
    token: str
    connect: str = ""
    ca_file: str = ""

    def __repr__(self) -> str:
        return f"<Profile {self.handle}>"


def folder_of(home: Path, handle: str) -> Path:
    """The folder of one account: `home/alice@alpha.test`."""
    name = handle.lstrip("@")
    if not name or "/" in name or name.startswith("."):
        raise Malformed("API-9.1", f"{handle!r} is not an account's handle")
    return home / name


def vault_of(home: Path, profile: Profile) -> Path:
    """Where this device's vault stands; a later device of the same account has its own."""
    return folder_of(home, profile.handle) / f"vault-{profile.device}.sqlite3"


def save(home: Path, profile: Profile) -> None:
    """Keep the profile and make it the current one; whole or not at all."""
    folder = folder_of(home, profile.handle)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    write(folder / "profile.json", msgspec.json.encode(profile))
    write(home / CURRENT, folder.name.encode())


def write(path: Path, content: bytes) -> None:
    """Write a file for this user alone; whole or not at all."""
    fresh = path.with_name(path.name + ".new")
    fresh.touch(mode=0o600)
    fresh.write_bytes(content)
    fresh.rename(path)


def load(home: Path, handle: str = "") -> Profile:
    """The profile of `handle`, or the current one. Raises `Missing` (API-9.1)."""
    if not handle:
        current = home / CURRENT
        if not current.exists():
            raise Missing("API-9.1", "you are not logged in here: kith login, or kith signup")
        handle = current.read_text().strip()
    path = folder_of(home, handle) / "profile.json"
    if not path.exists():
        raise Missing("API-9.1", f"{handle} is not logged in here: kith login")
    check_private(path, "API-9.1")
    return msgspec.json.decode(path.read_bytes(), type=Profile)


def remove(home: Path, profile: Profile) -> None:
    """Remove all that this machine keeps of an account that is no more: its vaults, too."""
    forget(home, profile)
    rmtree(folder_of(home, profile.handle))


def forget(home: Path, profile: Profile) -> None:
    """Remove the profile; the vault beside it stays until its owner removes it."""
    folder = folder_of(home, profile.handle)
    (folder / "profile.json").unlink(missing_ok=True)
    current = home / CURRENT
    if current.exists() and current.read_text().strip() == folder.name:
        current.unlink()

"""Sessions: a login, or what an app was granted, with a token of its own (spec ACC-3)."""

from datetime import datetime
from typing import Protocol

from msgspec import Struct

from node.accounts.account import Account, Role, State
from node.accounts.devices import LONGEST_NAME, Device
from node.accounts.passwords import may_enter, proven
from node.accounts.profile import cleaned, read_text
from node.errors import Malformed, Missing

SEEN_EVERY_SECONDS = 3600  # a session's last use is noted once an hour


class Session(Struct, frozen=True):
    """One session. `scopes` are separated by spaces; `device` is "" when it has none."""

    id: str
    name: str
    scopes: str
    created: datetime
    last_seen: datetime
    device: str = ""


class Bearer(Struct, frozen=True):
    """Whom a token proves. `device` is "" for a session without one."""

    account: str
    actor: str
    name: str
    role: str
    state: State
    session: str
    device: str
    scopes: str  # separated by spaces
    last_seen: datetime
    seat: int = 0


class Wanted(Struct, frozen=True):
    """The session that a client asks for: its name, and which device, if any.

    `new_device` is the name of a device to be made, `device` the id of one that there is.
    """

    name: str
    new_device: str | None = None
    device: str = ""


class SessionUnit(Protocol):
    """What the commands of this page ask of a unit."""

    now: datetime

    def fresh(self) -> str: ...
    async def by_id(self, account: str) -> Account | None: ...
    async def add_session(self, account: str, session: Session, digest: bytes) -> None: ...
    async def end_sessions(self, account: str, only: str | None = None, but: str = "") -> int: ...
    async def add_device(self, account: Account, device: Device) -> None: ...
    async def admin_was_here(self) -> None:
        """Note that an administrator was here now."""
        ...

    async def has_device(self, account: str, device: str) -> bool:
        """Whether the device is the account's and was not revoked."""
        ...


def read_wanted(client_name: str, device_name: str | None, device: str, user_agent: str) -> Wanted:
    """What a login asks for. Raises `Malformed` (ACC-1.11, ACC-3.2)."""
    if device_name is not None and device:
        raise Malformed(
            "ACC-3.2",
            "send device_name for a new device or device for one you have, not both",
        )
    name = read_text(client_name, LONGEST_NAME, "a session's name")
    new_device = None
    if device_name is not None:
        new_device = read_text(device_name, LONGEST_NAME, "a device's name") or "unnamed"
    name = name or new_device or cleaned(user_agent, LONGEST_NAME) or "unnamed"
    return Wanted(name, new_device, device)


async def log_in(
    account: Account, wanted: Wanted, digest: bytes, scopes: str, unit: SessionUnit
) -> Session:
    """A new session of `account`, whose password was just proven. `digest` is its token's.

    Raises `Unproven` (ACC-1.5) when the password changed meanwhile, `Forbidden` (ACC-1.6),
    `Missing` (ACC-3.2).
    """
    current = await unit.by_id(account.id)
    current = proven(current, current is not None and current.password == account.password)
    may_enter(current)
    device = await _device(current, wanted, unit)
    session = Session(unit.fresh(), wanted.name, scopes, unit.now, unit.now, device)
    await unit.add_session(account.id, session, digest)
    if current.role is Role.ADMIN:
        await unit.admin_was_here()
    return session


async def _device(account: Account, wanted: Wanted, unit: SessionUnit) -> str:
    if wanted.new_device is not None:
        device = Device(unit.fresh(), wanted.new_device, unit.now)
        await unit.add_device(account, device)
        return device.id
    if wanted.device and not await unit.has_device(account.id, wanted.device):
        raise Missing(
            "ACC-3.2", "this account has no such device: send device_name to make a new one"
        )
    return wanted.device


async def end(account: str, session: str, unit: SessionUnit) -> None:
    """End one session of `account`; its device stays. Raises `Missing` (ACC-3.5)."""
    if not await unit.end_sessions(account, only=session):
        raise Missing("ACC-3.5", "this account has no such session")

"""Devices: who holds MLS keys, with a mailbox and key packages of their own (spec ACC-4)."""

from datetime import datetime
from typing import Protocol

from msgspec import Struct

from node.accounts.profile import read_text
from node.errors import Malformed, Missing

LONGEST_NAME = 64  # characters, of a device or a session


class Device(Struct, frozen=True):
    """A device of an account. `last_seen`: when one of its sessions was last used."""

    id: str
    name: str
    created: datetime
    last_seen: datetime | None = None


class DeviceUnit(Protocol):
    """What the commands of this page ask of a unit."""

    async def revoke_devices(self, account: str, only: str | None = None, but: str = "") -> int: ...
    async def name_device(self, account: str, device: str, name: str) -> bool:
        """False where the account has no such device."""
        ...


async def revoke(account: str, device: str, unit: DeviceUnit) -> None:
    """End one device of `account` and its sessions. Raises `Missing` (ACC-4.3)."""
    if not await unit.revoke_devices(account, only=device):
        raise Missing("ACC-4.3", "this account has no such device")


def read_name(text: str) -> str:
    """What a device is to be called. Raises `Malformed` (ACC-4.6)."""
    name = read_text(text, LONGEST_NAME, "a device's name")
    if not name:
        raise Malformed("ACC-4.6", "say what the device is to be called")
    return name


async def rename(account: str, device: str, name: str, unit: DeviceUnit) -> None:
    """Call one device of `account` something else. Raises `Missing` (ACC-4.3)."""
    if not await unit.name_device(account, device, name):
        raise Missing("ACC-4.3", "this account has no such device")

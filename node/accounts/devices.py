"""Devices: who holds MLS keys, with a mailbox and key packages of their own (spec ACC-4)."""

from datetime import datetime
from typing import Protocol

from msgspec import Struct

from node.errors import Missing


class Device(Struct, frozen=True):
    """A device of an account. `last_seen`: when one of its sessions was last used."""

    id: str
    name: str
    created: datetime
    last_seen: datetime | None = None


class DeviceUnit(Protocol):
    """What the commands of this page ask of a unit."""

    async def revoke_devices(self, account: str, only: str | None = None, but: str = "") -> int: ...


async def revoke(account: str, device: str, unit: DeviceUnit) -> None:
    """End one device of `account` and its sessions. Raises `Missing` (ACC-4.3)."""
    if not await unit.revoke_devices(account, only=device):
        raise Missing("ACC-4.3", "this account has no such device")

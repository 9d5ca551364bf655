"""A new password for who forgot theirs: a link that an administrator makes (spec ACC-5)."""

import base64
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Protocol

from msgspec import Struct

from node.accounts.account import Account, Role, State, account_of
from node.accounts.passwords import PasswordUnit
from node.errors import Conflict, Forbidden
from node.ports import Entropy

SECRET_BYTES = 20
GOOD_FOR = timedelta(hours=24)


class Reset(Struct, frozen=True):
    """A link as it stands. `maker` is an administrator's account; None: the node's machine."""

    digest: bytes
    account: str
    maker: str | None
    created: datetime
    expires: datetime


class ResetFinder(Protocol):
    """What it takes to know whether a link counts."""

    now: datetime

    async def reset(self, digest: bytes) -> Reset | None: ...
    async def by_id(self, account: str) -> Account | None: ...


class ResetUnit(ResetFinder, PasswordUnit, Protocol):
    """What the commands of this page ask of a unit."""

    async def put_reset(self, reset: Reset) -> None:
        """The one link of its account: the one before is void."""
        ...


def new_secret(entropy: Entropy) -> str:
    """The secret part of a link: 160 bits, without look-alikes to read out."""
    return base64.b32encode(entropy.draw(SECRET_BYTES)).decode().lower()


def digest_of(secret: str) -> bytes:
    """What is kept of a link's secret (ACC-5.1)."""
    return sha256(b"reset\0" + secret.encode()).digest()


def url_of(reached_at: str, secret: str) -> str:
    """The link that opens the page."""
    return f"{reached_at}/reset/{secret}"


async def make_reset(
    account: str, digest: bytes, maker: str | None, unit: ResetUnit
) -> tuple[Reset, Account]:
    """A link for `account`, and whose it is. Raises `Missing` (ACC-1.3), `Conflict` (ACC-5.1),
    `Forbidden` (ACC-5.4)."""
    found = await account_of(account, unit)
    if found.state is not State.ACTIVE:
        raise Conflict("ACC-5.1", f"{found.name} cannot log in now: approve the account first")
    if found.role is Role.ADMIN and maker is not None:
        raise Forbidden(
            "ACC-5.4",
            "a link for an administrator is made on the node's own machine: kith admin reset-link",
        )
    made = Reset(digest, found.id, maker, unit.now, unit.now + GOOD_FOR)
    await unit.put_reset(made)
    return made, found


async def find_reset(digest: bytes, unit: ResetFinder) -> Account:
    """Whose password the link sets. Raises `Forbidden` (ACC-5.3)."""
    found = await unit.reset(digest)
    if found is None or found.expires <= unit.now:
        raise _invalid()
    account = await unit.by_id(found.account)
    if account is None or account.state is not State.ACTIVE:
        raise _invalid()
    if found.maker is not None:
        maker = await unit.by_id(found.maker)
        if maker is None or (maker.state, maker.role) != (State.ACTIVE, Role.ADMIN):
            raise _invalid()
    return account


async def use_reset(digest: bytes, new: str, unit: ResetUnit) -> Account:
    """Set the hashed password; nobody stays logged in. Raises `Forbidden` (ACC-5.3)."""
    account = await find_reset(digest, unit)
    await unit.put_password(account.id, new)
    await unit.drop_reset(account.id)
    await unit.end_sessions(account.id)
    await unit.revoke_devices(account.id)
    return account


def _invalid() -> Forbidden:
    return Forbidden(
        "ACC-5.3", "this link is not valid (any more): ask the node's administrator for a new one"
    )

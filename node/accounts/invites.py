"""Invites: links by which people here bring others (spec ACC-2)."""

import base64
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Protocol

from msgspec import Struct

from node.accounts.account import Account, Role, State
from node.errors import Forbidden, Malformed, Missing, TooMuch
from node.ports import Entropy

SECRET_BYTES = 20
MOST_USES, MOST_DAYS, MOST_OPEN = 100, 30, 20
FIRST_ADMIN_DAYS = 7


class Invite(Struct, frozen=True):
    """An invite as it stands. `account` is its maker's; None: the node made it."""

    digest: bytes
    id: str
    account: str | None
    role: Role
    befriends: bool
    uses_left: int
    created: datetime
    expires: datetime


class InviteUnit(Protocol):
    """What the commands of this page ask of a unit."""

    now: datetime

    def fresh(self) -> str: ...
    async def admins(self) -> int: ...

    async def miss_no_admin(self) -> None:
        """Forget when an administrator was last here: there is none (ACC-2.13)."""
        ...

    async def invites(self, account: str | None) -> Sequence[Invite]: ...
    async def add_invite(self, invite: Invite) -> None: ...
    async def drop_invite(self, account: str | None, id: str) -> bool: ...


class InviteFinder(Protocol):
    """What it takes to know whether an invite counts."""

    now: datetime

    async def invite(self, digest: bytes) -> Invite | None: ...
    async def by_id(self, account: str) -> Account | None: ...


# -- links ---------------------------------------------------------------------------------------


def new_secret(entropy: Entropy) -> str:
    """The secret part of an invite link: 160 bits, without look-alikes to read out."""
    return base64.b32encode(entropy.draw(SECRET_BYTES)).decode().lower()


def digest_of(secret: str) -> bytes:
    """What is kept of an invite's secret (ACC-2.4)."""
    return sha256(b"invite\0" + secret.encode()).digest()


def url_of(reached_at: str, secret: str) -> str:
    """The link that opens the sign-up page."""
    return f"{reached_at}/invite/{secret}"


# -- rules ---------------------------------------------------------------------------------------


def check_invite(invite: Invite | None, maker: Account | None, now: datetime) -> Invite:
    """An invite that may be used now; one answer for all that may not (ACC-2.2, ACC-2.11).

    `maker` is the account that the invite names, None when it names none or there is none.
    """
    if invite is None or invite.expires <= now or invite.uses_left < 1:
        raise invalid()
    if invite.account is not None and not _vouches(invite, maker):
        raise invalid()
    return invite


def _vouches(invite: Invite, maker: Account | None) -> bool:
    """Whether its maker could still make it."""
    if maker is None or maker.state is not State.ACTIVE:
        return False
    return invite.role is Role.MEMBER or maker.role is Role.ADMIN


async def find_invite(digest: bytes, unit: InviteFinder) -> tuple[Invite, Account | None]:
    """The invite of a link and its maker (None: the node). Raises `Forbidden` (ACC-2.2)."""
    found = await unit.invite(digest)
    maker = await unit.by_id(found.account) if found is not None and found.account else None
    return check_invite(found, maker, unit.now), maker


def invalid() -> Forbidden:
    """The one answer to every invite that cannot be used."""
    return Forbidden("ACC-2.2", "this invite is not valid (any more): ask for a new one")


def read_uses(uses: int, days: int) -> timedelta:
    """How long an invite lives. Raises `Malformed` (ACC-2.3)."""
    if not 1 <= uses <= MOST_USES or not 1 <= days <= MOST_DAYS:
        raise Malformed(
            "ACC-2.3",
            f"an invite has 1 to {MOST_USES} uses and 1 to {MOST_DAYS} days",
            most_uses=MOST_USES,
            most_days=MOST_DAYS,
        )
    return timedelta(days=days)


# -- commands ------------------------------------------------------------------------------------


async def make_invite(
    maker: Account | None, digest: bytes, uses: int, days: int, befriends: bool, role: Role,
    unit: InviteUnit,
) -> Invite:  # fmt: skip
    """A new invite of `maker` (None: the node itself).

    Raises `Malformed` (ACC-2.3), `Forbidden` (ACC-2.5), `TooMuch`.
    """
    span = read_uses(uses, days)
    if maker is not None and maker.role is not Role.ADMIN:
        if role is Role.ADMIN:
            raise Forbidden("ACC-2.5", "only administrators can invite administrators")
        open_now = [one for one in await unit.invites(maker.id) if one.expires > unit.now]
        if len(open_now) >= MOST_OPEN:
            raise TooMuch(
                "ACC-2.10", f"you have {MOST_OPEN} open invites: revoke one first", most=MOST_OPEN
            )
    invite = Invite(
        digest,
        unit.fresh(),
        maker.id if maker else None,
        role,
        befriends and maker is not None,
        uses,
        unit.now,
        unit.now + span,
    )
    await unit.add_invite(invite)
    return invite


async def revoke_invite(account: str | None, id: str, unit: InviteUnit) -> None:
    """Make an invite of `account` void. Raises `Missing` (ACC-2.2)."""
    if not await unit.drop_invite(account, id):
        raise Missing("ACC-2.2", "you have no such invite")


async def first_admin(digest: bytes, unit: InviteUnit) -> Invite | None:
    """A new invite for the first administrator, or None when there is one already (ACC-2.6)."""
    if await unit.admins():
        return None
    await unit.miss_no_admin()
    for old in await unit.invites(None):
        if old.role is Role.ADMIN:
            await unit.drop_invite(None, old.id)
    span = timedelta(days=FIRST_ADMIN_DAYS)
    invite = Invite(digest, unit.fresh(), None, Role.ADMIN, False, 1, unit.now, unit.now + span)
    await unit.add_invite(invite)
    return invite

"""Accounts: who lives here, their names, passwords, tokens and devices (spec GRA-1).

Passwords come in hashed and keys come in made: both take long, so they are made before the unit.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from node.errors import Conflict, Forbidden, Malformed, Missing, Unproven
from node.federation.activities.shapes import Activity, Delete

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9_]{0,28}[a-z0-9])?")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_LOCALE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}")
CHANNEL = "_channel"
INSTANCE = "instance"  # the name of the instance actor
RESERVED = frozenset(
    {
        "about",
        "abuse",
        "account",
        "accounts",
        "admin",
        "administrator",
        "all",
        "anonymous",
        "api",
        "everyone",
        "help",
        "here",
        "info",
        "instance",
        "kith",
        "me",
        "moderator",
        "node",
        "null",
        "official",
        "owner",
        "postmaster",
        "root",
        "security",
        "staff",
        "support",
        "system",
        "undefined",
        "webmaster",
        "www",
    }
)
SHORTEST_PASSWORD, LONGEST_PASSWORD = 10, 256  # characters
IDENTITY_KEY_BYTES = 32
LONGEST_DISPLAY_NAME, LONGEST_SUMMARY, LONGEST_DEVICE_NAME = 64, 1000, 64  # characters
SEEN_EVERY_SECONDS = 3600  # a device's last use is noted once an hour


class State(StrEnum):
    """Where an account stands."""

    PENDING = "pending"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    DELETED = "deleted"


class Role(StrEnum):
    MEMBER = "member"
    ADMIN = "admin"


class Account(Struct, frozen=True):
    """An account as it stands. `actor` and `channel` are ids of its Person and its Group."""

    id: str
    name: str
    actor: str
    channel: str
    password: str
    role: Role
    state: State
    created: datetime
    display_name: str = ""
    summary: str = ""  # HTML
    locale: str = "en"
    identity_key: bytes | None = None
    invited_by: str | None = None
    reason: str = ""


class Device(Struct, frozen=True):
    """One place where an account is logged in."""

    id: str
    name: str
    created: datetime
    last_seen: datetime | None


class Bearer(Struct, frozen=True):
    """Whom a token proves."""

    account: str
    actor: str
    name: str
    role: str
    state: State
    device: str
    scopes: str  # separated by spaces
    last_seen: datetime | None


class Profile(Struct, frozen=True):
    """What anyone may see of an actor of ours. `summary` is HTML that we made."""

    actor: str
    kind: str
    name: str
    display_name: str
    summary: str
    icon: str


class AccountUnit(Protocol):
    """What the commands of this page ask of a unit."""

    now: datetime

    def fresh(self) -> str: ...
    def mint_activity(self) -> str: ...
    async def owe(self, activity: Activity, to: Iterable[str], public: bool = False) -> None: ...
    async def by_id(self, account: str) -> Account | None: ...
    async def by_name(self, name: str) -> Account | None: ...
    async def admins(self) -> int: ...
    async def put_state(self, account: str, state: State) -> None: ...
    async def put_password(self, account: str, password: str) -> None: ...
    async def put_profile(
        self, account: Account, display_name: str, summary: str, locale: str
    ) -> None: ...
    async def add_device(
        self, account: str, device: Device, digest: bytes, scopes: str
    ) -> None: ...
    async def devices(self, account: str) -> Sequence[Device]: ...
    async def revoke_devices(self, account: str, only: str = "", but: str = "") -> int: ...
    async def empty(self, account: Account) -> None: ...
    async def acquaintances(self, account: Account) -> Sequence[str]: ...


# -- rules ---------------------------------------------------------------------------------------


def read_name(text: str) -> str:
    """A name that a person may have, in small letters. Raises `Malformed` (GRA-1.1, GRA-1.2)."""
    name = text.lower() if text.isascii() else ""
    if not _NAME.fullmatch(name):
        raise Malformed("GRA-1.1", "a name has 1 to 30 of a-z, 0-9 and _, with no _ at its ends")
    if name.endswith(CHANNEL) or name in RESERVED:
        raise Malformed("GRA-1.2", "this name is reserved: please take another", name=name)
    return name


def channel_name(name: str) -> str:
    """The name of the video channel of `name`."""
    return name + CHANNEL


def read_password(text: str, name: str) -> str:
    """A password that is fit for `name`. Raises `Malformed` (GRA-1.4)."""
    if not SHORTEST_PASSWORD <= len(text) <= LONGEST_PASSWORD or "\0" in text:
        raise Malformed(
            "GRA-1.4",
            f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters",
            shortest=SHORTEST_PASSWORD,
            longest=LONGEST_PASSWORD,
        )
    if text.lower() == name:
        raise Malformed("GRA-1.4", "a password is not the name")
    return normal(text)


def normal(password: str) -> str:
    """What is hashed: one spelling of what different keyboards write for the same letters."""
    return unicodedata.normalize("NFC", password[:LONGEST_PASSWORD])


def read_text(text: str, longest: int, what: str) -> str:
    """A line or a paragraph that a person wrote. Raises `Malformed` (GRA-1.11)."""
    text = unicodedata.normalize("NFC", text.strip())
    if len(text) > longest or _CONTROL.search(text):
        raise Malformed(
            "GRA-1.11",
            f"{what} has at most {longest} characters and no control characters",
            longest=longest,
        )
    return text


def read_locale(text: str) -> str:
    """A language tag, such as `de` or `pt-BR`. Raises `Malformed` (GRA-1.11)."""
    if not _LOCALE.fullmatch(text):
        raise Malformed("GRA-1.11", "a locale is a language tag such as de or pt-BR")
    return text


def read_identity_key(key: bytes | None) -> bytes | None:
    """The key that a device made. Raises `Malformed` (GRA-1.10)."""
    if key is not None and len(key) != IDENTITY_KEY_BYTES:
        raise Malformed("GRA-1.10", "an identity key has 32 bytes")
    return key


def may_enter(account: Account) -> None:
    """Whether an account whose password was right may log in. Raises `Forbidden` (GRA-1.6)."""
    if account.state is State.PENDING:
        raise Forbidden("GRA-1.6", "this account waits until an administrator has said yes")
    if account.state is State.SUSPENDED:
        raise Forbidden("GRA-1.6", "this account is suspended: ask the node's administrator")


def proven(account: Account | None, matches: bool) -> Account:
    """The account, if its password was right; one answer for all else (GRA-1.5)."""
    if account is None or account.state is State.DELETED or not matches:
        raise Unproven("GRA-1.5", "name and password do not belong together")
    return account


# -- commands ------------------------------------------------------------------------------------


async def account_of(account: str, unit: AccountUnit) -> Account:
    """An account that is there. Raises `Missing` (GRA-1.3)."""
    found = await unit.by_id(account)
    if found is None or found.state is State.DELETED:
        raise Missing("GRA-1.3", "there is no such account")
    return found


async def log_in(
    account: Account, device_name: str, digest: bytes, scopes: str, unit: AccountUnit
) -> Device:
    """A new device of `account`, whose password was just proven. `digest` is its token's.

    Raises `Unproven` (GRA-1.5) when the password changed meanwhile, `Forbidden` (GRA-1.6).
    """
    current = await unit.by_id(account.id)
    current = proven(current, current is not None and current.password == account.password)
    may_enter(current)
    device = Device(unit.fresh(), device_name, unit.now, unit.now)
    await unit.add_device(account.id, device, digest, scopes)
    return device


async def change_password(account: str, new: str, device: str, unit: AccountUnit) -> None:
    """Replace the hashed password and leave only `device` logged in (GRA-1.7)."""
    await unit.put_password(account, new)
    await unit.revoke_devices(account, but=device)


async def revoke(account: str, device: str, unit: AccountUnit) -> None:
    """End one device of `account`. Raises `Missing` (API-9.2)."""
    if not await unit.revoke_devices(account, only=device):
        raise Missing("API-9.2", "this account has no such device")


async def change_profile(
    account: str,
    display_name: str | None,
    summary: str | None,
    locale: str | None,
    unit: AccountUnit,
) -> Account:
    """Change what is given (not None) and leave the rest."""
    old = await account_of(account, unit)
    await unit.put_profile(
        old,
        old.display_name if display_name is None else display_name,
        old.summary if summary is None else summary,
        old.locale if locale is None else locale,
    )
    return await account_of(account, unit)


async def delete_account(account: str, unit: AccountUnit) -> None:
    """Empty the account and tell everyone who knew it, and our own rooms (GRA-1.8)."""
    leaving = await account_of(account, unit)
    if leaving.role is Role.ADMIN and await unit.admins() < 2:
        raise Conflict("GRA-1.8", "the last administrator stays: make another one first")
    told = await unit.acquaintances(leaving)
    await unit.revoke_devices(account)
    await unit.empty(leaving)
    # Also owed to the actor itself: it arrives at home, and every room forgets what was theirs.
    await unit.owe(
        Delete(unit.mint_activity(), leaving.actor, leaving.actor), [*told, leaving.actor]
    )


async def suspend(account: str, unit: AccountUnit) -> None:
    """Lock an account out. Raises `Conflict` (GRA-1.8) for the last administrator."""
    found = await account_of(account, unit)
    if found.role is Role.ADMIN and await unit.admins() < 2:
        raise Conflict("GRA-1.8", "the last administrator cannot be suspended")
    await unit.put_state(account, State.SUSPENDED)
    await unit.revoke_devices(account)

"""An account: who lives here, from the first day to the last (spec ACC-1)."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from msgspec import Struct
from msgspec.structs import asdict, replace

from node.errors import Conflict, Missing
from node.federation.activities.shapes import Activity, Delete
from node.federation.profile_links import ProfileLink


class State(StrEnum):
    """Where an account stands."""

    PENDING = "pending"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    DELETED = "deleted"


class Role(StrEnum):
    """What an account may do on this node."""

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
    icon: str = ""  # where their face is, and the picture behind their profile
    header: str = ""
    links: tuple[ProfileLink, ...] = ()
    locale: str = "en"
    mentions: str = "following"  # who is heard when they mention this person (INB-8.2)
    identity_key: bytes | None = None
    invited_by: str | None = None
    reason: str = ""


class Profile(Struct, frozen=True):
    """What anyone may see of an actor of ours. `summary` is HTML that we made."""

    actor: str
    kind: str
    name: str
    display_name: str
    summary: str
    icon: str
    links: tuple[ProfileLink, ...] = ()


class AccountUnit(Protocol):
    """What the commands of this page ask of a unit."""

    now: datetime

    def mint_activity(self) -> str: ...
    async def by_id(self, account: str) -> Account | None: ...
    async def admins(self) -> int: ...
    async def put_state(self, account: str, state: State) -> None: ...
    async def put_profile(self, account: Account) -> None:
        """Keep what the account says of itself; its channel has the same face."""
        ...

    async def put_mentions(self, account: str, mentions: str) -> None: ...
    async def end_sessions(self, account: str, only: str | None = None, but: str = "") -> int: ...
    async def revoke_devices(self, account: str, only: str | None = None, but: str = "") -> int: ...
    async def drop_invites(self, account: str) -> None: ...
    async def drop_resets(self, account: str) -> None: ...
    async def drop_friend_code(self, actor: str) -> None: ...

    async def drop_media_grants(self, actor: str) -> None:
        """By which `actor` plays videos, or others play those of `actor` (VID-7.3)."""
        ...

    async def empty(self, account: Account) -> None: ...

    async def tell_all(self, activity: Activity, of: Iterable[str], home: bool = False) -> None:
        """Owe it to all elsewhere who know one of `of`; `home`: then our own rooms hear it."""
        ...


class Lookup(Protocol):
    """Finds accounts by their id."""

    async def by_id(self, account: str) -> Account | None: ...


async def account_of(account: str, unit: Lookup) -> Account:
    """An account that is not deleted. Raises `Missing` (ACC-1.3)."""
    found = await unit.by_id(account)
    if found is None or found.state is State.DELETED:
        raise Missing("ACC-1.3", "there is no such account")
    return found


class Change(Struct, frozen=True):
    """What becomes of a profile; None leaves it as it is. `summary` is HTML that we made."""

    display_name: str | None = None
    summary: str | None = None
    locale: str | None = None
    icon: str | None = None
    header: str | None = None
    links: tuple[ProfileLink, ...] | None = None


async def change_profile(account: str, change: Change, unit: AccountUnit) -> Account:
    """Change what is given (not None) and leave the rest."""
    old = await account_of(account, unit)
    given = {name: value for name, value in asdict(change).items() if value is not None}
    await unit.put_profile(replace(old, **given))
    return await account_of(account, unit)


async def choose_mentions(account: str, mentions: str, unit: AccountUnit) -> Account:
    """Who is heard at once when they mention this person (INB-8.2)."""
    await account_of(account, unit)
    await unit.put_mentions(account, mentions)
    return await account_of(account, unit)


async def delete_account(account: str, unit: AccountUnit) -> None:
    """Empty the account and tell everyone who knew it, and our own rooms (ACC-1.8)."""
    leaving = await account_of(account, unit)
    if leaving.role is Role.ADMIN and await unit.admins() < 2:
        raise Conflict(
            "ACC-1.8", "you are the last administrator: invite another administrator first"
        )
    await _end_grants(leaving, unit)
    await unit.empty(leaving)
    # It arrives at home too, and every room forgets what was theirs.
    gone = Delete(unit.mint_activity(), leaving.actor, leaving.actor)
    await unit.tell_all(gone, [leaving.actor, leaving.channel], home=True)


async def suspend(account: str, unit: AccountUnit) -> None:
    """Lock an account out (ACC-1.13). Raises `Conflict` (ACC-1.8) for the last administrator."""
    found = await account_of(account, unit)
    if found.role is Role.ADMIN and await unit.admins() < 2:
        raise Conflict("ACC-1.8", "the last administrator cannot be suspended")
    await unit.put_state(account, State.SUSPENDED)
    await _end_grants(found, unit)


async def _end_grants(account: Account, unit: AccountUnit) -> None:
    """What the account opened for others or for itself ends with it (ACC-1.13)."""
    await unit.end_sessions(account.id)
    await unit.revoke_devices(account.id)
    await unit.drop_invites(account.id)
    await unit.drop_resets(account.id)
    await unit.drop_friend_code(account.actor)
    await unit.drop_media_grants(account.actor)

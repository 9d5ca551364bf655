"""Invites and sign-up: who may come to live here (spec GRA-2)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from node.errors import Conflict, Forbidden, Malformed, Missing, TooMuch
from node.graph import accounts, actors
from node.graph.accounts import Account, Role, State
from node.graph.actors import LocalActor, NewKey

LONGEST_REASON = 1000  # characters
MOST_USES, MOST_DAYS, MOST_OPEN = 100, 30, 20
FIRST_ADMIN_DAYS = 7


class Registration(StrEnum):
    """How the node signs people up."""

    INVITE = "invite"
    APPROVAL = "approval"
    OPEN = "open"


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


class Application(Struct, frozen=True):
    """What somebody who signs up says, read by the rules of GRA-1. `password` is hashed.

    `invite` is the digest of the link's secret; `actor` and `channel` are ids made for them.
    """

    name: str
    password: str
    actor: str
    channel: str
    display_name: str = ""
    identity_key: bytes | None = None
    invite: bytes | None = None
    reason: str = ""


class InviteUnit(Protocol):
    """What the commands of this page ask of a unit."""

    now: datetime

    def fresh(self) -> str: ...
    @property
    def origin(self) -> str: ...
    async def domain(self) -> str: ...
    async def registration(self) -> Registration: ...
    async def put_registration(self, registration: Registration) -> None: ...
    async def by_id(self, account: str) -> Account | None: ...
    async def admins(self) -> int: ...
    async def name_taken(self, name: str) -> bool: ...
    async def reserve_name(self, name: str, actor: str) -> bool: ...
    async def release_names(self, actors: Sequence[str]) -> None: ...
    async def add_account(self, account: Account) -> None: ...
    async def drop_account(self, account: str) -> None: ...
    async def put_state(self, account: str, state: State) -> None: ...
    async def add_actor(self, actor: LocalActor, keys: Sequence[NewKey]) -> None: ...
    async def invite(self, digest: bytes) -> Invite | None: ...
    async def invites(self, account: str | None) -> Sequence[Invite]: ...
    async def add_invite(self, invite: Invite) -> None: ...
    async def use_invite(self, digest: bytes) -> bool: ...
    async def drop_invite(self, account: str | None, id: str) -> bool: ...
    async def befriend(self, inviter: str, newcomer: str) -> None: ...


# -- rules ---------------------------------------------------------------------------------------


def check_invite(invite: Invite | None, now: datetime) -> Invite:
    """An invite that may be used now; one answer for all that may not (GRA-2.2)."""
    if invite is None or invite.expires <= now or invite.uses_left < 1:
        raise Forbidden("GRA-2.2", "this invite is not valid (any more): ask for a new one")
    return invite


def first_state(registration: Registration, invited: bool, reason: str) -> State:
    """How an account begins. Raises `Forbidden` (GRA-2.1), `Malformed` (GRA-2.8)."""
    if invited or registration is Registration.OPEN:
        return State.ACTIVE
    if registration is Registration.INVITE:
        raise Forbidden("GRA-2.1", "this node takes people by invite: ask a friend here for one")
    if not reason:
        raise Malformed("GRA-2.8", "an administrator decides: please write who you are")
    return State.PENDING


def read_uses(uses: int, days: int) -> timedelta:
    """How long an invite lives. Raises `Malformed` (GRA-2.3)."""
    if not 1 <= uses <= MOST_USES or not 1 <= days <= MOST_DAYS:
        raise Malformed(
            "GRA-2.3",
            f"an invite has 1 to {MOST_USES} uses and 1 to {MOST_DAYS} days",
            most_uses=MOST_USES,
            most_days=MOST_DAYS,
        )
    return timedelta(days=days)


# -- commands ------------------------------------------------------------------------------------


async def check_sign_up(
    name: str, invite: bytes | None, reason: str, unit: InviteUnit
) -> tuple[Invite | None, State]:
    """Whether this sign-up may go on; asked before the password is hashed, and again in the unit.

    Raises `Forbidden` (GRA-2.1, 2.2), `Conflict` (GRA-1.3), `Malformed` (GRA-2.8).
    """
    found = None if invite is None else check_invite(await unit.invite(invite), unit.now)
    state = first_state(await unit.registration(), found is not None, reason)
    if await unit.name_taken(name) or await unit.name_taken(accounts.channel_name(name)):
        raise taken(name)
    return found, state


def taken(name: str) -> Conflict:
    return Conflict("GRA-1.3", f"the name {name} is taken: please choose another", name=name)


async def sign_up(application: Application, keys: Sequence[NewKey], unit: InviteUnit) -> Account:
    """A new account, active or waiting; its state says which. `keys` are those of its Person.

    Raises what `check_sign_up` raises; two who want one name or one last use: one of them gets it.
    """
    name, invite = application.name, application.invite
    found, state = await check_sign_up(name, invite, application.reason, unit)
    if found is not None and not await unit.use_invite(found.digest):
        raise Forbidden("GRA-2.2", "this invite is not valid (any more): ask for a new one")
    for part, actor in (
        (name, application.actor),
        (accounts.channel_name(name), application.channel),
    ):
        if not await unit.reserve_name(part, actor):
            raise taken(name)
    account = Account(
        id=unit.fresh(),
        name=name,
        actor=application.actor,
        channel=application.channel,
        password=application.password,
        role=found.role if found else Role.MEMBER,
        state=state,
        created=unit.now,
        display_name=application.display_name,
        identity_key=application.identity_key,
        invited_by=found.account if found else None,
        reason=application.reason,
    )
    await unit.add_account(account)
    if state is State.ACTIVE:
        await _appear(account, keys, unit)
    if found is not None and found.befriends and found.account:
        await _befriend(found.account, account, unit)
    return account


async def _appear(account: Account, keys: Sequence[NewKey], unit: InviteUnit) -> None:
    """Only now the actors can be found (GRA-2.9)."""
    origin, domain = unit.origin, await unit.domain()
    name, shown = account.name, account.display_name
    own = (origin, domain)
    await unit.add_actor(actors.person(account.actor, *own, name, account.id, shown), keys)
    channel = accounts.channel_name(name)
    await unit.add_actor(actors.channel(account.channel, *own, channel, account.id, shown), ())


async def _befriend(inviter: str, newcomer: Account, unit: InviteUnit) -> None:
    maker = await unit.by_id(inviter)
    if maker is not None and maker.state is State.ACTIVE:
        await unit.befriend(maker.actor, newcomer.actor)


async def approve(account: str, keys: Sequence[NewKey], unit: InviteUnit) -> Account:
    """An administrator says yes to an applicant, or takes a suspension back.

    Raises `Conflict` (GRA-1.6) when there is nothing to approve.
    """
    found = await account_there(account, unit)
    if found.state is State.PENDING:
        await _appear(found, keys, unit)
    elif found.state is not State.SUSPENDED:
        raise Conflict("GRA-1.6", "this account is neither waiting nor suspended")
    await unit.put_state(account, State.ACTIVE)
    return replace(found, state=State.ACTIVE)


async def reject(account: str, unit: InviteUnit) -> None:
    """An administrator says no to an applicant: nothing of them is kept (GRA-2.9)."""
    found = await account_there(account, unit)
    if found.state is not State.PENDING:
        raise Conflict("GRA-2.9", "this account is not waiting for approval")
    await unit.release_names((found.actor, found.channel))
    await unit.drop_account(account)


async def account_there(account: str, unit: InviteUnit) -> Account:
    """An account that is not deleted. Raises `Missing` (GRA-1.3)."""
    found = await unit.by_id(account)
    if found is None or found.state is State.DELETED:
        raise Missing("GRA-1.3", "there is no such account")
    return found


async def make_invite(
    maker: Account, digest: bytes, uses: int, days: int, befriends: bool, role: Role,
    unit: InviteUnit,
) -> Invite:  # fmt: skip
    """A new invite of `maker`. Raises `Malformed` (GRA-2.3), `Forbidden` (GRA-2.5), `TooMuch`."""
    span = read_uses(uses, days)
    if maker.role is not Role.ADMIN:
        if role is Role.ADMIN:
            raise Forbidden("GRA-2.5", "only administrators invite administrators")
        open_now = [one for one in await unit.invites(maker.id) if one.expires > unit.now]
        if len(open_now) >= MOST_OPEN:
            raise TooMuch("GRA-2.10", f"{MOST_OPEN} invites are open: revoke one", most=MOST_OPEN)
    invite = Invite(
        digest, unit.fresh(), maker.id, role, befriends, uses, unit.now, unit.now + span
    )
    await unit.add_invite(invite)
    return invite


async def revoke_invite(account: str, id: str, unit: InviteUnit) -> None:
    """Make an invite of `account` void. Raises `Missing` (GRA-2.2)."""
    if not await unit.drop_invite(account, id):
        raise Missing("GRA-2.2", "there is no such invite")


async def first_admin(digest: bytes, unit: InviteUnit) -> Invite | None:
    """A new invite for the first administrator, or None when there is one already (GRA-2.6)."""
    if await unit.admins():
        return None
    for old in await unit.invites(None):
        if old.role is Role.ADMIN:
            await unit.drop_invite(None, old.id)
    span = timedelta(days=FIRST_ADMIN_DAYS)
    invite = Invite(digest, unit.fresh(), None, Role.ADMIN, False, 1, unit.now, unit.now + span)
    await unit.add_invite(invite)
    return invite


async def settle_in(
    actor: LocalActor, keys: Sequence[NewKey], registration: Registration, unit: InviteUnit
) -> bool:
    """At the first start: the instance actor and its name, and how people sign up.

    False when it had been done before; then nothing changes.
    """
    if not await unit.reserve_name(actor.name, actor.id):
        return False
    await unit.add_actor(actor, keys)
    await unit.put_registration(registration)
    return True

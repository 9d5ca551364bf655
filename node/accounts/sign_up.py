"""Sign-up: who may come to live here, and how their account and its actors begin (spec ACC-2).

Passwords come in hashed and keys come in made: both take long, so they are made before the unit.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from node.accounts import actors, invites
from node.accounts.account import Account, Role, State, account_of
from node.accounts.actors import LocalActor, NewKey
from node.accounts.invites import Invite
from node.accounts.names import channel_name
from node.errors import Conflict, Forbidden, Malformed


class Registration(StrEnum):
    """How the node signs people up."""

    INVITE = "invite"
    APPROVAL = "approval"
    OPEN = "open"


UNWATCHED = timedelta(days=7)


class Application(Struct, frozen=True):
    """What somebody who signs up says, read by the rules of ACC-1. `password` is hashed.

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


class SignUpUnit(Protocol):
    """What the commands of this page ask of a unit."""

    now: datetime

    def fresh(self) -> str: ...
    @property
    def origin(self) -> str: ...
    async def domain(self) -> str: ...
    async def registration(self) -> Registration: ...
    async def put_registration(self, registration: Registration) -> None: ...
    async def admin_was_here(self) -> None:
        """Note that an administrator was here now."""
        ...

    async def by_id(self, account: str) -> Account | None: ...
    async def name_taken(self, name: str) -> bool: ...
    async def reserve_name(self, name: str, actor: str) -> bool: ...
    async def release_names(self, actors: Sequence[str]) -> None: ...
    async def add_account(self, account: Account) -> None: ...
    async def drop_account(self, account: str) -> None: ...
    async def put_state(self, account: str, state: State) -> None: ...
    async def add_actor(self, actor: LocalActor, keys: Sequence[NewKey]) -> None: ...
    async def invite(self, digest: bytes) -> Invite | None: ...
    async def use_invite(self, digest: bytes) -> bool: ...
    async def befriend(self, inviter: str, newcomer: str) -> None: ...


# -- rules ---------------------------------------------------------------------------------------


def watched(chosen: Registration, admin_seen: datetime | None, now: datetime) -> Registration:
    """How people sign up where an administrator was last here at `admin_seen`.

    Nobody sees who comes while nobody looks: then who is not invited waits (ACC-2.13).
    """
    alone = admin_seen is not None and now - admin_seen > UNWATCHED
    return Registration.APPROVAL if alone and chosen is Registration.OPEN else chosen


def first_state(registration: Registration, invited: bool, reason: str) -> State:
    """How an account begins. Raises `Forbidden` (ACC-2.1), `Malformed` (ACC-2.8)."""
    if invited or registration is Registration.OPEN:
        return State.ACTIVE
    if registration is Registration.INVITE:
        raise Forbidden(
            "ACC-2.1", "you need an invite to sign up here: ask somebody who lives on this node"
        )
    if not reason:
        raise Malformed("ACC-2.8", "an administrator approves sign-ups here: write who you are")
    return State.PENDING


async def check_sign_up(
    name: str, invite: bytes | None, reason: str, unit: SignUpUnit
) -> tuple[Invite | None, State]:
    """Whether this sign-up may go on; asked before the password is hashed, and again in the unit.

    Raises `Forbidden` (ACC-2.1, 2.2), `Conflict` (ACC-1.3), `Malformed` (ACC-2.8).
    """
    found = None if invite is None else (await invites.find_invite(invite, unit))[0]
    state = first_state(await unit.registration(), found is not None, reason)
    if await unit.name_taken(name) or await unit.name_taken(channel_name(name)):
        raise _taken(name)
    return found, state


def _taken(name: str) -> Conflict:
    return Conflict("ACC-1.3", f"the name {name} is taken: choose another", name=name)


# -- commands ------------------------------------------------------------------------------------


async def sign_up(application: Application, keys: Sequence[NewKey], unit: SignUpUnit) -> Account:
    """A new account, active or waiting; its state says which. `keys` are those of its Person.

    Raises what `check_sign_up` raises; two who want one name or one last use: one of them gets it.
    """
    name, invite = application.name, application.invite
    found, state = await check_sign_up(name, invite, application.reason, unit)
    if found is not None and not await unit.use_invite(found.digest):
        raise invites.invalid()
    for part, actor in (
        (name, application.actor),
        (channel_name(name), application.channel),
    ):
        if not await unit.reserve_name(part, actor):
            raise _taken(name)
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
    if account.role is Role.ADMIN:
        await unit.admin_was_here()
    if state is State.ACTIVE:
        await _appear(account, keys, unit)
    if found is not None and found.befriends and found.account:
        await _befriend(found.account, account, unit)
    return account


async def _appear(account: Account, keys: Sequence[NewKey], unit: SignUpUnit) -> None:
    """Only now the actors can be found (ACC-2.9)."""
    own = (unit.origin, await unit.domain())
    name, shown = account.name, account.display_name
    await unit.add_actor(actors.person(account.actor, *own, name, account.id, shown), keys)
    channel = channel_name(name)
    await unit.add_actor(actors.channel(account.channel, *own, channel, account.id, shown), ())


async def _befriend(inviter: str, newcomer: Account, unit: SignUpUnit) -> None:
    maker = await unit.by_id(inviter)
    if maker is not None and maker.state is State.ACTIVE:
        await unit.befriend(maker.actor, newcomer.actor)


async def approve(account: str, keys: Sequence[NewKey], unit: SignUpUnit) -> Account:
    """An administrator says yes to an applicant, or takes a suspension back.

    Raises `Conflict` (ACC-1.6) when there is nothing to approve.
    """
    found = await account_of(account, unit)
    if found.state is State.PENDING:
        await _appear(found, keys, unit)
    elif found.state is not State.SUSPENDED:
        raise Conflict("ACC-1.6", "this account is neither waiting for approval nor suspended")
    await unit.put_state(account, State.ACTIVE)
    return replace(found, state=State.ACTIVE)


async def reject(account: str, unit: SignUpUnit) -> None:
    """An administrator says no to an applicant: nothing of them is kept (ACC-2.9)."""
    found = await account_of(account, unit)
    if found.state is not State.PENDING:
        raise Conflict("ACC-2.9", "this account is not waiting for approval")
    await unit.release_names((found.actor, found.channel))
    await unit.drop_account(account)


async def settle_in(
    actor: LocalActor, keys: Sequence[NewKey], registration: Registration, unit: SignUpUnit
) -> bool:
    """At the first start: the instance actor and its name, and how people sign up.

    False when it had been done before; then nothing changes.
    """
    if not await unit.reserve_name(actor.name, actor.id):
        return False
    await unit.add_actor(actor, keys)
    await unit.put_registration(registration)
    return True

"""Sign-up and the proof of a password, for the API and for the page: the slow parts come first."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Protocol

from msgspec import Struct

from node.graph import accounts, invites
from node.graph.accounts import Account, State
from node.graph.actors import NewKey, new_actor_id
from node.graph.invites import Application
from node.ports import Entropy
from node.store.idempotency_marks import IdempotencyMark
from node.store.invites import InvitesUnit
from node.store.unit import Units
from node.wire.ids import OPAQUE_BYTES


class Hashes(Protocol):
    """Hashes passwords, slowly (`store/passwords`)."""

    async def hash(self, password: str) -> str: ...
    async def matches(self, hashed: str | None, password: str) -> bool: ...


class Keys(Protocol):
    """Makes the keys of a new actor, sealed (`store/keyring`)."""

    async def make(self, actor: str) -> Sequence[NewKey]: ...


class Wish(Struct, frozen=True):
    """What somebody who signs up wrote. Nothing in it is believed."""

    name: str
    password: str
    display_name: str = ""
    identity_key: bytes | None = None
    invite: str | None = None
    reason: str = ""


def digest_of_invite(secret: str) -> bytes:
    """What is kept of an invite's secret (GRA-2.4)."""
    return sha256(b"invite\0" + secret.encode()).digest()


class SignUp:
    """Lets people in."""

    def __init__(
        self, origin: str, units: Units, hashes: Hashes, keys: Keys, entropy: Entropy
    ) -> None:
        self._origin = origin
        self._units = units
        self._hashes = hashes
        self._keys = keys
        self._entropy = entropy

    async def sign_up(self, wish: Wish, once: IdempotencyMark | None = None) -> Account:
        """The new account, active or pending. Raises what GRA-1 and GRA-2 refuse."""
        name = accounts.read_name(wish.name)
        password = accounts.read_password(wish.password, name)
        shown = accounts.read_text(
            wish.display_name, accounts.LONGEST_DISPLAY_NAME, "a display name"
        )
        reason = accounts.read_text(wish.reason, invites.LONGEST_REASON, "a reason")
        identity_key = accounts.read_identity_key(wish.identity_key)
        invite = digest_of_invite(wish.invite) if wish.invite else None
        # Cheap refusals first: hashing and key making are what an attacker would like us to do.
        _, state = await self._units.look(
            InvitesUnit, lambda unit: invites.check_sign_up(name, invite, reason, unit)
        )
        application = Application(
            name=name,
            password=await self._hashes.hash(password),
            actor=new_actor_id(self._origin, self._entropy.draw(OPAQUE_BYTES)),
            channel=new_actor_id(self._origin, self._entropy.draw(OPAQUE_BYTES)),
            display_name=shown,
            identity_key=identity_key,
            invite=invite,
            reason=reason,
        )
        keys = () if state is State.PENDING else await self._keys.make(application.actor)
        return await self._units.run(
            InvitesUnit, lambda unit: invites.sign_up(application, keys, unit), once=once
        )

    async def approve(self, account: str, once: IdempotencyMark | None = None) -> Account:
        """An administrator's yes. Raises `Missing` (GRA-1.3), `Conflict` (GRA-1.6)."""
        found = await self._units.look(
            InvitesUnit, lambda unit: invites.account_there(account, unit)
        )
        keys = await self._keys.make(found.actor) if found.state is State.PENDING else ()
        return await self._units.run(
            InvitesUnit, lambda unit: invites.approve(account, keys, unit), once=once
        )

    async def prove(self, name: str, password: str) -> Account:
        """The account that name and password belong to. Raises `Unproven` (GRA-1.5)."""
        lower = name.strip().lower()
        found = await self._units.look(InvitesUnit, lambda unit: unit.by_name(lower))
        known = found if found is not None and found.state is not State.DELETED else None
        text = accounts.normal(password)
        matches = await self._hashes.matches(known.password if known else None, text)
        return accounts.proven(known, matches)

    async def new_password(self, password: str, name: str) -> str:
        """A new password, hashed. Raises `Malformed` (GRA-1.4)."""
        return await self._hashes.hash(accounts.read_password(password, name))

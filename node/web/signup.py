"""Sign-up and the proof of a password, for the API and for the page: the slow parts come first."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeAlias

from msgspec import Struct

from node.accounts import invites, names, passwords, profile, resets, sign_up
from node.accounts.account import Account, State, account_of
from node.accounts.actors import NewKey, new_actor_id
from node.accounts.sign_up import Application
from node.errors import Forbidden, Unproven
from node.ports import Entropy
from node.store.idempotency_marks import IdempotencyMark
from node.store.invites import InvitesUnit
from node.store.unit import Units
from node.web.guesses import Guesses
from node.web.homes import Homes
from node.web.password_queue import PasswordQueue
from node.wire.ids import OPAQUE_BYTES

Approving: TypeAlias = Callable[[InvitesUnit], Awaitable[Account]]


class Keys(Protocol):
    """Makes the keys of a new actor, sealed (`store/keyring`)."""

    async def make(self, actor: str) -> Sequence[NewKey]: ...


class SignUpForm(Struct, frozen=True):
    """What somebody who signs up wrote. Nothing in it is believed."""

    name: str
    password: str
    display_name: str = ""
    identity_key: bytes | None = None
    invite: str | None = None
    reason: str = ""


class SignUp:
    """Lets people in."""

    def __init__(
        self,
        origin: str,
        units: Units,
        passwords: PasswordQueue,
        guesses: Guesses,
        homes: Homes,
        keys: Keys,
        entropy: Entropy,
    ) -> None:
        self._origin = origin
        self._units = units
        self._passwords = passwords
        self._guesses = guesses
        self._homes = homes
        self._keys = keys
        self._entropy = entropy

    async def sign_up(
        self, form: SignUpForm, address: str, once: IdempotencyMark | None = None
    ) -> Account:
        """The new account, active or pending, of who came from `address`.

        Raises what ACC-1 and ACC-2 refuse, and `TooMuch` (LIM-5.3).
        """
        name = names.read_name(form.name)
        password = passwords.read_password(form.password, name)
        shown = profile.read_text(form.display_name, profile.LONGEST_DISPLAY_NAME, "a display name")
        reason = profile.read_text(form.reason, profile.LONGEST_REASON, "a reason")
        identity_key = profile.read_identity_key(form.identity_key)
        invite = invites.digest_of(form.invite) if form.invite else None
        # Cheap refusals first: hashing and key making are what an attacker would like us to do.
        _, state = await self._units.look(
            InvitesUnit, lambda unit: sign_up.check_sign_up(name, invite, reason, unit)
        )
        application = Application(
            name=name,
            password=await self._passwords.hash(password, address),
            actor=new_actor_id(self._origin, self._entropy.draw(OPAQUE_BYTES)),
            channel=new_actor_id(self._origin, self._entropy.draw(OPAQUE_BYTES)),
            display_name=shown,
            identity_key=identity_key,
            invite=invite,
            reason=reason,
        )
        keys = () if state is State.PENDING else await self._keys.make(application.actor)
        account = await self._units.run(
            InvitesUnit, lambda unit: sign_up.sign_up(application, keys, unit), once=once
        )
        await self._proven(account, address)
        return account

    async def _proven(self, account: Account, address: str) -> None:
        """Strangers who guessed do not keep them out, nor will they."""
        whom = guessed(account.name)
        self._guesses.proven(whom, address)
        await self._homes.remember(whom, account.id, address)

    async def approve(
        self, account: str, once: IdempotencyMark | None, logged: Callable[[Approving], Approving]
    ) -> Account:
        """An administrator's yes, which `logged` writes down.

        Raises `Missing` (ACC-1.3), `Conflict` (ACC-1.6).
        """
        found = await self._units.look(InvitesUnit, lambda unit: account_of(account, unit))
        keys = await self._keys.make(found.actor) if found.state is State.PENDING else ()
        work = logged(lambda unit: sign_up.approve(account, keys, unit))
        return await self._units.run(InvitesUnit, work, once=once)

    async def log_in(self, name: str, password: str, address: str) -> Account:
        """The account that name and password belong to. Raises as `prove`."""
        whom = guessed(name)
        known = await self._homes.is_home(whom, address)
        account = await self.prove(name, password, whom, address, known)
        await self._homes.remember(whom, account.id, address)
        return account

    async def prove(
        self, name: str, password: str, whom: str, address: str, known: bool
    ) -> Account:
        """The account that name and password belong to. `whom` counts what is wrong; `known`:
        we know otherwise that it is them.

        Raises `Unproven` (ACC-1.5), `TooMuch` (LIM-5.3, LIM-5.4).
        """
        with self._guesses.trying(whom, address):
            lower = read_entered(name)
            found = await self._units.look(InvitesUnit, lambda unit: unit.by_name(lower))
            there = found if found is not None and found.state is not State.DELETED else None
            text = passwords.normal(password)
            kept = there.password if there else None
            matches = await self._passwords.matches(kept, text, address, known)
            return passwords.proven(there, matches)

    async def prove_again(self, name: str, password: str, session: str, address: str) -> None:
        """That who has a session knows the password too. Raises `Forbidden` (ACC-1.7), `TooMuch`.

        The token is good, so a wrong password here is no reason to log in again: 403. It is
        counted by the session: who holds no token makes nobody wait here.
        """
        try:
            await self.prove(name, password, f"session:{session}", address, known=True)
        except Unproven:
            raise Forbidden("ACC-1.7", "the password is wrong") from None

    async def reset(self, secret: str) -> Account:
        """Whose password a link sets. Raises `Forbidden` (ACC-5.3)."""
        digest = resets.digest_of(secret)
        return await self._units.look(InvitesUnit, lambda unit: resets.find_reset(digest, unit))

    async def use_reset(self, secret: str, password: str, address: str) -> Account:
        """Set a new password by a link. Raises `Forbidden` (ACC-5.3), `Malformed` (ACC-1.4),
        `TooMuch` (LIM-5.3)."""
        found = await self.reset(secret)
        hashed = await self.new_password(password, found.name, address)
        digest = resets.digest_of(secret)
        account = await self._units.run(
            InvitesUnit, lambda unit: resets.use_reset(digest, hashed, unit)
        )
        await self._proven(account, address)
        return account

    async def new_password(self, password: str, name: str, address: str) -> str:
        """A new password of somebody who proved who they are, hashed.

        Raises `Malformed` (ACC-1.4), `TooMuch` (LIM-5.3).
        """
        read = passwords.read_password(password, name)
        return await self._passwords.hash(read, address, known=True)


def read_entered(name: str) -> str:
    """A name as somebody wrote it who logs in."""
    return name.strip().lower()


def guessed(name: str) -> str:
    """What wrong passwords of a name, as somebody wrote it, are counted by (LIM-5.4)."""
    return f"name:{read_entered(name)}"

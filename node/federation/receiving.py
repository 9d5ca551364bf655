"""A delivery becomes a proven activity, or is refused; what counts is stored (spec FED-7)."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from node.errors import Forbidden, NodeError, Unproven
from node.federation import integrity, priority
from node.federation.admission import (
    Disposition,
    Standing,
    admit,
    channels,
    names_us,
    no_room,
    read_activity,
    sealed_for,
)
from node.federation.priority import Priority
from node.federation.trust import Delivery, ProvenActivity, UnprovenActivity
from node.ports import Clock
from node.wire import httpsig, json, proofs
from node.wire.httpsig import Claim, Dialect, Message
from node.wire.ids import origin as origin_of
from node.wire.ids import same_origin
from node.wire.keys import PublicKey
from node.wire.proofs import Proof


class Receipt(Struct, frozen=True):
    """What became of a delivery that was not refused; the answer is 202 either way.

    `sender` is who signed the request, as a rule the actor; empty when nothing was proven.
    """

    activity: str
    actor: str
    stored: bool
    sender: str = ""


class Keys(Protocol):
    """Who owns which key. An actor's origin vouches for its keys (FED-7.5)."""

    async def key(self, id: str) -> PublicKey:
        """The key of this id, from memory, disk or its owner's document.

        Raises `Unproven` (FED-7.5) when there is none, `Unreachable`, and `KeyGone`.
        """
        ...

    async def again(self, id: str) -> PublicKey | None:
        """The key, fetched anew; None when it was fetched only a short time ago (FED-7.6)."""
        ...

    async def held(self, id: str) -> PublicKey | None:
        """The key, if it is here already, without a fetch."""
        ...


class Log(Protocol):
    """The durable inbox: it takes nothing that is not proven."""

    async def add(self, activity: ProvenActivity, again: bool, priority: Priority) -> None: ...


class Facts(Protocol):
    """What is known of actors and servers, from memory as a rule."""

    async def standing(self, actor: str, host: str, relation: bool) -> Standing:
        """What we hold of them. `relation`: say also whether someone here awaits the actor."""
        ...

    async def suspended(self, actor: str, host: str) -> bool: ...

    async def full(self, recipients: Iterable[str], sender: str, size: int) -> bool:
        """Whether a device of one of `recipients` takes no more sealed messages of `sender`.

        `size`: how many bytes are about to be put there.
        """
        ...

    async def showed(self, host: str, dialect: Dialect) -> None:
        """A peer signed in this dialect, so it reads it."""
        ...

    async def lost(self, actor: str) -> None:
        """The actor's own server answered that the actor is gone."""
        ...


class KeyGone(Unproven):
    """The owner's server answered 410: the actor is no more (FED-7.11)."""


class Receiver:
    """The door of a node: of its inboxes, and of everything that is read under signature."""

    def __init__(self, keys: Keys, log: Log, facts: Facts, clock: Clock, origin: str) -> None:
        self._keys = keys
        self._log = log
        self._facts = facts
        self._clock = clock
        self._origin = origin

    async def receive(self, delivery: Delivery, recipient: str | None = None) -> Receipt:
        """Judge a POST to the inbox of `recipient` (one of ours; None: the shared inbox).

        When it returns, what is to be kept is on disk. Raises `Refused` with the clause.
        """
        claim = self._claim(delivery)
        claimed = read_activity(json.document(delivery.body), delivery.body)
        attested = integrity.carried(claimed, self._clock.now())
        if not same_origin(claim.key_id, claimed.actor):
            # Another brings it: what it may not bring is refused before any key is fetched.
            integrity.check_forwardable(claimed, attested)
        if claimed.removes_actor and await self._lacks_key(claim, attested):
            return Receipt(claimed.id, claimed.actor, stored=False)  # FED-7.10
        sender = await self._sender(claim, claimed, attested)
        with _proven(sender):
            kept = await self._keep(_believed(claimed), sender, recipient)
            await self._facts.showed(origin_of(sender).authority, claim.dialect)
        return Receipt(claimed.id, claimed.actor, kept, sender)

    async def _keep(self, activity: ProvenActivity, sender: str, recipient: str | None) -> bool:
        """Have it stored, if it is anything to us; whether it is."""
        host = origin_of(activity.actor).authority
        ours = names_us(activity, self._origin, personal=recipient is not None)
        standing = await self._facts.standing(activity.actor, host, relation=not ours)
        if not ours and not standing.awaited:
            standing = replace(standing, awaited=await self._is_of_awaited_channel(activity))
        disposition = admit(activity, standing, ours)
        if disposition is Disposition.DROP:
            return False
        sealed = sealed_for(activity, self._origin)
        if sealed and await self._facts.full(sealed, activity.actor, len(activity.body)):
            raise no_room()
        again = disposition is Disposition.REPEAT and sender == activity.actor
        rank = priority.of_document(activity.verb, activity.document)
        await self._log.add(activity, again, rank)
        return True

    async def _is_of_awaited_channel(self, activity: ProvenActivity) -> bool:
        for channel in channels(activity):
            found = await self._facts.standing(channel, origin_of(channel).authority, relation=True)
            if found.awaited and not found.suspended:
                return True
        return False

    async def viewer(self, delivery: Delivery) -> str | None:
        """The actor who signed a GET, or None when it is not signed (FED-11.5).

        Raises `Unproven` for a wrong signature, `Forbidden` (FED-7.7) for the suspended.
        """
        if not delivery.headers.get("signature"):
            return None
        claim = self._claim(delivery)
        with _proven(""):
            key = await self._prove(claim)
        host = origin_of(key.owner).authority
        with _proven(key.owner):
            if await self._facts.suspended(key.owner, host):
                raise Forbidden("FED-7.7", "this node does not talk with that server or actor")
            await self._facts.showed(host, claim.dialect)
        return key.owner

    def _claim(self, delivery: Delivery) -> Claim:
        message = Message(
            delivery.method, self._origin, delivery.target, delivery.headers, delivery.body
        )
        claim = httpsig.claim(message)
        httpsig.timely(claim, self._clock.now())
        return claim

    async def _lacks_key(self, claim: Claim, attested: tuple[Proof, ...]) -> bool:
        named = (claim.key_id, *(proof.method for proof in attested))
        return None in [await self._keys.held(id) for id in named]

    async def _sender(
        self, claim: Claim, claimed: UnprovenActivity, attested: tuple[Proof, ...]
    ) -> str:
        """Who signed the request; the activity is its actor's when this returns.

        Raises `Unproven` and `Forbidden` (FED-7.3, FED-5.8, FED-5.10, FED-7.7).
        """
        with _proven(""):
            sender = await self._signer(claim, claimed)
            # Who brings it has proven themselves; the proofs it carries are still anybody's.
            await self._check_attested(claimed, attested)
        if sender != claimed.actor:
            with _proven(sender):
                await self._check_brought(sender, claimed, attested)
        return sender

    async def _check_attested(self, claimed: UnprovenActivity, attested: tuple[Proof, ...]) -> None:
        now = self._clock.now()
        for proof in attested:
            key = await self._checked(proof.method, _verifying(proof, now))
            if key.owner != claimed.actor:
                raise Forbidden("FED-5.8", "the proof is by another than the activity's actor")

    async def _check_brought(
        self, sender: str, claimed: UnprovenActivity, attested: tuple[Proof, ...]
    ) -> None:
        integrity.check_forwardable(claimed, attested)
        integrity.check_recent(attested, self._clock.now())
        if await self._facts.suspended(sender, origin_of(sender).authority):
            raise Forbidden("FED-7.7", "this node does not talk with that server or actor")

    async def _signer(self, claim: Claim, claimed: UnprovenActivity) -> str:
        try:
            return (await self._prove(claim)).owner
        except KeyGone:
            # The origin has forgotten the actor's key because the actor is gone: it says itself
            # what the activity says, so nothing is left to prove. Of this actor alone: that a
            # neighbour is gone proves nothing.
            held = await self._keys.held(claim.key_id)
            if not claimed.removes_actor or held is None or held.owner != claimed.actor:
                raise
            await self._facts.lost(claimed.actor)
            return claimed.actor

    async def _prove(self, claim: Claim) -> PublicKey:
        now = self._clock.now()
        return await self._checked(claim.key_id, lambda key: httpsig.verify(claim, key, now))

    async def _checked(self, id: str, verify: Callable[[PublicKey], None]) -> PublicKey:
        """The key of this id with which `verify` returns; it is fetched anew before it fails."""
        key = await self._keys.key(id)
        try:
            verify(key)
        except Unproven:
            again = await self._keys.again(id)
            if again is None or again == key:
                raise
            verify(again)
            return again
        return key


@contextmanager
def _proven(sender: str) -> Iterator[None]:
    """What is raised inside is of somebody who has proven who they are ("": nobody) (FED-7.16).

    Said each time: many who wait for one key are told by the same error that it is not to be had.
    """
    try:
        yield
    except NodeError as error:
        error.sender = sender
        raise


def _verifying(proof: Proof, now: datetime) -> Callable[[PublicKey], None]:
    return lambda key: proofs.verify(proof, key, now)


def _believed(claimed: UnprovenActivity) -> ProvenActivity:
    return ProvenActivity(claimed.id, claimed.verb, claimed.actor, claimed.document, claimed.body)

"""What is known of actors and servers, kept in memory for a while: no SQL on the usual request.

It meets what `receiving`, `discovery` and the courier ask for.
"""

import asyncio
from collections.abc import Iterable
from contextlib import suppress

from cachetools import TTLCache
from msgspec.structs import replace

from node.errors import NoRoom
from node.federation.admission import Standing
from node.federation.peers import Actor, Found, Peer
from node.ports import Clock
from node.store.federation import FederationUnit
from node.store.known_rooms import KnownRooms
from node.store.mailbox import MailboxUnit
from node.store.unit import Units
from node.wire.httpsig import Dialect
from node.wire.ids import covering, origin
from node.wire.keys import PublicKey

MOST = 20_000
SECONDS = 60.0
USAGE_SECONDS = 3600.0  # it is counted row by row, and whoever asks may ask as often as they like
SUSPENDED_SECONDS = 5.0  # how long a suspension may take to be felt by every process


class Directory:
    """Actors, peers and relations, through a cache."""

    def __init__(self, units: Units, clock: Clock) -> None:
        self._units = units
        self._clock = clock
        self._actors: TTLCache[str, Actor] = TTLCache(MOST, SECONDS, clock.ticks)
        self._peers: TTLCache[str, Peer] = TTLCache(MOST, SECONDS, clock.ticks)
        self._awaited: TTLCache[str, bool] = TTLCache(MOST, SECONDS, clock.ticks)
        self._usage: TTLCache[str, tuple[int, int]] = TTLCache(1, USAGE_SECONDS, clock.ticks)
        self._rooms = KnownRooms(clock)
        self._suspended: frozenset[str] = frozenset()
        self._suspended_until = 0.0
        self._looking = asyncio.Lock()

    async def usage(self) -> tuple[int, int]:
        """How many accounts are active, and how many posts are theirs; as of this hour."""
        kept = self._usage.get("")
        if kept is None:
            kept = self._usage[""] = await self._units.look(FederationUnit, FederationUnit.usage)
        return kept

    # -- actors --------------------------------------------------------------------------------

    async def actor(self, id: str) -> Actor | None:
        """The actor's row."""
        try:
            return self._actors[id]  # `get` takes five times as long, and every request asks
        except KeyError:
            found = await self._units.glance(FederationUnit, lambda unit: unit.actor(id))
        if found is not None:
            self._actors[id] = found
        return found

    async def as_stored(self, id: str) -> Actor | None:
        """The actor's row at this instant, whichever process changed it."""
        self.forget(id)
        return await self.actor(id)

    def forget(self, id: str) -> None:
        """Read the actor anew next time, as after a change by one of our rooms."""
        self._actors.pop(id, None)

    async def named(self, name: str, domain: str) -> Actor | None:
        return await self._units.look(FederationUnit, lambda unit: unit.named(name, domain))

    async def local(self, id: str) -> Actor | None:
        """One of ours, if there is one of this id who is not gone."""
        actor = await self.actor(id)
        return actor if actor is not None and actor.local and not actor.gone else None

    async def keep(self, found: Found) -> Actor:
        """Keep a fetched actor, and what its document tells of its server's software."""
        host = origin(found.actor.id).authority

        async def write(unit: FederationUnit) -> Actor:
            await unit.put_found(found)
            able = found.actor.capabilities
            known = await unit.peer(host)
            if able and able != known.capabilities:
                await unit.put_peer(replace(known, capabilities=able))
            return await unit.actor(found.actor.id) or found.actor

        actor = await self._units.run(FederationUnit, write)
        self._peers.pop(host, None)
        self._actors[actor.id] = actor
        return actor

    async def confirm(self, id: str, name: str, domain: str) -> None:
        await self._units.run(FederationUnit, lambda unit: unit.confirm(id, name, domain))
        self._actors.pop(id, None)

    async def lost(self, actor: str) -> None:
        """The actor's own server says that the actor is gone."""
        await self._units.run(FederationUnit, lambda unit: unit.mark_gone(actor))
        self._actors.pop(actor, None)

    async def key(self, id: str) -> PublicKey | None:
        return await self._units.glance(FederationUnit, lambda unit: unit.key(id))

    # -- standing ------------------------------------------------------------------------------

    async def suspended(self, actor: str, host: str) -> bool:
        """Whether we refuse to hear this actor or server."""
        return not {actor, *covering(host)}.isdisjoint(await self._all_suspended())

    async def _all_suspended(self) -> frozenset[str]:
        """Hosts, and ids of actors."""
        if self._clock.ticks() >= self._suspended_until:
            async with self._looking:  # one looks for all who ask meanwhile
                if self._clock.ticks() >= self._suspended_until:
                    await self._look_for_suspended()
        return self._suspended

    async def _look_for_suspended(self) -> None:
        async def look(unit: FederationUnit) -> frozenset[str]:
            return await unit.suspended_hosts() | await unit.suspended_actors()

        until = self._clock.ticks() + SUSPENDED_SECONDS
        self._suspended = await self._units.look(FederationUnit, look)
        self._suspended_until = until

    async def standing(self, actor: str, host: str, relation: bool) -> Standing:
        """See `receiving.Facts`."""
        return Standing(
            suspended=await self.suspended(actor, host),
            known=await self.actor(actor) is not None,
            awaited=relation and await self._is_awaited(actor),
        )

    async def full(self, recipients: Iterable[str], sender: str, size: int) -> bool:
        """See `receiving.Facts`. Who has much room is not asked about for each message."""
        wanted = list(recipients)
        if self._rooms.takes(wanted, sender, size):
            return False
        found = await self._units.glance(MailboxUnit, lambda unit: unit.rooms(wanted, sender))
        self._rooms.keep(found, sender)
        return any(room.none for room in found.values())

    async def _is_awaited(self, actor: str) -> bool:
        # A "no" is not kept: between a Follow and the first post there is no time to forget it.
        if self._awaited.get(actor):
            return True
        awaited = await self._units.glance(FederationUnit, lambda unit: unit.awaited(actor))
        if awaited:
            self._awaited[actor] = True
        return awaited

    # -- peers ---------------------------------------------------------------------------------

    async def peer(self, host: str) -> Peer:
        """The server, as far as we know it."""
        try:
            kept = self._peers[host]
        except KeyError:
            kept = await self._units.glance(FederationUnit, lambda unit: unit.peer(host))
            self._peers[host] = kept
        suspended = not (await self._all_suspended()).isdisjoint(covering(host))
        return kept if kept.suspended is suspended else replace(kept, suspended=suspended)

    async def showed(self, host: str, dialect: Dialect) -> None:
        """See `receiving.Facts`: only RFC 9421 is news, the older dialect everyone reads."""
        if dialect is Dialect.RFC9421:
            await self.reads_only(host, dialect)

    async def reads_only(self, host: str, dialect: Dialect) -> None:
        """Sign to this peer in `dialect` from now on."""
        kept = self._peers.get(host) or await self.peer(host)
        if kept.dialect is dialect:
            return

        async def write(unit: FederationUnit) -> None:
            await unit.put_peer(replace(await unit.peer(host), dialect=dialect))

        with suppress(NoRoom):  # it shows as much again: nothing is refused for it (FED-12.8)
            await self._units.run(FederationUnit, write)
        self._peers.pop(host, None)

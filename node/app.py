"""The composition root: the one page that names every concrete class and introduces them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from aiohttp import web

from node.config import Config
from node.e2ee.arriving import Arrivals as SealedArrivals
from node.federation import changing
from node.federation.activities import render
from node.federation.activities.shapes import (
    Accept,
    Announce,
    Block,
    CreateNote,
    CreateSealed,
    Delete,
    EndFriendship,
    Follow,
    Like,
    OfferFriendship,
    Reject,
    Undo,
    UpdateActor,
    UpdateNote,
)
from node.federation.discovery import Discovery
from node.federation.peers import Actor
from node.federation.receiving import Receiver
from node.graph import blocking, following, hearing
from node.graph.actors import instance, new_actor_id
from node.graph.invites import Registration, first_admin, settle_in
from node.inbox import posts
from node.net.asking import Asking
from node.net.courier import Courier, SignedFetch, Signer
from node.net.fetcher import Fetcher
from node.net.once import SingleFlight
from node.ports import Clock, Entropy, Request, Response
from node.store.bells import Bells
from node.store.database import Database
from node.store.directory import Directory
from node.store.e2ee import E2eeUnit
from node.store.federation import FederationUnit
from node.store.graph import GraphUnit
from node.store.inbox import InboxUnit
from node.store.invites import InvitesUnit
from node.store.jobs import Jobs
from node.store.keyring import Keyring, NodeKey
from node.store.lanes import Lanes
from node.store.passwords import Passwords
from node.store.purge import Purge
from node.store.queue import Arrivals, Waiting
from node.store.settled import SettledUnit
from node.store.unit import Desk, Units
from node.web import accounts, e2ee, federation, graph, inbox, invites, streams, wellknown
from node.web.auth import Guard
from node.web.federation import delivery_of
from node.web.health import Health
from node.web.idempotency import Answered
from node.web.limits import Gate, Limiter, MemoryBuckets
from node.web.pages import Pages
from node.web.sealed import SealedPages
from node.web.server import Kernel, build_application
from node.web.signup import Doorkeeper, digest_of_invite
from node.web.streams import Streams
from node.wire.api.accounts import ActorView
from node.wire.ids import OPAQUE_BYTES, origin
from node.wire.keys import Algorithm, PrivateKey
from node.worker.arrivals import Applier, Handlers
from node.worker.jobs import Jobber, JobKind
from node.worker.lanes import Sender
from node.worker.loop import Worker

PURGE_EVERY = timedelta(hours=1)


class Hops(Protocol):
    """HTTP out: `net.fetcher.Fetcher`, or a town's."""

    async def hop(self, request: Request) -> Response: ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class World:
    """What a node stands in. `hops` None: the real network, guarded."""

    clock: Clock
    entropy: Entropy
    hops: Hops | None = None


def handlers(sealed: SealedArrivals) -> Handlers:
    """Who hears of what arrives; several rooms hear in this order, in one transaction."""
    return {
        Follow: [(GraphUnit, following.on_follow)],
        OfferFriendship: [(GraphUnit, hearing.on_offer)],
        Accept: [(GraphUnit, hearing.on_accept)],
        Reject: [(GraphUnit, hearing.on_reject)],
        EndFriendship: [(GraphUnit, hearing.on_end)],
        Undo: [(GraphUnit, hearing.on_undo), (InboxUnit, posts.on_undo)],
        Block: [(GraphUnit, blocking.on_block), (InboxUnit, posts.on_block)],
        Like: [(InboxUnit, posts.on_like)],
        Announce: [(InboxUnit, posts.on_announce)],
        CreateNote: [(InboxUnit, posts.on_create_note)],
        UpdateNote: [(InboxUnit, posts.on_update_note)],
        CreateSealed: [(E2eeUnit, sealed.on_create_sealed)],
        Delete: [
            (FederationUnit, changing.on_delete_actor),
            (GraphUnit, hearing.on_delete),
            (InboxUnit, posts.on_delete),
        ],
        UpdateActor: [(FederationUnit, changing.on_update_actor)],
    }


@dataclass(frozen=True, slots=True)
class Stores:
    """The database and what stands directly on it."""

    database: Database
    bells: Bells
    units: Units
    door: Arrivals
    directory: Directory
    keyring: Keyring


@dataclass(frozen=True, slots=True)
class Lines:
    """HTTP out, in its forms."""

    hops: Hops
    discovery: Discovery
    courier: Courier
    asking: Asking


@dataclass(frozen=True, slots=True)
class Node:
    """A node that is open. `run` its worker (or `step` it) and serve its `application`."""

    config: Config
    application: web.Application
    worker: Worker
    stores: Stores
    lines: Lines
    health: Health
    streams: Streams


def _stores(config: Config, world: World) -> Stores:
    database, bells = Database(config.database_url), Bells()
    units = Units(database, Desk(config.origin, world.clock, world.entropy, render), bells)
    keyring = Keyring(NodeKey(config.data_dir, world.entropy), units, world.entropy)
    door, directory = Arrivals(database, bells, world.clock), Directory(units, world.clock)
    return Stores(database, bells, units, door, directory, keyring)


def _lines(config: Config, world: World, stores: Stores, instance_actor: str) -> Lines:
    hops = world.hops or Fetcher(config.resolve, config.peer_timeout_seconds, config.extra_ca_file)
    signer = Signer(stores.keyring, stores.directory, world.clock)
    fetch = SignedFetch(hops, signer, instance_actor)
    discovery = Discovery(fetch, stores.directory, SingleFlight(), world.clock)
    return Lines(hops, discovery, Courier(hops, signer), Asking(fetch, discovery))


async def _settle(config: Config, world: World, stores: Stores) -> str:
    """What the first start makes: the fixed settings and the instance actor, whose id this is."""
    units = stores.units
    await units.run(
        SettledUnit,
        lambda unit: unit.settle(origin=config.origin, account_domain=config.account_domain),
    )
    domain, name = config.account_domain, wellknown.INSTANCE
    await stores.keyring.check()
    known = await units.look(GraphUnit, lambda unit: unit.named(name, domain))
    if known is not None:
        return known
    id = new_actor_id(config.origin, world.entropy.draw(OPAQUE_BYTES))
    actor = instance(id, config.origin, domain, name, config.node_name)
    keys = await stores.keyring.make(id)
    registration = Registration(config.registration)
    await units.run(InvitesUnit, lambda unit: settle_in(actor, keys, registration, unit))
    return id


async def admin_invite(node: Node, world: World) -> str | None:
    """A link for the first administrator, or None when there is one (GRA-2.6)."""
    secret = invites.new_secret(world.entropy)
    made = await node.stores.units.run(
        InvitesUnit, lambda unit: first_admin(digest_of_invite(secret), unit)
    )
    return invites.invite_url(node.config.origin, secret) if made else None


def _worker(world: World, stores: Stores, lines: Lines, relay_key: PrivateKey) -> Worker:
    clock, database = world.clock, stores.database
    heard = handlers(SealedArrivals(relay_key))
    applier = Applier(Waiting(database, clock), stores.units, heard, clock, stores.door)
    sender = Sender(
        Lanes(database, clock, world.entropy.draw(8).hex()), lines.courier, clock, world.entropy
    )
    kinds = {"purge": JobKind(Purge(database, clock), every=PURGE_EVERY)}
    jobber = Jobber(Jobs(database, clock), kinds, clock, stores.bells)
    return Worker(applier, sender, jobber, stores.bells, clock)


def _finder(discovery: Discovery) -> Callable[[str], Awaitable[Actor]]:
    """By handle or by id, whichever a client has."""

    async def find(text: str) -> Actor:
        if text.startswith("https://"):
            return await discovery.actor(text)
        return await discovery.find(text)

    return find


def _view(actor: Actor) -> ActorView:
    return ActorView(
        id=actor.id,
        kind=actor.kind,
        name=actor.name,
        address=f"@{actor.name}@{actor.domain or origin(actor.id).authority}",
        local=actor.local,
        display_name=actor.display_name,
        summary=actor.summary,
        icon=actor.icon,
        url=actor.url,
    )


def _application(
    config: Config, world: World, stores: Stores, lines: Lines, relay_key: PrivateKey
) -> tuple[web.Application, Health, Streams]:
    units, clock, entropy = stores.units, world.clock, world.entropy
    guard = Guard(units, clock)
    limiter = Limiter(
        MemoryBuckets(clock), config.api_requests_per_minute, config.login_attempts_per_minute
    )
    gate = Gate.of(config.trusted_proxies)
    kernel = Kernel(guard, limiter, Answered(units, entropy), gate, entropy)
    receiver = Receiver(
        lines.discovery,
        stores.door,
        stores.directory,
        clock,
        config.origin,
    )
    doorkeeper = Doorkeeper(config.origin, units, Passwords(entropy), stores.keyring, entropy)
    health, live = Health(units), Streams(units, stores.bells, guard)
    pages = Pages(config, units, doorkeeper, limiter, gate)
    sealed = SealedPages(units, relay_key, config.origin)
    find = _finder(lines.discovery)

    async def lookup(text: str) -> ActorView:
        return _view(await find(text))

    async def find_id(text: str) -> str:
        return (await find(text)).id

    async def prove(request: web.Request, body: bytes) -> str | None:
        return await receiver.viewer(delivery_of(request, body))

    rooms = federation.Rooms(
        receiver, stores.directory, units, stores.keyring, resolvers=(sealed.object,)
    )
    application = build_application(
        config,
        kernel,
        routes=(
            *accounts.routes(
                units, doorkeeper, entropy, config.account_domain, lookup, stores.keyring
            ),
            *invites.routes(units, doorkeeper, entropy, config),
            *streams.routes(live),
            *graph.routes(units, find_id),
            *inbox.routes(units),
            *e2ee.routes(units, relay_key, lines.asking, clock),
        ),
        extras=(
            *health.extras(),
            *wellknown.routes(stores.directory, units, config),
            *sealed.routes(prove, config.inbox_limit_bytes),
            *pages.extras(),
            *federation.routes(rooms, config),
        ),
        show_problem=pages.problem,
    )
    pages.furnish(application)
    return application, health, live


@asynccontextmanager
async def open_node(config: Config, world: World) -> AsyncIterator[Node]:
    """Open a node over a database that has its schema; closed again at the end of the block."""
    stores = _stores(config, world)
    try:
        instance_actor = await _settle(config, world, stores)
        lines = _lines(config, world, stores, instance_actor)
        try:
            key = await stores.keyring.private(instance_actor, Algorithm.ED25519)
            application, health, live = _application(config, world, stores, lines, key)
            worker = _worker(world, stores, lines, key)
            yield Node(config, application, worker, stores, lines, health, live)
        finally:
            await lines.hops.close()
    finally:
        await stores.database.close()

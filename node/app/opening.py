"""A node is opened: settled at its first start, its worker and application made."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

from aiohttp import web
from msgspec import Struct
from msgspec.structs import replace

from node.accounts import invites
from node.accounts.actors import instance, new_actor_id
from node.accounts.names import INSTANCE
from node.accounts.sign_up import Registration, settle_in
from node.app.application import WebSide, make_web
from node.app.handlers import handlers
from node.app.lost import restored
from node.app.parts import Lines, Media, Stores, System, open_lines, open_media, open_stores
from node.config import Config
from node.e2ee import returning
from node.e2ee.arriving import Arrivals as SealedArrivals
from node.errors import NodeError
from node.federation import catching_up, resending, telling
from node.federation.activities import parse
from node.federation.activities.shapes import CreateSealed
from node.federation.sending import GaveUp
from node.inbox import moving
from node.operation.tallies import Tallies
from node.store.catching_up import CatchingUpUnit
from node.store.circles import Circles
from node.store.dates import Dates
from node.store.deliveries import DeliveriesUnit
from node.store.delivery_queue import DeliveryQueue, QueuedDelivery
from node.store.e2ee import E2eeUnit
from node.store.graph import GraphUnit
from node.store.inbox import InboxUnit
from node.store.incarnation import IncarnationUnit
from node.store.invites import InvitesUnit
from node.store.jobs import Jobs
from node.store.notifications import notifying
from node.store.pipeline import Pipeline
from node.store.purge import Purge
from node.store.queue import Waiting
from node.store.resending import ResendingUnit
from node.store.settled import SettledUnit
from node.store.unit import Unit
from node.web.api.streams import Streams
from node.web.connections import Connections
from node.web.health import Health
from node.wire import json
from node.wire.ids import OPAQUE_BYTES
from node.wire.keys import Algorithm
from node.worker.arrivals import Applier
from node.worker.at_once import AtOnce
from node.worker.attachments import AttachmentRemover
from node.worker.counted import CountedCarrier
from node.worker.delivery_queue import Carrier, Sender
from node.worker.erasing import Eraser
from node.worker.fan_out import FanningOut
from node.worker.handlers import Handlers
from node.worker.jobs import Jobber, JobKind
from node.worker.loop import Worker
from node.worker.passed_on import Pace, Reader
from node.worker.pictures import PictureRemover
from node.worker.push import Hand, Pusher
from node.worker.reading_back import OutboxReader
from node.worker.returning import Returner
from node.worker.video import Transcoder

PURGE_EVERY = timedelta(hours=1)


class Node(Struct, frozen=True):
    """A node that is open. `run` its worker (or `step` it) and serve its `application`."""

    config: Config
    application: web.Application
    worker: Worker
    stores: Stores
    lines: Lines
    web: WebSide
    tallies: Tallies | None = None  # what metrics tell; None: nobody asks for them

    @property
    def health(self) -> Health:
        """Whether it can be called; told when it stops."""
        return self.web.health

    @property
    def streams(self) -> Streams:
        """The open event streams; to be closed before the node is."""
        return self.web.streams

    @property
    def connections(self) -> Connections:
        """The places of those who call; whoever serves the application asks for them."""
        return self.web.connections


async def _settle(config: Config, system: System, stores: Stores) -> str:
    """What the first start makes: the fixed settings and the instance actor, whose id this is."""
    units = stores.units
    await units.run(
        SettledUnit,
        lambda unit: unit.settle(origin=config.origin, account_domain=config.account_domain),
    )
    domain, name = config.account_domain, INSTANCE
    await units.run(IncarnationUnit, _begin_life)
    await stores.keyring.check()
    known = await units.look(GraphUnit, lambda unit: unit.named(name, domain))
    if known is not None:
        return known
    id = new_actor_id(config.origin, system.entropy.draw(OPAQUE_BYTES))
    actor = instance(id, config.origin, domain, name, config.node_name)
    keys = await stores.keyring.make(id)
    registration = Registration(config.registration)
    if await units.run(InvitesUnit, lambda unit: settle_in(actor, keys, registration, unit)):
        return id
    # Another process over the same database was first: its actor is the node's.
    known = await units.look(GraphUnit, lambda unit: unit.named(name, domain))
    return known or id


async def _begin_life(unit: IncarnationUnit) -> None:
    if not await unit.incarnation():
        await unit.renew_incarnation()


async def admin_invite(node: Node, system: System) -> str | None:
    """A link for the first administrator, or None when there is one (ACC-2.6)."""
    secret = invites.new_secret(system.entropy)
    made = await node.stores.units.run(
        InvitesUnit, lambda unit: invites.first_admin(invites.digest_of(secret), unit)
    )
    return invites.url_of(node.config.reached_at, secret) if made else None


def make_sender(system: System, stores: Stores, courier: Carrier) -> Sender:
    """What is owed is sent by `courier`."""

    async def mourn(
        pipeline: Pipeline, given_up: Sequence[tuple[QueuedDelivery, GaveUp]]
    ) -> Callable[[], None]:
        async def tell(unit: DeliveriesUnit) -> None:
            await unit.gave_up(one for one, _ in given_up)
            for one, verdict in given_up:
                if (said := _sealed_words(one.body)) is not None:
                    words = unit.beside(E2eeUnit)
                    await returning.not_delivered(words, said, one.inbox, verdict.late)

        return await stores.units.inside(pipeline, DeliveriesUnit, tell)

    worker = system.entropy.draw(8).hex()
    queue = DeliveryQueue(stores.database, stores.units, system.clock, worker, mourn)
    return Sender(queue, courier, system.clock, system.entropy)


def _sealed_words(body: bytes) -> CreateSealed | None:
    """What a body says if it is sealed words; None for all else, also for what nobody can read."""
    try:
        document = json.decode(body)
        said = parse(document) if isinstance(document, dict) else None
    except NodeError:
        return None
    return said if isinstance(said, CreateSealed) else None


def _door(system: System, stores: Stores, heard: Handlers, sender: Sender) -> AtOnce:
    def spoke(host: str) -> None:
        if sender.spoke(host):
            stores.wakeups.wake({"deliveries"})

    return AtOnce(stores.door, stores.units, heard, system.clock, spoke)


def make_worker(
    system: System,
    stores: Stores,
    heard: Handlers,
    sender: Sender,
    kinds: Mapping[str, JobKind],
    pushing: Hand,
) -> Worker:
    """Whatever is to hear, carry and be done: a node's own, or a test's."""
    clock, database = system.clock, stores.database
    applier = Applier(Waiting(database, clock), stores.units, heard, clock)
    jobber = Jobber(Jobs(database, clock), kinds, clock, stores.wakeups)
    dates = Dates(database, clock)
    pusher = Pusher(stores.units, pushing, clock, system.entropy, stores.wakeups)
    return Worker(applier, sender, jobber, pusher, dates, stores.wakeups, clock)


def _jobs(
    config: Config, system: System, stores: Stores, media: Media, lines: Lines, heard: Handlers
) -> Mapping[str, JobKind]:
    transcoder = Transcoder(
        stores.units, media.studio, media.blobs, media.media_urls, at_once=config.media_jobs
    )

    returner = Returner(stores.units)

    async def purge(_subject: str) -> None:
        await returner.expired()  # or it would go without a word to who said it
        await Purge(stores.database, system.clock)()

    async def tell_on(subject: str) -> None:
        await stores.units.run(Unit, lambda unit: telling.go_on(subject, Circles(unit)))

    async def tell_who_moved(subject: str) -> None:
        await stores.units.run(InboxUnit, lambda unit: moving.go_on(unit, subject))

    async def catch_up(subject: str) -> None:
        await stores.units.run(CatchingUpUnit, lambda unit: catching_up.go_on(subject, unit))

    async def send_again(subject: str) -> None:
        await stores.units.run(ResendingUnit, lambda unit: resending.go_on(subject, unit))

    return {
        **returner.kinds(),
        "purge": JobKind(purge, every=PURGE_EVERY),
        telling.TELL: JobKind(tell_on),
        catching_up.CATCH_UP: JobKind(catch_up),
        resending.RESEND: JobKind(send_again),
        moving.MOVED: JobKind(tell_who_moved),
        **FanningOut(stores.units, system.clock).kinds(),
        **transcoder.kinds(),
        **PictureRemover(stores.units, media.blobs).kinds(),
        **AttachmentRemover(stores.units, media.blobs).kinds(),
        **Eraser(stores.units).kinds(),
        **OutboxReader(
            stores.units, lines.discovery, stores.directory, heard, system.clock
        ).kinds(),
        **Reader(
            stores.units,
            lines.discovery,
            stores.directory,
            heard,
            system.clock,
            stores.suffixes.of_id,
            Pace(system.clock),
        ).kinds(),
    }


@asynccontextmanager
async def open_node(
    config: Config, system: System, media: Media | None = None
) -> AsyncIterator[Node]:
    """Open a node over a database that has its schema; closed again at the end of the block.

    `media` in place of the folder, or the object store, and the ffmpeg that the settings name.
    """
    stores = open_stores(config, system)
    try:
        instance_actor = await _settle(config, system, stores)
        lines = open_lines(config, system, stores, instance_actor)
        try:
            key = await stores.keyring.private(instance_actor, Algorithm.ED25519)
            media = media or await open_media(config)
            heard = handlers(SealedArrivals(key))
            tallies = Tallies() if config.metrics_place else None
            courier: Carrier = lines.courier
            if tallies is not None:
                courier = CountedCarrier(courier, tallies.delivery)
            sender = make_sender(system, stores, courier)
            stores = replace(stores, log=_door(system, stores, heard, sender))
            side = make_web(config, system, stores, lines, media, key)
            kinds = _jobs(config, system, stores, media, lines, heard)
            worker = make_worker(system, stores, heard, sender, kinds, lines.pushing)
            side.health.warnings.append(await restored(system, stores))
            async with notifying(stores.database, stores.wakeups):
                application = side.application(side.surfaces, tallies)
                yield Node(config, application, worker, stores, lines, side, tallies)
        finally:
            await lines.close()
    finally:
        await stores.database.close()

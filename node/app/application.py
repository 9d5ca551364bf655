"""What a node answers: every room introduced to its routes."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path

from aiohttp import web
from msgspec import Struct

from node.accounts.seats import Proofs
from node.app.parts import Lines, Media, Stores, System, make_sign_up
from node.config import Config
from node.federation.discovery import Discovery
from node.federation.peers import Actor
from node.federation.receiving import Receiver
from node.media.kept import KeptPictures
from node.net.fetcher import callable_at
from node.net.once import SingleFlight
from node.operation.tallies import Tallies
from node.ports import Clock
from node.system import ask_for_descriptors
from node.video.attachments import Addresses, Limits
from node.video.links import Links
from node.video.pictures import PictureUrls
from node.web.activitypub import wellknown
from node.web.activitypub.actors import Actors, LocalActors
from node.web.activitypub.collections import Collections
from node.web.activitypub.documents import Activities, Documents
from node.web.activitypub.inbox import Inbox
from node.web.activitypub.objects import Objects
from node.web.activitypub.requests import delivery_of
from node.web.activitypub.sealed import SealedPages
from node.web.activitypub.surface import surface as activitypub_surface
from node.web.activitypub.videos import VideoQuestions
from node.web.api import (
    accounts,
    archive,
    attachments,
    deliveries,
    e2ee,
    graph,
    inbox,
    invites,
    keys,
    links,
    mailbox,
    mutes,
    pictures,
    push,
    reports,
    servers,
    streams,
    uploads,
    video,
)
from node.web.api.profiles import Profiles
from node.web.api.shown import Shown
from node.web.api.streams import Streams
from node.web.api.surface import surface as api_surface
from node.web.api.uploads import Intake
from node.web.api.video import Videos
from node.web.api.views import profile_lines
from node.web.app.surface import surface as app_surface
from node.web.auth import Authenticator
from node.web.backlog import BoundedLog
from node.web.budget import Budget
from node.web.connections import Bounds, Connections
from node.web.disk_shares import Disk, DiskShares
from node.web.health import Health
from node.web.held_grants import HeldGrants
from node.web.idempotency import Answered
from node.web.limits import Limiter, MemoryBuckets, TrustedProxies
from node.web.media import Media as MediaPages
from node.web.pages.site import Pages
from node.web.pages.surface import page_or_problem
from node.web.pages.surface import surface as pages_surface
from node.web.pages.video import VideoPage
from node.web.peer_rate_limits import PeerRateLimits, RateLimitedKeys
from node.web.places import Places
from node.web.refusals import Refusals
from node.web.routes import Call
from node.web.server import Kernel, build_application, call_of
from node.web.surface import Surface
from node.web.through import Through
from node.web.timing import timed
from node.web.turns import Turns
from node.wire.api.accounts import ActorView
from node.wire.ids import origin
from node.wire.keys import PrivateKey

SURFACES = ("api", "app", "people", "servers")  # as metrics call them


class WebSide(Struct, frozen=True):
    """The surfaces, what stands behind them, and who is told when the node stops."""

    kernel: Kernel
    surfaces: tuple[Surface, ...]
    health: Health
    streams: Streams
    largest_body: int
    connections: Connections
    refusals: Refusals
    clock: Clock

    def application(
        self, surfaces: Sequence[Surface], tallies: Tallies | None = None
    ) -> web.Application:
        """An application of these surfaces: the node's own, or with more beside them.

        `tallies` count what is answered by the node's own.
        """
        made = build_application(self.kernel, surfaces, self.largest_body)
        if tallies is not None:
            clock = self.clock.ticks
            made.middlewares.insert(0, timed(SURFACES, surfaces, tallies.request, clock))
        return made


def actor_finder(discovery: Discovery) -> Callable[[str], Awaitable[Actor]]:
    """By handle or by id, whichever a client has."""

    async def find(text: str) -> Actor:
        if text.startswith("https://"):
            return await discovery.actor(text)
        return await discovery.find(text)

    return find


def _view(actor: Actor) -> ActorView:
    return ActorView(
        id=actor.id,
        number=str(actor.number),
        kind=actor.kind,
        name=actor.name,
        address=f"@{actor.name}@{actor.domain or origin(actor.id).authority}",
        local=actor.local,
        display_name=actor.display_name,
        summary=actor.summary,
        icon=actor.icon,
        url=actor.url,
        header=actor.header,
        links=profile_lines(actor.links),
    )


def make_web(
    config: Config,
    system: System,
    stores: Stores,
    lines: Lines,
    media: Media,
    relay_key: PrivateKey,
) -> WebSide:
    units, clock, entropy = stores.units, system.clock, system.entropy
    authenticator = Authenticator(units, clock, stores.wakeups)
    limiter = Limiter(
        MemoryBuckets(clock),
        config.api_requests_per_minute,
        config.login_attempts_per_minute,
        config.page_requests_per_minute,
    )
    refusals, proxies = Refusals(), TrustedProxies.of(config.trusted_proxies)
    budget = Budget()
    kernel = Kernel(
        authenticator,
        limiter,
        Answered(units, entropy),
        proxies,
        entropy,
        refusals.count,
        budget,
        speaks_tls=bool(config.tls_cert_file),
    )
    rate_limits = PeerRateLimits(
        MemoryBuckets(clock), stores.suffixes, config.inbox_requests_per_minute
    )
    disk = Disk(config.data_dir, config.disk_reserve_bytes, clock)
    log = BoundedLog(stores.log, stores.door, stores.suffixes, clock)
    receiver = Receiver(
        RateLimitedKeys(lines.discovery, rate_limits, clock),
        DiskShares(log, stores.door, rate_limits.domain, disk, config.peer_waiting_bytes, clock),
        stores.directory,
        clock,
        config.origin,
    )
    signing_up = make_sign_up(config, system, stores)
    health = Health(units, disk, warnings=[lines.clocks.trouble, proxies.unnamed.trouble])
    live = Streams(units, stores.wakeups, authenticator)
    pages = Pages(config, units, signing_up, limiter, proxies, budget)
    sealed = SealedPages(units, relay_key, config.origin)
    intake = Intake(units, media.blobs, media.studio, config, disk.free_bytes)
    held = HeldGrants(clock)
    videos = Videos(units, intake, lines.asking, entropy.draw, media.media_urls, held)
    drawn = pictures.Pictures(units, intake, media.blobs, media.studio, Turns(), SingleFlight())
    find = actor_finder(lines.discovery)

    async def find_id(text: str) -> str:
        return (await find(text)).id

    friends = graph.Friends(units, find_id)

    async def lookup(text: str) -> ActorView:
        # Who is known here is not looked for elsewhere: their server may be away just now.
        actor = await find(await friends.whom(text))
        # Our people see what they just changed, whichever process changed it.
        return _view((await stores.directory.as_stored(actor.id) if actor.local else None) or actor)

    async def prove(call: Call, body: bytes) -> str | None:
        if "Signature" not in call.headers:
            if call.method not in ("GET", "HEAD"):  # those are counted as pages (LIM-5.2)
                await rate_limits.unproven(call.address)
            return None
        viewer, delivery = receiver.viewer, delivery_of(call, body)
        actor = await rate_limits.asked(call.address, lambda: viewer(delivery))
        if call.method in ("GET", "HEAD"):
            await limiter.proven(call.address)
        return actor

    async def prove_request(request: web.Request) -> str | None:
        return await prove(call_of(request, proxies), b"")

    local = LocalActors(stores.directory, config.origin)
    resolvers = (sealed.object, Objects(units, media.media_urls).resolve)
    signed = Activities(units, lines.prover)
    documents = Documents(config.origin, stores.directory, prove, (*resolvers, signed.resolve))
    problem = page_or_problem(pages.problem)
    origins = frozenset({config.origin, config.media_origin})
    media_at = config.media_origin if config.media_origin != config.origin else ""
    media_links = Links(stores.keyring.secret("media links"), media_at)
    files = MediaPages(units, media.blobs, prove_request, held)
    places = Places()
    sealed_files = attachments.Attachments(
        units,
        intake,
        media.blobs,
        Addresses(stores.keyring.secret("attachments"), config.media_origin),
        Limits(config.attachment_limit_bytes, timedelta(days=config.attachment_days)),
        lines.passing,
        places,
        files,
    )
    api_routes = Shown(media_links, clock, origins).around(
        (
            *accounts.routes(
                units,
                signing_up,
                entropy,
                config.account_domain,
                lookup,
                Profiles(units, stores.keyring, PictureUrls(media.media_urls)),
            ),
            *invites.routes(units, signing_up, entropy, config),
            *streams.routes(live),
            *graph.routes(units, find_id, entropy),
            *inbox.routes(units, PictureUrls(media.media_urls)),
            *deliveries.routes(units, media.bounds, refusals.shown, lines.clocks, health.told),
            *servers.routes(units, config.origin, friends.whom),
            *reports.routes(units, friends.whom),
            *mutes.routes(units, friends.whom),
            *uploads.routes(intake),
            *video.routes(videos),
            *pictures.routes(drawn),
            *attachments.routes(sealed_files),
            *e2ee.routes(units, relay_key, lines.asking, clock),
            *links.routes(units, entropy, clock),
            *keys.routes(units, lines.asking, clock, config.origin, signing_up),
            *push.routes(push.Pushes(units, lines.pushing, callable_at(config.resolve))),
            *mailbox.routes(units, Proofs(stores.keyring.secret("seats"))),
            *archive.routes(units, config.archive_limit_bytes),
        )
    )
    api = api_surface(api_routes, config)
    for_servers = activitypub_surface(
        (
            *Inbox(receiver, local, rate_limits).routes(),
            *Actors(local, units, stores.keyring, lines.prover).routes(),
            *Collections(local, units, prove).routes(),
            *sealed.routes(prove),
            *VideoQuestions(config.origin, videos.addresses, prove).routes(),
            *documents.routes(),
        ),
        config,
        problem,
        plain=wellknown.routes(stores.directory, units, config),
    )
    kept = KeptPictures(
        Path(config.data_dir) / "cache", config.remote_media_bytes, lambda: disk.short, clock
    )
    for_people = pages_surface(
        (
            *health.extras(),
            *Through(units, media_links, lines.passing, files, places, clock, kept).extras(),
            *files.extras(),
            *sealed_files.extras(),
            *VideoPage(units, pages, media.media_urls).extras(),
            *pages.extras(),
        ),
        config,
        problem,
    )
    largest = max(config.inbox_limit_bytes, config.api_limit_bytes)
    bounds = Bounds(
        min(config.connections_limit, ask_for_descriptors().connections),
        config.connections_per_address,
    )
    connections = Connections(bounds, proxies, clock.ticks, refusals.count)
    health.warnings.append(connections.trouble)
    surfaces = (api, app_surface(config, problem), for_people, for_servers)
    return WebSide(kernel, surfaces, health, live, largest, connections, refusals, clock)

"""The parts of a node that others stand on: stores, lines out, media."""

from contextlib import AbstractAsyncContextManager
from importlib import import_module
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from node.config import Config
from node.federation.activities import render
from node.federation.clocks import Clocks
from node.federation.discovery import Discovery
from node.federation.proving import Prover
from node.federation.receiving import Log
from node.media.blobs import LocalBlobs
from node.media.studio import Studio
from node.media.transcode import found_ffmpeg
from node.net.asking import Asking
from node.net.courier import Courier, SignedFetch, Signer
from node.net.fetcher import Fetcher
from node.net.once import SingleFlight
from node.net.passing import Passing
from node.net.push import Pushing
from node.ports import Blobs, Clock, Entropy, Request, Response, Stream
from node.store.database import Database
from node.store.directory import Directory
from node.store.keyring import Keyring, MakeRsa, NodeKey, new_rsa
from node.store.passwords import Passwords
from node.store.queue import Arrivals
from node.store.unit import UnitContext, Units
from node.store.wakeups import Wakeups
from node.system import ask_for_descriptors
from node.video.records import MediaUrls
from node.video.renditions import Limits
from node.web.guesses import Guesses
from node.web.homes import Homes
from node.web.password_queue import PasswordQueue
from node.web.signup import SignUp
from node.wire import webpush
from node.wire.api.deliveries import MediaBounds
from node.wire.suffixes import Suffixes

OBJECTS = "node.media.objects"
FETCHES_PART = 4  # a quarter of the calls to others is for what is fetched
LIMIT_FPS = 60  # the frames that a video of the longest length may have


class Hops(Protocol):
    """HTTP out: `net.fetcher.Fetcher`, or a town's."""

    async def hop(self, request: Request) -> Response: ...

    def stream(self, request: Request) -> AbstractAsyncContextManager[Stream]: ...

    async def close(self) -> None: ...


class System(Struct, frozen=True):
    """What a node stands in. `hops` None: the real network, guarded."""

    clock: Clock
    entropy: Entropy
    hops: Hops | None = None
    make_rsa: MakeRsa = new_rsa


class Stores(Struct, frozen=True):
    """The database and what stands directly on it. `log` takes what the door has proven."""

    database: Database
    wakeups: Wakeups
    units: Units
    door: Arrivals
    log: Log
    directory: Directory
    keyring: Keyring
    suffixes: Suffixes


class Lines(Struct, frozen=True):
    """HTTP out, in its forms. What is delivered has connections and threads for names of its own,
    which nothing takes that is fetched for others (LIM-4.3)."""

    hops: Hops
    delivering: Hops
    discovery: Discovery
    prover: Prover
    courier: Courier
    asking: Asking
    clocks: Clocks
    passing: Passing
    pushing: Pushing

    async def close(self) -> None:
        """Close every connection."""
        await self.hops.close()
        if self.delivering is not self.hops:
            await self.delivering.close()


class Media(Struct, frozen=True):
    """Blobs, the studio that makes videos, and the addresses of both."""

    blobs: Blobs
    studio: Studio
    media_urls: MediaUrls

    async def bounds(self) -> MediaBounds:
        """Which bounds hold around the studio's programs here (VID-4.4)."""
        found = await self.studio.bounds()
        return MediaBounds(
            network=found.network,
            files=found.files,
            memory=found.memory,
            time=found.time,
            core=found.core,
        )


async def open_media(config: Config) -> Media:
    """Blobs in the data folder or an object store; a work folder that belongs to this process.

    Raises `Broken` (VID-4.5) when the store is not there.
    """
    blobs = store_of(config)
    if config.blob_store:
        await import_module(OBJECTS).ObjectBlobs.check(blobs)
    media = make_media(config, blobs)
    await media.studio.sweep()
    return media


def store_of(config: Config) -> Blobs:
    """A folder, or an object store, which is not asked yet."""
    data = Path(config.data_dir)
    blobs: Blobs = LocalBlobs(data / "blobs")
    if config.blob_store:
        # By name, as the command line does it: most nodes have no use for the library.
        objects = import_module(OBJECTS)
        store = objects.open_store(config.blob_store)
        blobs = objects.ObjectBlobs(store, blobs, data / "work" / "fetched")
    return blobs


def make_media(config: Config, blobs: Blobs) -> Media:
    """A studio whose work folder is left as it is: a node may be at work in it."""
    limits = Limits(
        seconds=config.video_limit_seconds, frames=config.video_limit_seconds * LIMIT_FPS
    )
    ffmpeg = found_ffmpeg(config.ffmpeg or None)
    studio = Studio(blobs, Path(config.data_dir) / "work", ffmpeg, limits)
    return Media(blobs, studio, MediaUrls(config.origin, config.media_origin))


def open_stores(config: Config, system: System) -> Stores:
    database, wakeups = Database(config.database_url), Wakeups()
    context = UnitContext(
        config.origin, system.clock, system.entropy, render, config.mailbox_limit_bytes
    )
    units = Units(database, context, wakeups)
    node_key = NodeKey(config.data_dir, system.entropy)
    keyring = Keyring(node_key, units, system.entropy, system.make_rsa)
    door, directory = Arrivals(database, wakeups, system.clock), Directory(units, system.clock)
    return Stores(database, wakeups, units, door, door, directory, keyring, context.suffixes)


def _fetcher(config: Config, connections: int) -> Fetcher:
    return Fetcher(
        config.resolve,
        config.peer_timeout_seconds,
        config.extra_ca_file,
        connections=connections,
    )


def open_lines(config: Config, system: System, stores: Stores, instance_actor: str) -> Lines:
    calls = ask_for_descriptors().calls
    fetches = max(1, calls // FETCHES_PART)
    hops = system.hops or _fetcher(config, fetches)
    delivering = system.hops or _fetcher(config, max(1, calls - fetches))
    clocks = Clocks(system.clock)
    signer = Signer(stores.keyring, stores.directory, system.clock, clocks)
    fetch = SignedFetch(hops, signer, instance_actor)
    discovery = Discovery(fetch, stores.directory, SingleFlight(), system.clock)
    prover = Prover(stores.keyring, system.clock)
    courier = Courier(delivering, signer, prover)
    passing = Passing(hops, signer, frozenset({config.origin, config.media_origin}))
    secret = b"".join(stores.keyring.secret(f"web push {half}") for half in (1, 2))
    key = webpush.private_key(secret)
    pushing = Pushing(hops, key, config.origin, system.clock, system.entropy)
    asking = Asking(fetch, discovery)
    return Lines(hops, delivering, discovery, prover, courier, asking, clocks, passing, pushing)


def make_sign_up(config: Config, system: System, stores: Stores) -> SignUp:
    """The way in, with its own count of wrong passwords and of those that wait."""
    passwords = PasswordQueue(Passwords(system.entropy))
    guesses, units, keyring = Guesses(system.clock), stores.units, stores.keyring
    homes = Homes(units, guesses, keyring.secret("homes"))
    return SignUp(config.origin, units, passwords, guesses, homes, keyring, system.entropy)

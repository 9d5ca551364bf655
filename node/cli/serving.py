"""What `kith serve` runs when all is checked: the node, its server and its worker, until told."""

import asyncio
import gc
import logging
import signal
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from importlib import import_module
from pathlib import Path

import uvloop
from aiohttp import web
from sqlalchemy.exc import DBAPIError

from node.app import Node, System, admin_invite, open_node
from node.cli.certificates import Certificate
from node.cli.probes import QuickCheck, hold_room
from node.cli.streams import tell
from node.config import Config
from node.errors import NoRoom, Unreachable
from node.media.blobs import LocalBlobs
from node.store.blob_names import BlobNamesUnit, NamedBlob
from node.store.keyring import MakeRsa, new_rsa
from node.system import SystemClock, SystemEntropy
from node.web.listener import GuardedSite
from node.web.shortcut import put_before

LOG = logging.getLogger("node")
GRACE_SECONDS = 10.0
WATCH_SECONDS = 30.0
GARBAGE = 5000  # new objects between two collections: a tenth of the usual effort, for half a MiB
# A thread that is back from the disk with a commit has its turn so soon: everybody waits for it.
TURN_SECONDS = 0.001
PAUSE_SECONDS = 1.0  # before a worker that ended is begun again


async def _serve(
    config: Config, tls: ssl.SSLContext | None, whole: QuickCheck, make_rsa: MakeRsa | None
) -> None:
    system = System(SystemClock(), SystemEntropy(), make_rsa=make_rsa or new_rsa)
    # Before all that takes time: what is renewed during a start is a change too.
    certificate = Certificate(config, tls) if tls else None
    stopping, reloading = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stopping.set)
    loop.add_signal_handler(signal.SIGHUP, reloading.set)
    async with open_node(config, system) as node, AsyncExitStack() as telling:
        node.health.doubts.append(whole.trouble)
        runner = web.AppRunner(
            node.application,
            access_log=None,
            handle_signals=False,
            shutdown_timeout=GRACE_SECONDS,
        )
        await runner.setup()
        if node.tallies is None:
            put_before(runner)  # whoever wants every request counted has it go the long way
        try:
            site = GuardedSite(runner, node.connections, config.host, config.port, tls)
            await site.start()
            watching = asyncio.create_task(site.watch())
            await telling.enter_async_context(metrics(node))
            address = runner.addresses[0]
            LOG.info(
                "listening",
                extra={"origin": config.origin, "host": address[0], "port": address[1]},
            )
            await asyncio.to_thread(hold_room, config)
            await _greet(node, system)
            if lost := await missing_blobs(node):
                LOG.warning("files of videos or pictures are missing", extra={"reason": lost})
                node.health.warnings.append(lambda: lost)
            # What is loaded now stays: the collector need not walk through it again and again.
            gc.freeze()
            gc.set_threshold(GARBAGE)
            import_module("node.cli.memory").give_back_what_is_freed()
            sys.setswitchinterval(TURN_SECONDS)
            watch = asyncio.create_task(_watch(node, system, certificate, reloading))
            await _work(node, stopping)
            watching.cancel()
            watch.cancel()
        finally:
            await node.streams.close()
            await runner.cleanup()
    LOG.info("stopped")


@asynccontextmanager
async def metrics(node: Node) -> AsyncIterator[None]:
    """Tell Prometheus, where the settings say so (OPS-4.1)."""
    place = node.config.metrics_place
    if place is None or node.tallies is None:
        yield
        return
    application = import_module("node.app.metrics").application(node, node.tallies)
    runner = web.AppRunner(application, access_log=None, handle_signals=False)
    await runner.setup()
    try:
        await web.TCPSite(runner, *place).start()
        LOG.info("metrics", extra={"host": place[0], "port": runner.addresses[0][1]})
        yield
    finally:
        await runner.cleanup()


async def _watch(
    node: Node, system: System, certificate: Certificate | None, reloading: asyncio.Event
) -> None:
    """What may change around a node that runs: its certificate, its clock."""
    told = ""
    while True:
        if certificate:
            certificate.renew(asked=reloading.is_set())
            await asyncio.to_thread(certificate.warn, system.clock.now())
        elif reloading.is_set():
            LOG.info("nothing to reload: the node speaks no TLS itself")
        reloading.clear()
        trouble = node.lines.clocks.trouble()
        if trouble and not told:
            LOG.warning("the clock is wrong", extra={"reason": trouble})
        told = trouble
        with suppress(TimeoutError):
            await asyncio.wait_for(reloading.wait(), WATCH_SECONDS)


async def missing_blobs(node: Node) -> str:
    """In words that files of videos or pictures are gone, as of a disk that is not mounted
    (FED-12.13)."""
    if node.config.blob_store:
        return ""  # an object store that is away refuses the start

    async def named(unit: BlobNamesUnit) -> list[NamedBlob]:
        kept = [*await unit.named_blobs(), *await unit.picture_blobs()]
        return [*kept, *await unit.attachment_blobs()]

    found = await node.stores.units.look(BlobNamesUnit, named)
    blobs = LocalBlobs(Path(node.config.data_dir) / "blobs")
    sizes = [(one, await blobs.size(one.blob)) for one in found if one.blob]
    gone = [one for one, size in sizes if size != one.size]
    if not gone:
        return ""
    return (
        f"{len(gone)} of {len(sizes)} files of videos and pictures that were looked for are not in "
        "blobs/: is a disk not mounted? Bring them back from a backup; what is gone is answered 404"
    )


async def _greet(node: Node, system: System) -> None:
    try:
        link = await admin_invite(node, system)
    except NoRoom:
        return
    if link is None:
        return
    where = node.config.reached_at
    tell(f"{where} is ready. Its first administrator signs up here:\n  {link}\n")


async def _work(node: Node, stopping: asyncio.Event) -> None:
    """Work until told to stop. A worker that ends by itself is begun again (FED-12.14)."""
    if not node.config.worker:
        LOG.warning("this process serves alone", extra={"reason": "worker is false (FED-12.4a)"})
        await stopping.wait()
        node.health.stopping = True
        return
    told = asyncio.create_task(stopping.wait())
    working = asyncio.create_task(node.worker.run())
    while not told.done():
        await asyncio.wait({working, told}, return_when=asyncio.FIRST_COMPLETED)
        if working.done() and not told.done():
            LOG.error("the worker ended", exc_info=working.exception())
            await asyncio.wait({told}, timeout=PAUSE_SECONDS)
            working = asyncio.create_task(node.worker.run())
    node.health.stopping = True
    node.worker.stop()
    await working


def run(
    config: Config, tls: ssl.SSLContext | None, whole: QuickCheck, make_rsa: MakeRsa | None
) -> None:
    """Open the node over its database, which has its schema, and serve it.

    `make_rsa` where a first key is on its way already.

    Raises `Unreachable` when the database cannot be used after all.
    """
    try:
        uvloop.run(_serve(config, tls, whole, make_rsa))
    except DBAPIError as error:
        raise Unreachable(f"the database cannot be used: {error.orig}") from None

"""What `kith serve` runs when all is checked: the node, its server and its worker, until told."""

import asyncio
import gc
import logging
import signal
import ssl
import sys

import uvloop
from aiohttp import web

from node.app import Node, System, admin_invite, open_node
from node.config import Config
from node.system import SystemClock, SystemEntropy
from node.web.listener import GuardedSite

LOG = logging.getLogger("node")
GRACE_SECONDS = 10.0


async def _serve(config: Config, tls: ssl.SSLContext | None) -> None:
    system = System(SystemClock(), SystemEntropy())
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stopping.set)
    async with open_node(config, system) as node:
        runner = web.AppRunner(
            node.application,
            access_log=None,
            handle_signals=False,
            shutdown_timeout=GRACE_SECONDS,
        )
        await runner.setup()
        try:
            site = GuardedSite(runner, node.connections, config.host, config.port, tls)
            await site.start()
            watching = asyncio.create_task(site.watch())
            address = runner.addresses[0]
            LOG.info(
                "listening",
                extra={"origin": config.origin, "host": address[0], "port": address[1]},
            )
            await _greet(node, system)
            # What is loaded now stays: the collector need not walk through it again and again.
            gc.freeze()
            await _work(node, stopping)
            watching.cancel()
        finally:
            await node.streams.close()
            await runner.cleanup()
    LOG.info("stopped")


async def _greet(node: Node, system: System) -> None:
    link = await admin_invite(node, system)
    if link is None:
        return
    where = node.config.reached_at
    sys.stdout.write(f"{where} is ready. Its first administrator signs up here:\n  {link}\n")
    sys.stdout.flush()


async def _work(node: Node, stopping: asyncio.Event) -> None:
    """Work until told to stop; a worker that ends by itself is a fault that ends the node."""
    if not node.config.worker:
        LOG.warning("this process serves alone", extra={"reason": "worker is false (FED-12.4a)"})
        await stopping.wait()
        node.health.stopping = True
        return
    working = asyncio.create_task(node.worker.run())
    told = asyncio.create_task(stopping.wait())
    await asyncio.wait({working, told}, return_when=asyncio.FIRST_COMPLETED)
    node.health.stopping = True
    node.worker.stop()
    told.cancel()
    await working


def run(config: Config, tls: ssl.SSLContext | None) -> None:
    """Open the node over its database, which has its schema, and serve it."""
    uvloop.run(_serve(config, tls))

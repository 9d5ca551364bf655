"""`kith serve`: run a node until it is told to stop."""

import argparse
import asyncio
import logging
import os
import signal
import ssl
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import structlog
import uvloop
from aiohttp import web

from node import config as settings
from node.app import Node, World, admin_invite, open_node
from node.cli.starting import check_port, holding, make_folder, tls_context
from node.config import Config
from node.errors import Broken, NodeError, Unreachable
from node.store.database import Database
from node.store.schema import is_current
from node.world import SystemClock, SystemEntropy

GRACE_SECONDS = 10.0
LINGER_SECONDS = 1.0  # what is still read of a body that was refused


def read_config(argv: list[str], says: str) -> Config:
    """The configuration from the command line, the variables and the file."""
    parser = argparse.ArgumentParser(prog=f"kith {says}", description=__doc__)
    parser.add_argument("--data", help="folder of database, blobs and node key", dest="data_dir")
    parser.add_argument("--domain", help="our public host name, such as kith.example.org")
    parser.add_argument("--listen", help="HOST:PORT")
    parser.add_argument("--database", help="SQLAlchemy URL; default is SQLite in the data folder")
    parser.add_argument("--config", type=Path, help="TOML file with settings")
    found = parser.parse_args(argv)
    origin = f"https://{found.domain}" if found.domain else None
    return settings.load(
        os.environ,
        found.config,
        data_dir=found.data_dir,
        origin=origin,
        listen=found.listen,
        database=found.database,
    )


def configure_log(level: str) -> None:
    """Ids and clauses as JSON lines on standard error, or words on a terminal."""
    draw: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer()
        if sys.stderr.isatty()
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            draw,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


async def _current(config: Config) -> bool:
    database = Database(config.database_url)
    try:
        return await is_current(database)
    finally:
        await database.close()


def migrate(config: Config, phase: str) -> None:
    """Bring the database to this program's schema, in a child process. Raises `Broken`."""
    make_folder(config)
    try:
        if asyncio.run(_current(config)):
            return
    except OSError as error:
        raise Unreachable(f"the database cannot be reached: {error}") from None
    child = subprocess.run(  # noqa: S603 (our own program, our own words)
        [sys.executable, "-m", "node.store.migrate", config.database_url, phase],
        capture_output=True,
        text=True,
        check=False,
    )
    if child.returncode != 0:
        raise Broken(child.stderr.strip().splitlines()[-1] if child.stderr else "migration failed")


async def _serve(config: Config, tls: ssl.SSLContext | None) -> None:
    log = structlog.get_logger("node")
    world = World(SystemClock(), SystemEntropy())
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stopping.set)
    async with open_node(config, world) as node:
        runner = web.AppRunner(
            node.application,
            access_log=None,
            handle_signals=False,
            shutdown_timeout=GRACE_SECONDS,
            lingering_time=LINGER_SECONDS,
        )
        await runner.setup()
        try:
            site = web.TCPSite(runner, config.host, config.port, ssl_context=tls)
            await site.start()
            address = runner.addresses[0]
            log.info("listening", origin=config.origin, host=address[0], port=address[1])
            await _greet(node, world)
            await _work(node, stopping)
        finally:
            await node.streams.close()
            await runner.cleanup()
    log.info("stopped")


async def _greet(node: Node, world: World) -> None:
    link = await admin_invite(node, world)
    if link is None:
        return
    origin = node.config.origin
    if urlsplit(origin).hostname == "localhost" and not node.config.tls_cert_file:
        # A trial on this machine: browsers take plain HTTP from localhost, and nobody else asks.
        link = link.replace("https://", "http://", 1)
    sys.stdout.write(f"{origin} is ready. Its first administrator signs up here:\n  {link}\n")
    sys.stdout.flush()


async def _work(node: Node, stopping: asyncio.Event) -> None:
    """Work until told to stop; a worker that ends by itself is a fault that ends the node."""
    working = asyncio.create_task(node.worker.run())
    told = asyncio.create_task(stopping.wait())
    await asyncio.wait({working, told}, return_when=asyncio.FIRST_COMPLETED)
    node.health.stopping = True
    node.worker.stop()
    told.cancel()
    await working


def main(argv: list[str]) -> int:
    """Run a node; 1 with a sentence when it cannot be run."""
    try:
        config = read_config(argv, "serve")
        configure_log(config.log_level)
        tls = tls_context(config)
        # Processes over one PostgreSQL keep apart by leases; over SQLite there is only one.
        with holding(config, alone=config.database_url.startswith("sqlite")):
            check_port(config)
            migrate(config, "pre")
            uvloop.run(_serve(config, tls))
    except NodeError as error:
        sys.stderr.write(f"kith serve: {error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"kith serve: {error.strerror or error}: {error.filename or ''}\n")
        return 1
    return 0

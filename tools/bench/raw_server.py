"""What the raw servers share: one aiohttp application on a port of its own, until told to end."""

import asyncio
import json
import socket
import ssl
import sys

import uvloop
from aiohttp import web


async def _serve(app: web.Application, trust: ssl.SSLContext | None) -> None:
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    place = socket.create_server(("127.0.0.1", 0))
    await web.SockSite(runner, place, ssl_context=trust).start()
    print(json.dumps({"port": place.getsockname()[1]}), flush=True)
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    while await reader.readline():
        pass
    await runner.cleanup()


def serve(app: web.Application, trust: ssl.SSLContext | None = None) -> None:
    """Say the port and serve until the bench goes away. On the loop that a node runs on."""
    uvloop.run(_serve(app, trust))


def certified(certificate: str, key: str) -> ssl.SSLContext:
    """TLS with this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context

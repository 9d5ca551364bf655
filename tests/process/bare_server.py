"""A server that answers 200 to `/livez` and does nothing else: what the machine itself allows."""

import asyncio
import ssl
import sys

from aiohttp import web


async def alive(_request: web.Request) -> web.Response:
    return web.Response(text="ok")


async def serve(port: str, certificate: str, key: str) -> None:
    """Say a line when it listens; it is ended by a signal."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    app = web.Application()
    app.router.add_get("/livez", alive)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", int(port), ssl_context=context).start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:]))

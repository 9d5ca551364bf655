"""The least that carries a message from one server to another: what a sealed message stands beside.

`python -m tools.bench.raw_relay DATABASE CERTIFICATE KEY CA [NEXT]`: what is said is committed,
signed and posted to the server at port NEXT, which verifies it, commits it and tells its streams.
"""

import asyncio
import ssl
import sys

import aiohttp
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tools.bench.raw_commits import Commits
from tools.bench.raw_server import certified, serve

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
AT_ONCE = 10


class Relay:
    """Both ends of the chain."""

    def __init__(self, database: str, ca: str, after: str) -> None:
        self._commits = Commits(database)
        self._next = f"https://127.0.0.1:{after}/inbox"
        self._trust = ssl.create_default_context(cafile=ca)
        self._trust.check_hostname = False
        self._streams: dict[str, web.StreamResponse] = {}
        self._carrying: set[asyncio.Task[None]] = set()
        self._http: aiohttp.ClientSession | None = None

    async def say(self, request: web.Request) -> web.Response:
        body = await request.read()
        await self._commits.add(body)
        task = asyncio.create_task(self._carry(request.query["to"], body))
        self._carrying.add(task)
        task.add_done_callback(self._carrying.discard)
        return web.Response(status=202)

    async def _carry(self, to: str, body: bytes) -> None:
        if self._http is None:
            connector = aiohttp.TCPConnector(ssl=self._trust, limit=AT_ONCE)
            self._http = aiohttp.ClientSession(connector=connector)
        headers = {"To": to, "Signature": KEY.sign(body).hex()}
        async with self._http.post(self._next, data=body, headers=headers) as answer:
            assert answer.status == 202, answer.status

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        KEY.public_key().verify(bytes.fromhex(request.headers["Signature"]), body)
        await self._commits.add(body)
        await self._streams[request.headers["To"]].write(b"data: " + body + b"\n\n")
        return web.Response(status=202)

    async def hear(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await answer.prepare(request)
        self._streams[request.query["to"]] = answer
        await answer.write(b": here\n\n")
        await asyncio.Event().wait()
        return answer


def main(database: str, certificate: str, key: str, ca: str, after: str = "") -> None:
    relay = Relay(database, ca, after)
    app = web.Application()
    app.router.add_post("/say", relay.say)
    app.router.add_post("/inbox", relay.take)
    app.router.add_get("/events", relay.hear)
    serve(app, certified(certificate, key))


if __name__ == "__main__":
    main(*sys.argv[1:])

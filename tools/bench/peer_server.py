"""Another server, in a process of its own: shows its people, takes what is posted and counts it.

`python -m tools.bench.peer_server PORT CERTIFICATE KEY DOCUMENTS`. Orders, one line of JSON each:
`posted` (the first bodies, then no more), `count`, `reset`.
"""

import asyncio
import json
import ssl
import sys
import time
from pathlib import Path
from typing import Any

import uvloop
from aiohttp import web

MOST_KEPT = 1000  # bodies


class Peer:
    """What is shown by id, and what came."""

    def __init__(self, documents: dict[str, Any]) -> None:
        self._documents = {id: json.dumps(one).encode() for id, one in documents.items()}
        self.reset()

    def reset(self) -> None:
        self._times: list[float] = []
        self._bodies: list[str] = []
        self._by_rfc9421 = 0

    def posted(self) -> list[str]:
        """The bodies so far, the first of them."""
        return self._bodies

    def count(self) -> dict[str, float]:
        """How many came, between which instants, and how many of them signed by RFC 9421."""
        times = self._times or [0.0]
        found = {"count": len(self._times), "first": times[0], "last": times[-1]}
        return found | {"rfc9421": self._by_rfc9421}

    async def show(self, request: web.Request) -> web.Response:
        found = self._documents.get(f"https://{request.host}{request.path}")
        if found is None:
            return web.Response(status=404)
        return web.Response(body=found, content_type="application/activity+json")

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        self._times.append(time.monotonic())
        self._by_rfc9421 += "Signature-Input" in request.headers
        if len(self._bodies) < MOST_KEPT:
            self._bodies.append(body.decode())
        return web.Response(status=202)


async def main(peer: Peer, port: str, certificate: str, key: str) -> None:
    app = web.Application()
    app.router.add_get("/{path:.*}", peer.show)
    app.router.add_post("/{path:.*}", peer.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    await web.TCPSite(runner, "127.0.0.1", int(port), ssl_context=context).start()
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    print(json.dumps("ready"), flush=True)
    while line := await reader.readline():
        found = getattr(peer, json.loads(line)["do"])()
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    shown = json.loads(Path(sys.argv[4]).read_text())
    uvloop.run(main(Peer(shown), *sys.argv[1:4]))

"""A home node of a few routes, whose connections break where a test wants them to."""

import hashlib
import json
from dataclasses import dataclass, field

from aiohttp import web

ROOT = "/api/kith/v1"
ENDS = "2030-01-01T00:00:00Z"


@dataclass
class Flaky:
    """`cuts` connections break before all goes well. Events are (id, kind, data)."""

    cuts: int = 0
    events: list[tuple[str, str, dict]] = field(default_factory=list)
    size: int = 0
    taken: bytearray = field(default_factory=bytearray)
    media: bytes = b""
    media_url: str = ""
    reason: str = ""
    waits: list[str] = field(default_factory=list)  # why, look for look, until it is made
    resumed_from: list[str] = field(default_factory=list)
    ranges: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def app(self) -> web.Application:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.add_routes(
            [
                web.post(ROOT + "/uploads", self.announce),
                web.get(ROOT + "/uploads", self.begun),
                web.get(ROOT + "/uploads/u", self.where),
                web.put(ROOT + "/uploads/u", self.chunk),
                web.post(ROOT + "/videos", self.publish),
                web.get(ROOT + "/videos/one", self.video),
                web.get(ROOT + "/videos/watch", self.watching),
                web.get("/media/v.mp4", self.play),
                web.get(ROOT + "/events", self.stream),
                web.route("*", ROOT + "/echo", self.echo),
            ]
        )
        return app

    def _cut(self, request: web.Request) -> bool:
        if not self.cuts:
            return False
        self.cuts -= 1
        assert request.transport is not None
        request.transport.close()
        return True

    async def echo(self, request: web.Request) -> web.Response:
        """The answer is cut; how it was asked is kept."""
        self.asked.append((request.method, request.headers.get("Idempotency-Key", "")))
        self._cut(request)
        return web.json_response({})

    def _upload(self) -> web.Response:
        return web.json_response(
            {
                "id": "u",
                "size": self.size,
                "offset": len(self.taken),
                "state": "open",
                "expires": ENDS,
                "chunk_limit_bytes": 1000,
                "sha256": "",
            }
        )

    async def announce(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.size = body["size"]
        return self._upload()

    async def begun(self, _request: web.Request) -> web.Response:
        return web.json_response({"items": []})

    async def where(self, _request: web.Request) -> web.Response:
        return self._upload()

    async def chunk(self, request: web.Request) -> web.Response:
        chunk = await request.read()
        if int(request.query["offset"]) != len(self.taken):
            problem = {"detail": "elsewhere", "params": {"offset": len(self.taken)}}
            return web.json_response(problem, status=409)
        broken = self._cut(request)
        self.taken += chunk[: len(chunk) // 2] if broken and self.cuts % 2 else chunk
        return self._upload()

    def _video(self, state: str, waits: str = "") -> web.Response:
        return web.json_response(
            {
                "id": "v",
                "number": "1",
                "post": "p" if state == "ready" else "",
                "name": "clip",
                "state": state,
                "progress": 50,
                "created": ENDS,
                "reason": waits or self.reason,
                "clause": "VID-2.1" if self.reason else "",
            }
        )

    async def publish(self, _request: web.Request) -> web.Response:
        return self._video("processing")

    async def video(self, _request: web.Request) -> web.Response:
        if self.waits:
            return self._video("processing", self.waits.pop(0))
        return self._video("failed" if self.reason else "ready")

    async def watching(self, _request: web.Request) -> web.Response:
        return web.json_response(
            {"id": "v", "mp4": self.media_url, "media_type": "video/mp4", "size": len(self.media)}
        )

    async def play(self, request: web.Request) -> web.StreamResponse:
        self.ranges.append(request.headers.get("Range", ""))
        self.tokens.append(request.headers.get("Authorization", ""))
        start = int(self.ranges[-1].removeprefix("bytes=").rstrip("-") or 0)
        answer = web.StreamResponse(status=206 if start else 200)
        answer.content_length = len(self.media) - start
        await answer.prepare(request)
        if self.cuts:
            await answer.write(self.media[start : start + 1000])
            self._cut(request)
            return answer
        await answer.write(self.media[start:])
        return answer

    async def stream(self, request: web.Request) -> web.StreamResponse:
        after = request.headers.get("Last-Event-ID", "")
        self.resumed_from.append(after)
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await answer.prepare(request)
        seen = [id for id, _, _ in self.events]
        rest = self.events[seen.index(after) + 1 if after else 0 :]
        for id, kind, data in rest:
            await answer.write(f"id: {id}\nevent: {kind}\ndata: {json.dumps(data)}\n\n".encode())
            if self._cut(request):
                return answer
        return answer


def noise(count: int) -> bytes:
    """Bytes that are nowhere alike."""
    blocks = (hashlib.sha256(str(n).encode()).digest() for n in range(count // 32 + 1))
    return b"".join(blocks)[:count]

"""Nodes for the tests of videos: of a town, with a studio that takes no time."""

import asyncio
import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from aiohttp import ClientSession
from yarl import URL

from node.app.parts import Media
from node.errors import Broken, Malformed, NodeError
from node.federation.trust import ProvenActivity
from node.media.blobs import LocalBlobs
from node.ports import Request
from node.store import tables
from node.store.keyring import public_row
from node.testing.rows import Rows
from node.testing.town import Town, open_harness
from node.video import pictures
from node.video.cut import Part
from node.video.pictures import Made
from node.video.records import MediaFileRecord, MediaUrls
from node.video.renditions import NAMES, Facts, File, Plan, Rendered
from node.web.activitypub.objects import Objects
from node.web.api.surface import API
from node.wire import httpsig
from node.wire.httpsig import Dialect
from node.wire.keys import PrivateKey, ed25519_from_seed
from node.wire.times import micros
from node.worker.video import Transcoder
from tests.pictures import jpeg

MP4_BODY = hashlib.shake_256(b"record").digest(300_000)
POSTER_BODY = jpeg()
PICTURE = jpeg() + b" of a cat"


def facts(seconds: float = 2.0) -> Facts:
    return Facts(
        "mov", 640, 360, Fraction(1), 0, seconds, seconds, False, Fraction(30), 60, 2, True,
        "h264", 0, "aac", 1,
    )  # fmt: skip


class QuickStudio:
    """Makes the same five files of every upload, in no time. The real one has tests of its own."""

    def __init__(self, blobs: LocalBlobs, aside: Path) -> None:
        self._blobs = blobs
        self._aside = aside
        self.broken = 0  # so many more tries end in a fault of ours
        self.lacks: NodeError | None = None  # what every try ends in
        self.midway: Callable[[], Any] | None = None
        self.remark = ""  # of what is made
        self.made = self.begun = 0
        self.parts: list[Part] = []  # of the sources, as they were asked for

    async def digest(self, blob: str) -> bytes:
        body = b"".join([piece async for piece in self._blobs.read(blob)])
        return hashlib.sha256(body).digest()

    async def probe(self, blob: str) -> Facts:
        head = b"".join([piece async for piece in self._blobs.read(blob, 0, 10)])
        if not head.startswith(b"FILM"):
            raise Malformed("VID-2.1", "this is not a video that is taken here")
        return facts()

    async def draw(self, blob: str, into: str) -> Made:
        head = b"".join([piece async for piece in self._blobs.read(blob, 0, 64)])
        pictures.format_of(head)
        self.begun += 1
        if self.lacks is not None:
            raise self.lacks
        names = ["large.jpg", "medium.jpg", "small.jpg"]
        if head.startswith(b"GIF"):
            names.insert(0, pictures.LOOP)
        self._aside.mkdir(exist_ok=True)
        files = []
        for place, name in enumerate(names):
            body = MP4_BODY if name == pictures.LOOP else POSTER_BODY + bytes(10 * place)
            (self._aside / name).write_bytes(body)
            await self._blobs.put(f"{into}/{name}", str(self._aside / name))
            kind, digest = pictures.TYPES[name[-3:]], hashlib.sha256(body).digest()
            files.append(
                MediaFileRecord(
                    name, "picture", kind, len(body), f"{into}/{name}", "", digest, 640, 480
                )
            )
        if self.midway is not None:
            await self.midway()
        return Made(tuple(files), "LEHV6nWB", 800 if head.startswith(b"GIF") else 0)

    async def render(
        self, blob: str, plan: Plan, into: str, progress: Callable[[float], None]
    ) -> Rendered:
        self.begun += 1
        if self.broken:
            self.broken -= 1
            raise Broken("a media child was stopped from outside")
        if self.lacks is not None:
            progress(0.3)
            raise self.lacks
        progress(0.5)
        self.parts.append(plan.part)
        lists = (b"#EXTM3U\nstream.m3u8\n", b"#EXTM3U\nstream.mp4\n")
        bodies = (MP4_BODY, *lists, MP4_BODY, POSTER_BODY)
        types = ("video/mp4", *["application/vnd.apple.mpegurl"] * 2, "video/mp4", "image/jpeg")
        files = []
        self._aside.mkdir(exist_ok=True)
        for name, body, kind in zip(NAMES, bodies, types, strict=True):
            (self._aside / name).write_bytes(body)
            await self._blobs.put(f"{into}/{name}", str(self._aside / name))
            digest = hashlib.sha256(body).hexdigest()
            files.append(File(f"{into}/{name}", len(body), digest, kind))
        self.made += 1
        if self.midway is not None:
            await self.midway()
        hls = (files[1], files[2], files[3])
        return Rendered(
            files[0], hls, files[4], "LEHV6nWB", 640, 360, Fraction(30), 2.0, self.remark
        )


@dataclass
class Said:
    """An answer, read."""

    status: int
    headers: Any
    raw: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.raw)


@dataclass
class Person:
    """Somebody with a token."""

    harness: "Harness"
    name: str
    actor: str
    channel: str
    account: str
    token: str

    async def ask(self, method: str, path: str, body: Any = None, raw: bytes | None = None) -> Said:
        headers = {"Authorization": f"Bearer {self.token}"}
        if body is not None:
            raw, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        return await self.harness.http(method, API + path, headers, raw)

    async def announce(self, file: bytes, digest: bytes | None = None, size: int = 0) -> Said:
        sha256 = base64.b64encode(digest or hashlib.sha256(file).digest()).decode()
        body = {"size": size or len(file), "sha256": sha256, "filename": "a.mp4"}
        return await self.ask("POST", "/uploads", body)

    async def upload(self, file: bytes = b"FILM of a cat") -> str:
        """A whole upload."""
        announced = await self.announce(file)
        assert announced.status == 201, announced.raw
        id = announced.body["id"]
        sent = await self.ask("PUT", f"/uploads/{id}?offset=0", raw=file)
        assert sent.body["state"] == "sealed", sent.raw
        return str(id)

    async def publish(self, file: bytes = b"FILM of a cat", **words: Any) -> dict[str, Any]:
        """A video, as the API says it once the jobs are done."""
        body = {"upload": await self.upload(file), "name": "My cat", **words}
        said = await self.ask("POST", "/videos", body)
        assert said.status == 201, said.raw
        await self.harness.work()
        return dict((await self.one(said.body["id"])).body)

    async def picture(self, file: bytes = PICTURE) -> dict[str, Any]:
        """A picture that is made and not used yet."""
        made = await self.ask("POST", "/pictures", {"upload": await self.upload(file)})
        assert made.status == 201, made.raw
        return dict(made.body)

    async def one(self, id: str) -> Said:
        return await self.ask("GET", f"/videos/one?id={quote(id)}")

    async def watch(self, id: str) -> Said:
        return await self.ask("GET", f"/videos/watch?id={quote(id)}")


class Swapped:
    """The studio that the node was given; which one it is may change."""

    def __init__(self, now: Any) -> None:
        self.now = now

    def __getattr__(self, name: str) -> Any:
        return getattr(self.now, name)


class Harness(Rows):
    """A node of a town, with a studio that makes videos in no time."""

    def __init__(self, name: str, town: Town, **settings: Any) -> None:
        self.name, self.town, self.clock = name, town, town.clock
        self.domain, self.origin = f"{name}.test", f"https://{name}.test"
        self._settings = {"disk_reserve_bytes": 1000, **settings}
        self._open = AsyncExitStack()

    async def open(self) -> None:
        folder = self.town.folder / self.domain
        self.blobs_folder = folder / "blobs"
        self.blobs = LocalBlobs(self.blobs_folder)
        self._swapped = Swapped(QuickStudio(self.blobs, folder / "aside"))
        urls = MediaUrls(self.origin, self._settings.get("media_origin", self.origin))
        studio: Any = self._swapped
        media = Media(self.blobs, studio, urls)
        opening = open_harness(self.town, self.domain, media=media, **self._settings)
        here = await self._open.enter_async_context(opening)
        self.town.nodes[self.domain] = here
        self.node, self.config, self.url = here.node, here.node.config, here.url
        self.database, self.units = here.node.stores.database, here.node.stores.units
        self.resolve = Objects(self.units, urls).resolve
        self.transcoder = Transcoder(self.units, studio, self.blobs, urls)
        self.client = await self._open.enter_async_context(ClientSession(here.url))

    @property
    def studio(self) -> Any:
        return self._swapped.now

    def use(self, studio: Any) -> None:
        self._swapped.now = studio

    async def close(self) -> None:
        await self._open.aclose()

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection for bytes that no client has tidied up."""
        there = urlsplit(self.url)
        return await asyncio.open_connection(there.hostname, there.port)

    async def http(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        raw: bytes | None = None,
        by: str = "",
    ) -> Said:
        """One request, signed by the actor `by` if there is one."""
        where = urlsplit(path)
        target = where.path + (f"?{where.query}" if where.query else "")
        sent = dict(headers or {})
        if by:
            request = Request(method, self.origin + target, {}, raw or b"")
            sent |= httpsig.sign(request, await self._key(by), self.clock.now(), Dialect.CAVAGE)
        answer = await self.client.request(
            method, URL(target, encoded=bool(by)), data=raw, headers=sent, allow_redirects=False
        )
        return Said(answer.status, answer.headers, await answer.read())

    async def _key(self, actor: str) -> PrivateKey:
        """A key of the actor, which the node has fetched."""
        key = ed25519_from_seed(hashlib.sha256(actor.encode()).digest(), f"{actor}#test", actor)
        if not await self.rows(tables.actors, tables.actors.c.id == actor):
            await self.knows(actor)
        if not await self.rows(tables.keys, tables.keys.c.id == key.id):
            at = micros(self.clock.now())
            await self.insert(tables.keys, **public_row(key.public), created=at, fetched=at)
        return key

    async def work(self) -> None:
        """All that is due, at every node of the town."""
        await self.town.settle()

    async def hear(self, body: bytes) -> None:
        """An activity that was proven; it waits for `work`."""
        said = json.loads(body)
        proven = ProvenActivity(said["id"], said["type"], said["actor"], said, body)
        await self.node.stores.door.add(proven, again=True)

    async def refused(self) -> list[str]:
        """The clauses by which what arrived was refused."""
        found = await self.rows(tables.arrivals, tables.arrivals.c.state == "refused")
        return [row.reason.partition(":")[0] for row in found]

    # -- people ------------------------------------------------------------------------------------

    async def person(self, name: str) -> Person:
        """Sign somebody up."""
        actor, account, token = f"{self.origin}/a/{name}", f"account-{name}", "kith_" + name * 10
        channel = f"{actor}-tv"
        await self.account(account, actor, channel)
        for id, kind in ((actor, "Person"), (channel, "Group")):
            await self.knows(id, kind, account=account)
        digest = hashlib.sha256(token.encode()).digest()
        await self.insert(
            tables.sessions, id=f"{name}-app", digest=digest, account=account,
            scopes="read write messages", created=0, last_seen=0,
        )  # fmt: skip
        return Person(self, name, actor, channel, account, token)

    async def files(self) -> list[str]:
        """Every blob that lies here."""
        root = self.blobs_folder
        return sorted(str(p.relative_to(root)) for p in root.rglob("*") if p.is_file())

    async def events(self, account: str, kind: str) -> list[dict[str, Any]]:
        t = tables.events.c
        found = await self.rows(tables.events, t.account == account, t.kind == kind)
        return [json.loads(row.data) for row in found]


async def befriend(one: Person, other: Person) -> None:
    """Friends, each on their own node (or the same one)."""
    for mine, theirs in ((one, other), (other, one)):
        harness = mine.harness
        if theirs.harness is not harness:
            await harness.knows(theirs.actor)
            await harness.knows(theirs.channel, "Group")
        await harness.put_friendship(mine.actor, theirs.actor)

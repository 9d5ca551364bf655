"""Nodes for the tests of videos: database, blobs, routes, jobs; the wire between is in memory."""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import select, update

from node.config import Config
from node.e2ee.peers import Answer
from node.errors import Broken, Malformed, Refused, Unreachable
from node.federation.activities.table import parse
from node.media.blobs import LocalBlobs
from node.store import tables
from node.store.jobs import Jobs
from node.testing.fakes import FakeClock, FakeEntropy
from node.testing.stores import hear, open_new_stores
from node.video.records import MediaUrls
from node.video.renditions import NAMES, Facts, File, Plan, Rendered
from node.web import limits
from node.web.activitypub.objects import Objects
from node.web.activitypub.surface import surface as activitypub_surface
from node.web.activitypub.videos import VideoQuestions
from node.web.api import inbox as inbox_routes
from node.web.api import uploads as upload_routes
from node.web.api import video as video_routes
from node.web.api.surface import API
from node.web.api.surface import surface as api_surface
from node.web.api.uploads import Intake
from node.web.api.video import Videos
from node.web.auth import Authenticator
from node.web.idempotency import Answered
from node.web.media import Media
from node.web.pages import site as pages
from node.web.pages.surface import page_or_problem
from node.web.pages.surface import surface as pages_surface
from node.web.pages.video import VideoPage
from node.web.routes import Call
from node.web.server import Kernel, build_application
from node.web.signup import SignUp
from node.worker.jobs import Jobber
from node.worker.video import Transcoder

PROVEN = "X-Proven"  # stands for a signature: what it says is believed
MP4_BODY = hashlib.shake_256(b"record").digest(300_000)


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
        self.midway: Callable[[], Any] | None = None
        self.made = 0

    async def digest(self, blob: str) -> bytes:
        body = b"".join([piece async for piece in self._blobs.read(blob)])
        return hashlib.sha256(body).digest()

    async def probe(self, blob: str) -> Facts:
        head = b"".join([piece async for piece in self._blobs.read(blob, 0, 10)])
        if not head.startswith(b"FILM"):
            raise Malformed("VID-2.1", "this is not a video that is taken here")
        return facts()

    async def render(
        self, blob: str, plan: Plan, into: str, progress: Callable[[float], None]
    ) -> Rendered:
        if self.broken:
            self.broken -= 1
            raise Broken("the disk with the media work folder is full")
        progress(0.5)
        bodies = (MP4_BODY, b"#EXTM3U\nstream.m3u8\n", b"#EXTM3U\nstream.mp4\n", MP4_BODY, b"JPEG")
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
        return Rendered(files[0], hls, files[4], "LEHV6nWB", 640, 360, Fraction(30), 2.0)


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

    async def one(self, id: str) -> Said:
        return await self.ask("GET", f"/videos/one?id={quote(id)}")

    async def watch(self, id: str) -> Said:
        return await self.ask("GET", f"/videos/watch?id={quote(id)}")


@dataclass
class Harness:
    """A node. `neighbours` are the nodes that it reaches."""

    name: str
    folder: Path
    clock: FakeClock
    settings: dict[str, Any] = field(default_factory=dict)
    free_bytes: int = 10**12
    neighbours: dict[str, "Harness"] = field(default_factory=dict)

    async def open(self) -> None:
        self.folder.mkdir(exist_ok=True)
        self.origin = f"https://{self.name}.test"
        self.config = Config(origin=self.origin, disk_reserve_bytes=1000, **self.settings)
        stores = await open_new_stores(f"{self.name}.test", self.folder, self.clock)
        self.database, self.units, self.wakeups = stores.database, stores.units, stores.wakeups
        self.entropy = FakeEntropy(self.name)
        self.blobs = LocalBlobs(self.folder / "blobs")
        self.media_urls = MediaUrls(self.origin, self.config.media_origin)
        self.use(QuickStudio(self.blobs, self.folder / "aside"))
        self.refused: list[str] = []
        self.resolve = Objects(self.units, self.media_urls).resolve
        await self._serve()

    def use(self, studio: Any) -> None:
        self.studio = studio
        self.transcoder = Transcoder(self.units, studio, self.blobs, self.media_urls)
        jobs = Jobs(self.database, self.clock)
        self.jobber = Jobber(jobs, self.transcoder.kinds(), self.clock, self.wakeups)

    async def _serve(self) -> None:
        authenticator = Authenticator(self.units, self.clock, self.wakeups)
        buckets = limits.MemoryBuckets(self.clock)
        kernel = Kernel(
            authenticator,
            limits.Limiter(buckets, 10**6, 10**6),
            Answered(self.units, self.entropy),
            limits.TrustedProxies.of(()),
            self.entropy,
        )
        intake = Intake(self.units, self.blobs, self, self.config, lambda: self.free_bytes)
        videos = Videos(self.units, intake, self, self.entropy.draw, self.media_urls)
        keeper: SignUp = None  # type: ignore[assignment]
        site = pages.Pages(
            self.config, self.units, keeper, kernel.limiter, kernel.proxies, kernel.budget
        )
        self.budget = kernel.budget
        page = VideoPage(self.units, site, self.media_urls)
        asked = VideoQuestions(self.origin, videos.addresses, self.prove)
        media = Media(self.units, self.blobs, self.prove_request)
        routes = (
            *upload_routes.routes(intake),
            *video_routes.routes(videos),
            *inbox_routes.routes(self.units),
        )
        problem = page_or_problem(site.problem)
        surfaces = (
            api_surface(routes, self.config),
            pages_surface((*media.extras(), *page.extras()), self.config, problem),
            activitypub_surface(asked.routes(), self.config, problem),
        )
        app = build_application(kernel, surfaces, self.config.api_limit_bytes)
        site.furnish(app)
        self.client: TestClient[Any, Any] = TestClient(TestServer(app))
        await self.client.start_server()

    async def digest(self, blob: str) -> bytes:
        found: bytes = await self.studio.digest(blob)
        return found

    async def prove(self, call: Call, _body: bytes) -> str | None:
        return call.headers.get(PROVEN)

    async def prove_request(self, request: web.Request) -> str | None:
        return request.headers.get(PROVEN)

    async def close(self) -> None:
        await self.client.close()
        await self.database.close()

    async def http(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        raw: bytes | None = None,
    ) -> Said:
        where = urlsplit(path)
        answer = await self.client.request(
            method,
            where.path + (f"?{where.query}" if where.query else ""),
            data=raw,
            headers=headers,
            allow_redirects=False,
        )
        return Said(answer.status, answer.headers, await answer.read())

    # -- peers -------------------------------------------------------------------------------------

    async def ask(self, actor: str, url: str, document: Any) -> Answer:
        """`Peers.ask`: what a signed POST is to the neighbour."""
        harness = self.neighbours.get(urlsplit(url).netloc)
        if harness is None:
            raise Unreachable("nobody is there")
        said = await harness.http("POST", url, {PROVEN: actor}, json.dumps(document).encode())
        return Answer(said.status, said.body)

    async def work(self) -> None:
        """Do what is due, jobs and arrivals, and deliver what is owed to neighbours."""
        while await self.jobber.look() or await self._apply():
            await self.jobber.settle()
        await self._deliver()

    async def hear(self, body: bytes) -> None:
        """An activity at the door, believed; it waits for `work`."""
        said = json.loads(body)
        t = tables.arrivals.c
        again = (t.actor == said["actor"]) & (t.activity == said["id"])
        if await self.rows(tables.arrivals, again):
            await self.change(tables.arrivals, again, state="new", body=body)
            return
        await self.put(
            tables.arrivals, actor=said["actor"], activity=said["id"], body=body,
            received=0, due=0,
        )  # fmt: skip

    async def _apply(self) -> int:
        """Every handler of each arrival in one unit, as the worker does it."""
        waiting = await self.rows(tables.arrivals, tables.arrivals.c.state == "new")
        for row in waiting:
            try:
                await hear(self.units, parse(json.loads(row.body), self.clock.now()))
            except Refused as refusal:
                self.refused.append(refusal.clause)
            await self.change(tables.arrivals, tables.arrivals.c.seq == row.seq, state="applied")
        return len(waiting)

    async def _deliver(self) -> None:
        t, o = tables.deliveries.c, tables.outbox.c
        async with self.database.read() as connection:
            query = select(t.seq, t.host, t.activity, o.actor, o.body).join(
                tables.outbox, o.id == t.activity
            )
            rows = (await connection.execute(query.where(t.state == "due"))).all()
        for row in rows:
            harness = self.neighbours.get(row.host)
            if harness is not None:
                await harness.hear(row.body)
            await self.change(tables.deliveries, t.seq == row.seq, state="delivered")
        for harness in list(self.neighbours.values()) if rows else []:
            await harness.work()

    # -- people ------------------------------------------------------------------------------------

    async def put(self, table: Any, **values: Any) -> None:
        await self.database.write(lambda each: each.execute(table.insert().values(**values)))

    async def change(self, table: Any, where: Any, **values: Any) -> None:
        statement = update(table).where(where).values(**values)
        await self.database.write(lambda each: each.execute(statement))

    async def rows(self, table: Any, *where: Any) -> list[Any]:
        async with self.database.read() as connection:
            return list((await connection.execute(select(table).where(*where))).all())

    async def person(self, name: str) -> Person:
        """Sign somebody up."""
        actor, account, token = f"{self.origin}/a/{name}", f"account-{name}", "kith_" + name * 10
        channel = f"{actor}-tv"
        await self.put(
            tables.accounts, id=account, name=name, actor=actor, channel=channel, created=0
        )
        for id, kind in ((actor, "Person"), (channel, "Group")):
            await self.knows(id, kind, local=True, account=account)
        digest = hashlib.sha256(token.encode()).digest()
        await self.put(
            tables.sessions, id=f"{name}-app", digest=digest, account=account,
            scopes="read write messages", created=0, last_seen=0,
        )  # fmt: skip
        return Person(self, name, actor, channel, account, token)

    async def knows(self, id: str, kind: str = "Person", **more: Any) -> None:
        """The row of an actor."""
        host = urlsplit(id).netloc
        await self.put(
            tables.actors, id=id, kind=kind, name=id.rpartition("/")[2], domain=host,
            inbox=f"{id}/inbox", shared_inbox=f"https://{host}/inbox",
            followers=f"{id}/followers", friends=f"{id}/friends", **{"local": False, **more},
        )  # fmt: skip

    async def follows(self, follower: str, followed: str) -> None:
        await self.put(
            tables.follows, follower=follower, followed=followed, state="accepted", updated=0
        )

    async def friendship(self, actor: str, other: str, ours: str = "accepted") -> None:
        f = tables.friendships
        pair = (f.c.actor == actor) & (f.c.other == other)
        if await self.rows(f, pair):
            await self.change(f, pair, ours=ours)
        else:
            await self.put(f, actor=actor, other=other, ours=ours, theirs="accepted", updated=0)

    async def files(self) -> list[str]:
        """Every blob that lies here."""
        root = self.folder / "blobs"
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
        await harness.friendship(mine.actor, theirs.actor)

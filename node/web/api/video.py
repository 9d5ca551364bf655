"""Routes of videos, what peers ask of them, and the page of a public one (spec VID-6, VID-7)."""

from collections.abc import Callable
from typing import Any

from aiohttp import web
from msgspec import Struct
from msgspec.structs import asdict

from node.errors import Malformed, Missing
from node.federation.activities.prose import plain
from node.inbox.audiences import Choice, addressing
from node.inbox.publishing import delete
from node.store.feeds import FeedUnit
from node.store.unit import Units
from node.store.video import VideoUnit
from node.video import playing, publishing
from node.video.playing import Abroad, Peers, Watch
from node.video.publishing import VideoDraft
from node.video.records import MASTER, MP4, POSTER, MediaUrls, State, VideoRecord, Words
from node.web.activitypub.federation import delivery_of, read_body
from node.web.api.uploads import Intake
from node.web.media import UUID, Prove
from node.web.pages.site import Pages
from node.web.routes import Call, Reply, Route, Scope
from node.wire import json
from node.wire.api.inbox import Person
from node.wire.api.video import NewVideo, VideoView, Watching
from node.wire.times import rfc3339

ACTIVITY_JSON = "application/activity+json"
JSON_TYPES = (ACTIVITY_JSON, "application/ld+json")
ASKING_LIMIT = 4096  # bytes of a peer's question
LONGEST_BLURB = 300


def _choice(text: str) -> Choice | None:
    try:
        return Choice(text) if text else None
    except ValueError:
        raise Malformed("VID-6.2", "audience is public, followers, friends or empty") from None


class Videos:
    """The verbs of videos, as the routes call them."""

    def __init__(
        self,
        units: Units,
        intake: Intake,
        peers: Peers,
        draw: Callable[[int], bytes],
        media_urls: MediaUrls,
    ) -> None:
        self._units = units
        self._intake = intake
        self._peers = peers
        self._draw = draw
        self._media_urls = media_urls

    async def publish(self, call: Call) -> Reply:
        new: NewVideo = call.body
        who = call.caller
        choice = _choice(new.audience)
        await self._intake.whole(who.account, new.upload)

        async def work(unit: VideoUnit) -> VideoRecord:
            actors = tuple(sorted(set(new.actors)))
            to, cc = addressing(await unit.posts.author(who.actor), choice, actors)
            words = Words(new.name, new.description, to, cc, new.lang, new.sensitive, new.summary)
            return await publishing.attach(
                unit, who.account, who.actor, VideoDraft(new.upload, words, actors)
            )

        return Reply(_view(await self._units.run(VideoUnit, work, once=call.once)))

    async def show(self, call: Call) -> Reply:
        actor, id = call.caller.actor, call.query.get("id", "")
        record = await self._units.look(VideoUnit, lambda unit: publishing.own(unit, actor, id))
        return Reply(_view(record))

    async def remove(self, call: Call) -> Reply:
        actor, id = call.caller.actor, call.query.get("id", "")

        async def work(unit: VideoUnit) -> None:
            record = await publishing.own(unit, actor, id)
            if record.state is State.READY:
                # The post is what others have; its Delete reaches them, and this room again.
                await delete(unit.posts, actor, record.post)
            await publishing.withdraw(unit, record)

        await self._units.run(VideoUnit, work)
        return Reply()

    async def watch(self, call: Call) -> Reply:
        found = await self.addresses(call.caller.actor, call.query.get("id", ""))
        if isinstance(found, Abroad):
            found = await playing.ask_abroad(self._peers, call.caller.actor, found)
        return Reply(Watching(**asdict(found)))

    async def addresses(self, viewer: str, id: str) -> Watch | Abroad:
        """What our node knows for `viewer`, one of ours or an actor proven by signature."""
        return await self._units.run(
            VideoUnit, lambda unit: playing.watch(unit, viewer, id, self._draw, self._media_urls)
        )


def _view(record: VideoRecord) -> VideoView:
    clause, _, reason = record.reason.partition(": ")
    return VideoView(
        id=record.id,
        number=str(record.number),
        post=record.post,
        name=record.words.name,
        state=record.state.value,
        progress=record.progress,
        created=record.created,
        reason=reason,
        clause=clause,
        duration_ms=record.duration_ms,
        width=record.width,
        height=record.height,
    )


def routes(videos: Videos) -> tuple[Route, ...]:
    """The routes of this room; `web.uploads.routes` has those of uploads."""
    one = {"id": "the id of the video or of its post"}
    read, write = Scope.READ, Scope.WRITE
    return (
        Route(
            "POST",
            "/videos",
            videos.publish,
            "Make a video of a whole upload and publish it when it is ready.",
            write,
            NewVideo,
            VideoView,
            201,
        ),
        Route(
            "GET",
            "/videos/one",
            videos.show,
            "How far a video of yours is, or why it failed.",
            read,
            answers=VideoView,
            query=one,
        ),
        Route(
            "DELETE",
            "/videos/one",
            videos.remove,
            "Delete a video of yours, here and at peers.",
            write,
            status=204,
            query=one,
        ),
        Route(
            "GET",
            "/videos/watch",
            videos.watch,
            "Addresses to play a video from, also a friend's on another node.",
            read,
            answers=Watching,
            query=one,
        ),
    )


class VideoPages(Struct, frozen=True):
    """What peers ask of a video, and the page that people see of a public one."""

    videos: Videos
    units: Units
    pages: Pages
    media_urls: MediaUrls
    prove: Prove

    def extras(self) -> tuple[web.AbstractRouteDef, ...]:
        """Routes outside the API."""
        return (
            web.post(f"/o/{UUID}/watch", self.asked),
            web.get(f"/v/{UUID}", self.page, allow_head=False),
        )

    async def asked(self, request: web.Request) -> web.Response:
        """A peer asks in the name of its actor for addresses to play from (VID-7.4)."""
        body = await read_body(request, ASKING_LIMIT)
        viewer = await self.prove(request, body)
        id = f"{self.media_urls.origin}/o/{request.match_info['uuid']}"
        found = await self.videos.addresses(viewer or "", id)
        if isinstance(found, Abroad) or not found.id.startswith(f"{self.media_urls.origin}/"):
            raise playing.absent()  # we speak for our own videos only
        return web.Response(
            body=json.encode(playing.said(found)),
            content_type=ACTIVITY_JSON,
            headers={"Cache-Control": "private, no-store"},
        )

    async def page(self, request: web.Request) -> web.StreamResponse:
        """A public video, with the browser's own player and no script."""
        uuid = request.match_info["uuid"]

        async def look(unit: FeedUnit) -> tuple[Person, int, int]:
            post = await unit.one(record.post, "")
            if post is None:
                raise Missing("VID-7.1", playing.ABSENT)
            return post.author, post.likes, post.comments

        record = await self.units.look(VideoUnit, lambda unit: playing.public_record(unit, uuid))
        if any(kind in request.headers.get("Accept", "") for kind in JSON_TYPES):
            raise web.HTTPSeeOther(record.id, headers={"Vary": "Accept"})
        author, likes, comments = await self.units.look(FeedUnit, look)
        return self.pages.draw(
            request, "video.html", record=record, words=record.words, author=author, likes=likes,
            comments=comments, page=self.media_urls.page(record), name=author.handle.split("@")[1],
            **self._media(record),
        )  # fmt: skip

    def _media(self, record: VideoRecord) -> dict[str, Any]:
        return {
            "mp4": self.media_urls.open(record, MP4),
            "poster": self.media_urls.open(record, POSTER),
            "player": {
                "mp4": self.media_urls.shown(record, MP4),
                "hls": self.media_urls.shown(record, MASTER),
                "poster": self.media_urls.shown(record, POSTER),
            },
            "blurb": plain(record.words.description)[:LONGEST_BLURB],
            "when": rfc3339(record.ready or record.created),
        }


def prover(viewer: Callable[[Any], Any]) -> Prove:
    """`Prove` over `Receiver.viewer`."""

    async def prove(request: web.Request, body: bytes) -> str | None:
        found: str | None = await viewer(delivery_of(request, body))
        return found

    return prove

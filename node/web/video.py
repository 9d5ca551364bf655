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
from node.video.films import MASTER, MP4, POSTER, Film, Places, State, Words
from node.video.playing import Abroad, Peers, Watch
from node.video.publishing import Offer
from node.web.federation import delivery_of, read_body
from node.web.media import UUID, Prove
from node.web.pages import Pages
from node.web.routes import Call, Reply, Route, Scope
from node.web.uploads import Intake
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
        places: Places,
    ) -> None:
        self._units = units
        self._intake = intake
        self._peers = peers
        self._draw = draw
        self._places = places

    async def publish(self, call: Call) -> Reply:
        new: NewVideo = call.body
        who = call.caller
        choice = _choice(new.audience)
        await self._intake.whole(who.account, new.upload)

        async def work(unit: VideoUnit) -> Film:
            actors = tuple(sorted(set(new.actors)))
            to, cc = addressing(await unit.author(who.actor), choice, actors)
            words = Words(new.name, new.description, to, cc, new.lang, new.sensitive, new.summary)
            return await publishing.attach(
                unit, who.account, who.actor, Offer(new.upload, words, actors)
            )

        return Reply(_view(await self._units.run(VideoUnit, work)))

    async def show(self, call: Call) -> Reply:
        actor, id = call.caller.actor, call.query.get("id", "")
        film = await self._units.look(VideoUnit, lambda unit: publishing.own(unit, actor, id))
        return Reply(_view(film))

    async def remove(self, call: Call) -> Reply:
        actor, id = call.caller.actor, call.query.get("id", "")

        async def work(unit: VideoUnit) -> None:
            film = await publishing.own(unit, actor, id)
            if film.state is State.READY:
                # The post is what others have; its Delete reaches them, and this room again.
                await delete(unit, actor, film.post)
            await publishing.withdraw(unit, film)

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
            VideoUnit, lambda unit: playing.watch(unit, viewer, id, self._draw, self._places)
        )


def _view(film: Film) -> VideoView:
    clause, _, reason = film.reason.partition(": ")
    return VideoView(
        id=film.id,
        post=film.post,
        name=film.words.name,
        state=film.state.value,
        progress=film.progress,
        created=film.created,
        reason=reason,
        clause=clause,
        duration_ms=film.duration_ms,
        width=film.width,
        height=film.height,
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
    places: Places
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
        id = f"{self.places.origin}/o/{request.match_info['uuid']}"
        found = await self.videos.addresses(viewer or "", id)
        if isinstance(found, Abroad) or not found.id.startswith(f"{self.places.origin}/"):
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
            post = await unit.one(film.post, "")
            if post is None:
                raise Missing("VID-7.1", playing.ABSENT)
            return post.author, post.likes, post.comments

        film = await self.units.look(VideoUnit, lambda unit: playing.public_film(unit, uuid))
        if any(kind in request.headers.get("Accept", "") for kind in JSON_TYPES):
            raise web.HTTPSeeOther(film.id, headers={"Vary": "Accept"})
        author, likes, comments = await self.units.look(FeedUnit, look)
        return self.pages.draw(
            request, "video.html", film=film, words=film.words, author=author, likes=likes,
            comments=comments, page=self.places.page(film), name=author.handle.split("@")[1],
            **self._media(film),
        )  # fmt: skip

    def _media(self, film: Film) -> dict[str, Any]:
        return {
            "mp4": self.places.open(film, MP4),
            "poster": self.places.open(film, POSTER),
            "player": {
                "mp4": self.places.shown(film, MP4),
                "hls": self.places.shown(film, MASTER),
                "poster": self.places.shown(film, POSTER),
            },
            "blurb": plain(film.words.description)[:LONGEST_BLURB],
            "when": rfc3339(film.ready or film.created),
        }


def prover(viewer: Callable[[Any], Any]) -> Prove:
    """`Prove` over `Receiver.viewer`."""

    async def prove(request: web.Request, body: bytes) -> str | None:
        found: str | None = await viewer(delivery_of(request, body))
        return found

    return prove

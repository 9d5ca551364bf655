"""Routes of videos: publish one, see how far it is, delete it, watch it (spec VID-6, VID-7)."""

from collections.abc import Callable
from functools import partial

from msgspec.structs import asdict

from node.errors import Malformed, NoRoom
from node.federation.activities.linking import linked
from node.inbox.audiences import Choice, addressing
from node.inbox.publishing import delete
from node.store.unit import Units
from node.store.video import VideoUnit
from node.video import playing, publishing
from node.video.cut import Cut
from node.video.playing import Abroad, Peers, Watch
from node.video.publishing import VideoDraft
from node.video.records import MediaUrls, State, VideoRecord, Words
from node.web.api.scopes import Scope
from node.web.api.uploads import Intake
from node.web.held_grants import HeldGrants
from node.web.routes import Call, Reply, Route
from node.wire.api.video import NewVideo, VideoView, Watching


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
        held: HeldGrants,
    ) -> None:
        self._units = units
        self._intake = intake
        self._peers = peers
        self._draw = draw
        self._media_urls = media_urls
        self._held = held

    async def publish(self, call: Call) -> Reply:
        new: NewVideo = call.body
        who = call.caller
        choice = _choice(new.audience)
        await self._intake.whole(who.account, new.upload)

        async def work(unit: VideoUnit) -> VideoRecord:
            actors = tuple(sorted(set(new.actors)))
            to, cc = addressing(await unit.posts.author(who.actor), choice, actors)
            text = new.description
            description = text if new.format == "html" else linked(text, who.actor, {})
            words = Words(new.name, description, to, cc, new.lang, new.sensitive, new.summary)
            cut = Cut(new.start_ms, new.end_ms, new.cover_ms)
            restates = None if new.restates is None else frozenset[str](new.restates)
            draft = VideoDraft(new.upload, words, actors, cut, restates)
            return await publishing.attach(unit, who.account, who.actor, draft)

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
        watch = partial(
            playing.watch, viewer=viewer, id=id, draw=self._draw, media_urls=self._media_urls
        )
        try:
            return await self._units.run(VideoUnit, watch)
        except NoRoom:
            # Who watches reads: that goes on without room (FED-12.8).
            return await self._units.look(VideoUnit, partial(watch, keep=self._held.put))


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
    """The routes of this room; `web.api.uploads` has those of uploads."""
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

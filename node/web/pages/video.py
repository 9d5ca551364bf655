"""The page of a public video, with the browser's own player and no script (spec VID-7)."""

from typing import Any

from aiohttp import web
from msgspec import Struct

from node.errors import Missing
from node.federation.activities.prose import plain
from node.store.feeds import FeedUnit
from node.store.unit import Units
from node.store.video import VideoUnit
from node.video import playing
from node.video.records import MASTER, MP4, POSTER, MediaUrls, VideoRecord
from node.web.media import UUID
from node.web.pages.site import ACTIVITY, Pages
from node.wire.api.inbox import Person
from node.wire.times import rfc3339

LONGEST_BLURB = 300


class VideoPage(Struct, frozen=True):
    """Draws it."""

    units: Units
    pages: Pages
    media_urls: MediaUrls

    def extras(self) -> tuple[web.AbstractRouteDef, ...]:
        """The one route of this page."""
        return (web.get(f"/v/{UUID}", self.page, allow_head=False),)

    async def page(self, request: web.Request) -> web.StreamResponse:
        """For everyone; a server is sent to the video's id."""
        uuid = request.match_info["uuid"]

        async def look(unit: FeedUnit) -> tuple[Person, int, int]:
            post = await unit.one(record.post, "")
            if post is None:
                raise Missing("VID-7.1", playing.ABSENT)
            return post.author, post.likes, post.comments

        record = await self.units.look(VideoUnit, lambda unit: playing.public_record(unit, uuid))
        if any(kind in request.headers.get("Accept", "") for kind in ACTIVITY):
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

"""A peer asks, in the name of its actor, where a video of ours plays from (spec VID-7.4)."""

from collections.abc import Awaitable, Callable

from node.video import playing
from node.video.playing import Abroad, Watch
from node.web.activitypub.requests import Prove
from node.web.media import UUID
from node.web.routes import Call, Reply, Route

LARGEST_QUESTION_BYTES = 4096


class VideoQuestions:
    """`addresses` is what this node knows for a viewer: `web.api.video.Videos.addresses`."""

    def __init__(
        self, origin: str, addresses: Callable[[str, str], Awaitable[Watch | Abroad]], prove: Prove
    ) -> None:
        self._origin = origin
        self._addresses = addresses
        self._prove = prove

    def routes(self) -> tuple[Route, ...]:
        """The one route of this page."""
        says = "Ask for addresses to play a video from."
        return (
            Route("POST", f"/o/{UUID}/watch", self.asked, says, None, bytes, dict,
                  limit_bytes=LARGEST_QUESTION_BYTES),
        )  # fmt: skip

    async def asked(self, call: Call) -> Reply:
        """404 for whoever may not watch it, and for what is not ours."""
        raw = call.raw
        assert raw is not None
        viewer = await self._prove(call, await raw.whole())
        found = await self._addresses(viewer or "", f"{self._origin}/o/{call.path['uuid']}")
        if isinstance(found, Abroad) or not found.id.startswith(f"{self._origin}/"):
            raise playing.absent()  # we speak for our own videos only
        return Reply(playing.said(found), headers={"Cache-Control": "private, no-store"})

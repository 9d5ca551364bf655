"""The verbs of videos: publish a file, watch one (spec VID-5 to VID-7)."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, suppress
from pathlib import Path
from urllib.parse import urlsplit

from node.client.api_client import ApiClient
from node.client.profile import Profile
from node.client.saving import whole
from node.client.uploads import (
    cancel,
    posted_before,
    said,
    undone_if_cancelled,
    uploaded,
    uploads,
    video_of,
)
from node.errors import Conflict, Malformed, NodeError, Unreachable
from node.wire.api.video import NewVideo, Said, UploadView, VideoView, Watching

Stages = Callable[[str, int, int], None]
PIECE = 256 * 1024
TRIES = 10
SLOWEST_LOOK_STEP = 3  # `ApiClient.rest` of this many failures: 2 s


def _milliseconds(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1000)


def silent(_stage: str, _done: int, _of: int) -> None:
    """Tell nobody."""


def quiet(_why: str) -> None:
    """Tell nobody."""


def nothing() -> None:
    """Tell nobody."""


class Videos:
    """`progress` is told (stage, done, of): upload and download in bytes, making in per cent."""

    def __init__(self, api: ApiClient, own: Profile) -> None:
        self._api = api
        self._own = own

    async def post_video(
        self,
        path: Path | str,
        audience: str | None = None,
        name: str = "",
        description: str = "",
        progress: Stages = silent,
        start: float = 0.0,
        end: float | None = None,
        cover: float | None = None,
        waits: Callable[[str], None] = quiet,
        again: bool = True,
        joins: Callable[[], None] = nothing,
    ) -> VideoView:
        """Upload the file, publish it, and wait until it can be watched: `post` is its id.

        Shown is all of it, or what plays from `start` to `end`; `cover` is when its cover is
        seen: all in seconds of the file (VID-6.7). `waits` is told why the node waits with it.
        Without an `audience` it is for friends. One that is being made of the same file already is
        gone on with, and `joins` is told: what is not given stays as it was said. Unless `again`,
        one that was posted lately is not posted a second time: `Conflict` (VID-5.6).

        When the task is cancelled meanwhile, nothing is posted (VID-5.6). Raises `Malformed` with
        the clause that a file fails which is no video.
        """
        path = Path(path)
        sent = await uploaded(
            self._api, path, lambda done, size: progress("upload", done, size), again
        )
        body = NewVideo(
            upload=sent.id,
            name=name or said(path.stem),
            description=description,
            audience="friends" if audience is None else audience,
            start_ms=_milliseconds(start) or 0,
            end_ms=_milliseconds(end),
            cover_ms=_milliseconds(cover),
        )
        if sent.video:
            joins()
            given: dict[Said, object] = {
                "name": name,
                "description": description,
                "audience": audience is not None,
                "part": start or end is not None or cover is not None,
            }
            body.restates = [what for what, is_given in given.items() if is_given]
        made = await undone_if_cancelled(self._publish(body, sent.video), self._delete)
        try:
            return await self._ready(made, progress, waits)
        except asyncio.CancelledError:
            with suppress(NodeError):
                await self._delete(made)
            raise

    async def _publish(self, body: NewVideo, video: str) -> VideoView:
        """The video that is made of an upload, also where the answer that named it was lost, or
        where it was made since we looked. Where that is `video` already and nothing is said anew,
        it is as it is. Raises `Conflict` (VID-5.6) where it was posted since we looked."""
        if video and body.restates == []:
            query = {"id": video}
            return await self._api.ask("GET", "/videos/one", VideoView, query=query)
        try:
            return await self._api.ask("POST", "/videos", VideoView, body)
        except Conflict as error:
            used = str(error.params.get("video", ""))
            if error.clause == "VID-5.4" and used:
                there = await video_of(self._api, used)
                if there is not None and there.state == "ready":
                    raise posted_before(there) from None
            if error.clause != "API-6.5":
                raise
            sent = await self._api.ask("GET", f"/uploads/{body.upload}", UploadView)
            if not sent.video:
                raise
            query = {"id": sent.video}
            return await self._api.ask("GET", "/videos/one", VideoView, query=query)

    async def uploads(self) -> AsyncIterator[UploadView]:
        """Files that were begun: under way, whole and not posted, or being made into a video. The
        newest first.

        Posting the same file again goes on with its upload.
        """
        async for one in uploads(self._api):
            yield one

    async def cancel_upload(self, id: str) -> None:
        """Give one of them up, or the video that is being made of it. Raises `Conflict` (VID-5.4)
        once that is posted."""
        try:
            await cancel(self._api, id)
        except Conflict as error:
            video = str(error.params.get("video", ""))
            if error.clause != "VID-5.4" or not video:
                raise
            query = {"id": video}
            made = await self._api.ask("GET", "/videos/one", VideoView, query=query)
            if made.state == "ready":
                raise
            await self._delete(made)

    async def _delete(self, video: VideoView) -> None:
        await self._api.ask("DELETE", "/videos/one", object, query={"id": video.id})

    async def _ready(
        self, video: VideoView, progress: Stages, waits: Callable[[str], None]
    ) -> VideoView:
        looks, told = 0, ""
        while video.state not in ("ready", "failed"):
            progress("making", video.progress, 100)
            if video.reason not in ("", told):
                waits(video.reason)
            told = video.reason
            await self._api.rest(min(looks, SLOWEST_LOOK_STEP))
            looks += 1
            query = {"id": video.id}
            video = await self._api.ask("GET", "/videos/one", VideoView, query=query)
        if video.state == "failed":
            raise Malformed(video.clause or "VID-2.1", video.reason or "it is not a video")
        progress("making", 100, 100)
        return video

    async def watching(self, id: str) -> Watching:
        """Where a video can be played from. The addresses end at `expires`: then ask again."""
        return await self._api.ask("GET", "/videos/watch", Watching, query={"id": id})

    async def watch(
        self, id: str, path: Path | str | None = None, progress: Stages = silent
    ) -> int:
        """Take the whole video, into the file `path` if there is one; its length in bytes.

        A cut is mended where it happened. The file is whole or absent.
        """
        if path is None:
            return sum([len(piece) async for piece in self.stream(id, progress=progress)])
        done = 0
        pieces = self.stream(id, progress=progress)
        async with whole(Path(path)) as write, aclosing(pieces):
            async for piece in pieces:
                await write(piece)
                done += len(piece)
        return done

    async def stream(
        self, id: str, start: int = 0, progress: Stages = silent
    ) -> AsyncGenerator[bytes, None]:
        """The bytes of the MP4 from `start` on. Raises `Unreachable` when cuts do not end."""
        failures, at = 0, start
        while True:
            there = await self.watching(id)
            try:
                async with aclosing(self._pieces(there, at)) as pieces:
                    async for piece, size in pieces:
                        at, failures = at + len(piece), 0
                        progress("download", at, size)
                        yield piece
                return
            except Unreachable:
                failures += 1
                if failures == TRIES:
                    raise
                await self._api.rest(failures)

    async def _pieces(self, there: Watching, start: int) -> AsyncGenerator[tuple[bytes, int], None]:
        """Pieces from `start` on, each with the length of the whole."""
        async with self._api.fetch(self._address(there.mp4), start) as answer:
            # A server that knows no ranges begins anew.
            at = 0 if answer.status == 200 else start
            whole = at + (answer.content_length or 0)
            async for piece in answer.content.iter_chunked(PIECE):
                at += len(piece)
                if at > start:
                    yield piece[-(at - start) :], whole
        if at < whole:
            raise Unreachable("the video ended early")

    def _address(self, url: str) -> str:
        """Our own node's media by the address we know it at."""
        own, given = urlsplit(self._own.actor), urlsplit(url)
        if not given.scheme:
            return self._own.origin + url
        if given.netloc == own.netloc:
            return url.replace(f"{given.scheme}://{given.netloc}", self._own.origin, 1)
        return url

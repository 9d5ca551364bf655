"""The verbs of pictures: make them of files, post them (spec PIC-1, PIC-2)."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from node.client.api_client import ApiClient
from node.client.uploads import silent, undone_if_cancelled, upload
from node.errors import Conflict, Malformed, Missing, NodeError
from node.wire.api.inbox import NewPost, Post, PostPicture
from node.wire.api.pictures import NewPicture, PictureView
from node.wire.picture_formats import HEAD_LENGTH, format_said

MOST = 10  # on one post
Progress = Callable[[int, int], None]


def is_picture(path: Path | str) -> bool:
    """Whether the file begins as a picture that can be posted. False for what cannot be read."""
    try:
        if not Path(path).is_file():
            return False  # a pipe would be waited for
        with Path(path).open("rb") as file:
            return bool(format_said(file.read(HEAD_LENGTH)))
    except OSError:
        return False


class Pictures:
    """Pictures are made before they are posted, and go after a day unless they are."""

    def __init__(self, api: ApiClient) -> None:
        self._api = api

    async def make_picture(self, path: Path | str, progress: Progress = silent) -> PictureView:
        """Upload the file and have a picture made of it. Raises `Malformed`, `TooMuch` (PIC-1)."""
        sent = await upload(self._api, Path(path), progress)
        made = self._api.ask("POST", "/pictures", PictureView, NewPicture(upload=sent))
        return await undone_if_cancelled(made, self.drop_picture)

    async def drop_picture(self, picture: PictureView) -> None:
        """Give up one that is not used."""
        await self._api.ask("DELETE", f"/pictures/{picture.id}", object)

    async def post_pictures(
        self,
        paths: Sequence[Path | str],
        text: str = "",
        audience: str = "friends",
        descriptions: Sequence[str] = (),
        progress: Progress = silent,
    ) -> Post:
        """Post up to ten pictures, in this order; each of `descriptions` says what one shows.

        Whatever fails, or when the task is cancelled: nothing is posted, and what was made is given
        up. `progress` is told (bytes done, bytes in all) of each file.
        """
        if not 1 <= len(paths) <= MOST:
            raise Malformed("PIC-2.4", f"a post has one to {MOST} pictures")
        if len(descriptions) > len(paths):
            raise Malformed("PIC-2.4", "there are more descriptions than pictures")
        made: list[PictureView] = []
        try:
            for path in paths:
                made.append(await self.make_picture(path, progress))  # noqa: PERF401 - see below
            said = [*descriptions, *[""] * (len(made) - len(descriptions))]
            shown = [
                PostPicture(id=one.id, description=what)
                for one, what in zip(made, said, strict=True)
            ]
            body = NewPost(content=text, audience=audience, pictures=shown)
            return await self._api.ask("POST", "/posts", Post, body)
        except (NodeError, asyncio.CancelledError):
            # A post that was made, and of which the answer is lost, keeps them (PIC-2.2).
            await self._give_up(made)
            raise

    async def _give_up(self, made: Sequence[PictureView]) -> None:
        for one in made:
            try:
                await self.drop_picture(one)
            except (Conflict, Missing):
                continue
            except NodeError:
                return  # a node that is away drops them after a day

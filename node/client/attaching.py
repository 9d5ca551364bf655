"""The verbs of files in conversations: send them with words, save them (spec ATT-5).

The vault is opened by the first of them, as by those of conversations.
"""

import asyncio
import hashlib
import io
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from node.client import attached, sealed_uploads
from node.client.api import ROOT
from node.client.api_client import ApiClient
from node.client.attached import Attachment, Blob, Files
from node.client.conversations import Conversations
from node.client.rows import MessageRow
from node.client.sealed_uploads import Progress, Sealing
from node.client.stripped import POSTER_TYPE, Prepared, prepared
from node.client.uploads import TRIES, silent
from node.e2ee.attachments.chunked import Layout, context_of, opened
from node.errors import Conflict, Malformed, Missing, NodeError, NoRoom, TooMuch, Unreachable
from node.ports import Entropy
from node.wire.sealed_sizes import CHUNK, HEAD

_NAME = re.compile(r"[A-Za-z0-9_-]{43}")


class Attaching:
    """Files go up before the message does; what goes wrong before that leaves nothing behind."""

    def __init__(self, api: ApiClient, talk: Conversations, entropy: Entropy) -> None:
        self._api = api
        self._talk = talk
        self._entropy = entropy

    async def attach(
        self,
        who: str,
        paths: Sequence[Path | str],
        text: str = "",
        reply: str = "",
        author: str = "",
        as_is: bool = False,
        progress: Progress = silent,
    ) -> MessageRow:
        """Say `text` with up to ten files. What they say of where they were made is taken out, but
        `as_is`. `progress` is told (bytes done, bytes in all) of each.

        Raises as `say`, `Malformed` (ATT-1.5, ATT-5.1), `TooMuch` over a limit or quota.
        """
        if not 1 <= len(paths) <= attached.MOST:
            raise TooMuch("ATT-2.1", f"a message has one to {attached.MOST} files")
        conversation = await self._talk.talk_to(who)
        messenger = await self._talk.talk()
        names = list[str]()
        try:
            files = [await self._sent(Path(one), as_is, progress, names) for one in paths]
            raw = attached.raw_of(files)
            said = await messenger.in_words(
                conversation,
                lambda words, now: words.say(conversation, text, now, reply, author, raw),
            )
        except (NodeError, asyncio.CancelledError):
            await self._give_up(names)
            raise
        assert said is not None, "words are always said"
        return said

    async def _sent(
        self, path: Path, as_is: bool, progress: Progress, names: list[str]
    ) -> Attachment:
        async with prepared(path, as_is) as ready:
            poster = None
            if ready.poster:
                poster, name = await self._send_small(ready.poster)
                names.append(name)
            blob, name = await self._send(ready, progress)
            names.append(name)
        return Attachment(
            kind=ready.kind,
            media_type=ready.media_type,
            name=ready.name,
            blob=blob,
            width=ready.width,
            height=ready.height,
            milliseconds=ready.milliseconds,
            poster=poster,
            poster_type=POSTER_TYPE if poster else "",
        )

    async def _send(self, ready: Prepared, progress: Progress) -> tuple[Blob, str]:
        with ready.path.open("rb") as file:
            size = ready.path.stat().st_size
            sealing = Sealing(file, size, ready.media_type, self._entropy)
            return await sealed_uploads.send(self._api, sealing, progress)

    async def _send_small(self, data: bytes) -> tuple[Blob, str]:
        sealing = Sealing(io.BytesIO(data), len(data), POSTER_TYPE, self._entropy)
        return await sealed_uploads.send(self._api, sealing, silent)

    async def _give_up(self, names: Sequence[str]) -> None:
        for name in names:
            with suppress(NodeError):  # else they go with their time
                await sealed_uploads.drop(self._api, name)

    def files(self, row: MessageRow) -> Files:
        """What a message brought beside its words."""
        return attached.files_in(row.raw)

    async def forget(self, row: MessageRow) -> None:
        """Have our node remove the files of a message of ours that was taken back."""
        for file in self.files(row).those:
            for blob in (file.blob, file.poster):
                for href in blob.href if blob else ():
                    name = urlsplit(href).path.rpartition("/")[2]
                    if _NAME.fullmatch(name):
                        await self._give_up([name])

    # -- what came -------------------------------------------------------------------------------

    async def save(self, file: Attachment, to: Path | str, progress: Progress = silent) -> Path:
        """Write a file of a message into the folder `to`, or as the new file `to`; where it lies.

        Raises `Conflict` (ATT-2.4) for a file that is there, `Malformed` (ATT-1.4) for one that was
        changed, `Missing` where it is not kept any more, `Unreachable`, `NoRoom`: then nothing of
        it is left.
        """
        path, out = _new_file(Path(to), file.name)
        try:
            with out:
                async for piece in self.pieces(file, progress):
                    await asyncio.to_thread(out.write, piece)
        except OSError as error:
            path.unlink(missing_ok=True)
            raise NoRoom(f"{path} cannot be written: {error.strerror}") from None
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return path

    async def pieces(self, file: Attachment, progress: Progress = silent) -> AsyncIterator[bytes]:
        """The file, opened piece by piece; at its end it is known to be whole (ATT-1.4)."""
        if file.blob is None:
            yield file.inline
            return
        layout, blob = Layout(file.blob.size), file.blob
        hashed, chunks = hashlib.sha256(), None
        number, failures = 0, 0
        while number < layout.count:
            try:
                start = 0 if chunks is None else layout.place(number)[0]
                async for data in self._sealed(blob, layout, start):
                    if chunks is None:
                        chunks = opened(blob.key, data, context_of(file.media_type, blob.size))
                        hashed.update(data)
                        continue
                    piece = chunks.open(number, data)
                    hashed.update(data)
                    number += 1
                    failures = 0
                    progress(min(number * CHUNK, layout.length), layout.length)
                    yield layout.shown(number - 1, piece)
            except Unreachable:
                failures += 1
                if failures == TRIES:
                    raise
                await self._api.rest(failures)
        if hashed.digest() != blob.sha256:
            raise Malformed("ATT-1.4", "this is not the file that the message names")

    async def part(self, file: Attachment, start: int, stop: int) -> bytes:
        """Bytes of a file, without the rest of it (ATT-1.4)."""
        if file.blob is None:
            return file.inline[start:stop]
        blob, layout = file.blob, Layout(file.blob.size)
        numbers = layout.covering(start, stop)
        if not numbers:
            return b""
        head = await anext(aiter(self._sealed(blob, layout, 0)))
        chunks = opened(blob.key, head, context_of(file.media_type, blob.size))
        found, number = b"", numbers.start
        async for data in self._sealed(blob, layout, layout.place(number)[0]):
            found += layout.shown(number, chunks.open(number, data))
            number += 1
            if number == numbers.stop:
                break
        begins = start - numbers.start * CHUNK
        return found[begins : begins + stop - start]

    async def _sealed(self, blob: Blob, layout: Layout, start: int) -> AsyncIterator[bytes]:
        """The head and the chunks from `start` on, which is where one begins."""
        wanted = [layout.place(number) for number in range(layout.count)]
        parts = [(0, HEAD), *wanted] if start == 0 else wanted
        left = [end - begin for begin, end in parts if begin >= start]
        async with self._api.fetch(self._address(blob), start) as answer:
            said = answer.headers.get(
                "Content-Range" if start else "Content-Length", ""
            ).rpartition("/")[2]
            if said.isdecimal():
                layout.check(int(said))
            if start and answer.status != 206:
                raise Unreachable("the server sent the whole file in place of a part of it")
            for size in left:
                try:
                    yield await answer.content.readexactly(size)
                except (asyncio.IncompleteReadError, aiohttp.ClientError) as error:
                    raise Unreachable(f"the file broke off: {error}") from None

    def _address(self, blob: Blob) -> str:
        url = URL(self._api.origin + ROOT + "/attachments/content")
        return str(url.with_query(href=blob.href[0]))


def _new_file(to: Path, name: str) -> tuple[Path, IO[bytes]]:
    """A file that was not there before. Raises `Conflict` (ATT-2.4), `Missing` for no folder."""
    is_folder = to.is_dir()
    for number in range(1, 1000):
        stem, suffix = Path(name).stem, Path(name).suffix
        numbered = name if number == 1 else f"{stem} ({number}){suffix}"
        path = to / numbered if is_folder else to
        try:
            return path, path.open("xb")
        except FileExistsError:
            if not is_folder:
                raise Conflict("ATT-2.4", f"{path} is there already: say another name") from None
        except FileNotFoundError:
            raise Missing("ATT-2.4", f"there is no folder {path.parent}") from None
        except OSError as error:
            raise NoRoom(f"{path} cannot be written: {error.strerror}") from None
    raise Conflict("ATT-2.4", f"there are too many files called {name} in {to}")

"""The verbs of sealed conversations, and of listening (spec E2E-5, API-7).

The vault is opened by the first of them, and stays locked until the `Kith` is closed.
"""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress
from itertools import count
from types import TracebackType
from typing import Any, TypeVar

import msgspec

from node.client import passphrases
from node.client.entering import open_talk
from node.client.happenings import Happening
from node.client.line import Event
from node.client.people import People
from node.client.rows import SaidRow
from node.client.talk import Talk
from node.errors import Missing, Unreachable
from node.wire.api.e2ee import MailboxItem

Self = TypeVar("Self", bound="Chatting")
# A stream begins, or this device is told that few of its key packages are left.
CATCH_UP = ("hello", "reset", "key_packages")


class Chatting(People):
    """A conversation is named by its group id in hex; `who` is that, or somebody's handle."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._open = AsyncExitStack()
        self._talk: Talk | None = None
        self._opening = asyncio.Lock()

    async def __aenter__(self: Self) -> Self:
        await self._open.enter_async_context(self.line)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._open.aclose()

    async def talk(self) -> Talk:
        """The open conversations; opens the vault and takes what waits, the first time."""
        async with self._opening:
            if self._talk is None:
                words = passphrases.read(self._passphrase, os.environ)
                world = (self.clock, self.entropy)
                opened = open_talk(self.line, self.profile, self.home, words, world)
                self._talk = await self._open.enter_async_context(opened)
                with suppress(Unreachable):  # what is here can be read all the same
                    await self._talk.prepare()
                    await self._talk.pull()
        return self._talk

    async def talk_to(self, who: str) -> str:
        """The conversation with somebody; a new one if there is none.

        Raises `Forbidden` for who is no friend, `Missing` (E2E-5.6) when they have no device.
        """
        talk = await self.talk()
        if who in talk.device.conversations():
            return who
        actor = await self._id(talk, who)
        return await talk.with_actor(actor)

    async def say(self, who: str, text: str) -> SaidRow:
        """Say `text`. When our node cannot be reached it is kept, and `sent` is False."""
        conversation = await self.talk_to(who)
        return await (await self.talk()).say(conversation, text)

    async def conversations_with(self, who: str) -> list[str]:
        """The conversations of just us and somebody, first the one that `say` uses; often one."""
        device = (talk := await self.talk()).device
        known = who in device.conversations()
        return [who] if known else device.between(await self._id(talk, who))

    async def history(self, who: str) -> list[SaidRow]:
        """What was said, the oldest first; nothing is asked of anybody but the mailbox."""
        groups = await self.conversations_with(who)
        return (await self.talk()).device.history(*groups)

    async def conversations(self) -> dict[str, list[str]]:
        """The actors in each conversation that this device takes part in."""
        rows = (await self.talk()).device.conversations()
        return {group: row.members for group, row in rows.items() if not row.left}

    def events(self, after: str = "") -> AsyncGenerator[Event, None]:
        """Events, for ever; cuts are mended. `after` is the id of the last one that was seen."""
        return self.line.events(after)

    async def listen(self, after: str = "") -> AsyncGenerator[Happening | Event, None]:
        """What is said to us, opened, and every other event, for ever; cuts are mended.

        Raises what ends it for good: `Unproven` when this device was revoked.
        """
        talk = await self.talk()
        async with _reading(self._read(talk, after), talk) as reader:
            while (one := await talk.heard.get()) is not None:
                yield one
            await reader

    async def _read(self, talk: Talk, after: str) -> None:
        async with aclosing(self.events(after)) as events:
            async for event in events:
                if event.kind in CATCH_UP:
                    await self._catch_up(talk)
                if event.kind == "sealed":
                    await self._take(talk, msgspec.convert(event.data, MailboxItem))
                else:
                    talk.heard.put_nowait(event)

    async def _catch_up(self, talk: Talk) -> None:
        """What came while nobody listened is in the mailbox; the key packages may be used up."""
        for failures in count():
            try:
                await talk.prepare()
                await talk.pull()
                break
            except Unreachable:
                await self.line.rest(failures)

    async def _take(self, talk: Talk, item: MailboxItem) -> None:
        try:
            await talk.take(item)
        except Unreachable:
            await self._catch_up(talk)

    async def names(self) -> dict[str, str]:
        """The handles of those whom we may hear from, by actor, as far as they are known now."""
        known = (await self.talk()).device.names()
        with suppress(Unreachable):
            known |= {one.person.handle: one.person.id for one in await self.friends()}
        return {actor: handle for handle, actor in known.items()} | {self.actor: self.handle}

    async def _id(self, talk: Talk, who: str) -> str:
        """An actor's id. Whom we talk with already nobody is asked for, so that it works offline.

        Raises `Missing` (GRA-3.1) for nobody.
        """
        if who.startswith("https://"):
            return who
        known = talk.device.names()
        if who in known:
            return known[who]
        try:
            person = (await self.relation(who)).person
        except Unreachable:
            # A bare name could be two people's: our node is asked whenever it is there.
            meant = {actor for handle, actor in known.items() if _is_meant(handle, who)}
            if len(meant) == 1:
                return meant.pop()
            raise
        if not person.id:
            raise Missing("GRA-3.1", f"nobody is known as {who}")
        if person.handle:
            talk.device.name(person.handle, person.id)
        return person.id


def _is_meant(handle: str, who: str) -> bool:
    """Whether `who`, in full or as a bare name, is `handle`."""
    full, short = handle.lstrip("@").casefold(), who.lstrip("@").casefold()
    return short in (full, full.partition("@")[0])


@asynccontextmanager
async def _reading(work: Any, talk: Talk) -> AsyncIterator["asyncio.Task[None]"]:
    """A task that reads the stream; its end is told to who waits for what is heard.

    Another one sends what is owed, as soon as that can be sent.
    """
    task: asyncio.Task[None] = asyncio.create_task(work)
    sending = asyncio.create_task(talk.keep_sending())
    task.add_done_callback(lambda _done: talk.heard.put_nowait(None))
    try:
        yield task
    finally:
        task.cancel()
        sending.cancel()
        await asyncio.gather(task, sending, return_exceptions=True)

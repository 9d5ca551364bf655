"""Sealed conversations through the home node: what the device owes is sent, what waits is taken."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from itertools import groupby
from typing import TypeAlias

from node.client import rows
from node.client.device import Device
from node.client.happenings import Happening, Unsent
from node.client.line import Event, Line
from node.client.rows import OutRow, ParkedRow, SaidRow
from node.errors import Conflict, NodeError, Refused, TooMuch, Unreachable
from node.ports import Clock
from node.wire.api.e2ee import (
    Acknowledgement,
    ClaimedPackages,
    ClaimRequest,
    Conversation,
    KeyPackageStock,
    Mailbox,
    MailboxItem,
    NewConversation,
    NewKeyPackages,
    NewSealed,
    PublishedPackage,
    SealedWelcome,
    SentSealed,
)
from node.wire.times import micros

POOL = 50
LOW_POOL = 20
LAST_RESORT_DAYS_LEFT = 25
TRIES = 8
# By the row of the words (empty: a commit): what was owed, and why it will never be taken.
Refusals: TypeAlias = dict[str, tuple[OutRow, Refused]]
# What passes by waiting: no answer, or no room for more just now (E2E-4.7).
Passing: TypeAlias = Unreachable | TooMuch
# The groups that cannot go on now, and what is in their way; None: a commit that is to come.
Stuck: TypeAlias = dict[str, Passing | None]
BURST_SECONDS = 0.25  # an acknowledgement waits so long for more to acknowledge, a complaint too


class Talk:
    """One device's conversations. Calls may come at once: they take turns.

    `heard` is what was said, by whichever way it came; whoever reads the event stream adds the
    rest of it, and None at its end.
    """

    def __init__(
        self, line: Line, device: Device, clock: Clock, settle: Callable[[], None]
    ) -> None:
        self.device = device
        self._line = line
        self._clock = clock
        self._settle = settle
        self._turn = asyncio.Lock()
        self._acknowledging: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()
        self._stirred = asyncio.Event()
        self.heard: asyncio.Queue[Happening | Event | None] = asyncio.Queue()

    def _seconds(self) -> int:
        return int(self._clock.now().timestamp())

    async def prepare(self) -> None:
        """Publish key packages where few are left, and send what an earlier run still owed."""
        found = await self._line.ask("GET", "/key-packages", KeyPackageStock)
        stock = next((one for one in found.stock if one.suite == 1), None)
        left = stock.single_use if stock else 0
        ends = stock.last_resort_expires if stock else None
        stale = ends is None or (ends - self._clock.now()).days < LAST_RESORT_DAYS_LEFT
        count = POOL - left if left < LOW_POOL else 0
        if count or stale:
            async with self._turn:
                made = self.device.new_packages(count, stale, self._seconds())
            packages = [PublishedPackage(content=data, last_resort=last) for data, last in made]
            body = NewKeyPackages(packages=packages)
            await self._line.ask("POST", "/key-packages", KeyPackageStock, body)
        for one in self.device.resume(self._seconds()):
            self.heard.put_nowait(one)
        with suppress(Unreachable, TooMuch):
            await self._flush_and_tell()

    # -- saying ----------------------------------------------------------------------------------

    async def with_actor(self, actor: str) -> str:
        """The conversation with `actor`; a new one when there is none.

        Raises `Forbidden` for who is no friend, `Missing` (E2E-5.6) when they have no device.
        """
        known = self.device.between(actor)
        if known:
            return known[0]
        claimed = await self._line.ask(
            "POST", "/key-packages/claim", ClaimedPackages, ClaimRequest(actor=actor)
        )
        async with self._turn:
            packages = {actor: [package.content for package in claimed.packages]}
            group = self.device.start(packages, self._seconds())
        await self.flush()
        return group

    async def say(self, group: str, text: str) -> SaidRow:
        """Say `text`. When it cannot go out now it stays owed, and `sent` is False.

        Raises `Full` (E2E-4.7) when there is no room for it yet; it stays owed then too.
        """
        async with self._turn:
            said = self.device.say(group, text, micros(self._clock.now()))
        refusals: Refusals = {}
        stuck: Stuck = {}
        with suppress(Unreachable):
            await self._flush(refusals, stuck)
        own = refusals.pop(rows.said_row(group, self.device.actor, said.id), None)
        self._tell(refusals)
        if own is not None:
            raise own[1]
        if isinstance(full := stuck.get(group), TooMuch):
            raise full
        return self.device.said(group, said.id)

    async def flush(self) -> None:
        """Send what is owed, in order. Raises the first refusal for good, or what is in the way.

        What is in the way passes: `Unreachable`, or `Full` (E2E-4.7). What it holds up stays owed.
        """
        refusals: Refusals = {}
        stuck: Stuck = {}
        await self._flush(refusals, stuck)
        for _, refusal in refusals.values():
            raise refusal
        _raise_first(stuck)

    async def keep_sending(self) -> None:
        """Beside whoever listens, for ever: what can go out goes out, as soon as it can."""
        failures = 0
        while True:
            await self._stirred.wait()
            # What was missed in a burst is asked for at once, not one by one.
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), BURST_SECONDS)
            self._stirred.clear()
            try:
                await self._flush_and_tell()
                failures = 0
            except (Unreachable, TooMuch):
                await self._line.rest(failures)
                failures += 1

    async def _flush_and_tell(self) -> None:
        refusals: Refusals = {}
        stuck: Stuck = {}
        try:
            await self._flush(refusals, stuck)
        finally:
            self._tell(refusals)
        _raise_first(stuck)

    def _tell(self, refusals: Refusals) -> None:
        for out, refusal in refusals.values():
            said = self.device.words_of(out)
            if said is not None:
                why = refusal.clause, refusal.reason
                self.heard.put_nowait(Unsent(out.group, said.id, said.text, *why))

    async def _flush(self, refusals: Refusals, stuck: Stuck) -> None:
        """Round after round, until nothing new has to be sent. What waits for others stays owed.

        A server that does not answer delays only the conversations that it has to do with.
        Raises `Unreachable` when that is our own.
        """
        rounds = 0
        try:
            while rounds < TRIES and await self._round(stuck, refusals):
                rounds += 1
        except Unreachable:
            self._stirred.set()
            raise
        if rounds == TRIES or any(stuck.values()):
            self._stirred.set()

    async def _round(self, stuck: Stuck, refusals: Refusals) -> bool:
        """Whether another round is needed, because there is something new to send."""
        async with self._turn:
            self.device.stirred = False
            for name, row in self.device.owed():
                if row.group in stuck:
                    continue
                try:
                    if await self._lost(name, stuck):
                        return True
                except Unreachable as trouble:
                    if not trouble.beyond:
                        raise
                    stuck[row.group] = trouble
                except Refused as refusal:
                    if isinstance(refusal, TooMuch) and refusal.retry_after_seconds is not None:
                        stuck[row.group] = refusal  # the same message is taken later
                        continue
                    self._abandon(name, row, refusal, refusals)
                    return True
            return self.device.stirred

    def _abandon(self, name: str, row: OutRow, refusal: Refused, refusals: Refusals) -> None:
        """It will never be taken; nor will words that a commit had to come before."""
        rest = self.device.owed() if row.commit else [(name, row)]
        for other, waits in rest:
            if waits.group == row.group:
                self.device.abandon(other)
                refusals[waits.said] = waits, refusal

    async def _lost(self, name: str, stuck: Stuck) -> bool:
        """Send what is owed as `name`, and before it the commit that it needs.

        Whether another came first, so that all is to be tried anew.
        """
        while True:
            first, out = self.device.ready(name, self._seconds())
            if await self._post(first, out, stuck):
                return True
            if first == name or out.group in stuck:
                return False

    async def _post(self, name: str, out: OutRow, stuck: Stuck) -> bool:
        ref = await self._ref(out.group)
        body = NewSealed(
            content=out.content,
            welcomes=[
                SealedWelcome(content=content, to=[one.to for one in those])
                for content, those in groupby(out.welcomes, lambda one: one.content)
            ],
        )
        try:
            await self._line.ask(
                "POST", f"/conversations/{ref}/messages", SentSealed, body, once=False
            )
        except Conflict as conflict:
            if conflict.clause == "E2E-3.1":
                raise
            await self._pull()
            if self._lose(name, out):
                return True
            # The commit that came first is still on its way to us.
            stuck[out.group] = None
            return False
        for one in self.device.accepted(name, self._seconds()):
            self.heard.put_nowait(one)
        return False

    def _lose(self, name: str, out: OutRow) -> bool:
        """Another's commit came first: it made all words that wait in this group too old."""
        again = self.device.lost(name)
        for other, waits in self.device.owed():
            if waits.group == out.group and waits.content and not waits.commit:
                self.device.lost(other)
        return again

    async def _ref(self, group: str) -> str:
        row = self.device.conversations()[group]
        if row.ref:
            return row.ref
        members = [actor for actor in row.members if actor != self.device.actor]
        body = NewConversation(group_id=row.group_id, members=members)
        made = await self._line.ask("POST", "/conversations", Conversation, body)
        self.device.created(group, made.ref, made.url)
        return made.ref

    # -- hearing ---------------------------------------------------------------------------------

    async def pull(self) -> None:
        """Take all that waits in the mailbox; what it was is then in `heard`."""
        async with self._turn:
            await self._pull()
        if self.device.stirred:
            with suppress(Unreachable, TooMuch):
                await self._flush_and_tell()

    async def _pull(self) -> None:
        async for page in self._pages():
            for item in page.items:
                self._take(item)
        self._acknowledge()

    def _pages(self) -> AsyncIterator[Mailbox]:
        return self._line.pages("/mailbox", Mailbox)

    async def take(self, item: MailboxItem) -> None:
        """Take one item as the event stream brought it; one that is too large is pulled."""
        if item.content is None:
            await self.pull()
            return
        async with self._turn:
            self._take(item)
        self._acknowledge()
        if self.device.stirred:
            self._stirred.set()

    def _take(self, item: MailboxItem) -> None:
        parked = ParkedRow(
            seq=item.seq,
            ref=item.conversation,
            url=item.url,
            content=item.content or b"",
            at=micros(self._clock.now()),
        )
        for one in self.device.receive(parked, self._seconds()):
            self.heard.put_nowait(one)

    def _acknowledge(self) -> None:
        """Beside the reading, and for a burst at once: the node may forget it a moment later."""
        if self._acknowledging is None or self._acknowledging.done():
            self._acknowledging = asyncio.create_task(self._acknowledge_all())

    async def _acknowledge_all(self) -> None:
        told = -1
        # Unreachable: the next acknowledgement covers this one.
        with suppress(NodeError):
            while told != self.device.cursor:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._closing.wait(), BURST_SECONDS)
                told = self.device.cursor
                body = Acknowledgement(seq=told)
                await self._line.ask("POST", "/mailbox/ack", object, body, once=False)
        self._settle()

    async def close(self) -> None:
        """Let the last acknowledgement out."""
        self._closing.set()
        if self._acknowledging is not None:
            await self._acknowledging


def _raise_first(stuck: Stuck) -> None:
    for trouble in filter(None, stuck.values()):
        raise trouble

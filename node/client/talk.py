"""Sealed conversations through the home node: what the device owes is sent, what waits is taken."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

from node.client.device import Device
from node.client.happenings import Happening
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
BURST_SECONDS = 0.25  # an acknowledgement waits so long for more to acknowledge


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
        with suppress(Unreachable):
            await self.flush()

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
        """Say `text`. When the node cannot be reached it stays owed and `sent` is False."""
        for _ in range(TRIES):
            async with self._turn:
                if not self.device.must_commit(group):
                    said = self.device.say(group, text, micros(self._clock.now()))
                    break
                self.device.commit(group, self._seconds())
            await self.flush()
        else:
            raise Conflict("E2E-5.7", "others keep changing the group: try again")
        with suppress(Unreachable):
            await self.flush()
            said.sent = True
        return said

    async def flush(self) -> None:
        """Send what is owed, in order. Raises `Unreachable`, or the first refusal.

        What is only to wait (E2E-4.7) stays owed, with all that follows it in its group.
        """
        refusal: NodeError | None = None
        waits: set[str] = set()
        for _ in range(TRIES):
            async with self._turn:
                owed = self.device.owed()
                again = False
                for name, out in (each for each in owed if each[1].group not in waits):
                    try:
                        if again := await self._send(name, out):
                            break
                    except Refused as error:
                        refusal = refusal or error
                        if _may_wait(error):
                            waits.add(out.group)
                        else:
                            self.device.abandon(name)
            if not again:
                break
        if refusal is not None:
            raise refusal

    async def _send(self, name: str, out: OutRow) -> bool:
        """Whether something new is owed, because another came first."""
        ref = await self._ref(out.group)
        body = NewSealed(
            content=out.content,
            welcomes=[SealedWelcome(to=one.to, content=one.content) for one in out.welcomes],
        )
        try:
            await self._line.ask(
                "POST", f"/conversations/{ref}/messages", SentSealed, body, once=False
            )
        except Conflict:
            await self._pull()
            self._lose(name, out)
            return True
        self.device.accepted(name, self._seconds())
        return False

    def _lose(self, name: str, out: OutRow) -> None:
        """Another's commit came first: it made all words that wait in this group too old."""
        self.device.lost(name)
        for other, waits in self.device.owed():
            if waits.group == out.group and not waits.commit and other != name:
                self.device.lost(other)

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


def _may_wait(error: Refused) -> bool:
    """Whether the same message is taken later: there is no room, or the pace was too high."""
    return isinstance(error, TooMuch) and error.retry_after_seconds is not None

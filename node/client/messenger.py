"""Sealed conversations through the home node: what the device owes is carried, what waits is read.

What to do is the device's to say (`node.client.exchange`); here it is done.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from node.client import behind, stocking
from node.client.api_client import ApiClient
from node.client.archive_carrier import ArchiveCarrier
from node.client.carrier import Carrier, epoch_in, is_lost_race
from node.client.conversation_events import ConversationEvent, ConversationJoined, MembersChanged
from node.client.device import Device
from node.client.event_stream import Event
from node.client.exchange import Accepted, Carried, Fetch, LostRace, Outcome, Send, Tell, Wait
from node.client.following import Following
from node.client.going_on import GoingOn
from node.client.grouping import Grouping
from node.client.key_keeper import KeyKeeper
from node.client.lookups import Lookups
from node.client.rows import MessageRow, ParkedRow
from node.client.seat import CLAUSES as SEAT_CLAUSES
from node.client.seating import Seating
from node.client.sent import Sent
from node.client.words import Words
from node.errors import Conflict, NodeError, NoRoom, Refused, Unreachable, will_pass
from node.ports import Clock
from node.wire.api.e2ee import (
    Acknowledgement,
    ClaimedPackages,
    ClaimRequest,
    Mailbox,
    MailboxItem,
)
from node.wire.times import micros

BURST_SECONDS = 0.25  # a burst is over when nothing came for so long; a complaint waits so long too
LONGEST_BURST = 4  # of these: then what came so far is acknowledged
# Bursts without an end: nobody's talk keeps what was removed in the log for ever.
SETTLED_AFTER = 10


class Messenger:
    """One device's conversations. Calls may come at once: they take turns.

    `heard` is what happened in them, by whichever way it came; whoever reads the event stream adds
    the rest of it, and None at its end.
    """

    def __init__(
        self,
        api: ApiClient,
        device: Device,
        clock: Clock,
        settle: Callable[[], None],
        id: str = "",
    ) -> None:
        """`id` is what the home node calls the device; without it the account gets no keys here."""
        self.device = device
        self.keys = KeyKeeper(api, device, id, self._seconds, self.tell)
        self.lookups = Lookups(api, device, self.keys, self._seconds, self.tell)
        self._seating = Seating(api, device, self._seconds, self.tell)
        self._following = Following(device, self._claim, self.keys.keep, self._seconds)
        self._going_on = GoingOn(device, self._claim, self.flush, self._seconds)
        self.grouping = Grouping(device, self._claim, self._change, self.tell, self._seconds)
        self.heard: asyncio.Queue[ConversationEvent | Event | None] = asyncio.Queue()
        self._api = api
        self._carrier = Carrier(api)
        self._clock = clock
        self._settle = settle
        # One reads the mailbox at a time, or a page would come after what is behind it.
        self._reading = asyncio.Lock()
        self._sending = asyncio.Lock()
        # What kept this device from its seat, when it last tried to send.
        self._away: NodeError | None = None
        self._work = asyncio.Event()
        self._closing = asyncio.Event()
        self._finishing: asyncio.Task[None] | None = None
        self._acknowledged = 0
        self.archive = ArchiveCarrier(api, device.archive, clock, self.tell)
        self._happened = 0  # what was taken in, and what was sent
        self.tell(device.untold.events())  # by a run that ended before anybody heard of it

    def _seconds(self) -> int:
        return int(self._clock.now().timestamp())

    def tell(self, events: Iterable[ConversationEvent]) -> None:
        for event in events:
            self.heard.put_nowait(event)

    async def prepare(self) -> None:
        """See to the account's keys, publish key packages where few are left, and send what an
        earlier run still owed.

        Raises `Conflict` (ACC-4.4) when another copy of this vault is the device.
        """
        await self._seating.take()
        await self.keys.keep()
        self.archive.look()
        now, is_news = self._clock.now(), self.device.rosters.learn()
        await stocking.publish(self._api, self.device, now, is_news)
        await self._send_and_tell()

    def ready(self, device: str) -> None:
        """A device of our account has key packages now (E2E-2.11)."""
        self._following.ready(device)
        self._work.set()

    # -- saying, and who takes part --------------------------------------------------------------

    async def with_actor(self, actor: str) -> str:
        """The conversation with `actor`; a new one when there is none.

        Raises `Forbidden` for who is no friend, `Missing` (E2E-5.6) when they have no device.
        """
        known = self.device.between(actor)
        if known:
            return known[0]
        group = self.device.start({actor: await self._claim(actor)}, self._seconds())
        await self.flush()
        return group

    async def go_on(self, actor: str) -> tuple[str, int]:
        """Go on with the device that `actor` has now (`GoingOn`). Raises as `with_actor`."""
        return await self._going_on.by_word(actor)

    async def say(self, group: str, text: str, reply: str = "", author: str = "") -> MessageRow:
        """Say `text`. When it cannot go out now it stays owed, and `sent` is False: see `held`."""
        said = await self.in_words(group, lambda of, now: of.say(group, text, now, reply, author))
        assert said is not None, "words are always said"
        return said

    async def in_words(
        self, group: str, deed: Callable[[Words, int], MessageRow | None]
    ) -> MessageRow | None:
        """Say something, or change what was said, as `say` does; None where nothing is said."""
        with suppress(NodeError):  # who refuses it is met when the words go out
            await self.lookups.before_words(group)
        said = deed(self.device.words, micros(self._clock.now()))
        if said is None:
            return None
        sent = await self._send()
        self._raise_first(sent, said.id)
        return self.device.said(group, said.id)

    def held(self, group: str) -> NodeError | None:
        """What is in the way of what is owed to one conversation."""
        return self._away or self.device.held(group)

    async def add(self, group: str, *actors: str) -> None:
        """Take actors in with all their devices; owed while the relay cannot be reached. Raises
        `Forbidden` for who is no friend, `Conflict` (DEV-4.5) when all of them are in."""
        packages = {actor: await self._claim(actor) for actor in actors}
        self.device.add(group, packages, self._seconds())
        await self._change()

    async def remove(self, group: str, *actors: str) -> None:
        """Take actors out of a conversation. Raises `Conflict` (DEV-4.5) when none is in."""
        self.device.remove(group, actors, self._seconds())
        await self._change()

    async def leave(self, group: str) -> None:
        """Ask the others to take this device out of a conversation."""
        self.tell(self.device.leave(group, self._seconds()))
        await self._change()

    async def _claim(self, actor: str, devices: Iterable[str] = ()) -> list[bytes]:
        """One key package of each device of an actor that may be spoken to (DEV-16.6), or of those
        that are named."""
        await self.lookups.before_adding(actor)
        body = ClaimRequest(actor=actor, devices=[*devices])
        found = await self._api.ask("POST", "/key-packages/claim", ClaimedPackages, body)
        packages = [package.content for package in found.packages]
        return await self.lookups.sift(actor, packages, meant=not body.devices)

    async def _change(self) -> None:
        with suppress(Unreachable):
            self._raise_first(await self._send())  # what is in the way stays owed

    # -- sending ---------------------------------------------------------------------------------

    async def flush(self) -> None:
        """Send what is owed, in order. Raises the first refusal for good, or what is in the way.

        What is in the way passes: `Unreachable`, or `Full` (E2E-4.7). What it holds up stays owed.
        """
        sent = await self._send()
        self._raise_first(sent)
        if sent.wait.reason is not None:
            raise sent.wait.reason

    def _raise_first(self, sent: Sent, words: str = "") -> None:
        """One refusal is raised, and so heard; the others are told."""
        first = sent.first(words)
        self.tell(event for event, _ in sent.refused if first is None or event is not first[0])
        if first is not None:
            self.device.untold.heard(first[:1])
            raise first[1]

    async def keep_sending(self) -> None:
        """Beside whoever listens, for ever: what can go out goes out, as soon as it can."""
        failures = 0
        while True:
            await self._await_work()
            # What was missed in a burst is asked for at once, not one by one.
            await self._pause()
            self._work.clear()
            wait = await self._send_and_tell()
            if wait.reason is None:
                failures = 0
                continue
            self._work.set()
            await self._api.rest(failures)
            failures += 1

    async def _await_work(self) -> None:
        """For something to send, or for time to change what is in the way (DEV-9.6, DEV-17)."""
        now = self._seconds()
        rests = self.device.trust.rest(now), behind.rest(self.device.state, now)
        rest = min(*rests, self._following.rest(), self.device.repair.rest(now))
        with suppress(TimeoutError):
            await asyncio.wait_for(self._work.wait(), rest)

    async def _pause(self) -> None:
        """For a burst to pass, or the end to come."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), BURST_SECONDS)

    async def _send_and_tell(self) -> Wait:
        with suppress(NodeError):  # who refuses it is met below
            await self._seating.take()
            if behind.is_due(self.device.state, self._seconds()):
                await self._read_mailbox()  # an hour in vain is found out though nothing comes
            await self.lookups.round()
        wait = await self._send_told()
        with suppress(NodeError):
            await self._following.round()  # no words wait for a claim
        if not self.device.has_work:
            return wait
        wait = await self._send_told()
        self.device.trust.followed()  # whom the round added may be there now
        return wait

    async def _send_told(self) -> Wait:
        sent = await self._send()
        self.tell(event for event, _ in sent.refused)
        return sent.wait

    async def _send(self) -> Sent:
        """Do what the device says is to be done, until it says to wait."""
        sent = Sent()
        async with self._sending:
            self.device.retry()
            self._away = None
            try:
                await self._seating.take()
            except NodeError as error:
                if not will_pass(error):
                    raise
                self._away = error
                sent.wait = Wait(error)
                return sent
            self.lookups.tend()
            try:
                self.device.repair.tend(self._seconds())
                sent.wait = await self._send_owed(sent)
            except NoRoom as error:  # on this machine: what is owed is kept, and goes on later
                self._away = error
                sent.wait = Wait(error)
                return sent
        if sent.wait.reason is not None:
            self._work.set()
        self._finish_later()
        return sent

    async def _send_owed(self, sent: Sent) -> Wait:
        while not isinstance(asked := self.device.next(self._seconds()), Wait):
            if isinstance(asked, Tell):
                sent.refused += [(event, asked.error) for event in asked.events]
                continue
            outcome = await self._carry(asked)
            events = self.device.tell(asked, outcome, self._seconds())
            if isinstance(outcome, Refused):
                sent.refused += [(event, outcome) for event in events]
            else:
                self.tell(events)
        return asked

    async def _carry(self, asked: Carried) -> Outcome:
        try:
            if isinstance(asked, Fetch):
                await self._read_mailbox()
                return Accepted()
            return await self._carrier.carry(asked)
        except (Refused, Unreachable) as error:
            if isinstance(error, Refused) and error.clause in SEAT_CLAUSES:
                raise  # the vault is frozen by then (`Seating`)
            lost = isinstance(asked, Send) and isinstance(error, Conflict) and is_lost_race(error)
            return LostRace(epoch_in(error)) if lost else error

    # -- reading ---------------------------------------------------------------------------------

    async def pull(self) -> None:
        """Take in all that waits in the mailbox; what it was is then in `heard`."""
        self._closing.clear()  # who asks is not at their end
        await self._read_mailbox()
        if self._is_due:
            await self._send_and_tell()

    @property
    def _is_due(self) -> bool:
        """Whether there is something to do now, of whichever kind."""
        return self.device.has_work or self.lookups.is_due or not self.device.trust.is_followed

    async def _read_mailbox(self) -> None:
        async with self._reading:
            async for page in self._api.pages("/mailbox", Mailbox):
                self._receive(page.items, page.incarnation)
            self.tell(self.device.look_behind(self._seconds()))
        self._finish_later()

    async def take(self, items: Sequence[MailboxItem]) -> None:
        """Take in what the event stream brought at once; what is too large for it is pulled."""
        if any(item.content is None for item in items):
            await self.pull()
            return
        async with self._reading:
            self._receive(items)
            if self.device.may_be_behind:
                self.tell(self.device.look_behind(self._seconds()))
        self._finish_later()
        if self._is_due:
            self._work.set()

    def _receive(self, items: Iterable[MailboxItem], incarnation: str = "") -> None:
        at = micros(self._clock.now())
        found = [
            ParkedRow(
                seq=item.seq,
                ref=item.conversation,
                url=item.url,
                content=item.content or b"",
                at=at,
            )
            for item in items
        ]
        told = self.device.receive(found, self._seconds(), incarnation)
        if any(isinstance(one, ConversationJoined | MembersChanged) for one in told):
            self.lookups.look_soon()
        self.tell(told)
        self._acknowledged = min(self._acknowledged, self.device.cursor)

    def _finish_later(self) -> None:
        """Beside all else, and for a burst at once: acknowledge, and write what was postponed."""
        if self._closing.is_set():
            return  # the vault is about to be closed; what was read now comes again (DEV-2.5)
        self.archive.wake()
        self._happened += 1
        if self._finishing is None or self._finishing.done():
            self._finishing = asyncio.create_task(self._finish())

    async def _finish(self) -> None:
        # Unreachable: the next acknowledgement covers this one.
        with suppress(NodeError):
            goes_on, bursts = False, 0
            while goes_on or self.device.waits or self._acknowledged < self.device.cursor:
                goes_on, bursts = await self._burst(), bursts + 1
                self.device.settle()
                if self._acknowledged < (cursor := self.device.cursor):
                    body = Acknowledgement(seq=cursor)
                    await self._api.ask("POST", "/mailbox/ack", object, body, once=False)
                    self._acknowledged = cursor
                if bursts % SETTLED_AFTER == 0:
                    self._settle()
        # It takes longer than all the rest: not in the middle of a talk, nor without room.
        with suppress(NoRoom):
            self._settle()

    async def _burst(self) -> bool:
        """Wait for the end of a burst, so that there is one request for all of it.

        Whether it goes on: it was long enough.
        """
        for _ in range(LONGEST_BURST):
            before = self._happened
            await self._pause()
            if self._closing.is_set() or self._happened == before:
                return False
        return True

    async def close(self) -> None:
        """Let the last acknowledgement out."""
        self._closing.set()
        if self._finishing is not None:
            await self._finishing
        await self.archive.close()
        with suppress(NoRoom):  # what may wait comes again (DEV-2.5)
            self.device.settle()

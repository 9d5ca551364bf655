"""The verbs of sealed conversations, and of listening (spec E2E-5, API-7).

The vault is opened by the first of them, and stays locked until they are closed.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    aclosing,
    asynccontextmanager,
    contextmanager,
)
from datetime import datetime, timedelta
from itertools import count
from typing import Final

import msgspec

from node.client import group_names, unfetched
from node.client.api_client import ApiClient
from node.client.conversation_events import ConversationEvent
from node.client.device_trust import Standing
from node.client.event_stream import Event
from node.client.group_names import AMBIGUOUS, is_meant
from node.client.groups import former
from node.client.messenger import Messenger
from node.client.people import People
from node.client.profile import Profile
from node.client.rows import MessageRow
from node.errors import (
    Conflict,
    Malformed,
    Missing,
    NodeError,
    Refused,
    TooMuch,
    Unreachable,
    will_pass,
)
from node.ports import Clock
from node.wire.api.e2ee import MailboxItem
from node.wire.api.graph import Relation
from node.wire.times import MICROS, from_seconds

Opening = Callable[[], AbstractAsyncContextManager[Messenger]]
READY = "device_ready"  # another device of the account has key packages now (E2E-2.11)
# A stream begins, or this device is told that few of its key packages are left.
CATCH_UP = ("hello", "reset", "key_packages")

MOST_NAMES: Final = 16  # that are asked for at once
MOST_SILENT: Final = 3


class Conversations:
    """A conversation is named by its group id in hex; `who` is that, or somebody's handle."""

    def __init__(
        self, api: ApiClient, own: Profile, people: People, opening: Opening, clock: Clock
    ) -> None:
        self._api = api
        self._clock = clock
        self._own = own
        self._people = people
        self._opening = opening
        self._opened = AsyncExitStack()
        self._messenger: Messenger | None = None
        self._turn = asyncio.Lock()

    async def close(self) -> None:
        """Let the last word out, and the vault go."""
        self._messenger = None
        await self._opened.aclose()

    async def talk(self) -> Messenger:
        """The open conversations; opens the vault and takes what waits, the first time."""
        async with self._turn:
            if self._messenger is None:
                self._messenger = await self._opened.enter_async_context(self._opening())
                try:
                    await self._messenger.prepare()
                    await self._messenger.pull()
                except NodeError as error:
                    # What is here can be read all the same.
                    frozen = isinstance(error, Conflict) and self._messenger.device.frozen
                    if not (frozen or will_pass(error)):
                        raise
        return self._messenger

    async def talk_to(self, who: str) -> str:
        """The conversation with somebody; a new one if there is none.

        Raises `Forbidden` for who is no friend, `Missing` (E2E-5.6) when they have no device.
        """
        messenger = await self.talk()
        messenger.device.check_seat()
        if group := group_names.meant(messenger.device.state, who):
            if group != who and not re.search(r"\s", who):
                await self._check_no_person(who)
            return group
        actor = await self._id(messenger, who)
        return await messenger.with_actor(actor)

    async def _check_no_person(self, who: str) -> None:
        """Whoever begins a group may call it like a friend. Raises `Conflict` (DEV-19.3)."""
        if any(is_meant(handle, who) for handle in (await self.names()).values()):
            raise Conflict("DEV-19.3", AMBIGUOUS.format(who=who))

    async def id_of(self, who: str) -> str:
        """Somebody's id. Raises `Missing` (GRA-3.1) for nobody."""
        return await self._id(await self.talk(), who)

    async def say(self, who: str, text: str, reply: str = "", author: str = "") -> MessageRow:
        """Say `text`, as an answer to the message with the id `reply`, which `author` said.

        What cannot go out now is kept, and `sent` is False: see `in_the_way`.

        Raises as `talk_to`, `Missing` (DEV-18.6), and what refuses it for good.
        """
        conversation = await self.talk_to(who)
        return await (await self.talk()).say(conversation, text, reply, author)

    async def in_the_way(self, who: str) -> str:
        """Why words to somebody wait, in a sentence; "" when nothing is known to be in the way."""
        held = await self._held(who)
        if isinstance(held, Refused):
            return held.reason
        return str(held) if held else ""

    async def standings(self, who: str) -> dict[str, Standing]:
        """What is known of the keys of each one with whom one speaks there (DEV-16)."""
        groups = await self.conversations_with(who)
        device, now = (await self.talk()).device, int(self._clock.now().timestamp())
        here = [group for group in groups[:1] if group in device.state.groups]
        return device.trust.standing(here[0], now) if here else {}

    async def unfetched(self, who: str) -> dict[str, dict[str, datetime]]:
        """Which of our words wait at the server of somebody whose devices fetch nothing, by id:
        whose, and since when, as that server said (DEV-10.7)."""
        device = (await self.talk()).device
        found: dict[str, dict[str, datetime]] = {}
        for group in await self.conversations_with(who):
            late = unfetched.of(device.state, group)
            for row in device.history(group) if late else ():
                since = {actor: at for actor, at in late.items() if row.at >= at * MICROS}
                if since and row.actor == device.actor and row.sent:
                    found[row.id] = {a: from_seconds(at) for a, at in since.items()}
        return found

    async def next_try(self, who: str) -> datetime | None:
        """When words that wait may go out, where a server said so. They do as `kith` runs then."""
        held = await self._held(who)
        seconds = held.retry_after_seconds if isinstance(held, TooMuch) else None
        return None if seconds is None else self._clock.now() + timedelta(seconds=seconds)

    async def _held(self, who: str) -> NodeError | None:
        groups = await self.conversations_with(who)
        messenger = await self.talk()
        return messenger.held(groups[0]) if groups else None

    async def catch_up(self) -> None:
        """Take in what waits for this device now; what it was is then in `told`."""
        with _passing():
            await (await self.talk()).pull()

    async def go_on(self, who: str) -> int:
        """Go on with the device that somebody has now, as nothing does by itself (DEV-10.4).

        A new conversation, unless they began one; what no device of theirs could read is said
        there: how many words that are. Raises as `talk_to`.
        """
        messenger = await self.talk()
        messenger.device.check_seat()
        _, moved = await messenger.go_on(await self._id(messenger, who))
        return moved

    async def told(self) -> list[ConversationEvent]:
        """What happened while nobody listened, as far as it is known; each once."""
        await self.talk()
        return self.untold()

    def untold(self) -> list[ConversationEvent]:
        """As `told`, of what was heard so far: the vault is not opened for it."""
        found: list[ConversationEvent] = []
        while self._messenger is not None and not self._messenger.heard.empty():
            one = self._messenger.heard.get_nowait()
            if one is not None and not isinstance(one, Event):
                found.append(one)
        if self._messenger is not None:
            self._messenger.device.untold.heard(found)
        return found

    async def conversations_with(self, who: str) -> list[str]:
        """The conversations of just us and somebody, first the one that `say` uses; often one."""
        device = (messenger := await self.talk()).device
        if group := group_names.meant(device.state, who):
            return [group]
        return device.between(await self._id(messenger, who))

    async def history(self, who: str) -> list[MessageRow]:
        """What was said, the oldest first; nothing is asked of anybody but the mailbox."""
        groups = await self.past_and_present(who)
        return (await self.talk()).device.history(*groups)

    async def past_and_present(self, who: str) -> list[str]:
        """As `conversations_with`, and those of which this device has the history only: it is out
        of them, or it was never in."""
        device = (messenger := await self.talk()).device
        if who in device.archive.conversations():
            return [who]
        groups = await self.conversations_with(who)
        if group_names.meant(device.state, who):
            return groups
        actor = await self._id(messenger, who)
        every = device.conversations().items()
        pairs = {one: row for one, row in every if device.rosters.of(one) is None}
        ended = former(pairs, device.actor, actor, device.history)
        return list(dict.fromkeys([*groups, *ended, *device.archive.between(actor)]))

    async def conversations(self) -> dict[str, list[str]]:
        """The actors in each conversation that this device takes part in."""
        rows = (await self.talk()).device.conversations()
        return {group: row.members for group, row in rows.items() if not row.left}

    def events(self, after: str = "") -> AsyncGenerator[Event, None]:
        """Events, for ever; cuts are mended. `after` is the id of the last one that was seen."""
        return self._api.events(after)

    async def listen(self, after: str = "") -> AsyncGenerator[ConversationEvent | Event, None]:
        """What is said to us, opened, and every other event, for ever; cuts are mended.

        Raises what ends it for good: `Unproven` when this device was revoked.
        """
        messenger = await self.talk()
        messenger.device.check_seat()
        async with _reading(self._read(messenger, after), messenger) as reader:
            # The end of an earlier reader may still stand in the queue.
            while (one := await messenger.heard.get()) is not None or not reader.done():
                if one is None:
                    continue
                yield one
                if not isinstance(one, Event):
                    messenger.device.untold.heard([one])
            await reader

    async def _read(self, messenger: Messenger, after: str) -> None:
        async with aclosing(self._api.event_bursts(after)) as bursts:
            async for burst in bursts:
                for event in burst:
                    if event.kind == READY:
                        messenger.ready(str(event.data.get("device")))
                if any(event.kind in CATCH_UP for event in burst):
                    await self._catch_up(messenger)
                sealed = [event.data for event in burst if event.kind == "sealed"]
                if sealed:
                    await self._take(messenger, msgspec.convert(sealed, list[MailboxItem]))
                for event in burst:
                    if event.kind != "sealed":
                        messenger.heard.put_nowait(event)

    async def _catch_up(self, messenger: Messenger) -> None:
        """What came while nobody listened is in the mailbox; the key packages may be used up."""
        for failures in count():
            try:
                await messenger.prepare()
                await messenger.pull()
                break
            except NodeError as error:
                if not will_pass(error):
                    raise
                await self._api.rest(failures)

    async def _take(self, messenger: Messenger, items: list[MailboxItem]) -> None:
        try:
            await messenger.take(items)
        except NodeError as error:
            if not will_pass(error):
                raise
            await self._catch_up(messenger)

    async def names(self) -> dict[str, str]:
        """The handles of those whom we may hear from, by actor, as far as they are known now."""
        device = (await self.talk()).device
        known = device.known_handles()
        with _passing():
            # A frozen vault is only read: nobody is asked for that (DEV-8.2).
            friends = [] if device.frozen else await self._people.friends()
            known |= {one.person.handle: one.person.id for one in friends}
            known |= {} if device.frozen else await self._met_in_groups({*known.values()})
        return {actor: handle for handle, actor in known.items()} | {
            self._own.actor: self._own.handle
        }

    async def _met_in_groups(self, known: set[str]) -> dict[str, str]:
        """The handles of those whom others brought into groups of ours. Each is asked for once, and
        who has none again after a day: till then their address is their name (DEV-19.7)."""
        device, now = (await self.talk()).device, int(self._clock.now().timestamp())
        met = {one for row in device.conversations().values() for one in row.members}
        unnamed = sorted(met - known - {device.actor})
        unknown = [one for one in unnamed if not device.rosters.is_nameless(one, now)]
        found: dict[str, str] = {}
        silent = 0
        for actor in [one for one in unknown if not device.rosters.is_nameless(one, now)][
            :MOST_NAMES
        ]:
            if silent == MOST_SILENT:
                break  # nobody waits for one server after the other
            try:
                person = (await self._people.relation(actor)).person
            except NodeError as error:
                if isinstance(error, Unreachable) and not error.beyond:
                    break  # our own node: it says nothing of them
                silent += will_pass(error)
                device.rosters.note_nameless(actor, now)
                continue
            if person.handle:
                device.remember(person.handle, actor)
                found[person.handle] = actor
            else:
                device.rosters.note_nameless(actor, now)
        return found

    async def _relation(self, who: str) -> Relation:
        try:
            return await self._people.relation(who)
        except Malformed:
            if "@" in who:
                raise
            nobody = f"no group and no friend is called {who}: kith chats lists your talks"
            raise Missing("DEV-19.3", nobody) from None

    async def _id(self, messenger: Messenger, who: str) -> str:
        """An actor's id. Nobody is asked for whom we talk with already: that works offline.

        Raises `Missing` (GRA-3.1) for nobody.
        """
        if who.startswith("https://"):
            return who
        if known := messenger.device.known_as(who):
            return known
        known_handles = messenger.device.known_handles().items()
        meant = [actor for handle, actor in known_handles if is_meant(handle, who)]
        if messenger.device.frozen and len(set(meant)) == 1:
            return meant[0]
        try:
            person = (await self._relation(who)).person
        except NodeError as error:
            # A bare name could be two people's: our node is asked whenever it is there.
            if will_pass(error) and len(set(meant)) == 1:
                return meant[0]
            raise
        if not person.id:
            raise Missing("GRA-3.1", f"nobody is known as {who}")
        if person.handle:
            messenger.device.remember(person.handle, person.id)
        return person.id


@contextmanager
def _passing() -> Iterator[None]:
    """Do without it, where it only has to be tried again later."""
    try:
        yield
    except NodeError as error:
        if not will_pass(error):
            raise


@asynccontextmanager
async def _reading(
    work: Coroutine[object, object, None], messenger: Messenger
) -> AsyncIterator["asyncio.Task[None]"]:
    """A task that reads the stream; its end is told to who waits for what is heard.

    Another one sends what is owed, as soon as that can be sent.
    """
    task: asyncio.Task[None] = asyncio.create_task(work)
    sending = asyncio.create_task(messenger.keep_sending())
    task.add_done_callback(lambda _done: messenger.heard.put_nowait(None))
    try:
        yield task
    finally:
        task.cancel()
        sending.cancel()
        await asyncio.gather(task, sending, return_exceptions=True)

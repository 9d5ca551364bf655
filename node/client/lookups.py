"""Whose keys a device asks for, asked of its home node (spec DEV-16.1, KEY-7.7)."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from node.client import stops
from node.client.api_client import ApiClient
from node.client.conversation_events import ConversationEvent
from node.client.device import Device
from node.client.key_keeper import KeyKeeper
from node.client.looking import Look, Shown
from node.client.seat import CLAUSES as SEAT_CLAUSES
from node.errors import Malformed, NodeError, Refused, Unproven, Unreachable, will_pass
from node.wire.api.keys import ActorKeys
from node.wire.ids import Origin, origin

REST_SECONDS: Final = 60  # so long nobody is asked again about the same
PATIENCE_SECONDS: Final = 3.0  # so long a round waits for the servers of others
MOST_AT_ONCE: Final = 8


class _Hold:
    """A group in which nothing goes out until some looks are made, or their time is over."""

    def __init__(self, looks: Iterable[Look], go_on: Callable[[], None]) -> None:
        self._looks = {*looks}
        self.go_on = go_on
        self.made()

    def made(self, *looks: Look) -> None:
        self._looks.difference_update(looks)
        if not self._looks:
            self.go_on()


class Lookups:
    """Those of one device. A server that does not answer is in the way of nothing here."""

    def __init__(
        self,
        api: ApiClient,
        device: Device,
        keys: KeyKeeper,
        seconds: Callable[[], int],
        tell: Callable[[Iterable[ConversationEvent]], None],
    ) -> None:
        self._api = api
        self._device = device
        self._keys = keys
        self._seconds = seconds
        self._tell = tell
        self._asked: dict[Look, int] = {}
        self._under_way: dict[Look, asyncio.Future[Shown | NodeError | None]] = {}
        self._holds: list[_Hold] = []
        self._last_round: int | None = None

    def look_soon(self) -> None:
        """Somebody came: with the next round they are asked for."""
        self._last_round = None

    @property
    def is_due(self) -> bool:
        """Whether a round is due."""
        return self._last_round is None or not self._is_recent(self._last_round)

    def _is_recent(self, at: int) -> bool:
        """Whether that was in the last minute; a clock that was set back makes none longer."""
        return 0 <= self._seconds() - at < REST_SECONDS

    def tend(self) -> None:
        """Time passed: look again at what is in the way."""
        if self._device.trust.has_doubts:
            self._tell(self._device.trust.tend(self._seconds()))

    async def round(self) -> None:
        """Ask for those to whom something is owed, and for whom a leaf gives reason to."""
        trust, now = self._device.trust, self._seconds()
        owed = self._device.state.groups_with("owed")
        asked = {group: trust.before_words(group, now) for group in owed}
        wanted = []
        if self.is_due:
            self._last_round = now
            wanted = trust.wanted(now)
        await self._ask_for(asked, wanted)

    async def before_words(self, group: str) -> None:
        """Before something is said in a group."""
        await self._ask_for({group: self._device.trust.before_words(group, self._seconds())})

    async def _ask_for(self, asked: Mapping[str, list[Look]], wanted: Iterable[Look] = ()) -> None:
        """What is owed to these groups is not sealed meanwhile, whoever sends (DEV-16.1)."""
        holds = [_Hold(looks, self._device.hold_back(group)) for group, looks in asked.items()]
        self._holds += holds
        try:
            await self._ask([*(look for looks in asked.values() for look in looks), *wanted])
        finally:
            for hold in holds:
                hold.go_on()
                self._holds.remove(hold)

    def _made(self, *looks: Look) -> None:
        for hold in self._holds:
            hold.made(*looks)

    async def sift(self, actor: str, packages: list[bytes], meant: bool = True) -> list[bytes]:
        """The packages of those devices of `actor` that may be added; of the others it is told, of
        what cannot be used where a person `meant` to add them.

        Raises `Forbidden` (KEY-5.2) when none is left.
        """
        trust = self._device.trust
        await self._ask(trust.ahead_of(actor, packages, self._seconds()))
        kept, told = trust.sift(actor, packages, self._seconds())
        if packages and not kept:
            raise trust.refusal(actor, told)
        self._tell(one for one in told if meant or one.seen != stops.UNFIT)
        return kept

    async def before_adding(self, actor: str) -> None:
        """Before the devices of somebody are added."""
        await self._ask(self._device.trust.before_adding(actor, self._seconds()))

    async def _ask(self, looks: Iterable[Look]) -> None:
        """Several servers at once, for a few seconds in all: none of them keeps words waiting."""
        self._asked = {look: at for look, at in self._asked.items() if self._is_recent(at)}
        lines: dict[Origin | str, list[Look]] = {}
        for look in dict.fromkeys(looks):
            if look.actor == self._device.actor:
                # Our own node; and a change of our keys is not cut off.
                await self._ask_one(look, set())
                self._made(look)
            else:
                lines.setdefault(_server(look.actor), []).append(look)
        gate, open = asyncio.Semaphore(MOST_AT_ONCE), set[str]()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS), asyncio.TaskGroup() as group:
                for line in lines.values():
                    group.create_task(self._ask_server(line, gate, open))
        except TimeoutError:
            for actor in open:
                self._hear(actor, Unreachable("their server takes too long", beyond=True))
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None

    async def _ask_server(self, line: list[Look], gate: asyncio.Semaphore, open: set[str]) -> None:
        """Ask for the actors of one server, until it does not answer; `open` is who is asked."""
        async with gate:
            for look in line:
                if isinstance(await self._ask_one(look, open), Unreachable):
                    break
                self._made(look)
        self._made(*line)

    async def _ask_one(self, look: Look, open: set[str]) -> Shown | NodeError | None:
        if look in self._under_way:
            # Somebody else asks: what is said meanwhile waits for it too. But for our own keys,
            # whose look has no end of patience and may itself wait for who asks here.
            is_own = look.actor == self._device.actor
            return None if is_own else await asyncio.shield(self._under_way[look])
        if look in self._asked and self._is_recent(self._asked[look]):
            return None
        self._asked[look] = self._seconds()
        self._under_way[look] = answer = asyncio.get_running_loop().create_future()
        outcome: Shown | NodeError | None = None
        open.add(look.actor)
        try:
            outcome = await self._answer(look)
            open.discard(look.actor)
        finally:
            del self._under_way[look]
            self._made(look)  # before others hear of it: what they say goes out at once
            answer.set_result(outcome)
        return outcome

    async def _answer(self, look: Look) -> Shown | NodeError | None:
        """What came of it, taken in."""
        outcome = await self._carry(look)
        is_ours = isinstance(outcome, Unreachable) and not outcome.beyond  # our own node is away
        if outcome is not None and not is_ours:
            self._hear(look.actor, outcome)
        return outcome

    def _hear(self, actor: str, outcome: Shown | NodeError) -> None:
        self._tell(self._device.trust.answered(actor, outcome, self._seconds()))

    async def _carry(self, look: Look) -> Shown | NodeError | None:
        """What came of it; None where it is our own account's keys that were read."""
        try:
            if look.actor == self._device.actor:
                await self._keys.keep()
                return None
            query = {"actor": look.actor, "least": look.least}
            found = await self._api.ask("GET", "/keys", ActorKeys, query=query)
        except (Refused, Unreachable) as error:
            seat = isinstance(error, Refused) and error.clause in SEAT_CLAUSES
            # Keys of theirs that are not proven are an answer; that our token is not good is none.
            is_token = isinstance(error, Unproven) and not error.clause.startswith("KEY-")
            if seat or (is_token and not will_pass(error)):
                raise
            return error
        return Shown(found.delegation, found.list)


def _server(actor: str) -> Origin | str:
    try:
        return origin(actor)
    except Malformed:  # a leaf may say anything; the home node refuses to ask there
        return actor

"""Whose keys a device asks for, asked of its home node (spec DEV-16.1, KEY-7.7)."""

from collections.abc import Callable, Iterable
from typing import Final

from node.client.api_client import ApiClient
from node.client.conversation_events import ConversationEvent
from node.client.device import Device
from node.client.key_keeper import KeyKeeper
from node.client.looking import Look, Shown
from node.client.seat import CLAUSES as SEAT_CLAUSES
from node.errors import NodeError, Refused, Unproven, Unreachable, will_pass
from node.wire.api.keys import ActorKeys
from node.wire.ids import same_origin

REST_SECONDS: Final = 60  # so long nobody is asked again about the same


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
        self._next_round = 0

    def look_soon(self) -> None:
        """Somebody came: with the next round they are asked for."""
        self._next_round = 0

    @property
    def is_due(self) -> bool:
        """Whether a round is due."""
        return self._seconds() >= self._next_round

    async def round(self) -> None:
        """Ask for whom a leaf gives reason to, and for those to whom something is owed."""
        trust, now = self._device.trust, self._seconds()
        if trust.has_doubts:
            self._tell(trust.tend(now))
        for group in self._device.state.groups_with("owed"):
            await self._ask(trust.before_words(group, now))
        if self.is_due:
            self._next_round = now + REST_SECONDS
            await self._ask(trust.wanted(now))

    async def before_words(self, group: str) -> None:
        """Before something is said in a group."""
        await self._ask(self._device.trust.before_words(group, self._seconds()))

    async def sift(self, actor: str, packages: list[bytes]) -> list[bytes]:
        """The packages of those devices of `actor` that may be added; of the others it is told.

        Raises `Forbidden` (KEY-5.2) when none is left.
        """
        trust = self._device.trust
        await self._ask(trust.ahead_of(actor, packages, self._seconds()))
        kept, told = trust.sift(actor, packages, self._seconds())
        if packages and not kept:
            trust.check(actor, packages, self._seconds())
        self._tell(told)
        return kept

    async def before_adding(self, actor: str) -> None:
        """Before the devices of somebody are added."""
        await self._ask(self._device.trust.before_adding(actor, self._seconds()))

    async def _ask(self, looks: Iterable[Look]) -> None:
        silent: list[str] = []
        for look in looks:
            now = self._seconds()
            rested = now - self._asked.get(look, -REST_SECONDS) >= REST_SECONDS
            if not rested or any(same_origin(look.actor, one) for one in silent):
                continue
            self._asked[look] = now
            outcome = await self._carry(look)
            if isinstance(outcome, Unreachable):
                if not outcome.beyond:
                    return  # our own node is away
                silent.append(look.actor)
            if outcome is not None:
                self._tell(self._device.trust.answered(look.actor, outcome, now))

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
            if seat or (isinstance(error, Unproven) and not will_pass(error)):
                raise
            return error
        return Shown(found.delegation, found.list)

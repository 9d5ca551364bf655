"""Conversations follow the lists: a listed device that is not in a group is added (DEV-17)."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from node.client.conversation_events import ConversationEvent
from node.client.device import Device
from node.e2ee.mls.public import key_package
from node.errors import Refused, Unproven, Unreachable, will_pass

REST_SECONDS: Final = 60  # so long nobody's packages are asked for again for one group

Claim = Callable[[str], Awaitable[list[bytes]]]


class Following:
    """What one device adds by itself. What cannot be done now is looked at again."""

    def __init__(
        self,
        device: Device,
        claim: Claim,
        seconds: Callable[[], int],
        tell: Callable[[Iterable[ConversationEvent]], None],
    ) -> None:
        """`claim` gives one key package of each device of an actor that may be added."""
        self._device = device
        self._claim = claim
        self._seconds = seconds
        self._tell = tell
        self._tried: dict[tuple[str, str], int] = {}

    async def round(self) -> None:
        """Add what is missing, in the newest conversations first."""
        trust, now, done = self._device.trust, self._seconds(), True
        for group, actor in trust.lacking(now):
            place = group, actor
            if now - self._tried.get(place, -REST_SECONDS) < REST_SECONDS:
                done = False
                continue
            self._tried[place] = now
            try:
                done = await self._add(group, actor) and done
            except (Refused, Unreachable) as error:
                if isinstance(error, Unproven):
                    raise
                if isinstance(error, Unreachable) and not error.beyond:
                    return  # our own node is away
                done = done and not will_pass(error)
        if done:
            trust.followed()

    async def _add(self, group: str, actor: str) -> bool:
        """Whether every missing device had a package: a new one publishes its own in a moment."""
        missing = self._device.trust.missing(group, actor)
        found = {
            key_package.parse(data).leaf.signature_key: data for data in await self._claim(actor)
        }
        packages = [data for key, data in found.items() if key in missing]
        if packages:
            self._device.add(group, {actor: packages}, self._seconds())
        return missing <= found.keys()

"""A conversation that ended goes on in a new one, as its person says (spec DEV-9.7, DEV-10.4)."""

import asyncio
from collections.abc import Awaitable, Callable

from node.client.device import Device
from node.client.following import Claim


class GoingOn:
    """By the word of one device's person. Words may come at once: they take turns."""

    def __init__(
        self,
        device: Device,
        claim: Claim,
        flush: Callable[[], Awaitable[None]],
        seconds: Callable[[], int],
    ) -> None:
        """`claim` gives one key package of each device of an actor that may be added."""
        self._device = device
        self._claim = claim
        self._flush = flush
        self._seconds = seconds
        self._turn = asyncio.Lock()

    async def by_word(self, actor: str) -> tuple[str, int]:
        """Go on with the device that `actor` has now: a new conversation, unless one is begun.

        What no device of theirs could read is said there: how many words that are.
        """
        async with self._turn:
            new = self._begun(actor)
            if not new:
                packages = await self._claim(actor, ())
                new = self._begun(actor)  # theirs may have come meanwhile
                if not new:
                    new = self._device.start({actor: packages}, self._seconds())
                await self._flush()
            count = self._device.go_on(self._device.between(actor), new)
            await self._flush()
        return new, count

    def _begun(self, actor: str) -> str:
        """The conversation in which it goes on already; "" when there is none."""
        newest, *former = self._device.between(actor) or [""]
        if not newest or self._device.is_over(newest):
            return ""
        return newest if self._device.trust.knows_own(newest, former) else ""

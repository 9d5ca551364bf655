"""When "there is no such thing" is said: how long that took does not tell whether there is one.

What is kept from somebody takes a few more look-ups than what does not exist, and they differ from
route to route. So this answer alone waits for the next beat, which both of them meet.
"""

import asyncio
from collections.abc import Awaitable, Callable

from msgspec import Struct

BEAT_SECONDS = 0.02  # several times what the look-ups take


def _loop_time() -> float:
    return asyncio.get_running_loop().time()


class EvenAnswers(Struct, frozen=True):
    """`ticks` and `sleep` are of the real clock: a peer measures by no other (FED-11.2)."""

    ticks: Callable[[], float] = _loop_time
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def wait(self, began: float) -> None:
        """Until a whole number of beats has passed since the request began."""
        await self.sleep(BEAT_SECONDS - (self.ticks() - began) % BEAT_SECONDS)

"""Grants to play that found no room in the database: what only reads goes on (spec VID-7.2)."""

from typing import Final

from node.ports import Clock
from node.video.playing import Grant

MOST: Final = 10_000  # who loses one asks again
SWEEP_SECONDS: Final = 60.0


class HeldGrants:
    """In memory, by the digest of the capability, for as long as the process goes on.

    What ended one for good stands in the database, whichever process wrote it (VID-7.3).
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._held: dict[bytes, Grant] = {}  # the oldest first
        self._swept = clock.ticks()

    async def put(self, digest: bytes, grant: Grant) -> None:
        """Hold it, as `put_grant` of a unit keeps one."""
        self._sweep()
        if len(self._held) >= MOST:
            del self._held[next(iter(self._held))]
        self._held[digest] = grant

    def get(self, digest: bytes) -> Grant | None:
        self._sweep()
        return self._held.get(digest)

    def forget(self, digest: bytes) -> None:
        """It was seen that it opens nothing now: it never will again."""
        self._held.pop(digest, None)

    def __len__(self) -> int:
        return len(self._held)

    def _sweep(self) -> None:
        """Forget those that are past their time, now and then."""
        if self._clock.ticks() - self._swept < SWEEP_SECONDS:
            return
        self._swept, now = self._clock.ticks(), self._clock.now()
        self._held = {digest: one for digest, one in self._held.items() if one.expires > now}

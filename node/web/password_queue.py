"""How many may wait for the node to hash a password, which takes long on purpose (LIM-5.3)."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from node.errors import TooMuch
from node.web.limits import neighbourhoods
from node.web.problems import Busy

WAITING_OF_NODE = 16  # about three seconds of work on a small machine
WAITING_OF_STRANGERS = 12  # the other places are for those who were proven there before
WAITING_OF_ADDRESS = 4
WAIT_SECONDS = 5


class Hashes(Protocol):
    """Hashes passwords, slowly and one at a time (`store/passwords`)."""

    async def hash(self, password: str) -> str: ...
    async def matches(self, hashed: str | None, password: str) -> bool: ...


class PasswordQueue:
    """`Hashes` behind a queue that sheds: a few from each network, and not many from all."""

    def __init__(self, hashes: Hashes) -> None:
        self._hashes = hashes
        self._waiting: Counter[str] = Counter()

    async def hash(self, password: str, address: str, known: bool = False) -> str:
        """The string to keep. `known`: somebody whom we know asks, by a session, a link or where
        they come from. Raises `TooMuch`, `Busy` (LIM-5.3) before any work."""
        with self._place(address, known):
            return await self._hashes.hash(password)

    async def matches(
        self, hashed: str | None, password: str, address: str, known: bool = False
    ) -> bool:
        """Whether `password` is the one; without a hash the same work. Raises as `hash`."""
        with self._place(address, known):
            return await self._hashes.matches(hashed, password)

    @contextmanager
    def _place(self, address: str, known: bool) -> Iterator[None]:
        full = self._waiting["all"] >= WAITING_OF_NODE
        if full or (not known and self._waiting["strangers"] >= WAITING_OF_STRANGERS):
            raise Busy("LIM-5.3", "too many passwords wait to be looked at", WAIT_SECONDS)
        networks = neighbourhoods(address)
        if any(self._waiting[key] >= WAITING_OF_ADDRESS * times for key, times in networks):
            raise TooMuch("LIM-5.3", "you try several passwords at the same time", WAIT_SECONDS)
        keys = ("all", *(() if known else ("strangers",)), *(key for key, _ in networks))
        self._waiting.update(keys)
        try:
            yield
        finally:
            self._waiting.subtract(keys)
            for key in keys:
                if not self._waiting[key]:
                    del self._waiting[key]

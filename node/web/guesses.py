"""Wrong passwords of one account, wherever they come from: each makes the next one wait (LIM-5.4).

In memory, as all counts of tries are: a restart forgives, and happens seldom. Where people log in
from as a rule the database remembers (`homes`).
"""

from collections.abc import Iterator
from contextlib import contextmanager

from cachetools import LRUCache, TTLCache
from msgspec import Struct

from node.errors import TooMuch, Unproven
from node.ports import Clock
from node.web.limits import neighbourhoods

FREE = 5  # wrong ones in a row that nobody is made to wait for
LONGEST_SECONDS = 300.0
FORGOTTEN_SECONDS = 86_400.0  # after the last wrong one
MOST_NAMES = 50_000


class _Wrong(Struct, frozen=True):
    """`count` wrong ones in a row, or under way; until `until` nobody is asked again."""

    count: int = 0
    until: float = 0.0


class Guesses:
    """Counts wrong passwords by whom they are for, known here or not."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._wrong: TTLCache[tuple[str, str], _Wrong] = TTLCache(
            MOST_NAMES, FORGOTTEN_SECONDS, clock.ticks
        )
        # From where somebody has proven a password: strangers cannot make them wait there.
        self._homes: LRUCache[tuple[str, str], None] = LRUCache(MOST_NAMES)

    @contextmanager
    def trying(self, whom: str, address: str) -> Iterator[None]:
        """A try, which is counted before the work, so that many at the same time are no more than
        one after another. One that ends in `Unproven` stays. Raises `TooMuch` (LIM-5.4)."""
        ((network, _), *_) = neighbourhoods(address)
        key = (whom, network if (whom, network) in self._homes else "")
        self._begin(key)
        try:
            yield
        except Unproven:
            raise
        except BaseException:
            self._take_back(key)
            raise
        self._wrong.pop(key, None)
        self._homes[whom, network] = None

    def proven(self, whom: str, address: str) -> None:
        """Somebody showed otherwise that they are `whom`: nothing wrong is held against them."""
        ((network, _), *_) = neighbourhoods(address)
        self._wrong.pop((whom, ""), None)
        self._wrong.pop((whom, network), None)
        self._homes[whom, network] = None

    def at_home(self, whom: str, address: str) -> bool:
        """Whether `whom` was proven from this network, as far as is known here."""
        ((network, _), *_) = neighbourhoods(address)
        return (whom, network) in self._homes

    def know_home(self, whom: str, address: str) -> None:
        """They were, before this process began."""
        ((network, _), *_) = neighbourhoods(address)
        self._homes[whom, network] = None

    def _begin(self, key: tuple[str, str]) -> None:
        now = self._clock.ticks()
        wrong = self._wrong.get(key, _Wrong())
        if now < wrong.until:
            wait = max(1, round(wrong.until - now))
            raise TooMuch(
                "LIM-5.4",
                f"too many wrong passwords for this account: wait {wait} s",
                wait,
                seconds=wait,
            )
        count = wrong.count + 1
        pause = min(LONGEST_SECONDS, 2.0 ** min(count - FREE, 16)) if count >= FREE else 0.0
        self._wrong[key] = _Wrong(count, now + pause)

    def _take_back(self, key: tuple[str, str]) -> None:
        wrong = self._wrong.get(key)
        if wrong is not None:
            self._wrong[key] = _Wrong(max(0, wrong.count - 1))

"""The room in mailboxes as far as it is known: half of what a look found, less what came since.

The other half is for what is put there by other ways. Who has little room is looked at each time.
"""

from collections.abc import Mapping, Sequence

from cachetools import TTLCache
from msgspec import Struct

from node.e2ee.mailbox import Room
from node.ports import Clock

MOST = 20_000
SECONDS = 5.0


class _Left(Struct):
    """Changed in place: so it is believed for no longer than what was found."""

    bytes: int


class KnownRooms:
    """What the door lays into mailboxes counts here, for its sender and for all together."""

    def __init__(self, clock: Clock) -> None:
        self._all: TTLCache[str, _Left] = TTLCache(MOST, SECONDS, clock.ticks)
        self._shares: TTLCache[tuple[str, str], _Left] = TTLCache(MOST, SECONDS, clock.ticks)

    def takes(self, recipients: Sequence[str], sender: str, size: int) -> bool:
        """Whether so many bytes fit at each of the recipients, for all that is known; they are
        counted then."""
        places = [self._all.get(one) for one in recipients]
        places += [self._shares.get((one, sender)) for one in recipients]
        known = [left for left in places if left is not None and left.bytes >= size]
        if len(known) < len(places):
            return False
        for left in known:
            left.bytes -= size
        return True

    def keep(self, rooms: Mapping[str, Room], sender: str) -> None:
        """What a look found just now."""
        for one, room in rooms.items():
            self._all[one] = _Left(room.bytes // 2)
            self._shares[one, sender] = _Left(room.share // 2)

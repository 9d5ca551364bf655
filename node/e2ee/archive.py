"""The archive at the home node: sealed records, of which each is written once (spec ARC-7).

The node knows their names, sizes and days, and what they are for not at all.
"""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final, Protocol

from msgspec import Struct

from node.e2ee.keys.public.key_box import archive_keys_in
from node.errors import Conflict, Forbidden, Full, Malformed, TooMuch

NAME_BYTES: Final = 32
MOST_RECORDS: Final = 100  # of one request
MOST_BYTES: Final = 2**20  # of one request, and of one answer four times as many
LARGEST_PAGE_BYTES: Final = 4 * MOST_BYTES
LARGEST_RECORD: Final = 96 * 1024
MOST_NAMES: Final = 1000  # that one request deletes
FARTHEST_DAYS: Final = 367
ROW_BYTES: Final = 128  # what a row takes besides its body; a tombstone takes no more
MOST_GENERATIONS: Final = 256  # a key box has no more keys
RETRY_SECONDS: Final = 3600  # a person has to make room, or who runs the node
_EPOCH: Final = date(1970, 1, 1)


class Offered(Struct, frozen=True):
    """A record as a device brings it. `day`: when it disappears, 0 for never.

    `was`: SHA-256 of the body in whose place it is to come, empty where none is there; None for
    what is never replaced.
    """

    name: bytes
    generation: int
    day: int
    body: bytes
    was: bytes | None = None


class Kept(Struct, frozen=True):
    """A record that is kept. `pos` grows with each one that is written."""

    pos: int
    name: bytes
    generation: int
    day: int
    body: bytes


class Shelf(Struct, frozen=True):
    """What an account keeps here. `generation` is the newest that was written under."""

    generation: int = 0
    bytes: int = 0
    records: int = 0
    off: bool = False


class Answer(Struct, frozen=True):
    """What became of an offered record: `stored`, `known` or, of a state, `conflict`: then
    `body` is what stands there."""

    state: str
    body: bytes = b""


class ArchiveUnit(Protocol):
    """What this page needs of a unit."""

    @property
    def now(self) -> datetime: ...

    async def shelf(self, account: str) -> Shelf:
        """The account's shelf; nobody else changes it before this unit ends."""
        ...

    async def key_box(self, account: str) -> bytes | None:
        """The signed key box that the account's devices put last."""
        ...

    async def standing(self, account: str, names: Sequence[bytes]) -> dict[bytes, bytes]:
        """Of these names those that were written: their bodies, empty where it was deleted."""
        ...

    async def write(self, account: str, records: Sequence[Offered]) -> None:
        """Keep records, or put them in the place of those of their names."""
        ...

    async def bury(self, account: str, names: Sequence[bytes]) -> None:
        """Remove what has these names, and let nothing come under them any more."""
        ...

    async def put_shelf(self, account: str, shelf: Shelf) -> None: ...

    async def clear(self, account: str) -> None:
        """Begin to remove all that the account keeps here, tombstones too."""
        ...

    async def is_cleared(self, account: str) -> bool:
        """Whether nothing of it is left."""
        ...


class LookingUnit(Protocol):
    """What reading needs."""

    async def newest(self, account: str, before: int, count: int, most: int) -> list[Kept]:
        """Records before a place, the newest first: so many, of so many bytes together but one."""
        ...

    async def oldest(self, account: str, after: int, count: int, most: int) -> list[Kept]:
        """Records behind a place, the oldest first, alike."""
        ...


def today_of(now: datetime) -> int:
    """The number of a day: ARC-3.1."""
    return (now.date() - _EPOCH).days


def end_of(day: int) -> datetime:
    """When what is kept for a day may be removed: when the day is over everywhere."""
    return datetime.fromisoformat(f"{_EPOCH + timedelta(days=day + 2)}T00:00:00+00:00")


def _check(offered: Sequence[Offered], today: int) -> None:
    if len(offered) > MOST_RECORDS or sum(len(one.body) for one in offered) > MOST_BYTES:
        raise TooMuch("ARC-7.2", f"a request has {MOST_RECORDS} records, and a MiB, at most")
    for one in offered:
        _check_one(one, today)


def _check_one(one: Offered, today: int) -> None:
    if len(one.name) != NAME_BYTES or not 0 < one.generation <= MOST_GENERATIONS or one.day < 0:
        raise Malformed("ARC-7.2", "a record whose name, generation or day is none")
    if len(one.body) > LARGEST_RECORD:
        raise TooMuch("ARC-7.2", f"a record has at most {LARGEST_RECORD} bytes")
    if not one.body:
        raise Malformed("ARC-7.2", "a record in which nothing stands")
    if one.day > today + FARTHEST_DAYS:
        raise Malformed("ARC-7.2", f"a day that is more than {FARTHEST_DAYS} days away")


async def keep(
    unit: ArchiveUnit, account: str, offered: Sequence[Offered], limit_bytes: int
) -> list[Answer]:
    """Keep records: what became of each, in their order.

    Raises `Malformed` and `TooMuch` (ARC-7.2), `Conflict` (ARC-7.3), `Full` (ARC-7.7), `Forbidden`
    (ARC-7.8); nothing is kept then.
    """
    today = today_of(unit.now)
    _check(offered, today)
    shelf = await unit.shelf(account)
    newest = _newest(shelf, offered)
    if newest > shelf.generation:
        await _check_has_key(unit, account, newest)
    there = await unit.standing(account, [one.name for one in offered])
    answers, written = [], dict[bytes, Offered]()
    size, count = shelf.bytes, shelf.records
    for one in offered:
        stands = there.get(one.name)
        state = _answer(one, stands, today)
        answers.append(Answer(state, stands or b"" if state == "conflict" else b""))
        if state == "stored":
            written[one.name] = one
            there[one.name] = one.body
            size += len(one.body) + ROW_BYTES - (0 if stands is None else len(stands) + ROW_BYTES)
            count += stands is None
    if size > max(limit_bytes, shelf.bytes):
        raise _full(limit_bytes)
    if written:
        await unit.write(account, list(written.values()))
        await unit.put_shelf(account, Shelf(newest, size, count))
    return answers


def _newest(shelf: Shelf, offered: Sequence[Offered]) -> int:
    """The generation of the shelf when these are on it."""
    if shelf.off:
        raise Forbidden("ARC-7.8", "the archive of this account is switched off")
    generations = [one.generation for one in offered] or [shelf.generation]
    if min(generations) < shelf.generation:
        raise Conflict(
            "ARC-7.3",
            f"the archive has keys of generation {shelf.generation} now: take those first",
            generation=shelf.generation,
        )
    return max(generations)


async def _check_has_key(unit: ArchiveUnit, account: str, generation: int) -> None:
    box = await unit.key_box(account)
    keys = archive_keys_in(box) if box else 1
    if generation > keys:
        raise Conflict(
            "ARC-7.3",
            f"the account's key box has {keys} archive keys: put the box with the new one first",
            generation=keys,
        )


def _answer(one: Offered, stands: bytes | None, today: int) -> str:
    if one.was is not None and stands != b"":
        expected = b"" if stands is None else hashlib.sha256(stands).digest()
        return "stored" if one.was == expected else "conflict"
    # What is over may have been here and gone: nobody could open it.
    over = 0 < one.day < today
    return "known" if over or stands is not None else "stored"


def _full(limit_bytes: int) -> Full:
    return Full(
        "ARC-7.7",
        f"your archive is full ({limit_bytes} bytes), and nothing more comes into it: ask who runs"
        " your server for more room, or switch it off, which removes it (kith history off)",
        retry_after_seconds=RETRY_SECONDS,
    )


async def forget(unit: ArchiveUnit, account: str, names: Sequence[bytes], limit_bytes: int) -> None:
    """Remove what has these names, and leave a tombstone for each (ARC-7.6).

    Where the archive is off all of it goes anyhow, and nothing is to be left (ARC-7.8).

    Raises `TooMuch` and `Malformed` (ARC-7.2), and `Full` (ARC-7.7) where more tombstones than
    records would come.
    """
    if len(names) > MOST_NAMES:
        raise TooMuch("ARC-7.2", f"a request names {MOST_NAMES} records at most")
    if any(len(name) != NAME_BYTES for name in names):
        raise Malformed("ARC-7.2", "what is no name of a record")
    shelf = await unit.shelf(account)
    if shelf.off:
        return
    there = await unit.standing(account, names)
    new = [name for name in dict.fromkeys(names) if there.get(name) != b""]
    bodies = [there[name] for name in new if name in there]
    size = shelf.bytes - sum(map(len, bodies)) + ROW_BYTES * (len(new) - len(bodies))
    if size > max(limit_bytes, shelf.bytes):
        raise _full(limit_bytes)
    if new:
        await unit.bury(account, new)
        kept = shelf.records - len(bodies)
        await unit.put_shelf(account, Shelf(shelf.generation, size, kept))


async def switch(unit: ArchiveUnit, account: str, on: bool) -> Shelf:
    """Switch the account's archive on or off; off, all of it is removed (ARC-7.8).

    While something is left of the old one it stays off, and the removing begins anew.
    """
    shelf = await unit.shelf(account)
    if shelf.off == (not on):
        return shelf
    if not on:
        await unit.clear(account)
    elif not await unit.is_cleared(account):
        await unit.clear(account)
        return shelf
    changed = Shelf(off=not on)
    await unit.put_shelf(account, changed)
    return changed


def check_switched(shelf: Shelf, on: bool) -> None:
    """Raises `Conflict` (ARC-7.8) where what the archive held is still being removed.

    Apart from `switch`, for what that has begun is to be kept.
    """
    if shelf.off == on:
        raise Conflict("ARC-7.8", "the old archive is being removed: try again in a minute")


async def read(
    unit: LookingUnit, account: str, since: int | None, place: int | None, count: int
) -> list[Kept]:
    """A page: the newest first before `place`; with `since` the oldest first behind both."""
    if since is not None:
        return await unit.oldest(account, max(since, place or 0), count, LARGEST_PAGE_BYTES)
    before = place if place is not None else 2**63 - 1
    return await unit.newest(account, before, count, LARGEST_PAGE_BYTES)

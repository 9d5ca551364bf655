"""Each POST once: one with an Idempotency-Key is done once and answered alike (API-6).

The client's key also seals what is kept, since answers hold tokens and requests hold passwords.
"""

import asyncio
import hmac
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from hashlib import sha256
from typing import TypeAlias

import msgspec
from nacl.secret import SecretBox

from node.errors import Conflict, Malformed, NoRoom
from node.ports import Entropy
from node.store.idempotency import IdempotencyUnit, Kept
from node.store.idempotency_marks import IdempotencyMark
from node.store.unit import Units

LOG = logging.getLogger(__name__)
_KEY = re.compile(r"[\x21-\x7e]{16,255}")
NOBODY = sha256(b"a request without a token").digest()
MOST_UNKEPT_BYTES = 4 * 2**20  # of answers that found no room; usual ones have a few hundred bytes
SHARES = 16  # of that room: none of them crowds out those of all others


class Answer(msgspec.Struct, frozen=True):
    """An answer that can be given again."""

    status: int
    headers: dict[str, str]
    body: bytes


# Does what was asked, handing the mark to the unit that decides it.
Work: TypeAlias = Callable[[IdempotencyMark], Awaitable[Answer]]


class Asked(msgspec.Struct, frozen=True):
    """A POST as it is told apart from others. `token` is the digest of the caller's token.

    `pattern` is the path of its route: what logs may say of it, as the path itself names people.
    """

    token: bytes
    key: str
    method: str
    path: str
    body: bytes
    pattern: str = ""

    @property
    def place(self) -> tuple[bytes, str]:
        """Where it is kept: the key's digest, since the key itself opens what is kept."""
        return self.token, sha256(self.key.encode()).hexdigest()

    @property
    def request(self) -> bytes:
        """A keyed digest: of a bare one, a password in the body could be guessed."""
        told = f"{self.method}\0{self.path}\0".encode() + self.body
        return hmac.digest(self.key.encode(), b"request\0" + told, "sha256")

    @property
    def box(self) -> SecretBox:
        return SecretBox(hmac.digest(self.key.encode(), b"answer", "sha256"))


def read_key(text: str) -> str:
    """The header's value. Raises `Malformed` (API-6.1)."""
    if not _KEY.fullmatch(text):
        raise Malformed("API-6.1", "Idempotency-Key has 16 to 255 printable ASCII characters")
    return text


def _size(kept: Kept) -> int:
    return 500 + len(kept.sealed)  # with what holds it


class HeldAnswers:
    """Sealed answers in memory, the latest ones; no token has more than its share of the room."""

    def __init__(self) -> None:
        self._held: dict[tuple[bytes, str], Kept] = {}  # the oldest first
        self._bytes: dict[bytes, int] = {}

    def get(self, place: tuple[bytes, str]) -> Kept | None:
        return self._held.get(place)

    def put(self, place: tuple[bytes, str], kept: Kept) -> None:
        """In the place of older ones: of this token where its share is full, else of anybody."""
        token, size, share = place[0], _size(kept), MOST_UNKEPT_BYTES // SHARES
        self.drop(place)
        if size > share:
            return
        while self._bytes.get(token, 0) + size > share:
            self.drop(next(one for one in self._held if one[0] == token))
        while sum(self._bytes.values()) + size > MOST_UNKEPT_BYTES:
            self.drop(next(iter(self._held)))
        self._held[place] = kept
        self._bytes[token] = self._bytes.get(token, 0) + size

    def drop(self, place: tuple[bytes, str]) -> None:
        kept = self._held.pop(place, None)
        if kept is None:
            return
        self._bytes[place[0]] -= _size(kept)
        if not self._bytes[place[0]]:
            del self._bytes[place[0]]


class Answered:
    """Remembers answers for a day."""

    def __init__(self, units: Units, entropy: Entropy) -> None:
        self._units = units
        self._entropy = entropy
        # Sealed answers that found no room in the database, until there is.
        self._unkept = HeldAnswers()
        self._locks: dict[tuple[bytes, str], tuple[asyncio.Lock, int]] = {}

    async def once(self, asked: Asked, work: Work) -> Answer:
        """The answer to `asked`: the one that was kept, or that of `work`, which is kept then."""
        async with self._alone(asked.place):
            kept = await self._units.glance(IdempotencyUnit, lambda unit: unit.kept(*asked.place))
            if kept is not None and not kept.old:
                return self._again(asked, await self._found_room(asked.place, kept))
            if kept is not None:
                await self._forget(asked)
            return await self._first(asked, work)

    async def _found_room(self, place: tuple[bytes, str], kept: Kept) -> Kept:
        """The answer in place of a mark that stands alone, where it was held; there may be room
        for it now (API-6.7)."""
        held = self._unkept.get(place)
        if held is None or kept.status != 0:
            return kept
        with suppress(NoRoom):
            await self._units.join(IdempotencyUnit, lambda unit: unit.keep(*place, held))
            self._unkept.drop(place)
        return held

    def _again(self, asked: Asked, kept: Kept) -> Answer:
        if not hmac.compare_digest(kept.request, asked.request):
            raise Conflict("API-6.2", "this Idempotency-Key was used for another request")
        if kept.status == 0:
            raise Conflict(
                "API-6.5",
                "this was done, and the answer that said so is lost: look at what came of it",
                done=1,
            )
        return msgspec.json.decode(asked.box.decrypt(kept.sealed), type=Answer)

    async def _first(self, asked: Asked, work: Work) -> Answer:
        place = asked.place
        mark = IdempotencyMark(*place, asked.request)
        answer = await work(mark)
        sealed = bytes(asked.box.encrypt(msgspec.json.encode(answer), self._entropy.draw(24)))
        kept = Kept(asked.request, answer.status, sealed)
        if mark.made:
            # It was done, and is answered so: the mark keeps it from being done again, and a
            # repetition finds the answer here (API-6.7), also when we are cancelled below. Without
            # a mark the repetition does it anew, and would not look here.
            self._unkept.put(place, kept)
        try:
            await self._units.join(IdempotencyUnit, lambda unit: unit.keep(*place, kept))
            self._unkept.drop(place)
        except Exception as error:
            LOG.warning(
                "an answer was not kept",
                exc_info=not isinstance(error, NoRoom),
                extra={"method": asked.method, "path": asked.pattern},
            )
        return answer

    async def _forget(self, asked: Asked) -> None:
        self._unkept.drop(asked.place)
        await self._units.run(IdempotencyUnit, lambda unit: unit.forget(*asked.place))

    @asynccontextmanager
    async def _alone(self, place: tuple[bytes, str]) -> AsyncIterator[None]:
        lock, waiting = self._locks.get(place, (asyncio.Lock(), 0))
        self._locks[place] = (lock, waiting + 1)
        try:
            async with lock:
                yield
        finally:
            lock, waiting = self._locks.pop(place)
            if waiting > 1:
                self._locks[place] = (lock, waiting - 1)

"""How often a peer may deliver (FED-7.16): counted by registrable domain, once it is proven.

And how much we ask of others for the sake of those who are not proven (LIM-4).
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

from cachetools import TTLCache

from node.errors import Broken, NodeError, Refused, TooMuch, Unproven, Unreachable
from node.federation.receiving import Keys
from node.ports import Clock
from node.web.limits import Level, neighbourhoods
from node.web.problems import Busy
from node.wire.keys import PublicKey
from node.wire.suffixes import Suffixes

T = TypeVar("T")

# Of what an address may send, this part may be signed so that it does not hold; and this part may
# prove nothing, for reasons that honest servers have too.
FALSE_PART = 100
UNPROVEN_PART = 10
# Brought for another without a proof of theirs, or to somebody who was here once.
HONEST = frozenset({"FED-7.3", "FED-5.10", "FED-7.14"})
MOST_REMEMBERED = 20_000
# Fetches of keys that nobody here knows, at the same time.
FETCHES_OF_ADDRESS = 8
FETCHES_OF_DOMAIN = 4
FETCHES_OF_NODE = 64
SILENT_SECONDS = 30.0  # in which a host or a key that could not be had is not asked for again
WAIT_SECONDS = 5
# For whose sake the request at hand is judged: keys are asked for far below it.
_ASKER: ContextVar[str] = ContextVar("asker", default="")


class Buckets(Protocol):
    """Where the counts are: in this process, or shared by several."""

    async def take(self, key: str, per_minute: int) -> Level: ...

    async def look(self, key: str, per_minute: int) -> Level: ...

    async def give_back(self, key: str, per_minute: int) -> None: ...


class PeerRateLimits:
    """Refuses before a signature is looked at; counts after.

    Only what is proven counts against a domain, so that nobody uses up another's share; what is
    not counts against the address it came from.
    """

    def __init__(self, buckets: Buckets, suffixes: Suffixes, per_minute: int) -> None:
        self._buckets = buckets
        self._suffixes = suffixes
        self._reading = asyncio.Lock()
        self._per_minute = per_minute
        self._parts = {
            name: max(1, per_minute // part)
            for name, part in (("false", FALSE_PART), ("unproven", UNPROVEN_PART))
        }

    async def asked(self, address: str, prove: Callable[[], Awaitable[str | None]]) -> str | None:
        """As `judged`, of who asks: a proven question counts against the domain it came from."""
        actor = await self.judged(address, prove)
        if actor is not None:
            await self.proven(actor)
        return actor

    async def admit(self, key_id: str) -> None:
        """Raises `TooMuch` (FED-7.16) when the domain of this key has used up its share."""
        _judge(await self._buckets.look(self._share(key_id), self._per_minute))

    async def proven(self, actor: str) -> None:
        """A delivery or a question of this actor was accepted."""
        await self._buckets.take(self._share(actor), self._per_minute)

    async def judged(
        self, address: str, prove: Callable[[], Awaitable[T]], by: Callable[[T], str] | None = None
    ) -> T:
        """What `prove` finds, unless its address brought too much that did not hold (FED-7.16).

        A key that cannot be had counts too: whoever names such keys makes us ask for them. A place
        is taken before the work and given back when it held, or else many at a time would get in.
        `by`: who has proven what was found; nobody is counted as one who proved nothing.
        """
        if not self._suffixes.is_read:
            await self._know_domains()
        await self._take("false", address)
        try:
            await self._take("unproven", address)
        except TooMuch:
            await self._give_back("false", address)
            raise
        before, kept = _ASKER.set(address), ""
        try:
            found = await prove()
            kept = "" if by is None or by(found) else "unproven"
            return found
        except NodeError as error:
            kept = _counts_as(error)
            if error.sender:
                await self.proven(error.sender)
            raise
        finally:
            _ASKER.reset(before)
            for name in self._parts:
                if name != kept:
                    await self._give_back(name, address)

    async def unproven(self, address: str) -> None:
        """Somebody asks without saying who they are. Raises `TooMuch` (FED-7.16)."""
        await self._take("unproven", address)

    async def _take(self, name: str, address: str) -> None:
        for network, times in neighbourhoods(address):
            _judge(await self._buckets.take(f"{name}:{network}", self._parts[name] * times))

    async def _give_back(self, name: str, address: str) -> None:
        for network, times in neighbourhoods(address):
            await self._buckets.give_back(f"{name}:{network}", self._parts[name] * times)

    async def _know_domains(self) -> None:
        """Have the list of suffixes read beside the loop: or all wait for the first who asks."""
        async with self._reading:
            if not self._suffixes.is_read:
                await asyncio.to_thread(self._suffixes.read)

    def domain(self, id: str) -> str:
        """The registrable domain of an id."""
        return self._suffixes.of_id(id)

    def _share(self, id: str) -> str:
        return f"peer:{self.domain(id)}"


def _counts_as(error: NodeError) -> str:
    """As what this counts against the address that caused it; empty when it does not."""
    told_to_wait = isinstance(error, TooMuch) and error.retry_after_seconds is not None
    if error.sender or told_to_wait or isinstance(error, Broken):
        return ""  # they are counted by their domain; or it is no fault of theirs
    return "unproven" if isinstance(error, Refused) and error.clause in HONEST else "false"


class RateLimitedKeys:
    """Keys, but for those who ask too often: before a signature is verified or a key fetched."""

    def __init__(self, keys: Keys, rate_limits: PeerRateLimits, clock: Clock) -> None:
        self._keys = keys
        self._rate_limits = rate_limits
        self._fetching: Counter[str] = Counter()
        self._under_way: set[str] = set()
        # Keys that are not to be had, and hosts that do not answer.
        self._without: TTLCache[str, NodeError] = TTLCache(
            MOST_REMEMBERED, SILENT_SECONDS, clock.ticks
        )

    async def key(self, id: str) -> PublicKey:
        """As `Keys`. Raises `TooMuch` (FED-7.16, LIM-4.1) and `Busy` (LIM-4.1) besides."""
        await self._rate_limits.admit(id)
        return await self._keys.held(id) or await self._fetched(id)

    async def again(self, id: str) -> PublicKey | None:
        """As `Keys`."""
        return await self._keys.again(id)

    async def held(self, id: str) -> PublicKey | None:
        """As `Keys`."""
        return await self._keys.held(id)

    async def _fetched(self, id: str) -> PublicKey:
        host = (urlsplit(id).hostname or "").lower()
        for known in (id, host):
            if known in self._without:
                raise _anew(self._without[known])
        with self._room(id):
            try:
                return await self._keys.key(id)
            except Unreachable as error:
                self._without[host] = _anew(error)
                raise
            except Unproven as error:
                self._without[id] = _anew(error)
                raise

    @contextmanager
    def _room(self, id: str) -> Iterator[None]:
        """A place for this key's fetch; whoever names it meanwhile waits for the same one."""
        if id in self._under_way:
            yield
            return
        bounds = {f"domain:{self._rate_limits.domain(id)}": FETCHES_OF_DOMAIN}
        for network, times in neighbourhoods(_ASKER.get()):
            bounds[f"address:{network}"] = FETCHES_OF_ADDRESS * times
        if self._fetching["all"] >= FETCHES_OF_NODE:
            raise Busy("LIM-4.1", "too many unknown keys are being fetched", WAIT_SECONDS)
        if any(self._fetching[key] >= most for key, most in bounds.items()):
            raise TooMuch("LIM-4.1", "too many unknown keys at the same time", WAIT_SECONDS)
        keys = ("all", *bounds)
        self._fetching.update(keys)
        self._under_way.add(id)
        try:
            yield
        finally:
            self._under_way.discard(id)
            for key in keys:
                self._fetching[key] -= 1
                if not self._fetching[key]:
                    del self._fetching[key]


def _anew(error: NodeError) -> NodeError:
    """The same words in an error of its own: a trace holds the request in which it was raised,
    with its body, for as long as the error is kept."""
    if isinstance(error, Refused):
        return Unproven(error.clause, error.reason)
    return Unreachable(str(error))


def _judge(level: Level) -> None:
    if not level.allowed:
        wait = level.next_in_seconds
        raise TooMuch("FED-7.16", f"too many deliveries: wait {wait} s", wait, seconds=wait)

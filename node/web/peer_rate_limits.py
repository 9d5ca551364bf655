"""How often a peer may deliver (FED-7.16): counted by registrable domain, once it is proven."""

from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

from cachetools import LRUCache
from publicsuffixlist import PublicSuffixList

from node.errors import TooMuch, Unproven, Unreachable
from node.federation.receiving import Keys
from node.web.limits import Level, neighbourhood
from node.wire.keys import PublicKey

T = TypeVar("T")

# Of what an address may send, this part may be signed so that it does not hold.
FALSE_PART = 100
MOST_REMEMBERED = 20_000


class Buckets(Protocol):
    """Where the counts are: in this process, or shared by several."""

    async def take(self, key: str, per_minute: int) -> Level: ...

    async def look(self, key: str, per_minute: int) -> Level: ...


class Suffixes:
    """Registrable domains by the public suffix list, which is read when first asked (2 MiB)."""

    def __init__(self) -> None:
        self._list: PublicSuffixList | None = None
        self._known: LRUCache[str, str] = LRUCache(MOST_REMEMBERED)

    def registrable(self, host: str) -> str:
        """`example.co.uk` of `a.b.example.co.uk`; what has none stands for itself."""
        known = self._known.get(host)
        if known is None:
            if self._list is None:
                # Read without encoding its international names, which takes four times as long.
                self._list = PublicSuffixList(accept_encoded_idn=False)
            # The name of a domain ends in letters; an address stands for itself.
            address = host[-1:].isdigit() or ":" in host
            found = None if address else self._list.privatesuffix(_in_letters(host))
            labels = host.split(".")
            known = host if found is None else ".".join(labels[-(found.count(".") + 1) :])
            self._known[host] = known
        return known


def _in_letters(host: str) -> str:
    """An international name as the list has it; one that cannot be read stays as it is."""
    if "xn--" not in host:
        return host
    try:
        return host.encode("ascii").decode("idna")
    except UnicodeError:
        return host


class PeerRateLimits:
    """Refuses before a signature is looked at; counts after.

    Only what is proven counts against a domain, so that nobody uses up another's share; what is
    not counts against the address it came from.
    """

    def __init__(self, buckets: Buckets, suffixes: Suffixes, per_minute: int) -> None:
        self._buckets = buckets
        self._suffixes = suffixes
        self._per_minute = per_minute
        self._false_per_minute = max(1, per_minute // FALSE_PART)
        self._share = lru_cache(MOST_REMEMBERED)(self._share_of)

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

    async def judged(self, address: str, prove: Callable[[], Awaitable[T]]) -> T:
        """What `prove` finds, unless its address brought too much that did not hold (FED-7.16).

        A key that cannot be had counts too: whoever names such keys makes us ask for them.
        """
        bucket = f"false:{neighbourhood(address)}"
        _judge(await self._buckets.look(bucket, self._false_per_minute))
        try:
            return await prove()
        except (Unproven, Unreachable):
            await self._buckets.take(bucket, self._false_per_minute)
            raise

    def _share_of(self, id: str) -> str:
        return f"peer:{self._suffixes.registrable((urlsplit(id).hostname or '').lower())}"


class RateLimitedKeys:
    """Keys, but for those who ask too often: before a signature is verified or a key fetched."""

    def __init__(self, keys: Keys, rate_limits: PeerRateLimits) -> None:
        self._keys = keys
        self._rate_limits = rate_limits

    async def key(self, id: str) -> PublicKey:
        """As `Keys`. Raises `TooMuch` (FED-7.16) besides."""
        await self._rate_limits.admit(id)
        return await self._keys.key(id)

    async def again(self, id: str) -> PublicKey | None:
        """As `Keys`."""
        return await self._keys.again(id)

    async def held(self, id: str) -> PublicKey | None:
        """As `Keys`."""
        return await self._keys.held(id)


def _judge(level: Level) -> None:
    if not level.allowed:
        wait = level.next_in_seconds
        raise TooMuch("FED-7.16", f"too many deliveries: wait {wait} s", wait, seconds=wait)

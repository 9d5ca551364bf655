"""How often one may ask, counted in token buckets, and what a client's address is (API-4)."""

import ipaddress
import logging
import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Protocol

from aiohttp import web
from cachetools import TTLCache
from msgspec import Struct, field

from node.errors import TooMuch
from node.ports import Clock
from node.web.routes import Caller

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
LOG = logging.getLogger("node.web")
FORWARDED = "X-Forwarded-For"
SECONDS = 60  # limits are told per minute
MOST_ADDRESSES = 4096  # whose reading is remembered: of a busy peer every request asks for it
WIDENING = ((64, 1), (56, 2), (48, 4))  # bits of an IPv6 network → its share, by that of a /64
MOST_BUCKETS = 50_000  # of those who came within two minutes; about 25 MiB


class Level(Struct, frozen=True):
    """What is `left` in a bucket of a minute's worth; `allowed`: there is, or was, one to take."""

    allowed: bool
    left: float
    per_minute: int

    @property
    def remaining(self) -> int:
        """Whole requests."""
        return int(self.left)

    @property
    def full_in_seconds(self) -> int:
        return math.ceil((self.per_minute - self.left) * SECONDS / self.per_minute)

    @property
    def next_in_seconds(self) -> int:
        """How long until there is one again."""
        return max(1, math.ceil((1 - self.left) * SECONDS / self.per_minute))


class Buckets(Protocol):
    """Where the counts are: in this process, or shared by several."""

    async def take(self, key: str, per_minute: int) -> Level: ...

    async def give_back(self, key: str, per_minute: int) -> None: ...


class _Bucket(Struct):
    """What was `left` in it `at` an instant."""

    left: float
    at: float
    since: float  # when it was put where it is


class MemoryBuckets:
    """Token buckets of this process; a bucket holds a minute's worth and fills evenly.

    So one that nobody took from for a minute is full, which is as good as none. Each is kept for
    two, and for two more when it is asked for in the second.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._buckets: TTLCache[str, _Bucket] = TTLCache(MOST_BUCKETS, 2 * SECONDS, clock.ticks)

    def __len__(self) -> int:
        return len(self._buckets)

    async def look(self, key: str, per_minute: int) -> Level:
        """What is in `key`'s bucket; `allowed` when there is one to take."""
        left = self._filled(key, per_minute).left
        return Level(left >= 1, left, per_minute)

    async def take(self, key: str, per_minute: int) -> Level:
        """Take one from `key`'s bucket, if there is one to take."""
        bucket = self._filled(key, per_minute, keep=True)
        allowed = bucket.left >= 1
        if allowed:
            bucket.left -= 1
        return Level(allowed, bucket.left, per_minute)

    async def give_back(self, key: str, per_minute: int) -> None:
        """What was taken from `key`'s bucket was not used."""
        bucket = self._filled(key, per_minute)
        bucket.left = min(float(per_minute), bucket.left + 1)

    def _filled(self, key: str, per_minute: int, keep: bool = False) -> _Bucket:
        """The bucket as it is now. One that is new is full, and kept if that is wanted."""
        now = self._clock.ticks()
        try:
            bucket = self._buckets[key]
        except KeyError:
            bucket = _Bucket(float(per_minute), now, now)
            if keep:
                self._buckets[key] = bucket
            return bucket
        filled = bucket.left + (now - bucket.at) * per_minute / SECONDS
        bucket.left, bucket.at = filled if filled < per_minute else float(per_minute), now
        if now - bucket.since > SECONDS:
            bucket.since = now
            self._buckets[key] = bucket
        return bucket


class UnnamedProxy(Struct):
    """A proxy that the configuration does not name: all people seem to come from its address."""

    address: str = ""

    def note(self, address: str) -> None:
        """Told once (API-4.5)."""
        found = _address(address)
        if found is not None and (found.is_private or found.is_loopback):
            self.address = address
            LOG.warning("a proxy is not named", extra={"reason": self.trouble()})

    def trouble(self) -> str:
        """In words, or nothing."""
        if not self.address:
            return ""
        return (
            f"requests come through a proxy at {self.address} that is not trusted, so everybody "
            "shares its address and its limits: name it in KITH_TRUSTED_PROXIES"
        )


class TrustedProxies(Struct, frozen=True):
    """Which networks are trusted proxies, and so whose `X-Forwarded-For` is believed."""

    proxies: tuple[Network, ...] = ()
    unnamed: UnnamedProxy = field(default_factory=UnnamedProxy)

    @classmethod
    def of(cls, networks: Iterable[str]) -> "TrustedProxies":
        """A proxies that trusts these networks, written as `10.0.0.0/8` or as a single address."""
        return cls(tuple(ipaddress.ip_network(text, strict=False) for text in networks))

    def client_of(self, request: web.BaseRequest) -> str:
        """The address of who sent `request`."""
        return self.client(request.remote or "", request.headers.getall(FORWARDED, ()))

    def client(self, peer: str, forwarded: Sequence[str]) -> str:
        """The client's address: the rightmost one that is no proxy of ours (API-4.4).

        `forwarded` are all lines of that header: a proxy may have added one of its own.
        """
        if not self.unnamed.address and forwarded and not self.trusts(peer):
            self.unnamed.note(peer)
        if not self.proxies:
            return peer
        address = peer
        hops = [hop.strip() for line in forwarded for hop in line.split(",")]
        while hops and self.trusts(address):
            hop = hops.pop()
            if _address(hop) is None:
                break
            address = hop
        return address

    def trusts(self, text: str) -> bool:
        """Whether this address is a proxy of ours."""
        address = _address(text)
        return address is not None and any(address in network for network in self.proxies)


@lru_cache(MOST_ADDRESSES)
def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address


@lru_cache(MOST_ADDRESSES)
def neighbourhoods(text: str) -> tuple[tuple[str, int], ...]:
    """All networks that an address is counted in, the nearest first, each with how many times the
    share of one it has: one customer may have a whole /56 or /48 of IPv6 (LIM-5.1)."""
    address = _address(text)
    if not isinstance(address, ipaddress.IPv6Address):
        return ((str(address or "unknown"), 1),)
    return tuple(
        (str(ipaddress.ip_network((address, bits), strict=False)), times)
        for bits, times in WIDENING
    )


class Limiter:
    """Counts requests and says so in headers."""

    def __init__(
        self, buckets: Buckets, per_minute: int, attempts_per_minute: int, pages_per_minute: int
    ) -> None:
        self._buckets = buckets
        self._per_minute = per_minute
        self._attempts = attempts_per_minute
        self._pages = pages_per_minute

    async def request(self, caller: Caller | None, address: str, headers: dict[str, str]) -> None:
        """Count a request; what is left goes into `headers`. Raises `TooMuch` (API-4.2)."""
        if caller is not None:
            await self._take(f"account:{caller.account}", self._per_minute, headers)
        else:
            await self._take_all("address", address, self._per_minute, headers)

    async def attempt(self, address: str, headers: dict[str, str]) -> None:
        """Count a try to get in (API-4.3). Raises `TooMuch` (API-4.2)."""
        await self._take_all("attempt", address, self._attempts, headers)

    async def page(self, address: str) -> None:
        """Count a request for what is no call of the API (LIM-5.2). Raises `TooMuch`."""
        for network, times in neighbourhoods(address):
            level = await self._buckets.take(f"page:{network}", self._pages * times)
            if not level.allowed:
                wait = level.next_in_seconds
                raise TooMuch("LIM-5.2", f"too many requests: wait {wait} s", wait, seconds=wait)

    async def proven(self, address: str) -> None:
        """Who asked for a page has proven who they are, and is counted by that instead."""
        for network, times in neighbourhoods(address):
            await self._buckets.give_back(f"page:{network}", self._pages * times)

    async def _take_all(
        self, kind: str, address: str, per_minute: int, headers: dict[str, str]
    ) -> None:
        nearest: dict[str, str] = {}
        for network, times in neighbourhoods(address):
            told: dict[str, str] = {}
            try:
                await self._take(f"{kind}:{network}", per_minute * times, told)
            except TooMuch:
                headers.update(told)
                raise
            nearest = nearest or told
        headers.update(nearest)

    async def _take(self, key: str, per_minute: int, headers: dict[str, str]) -> None:
        level = await self._buckets.take(key, per_minute)
        headers["RateLimit-Limit"] = str(per_minute)
        headers["RateLimit-Remaining"] = str(level.remaining)
        headers["RateLimit-Reset"] = str(level.full_in_seconds)
        if not level.allowed:
            wait = level.next_in_seconds
            raise TooMuch(
                "API-4.2", f"too many requests: wait {wait} s", wait, limit=per_minute, seconds=wait
            )

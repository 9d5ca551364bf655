"""Names to addresses: those the operator wrote down, else the system's, and only public ones.

The connection is made to what is returned here, so a second answer of the DNS changes nothing.
"""

import asyncio
import socket
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from enum import Enum
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult
from cachetools import LRUCache, TTLCache

from node.errors import Forbidden
from node.net.addresses import is_public

DNS_SECONDS = 5.0
SLOW_SECONDS = 1.0
THREADS = 8  # for names that were found, and as many for those that were not yet
THREADS_OF_SLOW = 4  # for each of both
SLOW_AGAIN_SECONDS = 60.0  # after which a name that was found is looked up as if it had been quick
MOST_KNOWN = 20_000
Lookup = Callable[[str, int, int], list[Any]]


class Group(Enum):
    """Names that wait for each other, and for no others: the names of their threads."""

    FOUND = "dns-known"
    FOUND_SLOW = "dns-known-slow"
    NEW = "dns"
    HUNG = "dns-slow"


def _look_up(host: str, port: int, family: int) -> list[Any]:
    return socket.getaddrinfo(
        host, port, family=family, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
    )


def _ticks() -> float:
    return asyncio.get_running_loop().time()


class PooledResolver(AbstractResolver):
    """The system's resolver, which cannot be interrupted, in threads of its own (LIM-4.3).

    Names that strangers made up wait for each other, and for nobody whom we know: what was found
    once is looked up in other threads than what never was, for ever; and of both, what kept a
    thread busy for nothing the last time in few of its own. Nothing else of the node waits there.
    """

    def __init__(
        self,
        look_up: Lookup = _look_up,
        seconds: float = DNS_SECONDS,
        ticks: Callable[[], float] = _ticks,
    ) -> None:
        self._look_up = look_up
        self._seconds = seconds
        self._found: LRUCache[str, bool] = LRUCache(MOST_KNOWN)
        # Found once, and slow since. Not for long: a name server that was away for a moment made
        # all we know slow at once, and then names of others that are slow on purpose are in front.
        self._slow: TTLCache[str, bool] = TTLCache(MOST_KNOWN, SLOW_AGAIN_SECONDS, ticks)
        self._hung: LRUCache[str, bool] = LRUCache(MOST_KNOWN)  # never found
        self._pools = {
            group: ThreadPoolExecutor(
                THREADS if group in (Group.FOUND, Group.NEW) else THREADS_OF_SLOW, group.value
            )
            for group in Group
        }

    def _group(self, host: str) -> Group:
        if self._found.get(host):
            return Group.FOUND_SLOW if host in self._slow else Group.FOUND
        return Group.HUNG if self._hung.get(host) else Group.NEW

    def _was_slow(self, host: str) -> None:
        (self._slow if host in self._found else self._hung)[host] = True

    def _was_found(self, host: str) -> None:
        self._found[host] = True
        self._slow.pop(host, None)
        self._hung.pop(host, None)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """See `AbstractResolver`. Raises `OSError`, also when it takes too long."""
        loop = asyncio.get_running_loop()
        began: list[float] = []

        def look_up() -> list[Any]:
            began.append(loop.time())
            return self._look_up(host, port, int(family))

        try:
            async with asyncio.timeout(self._seconds):
                # What still waits for a thread when the time is over is taken back.
                found = await loop.run_in_executor(self._pools[self._group(host)], look_up)
        except OSError as error:
            late = isinstance(error, TimeoutError)
            # What only waited for others has not shown how slow it is.
            if began and (late or loop.time() - began[0] >= SLOW_SECONDS):
                self._was_slow(host)
            if late:
                raise OSError(None, "the name server did not answer in time") from None
            raise
        self._was_found(host)
        return [
            ResolveResult(
                hostname=host,
                host=str(address[0]),
                port=int(address[1]),
                family=int(kind),
                proto=int(protocol),
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for kind, _, protocol, _, address in found
        ]

    async def close(self) -> None:
        """Wait for nothing: a thread that hangs in the system ends with it."""
        for pool in self._pools.values():
            pool.shutdown(wait=False, cancel_futures=True)


class CheckedResolver(AbstractResolver):
    """Raises `Forbidden` (FED-9.3) when a name leads anywhere but to the public network."""

    def __init__(
        self, table: Mapping[str, tuple[str, int]], system: AbstractResolver | None = None
    ) -> None:
        self._table = table
        self._system = system or PooledResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        if host in self._table:
            address, real_port = self._table[host]
            kind = socket.AF_INET6 if ":" in address else socket.AF_INET
            return [_result(host, address, real_port, kind)]
        found = await self._system.resolve(host, port, family)
        # One bad address spoils the answer: whoever mixes them means no good.
        if not all(is_public(each["host"]) for each in found):
            raise Forbidden("FED-9.3", "the name leads to an address that is not public")
        return found

    async def close(self) -> None:
        await self._system.close()


def _result(name: str, address: str, port: int, family: int) -> ResolveResult:
    return ResolveResult(
        hostname=name,
        host=address,
        port=port,
        family=family,
        proto=0,
        flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
    )

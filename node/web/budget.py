"""What requests hold while they are under way: bytes of bodies, and places (LIM-2)."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from msgspec import Struct

from node.errors import TooMuch
from node.web.limits import neighbourhoods
from node.web.problems import Busy

MIB = 1 << 20
WAIT_SECONDS = 5


class Shares(Struct, frozen=True):
    """The largest part of it that an address, an account and all together may hold."""

    address_bytes: int = 16 * MIB
    account_bytes: int = 32 * MIB
    node_bytes: int = 128 * MIB
    address_requests: int = 128


class Budget:
    """One count of bytes in flight, by address and account, for all who bring bodies."""

    def __init__(self, shares: Shares | None = None) -> None:
        self.shares = shares or Shares()
        self.held_bytes = 0
        self._bytes: Counter[str] = Counter()
        self._requests: Counter[str] = Counter()

    def holding(self, address: str, account: str = "") -> "Holding":
        """What one request holds; given back at the end of its `with` block."""
        return Holding(self, address, account)

    @contextmanager
    def under_way(self, address: str) -> Iterator[None]:
        """A request of `address` is being answered. Raises `TooMuch` (LIM-2.3)."""
        networks = neighbourhoods(address)
        most = self.shares.address_requests
        if any(self._requests[key] >= most * times for key, times in networks):
            raise TooMuch(
                "LIM-2.3", "too many requests at the same time: wait for answers", WAIT_SECONDS
            )
        for key, _ in networks:
            self._requests[key] += 1
        try:
            yield
        finally:
            for key, _ in networks:
                self._requests[key] -= 1
                if not self._requests[key]:
                    del self._requests[key]

    def add(self, keys: tuple[tuple[str, int], ...], count: int) -> None:
        """Hold `count` bytes more, or fewer. Raises `TooMuch`, `Busy` (LIM-2.1): then none is."""
        if count > 0:
            if self.held_bytes + count > self.shares.node_bytes:
                raise Busy("LIM-2.1", "the node is busy with what others send", WAIT_SECONDS)
            if any(self._bytes[key] + count > most for key, most in keys):
                raise TooMuch(
                    "LIM-2.1", "too much is on its way from you: send less at a time", WAIT_SECONDS
                )
        self.held_bytes += count
        for key, _ in keys:
            self._bytes[key] += count
            if not self._bytes[key]:
                del self._bytes[key]


class Holding:
    """The part of a budget that one request holds, until the end of its block."""

    __slots__ = ("_budget", "_keys", "size")

    def __init__(self, budget: Budget, address: str, account: str) -> None:
        shares = budget.shares
        self._budget = budget
        self._keys = tuple(
            (f"address:{network}", shares.address_bytes * times)
            for network, times in neighbourhoods(address)
        )
        if account:
            self._keys += ((f"account:{account}", shares.account_bytes),)
        self.size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        if self.size:
            self.add(-self.size)

    def add(self, count: int) -> None:
        """Hold `count` bytes more, or fewer. Raises `TooMuch`, `Busy` (LIM-2.1)."""
        self._budget.add(self._keys, count)
        self.size += count

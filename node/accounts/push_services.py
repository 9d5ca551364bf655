"""How much may go to one push service, whoever aims at it (PSH-2.8). Pure: the time is given.

An endpoint is what somebody says, so it may be a third party's address. A server that took messages
lately is a push service; any other is called one at a time, and an account that was refused there
waits. All wait only for one that gives several accounts no answer: nobody makes others wait alone.
"""

from collections import deque
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from cachetools import LRUCache
from msgspec import Struct, field

from node.federation.backoff import next_attempt

OF_ACCOUNT = 240  # in a window
WINDOW = timedelta(minutes=10)
AT_ONCE = 8
SOON = timedelta(seconds=3)
SEVERAL = 3  # accounts that had no answer
TRUSTED = timedelta(days=1)  # after it last took something
MOST_KNOWN = 10_000


class _Service(Struct):
    under_way: int = 0
    took: datetime | None = None
    failures: int = 0
    until: datetime | None = None
    failed: set[str] = field(default_factory=set)  # accounts, up to `SEVERAL`


class _Use(Struct):
    """What an account does with one of them."""

    handed: deque[datetime] = field(default_factory=deque)
    failures: int = 0
    until: datetime | None = None


class PushServices:
    """What was handed to which of them, and how they took it, since the start."""

    def __init__(self) -> None:
        self._services: LRUCache[str, _Service] = LRUCache(MOST_KNOWN)
        self._uses: LRUCache[tuple[str, str], _Use] = LRUCache(MOST_KNOWN)

    def begin(self, account: str, endpoint: str, now: datetime) -> datetime | None:
        """A message is handed over now, and `took` or `refused` is called after it; or not before
        the instant that this answers."""
        service, use = self._service(endpoint), self._use(account, endpoint)
        trusted = _trusted(service, now)
        if not trusted and (wait := _wait(service, use, now)) is not None:
            return wait
        handed = use.handed
        while handed and handed[0] <= now - WINDOW:
            handed.popleft()
        if len(handed) >= OF_ACCOUNT:
            return handed[0] + WINDOW
        # Of one that has taken nothing yet, nobody knows whether it wants to be called at all.
        if service.under_way >= (AT_ONCE if trusted else 1):
            return now + SOON
        handed.append(now)
        service.under_way += 1
        return None

    def took(self, account: str, endpoint: str, now: datetime) -> None:
        service, use = self._service(endpoint), self._use(account, endpoint)
        service.under_way = max(0, service.under_way - 1)
        service.took, service.failures, service.until = now, 0, None
        service.failed.clear()
        use.failures, use.until = 0, None

    def refused(
        self, account: str, endpoint: str, status: int | None, now: datetime, spread: float
    ) -> None:
        """`status` is None where there was no answer."""
        service, use = self._service(endpoint), self._use(account, endpoint)
        service.under_way = max(0, service.under_way - 1)
        use.failures += 1
        use.until = next_attempt(use.failures, now, now, spread)
        if status is not None and status < 500 and status != 429:
            return  # it lives, and means this browser
        if len(service.failed) < SEVERAL:
            service.failed.add(account)
        if len(service.failed) >= SEVERAL:
            service.failures += 1
            service.until = next_attempt(service.failures, now, now, spread)

    def _service(self, endpoint: str) -> _Service:
        return self._services.setdefault(_host(endpoint), _Service())

    def _use(self, account: str, endpoint: str) -> _Use:
        return self._uses.setdefault((account, _host(endpoint)), _Use())


def _wait(service: _Service, use: _Use, now: datetime) -> datetime | None:
    """Not before then. Who was refused nothing there has a first try, whatever others had."""
    if not use.failures:
        return None
    return max((at for at in (service.until, use.until) if at and now < at), default=None)


def _trusted(service: _Service, now: datetime) -> bool:
    return service.took is not None and now - service.took < TRUSTED


def _host(endpoint: str) -> str:
    return (urlsplit(endpoint).hostname or "").rstrip(".")

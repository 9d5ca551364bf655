"""How much may go to one push service, whoever aims at it (PSH-2.8). Pure: the time is given.

An endpoint is what somebody says, so it may be a third party's address. A server that took messages
lately is a push service; any other is asked by the whole node as seldom as by one browser.
"""

from collections import deque
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from cachetools import LRUCache
from msgspec import Struct

from node.federation.backoff import next_attempt

OF_ACCOUNT = 240  # in a window
WINDOW = timedelta(minutes=10)
AT_ONCE = 8
SOON = timedelta(seconds=3)
TRUSTED = timedelta(days=1)  # after it last took something
MOST_KNOWN = 10_000


class _Service(Struct):
    under_way: int = 0
    took: datetime | None = None
    failures: int = 0
    until: datetime | None = None


class PushServices:
    """What was handed to which of them, and how they took it, since the start."""

    def __init__(self) -> None:
        self._services: LRUCache[str, _Service] = LRUCache(MOST_KNOWN)
        self._handed: LRUCache[tuple[str, str], deque[datetime]] = LRUCache(MOST_KNOWN)

    def begin(self, account: str, endpoint: str, now: datetime) -> datetime | None:
        """A message is handed over now, and `took` or `refused` is called after it; or not before
        the instant that this answers."""
        host = _host(endpoint)
        service = self._service(host)
        if service.until is not None and now < service.until and not _trusted(service, now):
            return service.until
        handed = self._handed.setdefault((account, host), deque())
        while handed and handed[0] <= now - WINDOW:
            handed.popleft()
        if len(handed) >= OF_ACCOUNT:
            return handed[0] + WINDOW
        # Of one that has taken nothing yet, nobody knows whether it wants to be called at all.
        if service.under_way >= (AT_ONCE if _trusted(service, now) else 1):
            return now + SOON
        handed.append(now)
        service.under_way += 1
        return None

    def took(self, endpoint: str, now: datetime) -> None:
        service = self._service(_host(endpoint))
        service.under_way = max(0, service.under_way - 1)
        service.took, service.failures, service.until = now, 0, None

    def refused(self, endpoint: str, now: datetime, spread: float) -> None:
        """Or there was no answer."""
        service = self._service(_host(endpoint))
        service.under_way = max(0, service.under_way - 1)
        service.failures += 1
        service.until = next_attempt(service.failures, now, now, spread)

    def _service(self, host: str) -> _Service:
        return self._services.setdefault(host, _Service())


def _trusted(service: _Service, now: datetime) -> bool:
    return service.took is not None and now - service.took < TRUSTED


def _host(endpoint: str) -> str:
    return (urlsplit(endpoint).hostname or "").rstrip(".")

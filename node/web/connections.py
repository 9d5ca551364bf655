"""The connections that stand: how many, for whom, and how long each may keep us waiting (LIM-1).

aiohttp's server has one deadline, for a connection that is idle. Ours is its protocol with what is
missing; decision 0013 says why, and which members of aiohttp it reads.
"""

import logging
import traceback
from asyncio import BaseTransport
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError, LineTooLong
from aiohttp.web_protocol import RequestHandler
from msgspec import Struct

from node.errors import Malformed, Refused
from node.web import problems
from node.web.limits import TrustedProxies, neighbourhoods

LOG = logging.getLogger("node.web")
Counts = Callable[[str], None]
TOLD_EVERY_SECONDS = 60
STARVED = (
    "the system had no file descriptor left for a connection: raise the limit of open files "
    "(ulimit -n, LimitNOFILE), or lower KITH_CONNECTIONS_LIMIT"
)
LATE = problems.problem_of(
    problems.TooSlow("LIM-1.1", "the head of the request did not come in time"), ""
).document()
LATE_ANSWER = (
    b"HTTP/1.1 408 Request Timeout\r\nContent-Type: application/problem+json\r\n"
    b"Connection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(LATE), LATE)
)


class Bounds(Struct, frozen=True):
    """How many connections, and for how many seconds each may do nothing."""

    connections: int
    per_address: int = 128
    handshake_seconds: float = 10
    head_seconds: float = 15
    idle_seconds: float = 75  # longer than proxies keep theirs, which are then the ones to close
    write_seconds: float = 60


class Held(Protocol):
    """What stands behind a place: a handshake, or a connection that speaks HTTP."""

    def waiting_since(self) -> float | None:
        """Since when we wait for them; None while they wait for us."""
        ...

    def overdue(self, now: float, bounds: Bounds) -> str:
        """The clause whose time is over at `now`; empty when none is."""
        ...

    def end(self, clause: str) -> None:
        """Close it. What can still be said to them is said."""
        ...


class Place:
    """One place among the connections; `held` is set as soon as something stands there."""

    __slots__ = ("held", "keys")

    def __init__(self, keys: tuple[str, ...]) -> None:
        self.keys = keys
        self.held: Held | None = None


class Connections:
    """All places of a node. `count` is told the clause of each refusal."""

    def __init__(
        self, bounds: Bounds, proxies: TrustedProxies, ticks: Callable[[], float], count: Counts
    ) -> None:
        self.bounds = bounds
        self.ticks = ticks
        self._proxies = proxies
        self._count = count
        self._places: set[Place] = set()
        self._of: Counter[str] = Counter()
        self._starved: float | None = None

    def __len__(self) -> int:
        return len(self._places)

    def enter(self, address: str) -> Place | None:
        """A place for a connection from `address`, or None when it is to be closed at once."""
        keys = self._keys(address)
        if any(self._of[key] >= most for key, most in keys.items()):
            self._count("LIM-1.4")
            return None
        if len(self._places) >= self.bounds.connections and not self.make_room():
            self._count("LIM-1.5")
            return None
        place = Place(tuple(keys))
        self._places.add(place)
        self._of.update(place.keys)
        return place

    def leave(self, place: Place) -> None:
        """The connection is no more. Said twice is silence."""
        if place not in self._places:
            return
        self._places.discard(place)
        for key in place.keys:
            self._of[key] -= 1
            if not self._of[key]:
                del self._of[key]

    def make_room(self) -> bool:
        """Close the connection that has been waiting longest; False when none is waiting."""
        longest: tuple[float, Place] | None = None
        for place in self._places:
            since = place.held.waiting_since() if place.held else None
            if since is not None and (longest is None or since < longest[0]):
                longest = (since, place)
        if longest is None:
            return False
        self._end([longest[1]], "LIM-1.5")
        return True

    def sweep(self) -> None:
        """Close what is overdue."""
        now = self.ticks()
        for place in list(self._places):
            clause = place.held.overdue(now, self.bounds) if place.held else ""
            if clause:
                self._end([place], clause)

    def starve(self) -> None:
        """The system had no descriptor for a newcomer (LIM-1.8): room is made, and it is told."""
        now = self.ticks()
        if self._starved is None or now - self._starved >= TOLD_EVERY_SECONDS:
            LOG.warning("no file descriptor is left", extra={"reason": STARVED})
        self._starved = now
        self._count("LIM-1.8")
        self.make_room()

    def trouble(self) -> str:
        """Of the last hour, in words; or nothing."""
        lately = self._starved is not None and self.ticks() - self._starved < 3600
        return STARVED if lately else ""

    def refused(self, clause: str) -> None:
        """Something was refused before any route saw it."""
        self._count(clause)

    def _end(self, places: Iterable[Place], clause: str) -> None:
        for place in places:
            if clause != "LIM-1.2":
                self._count(clause)
            self.leave(place)
            if place.held is not None:
                place.held.end(clause)

    def _keys(self, address: str) -> dict[str, int]:
        if self._proxies.trusts(address):
            return {}
        most = self.bounds.per_address
        return {network: most * times for network, times in neighbourhoods(address)}


class Connection(RequestHandler):
    """aiohttp's protocol, which says since when it waits, and for what."""

    __slots__ = (
        "_connections",
        "_head_since",
        "_idle_since",
        "_partial",
        "_place",
        "_stalled_since",
    )

    def __init__(
        self, server: web.Server, place: Place, connections: Connections, **settings: Any
    ) -> None:
        # Its own deadline of idle connections is a timer for each: one sweep sees to all here.
        super().__init__(server, **settings, keepalive_timeout=connections.bounds.idle_seconds * 2)
        self._place = place
        self._connections = connections
        self._idle_since = connections.ticks()
        self._head_since: float | None = self._idle_since
        self._stalled_since: float | None = None
        self._partial = False

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        self._idle_since = self._head_since = self._connections.ticks()
        self._place.held = self

    def connection_lost(self, exc: BaseException | None) -> None:
        self._connections.leave(self._place)
        self._place.held = None  # or each would keep the other, until the collector comes by
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._partial = self._is_waiting()
        if not self._partial:
            self._head_since = None
        elif self._head_since is None:
            self._head_since = self._connections.ticks()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stalled_since = self._connections.ticks()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stalled_since = None

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """What is no request of HTTP, as a problem. Nothing of it is logged or said back."""
        if status != 400:
            return super().handle_error(request, status, exc, message)
        error: Refused = Malformed("LIM-1.7", "this is no request of HTTP/1.1")
        if isinstance(exc, LineTooLong):
            error = problems.HeadTooLarge("LIM-1.7", "the head of the request is too long")
        self._connections.refused(error.clause)
        response = problems.answer(problems.problem_of(error, ""))
        response.force_close()
        return response

    def log_exception(self, *_args: Any, **told: Any) -> None:
        """What aiohttp could not go on with: what sort, and where; never its words, as a parser's
        words hold what was sent."""
        error = told.get("exc_info")
        if isinstance(error, web.RequestPayloadError | HttpProcessingError):
            self._connections.refused("LIM-1.7")
            return
        where = traceback.extract_tb(getattr(error, "__traceback__", None))[-1:]
        LOG.error(
            "a connection failed",
            extra={
                "reason": type(error).__name__,
                "where": "".join(f"{Path(each.filename).name}:{each.lineno}" for each in where),
            },
        )

    def waiting_since(self) -> float | None:
        if not self._is_waiting():
            return None
        return self._idle_since if self._head_since is None else self._head_since

    def overdue(self, now: float, bounds: Bounds) -> str:
        if self._stalled_since is not None and now - self._stalled_since >= bounds.write_seconds:
            return "LIM-1.3"
        if not self._is_waiting():
            self._idle_since = now  # as exact as the sweeps are frequent
        elif self._head_since is not None:
            return "LIM-1.1" if now - self._head_since >= bounds.head_seconds else ""
        return "LIM-1.2" if now - self._idle_since >= bounds.idle_seconds else ""

    def end(self, clause: str) -> None:
        transport = self.transport
        if transport is None:
            return
        if clause == "LIM-1.1" and self._partial:
            transport.write(LATE_ANSWER)
            self.force_close()
        else:
            # Closed politely, it would stay until they have read what we wrote.
            transport.abort()

    def _is_waiting(self) -> bool:
        """Whether no request of theirs is with us: none came yet, or the next did not."""
        if self._messages:
            return False
        waiter = self._waiter
        return self._request_count == 0 or (waiter is not None and not waiter.done())

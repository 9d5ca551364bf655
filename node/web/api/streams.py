"""The event stream of a device: what it missed, then what happens, until it goes (API-7)."""

import asyncio
import re
from collections.abc import AsyncGenerator

from msgspec import Struct, field

from node.errors import Malformed
from node.store.incarnation import IncarnationUnit
from node.store.streams import MOST_AT_ONCE, Place, StreamsUnit, Told
from node.store.unit import Units
from node.store.wakeups import Wakeups
from node.web.api.scopes import Scope
from node.web.auth import Authenticator
from node.web.routes import Call, Caller, Reply, Route
from node.wire import json

HEARTBEAT_SECONDS = 20.0  # proxies cut what is silent for 30 to 60 s
_PLACE = re.compile(r"(\d{1,18})\.(\d{1,18})\.([0-9a-f]{0,8})", re.ASCII)
HEADERS = {"Content-Type": "text/event-stream", "Cache-Control": "no-store"} | {
    "X-Accel-Buffering": "no"  # else nginx waits for a full buffer
}


def routes(streams: "Streams") -> tuple[Route, ...]:
    """The one route of streams."""
    return (
        Route(
            "GET",
            "/events",
            streams.open,
            "The device's server-sent events (text/event-stream); Last-Event-ID resumes.",
            Scope.READ,
            answers=bytes,
        ),
    )


class Streams(Struct):
    """Opens streams, and ends them when the node stops."""

    units: Units
    wakeups: Wakeups
    authenticator: Authenticator
    heartbeat_seconds: float = HEARTBEAT_SECONDS
    _open: set[asyncio.Future[None]] = field(default_factory=set)
    _closed: bool = False

    async def open(self, call: Call) -> Reply:
        """The stream of the caller's device. Raises `Malformed` (API-7.3)."""
        said = call.headers.get("Last-Event-ID", "").strip()
        last = _read_mark(said) if said else None
        return Reply(self._follow(call.caller, last), headers=HEADERS)

    async def close(self) -> None:
        """End all streams; clients come back and resume."""
        self._closed = True
        for future in list(self._open):
            if not future.done():
                future.set_result(None)

    async def _follow(self, caller: Caller, last: "Mark | None") -> AsyncGenerator[bytes, None]:
        first, life = await self.units.look(StreamsUnit, lambda unit: _begin(caller, last, unit))
        after, tag = first.place, _tag(life)
        yield b"retry: 1000\n" + _frame(first, tag)
        while not self._closed:
            # Listen before looking: what happens between is a wake-up that is already heard.
            heard = self.wakeups.listen(f"events:{caller.account}")
            self._open.add(heard)
            try:
                # Nobody sees an event that was told after their token ended.
                if not await self.authenticator.holds(caller.token):
                    return
                told = await self._behind(after, caller)
                if told:
                    yield b"".join(_frame(one, tag) for one in told)
                    after = told[-1].place
                if len(told) < MOST_AT_ONCE and not await self.wakeups.wait(
                    heard, self.heartbeat_seconds
                ):
                    yield b": still here\n\n"
            finally:
                self._open.discard(heard)
                heard.cancel()

    async def _behind(self, after: Place, caller: Caller) -> list[Told]:
        account, device = caller.account, caller.device
        return list(
            await self.units.look(StreamsUnit, lambda unit: unit.behind(after, account, device))
        )


class Mark(Struct, frozen=True):
    """What the id of an event says: its place, and in which life of the database (`_tag`)."""

    place: Place
    tag: str


async def _begin(caller: Caller, last: Mark | None, unit: StreamsUnit) -> tuple[Told, str]:
    """How the stream begins, with `hello` or `reset` (API-7.2, API-7.4); the database's life."""
    life = await unit.beside(IncarnationUnit).incarnation()
    data = json.encode({"incarnation": life}).decode()
    if last is not None and last.tag == _tag(life) and await unit.unbroken(last.place):
        return Told(last.place, "hello", data), life
    kind = "hello" if last is None else "reset"
    return Told(await unit.newest(caller.account), kind, data), life


def _tag(life: str) -> str:
    """As much of it as tells one life from another."""
    return life[:8]


def _read_mark(text: str) -> Mark:
    found = _PLACE.fullmatch(text)
    if found is None:
        raise Malformed("API-7.3", "Last-Event-ID is the id of an event of this node")
    return Mark(Place(int(found[1]), int(found[2])), found[3])


def _frame(told: Told, tag: str) -> bytes:
    id = f"{told.place.seq}.{told.place.at}.{tag}"
    return f"id: {id}\nevent: {told.kind}\ndata: {told.data}\n\n".encode()

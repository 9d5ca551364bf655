"""The event stream of a device: what it missed, then what happens, until it goes (API-7)."""

import asyncio
import re
from collections.abc import AsyncGenerator

from msgspec import Struct, field

from node.errors import Malformed
from node.store.streams import MOST_AT_ONCE, Place, StreamsUnit, Told
from node.store.unit import Units
from node.store.wakeups import Wakeups
from node.web.api.scopes import Scope
from node.web.auth import Authenticator
from node.web.routes import Call, Caller, Reply, Route

HEARTBEAT_SECONDS = 20.0  # proxies cut what is silent for 30 to 60 s
_PLACE = re.compile(r"(\d{1,18})\.(\d{1,18})", re.ASCII)
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
        last = _read_place(said) if said else None
        return Reply(self._follow(call.caller, last), headers=HEADERS)

    async def close(self) -> None:
        """End all streams; clients come back and resume."""
        self._closed = True
        for future in list(self._open):
            if not future.done():
                future.set_result(None)

    async def _follow(self, caller: Caller, last: Place | None) -> AsyncGenerator[bytes, None]:
        after, kind = await self.units.look(StreamsUnit, lambda unit: _begin(caller, last, unit))
        yield b"retry: 1000\n" + _frame(Told(after, kind, "{}"))
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
                    yield b"".join(map(_frame, told))
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


async def _begin(caller: Caller, last: Place | None, unit: StreamsUnit) -> tuple[Place, str]:
    """Where the stream begins, and whether it says `hello` or `reset` (API-7.2, API-7.4)."""
    if last is not None and await unit.unbroken(last):
        return last, "hello"
    return await unit.newest(caller.account), "hello" if last is None else "reset"


def _read_place(text: str) -> Place:
    found = _PLACE.fullmatch(text)
    if found is None:
        raise Malformed("API-7.3", "Last-Event-ID is the id of an event of this node")
    return Place(int(found[1]), int(found[2]))


def _frame(told: Told) -> bytes:
    id = f"{told.place.seq}.{told.place.at}"
    return f"id: {id}\nevent: {told.kind}\ndata: {told.data}\n\n".encode()

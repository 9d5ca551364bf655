"""The event stream of a device: what it missed, then what happens, until it goes (API-7)."""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing

from msgspec import Struct, field

from node.errors import Malformed, TooMuch
from node.store.incarnation import IncarnationUnit
from node.store.streams import MOST_AT_ONCE, Place, StreamsUnit, Told
from node.store.unit import Units
from node.store.wakeups import Wakeups
from node.web.api.scopes import Scope
from node.web.auth import Authenticator
from node.web.problems import Busy
from node.web.routes import Call, Caller, Reply, Route
from node.wire import json

HEARTBEAT_SECONDS = 20.0  # proxies cut what is silent for 30 to 60 s
_PLACE = re.compile(r"(\d{1,18})\.(\d{1,18})\.([0-9a-f]{0,8})", re.ASCII)
MOST_OF_SESSION = 4  # a device that lost its line opens anew before the old one is known as dead
MOST_OF_ACCOUNT = 32
MOST_OF_NODE = 2000
WAIT_SECONDS = 30
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


class Follower(Struct, eq=False):
    """One stream that is open; `heard` is what it waits for."""

    account: str
    session: str
    heard: asyncio.Future[None] | None = None
    ended: bool = False

    def end(self) -> None:
        """Let it end by itself, now."""
        self.ended = True
        if self.heard is not None and not self.heard.done():
            self.heard.set_result(None)


class Streams(Struct):
    """Opens streams, and ends them when the node stops."""

    units: Units
    wakeups: Wakeups
    authenticator: Authenticator
    heartbeat_seconds: float = HEARTBEAT_SECONDS
    _open: list[Follower] = field(default_factory=list)
    _closed: bool = False

    async def open(self, call: Call) -> Reply:
        """The stream of the caller's device.

        Raises `Malformed` (API-7.3), `TooMuch` and `Busy` (API-7.7).
        """
        said = call.headers.get("Last-Event-ID", "").strip()
        last = _read_mark(said) if said else None
        self._check_room(call.caller)
        return Reply(self._follow(call.caller, last), headers=HEADERS)

    def __len__(self) -> int:
        """How many are open."""
        return len(self._open)

    async def close(self) -> None:
        """End all streams; clients come back and resume."""
        self._closed = True
        for follower in self._open:
            follower.end()

    def _check_room(self, caller: Caller) -> None:
        if len(self._open) >= MOST_OF_NODE:
            raise Busy("API-7.7", "the node holds as many event streams as it can", WAIT_SECONDS)
        if sum(each.account == caller.account for each in self._open) >= MOST_OF_ACCOUNT:
            raise TooMuch(
                "API-7.7", f"an account has at most {MOST_OF_ACCOUNT} event streams", WAIT_SECONDS
            )

    async def _follow(self, caller: Caller, last: "Mark | None") -> AsyncGenerator[bytes, None]:
        follower = Follower(caller.account, caller.session)
        self._open.append(follower)
        try:
            of_session = [each for each in self._open if each.session == caller.session]
            for each in of_session[:-MOST_OF_SESSION]:
                each.end()
            async with aclosing(self._told(caller, last, follower)) as told:
                async for piece in told:
                    yield piece
        finally:
            self._open.remove(follower)

    async def _told(
        self, caller: Caller, last: "Mark | None", follower: Follower
    ) -> AsyncGenerator[bytes, None]:
        first, life = await self.units.look(StreamsUnit, lambda unit: _begin(caller, last, unit))
        after, tag = first.place, _tag(life)
        yield b"retry: 1000\n" + _frame(first, tag)
        while not (self._closed or follower.ended):
            # Listen before looking: what happens between is a wake-up that is already heard.
            heard = self.wakeups.listen(f"events:{caller.account}")
            follower.heard = heard
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
                heard.cancel()

    async def _behind(self, after: Place, caller: Caller) -> list[Told]:
        account, device = caller.account, caller.device
        return list(
            await self.units.glance(StreamsUnit, lambda unit: unit.behind(after, account, device))
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

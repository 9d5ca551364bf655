"""One route as a value: what it takes, what it answers, who may call it.

The server, the description and the rate limits are all made from these values, so a route that
is not described does not exist. A room's page `web/<surface>/<room>.py` has a function
`routes(units, …) -> tuple[Route, ...]`; a `Surface` says below which prefix they stand, and how
they speak HTTP.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Protocol

from msgspec import Struct, field

from node.accounts import seats
from node.errors import Forbidden
from node.store.idempotency_marks import IdempotencyMark
from node.wire.api.cursor import Cursor


class Caller(Struct, frozen=True):
    """Who calls, as their token proves. `actor` is the id of the account's Person.

    Without an account: who works on the node's own machine, and is asked for no token.
    """

    account: str
    actor: str
    name: str
    role: str
    session: str
    device: str  # "" for a session without one
    token: bytes
    scopes: frozenset[str]
    seat: int = 0  # of the device, when its vault has taken one


class Page(Struct, frozen=True):
    """A page of a list as it is asked for, in the list's own order.

    It has the first `limit` items behind `after`, or the last `limit` ones in front of `before`;
    and none at or behind `until`. A surface that only goes forward knows `after` alone.
    """

    limit: int
    after: Cursor | None = None
    before: Cursor | None = None
    until: Cursor | None = None


class RawBody(Protocol):
    """A body that is read by the route itself. Reading raises `TooMuch` when it is too long,
    `TooSlow` when it does not come in time, and `Busy` when too much is held (LIM-2.1).
    """

    @property
    def declared(self) -> int | None:
        """The length its head announces, if it does."""
        ...

    def pieces(self, size: int) -> AsyncIterator[bytes]:
        """Its pieces, each of `size` bytes or a little more, but for the last."""
        ...

    async def whole(self) -> bytes:
        """All of it."""
        ...


class Call(Struct, frozen=True):
    """One request to a route. `body` has the route's `body` type; a raw one is read from `raw`.

    `address` is the client's, after trusted proxies. `once` is to be handed to the unit that
    decides: `units.run(kind, work, once=call.once)`. `method`, `target` (path and query) and
    `headers` are as they came: a signature covers them.
    """

    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    address: str
    caller_or_none: Caller | None = None
    body: Any = None
    raw: RawBody | None = None
    page: Page | None = None
    once: IdempotencyMark | None = None
    method: str = "GET"
    target: str = ""

    @property
    def caller(self) -> Caller:
        """The caller of a route that needs a token."""
        if self.caller_or_none is None:
            raise Forbidden("API-3.1", "this call needs a token: log in first")
        return self.caller_or_none

    @property
    def device_caller(self) -> Caller:
        """The caller of a route that needs a device. Raises `Forbidden` (ACC-3.3), `Conflict`
        (ACC-4.5) for a copy of its vault that was left behind."""
        who = self.seated_caller
        seats.check(who.seat, self.headers.get(seats.HEADER, ""))
        return who

    @property
    def seated_caller(self) -> Caller:
        """As `device_caller`, of whatever copy. Raises `Forbidden` (ACC-3.3)."""
        if not self.caller.device:
            raise Forbidden(
                "ACC-3.3",
                "this needs a device, and this session has none: log in with device_name for a new "
                "one, or with device for one that you have",
            )
        return self.caller

    @property
    def limit(self) -> int:
        """How many items the page may have."""
        assert self.page is not None, "a route with pages says that it is `paged`"
        return self.page.limit

    @property
    def after(self) -> Cursor | None:
        """Where the page before ended."""
        assert self.page is not None, "a route with pages says that it is `paged`"
        return self.page.after


class Reply(Struct, frozen=True):
    """What a route answers. Of a page: the cursors of its ends, where more lies beyond them.

    `undecided`: nothing was committed here, so that asked again it may be done again.
    """

    value: Any = None
    status: int = 0  # 0: the route's usual one
    headers: Mapping[str, str] = field(default_factory=dict)
    after: Cursor | None = None
    before: Cursor | None = None
    undecided: bool = False


class Route(Struct, frozen=True):
    """`method` and `path` (below the surface's prefix, with `{names}`), and all that is known.

    `says` is one sentence for the API's readers. `scope` is the word that a token needs, or
    several of which any one opens the route; None: no token is needed. `body` and `answers` are
    msgspec types (None: nothing; `bytes` for a raw body, then `Call.raw`). `query` documents the
    parameters besides those of the page.
    """

    method: str
    path: str
    do: Callable[[Call], Awaitable[Reply]]
    says: str
    scope: str | tuple[str, ...] | None
    body: Any = None
    answers: Any = None
    status: int = 200
    paged: bool = False
    query: Mapping[str, str] = field(default_factory=dict)
    idempotent: bool = True  # a POST with Idempotency-Key is answered once (API-6)
    admin: bool = False  # the caller's role must be admin
    sensitive: bool = False  # counts against login_attempts_per_minute
    limit_bytes: int = 0  # of a body; 0: what the surface takes
    direct: bool = False  # so often asked for that it is found without the router (web/shortcut)

    @property
    def scopes(self) -> tuple[str, ...]:
        """The words of which one opens it; none: no token is needed."""
        if self.scope is None:
            return ()
        return self.scope if isinstance(self.scope, tuple) else (self.scope,)

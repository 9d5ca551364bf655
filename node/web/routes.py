"""One route of the client API as a value: what it takes, what it answers, who may call it.

The server, the OpenAPI document and the rate limits are all made from these values, so a route
that is not described does not exist. A room's page `web/<room>.py` has a function
`routes(units, …) -> tuple[Route, ...]`.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct, field

from node.errors import Forbidden, Malformed
from node.store.idempotency_marks import IdempotencyMark
from node.wire.api.cursor import Cursor, read_cursor

LARGEST_PAGE = 100
USUAL_PAGE = 40


class Scope(StrEnum):
    """What a token may be used for. A route needs exactly one (API-3)."""

    READ = "read"
    WRITE = "write"
    MESSAGES = "messages"
    ADMIN = "admin"


ALL_SCOPES = (Scope.READ, Scope.WRITE, Scope.MESSAGES)


class Caller(Struct, frozen=True):
    """Who calls, as their token proves. `actor` is the id of the account's Person."""

    account: str
    actor: str
    name: str
    role: str
    session: str
    device: str  # "" for a session without one
    token: bytes
    scopes: frozenset[Scope]


class Call(Struct, frozen=True):
    """One request to a route. `body` has the route's `body` type; `chunk` is a raw body's stream.

    `address` is the client's, after trusted proxies. `once` is to be handed to the unit that
    decides: `units.run(kind, work, once=call.once)`.
    """

    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    address: str
    caller_or_none: Caller | None = None
    body: Any = None
    chunk: AsyncIterator[bytes] | None = None
    once: IdempotencyMark | None = None

    @property
    def caller(self) -> Caller:
        """The caller of a route that needs a token."""
        if self.caller_or_none is None:
            raise Forbidden("API-3.1", "this call needs a token")
        return self.caller_or_none

    @property
    def device_caller(self) -> Caller:
        """The caller of a route that needs a device. Raises `Forbidden` (ACC-3.3)."""
        if not self.caller.device:
            raise Forbidden(
                "ACC-3.3",
                "this needs a device, and this session has none: log in with device_name for a new "
                "one, or with device for one that you have",
            )
        return self.caller

    @property
    def limit(self) -> int:
        """How many items a page may have: `limit`, 1 to 100, usually 40 (API-5.1)."""
        text = self.query.get("limit", str(USUAL_PAGE))
        if not (text.isascii() and text.isdigit()) or not 1 <= int(text) <= LARGEST_PAGE:
            raise Malformed("API-5.1", f"limit is a number from 1 to {LARGEST_PAGE}")
        return int(text)

    @property
    def after(self) -> Cursor | None:
        """Where the last page ended: `after`, as found in its Link header (API-5.2)."""
        text = self.query.get("after", "")
        return read_cursor(text) if text else None


class Reply(Struct, frozen=True):
    """What a route answers. `after` is the cursor of the next page, if there is one.

    `undecided`: nothing was committed here, so that asked again it may be done again.
    """

    value: Any = None
    status: int = 0  # 0: the route's usual one
    headers: Mapping[str, str] = field(default_factory=dict)
    after: Cursor | None = None
    undecided: bool = False


class Route(Struct, frozen=True):
    """`method` and `path` (below /api/kith/v1, with `{names}`), and all that is known of them.

    `says` is one sentence for the API's readers. `scope` None means: no token is needed.
    `body` and `answers` are msgspec types (None: nothing; `bytes` for a raw body, then `chunk`).
    `query` documents the parameters besides `limit` and `after`.
    """

    method: str
    path: str
    do: Callable[[Call], Awaitable[Reply]]
    says: str
    scope: Scope | None
    body: Any = None
    answers: Any = None
    status: int = 200
    paged: bool = False
    query: Mapping[str, str] = field(default_factory=dict)
    idempotent: bool = True  # a POST with Idempotency-Key is answered once (API-6)
    admin: bool = False  # the caller's role must be admin
    sensitive: bool = False  # counts against login_attempts_per_minute

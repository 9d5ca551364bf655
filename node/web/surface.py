"""A surface: the routes below one prefix, and how they speak HTTP.

Our client API, what other servers ask, the pages for people: each is one `Surface`, and the kernel
(`web/server`) is built from them. What differs between two of them stands here, and nowhere in
the kernel: media types, the shape of an error, the words of a token, how lists are paged, which
other sites may ask (CORS), and what a page may load (CSP).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from aiohttp import hdrs, web
from msgspec import Struct, field
from yarl import URL

from node.web.problems import Problem
from node.web.routes import Page, Reply, Route

# An answer that is no page loads nothing, runs nothing and stands in no frame.
NOTHING = "default-src 'none'; frame-ancestors 'none'"
METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"


class Written(Struct, frozen=True):
    """A value as it is sent."""

    media_type: str
    body: bytes


class Bodies(Protocol):
    """How the bodies of a surface are read and written."""

    @property
    def limit_bytes(self) -> int:
        """How long a body may be, where its route says nothing else."""
        ...

    @property
    def too_long(self) -> str:
        """The clause against a longer one."""
        ...

    @property
    def too_slow(self) -> str:
        """The clause against one that does not come in time."""
        ...

    def check(self, request: web.Request) -> None:
        """Raises `WrongType` for a media type that is not taken, before the body is read."""
        ...

    def read(self, request: web.Request, raw: bytes, kind: Any) -> Any:
        """`raw` as a value of `kind`. Raises `Malformed`."""
        ...

    def write(self, value: Any) -> Written:
        """What a route answered. None is an answer without a value."""
        ...


class Paging(Protocol):
    """How the pages of a surface's lists are asked for and linked."""

    @property
    def parameters(self) -> Mapping[str, Mapping[str, Any]]:
        """What a query may say, as the members of an OpenAPI parameter."""
        ...

    def read(self, query: Mapping[str, str]) -> Page | None:
        """The page that is asked for; None where that is the list as such. Raises `Malformed`."""
        ...

    def show(self, address: URL, reply: Reply) -> Reply:
        """`reply` to what was asked at `address`, with the links to the pages around it."""
        ...


class Cors(Struct, frozen=True):
    """Which other sites' scripts may ask, with which headers, and what they may see.

    Never with credentials: no cookie is of use here, and a token is sent on purpose.
    """

    origins: frozenset[str] = frozenset({"*"})
    allow: tuple[str, ...] = ("Authorization", "Content-Type")
    expose: tuple[str, ...] = ()
    seconds: int = 86_400  # for which a browser need not ask again

    def headers(self, origin: str) -> dict[str, str]:
        """What every answer to a script of `origin` says."""
        found: dict[str, str] = {}
        if "*" in self.origins:
            found[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = "*"
        else:
            found[hdrs.VARY] = hdrs.ORIGIN
            if origin not in self.origins:
                return found
            found[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = origin
        if self.expose:
            found[hdrs.ACCESS_CONTROL_EXPOSE_HEADERS] = ", ".join(self.expose)
        return found

    def preflight(self, origin: str) -> web.Response:
        """The answer to a browser that asks whether it may ask."""
        found = self.headers(origin)
        if hdrs.ACCESS_CONTROL_ALLOW_ORIGIN in found:
            found[hdrs.ACCESS_CONTROL_ALLOW_METHODS] = METHODS
            found[hdrs.ACCESS_CONTROL_ALLOW_HEADERS] = ", ".join(self.allow)
            found[hdrs.ACCESS_CONTROL_MAX_AGE] = str(self.seconds)
        return web.Response(status=204, headers=found)


ShowProblem = Callable[[web.Request, Problem], web.Response]


class Surface(Struct, frozen=True, kw_only=True):
    """One family of routes. `plain` are aiohttp's own: files, pages and whatever is no call.

    `scopes` are the words that a token may hold, each with what it is for; None: nobody brings a
    token here, and requests are not counted by the kernel. `headers` are said by each answer that
    does not say otherwise.
    """

    prefix: str
    bodies: Bodies
    errors: ShowProblem
    paging: Paging
    routes: tuple[Route, ...] = ()
    plain: tuple[web.AbstractRouteDef, ...] = ()
    scopes: Mapping[str, str] | None = None
    cors: Cors | None = None
    csp: str = NOTHING
    headers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = set(self.scopes or ())
        for route in self.routes:
            strange = set(route.scopes) - known
            if strange:
                raise ValueError(f"{route.method} {route.path}: no scope {sorted(strange)} here")


def surface_of(path: str, surfaces: Sequence[Surface]) -> Surface:
    """Where `path` belongs: the surface of the longest prefix that leads to it."""
    found = [one for one in surfaces if path == one.prefix or path.startswith(f"{one.prefix}/")]
    return max(found or surfaces[-1:], key=lambda one: len(one.prefix))

"""The kernel: routes of surfaces become handlers, errors become what their surface answers."""

from collections.abc import (
    AsyncGenerator,
    Awaitable,
    Callable,
    Mapping,
    Sequence,
    Set,
)
from contextlib import aclosing, nullcontext
from typing import Any

from aiohttp import hdrs, web
from msgspec import Struct, field
from msgspec.structs import replace

from node.accounts import seats
from node.errors import Broken, Malformed, Missing, Unproven
from node.ports import Entropy
from node.store.idempotency_marks import IdempotencyMark
from node.web import problems
from node.web.auth import Authenticator, admit, read_bearer
from node.web.bodies import ArrivedBody, ArrivingBody
from node.web.budget import Budget, Holding
from node.web.dressing import SURFACE, dress, dresser, whole_answers
from node.web.even_answers import EvenAnswers
from node.web.health import ALIVE
from node.web.idempotency import NOBODY, Answer, Answered, Asked, read_key
from node.web.limits import Limiter, TrustedProxies
from node.web.routes import Call, Caller, Reply, Route
from node.web.shortcut import SHORTCUT, Direct, Shortcut, WholeAnswer
from node.web.surface import Surface, surface_of

SURFACES = web.AppKey("surfaces", tuple[Surface, ...])
AT_ONCE = nullcontext()
NO_BODY = frozenset({204, 304})  # of which aiohttp leaves out the length too
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def _nobody_counts(_clause: str) -> None:
    pass


class Kernel(Struct, frozen=True):
    """What every route needs: who calls, how often, from where, and whether it was done before.

    `count` is told the clause of each refusal. `speaks_tls`: nobody stands in front who does.
    """

    authenticator: Authenticator
    limiter: Limiter
    answered: Answered
    proxies: TrustedProxies
    entropy: Entropy
    count: Callable[[str], None] = _nobody_counts
    budget: Budget = field(default_factory=Budget)
    speaks_tls: bool = False
    even: EvenAnswers = field(default_factory=EvenAnswers)


def build_application(
    kernel: Kernel, surfaces: Sequence[Surface], largest_body: int
) -> web.Application:
    """The application of a node. Where two paths fit, the one that stands first is taken."""
    counted: set[Handler] = set()
    app = web.Application(
        middlewares=[_middleware(kernel, surfaces, counted)], client_max_size=largest_body
    )
    app[SURFACES] = tuple(surfaces)
    app.on_response_prepare.append(dresser(surfaces, kernel.speaks_tls))
    direct: list[tuple[str, Direct]] = []
    for surface in surfaces:
        server = Server(kernel, surface)
        for route in surface.routes:
            if route.direct:
                direct.append((surface.prefix + route.path, server.direct(route)))
            handler = server.handler(route)
            if surface.scopes is not None or route.method != "GET":
                counted.add(handler)  # by account, or by whom a signature proves
            app.router.add_route(route.method, surface.prefix + route.path, handler)
            if route.method == "GET" and route.answers is not bytes:
                app.router.add_route("HEAD", surface.prefix + route.path, handler)
        app.add_routes(surface.plain)
    app[SHORTCUT] = Shortcut(direct)
    return app


def _middleware(kernel: Kernel, surfaces: Sequence[Surface], counted: Set[Handler]) -> Any:
    """Answers for what is no route of ours: plain handlers, wrong paths, wrong methods.

    What is not in `counted` is counted here, by address.
    """

    @web.middleware
    async def safe(request: web.Request, handler: Handler) -> web.StreamResponse:
        began = kernel.even.ticks()
        try:
            address = kernel.proxies.client_of(request)
            if request.match_info.handler not in counted and request.path != ALIVE:
                await kernel.limiter.page(address)
            if not kernel.proxies.proxies:
                return await handler(request)  # each has a connection, and those are counted
            with kernel.budget.under_way(address):
                return await handler(request)
        except Exception as error:
            if isinstance(error, Missing):
                await kernel.even.wait(began)
            surface = surface_of(request.path, surfaces)
            if surface.cors is not None and _is_preflight(request):
                return surface.cors.preflight(request.headers[hdrs.ORIGIN])
            resource = request.match_info.route.resource
            # The pattern, not the path: an invite's secret stands in a path.
            pattern = resource.canonical if resource else ""
            return _refusal(surface, request, error, kernel, pattern)

    return safe


def _is_preflight(request: web.Request) -> bool:
    names = (hdrs.ORIGIN, hdrs.ACCESS_CONTROL_REQUEST_METHOD)
    return request.method == hdrs.METH_OPTIONS and all(name in request.headers for name in names)


def _refusal(
    surface: Surface,
    request: web.Request,
    error: Exception,
    kernel: Kernel,
    pattern: str,
) -> web.Response:
    if isinstance(error, web.HTTPException):
        ours = problems.from_http(error)
        if ours is None:
            raise error
        error = ours
    problem = problems.problem_of(error, kernel.entropy.draw(8).hex())
    if problem.clause:
        kernel.count(problem.clause)
    problems.log(problem, request.method, pattern, error)
    return surface.errors(request, problem)


def call_of(
    request: web.Request, proxies: TrustedProxies, path: Mapping[str, str] | None = None
) -> Call:
    """What is known of a request before anything is believed or read of it.

    `path` are the names in its path, where aiohttp did not look for them.
    """
    return Call(
        path=request.match_info if path is None else path,
        query=request.query,
        headers=request.headers,
        address=proxies.client_of(request),
        method=request.method,
        target=request.raw_path,
    )


def _check_text(call: Call) -> None:
    """Raises `Malformed` (API-1.7): no database keeps a NUL, which comes as `%00` or not at all."""
    if "%00" in call.target:
        raise Malformed("API-1.7", "the address holds a NUL character: leave it out")


class Server:
    """Makes handlers of the routes of one surface."""

    def __init__(self, kernel: Kernel, surface: Surface) -> None:
        self._kernel = kernel
        self._surface = surface

    def handler(self, route: Route) -> Handler:
        """What aiohttp calls for `route`."""

        async def handle(request: web.Request) -> web.StreamResponse:
            request[SURFACE] = self._surface
            headers: dict[str, str] = {}
            began = self._kernel.even.ticks()
            try:
                answer = await self._handle(route, request, headers)
            except Exception as error:
                if isinstance(error, Missing):
                    await self._kernel.even.wait(began)
                response = self._refused(route, request, error)
                response.headers.update(headers)
                return response
            return _response(answer, headers) if isinstance(answer, Answer) else answer

        return handle

    def _refused(self, route: Route, request: web.Request, error: Exception) -> web.Response:
        pattern = self._surface.prefix + route.path
        return _refusal(self._surface, request, error, self._kernel, pattern)

    def direct(self, route: Route) -> Direct:
        """What the shortcut calls for `route`: as `handler`, with what stands around it there.

        For routes that have no pages and answer all at once.
        """
        kernel, surface = self._kernel, self._surface
        if surface.cors is not None or route.paged:
            raise ValueError(f"{route.path} needs the long way: it has pages or CORS")
        written = whole_answers(route.status, surface, kernel.speaks_tls)
        behind_proxies = bool(kernel.proxies.proxies)

        async def handle(request: web.Request, path: Mapping[str, str]) -> web.StreamResponse:
            request[SURFACE] = surface
            headers: dict[str, str] = {}
            began = kernel.even.ticks()
            try:
                address = kernel.proxies.client_of(request) if behind_proxies else ""
                with kernel.budget.under_way(address) if behind_proxies else AT_ONCE:
                    answer = await self._handle(route, request, headers, path)
                if not isinstance(answer, Answer):
                    raise Broken(f"{route.path} needs the long way: it answers piece by piece")
                if answer.status not in NO_BODY and WholeAnswer.fits(request):
                    return written(answer, headers)
                response = _response(answer, headers)
            except Exception as error:
                if isinstance(error, Missing):
                    await kernel.even.wait(began)
                response = self._refused(route, request, error)
                response.headers.update(headers)
            dress(response.headers, surface, kernel.speaks_tls)
            return response

        return handle

    async def _handle(
        self,
        route: Route,
        request: web.Request,
        headers: dict[str, str],
        path: Mapping[str, str] | None = None,
    ) -> Answer | web.StreamResponse:
        """What is answered; of what is told piece by piece, a response that has told it."""
        call = await self._call(route, request, headers, path)
        account = call.caller_or_none.account if call.caller_or_none else ""
        with self._kernel.budget.holding(call.address, account) as holding:
            return await self._answered(route, request, call, headers, holding)

    async def _answered(
        self,
        route: Route,
        request: web.Request,
        call: Call,
        headers: dict[str, str],
        holding: Holding,
    ) -> Answer | web.StreamResponse:
        key = request.headers.get("Idempotency-Key", "")
        if key and route.method == "POST" and route.idempotent and self._surface.scopes is not None:
            return await self._once(route, request, call, read_key(key), holding)
        call = await self._with_body(route, request, call, holding)
        reply = await route.do(call)
        if isinstance(reply.value, AsyncGenerator):
            return await self._stream(request, reply, headers)
        return self._answer(route, request, reply)

    async def _call(
        self,
        route: Route,
        request: web.Request,
        headers: dict[str, str],
        path: Mapping[str, str] | None,
    ) -> Call:
        call = call_of(request, self._kernel.proxies, path)
        if self._surface.scopes is not None:
            caller = await self._caller(route, request, call.address, headers)
            call = replace(call, caller_or_none=caller)
        _check_text(call)
        if route.paged:
            call = replace(call, page=self._surface.paging.read(call.query))
        return call

    async def _caller(
        self, route: Route, request: web.Request, address: str, headers: dict[str, str]
    ) -> Caller | None:
        limiter = self._kernel.limiter
        caller = None
        try:
            digest = read_bearer(request.headers)
            if digest is not None:
                seat = request.headers.get(seats.HEADER, "")
                caller = await self._kernel.authenticator.caller(digest, seat)
        except Unproven:
            # Whoever tries tokens is counted where they come from.
            await limiter.attempt(address, headers)
            raise
        await limiter.request(caller, address, headers)
        if route.sensitive:
            await limiter.attempt(address, headers)
        admit(route, caller)
        return caller

    def _raw(self, route: Route, request: web.Request, holding: Holding) -> ArrivingBody:
        bodies = self._surface.bodies
        return ArrivingBody(request, route.limit_bytes or bodies.limit_bytes, bodies, holding)

    async def _with_body(
        self, route: Route, request: web.Request, call: Call, holding: Holding
    ) -> Call:
        if route.body is None:
            return call
        raw = self._raw(route, request, holding)
        if route.body is bytes:
            return replace(call, raw=raw)
        self._surface.bodies.check(request)
        return replace(call, body=self._read(route, request, await raw.whole()))

    def _read(self, route: Route, request: web.Request, raw: bytes) -> Any:
        return self._surface.bodies.read(request, raw, route.body)

    async def _once(
        self,
        route: Route,
        request: web.Request,
        call: Call,
        key: str,
        holding: Holding,
    ) -> Answer:
        raw = b"" if route.body is None else await self._raw(route, request, holding).whole()
        if route.body is bytes:
            call = replace(call, raw=ArrivedBody(raw))
        elif route.body is not None:
            self._surface.bodies.check(request)
            call = replace(call, body=self._read(route, request, raw))
        token = call.caller_or_none.token if call.caller_or_none else NOBODY

        async def work(mark: IdempotencyMark) -> Answer:
            reply = await route.do(replace(call, once=mark))
            if not (mark.made or reply.undecided):
                raise Broken(f"{route.path} hands its Idempotency-Key to no unit: once=call.once")
            return self._answer(route, request, reply)

        path, pattern = request.rel_url.raw_path_qs, self._surface.prefix + route.path
        asked = Asked(token, key, request.method, path, raw, pattern)
        return await self._kernel.answered.once(asked, work)

    def _answer(self, route: Route, request: web.Request, reply: Reply) -> Answer:
        if route.paged:
            reply = self._surface.paging.show(request.rel_url, reply)
        written = self._surface.bodies.write(reply.value)
        headers = dict(reply.headers)
        if written.media_type:
            headers.setdefault("Content-Type", written.media_type)
        return Answer(reply.status or route.status, headers, written.body)

    async def _stream(
        self, request: web.Request, reply: Reply, headers: Mapping[str, str]
    ) -> web.StreamResponse:
        """Write the pieces of `reply.value` until they end or the client is gone."""
        response = web.StreamResponse(
            status=reply.status or 200, headers={**reply.headers, **headers}
        )
        async with aclosing(reply.value) as pieces:
            try:
                await response.prepare(request)
                async for piece in pieces:
                    await response.write(piece)
                await response.write_eof()
            except ConnectionError:
                pass  # they went away: nobody is left to tell
            except Exception as error:
                if not response.prepared:
                    raise
                # The status has gone out: all that can be said is that this is not the end.
                problem = problems.problem_of(error, self._kernel.entropy.draw(8).hex())
                problems.log(problem, request.method, reply.headers.get("Content-Type", ""), error)
                if request.transport is not None:
                    request.transport.close()
        return response


def _response(answer: Answer, headers: dict[str, str]) -> web.Response:
    return web.Response(status=answer.status, body=answer.body, headers=answer.headers | headers)

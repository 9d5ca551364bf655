"""The web application: routes become handlers, errors become problems (API-1, API-2)."""

import asyncio
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Mapping,
    Sequence,
)
from contextlib import aclosing
from typing import Any

from aiohttp import hdrs, web
from msgspec import Struct
from msgspec.structs import replace

from node.config import Config
from node.errors import Broken, Malformed, TooMuch, Unproven
from node.ports import Entropy
from node.store.idempotency_marks import IdempotencyMark
from node.web import problems
from node.web.auth import Authenticator, admit, read_bearer
from node.web.idempotency import NOBODY, Answer, Answered, Asked, read_key
from node.web.limits import Limiter, TrustedProxies
from node.web.openapi import describe
from node.web.problems import Problem, WrongType
from node.web.routes import Call, Caller, Reply, Route
from node.wire.api import bodies
from node.wire.api.cursor import write_cursor

API = "/api/kith/v1"
DESCRIPTION = f"{API}/openapi.json"
BODY_SECONDS = 30.0  # for a whole body: who dribbles it holds a place that others need
ROUTES = web.AppKey("routes", tuple[Route, ...])
SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # Answers of the API are no pages; a page brings a policy of its own.
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
ShowProblem = Callable[[web.Request, Problem], web.Response]


class Kernel(Struct, frozen=True):
    """What every route needs: who calls, how often, from where, and whether it was done before."""

    authenticator: Authenticator
    limiter: Limiter
    answered: Answered
    proxies: TrustedProxies
    entropy: Entropy


def build_application(
    config: Config,
    kernel: Kernel,
    routes: Iterable[Route],
    extras: Iterable[web.AbstractRouteDef] = (),
    show_problem: ShowProblem | None = None,
) -> web.Application:
    """The application of a node.

    `extras` are aiohttp's own route definitions: federation, media, pages, health. `show_problem`
    draws a problem as a page, for those who ask for HTML outside the API.
    """
    table = tuple(routes)
    largest = max(config.inbox_limit_bytes, config.api_limit_bytes)
    app = web.Application(
        middlewares=[_middleware(kernel.entropy, show_problem)], client_max_size=largest
    )
    app[ROUTES] = table
    api = Api(kernel, config)
    for route in table:
        app.router.add_route(route.method, API + route.path, api.handler(route))
    app.router.add_get(DESCRIPTION, _description(table, config), allow_head=False)
    app.add_routes(list(extras))
    return app


def _description(table: Sequence[Route], config: Config) -> Handler:
    document = bodies.write(describe(table, config.origin + API))

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(body=document, content_type="application/json")

    return answer


def _middleware(entropy: Entropy, show: ShowProblem | None) -> Any:
    @web.middleware
    async def safe(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            response = await handler(request)
        except Exception as error:
            response = _refusal(request, error, entropy, show)
        if not response.prepared:
            for name, value in SAFE_HEADERS.items():
                response.headers.setdefault(name, value)
        return response

    return safe


def _refusal(
    request: web.Request, error: Exception, entropy: Entropy, show: ShowProblem | None
) -> web.StreamResponse:
    if isinstance(error, web.HTTPException):
        ours = problems.from_http(error)
        if ours is None:
            error.headers.update(SAFE_HEADERS)
            raise error
        error = ours
    problem = problems.problem_of(error, entropy.draw(8).hex())
    resource = request.match_info.route.resource
    # The pattern, not the path: an invite's secret stands in a path.
    problems.log(problem, request.method, resource.canonical if resource else "", error)
    asks_for_page = "text/html" in request.headers.get(hdrs.ACCEPT, "")
    if show is not None and asks_for_page and not request.path.startswith("/api/"):
        return show(request, problem)
    return problems.answer(problem)


class Api:
    """Makes handlers of routes."""

    def __init__(self, kernel: Kernel, config: Config) -> None:
        self._kernel = kernel
        self._json_limit = config.api_limit_bytes
        self._chunk_limit = config.chunk_limit_bytes

    def handler(self, route: Route) -> Handler:
        """What aiohttp calls for `route`."""

        async def handle(request: web.Request) -> web.StreamResponse:
            headers: dict[str, str] = {}
            try:
                return await self._handle(route, request, headers)
            except Exception as error:
                response = _refusal(request, error, self._kernel.entropy, None)
                response.headers.update(headers)
                return response

        return handle

    async def _handle(
        self, route: Route, request: web.Request, headers: dict[str, str]
    ) -> web.StreamResponse:
        address = self._kernel.proxies.client(request.remote or "", request.headers)
        caller = await self._caller(route, request, address, headers)
        call = Call(
            path=dict(request.match_info),
            query=request.query,
            headers=request.headers,
            address=address,
            caller_or_none=caller,
        )
        key = request.headers.get("Idempotency-Key", "")
        if key and route.method == "POST" and route.idempotent:
            return await self._once(route, request, call, read_key(key), headers)
        call = await self._with_body(route, request, call)
        reply = await route.do(call)
        if isinstance(reply.value, AsyncGenerator):
            return await self._stream(request, reply, headers)
        return _response(_answer(route, request, reply), headers)

    async def _caller(
        self, route: Route, request: web.Request, address: str, headers: dict[str, str]
    ) -> Caller | None:
        limiter = self._kernel.limiter
        caller = None
        try:
            digest = read_bearer(request.headers)
            if digest is not None:
                caller = await self._kernel.authenticator.caller(digest)
        except Unproven:
            # Whoever tries tokens is counted where they come from.
            await limiter.attempt(address, headers)
            raise
        await limiter.request(caller, address, headers)
        if route.sensitive:
            await limiter.attempt(address, headers)
        admit(route, caller)
        return caller

    async def _with_body(self, route: Route, request: web.Request, call: Call) -> Call:
        if route.body is None:
            return call
        if route.body is bytes:
            return replace(call, chunk=_chunks(request, self._chunk_limit))
        _check_json(request)
        raw = await _whole(request, self._json_limit)
        return replace(call, body=bodies.read(raw, route.body))

    async def _once(
        self, route: Route, request: web.Request, call: Call, key: str, headers: dict[str, str]
    ) -> web.StreamResponse:
        limit = self._chunk_limit if route.body is bytes else self._json_limit
        raw = b"" if route.body is None else await _whole(request, limit)
        if route.body is bytes:
            call = replace(call, chunk=_one(raw))
        elif route.body is not None:
            _check_json(request)
            call = replace(call, body=bodies.read(raw, route.body))
        token = call.caller_or_none.token if call.caller_or_none else NOBODY

        async def work(mark: IdempotencyMark) -> Answer:
            reply = await route.do(replace(call, once=mark))
            if not (mark.made or reply.undecided):
                raise Broken(f"{route.path} hands its Idempotency-Key to no unit: once=call.once")
            return _answer(route, request, reply)

        asked = Asked(token, key, request.method, request.rel_url.raw_path_qs, raw)
        return _response(await self._kernel.answered.once(asked, work), headers)

    async def _stream(
        self, request: web.Request, reply: Reply, headers: Mapping[str, str]
    ) -> web.StreamResponse:
        """Write the pieces of `reply.value` until they end or the client is gone."""
        response = web.StreamResponse(
            status=reply.status or 200, headers={**SAFE_HEADERS, **reply.headers, **headers}
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


def _check_json(request: web.Request) -> None:
    if request.content_type != "application/json":
        raise WrongType("API-1.2", "this route takes application/json")
    if (request.charset or "utf-8").lower() not in ("utf-8", "utf8"):
        raise Malformed("API-1.3", "JSON is written in UTF-8")


async def _chunks(request: web.Request, limit: int) -> AsyncIterator[bytes]:
    """The body as it comes. Raises `TooMuch` (API-1.4) as soon as it is known to be too long."""
    too_long = TooMuch("API-1.4", f"a body here has at most {limit} bytes", limit=limit)
    if (request.content_length or 0) > limit:
        raise too_long
    seen = 0
    async for piece in request.content.iter_any():
        seen += len(piece)
        if seen > limit:
            raise too_long
        yield piece


async def _whole(request: web.Request, limit: int) -> bytes:
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return b"".join([piece async for piece in _chunks(request, limit)])
    except TimeoutError:
        raise Malformed("API-1.3", "the body did not come in time") from None


async def _one(raw: bytes) -> AsyncIterator[bytes]:
    if raw:
        yield raw


def _answer(route: Route, request: web.Request, reply: Reply) -> Answer:
    headers = dict(reply.headers)
    if reply.after is not None:
        following = request.rel_url.update_query(after=write_cursor(reply.after))
        headers["Link"] = f'<{following}>; rel="next"'
    status = reply.status or route.status
    if reply.value is None:
        return Answer(status, headers, b"")
    if isinstance(reply.value, bytes):
        headers.setdefault("Content-Type", "application/octet-stream")
        return Answer(status, headers, reply.value)
    headers.setdefault("Content-Type", "application/json")
    return Answer(status, headers, bodies.write(reply.value))


def _response(answer: Answer, headers: Mapping[str, str]) -> web.Response:
    # What is a person's own is kept by no cache between.
    kept = {"Cache-Control": "private, no-store"}
    return web.Response(
        status=answer.status, body=answer.body, headers=kept | answer.headers | dict(headers)
    )

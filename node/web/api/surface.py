"""Our client API as a surface: JSON, problem documents, one scope a route, pages forwards."""

import asyncio
from collections.abc import Iterable
from functools import cache

from aiohttp import web
from msgspec.structs import replace

from node.config import Config
from node.web import problems
from node.web.api.scopes import SCOPES
from node.web.bodies import JsonBodies
from node.web.openapi import describe
from node.web.paging import ForwardPaging
from node.web.problems import Problem
from node.web.routes import Route
from node.web.surface import Surface
from node.wire.api import bodies

API = "/api/kith/v1"
DESCRIPTION = f"{API}/openapi.json"


def _problem(_request: web.Request, problem: Problem) -> web.Response:
    return problems.answer(problem)


def surface(routes: Iterable[Route], config: Config) -> Surface:
    """The API of these routes, with its description."""
    found = Surface(
        prefix=API,
        routes=tuple(routes),
        bodies=JsonBodies(config.api_limit_bytes),
        errors=_problem,
        paging=ForwardPaging(),
        scopes=SCOPES,
        # What is a person's own is kept by no cache between.
        headers={"Cache-Control": "private, no-store"},
    )

    @cache
    def document() -> bytes:
        return bodies.write(describe(found, config.origin + API))

    async def description(_request: web.Request) -> web.Response:
        # Made when somebody asks: it takes a fortieth of a start, and few nodes are ever asked.
        return web.Response(body=await asyncio.to_thread(document), content_type="application/json")

    return replace(found, plain=(web.get(DESCRIPTION, description, allow_head=False),))

"""The whole node's application: nothing is served that is not written down."""

import ast
import inspect
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from node.app import Node, System
from node.testing.fakes import FakeClock, FakeEntropy, FakeFetch
from node.testing.new_node import open_new_node
from node.web.api.surface import API
from node.web.openapi import describe
from node.web.routes import Call, Reply, Route
from node.web.server import SURFACES
from node.web.surface import Surface
from tests.web.test_kernel import unlisted


@asynccontextmanager
async def whole_node(tmp_path: Path) -> AsyncIterator[Node]:
    async with open_new_node(
        "a.test", tmp_path, System(FakeClock(), FakeEntropy(), FakeFetch())
    ) as node:
        yield node


@pytest.mark.clause("API-6.1", "API-8.1")
async def test_a_route_is_described_or_listed(tmp_path: Path) -> None:
    async with whole_node(tmp_path) as node:
        app = node.application
        assert unlisted(app, app[SURFACES][0]) == []
        document = describe(app[SURFACES][0], "https://a.test" + API)
    ids = [one["operationId"] for path in document["paths"].values() for one in path.values()]
    assert len(ids) == len(set(ids)) >= 20
    for name in json.dumps(document).split('"#/components/schemas/')[1:]:
        assert name.partition('"')[0] in document["components"]["schemas"]
    for path in document["paths"].values():
        for operation in path.values():
            assert operation["summary"].endswith("."), operation
    keyless = [
        path
        for path, operations in document["paths"].items()
        if "post" in operations
        and "Idempotency-Key" not in [one["name"] for one in operations["post"]["parameters"]]
    ]
    assert sorted(keyless) == [
        "/account/reset",
        "/attachments",
        "/invites/lookup",
        "/links/{code}/approve",
        "/links/{code}/look",
        "/links/{code}/show",
        "/pictures",
        "/push/test",
    ]


def reached(do: Any) -> str:
    """The source of the function `do`, and of what it calls on its own page.

    Of one that is wrapped in another, as answers with addresses are, it is the inner one.
    """
    do = inspect.unwrap(do)
    page = ast.parse(Path(inspect.getsourcefile(do) or "").read_text())
    written = (ast.FunctionDef, ast.AsyncFunctionDef)
    functions = {f.name: f for f in ast.walk(page) if isinstance(f, written)}
    names, seen = [do.__name__], {do.__name__}
    for name in names:
        for node in ast.walk(functions[name]):
            called = getattr(node, "attr", getattr(node, "id", ""))
            if called in functions and called not in seen:
                seen.add(called)
                names.append(called)
    return "\n".join(ast.unparse(functions[name]) for name in names)


def forgetful(surface: Surface) -> list[str]:
    """The POSTs of a surface with callers whose handler hands its key to no unit."""
    posts = [route for route in surface.routes if route.method == "POST" and route.idempotent]
    return [route.path for route in posts if "call.once" not in reached(route.do)]


@pytest.mark.clause("API-6.5")
async def test_a_post_hands_its_key_to_the_unit_that_decides(tmp_path: Path) -> None:
    """The kernel refuses a route that forgets it; this finds one that no other test has called,
    on whichever surface it stands."""
    async with whole_node(tmp_path) as node:
        surfaces = [one for one in node.web.surfaces if one.scopes is not None]
    assert sum(route.method == "POST" for one in surfaces for route in one.routes) >= 20
    assert [path for surface in surfaces for path in forgetful(surface)] == []


async def forget(_call: Call) -> Reply:
    return Reply()


async def hand_over(call: Call) -> Reply:
    assert call.once is None
    return Reply()


@pytest.mark.clause("API-6.5")
async def test_a_post_that_forgets_its_key_is_found(tmp_path: Path) -> None:
    async with whole_node(tmp_path) as node:
        api = node.web.surfaces[0]
    both = (
        Route("POST", "/forget", forget, "Forget.", None),
        Route("POST", "/remember", hand_over, "Remember.", None),
        Route("POST", "/again", forget, "Ask.", None, idempotent=False),
    )
    assert forgetful(replace(api, routes=both)) == ["/forget"]

"""Surfaces that are not like ours: the kernel knows no media type, no scope and no cursor itself.

The toy speaks as clients of other social servers expect it: forms as well as JSON, errors of
another shape, two scopes of which one opens a route, pages in both directions, scripts of other
sites, and a policy of its own.
"""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec
import pytest
from aiohttp import web
from msgspec import Struct
from msgspec.structs import replace
from yarl import URL

from node.errors import Conflict, Malformed
from node.web.paging import read_number
from node.web.problems import Problem, WrongType
from node.web.routes import Call, Page, Reply, Route
from node.web.surface import Cors, Surface, Written, surface_of
from node.wire.api.cursor import Cursor
from tests.web.conftest import Build, Harness

PREFIX = "/toy/v1"
NUMBERS = list(range(1, 21))  # the newest is the largest


class Words(Struct, frozen=True):
    """A body of the toy."""

    text: str
    loud: bool = False


class FormBodies(Struct, frozen=True):
    """Forms and JSON alike; a member that is not known is read past."""

    limit_bytes: int = 1000
    too_long: str = "API-1.4"
    too_slow: str = "API-1.3"

    def check(self, request: web.Request) -> None:
        if request.content_type not in ("application/json", "application/x-www-form-urlencoded"):
            raise WrongType("API-1.2", "send a form or JSON")

    def read(self, request: web.Request, raw: bytes, kind: Any) -> Any:
        fields = dict(request.query)
        if request.content_type == "application/json":
            fields |= json.loads(raw)
        else:
            fields |= parse_qsl(raw.decode())
        try:
            return msgspec.convert(fields, kind, strict=False)
        except msgspec.ValidationError as error:
            raise Malformed("API-1.3", str(error)) from None

    def write(self, value: Any) -> Written:
        return Written("application/json", msgspec.json.encode({} if value is None else value))


class NumberedPaging(Struct, frozen=True):
    """`max_id`, `min_id`, `since_id`: numbers, with absolute links in both directions."""

    origin: str

    @property
    def parameters(self) -> Mapping[str, Mapping[str, Any]]:
        return {name: {"schema": {"type": "string"}} for name in ("max_id", "min_id", "since_id")}

    def read(self, query: Mapping[str, str]) -> Page:
        found: dict[str, Cursor | None] = {}
        for name in self.parameters:
            number = read_number(query[name], 0, 1 << 53) if name in query else None
            if name in query and number is None:
                raise Malformed("API-5.2", f"{name} must be the id of an item")
            found[name] = None if number is None else Cursor(number, "")
        return Page(5, found["max_id"], found["min_id"], found["since_id"])

    def show(self, address: URL, reply: Reply) -> Reply:
        ends = (("next", "max_id", reply.after), ("prev", "min_id", reply.before))
        links = [
            f'<{self.origin}{address.with_query({name: str(end.at)})}>; rel="{rel}"'
            for rel, name, end in ends
            if end is not None
        ]
        return replace(reply, headers={**reply.headers, "Link": ", ".join(links)})


def show_error(_request: web.Request, problem: Problem) -> web.Response:
    """An object with `error`, whatever it was."""
    return web.json_response({"error": problem.detail}, status=problem.kind.status)


async def numbers(call: Call) -> Reply:
    """A page of the numbers, the newest first."""
    page = call.page
    assert page is not None
    found = [n for n in reversed(NUMBERS) if page.until is None or n > page.until.at]
    if page.before is not None:
        found = [n for n in found if n > page.before.at][-page.limit :]
    elif page.after is not None:
        found = [n for n in found if n < page.after.at]
    items = found[: page.limit]
    return Reply(
        items,
        after=Cursor(items[-1], "") if items and items[-1] > NUMBERS[0] else None,
        before=Cursor(items[0], "") if items else None,
    )


async def say(call: Call) -> Reply:
    words: Words = call.body
    return Reply({"text": words.text.upper() if words.loud else words.text})


async def never(_call: Call) -> Reply:
    raise Conflict("API-6.2", "not now")


async def nothing(_call: Call) -> Reply:
    return Reply()


def toy(harness: Harness) -> tuple[Surface, ...]:
    write = ("write", "read")  # either opens it
    return (
        Surface(
            prefix=PREFIX,
            routes=(
                Route("GET", "/numbers", numbers, "Numbers.", "read", answers=list, paged=True),
                Route("POST", "/words", say, "Say.", write, Words, dict),
                Route("POST", "/never", never, "Never.", None),
                Route("POST", "/nothing", nothing, "Nothing.", None),
                Route("POST", "/follow", nothing, "Follow.", ("follow", "write:follows")),
            ),
            bodies=FormBodies(),
            errors=show_error,
            paging=NumberedPaging(harness.config.origin),
            scopes=dict.fromkeys(("read", "write", "follow", "write:follows"), "…"),
            cors=Cors(expose=("Link",)),
            csp="default-src 'self'",
        ),
    )


@pytest.fixture
async def harness(build: Build) -> Harness:
    return await build(beside=toy)


async def test_a_surface_reads_forms_json_and_the_query(harness: Harness) -> None:
    token = await harness.join("alice")
    where = f"/{PREFIX}/words"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    said = await harness.ask("POST", where, token=token, raw=b"text=hi&loud=true", headers=form)
    assert (said.status, said.body) == (200, {"text": "HI"})
    said = await harness.ask("POST", where, {"text": "hi", "strange": 1}, token)
    assert said.body == {"text": "hi"}
    said = await harness.ask("POST", where + "?loud=1&text=hi", token=token, raw=b"", headers=form)
    assert said.body == {"text": "HI"}
    said = await harness.ask("POST", where, token=token, raw=b"x" * 1001, headers=form)
    assert said.status == 413
    # Our own API still takes what it describes, and nothing else.
    assert (await harness.ask("POST", "/login", raw=b"name=a", headers=form)).status == 415


async def test_a_surface_says_errors_in_its_own_shape(harness: Harness) -> None:
    refused = await harness.ask("POST", f"/{PREFIX}/never")
    assert (refused.status, refused.body) == (409, {"error": "not now"})
    nowhere = await harness.ask("GET", f"/{PREFIX}/nowhere")
    assert (nowhere.status, set(nowhere.body)) == (404, {"error"})
    wrong = await harness.ask("GET", f"/{PREFIX}/words")
    assert (wrong.status, set(wrong.body)) == (405, {"error"})
    assert "clause" in (await harness.ask("GET", "/nowhere")).body
    empty = await harness.ask("POST", f"/{PREFIX}/nothing")
    assert (empty.status, empty.body, empty.headers["Content-Type"]) == (
        200, {}, "application/json",
    )  # fmt: skip


async def test_one_of_several_scopes_opens_a_route(harness: Harness) -> None:
    token = await harness.join("alice")
    said = await harness.ask("POST", f"/{PREFIX}/words", {"text": "a"}, token)
    assert said.status == 200
    said = await harness.ask("POST", f"/{PREFIX}/follow", token=token)
    assert said.status == 403 and "follow or write:follows" in said.body["error"]
    assert (await harness.ask("POST", f"/{PREFIX}/follow")).status == 401


def test_a_scope_that_a_surface_does_not_know_is_found_at_the_start(harness: Harness) -> None:
    (surface,) = toy(harness)
    strange = Route("GET", "/x", nothing, "X.", "raed")
    with pytest.raises(ValueError, match=r"GET /x.*raed"):
        Surface(
            prefix="/x", routes=(strange,), bodies=surface.bodies, errors=surface.errors,
            paging=surface.paging, scopes=surface.scopes,
        )  # fmt: skip


async def test_pages_lead_both_ways(harness: Harness) -> None:
    token = await harness.join("alice")

    async def page(query: str) -> tuple[list[int], dict[str, str]]:
        said = await harness.ask("GET", f"/{PREFIX}/numbers{query}", token=token)
        assert said.status == 200, said.raw
        links = said.headers["Link"].split(", ")
        return said.body, {one[one.index("rel=") :]: one[1 : one.index(">")] for one in links}

    seen, query = [], ""
    while True:
        items, links = await page(query)
        seen += items
        if 'rel="next"' not in links:
            break
        assert links['rel="next"'].startswith(f"{harness.config.origin}{PREFIX}/numbers?max_id=")
        query = links['rel="next"'].partition("numbers")[2]
    assert seen == NUMBERS[::-1]
    back, links = await page(links['rel="prev"'].partition("numbers")[2])
    assert back == [10, 9, 8, 7, 6]
    assert (await page("?since_id=18"))[0] == [20, 19]
    wrong = await harness.ask("GET", f"/{PREFIX}/numbers?max_id={'9' * 5000}", token=token)
    assert wrong.status == 400


async def test_scripts_of_other_sites_may_ask_where_a_surface_says_so(harness: Harness) -> None:
    asks = {"Origin": "https://app.test", "Access-Control-Request-Method": "POST"}
    may = await harness.ask("OPTIONS", f"/{PREFIX}/words", headers=asks)
    assert (may.status, may.headers["Access-Control-Allow-Origin"]) == (204, "*")
    assert "Authorization" in may.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in may.headers
    said = await harness.ask("POST", f"/{PREFIX}/never", headers={"Origin": "https://app.test"})
    assert said.headers["Access-Control-Allow-Origin"] == "*"
    assert said.headers["Access-Control-Expose-Headers"] == "Link"
    assert said.headers["Content-Security-Policy"] == "default-src 'self'"
    ours = await harness.ask("OPTIONS", "/login", headers=asks)
    assert ours.status == 405 and "Access-Control-Allow-Origin" not in ours.headers


def test_one_named_site_may_ask_and_no_other() -> None:
    cors = Cors(frozenset({"https://app.test"}))
    assert cors.headers("https://app.test") == {
        "Vary": "Origin", "Access-Control-Allow-Origin": "https://app.test",
    }  # fmt: skip
    assert cors.headers("https://evil.test") == {"Vary": "Origin"}
    assert "Access-Control-Allow-Methods" not in cors.preflight("null").headers


def test_a_path_belongs_to_the_longest_prefix_on_its_way(harness: Harness) -> None:
    (one,) = toy(harness)
    root = Surface(prefix="", bodies=one.bodies, errors=one.errors, paging=one.paging)
    for path, prefix in ((f"{PREFIX}/x", PREFIX), (f"{PREFIX}x", ""), ("/", ""), ("*", "")):
        assert surface_of(path, [one, root]).prefix == prefix

"""The kernel: bodies, problems, tokens, limits, pages of lists, the description."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from unittest.mock import Mock

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from msgspec.structs import replace
from multidict import CIMultiDict

from node.accounts.account import State
from node.accounts.sessions import Session
from node.accounts.tokens import digest_of
from node.errors import Broken, Conflict, NoRoom, TooMuch, Unreachable
from node.store.accounts import AccountsUnit
from node.web import bodies, limits
from node.web.api.scopes import Scope
from node.web.api.surface import API
from node.web.openapi import undocumented
from node.web.problems import every_kind, kind_of, problem_of
from node.web.routes import Call, Reply, Route
from node.web.server import SURFACES
from node.web.surface import Surface
from node.wire.api.cursor import Cursor, write_cursor
from tests.web.conftest import Build, Harness

# What a node serves outside the table of routes. A new page is written down here, and a client
# can read about it; a federation path is of `spec/federation.md`.
PAGES = {
    "GET /", "GET /join", "POST /join", "GET /invite/{secret}", "POST /invite/{secret}",
    "GET /welcome", "GET /link", "GET /@{name}", "GET /problems/{code}", "GET /static",
    "HEAD /static",
    "GET /livez", "GET /readyz", "GET /robots.txt", f"GET {API}/openapi.json",
}  # fmt: skip
# What peers and browsers ask for outside the client API; `spec/federation.md`, `spec/e2ee.md`,
# `spec/video.md`, `spec/app.md` and `spec/accounts.md` describe it.
PEERS = (
    "/.well-known/",
    "/nodeinfo",
    "/inbox",
    "/a/{",
    "/{room}",
    "/o/",
    "/t/",
    "/c/",
    "/media/",
    "/sealed/",
)
MORE_PAGES = ("/v/{", "/app", "/reset/{")


def unlisted(app: web.Application, api: Surface) -> list[str]:
    """What `app` serves that is neither described nor written down above."""
    found = undocumented(app, api, PAGES)
    return [one for one in found if not one.split(" ")[1].startswith((*PEERS, *MORE_PAGES))]


class Thing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A body for tests."""

    count: int
    inner: dict[str, Any] | None = None


def probes(harness: Harness) -> tuple[Route, ...]:
    """Routes that exist in these tests only."""

    async def echo(call: Call) -> Reply:
        return Reply(call.body)

    async def broken(_call: Call) -> Reply:
        raise ZeroDivisionError("the secret of the kitchen")

    async def raw(call: Call) -> Reply:
        assert call.raw is not None
        return Reply({"size": sum([len(piece) async for piece in call.raw.pieces(1000)])})

    async def page(call: Call) -> Reply:
        start = call.after.at if call.after else 0
        more = Cursor(start + call.limit, "x") if start < 100 else None
        return Reply({"from": start, "limit": call.limit}, after=more)

    async def torn(_call: Call) -> Reply:
        async def pieces() -> AsyncIterator[bytes]:
            yield b"begin"
            raise Broken("in the middle")

        return Reply(pieces())

    return (
        Route("POST", "/echo", echo, "Echo.", None, Thing, Thing),
        Route("GET", "/broken", broken, "Break.", None),
        Route("PUT", "/raw", raw, "Count.", None, bytes, dict[str, int], limit_bytes=5000),
        Route("GET", "/page", page, "Pages.", None, answers=dict[str, int], paged=True),
        Route("GET", "/torn", torn, "Tear.", None, answers=bytes),
        Route("GET", "/for/{what}", echo, "Messages.", Scope.MESSAGES, answers=dict[str, int]),
    )


@pytest.mark.clause("API-1.2")
@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", ""])
async def test_another_media_type_is_refused(build: Build, media_type: str) -> None:
    harness = await build(probes)
    said = await harness.ask(
        "POST", "/echo", raw=b'{"count":1}', headers={"Content-Type": media_type}
    )
    assert (said.status, said.body["clause"]) == (415, "API-1.2")


@pytest.mark.clause("API-1.3")
@pytest.mark.parametrize(
    "raw",
    [
        b"", b"{", b'{"count":"1"}', b'{"count":1,"more":2}', b'{"count":1,"count":2}',
        b'{"count":1,"inner":{"a":1,"a":2}}', b'{"count":1} {}', b'\xff{"count":1}',
        b'{"count":1,"inner":{"a":' + b"[" * 40 + b"]" * 40 + b"}}",
        b"[" * 100_000, b'{"count":NaN}', b'{"count":1,"inner":{"a":"\\ud800"}}',
    ],
)  # fmt: skip
async def test_a_body_that_is_not_what_the_route_takes_is_refused(build: Build, raw: bytes) -> None:
    harness = await build(probes)
    said = await harness.ask("POST", "/echo", raw=raw)
    assert (said.status, said.body["clause"]) == (400, "API-1.3")


@pytest.mark.clause("API-1.4")
async def test_a_body_over_the_limit_is_refused_by_its_declared_length(build: Build) -> None:
    harness = await build(probes, api_limit_bytes=1000)
    large = b'{"count":1' + b" " * 1000 + b"}"
    said = await harness.ask("POST", "/echo", raw=large)
    assert (said.status, said.body["clause"]) == (413, "API-1.4")
    assert (await harness.ask("PUT", "/raw", raw=b"x" * 5000)).body == {"size": 5000}
    assert (await harness.ask("PUT", "/raw", raw=b"x" * 5001)).status == 413


@pytest.mark.clause("API-1.4")
async def test_a_body_of_unknown_length_is_read_up_to_the_limit(build: Build) -> None:
    harness = await build(probes)

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(50):
            yield b"x" * 1000

    answer = await harness.client.put(f"{API}/raw", data=pieces())
    assert answer.status == 413


@pytest.mark.clause("API-1.5", "API-2.1")
async def test_a_wrong_path_and_a_wrong_method_are_problems_too(harness: Harness) -> None:
    missing = await harness.ask("GET", "/nowhere")
    assert (missing.status, missing.body["code"]) == (404, "missing")
    wrong = await harness.ask("PATCH", "/login")
    assert (wrong.status, wrong.body["code"], wrong.headers["Allow"]) == (
        405, "wrong_method", "POST",
    )  # fmt: skip
    for said in (missing, wrong):
        assert said.headers["Content-Type"].startswith("application/problem+json")
        assert {"type", "title", "status", "detail", "clause", "code", "params"} <= set(said.body)


@pytest.mark.clause("API-2.3")
async def test_a_fault_of_ours_tells_nothing_but_its_incident(build: Build) -> None:
    harness = await build(probes)
    said = await harness.ask("GET", "/broken")
    assert said.status == 500
    assert b"kitchen" not in said.raw and b"Zero" not in said.raw
    assert len(said.body["incident"]) == 16


@pytest.mark.clause("FED-12.8")
def test_a_full_disk_says_when_to_come_again() -> None:
    problem = problem_of(NoRoom("the database has no room left on its disk"), "")
    assert (problem.kind.status, problem.clause) == (507, "FED-12.8")
    assert int(problem.headers["Retry-After"]) > 0


async def test_an_answer_that_breaks_in_the_middle_does_not_look_whole(build: Build) -> None:
    harness = await build(probes)
    with pytest.raises(Exception, match=r"(?i)payload|disconnect|closed|reset"):
        await harness.ask("GET", "/torn")


def test_one_code_belongs_to_one_status() -> None:
    kinds = every_kind()
    assert len({kind.code for kind in kinds}) == len({kind.status for kind in kinds}) == len(kinds)
    assert kind_of(TooMuch("API-4.2", "wait", 1)).status == 429
    assert kind_of(TooMuch("API-1.4", "large")).status == 413
    assert kind_of(Conflict("API-6.2", "no")).status == 409
    assert kind_of(Unreachable("gone")).status == 502
    assert kind_of(RuntimeError()).status == 500


@pytest.mark.clause("API-3.1")
@pytest.mark.parametrize("header", [None, "Bearer", "Bearer nonsense", "Basic YTpi", "kith_x"])
async def test_without_a_valid_token_one_is_asked_to_log_in(
    harness: Harness, header: str | None
) -> None:
    headers = {} if header is None else {"Authorization": header}
    said = await harness.ask("GET", "/account", headers=headers)
    assert (said.status, said.body["clause"]) == (401, "API-3.1")
    assert said.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.clause("API-3.2", "API-3.3")
async def test_a_token_needs_the_scope_and_the_role(build: Build) -> None:
    harness = await build(probes)
    token = await harness.join("alice")
    assert (await harness.ask("GET", "/for/me", token=token)).status == 200

    async def narrow(unit: AccountsUnit) -> None:
        account = await unit.by_name("alice")
        assert account is not None
        bot = Session("other", "bot", "read admin", unit.now, unit.now)
        await unit.add_session(account.id, bot, digest_of("kith_bot"))

    await harness.units.run(AccountsUnit, narrow)
    said = await harness.ask("GET", "/for/me", token="kith_bot")
    assert (said.status, said.body["params"]) == (403, {"scope": "messages"})
    assert (await harness.ask("GET", "/account", token="kith_bot")).status == 200
    said = await harness.ask("GET", "/admin/settings", token="kith_bot")
    assert (said.status, said.body["clause"]) == (403, "API-3.3")


@pytest.mark.clause("API-3.4", "API-3.5")
async def test_a_token_is_not_kept_and_ends_with_its_account(harness: Harness) -> None:
    token = await harness.join("alice")
    async with harness.units._database.read() as connection:
        rows = (await connection.exec_driver_sql("SELECT * FROM sessions")).all()
    assert token not in repr(rows) and token.removeprefix("kith_") not in repr(rows)

    async def lock(unit: AccountsUnit) -> None:
        account = await unit.by_name("alice")
        assert account is not None
        await unit.put_state(account.id, State.SUSPENDED)

    await harness.units.run(AccountsUnit, lock)
    assert (await harness.ask("GET", "/account", token=token)).status == 401


@pytest.mark.clause("API-4.2")
async def test_who_asks_too_often_is_told_to_wait(build: Build) -> None:
    harness = await build(probes, api_requests_per_minute=3)
    for left in (2, 1, 0):
        said = await harness.ask("GET", "/page")
        assert (said.status, said.headers["RateLimit-Remaining"]) == (200, str(left))
        assert said.headers["RateLimit-Limit"] == "3"
    said = await harness.ask("GET", "/page")
    assert (said.status, said.body["code"]) == (429, "rate_limited")
    assert said.headers["Retry-After"] == "20"
    assert said.headers["RateLimit-Remaining"] == "0"
    harness.clock.pass_(timedelta(seconds=20))
    assert (await harness.ask("GET", "/page")).status == 200


async def test_unknown_tokens_count_where_they_come_from(build: Build) -> None:
    harness = await build(login_attempts_per_minute=2)
    for expected in (401, 401, 429):
        assert (await harness.ask("GET", "/account", token="kith_guess")).status == expected


@pytest.mark.clause("API-4.4")
@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),  # nobody we trust
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1"),  # the left one is anybody's claim
        ("10.0.0.1", "6.6.6.6, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "garbage", "10.0.0.1"),
        ("::ffff:10.0.0.1", "2001:db8::1", "2001:db8::1"),
        ("", "1.1.1.1", ""),
    ],
)
def test_only_trusted_proxies_say_who_the_client_is(peer: str, forwarded: str, client: str) -> None:
    proxies = limits.TrustedProxies.of(["10.0.0.0/8"])
    assert proxies.client(peer, [forwarded]) == client


@pytest.mark.clause("API-4.4")
@pytest.mark.parametrize(
    ("lines", "client"),
    [
        (["6.6.6.6", "198.51.100.1"], "198.51.100.1"),  # the proxy added a line of its own
        (["6.6.6.6", "198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        (["198.51.100.1", "10.0.0.2", "10.0.0.3"], "198.51.100.1"),
        (["198.51.100.1", ""], "10.0.0.1"),
        ([], "10.0.0.1"),
    ],
)
def test_all_lines_of_forwarded_for_are_one_list(lines: list[str], client: str) -> None:
    proxies = limits.TrustedProxies.of(["10.0.0.0/8"])
    headers = CIMultiDict([("x-forwarded-for", line) for line in lines])
    transport = Mock(get_extra_info=lambda *_: ("10.0.0.1", 1))
    request = make_mocked_request("GET", "/", headers, transport=transport)
    assert proxies.client_of(request) == client


@pytest.mark.clause("API-4.5")
def test_a_proxy_that_is_not_named_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    proxies = limits.TrustedProxies.of(["10.0.0.0/8"])
    forwarded, direct = ["198.51.100.1"], list[str]()
    for peer, headers in (("10.0.0.1", forwarded), ("8.8.8.8", forwarded), ("172.17.0.1", direct)):
        proxies.client(peer, headers)
    assert proxies.unnamed.trouble() == "" and not caplog.records, "named, a stranger's, direct"
    for each in (proxies, limits.TrustedProxies()):
        for peer in ("172.17.0.1", "127.0.0.1"):
            assert each.client(peer, forwarded) == peer
        assert "172.17.0.1" in each.unnamed.trouble()
        assert "KITH_TRUSTED_PROXIES" in each.unnamed.trouble()
    assert [record.message for record in caplog.records] == ["a proxy is not named"] * 2


@pytest.mark.clause("LIM-5.1")
def test_an_address_is_counted_in_all_networks_that_one_customer_may_have() -> None:
    assert limits.neighbourhoods("2001:db8:1:2:ffff::9") == (
        ("2001:db8:1:2::/64", 1),
        ("2001:db8:1::/56", 2),
        ("2001:db8:1::/48", 4),
    )
    assert limits.neighbourhoods("::ffff:192.0.2.1") == (("192.0.2.1", 1),)
    assert limits.neighbourhoods("not an address") == (("unknown", 1),)


@pytest.mark.clause("LIM-5.1")
@pytest.mark.parametrize(
    ("clients", "passed"),
    [
        ([f"2001:db8:1:2::{n:x}" for n in range(1, 20)], 3),  # a /64
        ([f"2001:db8:1:2{n:02x}::1" for n in range(20)], 6),  # a /56
        ([f"2001:db8:1:{n:x}00::1" for n in range(20)], 12),  # a /48
        ([f"2001:db8:{n:x}::1" for n in range(20)], 20),
        ([f"192.0.2.{n}" for n in range(20)], 20),
    ],
)
async def test_who_has_many_addresses_has_few_tries(
    build: Build, clients: list[str], passed: int
) -> None:
    harness = await build(trusted_proxies=("127.0.0.0/8",), login_attempts_per_minute=3)
    statuses = [
        (
            await harness.ask(
                "GET", "/account", token="kith_guess", headers={"X-Forwarded-For": client}
            )
        ).status
        for client in clients
    ]
    assert statuses == [401] * passed + [429] * (len(clients) - passed)


@pytest.mark.clause("API-5.1")
@pytest.mark.parametrize("limit", ["0", "101", "-1", "x", "1.5", "", "%EF%BC%99"])
async def test_a_limit_is_a_number_from_1_to_100(build: Build, limit: str) -> None:
    harness = await build(probes)
    said = await harness.ask("GET", f"/page?limit={limit}")
    assert (said.status, said.body["clause"]) == (400, "API-5.1")


@pytest.mark.clause("API-5.2")
async def test_pages_are_linked_until_the_last(build: Build) -> None:
    harness = await build(probes)
    said = await harness.ask("GET", "/page?limit=60")
    link = said.headers["Link"]
    assert link.endswith('>; rel="next"')
    following = link[1 : link.index(">")]
    said = await harness.ask("GET", "/" + following)
    assert said.body == {"from": 60, "limit": 60}
    last = await harness.ask("GET", f"/page?after={write_cursor(Cursor(120, 'x'))}")
    assert "Link" not in last.headers
    assert (await harness.ask("GET", "/page?after=!!")).body["clause"] == "API-5.2"


@pytest.mark.clause("API-8.1")
async def test_every_route_is_described(harness: Harness) -> None:
    said = await harness.ask("GET", "/openapi.json")
    document = said.body
    assert document["openapi"] == "3.1.0"
    assert document["servers"] == [{"url": "https://a.test/api/kith/v1"}]
    described = {
        f"{method.upper()} {path}"
        for path, methods in document["paths"].items()
        for method in methods
    }
    api = harness.app[SURFACES][0]
    assert described == {f"{route.method} {route.path}" for route in api.routes}
    assert unlisted(harness.app, api) == []
    ids = [one["operationId"] for path in document["paths"].values() for one in path.values()]
    assert len(ids) == len(set(ids))
    text = json.dumps(document)
    for name in set(text.split('"#/components/schemas/')[1:]):
        assert name.partition('"')[0] in document["components"]["schemas"]


@pytest.mark.clause("API-8.1")
async def test_an_undescribed_route_is_found(build: Build) -> None:
    harness = await build(probes)
    api = harness.app[SURFACES][0]
    some = tuple(route for route in api.routes if route.path != "/echo")
    left = unlisted(harness.app, replace(api, routes=some))
    assert left == [f"POST {API}/echo"]


async def test_health(harness: Harness) -> None:
    assert (await harness.ask("GET", "//livez")).status == 200
    assert (await harness.ask("GET", "//readyz")).raw == b"ready\n"


@pytest.mark.clause("API-1.3", "LIM-2.2")
async def test_a_body_that_does_not_come_is_not_waited_for(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One byte a minute, from thousands, without a token."""
    harness = await build()
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.05)
    never = asyncio.Event()

    async def dribble() -> AsyncIterator[bytes]:
        yield b"{"
        await never.wait()

    async with harness.client.post(
        API + "/login", data=dribble(), headers={"Content-Type": "application/json"}
    ) as answer:
        assert answer.status == 408
        assert (await answer.json())["detail"] == "the body did not come in time"

"""The shortcut of deliveries answers as the long way does, byte by byte but for the time."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import RawTestServer, TestClient, TestServer

from node.ports import Request
from node.web.routes import Reply, Route
from node.web.server import Server
from node.web.shortcut import SHORTCUT, WholeAnswer, put_before
from node.wire.httpsig import Dialect, sign
from node.wire.keydocs import key_members
from node.wire.keys import ed25519_from_seed
from tests.web.conftest import DOMAIN, PASSWORD, Build, Harness

BOB = "https://b.test/a/bob"
KEY = ed25519_from_seed(b"k" * 32, f"{BOB}#key", BOB)
JSON = "application/activity+json"
COUNTS = ("RateLimit-Remaining", "RateLimit-Reset")
Answer = tuple[int, str, dict[str, str], bytes]
Client = TestClient[Any, Any]


async def asked(client: Client, method: str, path: str, **more: Any) -> Answer:
    """The answer, without what differs from one instant to the next."""
    async with client.request(method, path, allow_redirects=False, **more) as answer:
        told = {n: v for n, v in answer.headers.items() if n not in ("Date", *COUNTS)}
        assert "Date" in answer.headers
        return answer.status, answer.reason or "", told, await answer.read()


class Ways:
    """A node with both ways in."""

    def __init__(self, harness: Harness, quick: Client) -> None:
        self.harness, self.quick = harness, quick

    async def same(self, method: str, path: str, **more: Any) -> Answer:
        """What both answer."""
        answers = [
            await asked(client, method, path, **more)
            for client in (self.harness.client, self.quick)
        ]
        assert answers[0] == answers[1]
        return answers[1]

    def signed(self, path: str, said: Any) -> dict[str, Any]:
        """A delivery of Bob's."""
        body = json.dumps(said).encode()
        request = Request("POST", f"https://{DOMAIN}{path}", {}, body)
        headers = sign(request, KEY, self.harness.clock.now(), Dialect.RFC9421)
        return {"data": body, "headers": {**headers, "Content-Type": JSON}}


@pytest.fixture
async def ways(build: Build) -> AsyncIterator[Ways]:
    harness = await build(inbox_limit_bytes=4096)
    server = TestServer(harness.node.web.application(harness.node.web.surfaces))
    await server.start_server()
    assert server.runner is not None
    put_before(server.runner)  # type: ignore[arg-type]
    async with TestClient(server) as quick:
        yield Ways(harness, quick)


def follow(number: int) -> dict[str, str]:
    return {"type": "Follow", "id": f"{BOB}/t/{number}", "actor": BOB, "object": "https://a.test/x"}


@pytest.mark.clause("FED-7.8")
async def test_a_delivery_is_taken_either_way(ways: Ways) -> None:
    document = {"type": "Person", "id": BOB, "inbox": f"{BOB}/inbox", "preferredUsername": "bob"}
    shown = json.dumps({**document, **key_members((KEY.public,))}).encode()
    for url in (BOB, f"{BOB}#key"):
        ways.harness.web.put(url, shown, **{"content-type": JSON})
    delivery = ways.signed("/inbox", follow(1))
    status, reason, headers, body = await ways.same("POST", "/inbox", **delivery)
    assert (status, reason, body) == (202, "Accepted", b"")
    assert headers["X-Content-Type-Options"] == "nosniff"
    delivery["headers"]["Connection"] = "close"
    assert (await ways.same("POST", "/inbox", **delivery))[2]["Connection"] == "close"


@pytest.mark.clause("FED-7.2", "FED-7.12", "FED-7.14", "API-1.5", "API-1.7")
@pytest.mark.parametrize(
    ("method", "path", "more", "status"),
    [
        ("POST", "/inbox", {"data": b"{}", "headers": {"Content-Type": "text/plain"}}, 415),
        ("POST", "/inbox", {"data": b"{}", "headers": {"Content-Type": JSON}}, 401),
        ("POST", "/a/nobody/inbox", {"data": b"{}", "headers": {"Content-Type": JSON}}, 404),
        ("POST", "/a/no%62ody/inbox", {"data": b"{}", "headers": {"Content-Type": JSON}}, 404),
        ("POST", "/a/%00/inbox", {"data": b"{}", "headers": {"Content-Type": JSON}}, 400),
        ("POST", "/inbox?x=%00", {"data": b"{}", "headers": {"Content-Type": JSON}}, 400),
        ("POST", "/inbox/", {"data": b"{}", "headers": {"Content-Type": JSON}}, 404),
        ("POST", "/inbox", {"data": b"x" * 5000, "headers": {"Content-Type": JSON}}, 413),
        ("POST", "/inbox", {"data": b"{}", "expect100": True}, 415),
        ("GET", "/inbox", {}, 405),
        ("GET", "/livez", {}, 200),
    ],
)
async def test_what_is_refused_is_refused_alike(
    ways: Ways, method: str, path: str, more: dict[str, Any], status: int
) -> None:
    assert (await ways.same(method, path, **more))[0] == status


@pytest.mark.clause("LIM-2.3")
async def test_behind_a_proxy_each_address_has_its_places(build: Build) -> None:
    harness = await build(trusted_proxies=["127.0.0.1"])
    server = TestServer(harness.node.web.application(harness.node.web.surfaces))
    await server.start_server()
    assert server.runner is not None
    put_before(server.runner)  # type: ignore[arg-type]
    budget = harness.node.web.kernel.budget
    most = budget.shares.address_requests
    async with TestClient(server) as quick:
        held = [budget.under_way("192.0.2.1") for _ in range(most)]
        for one in held:
            one.__enter__()
        for address, status in (("192.0.2.1", 429), ("192.0.2.2", 401)):
            headers = {"X-Forwarded-For": address, "Content-Type": JSON}
            assert (await asked(quick, "POST", "/inbox", data=b"{}", headers=headers))[0] == status
        for one in held:
            one.__exit__(None, None, None)


async def test_what_has_pages_has_no_shortcut(harness: Harness) -> None:
    api = harness.node.web.surfaces[0]

    async def do(_call: Any) -> Reply:
        return Reply()

    with pytest.raises(ValueError, match="long way"):
        route = Route("POST", "/x", do, "Says.", None, paged=True)
        Server(harness.node.web.kernel, api).direct(route)
    assert SHORTCUT in harness.app


ACK = "/api/kith/v1/mailbox/ack"
SAY = "/api/kith/v1/conversations/{}/messages"


@pytest.mark.clause("API-1.2", "API-1.3", "API-3.1", "E2E-3.11")
@pytest.mark.parametrize(
    ("path", "body", "more", "status"),
    [
        (ACK, {"seq": 0}, {}, 200),
        (ACK, {"seq": 0}, {"Idempotency-Key": "k" * 32}, 200),
        (ACK, {"seq": 0}, {"Connection": "close"}, 200),
        (ACK, {"seq": 0}, {"Authorization": "Bearer nobody"}, 401),
        (ACK, {"seq": 0}, {"Authorization": ""}, 401),
        (ACK, {"seq": "0"}, {}, 400),
        (ACK, {"seq": 0}, {"Content-Type": "text/plain"}, 415),
        (SAY.format("bm9ib2R5"), {"content": ""}, {}, 400),
        (SAY.format("%00"), {"content": ""}, {}, 400),
    ],
)
async def test_what_devices_say_is_answered_alike(
    ways: Ways, path: str, body: Any, more: dict[str, str], status: int
) -> None:
    invite = await ways.harness.invite()
    ann = {"name": "ann", "password": PASSWORD, "invite": invite, "device_name": "phone"}
    token = (await ways.harness.ask("POST", "/accounts", ann)).body["token"]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", **more}
    answer = await ways.same("POST", path, data=json.dumps(body).encode(), headers=headers)
    assert answer[0] == status
    assert answer[2]["Cache-Control"] == "private, no-store"


async def test_an_answer_with_a_body_is_what_aiohttp_would_write() -> None:
    said = {"Content-Type": "application/json", "X-Said": "ü"}

    async def slow(_request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(body=b'{"epoch":1}', headers=said)

    async def quick(_request: web.BaseRequest) -> web.StreamResponse:
        return WholeAnswer(200, "OK", said, b'{"epoch":1}').response()

    answers = []
    for handle in (slow, quick):
        async with RawTestServer(handle) as server, TestClient(server) as client:
            answers.append([await asked(client, "POST", "/") for _ in range(2)])
    assert answers[0] == answers[1]


def test_a_header_holds_no_second_one() -> None:
    with pytest.raises(ValueError, match="line break"):
        WholeAnswer(200, "OK", {"X-Said": "one\r\nX-More: two"})


async def test_who_reads_no_answers_gets_no_more_until_they_have() -> None:
    answer, ended = WholeAnswer(202, "Accepted", {}), asyncio.Queue[bool]()

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        # As the transport does when more waits than it likes to hold.
        request.protocol.pause_writing()
        writing = asyncio.create_task(answer.prepare(request))
        for _ in range(9):
            await asyncio.sleep(0)
        ended.put_nowait(writing.done())
        request.protocol.resume_writing()
        await writing
        return answer.response()

    async with (
        RawTestServer(handle) as server,
        TestClient(server) as client,
        client.post("/inbox") as said,
    ):
        assert said.status == 202
        assert not await ended.get(), "it waits until there is room"

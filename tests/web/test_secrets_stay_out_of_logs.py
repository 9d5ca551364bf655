"""Requests that are none, or half of one, with secrets in every part: no log tells them."""

import asyncio
import logging
from contextlib import suppress
from pathlib import Path
from unittest.mock import Mock

import pytest
from aiohttp.http_exceptions import BadHttpMessage

from node.testing.town import TownNode, open_town
from node.web.connections import Connection

SECRET = "kith_SeCrEt0123456789abcdefghijklmnopqrstuvwxyz"
HEAD = "Host: alpha.test\r\n"
API = "/api/kith/v1"
JSON = "Content-Type: application/json\r\n"
LOGIN = f"POST {API}/login HTTP/1.1\r\n{HEAD}{JSON}"
CHUNKED = "Transfer-Encoding: chunked\r\n"

REQUESTS = {
    "a method": f"{SECRET} / HTTP/1.1\r\n{HEAD}\r\n",
    "no method": f"{SECRET}\r\n\r\n",
    "a version": f"GET / HTTP/{SECRET}\r\n{HEAD}\r\n",
    "a target": f"GET {SECRET} HTTP/1.1\r\n{HEAD}\r\n",
    "a path with spaces": f"GET /invite/{SECRET} {SECRET} HTTP/1.1\r\n{HEAD}\r\n",
    "a percent sign": f"GET /invite/%zz{SECRET}%ff HTTP/1.1\r\n{HEAD}\r\n",
    "a NUL": f"GET /invite/{SECRET}%00 HTTP/1.1\r\n{HEAD}\r\n",
    "a wrong method": f"DELETE /invite/{SECRET} HTTP/1.1\r\n{HEAD}\r\n",
    "a wrong path": f"GET {API}/{SECRET}?token={SECRET} HTTP/1.1\r\n{HEAD}\r\n",
    "a query": f"GET {API}/feed?after={SECRET}&limit={SECRET} HTTP/1.1\r\n{HEAD}\r\n",
    "a capability": f"GET /media/{SECRET[:43]}/video.mp4 HTTP/1.1\r\n{HEAD}\r\n",
    "an address": f"GET http://x:{SECRET}@[/ HTTP/1.1\r\n{HEAD}\r\n",
    "CONNECT": f"CONNECT {SECRET}:x HTTP/1.1\r\n{HEAD}\r\n",
    "a host": f"GET / HTTP/1.1\r\nHost: {SECRET}:{SECRET}\r\n\r\n",
    "a header's name": f"GET / HTTP/1.1\r\n{HEAD}{SECRET} : x\r\n\r\n",
    "a header without a name": f"GET / HTTP/1.1\r\n{HEAD}{SECRET}\r\n\r\n",
    "a folded header": f"GET / HTTP/1.1\r\n{HEAD}X: a\r\n {SECRET}\r\n\r\n",
    "a header with a NUL": f"GET / HTTP/1.1\r\n{HEAD}Authorization: Bearer {SECRET}\0\r\n\r\n",
    "a long header": f"GET / HTTP/1.1\r\n{HEAD}Authorization: Bearer {SECRET * 400}\r\n\r\n",
    "a token": f"GET {API}/account HTTP/1.1\r\n{HEAD}Authorization: Bearer {SECRET}\r\n\r\n",
    "a scheme": f"GET {API}/account HTTP/1.1\r\n{HEAD}Authorization: {SECRET} {SECRET}\r\n\r\n",
    "a cookie": f"GET / HTTP/1.1\r\n{HEAD}Cookie: {SECRET}; =;;{SECRET}\r\n\r\n",
    "a length": f"{LOGIN}Content-Length: {SECRET}\r\n\r\n",
    "two lengths": f"{LOGIN}Content-Length: 5\r\nContent-Length: 6\r\n\r\n{SECRET}",
    "a length and chunks": f"{LOGIN}{CHUNKED}Content-Length: 6\r\n\r\n{SECRET}",
    "an encoding": f"{LOGIN}Transfer-Encoding: {SECRET}\r\n\r\n{SECRET}",
    "a chunk's size": f"{LOGIN}{CHUNKED}\r\n{SECRET}\r\nabc\r\n0\r\n\r\n",
    "a chunk's end": f"{LOGIN}{CHUNKED}\r\n3\r\nabc{SECRET}\r\n0\r\n\r\n",
    "a trailer": f"{LOGIN}{CHUNKED}\r\n2\r\n{{}}\r\n0\r\n{SECRET}\r\n\r\n",
    "no gzip": f"{LOGIN}Content-Encoding: gzip\r\nContent-Length: {len(SECRET)}\r\n\r\n{SECRET}",
    "no JSON": f"{LOGIN}Content-Length: {len(SECRET)}\r\n\r\n{SECRET}",
    "another media type": (
        f"POST {API}/login HTTP/1.1\r\n{HEAD}Content-Type: {SECRET}/x; charset={SECRET}\r\n"
        f"Content-Length: 2\r\n\r\n{{}}"
    ),
    "another member": f"{LOGIN}Content-Length: {len(SECRET) + 6}\r\n\r\n" + f'{{"{SECRET}":1}}',
    "another kind": (
        f'{LOGIN}Content-Length: {len(SECRET) + 24}\r\n\r\n{{"name":1,"password":"{SECRET}"}}'
    ),
    "a body that breaks off": f"{LOGIN}Content-Length: 5000\r\n\r\n{SECRET}",
    "what follows a request": f"GET / HTTP/1.1\r\n{HEAD}\r\n{SECRET}\r\n\r\n",
    "a form": (
        f"POST /join HTTP/1.1\r\n{HEAD}Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(SECRET) + 15}\r\n\r\npassword=%ff%fe{SECRET}"
    ),
    "a socket": (
        f"GET {API}/events HTTP/1.1\r\n{HEAD}Upgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {SECRET}\r\n\r\n"
    ),
    "HTTP/2": f"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n{SECRET}",
    "a signature": (
        f'POST /inbox HTTP/1.1\r\n{HEAD}Signature: keyId="{SECRET}",signature="{SECRET}"\r\n'
        "Content-Length: 2\r\n\r\n{}"
    ),
}  # fmt: skip


async def send(node: TownNode, said: bytes) -> bytes:
    """The head of the answer and what came with it; "" where the node waits for more of it."""
    host, _, port = node.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(said)
    answer = b""
    with suppress(ConnectionError, asyncio.IncompleteReadError, TimeoutError):
        async with asyncio.timeout(1):
            answer = await reader.readuntil(b"\r\n\r\n")
            answer += await reader.read(100_000)
    writer.transport.abort()
    return answer


@pytest.mark.clause("LIM-1.7")
async def test_no_log_and_no_answer_tells_what_was_in_a_malformed_request(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with open_town(tmp_path, "alpha.test") as town:
        await town.sign_up("alice", "alpha.test")
        node = town.nodes["alpha.test"]
        told = []
        for what, request in REQUESTS.items():
            caplog.clear()
            answer = await send(node, request.encode("latin-1"))
            text = "\n".join(
                logging.Formatter().format(record) + repr(vars(record)) for record in caplog.records
            )
            logged = SECRET in text or any(r.levelno >= logging.ERROR for r in caplog.records)
            echoed = SECRET.encode() in answer and what != "another member"  # its name is told
            if logged or echoed or answer.startswith(b"HTTP/1.1 5"):
                told.append((what, text[:300], answer[:400]))
        assert not told


@pytest.mark.clause("LIM-1.7")
def test_what_the_server_could_not_go_on_with_is_told_without_its_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    counted: list[str] = []
    connection = Connection.__new__(Connection)
    connection._connections = Mock(refused=counted.append)
    try:
        raise ValueError(SECRET)
    except ValueError as error:
        connection.log_exception("Unhandled exception", exc_info=error)
    connection.log_exception("Unhandled", exc_info=BadHttpMessage(SECRET))
    [record] = caplog.records
    assert vars(record)["reason"] == "ValueError" and Path(__file__).name in vars(record)["where"]
    assert SECRET not in repr(vars(record)) and record.exc_info is None
    assert counted == ["LIM-1.7"], "what was wrong with their request is no fault of the node"

"""`kith doctor` asks a node's name: what proxies and wrong servers answer (spec OPS-3)."""

import asyncio
import json
import ssl
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trustme

from node.cli.doctor import world
from node.cli.doctor.machine import place
from node.cli.doctor.subject import Subject
from node.config import Config
from node.operation.findings import Finding, State
from node.system import SystemClock

OURS = "https://alpha.test"
JRD = {
    "subject": "acct:node@alpha.test",
    "links": [{"rel": "self", "href": "https://alpha.test/a/node"}],
}


@asynccontextmanager
async def answering(
    folder: Path, answers: dict[str, tuple[int, object]], name: str = "alpha.test", **more: object
) -> AsyncIterator[Subject]:
    """What `alpha.test` leads to answers so, by the beginning of a request's head."""
    writers: list[asyncio.StreamWriter] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        status, body = next(
            (said for begin, said in answers.items() if head.startswith(begin)), (404, None)
        )
        raw = json.dumps(body).encode()
        told = f"HTTP/1.1 {status} Said\r\nContent-Length: {len(raw)}\r\nConnection: close\r\n\r\n"
        writer.write(told.encode() + raw)
        await writer.drain()
        writer.close()
        writers.append(writer)

    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    config = Config(
        origin=OURS,
        data_dir=str(folder),
        resolve={"alpha.test": f"127.0.0.1:{port}"},
        extra_ca_file=str(folder / "ca.pem"),
        **more,  # type: ignore[arg-type]
    )
    try:
        yield Subject(config, SystemClock(), OURS, OURS, pid=1)
    finally:
        server.close()
        for writer in writers:  # or one that waits for the other side is found in a later test
            writer.transport.abort()
        await server.wait_closed()


async def states(
    look: Callable[[Subject], Awaitable[list[Finding]]], subject: Subject
) -> dict[str, State]:
    return {one.check: one.state for one in await look(subject)}


@pytest.mark.clause("OPS-3.4")
async def test_a_proxy_that_takes_no_large_bodies_and_is_not_named(tmp_path: Path) -> None:
    async with answering(tmp_path, {"PUT /api/": (413, None)}) as subject:
        told = await states(world.proxy, subject)
        assert told == {"proxy-headers": State.WRONG, "proxy-body": State.WRONG}
    said = {"PUT /api/": (401, None)}
    async with answering(tmp_path, said, trusted_proxies=("127.0.0.1",)) as subject:
        told = await states(world.proxy, subject)
        assert told == {"proxy-headers": State.OK, "proxy-body": State.OK}


@pytest.mark.clause("OPS-3.4")
@pytest.mark.parametrize(
    ("answers", "node", "people"),
    [
        ({"GET /api/kith/v1/node": (200, {"origin": OURS}), "GET /.well-known": (200, JRD)},
         State.OK, State.OK),
        ({"GET /api/kith/v1/node": (200, {"origin": "https://beta.test"}),
          "GET /.well-known": (200, {"subject": "acct:node@alpha.test", "links": []})},
         State.WRONG, State.WRONG),
        ({"GET /": (200, "a page for people")}, State.WRONG, State.WRONG),
        ({}, State.WRONG, State.WRONG),
    ],
)  # fmt: skip
async def test_what_answers_under_the_name(
    tmp_path: Path, answers: dict[str, tuple[int, object]], node: State, people: State
) -> None:
    async with answering(tmp_path, answers) as subject:
        told = await states(world.outside, subject)
        assert told == {"same-node": node, "webfinger": people}


@pytest.mark.clause("OPS-3.4")
async def test_a_certificate_of_another_name_is_not_believed(tmp_path: Path) -> None:
    async with answering(tmp_path, {}, name="beta.test") as subject:
        found = {one.check: one for one in await world.tls(subject)}
    assert found["tls"].state is State.WRONG and "alpha.test" in found["tls"].words
    assert found["tls-files"].state is State.UNKNOWN


@pytest.mark.clause("OPS-3.3")
async def test_a_name_that_nobody_knows_is_no_failure_of_the_look(tmp_path: Path) -> None:
    config = Config(origin="https://nowhere.invalid", data_dir=str(tmp_path))
    subject = Subject(config, SystemClock(), "", "")
    for look in world.LOOKS:
        found = await look.findings(subject)
        assert {one.check for one in found} == set(look.checks)
        assert all(one.state is State.UNKNOWN for one in found)


@pytest.mark.clause("OPS-3.4")
def test_a_file_is_read_by_others_when_they_come_to_it() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "node.key"
        file.touch()
        file.chmod(0o644)
        folder.chmod(0o755)
        assert place(file).mode == 0o644
        folder.chmod(0o700)
        assert place(file).mode == 0o600
        assert place(folder / "nothing").mode is None

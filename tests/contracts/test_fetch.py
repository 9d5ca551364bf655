"""What the port Fetch promises: the fake, and the real one against a server on this machine."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager

import pytest
from aiohttp import web

from node.errors import Unreachable
from node.net.fetcher import LARGEST_ANSWER_BYTES
from node.ports import Fetch, Request
from node.testing.fakes import FakeFetch
from tests.net.conftest import NAMES, Peer, authority, peer

__all__ = ["authority", "peer"]

Refuses = Callable[[str], AbstractContextManager[None]]
X = "https://b.test/x"


class Web(ABC):
    """What is out there, and the port to it."""

    fetch: Fetch

    @abstractmethod
    def put(self, path: str, body: bytes = b"", status: int = 200, location: str = "") -> None:
        """What b.test and c.test answer at `path`."""

    @abstractmethod
    def asked(self) -> list[tuple[str, str, bytes]]:
        """Method, path and body of every request that came."""


class Written(Web):
    def __init__(self) -> None:
        self.fetch = self._fake = FakeFetch(NAMES[:3])

    def put(self, path: str, body: bytes = b"", status: int = 200, location: str = "") -> None:
        headers = {"location": location} if location else {}
        for host in NAMES[:2]:
            self._fake.put(f"https://{host}{path}", body, status, **headers)

    def asked(self) -> list[tuple[str, str, bytes]]:
        return [
            (each.method, "/" + each.url.split("/", 3)[3], each.body) for each in self._fake.asked
        ]


class Real(Web):
    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self.fetch = self.fetcher = peer.fetcher()
        self._asked: list[tuple[str, str, bytes]] = []

    def put(self, path: str, body: bytes = b"", status: int = 200, location: str = "") -> None:
        async def answer(request: web.Request) -> web.Response:
            self._asked.append((request.method, request.raw_path, await request.read()))
            headers = {"Location": location} if location else {}
            return web.Response(body=body, status=status, headers=headers)

        self._peer.handlers[path] = answer

    def asked(self) -> list[tuple[str, str, bytes]]:
        return self._asked


@pytest.fixture(params=["fake", "http"])
async def net(request: pytest.FixtureRequest, peer: Peer) -> AsyncIterator[Web]:
    if request.param == "fake":
        yield Written()
        return
    real = Real(peer)
    yield real
    await real.fetcher.close()


async def test_the_answer_comes_whatever_its_status(net: Web) -> None:
    net.put("/x", b"hello")
    net.put("/gone", b"was here", 410)
    answer = await net.fetch.fetch(Request("GET", X))
    assert (answer.status, answer.url, answer.body) == (200, X, b"hello")
    answer = await net.fetch.fetch(Request("POST", "https://c.test/gone", body=b"said"))
    assert (answer.status, answer.body) == (410, b"was here")
    assert net.asked() == [("GET", "/x", b""), ("POST", "/gone", b"said")]


@pytest.mark.clause("FED-9.4")
async def test_a_get_follows_and_says_where_it_ended(net: Web) -> None:
    net.put("/x", status=302, location="/y#part")
    net.put("/y", status=307, location="https://c.test/z")
    net.put("/z", b"there")
    answer = await net.fetch.fetch(Request("GET", X))
    assert (answer.url, answer.body) == ("https://c.test/z", b"there")
    answer = await net.fetch.fetch(Request("POST", X, body=b"said"))
    assert (answer.status, answer.headers["location"]) == (302, "/y#part")
    net.put("/z", status=302, location="/x")
    with pytest.raises(Unreachable):
        await net.fetch.fetch(Request("GET", X))


@pytest.mark.clause("FED-9.1", "FED-9.2")
@pytest.mark.parametrize(
    ("url", "clause"),
    [
        ("http://b.test/x", "FED-9.1"), ("https://b.test:22/x", "FED-9.1"),
        ("https://127.0.0.1/x", "FED-9.2"), ("https://[::1]/x", "FED-9.2"),
        ("https://localhost/x", "FED-9.2"), ("https://printer.internal/x", "FED-9.2"),
    ],
)  # fmt: skip
async def test_where_nobody_may_go_nobody_goes(
    net: Web, url: str, clause: str, refused: Refuses
) -> None:
    with refused(clause):
        await net.fetch.fetch(Request("GET", url))
    net.put("/x", status=302, location=url)
    with refused(clause):
        await net.fetch.fetch(Request("GET", X))
    assert len(net.asked()) == 1


@pytest.mark.clause("FED-9.5")
async def test_an_answer_beyond_the_cap_is_not_read(net: Web, refused: Refuses) -> None:
    net.put("/x", bytes(LARGEST_ANSWER_BYTES))
    assert len((await net.fetch.fetch(Request("GET", X))).body) == LARGEST_ANSWER_BYTES
    net.put("/x", bytes(LARGEST_ANSWER_BYTES + 1))
    with refused("FED-9.5"):
        await net.fetch.fetch(Request("GET", X))


async def test_who_is_not_there_does_not_answer() -> None:
    with pytest.raises(Unreachable):
        await FakeFetch(["b.test"]).fetch(Request("GET", X))

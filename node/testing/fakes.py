"""Fakes of the ports: a clock that is moved, chance that repeats, a written web, blobs."""

# ruff: noqa: ASYNC240 - a fake may wait for its own disk

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from node.errors import Conflict, Missing, TooMuch, Unreachable
from node.federation.trust import ProvenActivity
from node.media.blobs import PIECE, proven
from node.net.addresses import check_url
from node.net.fetcher import LARGEST_ANSWER_BYTES, follow
from node.ports import Request, Response, StoredBlob, Stream

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


class FakeClock:
    """Stands still until it is moved with `pass_`."""

    def __init__(self, now: datetime = NEW_YEAR) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def ticks(self) -> float:
        return self._now.timestamp()

    def pass_(self, span: timedelta) -> None:
        self._now += span


def proven_activity(actor: str, id: str, body: bytes = b"{}") -> ProvenActivity:
    """As if `actor` had signed `body`, for stores that do not look into it."""
    return ProvenActivity(id, "Follow", actor, {}, body)


class FakeEntropy:
    """SHA-256 in counter mode over a seed: repeatable, never repeating."""

    def __init__(self, seed: str = "kith") -> None:
        self._seed = seed.encode()
        self._count = 0

    def draw(self, count: int) -> bytes:
        found = b""
        while len(found) < count:
            self._count += 1
            found += hashlib.sha256(self._seed + self._count.to_bytes(8, "big")).digest()
        return found[:count]


class FakeFetch:
    """HTTP out to a web that a test writes: answers by address, under the guard of the real one.

    What is not written does not answer. `asked` holds every request that was let out.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self.names = frozenset(
            names
        )  # as those of `resolve`: they may be called, whatever they are
        self.answers: dict[str, Callable[[Request], Response]] = {}
        self.asked: list[Request] = []

    def put(self, url: str, body: bytes = b"", status: int = 200, **headers: str) -> None:
        """What `url` answers; the names of headers are lower case, with _ for -."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[url] = lambda request: Response(status, request.url, named, body)

    async def fetch(self, request: Request) -> Response:
        """See `ports.Fetch`."""
        return await follow(request, self.hop)

    async def close(self) -> None:
        """There is nothing to close."""

    async def hop(self, request: Request) -> Response:
        """One request and its answer: see `app.Hops`."""
        check_url(request.url, self.names)
        self.asked.append(request)
        answer = self.answers.get(request.url)
        if answer is None:
            raise Unreachable(f"{request.url} does not answer")
        found = answer(request)
        if len(found.body) > LARGEST_ANSWER_BYTES:
            raise TooMuch("FED-9.5", "the answer is larger than is read")
        return found

    def stream(self, request: Request) -> AbstractAsyncContextManager[Stream]:
        """See `app.Hops`."""
        return streaming(self.hop(request))


@asynccontextmanager
async def streaming(answer: Awaitable[Response]) -> AsyncIterator[Stream]:
    """An answer that is there already, as one that comes piece by piece."""
    found = await answer

    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, len(found.body), PIECE):
            yield found.body[at : at + PIECE]

    yield Stream(found.status, found.url, found.headers, pieces())


class FakeBlobs:
    """Blobs as runs of bytes in memory; `folder` holds the copies that a child process reads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._runs: dict[str, bytes] = {}

    async def append(self, name: str, offset: int, chunk: bytes) -> None:
        have = self._runs.get(proven(name), b"")
        if len(have) != offset:
            raise Conflict("VID-1.3", f"the next chunk begins at {len(have)}", offset=len(have))
        self._runs[name] = have + chunk

    async def put(self, name: str, path: str) -> None:
        proven(name)
        self._runs[name] = Path(path).read_bytes()
        Path(path).unlink()
        self._runs = {each: run for each, run in self._runs.items() if self._copy(each) != path}

    async def expect(self, size: int) -> None:
        """There is room in memory."""

    async def size(self, name: str) -> int | None:
        run = self._runs.get(proven(name))
        return None if run is None else len(run)

    async def read(
        self, name: str, start: int = 0, stop: int | None = None
    ) -> AsyncIterator[bytes]:
        run = self._run(name)[:stop]
        for at in range(start, len(run), PIECE):
            yield run[at : at + PIECE]

    async def local(self, name: str) -> str:
        run, copy = self._run(name), Path(self._copy(name))
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(run)
        return str(copy)

    async def delete(self, name: str) -> None:
        self._runs.pop(proven(name), None)

    async def listed(self) -> AsyncIterator[StoredBlob]:
        for name, run in list(self._runs.items()):
            yield StoredBlob(name, len(run), datetime(2026, 1, 1, tzinfo=UTC))

    def _run(self, name: str) -> bytes:
        if proven(name) not in self._runs:
            raise Missing("VID-4.1", "there is no such blob")
        return self._runs[name]

    def _copy(self, name: str) -> str:
        return str(self._folder / name)

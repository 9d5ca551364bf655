"""Bad input over the wire of a real process: a problem document with its clause, nothing half-done.

What a person meets at the command line is tried in `tests/client/test_cli.py`: a wrong password,
an expired invite, an unknown person and server, a peer and a home node that are down, a message to
a stranger, a wrong passphrase, a file that is none. What is no video and a video of no frames:
`tests/media/test_studio.py` and `tests/video/test_publishing.py`. A disk without room under the
blobs alone: `tests/media/test_blobs.py`. `kill -9`: `tests/process/test_kill.py`. Starts that
cannot work: `tests/process/test_start_stop.py`. Here: a bad signature, a wrong digest, a stale
date, 2 GB announced, a second upload at the wrong offset, and a whole disk that is full.
"""

import asyncio
import base64
import hashlib
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from node.client.api_client import ApiClient
from node.errors import Conflict, Full
from node.system import SystemEntropy
from node.wire.api.accounts import AccountView, NewAccount, Session
from node.wire.api.inbox import NewPost, Post, PostList
from node.wire.api.video import NewUpload, UploadView
from tests.process.small_disk import fill, needs_mounts, put_on_small_disk
from tools.lab import Lab, Place

TWO_GB = 2 * 1024**3
DISK_MIB = 12
LIKE = {
    "id": "https://alpha.test/t/1",
    "type": "Like",
    "actor": "https://alpha.test/a/x",
    "object": "https://alpha.test/o/1",
}


@pytest.fixture
def place(lab: Lab) -> Place:
    lab.build("alpha.test", disk_reserve_bytes="0", log_level="debug")
    return lab.places["alpha.test"]


async def raw(place: Place, path: str, headers: dict[str, str], body: bytes = b"") -> Any:
    """What is answered to exactly these bytes: (status, headers, document)."""
    context = ssl.create_default_context(cafile=str(place.ca))
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", place.port, ssl=context, server_hostname=place.domain
    )
    try:
        lines = [f"POST {path} HTTP/1.1", "Host: alpha.test", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        await writer.drain()
        async with asyncio.timeout(20):
            head, _, content = (await reader.read(65536)).partition(b"\r\n\r\n")
            while not content.endswith(b"}"):
                content += await reader.read(65536)
    finally:
        writer.close()
    first, *rest = head.decode().split("\r\n")
    found = dict(line.lower().split(": ", 1) for line in rest)
    return int(first.split()[1]), found, json.loads(content)


@asynccontextmanager
async def alice(lab: Lab, place: Place) -> AsyncIterator[ApiClient]:
    """The first person of this node, by the link that it printed."""
    async with asyncio.timeout(30):
        while True:
            if "/invite/" in place.log.read_text():
                break
            await asyncio.sleep(0.02)
    link = place.log.read_text().partition("/invite/")[2].split()[0]
    door = (place.origin, SystemEntropy())
    body = NewAccount(
        name="alice", password="alice has a long password", device_name="phone", invite=link
    )
    async with ApiClient(*door, "", place.connect, str(lab.ca)) as line:
        session = await line.ask("POST", "/accounts", Session, body)
    async with ApiClient(*door, session.token or "", place.connect, str(lab.ca)) as line:
        yield line


def signed(place: Place, body: bytes, late: timedelta = timedelta(0), **changed: str) -> Any:
    """Headers of a delivery whose signature has the right form and holds for nothing."""
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    fields = "(request-target) host date digest"
    headers = {
        "Content-Type": "application/activity+json",
        "Content-Length": str(len(body)),
        "Date": format_datetime(datetime.now(UTC) - late, usegmt=True),
        "Digest": f"SHA-256={digest}",
        "Signature": f'keyId="{place.origin}/a/x#main-key",headers="{fields}",signature="AAAA"',
    }
    return headers | changed


@pytest.mark.clause("FED-4.1", "FED-4.4", "FED-4.5", "FED-7.12", "API-1.4", "VID-1.3")
async def test_what_is_wrong_on_the_wire_is_refused_by_clause(lab: Lab, place: Place) -> None:
    place.start()
    await place.ready()
    like = json.dumps(LIKE).encode()
    wrong = {"Digest": "SHA-256=" + base64.b64encode(bytes(32)).decode()}
    huge = {"Content-Length": str(TWO_GB), "Content-Type": "application/activity+json"}
    cases = {
        "no signature": ({**huge, "Content-Length": str(len(like))}, like, 401, "FED-4.1"),
        "wrong digest": (signed(place, like, **wrong), like, 401, "FED-4.4"),
        "stale date": (signed(place, like, timedelta(hours=2)), like, 401, "FED-4.5"),
        "unknown key": (signed(place, like), like, 401, "FED-7.5"),
        "2 GB announced": (huge, b"{", 413, "FED-7.12"),
    }
    for name, (headers, body, status, clause) in cases.items():
        code, answered, problem = await raw(place, "/inbox", headers, body)
        assert (code, problem["clause"]) == (status, clause), (name, problem)
        assert answered["content-type"].startswith("application/problem+json"), name
        assert problem["detail"] and problem["title"], name
    _, _, problem = await raw(place, "/inbox", *cases["stale date"][:2])
    here = datetime.fromtimestamp(problem["params"]["server_time"], UTC)
    assert abs(datetime.now(UTC) - here) < timedelta(minutes=1)

    async with alice(lab, place) as line:
        bearer = {"Authorization": f"Bearer {line._token}", "Content-Length": str(TWO_GB)}
        kind = {"Content-Type": "application/json"}
        code, _, problem = await raw(place, "/api/kith/v1/posts", bearer | kind, b"{")
        assert (code, problem["clause"]) == (413, "API-1.4")

        film = b"film" * 1000
        new = NewUpload(size=len(film), sha256=hashlib.sha256(film).digest(), filename="a.mp4")
        upload = await line.ask("POST", "/uploads", UploadView, new)
        await line.put(f"/uploads/{upload.id}", UploadView, film[:1000], {"offset": "0"})
        with pytest.raises(Conflict) as caught:
            await line.put(f"/uploads/{upload.id}", UploadView, film[2000:], {"offset": "2000"})
        assert (caught.value.clause, caught.value.params["offset"]) == ("VID-1.3", 1000)
        done = await line.put(f"/uploads/{upload.id}", UploadView, film[1000:], {"offset": "1000"})
        assert done.offset == len(film)
        code, _, problem = await raw(
            place, f"/api/kith/v1/uploads/{upload.id}", bearer | {"X-HTTP-Method": "PUT"}
        )
        assert code in (404, 405, 413), problem
    assert await asyncio.to_thread(place.stop) == 0
    assert "Traceback" not in place.log.read_text()


@pytest.mark.clause("VID-4.2", "FED-12.8")
@needs_mounts
async def test_a_full_disk_refuses_what_needs_room_and_heals(lab: Lab, place: Place) -> None:
    """Database and blobs on one small disk: everything that was accepted before stays."""
    put_on_small_disk(place, DISK_MIB)
    place.start()
    await place.ready()
    async with alice(lab, place) as line:
        film = bytes(range(256)) * (4 * 4096)
        new = NewUpload(size=len(film), sha256=hashlib.sha256(film).digest(), filename="a.mp4")
        upload = await line.ask("POST", "/uploads", UploadView, new)
        path, step = f"/uploads/{upload.id}", len(film) // 4
        await line.put(path, UploadView, film[:step], {"offset": "0"})
        filler = fill(place)
        with pytest.raises(Full) as caught:
            await line.put(path, UploadView, film[step : 2 * step], {"offset": str(step)})
        assert caught.value.clause == "VID-4.2"
        refused = []
        for number in range(50):  # the log of SQLite has a little room of its own
            try:
                await line.ask(
                    "POST", "/posts", Post, NewPost(content=f"<p>{number}</p>", format="html")
                )
            except Full as error:
                refused.append(error.clause)
        assert set(refused) == {"FED-12.8"}
        accepted = 50 - len(refused)
        assert (await line.ask("GET", "/account", AccountView)).name == "alice"
        filler.unlink()
        # There is room again, and the node needs no restart.
        at = (await line.ask("GET", path, UploadView)).offset
        assert at >= step, "what was acknowledged is kept"
        while at < len(film):
            chunk = film[at : at + step]
            at = (await line.put(path, UploadView, chunk, {"offset": str(at)})).offset
        await line.ask("POST", "/posts", Post, NewPost(content="<p>room</p>", format="html"))
        pages = [page async for page in line.pages("/posts", PostList)]
        assert sum(len(page.items) for page in pages) == accepted + 1
    assert await asyncio.to_thread(place.stop) == 0
    assert "Traceback" not in place.log.read_text()

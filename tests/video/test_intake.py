"""Uploads through the client API: resumed, bounded, sealed, dropped."""

import base64
import hashlib
import shutil
from datetime import timedelta
from types import SimpleNamespace

import pytest

from node.errors import Malformed
from node.store import tables
from node.web.api.surface import API
from tests.video.harness import Harness

FILM = b"FILM" + hashlib.shake_256(b"x").digest(9_000)


@pytest.mark.clause("VID-5.2", "VID-1.3")
async def test_a_file_goes_up_in_chunks_and_a_wrong_offset_is_told_the_right_one(
    harness: Harness,
) -> None:
    alice = await harness.person("alice")
    id = (await alice.announce(FILM)).body["id"]
    first = await alice.ask("PATCH", f"/uploads/{id}?offset=0", raw=FILM[:4000])
    assert (first.status, first.body["offset"], first.body["state"]) == (200, 4000, "open")
    wrong = await alice.ask("PUT", f"/uploads/{id}?offset=0", raw=FILM[:4000])
    assert (wrong.status, wrong.body["clause"]) == (409, "VID-1.3")
    assert wrong.body["params"]["offset"] == 4000
    last = await alice.ask("PUT", f"/uploads/{id}?offset=4000", raw=FILM[4000:])
    assert (last.body["offset"], last.body["state"]) == (len(FILM), "sealed")
    again = await alice.ask("PUT", f"/uploads/{id}?offset={len(FILM)}", raw=b"")
    assert (again.status, again.body["state"]) == (200, "sealed")


@pytest.mark.clause("VID-5.2")
@pytest.mark.parametrize("offset", ["", "?offset=", "?offset=-1", "?offset=1e3", "?offset=٣"])
async def test_nonsense_for_an_offset_is_refused(harness: Harness, offset: str) -> None:
    alice = await harness.person("alice")
    id = (await alice.announce(FILM)).body["id"]
    said = await alice.ask("PUT", f"/uploads/{id}{offset}", raw=b"x")
    assert (said.status, said.body["clause"]) == (400, "VID-5.2")


@pytest.mark.clause("VID-1.6")
async def test_after_a_stop_the_disk_says_where_it_stands(harness: Harness) -> None:
    """A kill between the write and its row; and one between the last byte and the seal."""
    alice = await harness.person("alice")
    id = (await alice.announce(FILM)).body["id"]
    await harness.blobs.append(f"upload/{id}", 0, FILM[:5000])
    assert (await alice.ask("GET", f"/uploads/{id}")).body["offset"] == 5000
    await harness.blobs.append(f"upload/{id}", 5000, FILM[5000:])
    stands = (await alice.ask("GET", f"/uploads/{id}")).body
    assert (stands["offset"], stands["state"]) == (len(FILM), "open")
    sealed = await alice.ask("PUT", f"/uploads/{id}?offset={len(FILM)}", raw=b"")
    assert sealed.body["state"] == "sealed"


@pytest.mark.clause("VID-1.7")
async def test_other_bytes_than_announced_are_refused_and_dropped(harness: Harness) -> None:
    alice = await harness.person("alice")
    id = (await alice.announce(FILM, digest=b"w" * 32)).body["id"]
    said = await alice.ask("PUT", f"/uploads/{id}?offset=0", raw=FILM)
    assert (said.status, said.body["clause"]) == (400, "VID-1.7")
    assert await harness.files() == []
    assert (await alice.ask("GET", f"/uploads/{id}")).body["state"] == "failed"
    more = await alice.ask("PUT", f"/uploads/{id}?offset=0", raw=FILM)
    assert (more.status, more.body["clause"]) == (409, "VID-1.5")


@pytest.mark.clause("VID-5.1")
async def test_an_upload_is_its_accounts_alone(harness: Harness) -> None:
    alice, mallory = await harness.person("alice"), await harness.person("mallory")
    id = (await alice.announce(FILM)).body["id"]
    for method, path in (
        ("GET", f"/uploads/{id}"),
        ("PUT", f"/uploads/{id}?offset=0"),
        ("DELETE", f"/uploads/{id}"),
    ):
        said = await mallory.ask(method, path, raw=b"x" if method == "PUT" else None)
        nothing = await mallory.ask(
            method, path.replace(id, "none"), raw=b"x" if method == "PUT" else None
        )
        assert (said.status, said.body["clause"]) == (404, "VID-5.1")
        assert said.raw == nothing.raw
    video = await mallory.ask("POST", "/videos", {"upload": id})
    assert (video.status, video.body["clause"]) == (404, "VID-5.1")


@pytest.mark.clause("VID-1.2", "VID-1.9")
async def test_a_file_that_does_not_fit_is_refused_before_its_first_byte(harness: Harness) -> None:
    alice = await harness.person("alice")
    huge = await alice.announce(b"", digest=b"d" * 32, size=harness.config.upload_limit_bytes + 1)
    assert (huge.status, huge.body["clause"]) == (413, "VID-1.2")
    await harness.change(tables.accounts, tables.accounts.c.name == "alice", quota_bytes=10_000)
    assert (await alice.announce(FILM)).status == 201
    full = await alice.announce(FILM)
    assert (full.status, full.body["code"], full.body["clause"]) == (507, "full", "VID-1.9")
    assert full.body["params"]["left"] == 10_000 - len(FILM)
    for _ in range(4):
        await alice.announce(b"FILM")
    many = await alice.announce(b"FILM")
    assert (many.status, many.body["clause"]) == (413, "VID-1.9")


@pytest.mark.clause("VID-5.3")
async def test_the_disks_reserve_stays_free(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, bob = await harness.person("alice"), await harness.person("bob")
    free = SimpleNamespace(free=1000 + len(FILM) + 10)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: free)
    assert (await alice.announce(FILM)).status == 201
    said = await bob.announce(FILM)
    assert (said.status, said.body["clause"]) == (507, "VID-5.3")


@pytest.mark.clause("VID-1.8", "VID-5.4")
async def test_what_is_given_up_or_forgotten_leaves_nothing(harness: Harness) -> None:
    alice = await harness.person("alice")
    first, second = [(await alice.announce(FILM)).body["id"] for _ in range(2)]
    for id in (first, second):
        await alice.ask("PUT", f"/uploads/{id}?offset=0", raw=FILM[:100])
    sealed = await alice.upload(FILM)
    assert (await alice.ask("DELETE", f"/uploads/{first}")).status == 204
    assert await harness.files() == sorted([f"upload/{second}", f"upload/{sealed}"])
    harness.clock.pass_(timedelta(hours=25))
    await harness.transcoder.sweep("")
    assert await harness.files() == []
    assert (await alice.ask("GET", f"/uploads/{second}")).body["state"] == "failed"
    used = (await alice.publish())["id"]
    upload = (await harness.rows(tables.videos, tables.videos.c.id == used))[0].upload
    said = await alice.ask("DELETE", f"/uploads/{upload}")
    assert (said.status, said.body["clause"]) == (409, "VID-5.4")


@pytest.mark.clause("VID-5.5", "VID-5.1")
async def test_uploads_that_go_on_are_listed_and_found_by_their_digest(harness: Harness) -> None:
    alice, mallory = await harness.person("alice"), await harness.person("mallory")
    await mallory.announce(FILM)
    begun, other = [(await alice.announce(file)).body["id"] for file in (FILM, FILM + b"x")]
    await alice.ask("PUT", f"/uploads/{begun}?offset=0", raw=FILM[:100])
    await harness.blobs.append(f"upload/{begun}", 100, FILM[100:150])  # told by the disk alone
    sealed = await alice.upload(b"FILM of a dog")
    await alice.publish(b"FILM that was used")
    given_up = (await alice.announce(b"FILM that was given up")).body["id"]
    await alice.ask("DELETE", f"/uploads/{given_up}")

    items = (await alice.ask("GET", "/uploads")).body["items"]
    assert {one["id"] for one in items} == {sealed, other, begun}
    assert [one["id"] for one in items] == sorted((sealed, other, begun), reverse=True)
    digest = hashlib.sha256(FILM)
    (found,) = (await alice.ask("GET", f"/uploads?sha256={digest.hexdigest()}")).body["items"]
    assert (found["id"], found["offset"], found["state"]) == (begun, 150, "open")
    assert base64.b64decode(found["sha256"]) == digest.digest()
    upper = await alice.ask("GET", f"/uploads?sha256={digest.hexdigest().upper()}")
    assert upper.body["items"] == [found]
    assert (await alice.ask("GET", f"/uploads?sha256={'0' * 64}")).body == {"items": []}
    harness.clock.pass_(timedelta(hours=25))
    assert (await alice.ask("GET", "/uploads")).body == {"items": []}


@pytest.mark.clause("VID-5.5")
async def test_an_upload_is_found_as_long_as_its_video_is_made_and_by_its_digest_afterwards(
    harness: Harness,
) -> None:
    alice = await harness.person("alice")
    mine, its = await alice.upload(FILM), f"/uploads?sha256={hashlib.sha256(FILM).hexdigest()}"

    async def found(path: str) -> list[tuple[str, str, str]]:
        items = (await alice.ask("GET", path)).body["items"]
        return [(one["id"], one["state"], one["video"]) for one in items]

    assert await found(its) == [(mine, "sealed", "")]
    video = (await alice.ask("POST", "/videos", {"upload": mine})).body["id"]
    harness.clock.pass_(timedelta(hours=25))  # however long that lasts
    other = await alice.upload(b"FILM of a dog")
    assert await found("/uploads") == [(other, "sealed", ""), (mine, "used", video)]
    assert await found(its) == [(mine, "used", video)]
    await harness.work()
    assert await found("/uploads") == [(other, "sealed", "")]
    assert await found(its) == [(mine, "used", video)]
    await alice.ask("DELETE", f"/videos/one?id={video}")
    assert await found(its) == []

    harness.studio.lacks = Malformed("VID-2.2", "no picture")
    await alice.publish(FILM)
    assert await found(its) == []


@pytest.mark.clause("VID-5.5")
@pytest.mark.parametrize("digest", ["x", "0" * 63, "0" * 65, "g" * 64, "%D9%A3" * 64, "0x" * 32])
async def test_what_is_no_digest_is_refused(harness: Harness, digest: str) -> None:
    alice = await harness.person("alice")
    said = await alice.ask("GET", f"/uploads?sha256={digest}")
    assert (said.status, said.body["clause"]) == (400, "VID-5.5")


@pytest.mark.clause("LIM-2.1", "VID-1.6")
async def test_a_stalled_chunk_lies_on_the_disk_and_not_in_memory(harness: Harness) -> None:
    alice, size = await harness.person("alice"), 3 << 20
    upload = (await alice.announce(bytes(size))).body["id"]
    budget = harness.node.web.kernel.budget
    _, writer = await harness.connect()
    head = f"PUT {API}/uploads/{upload}?offset=0 HTTP/1.1\r\nHost: x\r\n"
    head += f"Authorization: Bearer {alice.token}\r\nContent-Length: {size}\r\n\r\n"
    writer.write(head.encode() + bytes(5 << 19))
    await writer.drain()

    async def stands() -> int:
        return int((await alice.ask("GET", f"/uploads/{upload}")).body["offset"])

    most = 0
    while (at := await stands()) < 2 << 20:
        most = max(most, budget.held_bytes)
    assert most <= 2 << 20
    writer.transport.abort()
    while budget.held_bytes:
        at = await stands()
    at = await stands()
    said = await alice.ask("PUT", f"/uploads/{upload}?offset={at}", raw=bytes(size - at))
    assert said.body["state"] == "sealed", said.raw


@pytest.mark.clause("LIM-2.4")
async def test_a_chunk_for_no_upload_is_refused_before_it_is_read(harness: Harness) -> None:
    alice = await harness.person("alice")
    reader, writer = await harness.connect()
    head = f"PUT {API}/uploads/none?offset=0 HTTP/1.1\r\nHost: x\r\n"
    head += f"Authorization: Bearer {alice.token}\r\nContent-Length: 9000000\r\n\r\n"
    writer.write(head.encode())
    assert (await reader.readline()).startswith(b"HTTP/1.1 404 ")
    writer.transport.abort()


@pytest.mark.clause("VID-1.10", "VID-1.7", "VID-5.4")
@pytest.mark.parametrize("behind", [True, False])
async def test_a_browser_tells_the_digest_at_the_end(harness: Harness, behind: bool) -> None:
    """With the last chunk, or with an empty one behind it, also after the last answer was lost."""
    alice = await harness.person("alice")
    digest = hashlib.sha256(FILM).hexdigest()
    announced = await alice.ask("POST", "/uploads", {"size": len(FILM)})
    assert (announced.status, announced.body["sha256"]) == (201, "")
    at = f"/uploads/{announced.body['id']}?offset="
    await alice.ask("PUT", f"{at}0", raw=FILM[:100])
    if behind:
        said = await alice.ask("PUT", f"{at}100", raw=FILM[100:])
        assert (said.status, said.body["state"], said.body["offset"]) == (200, "open", len(FILM))
        early = await alice.ask("POST", "/videos", {"upload": announced.body["id"]})
        assert (early.status, early.body["clause"]) == (409, "VID-1.10")
        nothing = await alice.ask("PUT", f"{at}{len(FILM)}", raw=b"")
        assert nothing.body["state"] == "open"
        wrong = await alice.ask("PUT", f"{at}{len(FILM)}&sha256=xyz", raw=b"")
        assert (wrong.status, wrong.body["clause"]) == (400, "VID-1.10")
        said = await alice.ask("PUT", f"{at}{len(FILM)}&sha256={digest}", raw=b"")
    else:
        said = await alice.ask("PUT", f"{at}100&sha256={digest}", raw=FILM[100:])
    assert (said.status, said.body["state"]) == (200, "sealed")
    [found] = (await alice.ask("GET", f"/uploads?sha256={digest}")).body["items"]
    assert found["id"] == announced.body["id"]
    again = await alice.ask("PUT", f"{at}{len(FILM)}&sha256={digest}", raw=b"")
    assert again.body["state"] == "sealed"
    assert (await alice.ask("POST", "/videos", {"upload": found["id"]})).status == 201


@pytest.mark.clause("VID-1.7", "VID-1.10")
async def test_the_wrong_digest_at_the_end_drops_the_bytes(harness: Harness) -> None:
    alice = await harness.person("alice")
    id = (await alice.ask("POST", "/uploads", {"size": len(FILM)})).body["id"]
    said = await alice.ask("PUT", f"/uploads/{id}?offset=0&sha256={'0' * 64}", raw=FILM)
    assert (said.status, said.body["clause"]) == (400, "VID-1.7")
    assert await harness.files() == []
    other = (await alice.announce(FILM)).body["id"]
    said = await alice.ask("PUT", f"/uploads/{other}?offset=0&sha256={'0' * 64}", raw=FILM)
    assert (said.status, said.body["clause"]) == (409, "VID-1.10")

"""Sealed files at a node: made of an upload, fetched by who has their address (ATT-3, ATT-4)."""

import hashlib
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from node.cli.serving import missing_blobs
from node.config import Config
from node.errors import Full
from node.federation.activities.shapes import Delete
from node.federation.activities.table import render
from node.ports import Request, Response
from node.store import tables
from node.store.purge import Purge
from node.store.uploads import IntakeUnit
from node.testing.town import Town
from node.wire.sealed_sizes import padded_size, sealed_size
from node.worker.attachments import AttachmentRemover
from tests.video.harness import Harness, Person, Said

SEALED = hashlib.shake_256(b"sealed").digest(sealed_size(padded_size(20_000)))
SMALL = hashlib.shake_256(b"small").digest(sealed_size(541))


async def make(person: Person, data: bytes = SEALED, **more: Any) -> dict[str, Any]:
    body = {"upload": await person.upload(data), **more}
    made = await person.ask("POST", "/attachments", body)
    assert made.status == 201, made.raw
    return dict(made.body)


async def at(harness: Harness, href: str, method: str = "GET", **headers: str) -> Said:
    assert href.startswith(harness.origin)
    return await harness.http(method, urlsplit(href).path, headers)


async def content(person: Person, href: str, part: str = "") -> Said:
    headers = {"Authorization": f"Bearer {person.token}"}
    if part:
        headers["Range"] = f"bytes={part}"
    path = f"/api/kith/v1/attachments/content?href={quote(href, safe='')}"
    return await person.harness.http("GET", path, headers)


async def kept(harness: Harness, who: Person) -> int:
    use = await harness.units.look(IntakeUnit, lambda unit: unit.use_of(who.account))
    return use.kept_bytes


# -- at the sender's node --------------------------------------------------------------------------


@pytest.mark.clause("ATT-3.1", "ATT-3.2", "ATT-3.5")
async def test_an_upload_becomes_a_sealed_file_once(harness: Harness) -> None:
    ann = await harness.person("ann")
    upload = await ann.upload(SEALED)
    made = await ann.ask("POST", "/attachments", {"upload": upload})
    assert made.status == 201
    view = made.body
    assert view["href"] == f"{harness.origin}/sealed/{view['name']}"
    assert (len(view["name"]), view["size"]) == (43, len(SEALED))
    again = await ann.ask("POST", "/attachments", {"upload": upload})
    assert again.body == view
    assert await kept(harness, ann) == len(SEALED) + 4096, "it counts once"
    [row] = await harness.rows(tables.attachments)
    assert set(row._mapping) == {
        "id", "account", "digest", "blob", "bytes", "sha256", "created", "expires",
    }  # fmt: skip
    assert row.digest == hashlib.sha256(view["name"].encode()).digest()
    assert view["name"] not in str(row)
    assert len(await harness.files()) == 1
    # Nothing else is made of it, and it is not given up as an upload.
    assert (await ann.ask("POST", "/pictures", {"upload": upload})).status == 409
    gone = await ann.ask("DELETE", f"/uploads/{upload}")
    assert (gone.status, gone.body["clause"]) == (409, "VID-5.4")


@pytest.mark.clause("ATT-3.2")
async def test_whoever_has_the_address_gets_the_bytes_and_any_part(harness: Harness) -> None:
    ann = await harness.person("ann")
    href = (await make(ann))["href"]
    whole = await at(harness, href)
    assert (whole.status, whole.raw) == (200, SEALED)
    assert whole.headers["Content-Type"] == "application/octet-stream"
    assert whole.headers["Cache-Control"].startswith("private")
    assert whole.headers["X-Content-Type-Options"] == "nosniff"
    assert whole.headers["Content-Security-Policy"].startswith("sandbox")
    assert "Set-Cookie" not in whole.headers
    part = await at(harness, href, Range="bytes=56-16455")
    assert (part.status, part.raw) == (206, SEALED[56:16456])
    assert part.headers["Content-Range"] == f"bytes 56-16455/{len(SEALED)}"
    head = await at(harness, href, "HEAD")
    assert (head.status, head.headers["Content-Length"]) == (200, str(len(SEALED)))
    for wrong in ("bytes=99999999-", "bytes=0-1,5-6", "bytes=x"):
        assert (await at(harness, href, Range=wrong)).status == 416


@pytest.mark.clause("ATT-1.3", "ATT-3.1")
async def test_what_is_no_sealed_file_is_refused(harness: Harness) -> None:
    ann = await harness.person("ann")
    for data in (SEALED[:-1], b"FILM of a cat"):
        upload = await ann.upload(data)
        said = await ann.ask("POST", "/attachments", {"upload": upload})
        assert (said.status, said.body["clause"]) == (400, "ATT-1.3")
        assert (await ann.ask("DELETE", f"/uploads/{upload}")).status == 204, "it can be given up"
    announced = await ann.announce(SEALED)
    said = await ann.ask("POST", "/attachments", {"upload": announced.body["id"]})
    assert (said.status, said.body["clause"]) == (409, "VID-1.3"), "bytes are missing"
    picture = await ann.upload(SEALED)
    await ann.ask("POST", "/attachments", {"upload": picture})
    bob = await harness.person("bob")
    said = await bob.ask("POST", "/attachments", {"upload": picture})
    assert (said.status, said.body["clause"]) == (404, "VID-5.1")
    assert (await ann.ask("POST", "/attachments", {"upload": "nothing"})).status == 404


@pytest.mark.clause("ATT-3.1")
async def test_a_file_over_the_limit_is_refused(tmp_path: Any, quick_secrets: None) -> None:
    harness = Harness("a", Town(tmp_path), attachment_limit_bytes=1_000)
    await harness.open()
    try:
        ann = await harness.person("ann")
        said = await ann.ask("POST", "/attachments", {"upload": await ann.upload(SEALED)})
        assert (said.status, said.body["clause"]) == (413, "ATT-3.1")
        assert said.body["params"]["largest"] == 1_000
        await make(ann, SMALL)
    finally:
        await harness.close()


@pytest.mark.clause("ATT-3.1")
async def test_no_room_is_said_before_the_first_byte_and_in_the_middle(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = await harness.person("ann")
    announced = await ann.announce(SEALED)
    id = announced.body["id"]
    begun = await ann.ask("PUT", f"/uploads/{id}?offset=0", raw=SEALED[:10_000])
    assert begun.body["offset"] == 10_000

    async def full(*_: object) -> None:
        raise Full("VID-4.2", "the node's disk is full: try again later", 600)

    monkeypatch.setattr(harness.blobs, "append", full)
    said = await ann.ask("PUT", f"/uploads/{id}?offset=10000", raw=SEALED[10_000:])
    assert (said.status, said.body["clause"]) == (507, "VID-4.2")
    monkeypatch.undo()
    there = await ann.ask("GET", f"/uploads/{id}")
    assert there.body["offset"] == 10_000, "what was taken is kept"
    await ann.ask("PUT", f"/uploads/{id}?offset=10000", raw=SEALED[10_000:])
    assert (await ann.ask("POST", "/attachments", {"upload": id})).status == 201
    await harness.change(
        tables.accounts, tables.accounts.c.id == ann.account, quota_bytes=len(SEALED) + 4097
    )
    said = await ann.announce(SMALL)
    assert (said.status, said.body["clause"]) == (507, "VID-1.9")
    [mine] = (await ann.ask("GET", "/attachments")).body["items"]
    await ann.ask("DELETE", f"/attachments/{mine['name']}")
    await harness.work()
    assert (await ann.announce(SMALL)).status == 201, "removing one makes room"


@pytest.mark.clause("ATT-3.3")
async def test_it_goes_when_its_time_is_over(harness: Harness) -> None:
    ann = await harness.person("ann")
    long, short = await make(ann), await make(ann, SMALL, seconds=3600)
    remover = AttachmentRemover(harness.units, harness.blobs)
    harness.clock.pass_(timedelta(minutes=61))
    gone = await at(harness, short["href"])
    assert (gone.status, gone.body["clause"], gone.body["code"]) == (410, "ATT-3.3", "gone")
    assert len(await harness.files()) == 2
    await remover.sweep("")
    assert len(await harness.files()) == 1
    assert await kept(harness, ann) == len(SEALED) + 4096
    assert (await at(harness, long["href"])).status == 200
    harness.clock.pass_(timedelta(days=45))
    assert (await at(harness, long["href"])).status == 410
    assert (await content(ann, long["href"])).status == 410
    await remover.sweep("")
    assert await harness.files() == []
    purge = Purge(harness.database, harness.clock)
    await purge()
    assert [row.id for row in await harness.rows(tables.attachments)], "not before 30 days"
    harness.clock.pass_(timedelta(days=31))
    await purge()
    assert await harness.rows(tables.attachments) == []
    for href in (long["href"], harness.origin + "/sealed/" + "A" * 43, harness.origin + "/sealed/"):
        said = await at(harness, href)
        assert (said.status, said.body["clause"]) == (404, "ATT-3.3")


@pytest.mark.clause("ATT-3.3")
@pytest.mark.parametrize("seconds", [0, -5, 59])
async def test_it_is_kept_for_a_minute_at_least(harness: Harness, seconds: int) -> None:
    ann = await harness.person("ann")
    body = {"upload": await ann.upload(SMALL), "seconds": seconds}
    said = await ann.ask("POST", "/attachments", body)
    assert (said.status, said.body["clause"]) == (400, "ATT-3.3")


@pytest.mark.clause("ATT-3.3")
async def test_nobody_has_it_kept_for_longer(harness: Harness) -> None:
    ann = await harness.person("ann")
    usual, more = await make(ann), await make(ann, SMALL, seconds=10**15)
    assert usual["expires"] == more["expires"]


@pytest.mark.clause("ATT-3.4")
async def test_ones_own_are_listed_and_removed(harness: Harness) -> None:
    ann, bob = await harness.person("ann"), await harness.person("bob")
    first, second = await make(ann), await make(ann, SMALL)
    listed = (await ann.ask("GET", "/attachments")).body["items"]
    assert {one["name"] for one in listed} == {first["name"], second["name"]}
    page = await ann.ask("GET", "/attachments?limit=1")
    assert len(page.body["items"]) == 1 and 'rel="next"' in page.headers["Link"]
    assert (await bob.ask("GET", "/attachments")).body["items"] == []
    path = f"/attachments/{first['name']}"
    assert (await bob.ask("DELETE", path)).status == 404
    for _ in range(2):
        assert (await ann.ask("DELETE", path)).status == 204
    assert (await at(harness, first["href"])).status == 410
    await harness.work()
    assert len(await harness.files()) == 1
    assert (await ann.ask("DELETE", path)).status == 204
    assert [one["name"] for one in (await ann.ask("GET", "/attachments")).body["items"]] == [
        second["name"]
    ]


@pytest.mark.clause("ATT-3.1")
async def test_what_was_removed_is_not_made_again(harness: Harness) -> None:
    ann = await harness.person("ann")
    upload = await ann.upload(SEALED)
    made = (await ann.ask("POST", "/attachments", {"upload": upload})).body
    await ann.ask("DELETE", f"/attachments/{made['name']}")
    assert (await ann.ask("POST", "/attachments", {"upload": upload})).status == 410


@pytest.mark.clause("ATT-3.2", "ATT-3.4")
async def test_with_the_account_all_of_them_go(harness: Harness) -> None:
    ann = await harness.person("ann")
    made = await make(ann)
    account = tables.accounts.c.id == ann.account
    await harness.change(tables.accounts, account, state="suspended")
    assert (await at(harness, made["href"])).status == 404
    await harness.change(tables.accounts, account, state="active")
    assert (await at(harness, made["href"])).status == 200
    await harness.hear(render(Delete(f"{ann.actor}#d", ann.actor, ann.actor)))
    await harness.work()
    assert await harness.files() == []


@pytest.mark.clause("ATT-3.1", "FED-12.13")
async def test_a_file_that_is_gone_from_the_disk_is_found_out(harness: Harness) -> None:
    ann = await harness.person("ann")
    made = await make(ann)
    assert await missing_blobs(harness.node) == ""
    [name] = await harness.files()
    (harness.blobs_folder / name).unlink()
    assert "1 of 1 files" in await missing_blobs(harness.node)
    assert (await at(harness, made["href"])).status == 404
    assert (await content(ann, made["href"])).status == 404


# -- at the recipient's node -----------------------------------------------------------------------


class Elsewhere:
    """A server that is no node."""

    def __init__(self, harness: Harness) -> None:
        self.asked: list[Request] = []
        self.answer: tuple[int, dict[str, str], bytes] = (404, {}, b"")
        harness.town.strangers["peer.test"] = self._answered

    async def _answered(self, request: Request) -> Response:
        self.asked.append(request)
        status, headers, body = self.answer
        return Response(status, request.url, {"content-length": str(len(body)), **headers}, body)


BYTES = {"content-type": "application/octet-stream"}
HREF = "https://peer.test/sealed/x"


@pytest.mark.clause("ATT-4.1")
async def test_it_comes_through_ones_own_node(harness: Harness, far: Harness) -> None:
    ann, bob = await harness.person("ann"), await far.person("bob")
    href = (await make(ann))["href"]
    whole = await content(bob, href)
    assert (whole.status, whole.raw) == (200, SEALED)
    assert whole.headers["Content-Type"] == "application/octet-stream"
    assert whole.headers["Cache-Control"].startswith("private")
    part = await content(bob, href, "56-16455")
    assert (part.status, part.raw) == (206, SEALED[56:16456])
    assert part.headers["Content-Range"] == f"bytes 56-16455/{len(SEALED)}"
    own = await content(ann, href, "56-16455")
    assert (own.status, own.raw) == (206, SEALED[56:16456])
    assert (await content(ann, href)).raw == SEALED
    for person in (ann, bob):
        assert (await content(person, href, "99999999-")).status == 416
    await ann.ask("DELETE", f"/attachments/{urlsplit(href).path.split('/')[-1]}")
    for person, clause in ((ann, "ATT-3.3"), (bob, "ATT-4.3")):
        gone = await content(person, href)
        assert (gone.status, gone.body["clause"]) == (410, clause)
    unknown = await content(bob, href[:-1] + ("A" if href[-1] != "A" else "B"))
    assert (unknown.status, unknown.body["clause"]) == (404, "ATT-4.3")


@pytest.mark.clause("ATT-4.1")
async def test_the_other_server_is_not_told_for_whom(harness: Harness) -> None:
    there, bob = Elsewhere(harness), await harness.person("bob")
    there.answer = (200, BYTES, SEALED)
    assert (await content(bob, HREF)).raw == SEALED
    [request] = there.asked
    said = {name.lower() for name in request.headers}
    assert not said & {"signature", "authorization", "cookie", "x-forwarded-for", "referer"}
    assert "bob" not in str(request.headers)


@pytest.mark.clause("ATT-4.2")
@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"content-type": "text/html"}, SEALED),
        ({"content-type": "video/mp4"}, SEALED),
        ({}, SEALED),
        (BYTES, SEALED[:-1]),
        (BYTES, b"any other file"),
        (BYTES, b""),
        ({**BYTES, "content-encoding": "gzip"}, SEALED),
    ],
)
async def test_nothing_but_sealed_files_is_fetched(
    harness: Harness, headers: dict[str, str], body: bytes
) -> None:
    there, bob = Elsewhere(harness), await harness.person("bob")
    there.answer = (200, headers, body)
    said = await content(bob, HREF)
    assert said.status == 502
    assert SEALED[:40] not in said.raw


@pytest.mark.clause("ATT-4.2")
async def test_another_part_than_was_asked_for_is_refused(harness: Harness) -> None:
    there, bob = Elsewhere(harness), await harness.person("bob")
    there.answer = (206, {**BYTES, "content-range": f"bytes 0-99/{len(SEALED)}"}, SEALED[:100])
    assert (await content(bob, HREF, "0-99")).status == 206
    assert (await content(bob, HREF, "100-199")).status == 502
    there.answer = (206, {**BYTES, "content-range": "bytes 0-99/12345"}, SEALED[:100])
    assert (await content(bob, HREF, "0-99")).status == 502


@pytest.mark.clause("ATT-4.2")
@pytest.mark.parametrize(
    "href",
    ["", "http://peer.test/x", "ftp://peer.test/x", "/sealed/x", "https://peer.test/" + "x" * 2048],
)
async def test_an_address_that_is_none_is_refused(harness: Harness, href: str) -> None:
    bob = await harness.person("bob")
    said = await content(bob, href)
    assert (said.status, said.body["clause"]) == (400, "ATT-4.2")


@pytest.mark.clause("ATT-4.1", "ATT-4.3")
async def test_what_went_wrong_elsewhere_is_told_apart(harness: Harness) -> None:
    there, bob = Elsewhere(harness), await harness.person("bob")
    for status, expected in ((410, 410), (404, 404), (403, 404), (500, 502)):
        there.answer = (status, {}, b"")
        said = await content(bob, HREF)
        assert said.status == expected
        if expected != 502:
            assert (said.body["clause"], "peer.test" in said.body["detail"]) == ("ATT-4.3", True)
    silent = await content(bob, "https://nobody.test/sealed/x")
    assert (silent.status, silent.body["code"]) == (502, "unreachable")
    inside = await content(bob, "https://localhost/sealed/x")
    assert inside.status in (403, 502)
    stranger = await harness.http("GET", f"/api/kith/v1/attachments/content?href={quote(HREF)}")
    assert stranger.status in (401, 403)


@pytest.mark.clause("ATT-4.1")
async def test_a_place_is_given_back(harness: Harness) -> None:
    there, bob = Elsewhere(harness), await harness.person("bob")
    for answer in ((200, BYTES, SMALL), (404, {}, b""), (200, BYTES, b"x")):
        there.answer = answer
        for _ in range(12):
            await content(bob, HREF)
    there.answer = (200, BYTES, SMALL)
    assert (await content(bob, HREF)).status == 200


def test_the_settings_say_how_long_and_how_large() -> None:
    config = Config(origin="https://a.test")
    assert (config.attachment_days, config.attachment_limit_bytes) == (45, 2**31)

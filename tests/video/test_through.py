"""Media of others at one's own node: of one node, across two, and of servers that mean no good."""

from datetime import timedelta
from typing import Any

import pytest

from node.federation.activities.shapes import PUBLIC, Attachment, CreateNote, Note
from node.federation.activities.table import render
from node.ports import Request, Response
from node.store import tables
from node.video.links import Links
from tests.pictures import gif, jpeg, png
from tests.video.harness import MP4_BODY, POSTER_BODY, Harness, Person, befriend

JPEG = jpeg()
OWN = "/posts"
STRANGER = "https://peer.test/a/carol"


async def file_of(person: Person, at: str = "/feed") -> dict[str, Any]:
    [item] = (await person.ask("GET", at)).body["items"]
    [file] = item["media"]
    return dict(file)


class Elsewhere:
    """A server that is no node, with a friend of Bob's on it and one file."""

    def __init__(self, harness: Harness) -> None:
        self.harness = harness
        self.asked: list[Request] = []
        self.answers = {"/1.jpg": (200, {"content-type": "image/jpeg"}, JPEG)}
        harness.town.strangers["peer.test"] = self.answer
        harness.town.strangers["cdn.test"] = self.answer

    async def answer(self, request: Request) -> Response:
        self.asked.append(request)
        path = "/" + request.url.split("/", 3)[3]
        status, headers, body = self.answers.get(path, (404, {}, b""))
        said = {"content-length": str(len(body)), **headers}
        return Response(status, request.url, said, body)

    async def post(self, person: Person, url: str, to: str = PUBLIC, **more: Any) -> dict[str, Any]:
        """Carol posts a file; as `person` is told of it."""
        harness = self.harness
        await harness.knows(STRANGER)
        await harness.put_friendship(person.actor, STRANGER)
        file = Attachment(**{"kind": "Image", "media_type": "image/jpeg", "url": url, **more})
        note = Note(
            id="https://peer.test/o/1", author=STRANGER, content="<p>look</p>",
            published=harness.clock.now(), to=(to,), cc=(f"{STRANGER}/followers",),
            attachments=(file,),
        )  # fmt: skip
        await harness.hear(render(CreateNote("https://peer.test/t/1", STRANGER, note)))
        await harness.work()
        return await file_of(person)


@pytest.fixture
def elsewhere(harness: Harness) -> Elsewhere:
    return Elsewhere(harness)


# -- one node --------------------------------------------------------------------------------------


@pytest.mark.clause("VID-9.1", "VID-9.2", "VID-9.5")
async def test_a_friends_video_of_this_node_is_shown_at_once(harness: Harness) -> None:
    alice, bob = await harness.person("alice"), await harness.person("bob")
    await befriend(alice, bob)
    await alice.publish()
    file = await file_of(bob)
    assert file["here"].startswith("/media/here/")
    whole = await harness.http("GET", file["here"])
    assert (whole.status, whole.raw) == (200, MP4_BODY)
    assert whole.headers["Cache-Control"].startswith("private")
    assert whole.headers["X-Content-Type-Options"] == "nosniff"
    assert whole.headers["Content-Security-Policy"].startswith("sandbox")
    part = await harness.http("GET", file["here"], {"Range": "bytes=10-19"})
    assert (part.status, part.raw) == (206, MP4_BODY[10:20])
    head = await harness.http("HEAD", file["here"])
    assert (head.status, head.headers["Content-Length"]) == (200, str(len(MP4_BODY)))
    poster = await harness.http("GET", file["poster_here"])
    assert (poster.raw, poster.headers["Content-Type"]) == (POSTER_BODY, "image/jpeg")
    await harness.put_friendship(bob.actor, alice.actor, "none", "none")
    await harness.put_friendship(alice.actor, bob.actor, "none", "none")
    for kind in ("here", "poster_here"):
        gone = await harness.http("GET", file[kind])
        assert (gone.status, gone.body["clause"]) == (404, "VID-7.1")


@pytest.mark.clause("VID-9.1")
async def test_an_address_holds_for_a_while_and_for_nobody_who_made_it_up(harness: Harness) -> None:
    alice = await harness.person("alice")
    await alice.publish()
    here = (await file_of(alice, OWN))["here"]
    assert (await file_of(alice, OWN))["here"] == here
    for place in (13, 30, len(here) - 1):
        other = here[:place] + ("A" if here[place] != "A" else "B") + here[place + 1 :]
        made_up = await harness.http("GET", other)
        assert (made_up.status, made_up.body["clause"]) == (404, "VID-7.1")
    for short in ("A", "AA", "AAAA", "A" * 60):
        assert (await harness.http("GET", f"/media/here/{short}")).status == 404
    mallory = Links(b"another node's secret").make(
        alice.account, "file", 1, 0, "https://a.test", harness.clock.now()
    )
    assert (await harness.http("GET", mallory)).status == 404
    harness.clock.pass_(timedelta(hours=2, minutes=59))
    assert (await harness.http("GET", here)).status == 200
    harness.clock.pass_(timedelta(hours=3, minutes=2))
    assert (await harness.http("GET", here)).status == 404
    assert (await harness.http("GET", (await file_of(alice, OWN))["here"])).status == 200


@pytest.mark.clause("VID-9.2")
@pytest.mark.parametrize("who", ["viewer", "author", "deleted"])
async def test_who_is_suspended_sees_and_shows_nothing(harness: Harness, who: str) -> None:
    alice, bob = await harness.person("alice"), await harness.person("bob")
    await befriend(alice, bob)
    video = await alice.publish()
    here = (await file_of(bob))["here"]
    assert (await harness.http("GET", here)).status == 200
    if who == "deleted":
        await alice.ask("DELETE", f"/videos/one?id={video['id']}")
    else:
        actor = bob.actor if who == "viewer" else alice.actor
        account = tables.accounts.c.actor == actor
        await harness.change(tables.accounts, account, state="suspended")
    gone = await harness.http("GET", here)
    assert (gone.status, gone.body["clause"]) == (404, "VID-7.1")


# -- two nodes -------------------------------------------------------------------------------------


@pytest.mark.clause("VID-9.2", "VID-9.3", "VID-9.4")
async def test_a_friends_video_comes_through_ones_own_node(harness: Harness, far: Harness) -> None:
    alice, bob = await harness.person("alice"), await far.person("bob")
    await befriend(alice, bob)
    await alice.publish()
    file = await file_of(bob)
    whole = await far.http("GET", file["here"])
    assert (whole.status, whole.raw) == (200, MP4_BODY)
    assert whole.headers["Content-Type"] == "video/mp4"
    assert whole.headers["Cache-Control"].startswith("private")
    part = await far.http(
        "GET", file["here"], {"Range": "bytes=-7", "If-Range": whole.headers["ETag"]}
    )
    assert (part.status, part.raw) == (206, MP4_BODY[-7:])
    assert part.headers["Content-Range"] == f"bytes 299993-299999/{len(MP4_BODY)}"
    changed = await far.http("GET", file["here"], {"Range": "bytes=0-1", "If-Range": '"x"'})
    assert (changed.status, len(changed.raw)) == (200, len(MP4_BODY))
    head = await far.http("HEAD", file["here"])
    assert (head.status, head.headers["Content-Length"], head.raw) == (200, "300000", b"")
    for wrong in ("bytes=300000-", "bytes=0-1,3-4", "bytes=x"):
        none = await far.http("GET", file["here"], {"Range": wrong})
        assert (none.status, none.body["clause"]) == (416, "VID-9.4")
    assert (await far.http("GET", file["poster_here"])).raw == POSTER_BODY
    asked = [one for one in harness.town.sent if "/media/" in one.url]
    assert asked
    assert all("/media/signed/" in one.url and bob.actor in str(one.headers) for one in asked)
    # Her node says no before his has heard of it.
    await harness.put_friendship(alice.actor, bob.actor, "none")
    gone = await far.http("GET", file["here"])
    assert (gone.status, gone.body["clause"]) == (404, "VID-7.1")
    harness.town.down.add("a.test")
    assert (await far.http("GET", file["here"])).status == 502


@pytest.mark.clause("VID-9.3")
async def test_nodes_do_not_ask_each_other_in_a_circle(harness: Harness) -> None:
    alice = await harness.person("alice")
    await alice.publish()
    here = (await file_of(alice, OWN))["here"]
    assert (await harness.http("GET", here, {"Via": "2 proxy.test"})).status == 200
    assert (await harness.http("GET", here, {"Via": "1.1 kith, 2 proxy.test"})).status == 404


# -- other servers ---------------------------------------------------------------------------------


@pytest.mark.clause("VID-9.3")
async def test_of_what_is_for_all_nobody_is_told_who_looks(elsewhere: Elsewhere) -> None:
    bob = await elsewhere.harness.person("bob")
    file = await elsewhere.post(bob, "https://peer.test/1.jpg")
    shown = await elsewhere.harness.http("GET", file["here"])
    assert (shown.status, shown.raw) == (200, JPEG)
    [asked] = elsewhere.asked
    assert bob.actor not in str(asked.headers)
    assert asked.headers["via"] == "1.1 kith"


@pytest.mark.clause("VID-9.3")
async def test_a_third_server_is_not_told_who_looks(elsewhere: Elsewhere) -> None:
    elsewhere.answers["/2.jpg"] = (302, {"location": "https://cdn.test/1.jpg"}, b"")
    bob = await elsewhere.harness.person("bob")
    file = await elsewhere.post(bob, "https://peer.test/2.jpg", f"{STRANGER}/friends")
    shown = await elsewhere.harness.http("GET", file["here"])
    assert (shown.status, shown.raw) == (200, JPEG)
    hers, others = [one for one in elsewhere.asked if one.method == "GET"]
    assert bob.actor in str(hers.headers)
    assert (others.url, bob.actor in str(others.headers)) == ("https://cdn.test/1.jpg", False)


@pytest.mark.clause("VID-9.2")
@pytest.mark.parametrize("host", ["cdn.test", "below.cdn.test"])
async def test_a_suspended_server_is_not_asked(elsewhere: Elsewhere, host: str) -> None:
    harness = elsewhere.harness
    bob = await harness.person("bob")
    file = await elsewhere.post(bob, f"https://{host}/1.jpg")
    await harness.insert(tables.peers, host="cdn.test", suspended=1)
    assert (await harness.http("GET", file["here"])).status == 403
    await harness.change(tables.peers, tables.peers.c.host == "cdn.test", host="peer.test")
    assert (await harness.http("GET", file["here"])).status == 404
    assert not elsewhere.asked


@pytest.mark.clause("VID-9.3", "VID-9.4", "VID-9.5", "VID-9.6", "VID-9.7")
@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (200, {"content-type": "text/html"}, b"<script>"),
        (200, {"content-type": "image/svg+xml"}, b"<svg/>"),
        (200, {}, b"<script>"),
        (200, {"content-type": "application/octet-stream"}, b"x"),
        (200, {"content-type": "image/jpeg", "content-encoding": "gzip"}, b"x"),
        (200, {"content-type": "image/jpeg", "content-length": str(2**24 + 1)}, b"x"),
        (200, {"content-type": "video/mp4", "content-length": str(2**32 + 1)}, b"x"),
        (206, {"content-type": "image/jpeg", "content-range": "bytes 0-0/1"}, b"x"),
        (500, {"content-type": "image/jpeg"}, b"x"),
        (200, {"content-type": "image/jpeg"}, b"<html><script>"),
        (200, {"content-type": "image/png"}, png(30_000, 30_000)),
        (200, {"content-type": "image/png"}, png(20_001, 1)),
        (200, {"content-type": "image/gif"}, gif(60_000, 60_000)),
        (200, {"content-type": "image/jpeg"}, jpeg(before=300_000)),
        (200, {"content-type": "image/jpeg"}, jpeg()[:9]),
        (200, {"content-type": "image/jpeg"}, b""),
        (302, {"location": "https://peer.test/2.jpg"}, b""),
        (302, {"location": "https://a.test/media/here/x"}, b""),
    ],
)
async def test_what_no_picture_is_is_refused(
    elsewhere: Elsewhere, status: int, headers: dict[str, str], body: bytes
) -> None:
    elsewhere.answers["/2.jpg"] = (status, headers, body)
    bob = await elsewhere.harness.person("bob")
    media_type = "text/html" if "octet" in str(headers) or not headers else "image/jpeg"
    file = await elsewhere.post(bob, "https://peer.test/2.jpg", media_type=media_type)
    said = await elsewhere.harness.http("GET", file["here"])
    assert said.status in (502, 403)
    assert said.headers["Content-Type"].startswith("application/problem+json")
    assert "Location" not in said.headers


@pytest.mark.clause("VID-9.4")
@pytest.mark.parametrize(
    "range_",
    ["bytes 1-4/16", "bytes 0-4/16", "bytes 0-3/3", "bytes 0-3/*", "0-3/16", "", "bytes 3-0/16"],
)
async def test_another_part_than_was_asked_for_is_refused(
    elsewhere: Elsewhere, range_: str
) -> None:
    headers = {"content-type": "image/jpeg", "content-range": range_}
    elsewhere.answers["/2.jpg"] = (206, headers, b"abcd")
    bob = await elsewhere.harness.person("bob")
    file = await elsewhere.post(bob, "https://peer.test/2.jpg")
    said = await elsewhere.harness.http("GET", file["here"], {"Range": "bytes=0-3"})
    assert said.status == 502


@pytest.mark.clause("VID-9.5")
async def test_a_type_that_is_not_said_is_that_of_the_post(elsewhere: Elsewhere) -> None:
    elsewhere.answers["/2"] = (200, {"content-type": "binary/octet-stream"}, JPEG)
    bob = await elsewhere.harness.person("bob")
    file = await elsewhere.post(bob, "https://peer.test/2", media_type="image/png")
    said = await elsewhere.harness.http("GET", file["here"])
    assert (said.status, said.headers["Content-Type"]) == (200, "image/png")


@pytest.mark.clause("VID-9.1", "VID-9.2")
async def test_a_persons_picture_comes_through_as_well(elsewhere: Elsewhere) -> None:
    harness = elsewhere.harness
    bob = await harness.person("bob")
    await elsewhere.post(bob, "https://peer.test/1.jpg")
    carol = tables.actors.c.id == STRANGER
    await harness.change(tables.actors, carol, icon="https://peer.test/1.jpg")
    [item] = (await bob.ask("GET", "/feed")).body["items"]
    [friend] = (await bob.ask("GET", "/friends")).body["items"]
    assert item["author"]["icon_here"] == friend["person"]["icon_here"]
    shown = await harness.http("GET", item["author"]["icon_here"])
    assert (shown.status, shown.raw) == (200, JPEG)
    await harness.change(tables.actors, carol, suspended=1)
    assert (await harness.http("GET", item["author"]["icon_here"])).status == 404


@pytest.mark.clause("VID-9.1")
async def test_only_what_is_shown_has_an_address(elsewhere: Elsewhere) -> None:
    bob = await elsewhere.harness.person("bob")
    file = await elsewhere.post(
        bob, "https://peer.test/x.zip", kind="Document", media_type="application/zip"
    )
    assert "here" not in file

"""Pictures on posts: named by id, seen by who sees the post, gone with it (PIC-2)."""

import json
from typing import Any
from urllib.parse import quote

import pytest

from node.store import tables
from tests.pictures import gif
from tests.video.harness import PICTURE, Harness, Person, befriend


async def posted(
    person: Person, *pictures: str, audience: str = "friends", content: str = ""
) -> dict[str, Any]:
    named = [{"id": one, "description": f"cat {n}"} for n, one in enumerate(pictures)]
    body = {"content": content, "audience": audience, "pictures": named}
    said = await person.ask("POST", "/posts", body)
    assert said.status == 201, said.raw
    return dict(said.body)


async def document(harness: Harness, id: str, by: str = "") -> Any:
    path = id.removeprefix(harness.origin)
    said = await harness.http("GET", path, {"Accept": "application/activity+json"}, by=by)
    return said.body if said.status == 200 else None


@pytest.mark.clause("PIC-2.4", "PIC-2.5")
async def test_a_post_of_pictures_alone_in_their_order(harness: Harness) -> None:
    ann = await harness.person("ann")
    ids = [(await ann.picture(PICTURE + bytes([n])))["id"] for n in range(10)]
    post = await posted(ann, *reversed(ids))
    assert [one["name"] for one in post["media"]] == [f"cat {n}" for n in range(10)]
    assert [id in one["url"] for id, one in zip(reversed(ids), post["media"], strict=True)]
    first = post["media"][0]
    assert (first["kind"], first["media_type"], first["width"]) == ("Document", "image/jpeg", 640)
    for place, size in ((first["here"], "large"), (first["poster_here"], "medium")):
        shown = await harness.http("GET", place)
        file = await harness.blobs.size(f"picture/{ids[9]}/{size}.jpg")
        assert (shown.status, shown.headers["Content-Type"]) == (200, "image/jpeg")
        assert len(shown.raw) == file
        assert shown.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in shown.headers["Content-Security-Policy"]
    kept = await harness.rows(tables.pictures)
    assert {row.expires for row in kept} == {None}
    assert {row.post for row in kept} == {post["id"]}


@pytest.mark.clause("PIC-2.4")
async def test_what_is_not_ones_own_unused_picture_posts_nothing(harness: Harness) -> None:
    ann, bob = await harness.person("ann"), await harness.person("bob")
    mine, theirs = (await ann.picture())["id"], (await bob.picture(PICTURE + b"b"))["id"]
    used = (await ann.picture(PICTURE + b"u"))["id"]
    await posted(ann, used)

    async def refused(*pictures: dict[str, str]) -> int:
        body = {"content": "hi", "pictures": list(pictures)}
        said = await ann.ask("POST", "/posts", body)
        assert said.body["clause"] in ("PIC-2.1", "PIC-2.4")
        return said.status

    assert await refused({"id": theirs}) == 404
    assert await refused({"id": mine}, {"id": mine}) == 400
    assert await refused({"id": mine}, {"id": used}) == 409
    assert await refused({"id": mine, "description": "x" * 1501}) == 400
    assert await refused(*({"id": str(n)} for n in range(11))) == 413
    assert len(await harness.rows(tables.posts)) == 1
    row = next(row for row in await harness.rows(tables.pictures) if row.id == mine)
    assert (row.use, row.post) == ("", "")
    assert (await ann.ask("POST", "/posts", {"content": ""})).status == 400, "no text, no picture"


@pytest.mark.clause("PIC-2.2")
async def test_one_that_is_used_is_not_given_up(harness: Harness) -> None:
    ann = await harness.person("ann")
    id = (await ann.picture())["id"]
    await posted(ann, id)
    assert (await ann.ask("DELETE", f"/pictures/{id}")).status == 409
    assert len(await harness.files()) == 3


@pytest.mark.clause("PIC-2.5")
async def test_who_may_not_see_the_post_sees_no_picture(harness: Harness) -> None:
    ann, bob, eve = [await harness.person(name) for name in ("ann", "bob", "eve")]
    await befriend(ann, bob)
    id = (await ann.picture())["id"]
    post = await posted(ann, id)
    file = f"/media/signed/{id}/large.jpg"
    absent = await harness.http("GET", f"/media/public/{id}/none.jpg")
    assert absent.status == 404
    for path, by in (
        (file, ""), (file, eve.actor), (f"/media/public/{id}/large.jpg", ""),
        (f"/media/signed/{id}/small.png", bob.actor),
    ):  # fmt: skip
        said = await harness.http("GET", path, by=by)
        assert (said.status, said.raw) == (404, absent.raw)
    assert (await harness.http("GET", file, by=bob.actor)).status == 200
    seen = (await bob.ask("GET", f"/posts/one?id={quote(post['id'])}")).body["media"][0]["here"]
    assert (await harness.http("GET", seen)).status == 200
    await harness.put_friendship(ann.actor, bob.actor, "none", "none")
    await harness.put_friendship(bob.actor, ann.actor, "none", "none")
    assert (await harness.http("GET", file, by=bob.actor)).status == 404
    assert (await harness.http("GET", seen)).status == 404


@pytest.mark.clause("PIC-2.6")
async def test_a_deleted_post_takes_its_pictures_with_it(harness: Harness) -> None:
    ann = await harness.person("ann")
    id = (await ann.picture())["id"]
    post = await posted(ann, id, audience="public")
    path = f"/media/public/{id}/large.jpg"
    assert (await harness.http("GET", path)).status == 200
    assert (await ann.ask("DELETE", f"/posts/one?id={quote(post['id'])}")).status == 204
    assert (await harness.http("GET", path)).status == 404, "at once"
    await harness.work()
    assert await harness.files() == []
    assert await harness.rows(tables.pictures) == []


@pytest.mark.clause("PIC-2.6")
async def test_a_strangers_delete_removes_no_picture(harness: Harness, far: Harness) -> None:
    ann, eve = await harness.person("ann"), await far.person("eve")
    await harness.knows(eve.actor)
    id = (await ann.picture())["id"]
    post = await posted(ann, id, audience="public")
    gone = {"id": f"{far.origin}/t/1", "type": "Delete", "actor": eve.actor, "object": post["id"]}
    await harness.hear(json.dumps(gone).encode())
    await harness.work()
    assert (await harness.http("GET", f"/media/public/{id}/large.jpg")).status == 200


@pytest.mark.clause("PIC-2.7")
async def test_the_note_carries_them_as_every_reader_takes_them(harness: Harness) -> None:
    ann = await harness.person("ann")
    still, loop = await ann.picture(), await ann.picture(gif() + b"a cat")
    post = await posted(ann, still["id"], loop["id"], audience="public", content="two cats")
    note = await document(harness, post["id"])
    assert isinstance(note["attachment"], list)
    one, two = note["attachment"]
    for each in (one, two):
        # Mastodon, Misskey: a type of theirs; Pixelfed, Misskey: one https text; all: the words.
        assert each["type"] == "Document"
        assert isinstance(each["url"], str)
        assert each["url"].startswith("https://")
        assert each["name"] == each["summary"]
        assert (each["width"], each["height"]) == (640, 480)
        assert each["blurhash"] == "LEHV6nWB"
        got = await harness.http("GET", each["url"].removeprefix(harness.origin))
        assert got.headers["Content-Type"] == each["mediaType"]
        head = await harness.http("HEAD", each["url"].removeprefix(harness.origin))
        assert head.headers["Content-Length"] == str(len(got.raw))
    assert one["mediaType"] == "image/jpeg"
    assert (two["mediaType"], two["duration"]) == ("video/mp4", "PT0.8S")
    assert two["icon"]["mediaType"] == "image/jpeg"
    assert one["url"].endswith("/large.jpg")


@pytest.mark.clause("PIC-2.5", "PIC-2.7")
async def test_a_friend_elsewhere_sees_them_by_their_own_node(
    harness: Harness, far: Harness
) -> None:
    ann, bob = await harness.person("ann"), await far.person("bob")
    await befriend(ann, bob)
    id = (await ann.picture())["id"]
    await posted(ann, id, content="my cat")
    await harness.work()
    feed = (await bob.ask("GET", "/feed")).body["items"]
    assert [one["name"] for one in feed[0]["media"]] == ["cat 0"]
    file = feed[0]["media"][0]
    assert (file["media_type"], file["blurhash"]) == ("image/jpeg", "LEHV6nWB")
    shown = await far.http("GET", file["here"])
    assert (shown.status, shown.headers["Content-Type"]) == (200, "image/jpeg")
    smaller = await far.http("GET", file["poster_here"])
    assert smaller.status == 200
    assert len(smaller.raw) != len(shown.raw)

"""Faces: worn, told by one Update, read from others, shown by one's own node (PIC-3)."""

import json
from typing import Any
from urllib.parse import quote

import pytest

from node.federation.actors import parse_actor, render_actor
from node.federation.profile_links import MOST_READ, parse_links
from node.ports import Request, Response
from node.store import tables
from node.wire.times import micros
from tests.pictures import gif, jpeg
from tests.video.harness import PICTURE, Harness, Person, befriend


async def worn(person: Person, name: str = "avatar", file: bytes = PICTURE) -> Any:
    said = await person.ask("PATCH", "/account", {name: (await person.picture(file))["id"]})
    assert said.status == 200, said.raw
    return said.body


async def actor_of(harness: Harness, id: str) -> Any:
    headers = {"Accept": "application/activity+json"}
    return (await harness.http("GET", id.removeprefix(harness.origin), headers)).body


@pytest.mark.clause("PIC-3.1", "PIC-3.2", "PIC-3.3")
async def test_a_face_is_for_everyone_and_the_old_one_goes(harness: Harness) -> None:
    ann = await harness.person("ann")
    account = await worn(ann)
    await worn(ann, "header", PICTURE + b"sea")
    face = account["avatar"]
    assert face.endswith("/small.jpg")
    shown = await harness.http("GET", face.removeprefix(harness.origin))
    assert (shown.status, shown.headers["Content-Type"]) == (200, "image/jpeg")
    person = await actor_of(harness, ann.actor)
    assert person["icon"] == {"type": "Image", "mediaType": "image/jpeg", "url": face}
    assert person["image"]["mediaType"] == "image/jpeg"
    assert (await actor_of(harness, ann.channel))["icon"] == person["icon"]
    again = (await worn(ann, file=PICTURE + b"anew"))["avatar"]
    assert again != face
    assert (await harness.http("GET", face.removeprefix(harness.origin))).status == 404
    await harness.work()
    assert len(await harness.files()) == 6
    gone = await ann.ask("PATCH", "/account", {"avatar": "", "header": ""})
    assert (gone.body["avatar"], gone.body["header"]) == ("", "")
    await harness.work()
    assert await harness.files() == []
    assert "icon" not in await actor_of(harness, ann.actor)


@pytest.mark.clause("PIC-3.1")
async def test_what_is_no_picture_of_ones_own_changes_nothing(harness: Harness) -> None:
    ann, bob = await harness.person("ann"), await harness.person("bob")
    face = (await worn(ann))["avatar"]
    theirs = (await bob.picture(PICTURE + b"b"))["id"]
    loop = (await ann.picture(gif() + b"loop"))["id"]
    used = face.rpartition("/")[0].rpartition("/")[2]
    for id, status in ((theirs, 404), (loop, 400), (used, 409), ("nothing", 404)):
        asked = {"avatar": id, "display_name": "Eve", "mentions": "nobody"}
        said = await ann.ask("PATCH", "/account", asked)
        assert said.status == status
    account = (await ann.ask("GET", "/account")).body
    assert (account["avatar"], account["display_name"]) == (face, "")
    assert account["mentions"] == "following"
    link = {"name": "Home", "url": "javascript:alert(1)"}
    assert (
        await ann.ask("PATCH", "/account", {"mentions": "nobody", "links": [link]})
    ).status == 400
    assert (await ann.ask("GET", "/account")).body["mentions"] == "following"
    both = await ann.ask("PATCH", "/account", {"mentions": "nobody", "display_name": "Ann"})
    assert (both.body["mentions"], both.body["display_name"]) == ("nobody", "Ann")


@pytest.mark.clause("PIC-3.2", "PIC-3.4", "PIC-3.5")
async def test_one_update_tells_it_and_a_friend_elsewhere_sees_it(
    harness: Harness, far: Harness
) -> None:
    ann, bob = await harness.person("ann"), await far.person("bob")
    await befriend(ann, bob)
    picture, behind = await ann.picture(), await ann.picture(PICTURE + b"sea")
    said = await ann.ask(
        "PATCH",
        "/account",
        {
            "display_name": "Ann",
            "avatar": picture["id"],
            "header": behind["id"],
            "links": [{"name": "Home", "url": "https://ann.example/"}],
        },
    )
    assert said.status == 200, said.raw
    assert said.body["links"] == [
        {"name": "Home", "text": "https://ann.example/", "url": "https://ann.example/"}
    ]
    out = await harness.rows(tables.outbox)
    told = [(json.loads(row.body)["type"], row.actor) for row in out]
    assert sorted(told) == [("Update", ann.actor), ("Update", ann.channel)]
    await harness.work()
    for one in (ann.actor, ann.channel):
        [known] = await far.rows(tables.actors, tables.actors.c.id == one)
        assert known.icon == said.body["avatar"]
    await ann.ask("PATCH", "/account", {"display_name": "Annie"})
    out = [row.actor for row in await harness.rows(tables.outbox)]
    assert out.count(ann.channel) == 1, "the channel does not change with the words"
    await harness.work()
    seen = (await bob.ask("GET", f"/accounts/lookup?acct={quote(ann.actor)}")).body
    assert seen["icon"] == said.body["avatar"]
    assert seen["header"] == said.body["header"]
    assert seen["links"] == said.body["links"]
    for place in ("icon_here", "header_here"):
        assert seen[place].startswith("/media/here/")
        shown = await far.http("GET", seen[place])
        assert (shown.status, shown.headers["Content-Type"]) == (200, "image/jpeg")


@pytest.mark.clause("PIC-3.3")
async def test_who_is_suspended_has_no_face(harness: Harness) -> None:
    ann = await harness.person("ann")
    face = (await worn(ann))["avatar"].removeprefix(harness.origin)
    await harness.change(tables.accounts, tables.accounts.c.id == ann.account, state="suspended")
    assert (await harness.http("GET", face)).status == 404


@pytest.mark.clause("PIC-2.6")
async def test_a_deleted_account_leaves_no_picture(harness: Harness) -> None:
    ann = await harness.person("ann")
    await worn(ann)
    await ann.picture(PICTURE + b"unused")
    gone = {
        "id": f"{harness.origin}/t/1",
        "type": "Delete",
        "actor": ann.actor,
        "object": ann.actor,
    }
    await harness.hear(json.dumps(gone).encode())
    await harness.work()
    assert await harness.files() == []
    assert await harness.rows(tables.pictures) == []


@pytest.mark.clause("PIC-3.5")
async def test_links_are_a_few_names_and_addresses(harness: Harness) -> None:
    ann = await harness.person("ann")
    home = {"name": "Home", "url": "https://ann.example/"}
    for links in (
        [home] * 5,
        [{**home, "url": "javascript:alert(1)"}],
        [{**home, "url": "ann.example"}],
        [{**home, "name": "x" * 61}],
        [{**home, "name": " "}],
    ):
        said = await ann.ask("PATCH", "/account", {"links": links})
        assert (said.status, said.body["clause"]) == (400, "PIC-3.5")
    assert (await ann.ask("PATCH", "/account", {"links": [home]})).status == 200
    [value] = (await actor_of(harness, ann.actor))["attachment"]
    assert value["type"] == "PropertyValue"
    assert 'href="https://ann.example/" rel="me ' in value["value"]
    page = await harness.http("GET", "/@ann")
    if page.status == 200:
        assert b'rel="me ' in page.raw


@pytest.mark.clause("PIC-3.5")
def test_links_of_others_are_cleaned_and_bounded() -> None:
    def said(*values: Any) -> Any:
        return parse_links({"attachment": list(values)})

    field = {"type": "PropertyValue", "name": "Home", "value": "<a href='https://x.example/'>x</a>"}
    assert [(one.text, one.url) for one in said(field)] == [("x", "https://x.example/")]
    assert len(said(*[field] * 50)) == MOST_READ
    evil = {**field, "value": "<script>alert(1)</script><a href='javascript:1'>go</a>\u202e"}
    assert [(one.text, one.url) for one in said(evil)] == [("go", "")]
    odd = ("text", {"type": "PropertyValue"}, {"type": "Note", "name": "a", "value": "b"}, None)
    assert said(*odd) == ()
    for wrong in (5, True, {}, {"@value": 5}, [5], [[]], 1.5):
        kept = said({**field, "value": wrong}, {**field, "name": wrong}, field)
        assert [one.text for one in kept] == ["x"]
    assert [one.url for one in said({**field, "value": "https://plain.example/"})] == [
        "https://plain.example/"
    ]


@pytest.mark.clause("PIC-3.4")
async def test_a_face_of_another_server_comes_by_ones_own_node(harness: Harness) -> None:
    ann = await harness.person("ann")
    carol, asked = "https://peer.test/a/carol", []

    async def answer(request: Request) -> Response:
        asked.append(request)
        body = jpeg()
        said = {"content-type": "image/jpeg", "content-length": str(len(body))}
        return Response(200, request.url, said, body)

    harness.town.strangers["peer.test"] = answer
    faces = {"icon": "https://peer.test/c.jpg", "header": "https://peer.test/h.jpg"}
    await harness.knows(carol, fetched=micros(harness.clock.now()), **faces)
    seen = (await ann.ask("GET", f"/accounts/lookup?acct={quote(carol)}")).body
    assert (await harness.http("GET", seen["header_here"])).raw == jpeg()
    assert (await harness.http("GET", seen["header_here"])).raw == jpeg()
    assert [one.url for one in asked] == ["https://peer.test/h.jpg"], "it is kept (VID-9.8)"
    assert "authorization" not in asked[0].headers


def test_an_actors_pictures_and_links_read_back() -> None:
    document = {
        "type": "Person", "id": "https://x.test/a", "inbox": "https://x.test/a/inbox",
        "preferredUsername": "x",
        "icon": {"type": "Image", "url": "https://x.test/i.png"},
        "image": [{"type": "Image", "url": "https://x.test/h.png"}],
        "attachment": {"type": "PropertyValue", "name": "a", "value": "b & c"},
    }  # fmt: skip
    actor = parse_actor(document)
    assert (actor.icon, actor.header) == ("https://x.test/i.png", "https://x.test/h.png")
    assert [(one.name, one.text) for one in actor.links] == [("a", "b & c")]
    again = parse_actor(render_actor(actor))
    assert (again.icon, again.header, again.links) == (actor.icon, actor.header, actor.links)

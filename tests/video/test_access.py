"""Who may watch, on one node and across two: capabilities, their end, one answer to strangers."""

import hashlib
import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from node.accounts import sign_up
from node.accounts.account import suspend
from node.errors import NoRoom
from node.federation.activities.shapes import (
    PUBLIC,
    Block,
    CreateNote,
    CreateVideo,
    Delete,
    EndFriendship,
    Note,
    Undo,
    UpdateVideo,
    Video,
    VideoFile,
)
from node.federation.activities.table import render
from node.federation.capabilities import FRIENDSHIP, VIDEOS
from node.store import tables
from node.store.database import Database
from node.store.federation import FederationUnit
from node.store.invites import InvitesUnit
from node.store.unit import UnitContext, Units
from node.store.wakeups import Wakeups
from node.testing.fakes import FakeClock, FakeEntropy
from node.video.playing import Grant
from node.web.held_grants import HeldGrants
from tests.video.harness import MP4_BODY, Harness, Person, befriend

GUY = "https://gts.test/users/guy"
NOBODY = "0190a000-0000-7000-8000-000000000000"


def uuid(video: dict[str, Any]) -> str:
    return str(video["id"]).rpartition("/")[2]


# -- one node --------------------------------------------------------------------------------------


@pytest.mark.clause("VID-7.2")
async def test_a_friend_plays_through_a_capability_in_the_path(harness: Harness) -> None:
    alice, bob = await harness.person("alice"), await harness.person("bob")
    await befriend(alice, bob)
    video = await alice.publish()
    found = (await bob.watch(video["post"])).body
    assert (found["width"], found["height"], found["duration_ms"]) == (640, 360, 2000)
    assert (found["size"], found["media_type"]) == (len(MP4_BODY), "video/mp4")
    folder, _, file = found["mp4"].rpartition("/")
    assert (file, found["hls"]) == ("video.mp4", f"{folder}/master.m3u8")
    capability = folder.rpartition("/")[2]
    assert len(capability) == 43
    [grant] = await harness.rows(tables.media_grants)
    assert grant.digest == hashlib.sha256(capability.encode()).digest()
    for name in ("video.mp4", "master.m3u8", "stream.m3u8", "stream.mp4", "poster.jpg"):
        assert (await harness.http("GET", f"{folder}/{name}")).status == 200
    assert (await harness.http("GET", found["mp4"])).raw == MP4_BODY


async def no_room(*_: object, **__: object) -> None:
    raise NoRoom("the database has no room left on its disk")


@pytest.mark.clause("VID-7.2", "VID-7.3", "FED-12.8")
async def test_who_may_watch_does_so_though_the_disk_is_full(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, bob, eve = [await harness.person(name) for name in ("alice", "bob", "eve")]
    await befriend(alice, bob)
    video = await alice.publish()
    with monkeypatch.context() as full:
        full.setattr(Database, "write", no_room)
        assert (await eve.watch(video["post"])).status == 404
        found = [(await bob.watch(video["post"])).body["mp4"] for _ in range(2)]
        assert [(await harness.http("GET", one)).status for one in found] == [200, 200]
    assert await harness.rows(tables.media_grants) == []
    assert (await harness.http("GET", found[0])).raw == MP4_BODY
    harness.clock.pass_(timedelta(hours=6))
    assert (await harness.http("GET", found[0])).status == 404
    with monkeypatch.context() as full:
        full.setattr(Database, "write", no_room)
        found = [(await bob.watch(video["post"])).body["mp4"]]
    assert (await harness.http("GET", found[0])).status == 200
    ended = EndFriendship(f"{harness.origin}/t/1", bob.actor, alice.actor)
    await harness.hear(render(ended))
    await harness.work()
    assert (await harness.http("GET", found[0])).status == 404


ENDS = ("viewer", "author", "actor", "host", "block", "unfriend")


@pytest.mark.clause("VID-7.3", "ACC-1.13", "FED-7.7")
@pytest.mark.parametrize("end", ENDS)
async def test_what_was_granted_on_a_full_disk_ends_for_good_too(
    harness: Harness, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    """Also when another process ends it, and nobody uses it until that is taken back."""
    alice, bob, carol = [await harness.person(name) for name in ("alice", "bob", "carol")]
    dora = "https://a.far.test/a/dora"
    await harness.knows(dora)
    for one in (bob, carol):
        await befriend(alice, one)
    await harness.put_friendship(alice.actor, dora)
    video = await alice.publish()
    path, at = f"{urlsplit(video['id']).path}/watch", dict[str, str]()
    assert (await harness.http("POST", path, raw=b"{}", by=dora)).status == 200
    with monkeypatch.context() as full:
        full.setattr(Database, "write", no_room)
        for one in (bob, carol):
            at[one.actor] = (await one.watch(video["id"])).body["mp4"]
        at[dora] = (await harness.http("POST", path, raw=b"{}", by=dora)).body["mp4"]
    ended = {"actor": dora, "host": dora}.get(end, bob.actor)
    context = UnitContext(harness.origin, harness.clock, FakeEntropy("beside"), render)
    beside = Units(harness.node.stores.database, context, Wakeups())

    async def change(now: bool) -> None:
        if end in ("viewer", "author"):
            whose = (bob if end == "viewer" else alice).account
            if now:
                await beside.run(InvitesUnit, lambda unit: suspend(whose, unit))
            else:
                await beside.run(InvitesUnit, lambda unit: sign_up.approve(whose, (), unit))
        elif end in ("actor", "host"):
            await beside.run(
                FederationUnit,
                lambda unit: (
                    unit.suspend("far.test", now)
                    if end == "host"
                    else unit.suspend_actor(dora, now)
                ),
            )
        elif now:
            said = f"{harness.origin}/t/1"
            block = Block(said, alice.actor, bob.actor)
            unfriend = EndFriendship(said, bob.actor, alice.actor)
            await harness.hear(render(block if end == "block" else unfriend))
            await harness.work()
        else:
            block = Block(f"{harness.origin}/t/1", alice.actor, bob.actor)
            if end == "block":
                undone = Undo(f"{harness.origin}/t/2", alice.actor, block.id, block)
                await harness.hear(render(undone))
                await harness.work()
            await harness.put_friendship(alice.actor, bob.actor)
        harness.clock.pass_(timedelta(seconds=10))

    await change(now=True)
    await change(now=False)
    opens = {one: (await harness.http("GET", each)).status for one, each in at.items()}
    shut = set(at) if end == "author" else {ended}
    assert opens == {one: 404 if one in shut else 200 for one in at}
    assert (await bob.watch(video["id"])).status in (200, 401), "who may see it asks anew"


@pytest.mark.clause("VID-7.2")
async def test_grants_that_are_held_are_forgotten_when_they_end() -> None:
    held = HeldGrants(clock := FakeClock())
    for hours in (6, 1, 3):
        await held.put(bytes([hours]), Grant("video", "bob", clock.now() + timedelta(hours=hours)))
    clock.pass_(timedelta(hours=2))
    assert held.get(bytes([1])) is None and len(held) == 2
    clock.pass_(timedelta(hours=2))
    await held.put(b"", Grant("video", "bob", clock.now() + timedelta(hours=1)))
    assert len(held) == 2


@pytest.mark.clause("FED-12.8")
async def test_what_only_reads_is_answered_on_a_full_disk_whatever_it_is(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, bob = await harness.person("alice"), await harness.person("bob")
    await befriend(alice, bob)
    video = await alice.publish()
    asked = {
        "/videos/watch": f"?id={video['post']}",
        "/videos/one": f"?id={video['id']}",
        "/relationships": f"?actor={bob.actor}",
        "/posts/one": f"?id={video['post']}",
        "/comments": f"?of={video['post']}",
    }
    surface = harness.node.web.surfaces[0]
    paths = [
        route.path + asked.get(route.path, "")
        for route in surface.routes
        if route.method == "GET" and "{" not in route.path and route.path != "/events"
    ]
    before = {path: (await alice.ask("GET", path)).status for path in paths}
    assert sum(status == 200 for status in before.values()) >= 15, before
    monkeypatch.setattr(Database, "write", no_room)
    assert {path: (await alice.ask("GET", path)).status for path in paths} == before


@pytest.mark.clause("VID-7.1", "VID-7.2")
async def test_a_stranger_gets_what_nothing_gets(harness: Harness) -> None:
    alice, eve = await harness.person("alice"), await harness.person("eve")
    video = await alice.publish()
    asked = await eve.watch(video["id"])
    nothing = await eve.watch(f"{harness.origin}/o/{NOBODY}")
    assert (asked.status, asked.body["clause"]) == (404, "VID-7.1")
    assert asked.raw == nothing.raw
    for path in ("/media/public/{}/video.mp4", "/media/signed/{}/poster.jpg", "/v/{}"):
        mine = await harness.http("GET", path.format(uuid(video)))
        none = await harness.http("GET", path.format(NOBODY))
        assert (mine.status, mine.raw) == (404, none.raw), path
    made_up = await harness.http("GET", f"/media/{'A' * 43}/video.mp4")
    assert (made_up.status, made_up.body["clause"]) == (404, "VID-7.1")
    assert made_up.raw == none.raw


@pytest.mark.clause("VID-7.2")
async def test_a_capability_ends(harness: Harness) -> None:
    alice = await harness.person("alice")
    video = await alice.publish()
    found = (await alice.watch(video["id"])).body
    assert found["expires"] == "2026-01-01T01:00:04Z"
    harness.clock.pass_(timedelta(hours=1, seconds=3))
    assert (await harness.http("GET", found["mp4"])).status == 200
    harness.clock.pass_(timedelta(seconds=2))
    late = await harness.http("GET", found["mp4"])
    assert (late.status, late.body["clause"]) == (404, "VID-7.1")


@pytest.mark.clause("VID-7.3")
@pytest.mark.parametrize("end", ["unfriend", "block", "blocked"])
async def test_the_end_of_a_friendship_ends_access_at_once(harness: Harness, end: str) -> None:
    alice, bob = await harness.person("alice"), await harness.person("bob")
    await befriend(alice, bob)
    video = await alice.publish()
    address = (await bob.watch(video["id"])).body["mp4"]
    mine = (await alice.watch(video["id"])).body["mp4"]
    activity = {
        "unfriend": EndFriendship(f"{harness.origin}/t/1", bob.actor, alice.actor),
        "block": Block(f"{harness.origin}/t/1", alice.actor, bob.actor),
        "blocked": Block(f"{harness.origin}/t/1", bob.actor, alice.actor),
    }[end]
    for _ in range(2):
        await harness.hear(render(activity))
        await harness.work()
    assert len(await harness.rows(tables.media_grants)) == 1, "the author's own grant stays"
    assert (await harness.http("GET", address)).status == 404
    assert (await harness.http("GET", mine)).status == 200


@pytest.mark.clause("VID-7.3")
async def test_who_is_suspended_plays_nothing_meanwhile(harness: Harness) -> None:
    alice, bob = await harness.person("alice"), await harness.person("bob")
    await befriend(alice, bob)
    video = await alice.publish()
    address = (await bob.watch(video["id"])).body["mp4"]
    account = tables.accounts.c.actor == bob.actor
    for state, status in (("suspended", 404), ("active", 200)):
        await harness.change(tables.accounts, account, state=state)
        assert (await harness.http("GET", address)).status == status


@pytest.mark.clause("ACC-1.13", "VID-7.3")
@pytest.mark.parametrize("who", ["viewer", "author"])
async def test_what_was_open_stays_closed_when_a_suspension_is_taken_back(
    harness: Harness, who: str
) -> None:
    alice, bob, carol = [await harness.person(name) for name in ("alice", "bob", "carol")]
    for one in (alice, bob, carol):
        await befriend(alice, one)
    video = await alice.publish()
    address = (await bob.watch(video["id"])).body["mp4"]
    other = (await carol.watch(video["id"])).body["mp4"]
    account = (bob if who == "viewer" else alice).account
    await harness.units.run(InvitesUnit, lambda unit: suspend(account, unit))
    assert (await harness.http("GET", address)).status == 404
    await harness.units.run(InvitesUnit, lambda unit: sign_up.approve(account, (), unit))
    assert (await harness.http("GET", address)).status == 404
    assert (await harness.http("GET", other)).status == (200 if who == "viewer" else 404)


@pytest.mark.clause("VID-7.3", "FED-7.7")
@pytest.mark.parametrize("host", ["far.test", "a.far.test", ""])
async def test_what_was_open_to_another_server_stays_closed_too(
    harness: Harness, host: str
) -> None:
    alice, dora, guy = await harness.person("alice"), "https://a.far.test/a/dora", GUY
    for other in (dora, guy):
        await harness.knows(other)
        await harness.put_friendship(alice.actor, other)
    video = await alice.publish()
    path = f"{urlsplit(video['id']).path}/watch"
    open_to = {}
    for other in (dora, guy):
        said = await harness.http("POST", path, raw=b"{}", by=other)
        open_to[other] = said.body["mp4"]

    async def suspended(unit: FederationUnit, now: bool) -> None:
        await (unit.suspend(host, now) if host else unit.suspend_actor(dora, now))

    for now in (True, False):
        await harness.units.run(FederationUnit, lambda unit, now=now: suspended(unit, now))
        harness.clock.pass_(timedelta(seconds=10))
        assert (await harness.http("GET", open_to[dora])).status == 404
    assert (await harness.http("GET", open_to[guy])).status == 200


@pytest.mark.clause("VID-7.3")
async def test_a_grant_is_judged_anew_on_each_request(harness: Harness) -> None:
    """Even when no handler ran: the row of the grant is still there."""
    alice, bob = await harness.person("alice"), await harness.person("bob")
    await befriend(alice, bob)
    address = (await bob.watch((await alice.publish())["id"])).body["mp4"]
    await harness.put_friendship(alice.actor, bob.actor, "none")
    assert len(await harness.rows(tables.media_grants)) == 1
    assert (await harness.http("GET", address)).status == 404


@pytest.mark.clause("VID-8.6", "VID-8.1")
async def test_the_note_of_a_friends_video_names_no_open_address(harness: Harness) -> None:
    alice, bob = await harness.person("alice"), await harness.person("bob")
    await befriend(alice, bob)
    video = await alice.publish()
    document = await harness.resolve(video["post"], bob.actor)
    assert document is not None
    [file] = document["attachment"]
    assert (file["type"], file["blurhash"]) == ("Video", "LEHV6nWB")
    for address in (file["url"], file["icon"]["url"]):
        assert "/media/signed/" in address
        assert (await harness.http("GET", address)).status == 404
        eve = await harness.http("GET", address, by="https://c.test/a/eve")
        assert eve.status == 404
        signed = await harness.http("GET", address, by=bob.actor)
        assert signed.status == 200
        assert signed.headers["Cache-Control"] == "private, no-store"


# -- documents -------------------------------------------------------------------------------------


@pytest.mark.clause("VID-8.1", "VID-8.2")
async def test_a_public_video_is_two_linked_objects(harness: Harness) -> None:
    alice = await harness.person("alice")
    video = await alice.publish(audience="public", description="Look.", lang="en")
    note = await harness.resolve(video["post"], None)
    record = await harness.resolve(video["id"], None)
    assert note is not None
    assert record is not None
    assert (note["type"], note["kith:video"]) == ("Note", video["id"])
    assert (record["type"], record["kith:note"]) == ("Video", video["post"])
    assert note["to"] == [PUBLIC]
    assert note["url"] == f"{harness.origin}/v/{uuid(video)}"
    assert [each["id"] for each in record["attributedTo"]] == [alice.actor, alice.channel]
    assert (record["duration"], record["uuid"], record["state"]) == ("PT2S", uuid(video), 1)
    kinds = [each["mediaType"] for each in record["url"]]
    assert kinds == ["text/html", "video/mp4", "application/x-mpegURL"]
    assert (await harness.http("GET", record["url"][1]["href"])).raw == MP4_BODY
    icon = await harness.http("GET", record["icon"][0]["url"])
    assert icon.headers["Content-Type"] == "image/jpeg"
    assert note["attachment"][0]["digestMultibase"].startswith("z")


@pytest.mark.clause("VID-7.1", "VID-8.3")
async def test_documents_are_for_who_may_see_them_and_leave_a_tombstone(harness: Harness) -> None:
    alice, bob = await harness.person("alice"), await harness.person("bob")
    await befriend(alice, bob)
    video = await alice.publish()
    for id in (video["id"], video["post"], video["id"] + "/likes", video["post"] + "/comments"):
        assert await harness.resolve(id, None) is None
        assert await harness.resolve(id, "https://c.test/a/eve") is None
        assert await harness.resolve(id, bob.actor) is not None
    await bob.ask("POST", "/posts/like", {"object": video["id"]})
    for id in (video["id"], video["post"]):
        likes = await harness.resolve(f"{id}/likes", bob.actor)
        assert likes is not None
        assert (likes["type"], likes["totalItems"]) == ("Collection", 1)
    await alice.ask("DELETE", f"/videos/one?id={video['id']}")
    await harness.work()
    for id, former in ((video["id"], "Video"), (video["post"], "Note")):
        gone = await harness.resolve(id, bob.actor)
        assert gone is not None
        assert (gone["type"], gone["formerType"]) == ("Tombstone", former)
        assert await harness.resolve(id, None) is None
        assert await harness.resolve(f"{id}/likes", bob.actor) is None
    assert await harness.resolve(f"{harness.origin}/o/{NOBODY}", bob.actor) is None


@pytest.mark.clause("INB-2.5")
async def test_a_post_for_friends_names_who_asks_from_a_server_without_friendship(
    harness: Harness,
) -> None:
    alice = await harness.person("alice")
    guy, kim = "https://gts.test/users/guy", "https://kith.test/a/kim"
    gil = "https://gts.test/users/gil"
    for friend, able in ((guy, []), (gil, []), (kim, [FRIENDSHIP])):
        await harness.knows(friend, capabilities=json.dumps(able))
        await harness.put_friendship(alice.actor, friend)
    video = await alice.publish()
    copies = {row.host: row.named.split() for row in await harness.rows(tables.deliveries)}
    assert copies == {"gts.test": [gil, guy], "kith.test": []}
    for viewer, named in ((guy, [guy]), (kim, [])):
        note = await harness.resolve(video["post"], viewer)
        assert note is not None
        assert (note["to"], note["cc"]) == ([f"{alice.actor}/friends"], named)
        assert [tag["href"] for tag in note["tag"]] == named
    assert await harness.resolve(video["post"], "https://gts.test/users/eve") is None


@pytest.mark.clause("VID-8.2", "FED-8.1")
async def test_a_public_video_goes_to_each_server_once_in_the_form_that_it_reads(
    harness: Harness,
) -> None:
    alice = await harness.person("alice")
    tube, kith = json.dumps([VIDEOS]), json.dumps([FRIENDSHIP])
    channel, both = [alice.channel], [alice.channel, alice.actor]
    for fan, follows, able in (
        ("https://tube.test/accounts/fan", channel, tube),
        ("https://tube2.test/accounts/fan", both, tube),
        ("https://tube3.test/accounts/fan", [alice.actor], tube),
        ("https://masto.test/users/fan", both, "[]"),
        ("https://masto.test/users/friend", [alice.actor], "[]"),
        ("https://masto2.test/users/viewer", channel, "[]"),
        ("https://masto2.test/users/fan", channel, "[]"),
        ("https://kith.test/a/fan", both, kith),
        ("https://kith2.test/a/viewer", channel, kith),
    ):
        await harness.knows(fan, capabilities=able)
        for followed in follows:
            await harness.follow(fan, followed)

    async def sent() -> dict[str, list[tuple[str, str, str]]]:
        bodies = {row.id: json.loads(row.body) for row in await harness.rows(tables.outbox)}
        found: dict[str, list[tuple[str, str, str]]] = {}
        for row in await harness.rows(tables.deliveries):
            said = bodies[row.activity]
            who = said["actor"].rpartition("/")[2]
            found.setdefault(row.host, []).append((said["type"], who, _kind(said["object"])))
        return found

    await alice.publish(audience="friends")
    assert await sent() == {}
    video = await alice.publish(audience="public")
    note, film = ("Create", "alice", "Note"), ("Create", "alice", "Video")
    share = ("Announce", "alice-tv", video["id"])
    assert await sent() == {
        "tube.test": [share],
        "tube2.test": [note, share],
        "tube3.test": [note, share],
        "masto.test": [note],
        "masto2.test": [share],
        "kith.test": [note],
        "kith2.test": [film],
    }
    await alice.ask("DELETE", f"/videos/one?id={video['id']}")
    # Who was told of it in whatever form, then or now, hears that it is gone.
    for host, told in (await sent()).items():
        assert ("Delete", "alice", "Tombstone") in told, host


def _kind(object: Any) -> str:
    return str(object["type"] if isinstance(object, dict) else object)


# -- two nodes -------------------------------------------------------------------------------------


async def story(harness: Harness, far: Harness) -> tuple[Person, Person, dict[str, Any]]:
    """Alice here and Bob there are friends; she publishes for friends."""
    alice, bob = await harness.person("alice"), await far.person("bob")
    await befriend(alice, bob)
    return alice, bob, await alice.publish(description="Hello Bob")


@pytest.mark.clause("VID-7.4", "VID-8.1")
async def test_a_friend_on_another_node_watches_and_answers(harness: Harness, far: Harness) -> None:
    alice, bob, video = await story(harness, far)
    [item] = (await bob.ask("GET", "/feed")).body["items"]
    assert (item["id"], item["video"], item["kind"]) == (video["post"], video["id"], "video")
    found = (await bob.watch(item["id"])).body
    assert found["mp4"].startswith("https://a.test/media/")
    assert (found["width"], found["blurhash"]) == (640, "LEHV6nWB")
    assert found["expires"] == "2026-01-01T01:00:04Z"
    assert (await harness.http("GET", found["mp4"])).raw == MP4_BODY
    [grant] = await harness.rows(tables.media_grants)
    assert grant.actor == bob.actor
    # A like of the Video and a comment on the Note are of one thing.
    await bob.ask("POST", "/posts/like", {"object": video["id"]})
    await bob.ask("POST", "/comments", {"in_reply_to": video["post"], "content": "Nice"})
    await far.work()
    post = (await alice.ask("GET", f"/posts/one?id={video['id']}")).body
    assert (post["likes"], post["comments"]) == (1, 1)
    assert (await alice.ask("DELETE", f"/videos/one?id={video['id']}")).status == 204
    await harness.work()
    assert (await bob.ask("GET", "/feed")).body["items"] == []
    assert (await bob.watch(video["id"])).status == 404
    assert (await harness.http("GET", found["mp4"])).status == 404


@pytest.mark.clause("VID-7.4", "VID-7.1")
async def test_the_friends_node_decides_not_ours(harness: Harness, far: Harness) -> None:
    alice, bob, video = await story(harness, far)
    carol = await far.person("carol")
    assert (await carol.watch(video["id"])).status == 404
    await harness.put_friendship(alice.actor, bob.actor, "none")
    said = await bob.watch(video["id"])
    assert (said.status, said.body["clause"]) == (404, "VID-7.1")
    harness.town.down.add("a.test")
    away = await bob.watch(video["id"])
    assert (away.status, away.body["code"]) == (502, "unreachable")


@pytest.mark.clause("VID-7.1", "VID-7.4")
async def test_asking_unsigned_or_as_another_is_asking_for_nothing(
    harness: Harness, far: Harness
) -> None:
    _alice, bob, video = await story(harness, far)
    path = urlsplit(video["id"]).path + "/watch"
    unsigned = await harness.http("POST", path, raw=b"{}")
    eve = await harness.http("POST", path, raw=b"{}", by="https://b.test/a/eve")
    nothing = await harness.http("POST", f"/o/{NOBODY}/watch", raw=b"{}", by=bob.actor)
    assert unsigned.status == 404
    assert unsigned.raw == eve.raw == nothing.raw
    bobs = await harness.http("POST", path, raw=b"{}", by=bob.actor)
    assert (bobs.status, bobs.body["mediaType"]) == (200, "video/mp4")
    huge = await harness.http("POST", path, raw=b" " * 5000, by=bob.actor)
    assert huge.status == 413


async def test_nobody_claims_another_servers_video(harness: Harness, far: Harness) -> None:
    """A Note of Mallory's that names Alice's video: its likes stay Alice's."""
    alice, bob, video = await story(harness, far)
    mallory = "https://evil.test/a/mallory"
    await harness.knows(mallory)
    await harness.put_friendship(alice.actor, mallory)
    note = Note(
        id="https://evil.test/o/1", author=mallory, content="<p>mine</p>",
        published=harness.clock.now(), to=(alice.actor,), video=video["id"],
    )  # fmt: skip
    await harness.hear(render(CreateNote("https://evil.test/t/1", mallory, note)))
    await harness.work()
    assert len(await harness.rows(tables.posts, tables.posts.c.video == video["id"])) == 1
    await bob.ask("POST", "/posts/like", {"object": video["id"]})
    await far.work()
    assert (await alice.ask("GET", f"/posts/one?id={video['post']}")).body["likes"] == 1


# -- videos from elsewhere -------------------------------------------------------------------------

TUBE = "https://tube.test"


def tube_video(harness: Harness, **more: Any) -> Video:
    now = harness.clock.now()
    given: dict[str, Any] = {
        "id": f"{TUBE}/videos/watch/1",
        "uuid": "9c9de5e8-0a1e-484a-b099-e80766180a6d",
        "name": "Bees",
        "author": f"{TUBE}/accounts/mel",
        "channel": f"{TUBE}/video-channels/bees",
        "published": now,
        "updated": now,
        "duration_ms": 9000,
        "content": "<p>Buzz</p>",
        "to": (PUBLIC,),
        "files": (
            VideoFile("video/mp4", f"{TUBE}/1080.mp4", 1920, 1080, 9000, 30),
            VideoFile("video/mp4", f"{TUBE}/720.mp4", 1280, 720, 5000, 30),
            VideoFile("video/mp4", f"{TUBE}/360.mp4", 640, 360, 2000, 30),
        ),
        "hls": f"{TUBE}/master.m3u8",
        "poster": f"{TUBE}/poster.jpg",
        **more,
    }
    return Video(**given)


async def hear(harness: Harness, video: Video, verb: Any = CreateVideo, number: int = 1) -> None:
    await harness.hear(render(verb(f"{TUBE}/t/{number}", video.author, video)))
    await harness.work()


@pytest.mark.clause("VID-8.4", "INB-5.6")
async def test_a_followed_channels_video_is_a_post_with_addresses(harness: Harness) -> None:
    alice = await harness.person("alice")
    video = tube_video(harness)
    await harness.knows(video.author)
    await hear(harness, video)
    assert await harness.rows(tables.posts) == [], "it concerns nobody here"
    await harness.knows(video.channel, "Group")
    await harness.follow(alice.actor, video.channel)
    for number in (2, 3):
        await hear(harness, video, number=number)
    [item] = (await alice.ask("GET", "/feed")).body["items"]
    assert (item["name"], item["kind"], item["video"]) == ("Bees", "video", video.id)
    assert (await alice.ask("GET", "/feed?of=following")).body["items"] == [item]
    for part in ("friends", "local"):
        assert (await alice.ask("GET", f"/feed?of={part}")).body["items"] == []
    assert (await alice.ask("GET", "/feed?of=enemies")).status == 400
    found = (await alice.watch(video.id)).body
    assert (found["mp4"], found["hls"]) == (f"{TUBE}/720.mp4", f"{TUBE}/master.m3u8")
    assert (found["poster"], found["expires"]) == (f"{TUBE}/poster.jpg", None)
    assert len(await harness.rows(tables.renditions)) == 4
    harness.clock.pass_(timedelta(hours=1))
    newer = tube_video(harness, name="More bees", files=video.files[:1])
    await hear(harness, newer, UpdateVideo, 4)
    await hear(harness, video, UpdateVideo, 5)
    [item] = (await alice.ask("GET", "/feed")).body["items"]
    assert item["name"] == "More bees", "an older update changes nothing"
    assert (await alice.watch(video.id)).body["mp4"] == f"{TUBE}/1080.mp4"
    gone = Delete(f"{TUBE}/t/9", video.author, video.id)
    await harness.hear(render(gone))
    await harness.work()
    await hear(harness, video, number=10)
    assert (await alice.ask("GET", "/feed")).body["items"] == []
    assert (await alice.watch(video.id)).status == 404
    assert await harness.rows(tables.renditions) == []


@pytest.mark.clause("VID-8.5")
async def test_a_video_of_another_origin_or_author_is_refused(harness: Harness) -> None:
    alice = await harness.person("alice")
    video = tube_video(harness)
    await harness.knows(video.author)
    await harness.follow(alice.actor, video.author)
    foreign = tube_video(harness, channel="https://evil.test/c/1")
    await hear(harness, foreign)
    assert await harness.refused() == ["VID-8.5"]
    await hear(harness, video, number=2)
    mallory = tube_video(harness, author=f"{TUBE}/accounts/mallory", name="Mine")
    await hear(harness, mallory, UpdateVideo, 3)
    theirs = tube_video(
        harness, id=f"{TUBE}/videos/watch/2", author=f"{TUBE}/accounts/mallory", note=video.id
    )
    await hear(harness, theirs, number=4)
    assert await harness.refused() == ["VID-8.5"] * 3
    assert [row.name for row in await harness.rows(tables.posts)] == ["Bees"]


@pytest.mark.clause("VID-8.5")
@pytest.mark.parametrize("verb", [CreateVideo, UpdateVideo])
async def test_a_channel_beside_a_person_speaks_for_nobody(harness: Harness, verb: Any) -> None:
    """One of the same server names itself as the channel of another one's video."""
    alice = await harness.person("alice")
    video = tube_video(harness)
    for actor in (video.author, f"{TUBE}/accounts/mallory"):
        await harness.knows(actor)
        await harness.follow(alice.actor, actor)
    if verb is UpdateVideo:
        await hear(harness, video)
    theirs = tube_video(harness, channel=f"{TUBE}/accounts/mallory", name="Mine")
    await harness.hear(render(verb(f"{TUBE}/t/2", theirs.channel, theirs)))
    await harness.work()
    assert await harness.refused() == ["VID-8.5"]
    posts = [row.name for row in await harness.rows(tables.posts)]
    assert posts == (["Bees"] if verb is UpdateVideo else [])


@pytest.mark.clause("VID-8.4", "VID-8.1")
@pytest.mark.parametrize("first", ["note", "video"])
async def test_a_note_and_a_video_that_name_each_other_are_one_post(
    harness: Harness, far: Harness, first: str
) -> None:
    alice, bob = await harness.person("alice"), await far.person("bob")
    await befriend(alice, bob)
    await far.follow(bob.actor, alice.channel)
    await harness.follow(bob.actor, alice.channel)
    harness.town.down.add("b.test")
    video = await alice.publish(audience="public")
    bodies = {json.loads(row.body)["type"]: row for row in await harness.rows(tables.outbox)}
    assert "Announce" in bodies
    creates = [
        row.body
        for row in await harness.rows(tables.outbox)
        if json.loads(row.body)["type"] == "Create"
    ]
    creates.sort(key=lambda body: json.loads(body)["object"]["type"] == "Video")
    for body in creates if first == "note" else creates[::-1]:
        await far.hear(body)
        await far.work()
    [item] = (await bob.ask("GET", "/feed")).body["items"]
    assert (item["id"], item["video"]) == (video["post"], video["id"])
    assert len(await far.rows(tables.posts)) == 1
    found = (await bob.watch(video["id"])).body
    assert found["mp4"].startswith("https://a.test/media/public/")
    assert found["expires"] is None

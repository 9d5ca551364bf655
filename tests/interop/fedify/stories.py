"""A node and servers made with Fedify, over TLS of a private CA, told by `test_fedify.py`.

One of them signs by RFC 9421 first, one by draft-cavage, one stops reading RFC 9421. All are
processes of this machine; where it permits, in a network of their own that leads nowhere else.
Each test tells a story of its own.
"""

import asyncio
import json
import os
import socket
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import pytest

from node.client.kith import Kith
from node.wire.api.accounts import AccountView, ChangeProfile
from node.wire.api.graph import Relation, Whom
from node.wire.api.inbox import NewPost, Notice, Post
from node.wire.api.video import VideoView
from tests.clips import make_clip
from tests.e2ee.mls.peering import Peer
from tools.lab import Lab, free_port

T = TypeVar("T")
HOME, NEW, OLD, SHY = "alpha.test", "fedi.test", "old.test", "shy.test"
PEERS = (NEW, OLD)
KNOCKS = {NEW: "rfc9421", OLD: "draft-cavage-http-signatures-12", SHY: "rfc9421"}
ALICE = "@alice@alpha.test"
PASSPHRASE = "the vault of a test"
PATIENCE_SECONDS = 20.0


class World:
    """The node of Alice, and Guy's servers."""

    def __init__(self, lab: Lab, peers: dict[str, Peer]) -> None:
        self.lab, self.peers = lab, peers
        self.alice_id = ""

    @property
    def homes(self) -> Path:
        return self.lab.folder / "homes"

    @property
    def connect(self) -> str:
        return f"{HOME}={self.lab.places[HOME].connect}"

    async def sign_up(self) -> None:
        link = self.lab.places[HOME].invite()
        made = await Kith.sign_up(
            link, "alice", "alice has a long password", home=self.homes,
            connect=self.connect, ca_file=str(self.lab.ca), passphrase=PASSPHRASE,
        )  # fmt: skip
        self.alice_id = made.actor

    @asynccontextmanager
    async def alice(self) -> AsyncIterator[Kith]:
        async with Kith.load(self.homes, "", PASSPHRASE) as alice:
            yield alice

    def ask(self, peer: str, do: str, **what: Any) -> dict[str, Any]:
        return self.peers[peer].ask(do, **what)

    def says(self, peer: str, kind: str, **what: Any) -> str:
        """Guy says it to Alice; the id of the activity."""
        return str(self.ask(peer, "say", kind=kind, to=self.alice_id, **what)["id"])

    def writes(self, peer: str, name: str, text: str, kind: str = "Create", **what: Any) -> str:
        """A post of Guy's; its id."""
        id = f"https://{peer}/notes/{name}"
        at = datetime.now(UTC).isoformat()
        self.says(peer, kind, id=id, text=text, at=what.pop("at", at), **what)
        return id

    def heard(self, peer: str, kind: str, about: str = "") -> list[dict[str, Any]]:
        """What came to the peer and was proven there."""
        found = self.ask(peer, "seen")["heard"]
        return [one for one in found if one["type"] == kind and about in json.dumps(one)]

    async def hears(self, peer: str, kind: str, about: str = "") -> dict[str, Any]:
        found = await until(lambda: self._heard(peer, kind, about))
        return found[-1]

    async def _heard(self, peer: str, kind: str, about: str) -> list[dict[str, Any]]:
        return self.heard(peer, kind, about)

    def guy(self, peer: str) -> str:
        return f"https://{peer}/users/guy"

    async def followed(self, alice: Kith, peer: str) -> None:
        """Alice follows Guy."""
        await alice.api.ask("POST", "/follows", Relation, Whom(actor=f"@guy@{peer}"))
        await until(lambda: accepted(alice, peer))

    async def follows(self, alice: Kith, peer: str) -> None:
        """Guy follows Alice."""
        self.says(peer, "Follow", object=self.alice_id)
        await until(lambda: follower(alice, peer))


async def until(look: Callable[[], Awaitable[T]]) -> T:
    """What `look` finds, once it finds something."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < ends:
        if found := await look():
            return found
        await asyncio.sleep(0.05)
    raise TimeoutError(f"never happened: {look}")


async def accepted(alice: Kith, peer: str) -> bool:
    return (await alice.relation(f"@guy@{peer}")).following == "accepted"


async def follower(alice: Kith, peer: str) -> bool:
    await alice.find(f"@guy@{peer}")
    return (await alice.relation(f"@guy@{peer}")).follower


async def in_feed(alice: Kith, id: str) -> Post | None:
    return next(iter([post async for post in alice.feed() if post.id == id]), None)


async def noticed(alice: Kith, kind: str, about: str) -> Notice | None:
    found = [one async for one in alice.notices() if (one.kind, one.object) == (kind, about)]
    return next(iter(found), None)


async def says_publicly(alice: Kith, text: str) -> Post:
    return await alice.api.ask("POST", "/posts", Post, NewPost(content=text, audience="public"))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    ports = {name: free_port() for name in KNOCKS}
    lab = Lab(tmp_path_factory.mktemp("lab"))
    lab.build(HOME, peers=ports)
    ports[HOME] = lab.places[HOME].port
    with ExitStack() as stack:
        peers = {}
        for name, knock in KNOCKS.items():
            environ = {
                **os.environ, "PEER_NAME": name, "PEER_PORT": str(ports[name]),
                "PEER_KEY": str(lab.folder / f"{name}.key"),
                "PEER_CERT": str(lab.folder / f"{name}.pem"),
                "PEER_CA": str(lab.ca), "PEER_HOSTS": json.dumps(ports), "PEER_KNOCK": knock,
            }  # fmt: skip
            peers[name] = Peer("server.mjs", Path(__file__).parent, environ)
            stack.callback(peers[name].close)
        made = World(lab, peers)
        stack.callback(lab.stop)
        asyncio.run(lab.start())
        asyncio.run(made.sign_up())
        yield made


# -- who is who ------------------------------------------------------------------------------------


async def test_they_find_alice_by_her_handle_and_read_her_document(world: World) -> None:
    jrd = world.ask(NEW, "webfinger", resource="acct:alice@alpha.test")["found"]
    assert jrd["subject"] == "acct:alice@alpha.test"
    (link,) = [each["href"] for each in jrd["links"] if each["rel"] == "self"]
    assert link == world.alice_id
    found = world.ask(OLD, "find", id=ALICE)["found"]
    assert (found["id"], found["type"]) == (world.alice_id, "Person")
    assert found["preferredUsername"] == "alice"
    assert found["inbox"].startswith("https://alpha.test/")
    assert found["endpoints"]["sharedInbox"] == "https://alpha.test/inbox"
    keys = found["assertionMethod"]
    kinds = {each["type"] for each in (keys if isinstance(keys, list) else [keys])}
    assert kinds == {"Multikey"}, "who reads no keys verifies no proofs"
    assert found["publicKey"]["owner"] == world.alice_id
    assert world.ask(NEW, "find", id="@nobody@alpha.test")["found"] is None


async def test_alice_finds_guy_by_his_handle(world: World) -> None:
    async with world.alice() as alice:
        for peer in PEERS:
            found = await alice.find(f"@guy@{peer}")
            assert (found.id, found.address) == (world.guy(peer), f"@guy@{peer}")
            assert (found.display_name, found.summary) == (f"Guy of {peer}", "<p>a stranger</p>")
            assert found.icon == f"https://{peer}/guy.png"


async def test_they_read_our_nodeinfo(world: World) -> None:
    found = world.ask(NEW, "nodeinfo", host=HOME)
    assert found["read"] is True
    assert found["document"]["software"]["name"] == "kith"
    assert "activitypub" in found["document"]["protocols"]


# -- following -------------------------------------------------------------------------------------


@pytest.mark.parametrize("peer", PEERS)
async def test_both_follow_and_undo_it(world: World, peer: str) -> None:
    async with world.alice() as alice:
        await world.follows(alice, peer)
        asked = world.says(peer, "Follow", object=world.alice_id)  # again is silence
        accept = await world.hears(peer, "Accept", asked)
        assert accept["actor"] == world.alice_id
        told = [one.actor.id async for one in alice.notices() if one.kind == "follow"]
        assert world.guy(peer) in told
        await world.followed(alice, peer)
        follow = await world.hears(peer, "Follow", world.guy(peer))
        assert follow["actor"] == world.alice_id

        await alice.api.ask("DELETE", "/follows", Relation, query={"actor": f"@guy@{peer}"})
        undo = await world.hears(peer, "Undo", follow["id"])
        assert undo["actor"] == world.alice_id
        assert (await alice.relation(f"@guy@{peer}")).following == ""
        world.ask(peer, "undo", id=asked, to=world.alice_id)

        async def left() -> bool:
            return not (await alice.relation(f"@guy@{peer}")).follower

        assert await until(left)


# -- posts -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("peer", PEERS)
async def test_a_post_of_guys_is_shown_changed_and_deleted(world: World, peer: str) -> None:
    async with world.alice() as alice:
        await world.followed(alice, peer)
        html = "<p>hello <b>there</b><script>alert(1)</script></p>"
        id = world.writes(peer, "shown", html)
        shown = await until(lambda: in_feed(alice, id))
        assert shown.content == "<p>hello <b>there</b></p>"
        assert (shown.author.id, shown.author.handle) == (world.guy(peer), f"@guy@{peer}")
        await alice.like(id)
        like = await world.hears(peer, "Like", id)
        assert (like["actor"], like["object"]) == (world.alice_id, id)
        await alice.unlike(id)
        assert (await world.hears(peer, "Undo", like["id"]))["actor"] == world.alice_id
        said = await alice.comment(id, "well said")
        answer = await world.hears(peer, "Create", said.id)
        assert answer["object"]["inReplyTo"] == id

        world.writes(peer, "shown", "<p>on second thought</p>", "Update")

        async def changed() -> bool:
            return (await alice.post(id)).content == "<p>on second thought</p>"

        assert await until(changed)
        world.says(peer, "Delete", object=id)

        async def gone() -> bool:
            return await in_feed(alice, id) is None

        assert await until(gone)


@pytest.mark.parametrize("peer", PEERS)
async def test_a_post_of_alices_reaches_guy_and_what_he_does_with_it_is_told(
    world: World, peer: str
) -> None:
    async with world.alice() as alice:
        await world.follows(alice, peer)
        post = await says_publicly(alice, f"to all at {peer}, see https://alpha.test/ #kith")
        create = await world.hears(peer, "Create", post.id)
        note = create["object"]
        assert (note["type"], note["attributedTo"]) == ("Note", world.alice_id)
        assert f"to all at {peer}" in note["content"] and "name" not in note
        assert note["tag"]["type"] == "Hashtag"
        assert create["proof"]["cryptosuite"] == "eddsa-jcs-2022"
        fetched = world.ask(peer, "find", id=post.id)["found"]
        assert (fetched["id"], fetched["content"]) == (post.id, note["content"])

        like = world.says(peer, "Like", object=post.id)
        share = world.says(peer, "Announce", object=post.id)

        async def counted() -> bool:
            return (await alice.post(post.id)).likes == 1

        assert await until(counted)
        assert await until(lambda: noticed(alice, "like", post.id))
        assert await until(lambda: noticed(alice, "share", post.id))
        reply = world.writes(peer, "reply", "<p>I like it</p>", reply=post.id, audience="public")

        async def answered() -> bool:
            return reply in [one.id async for one in alice.comments(post.id)]

        assert await until(answered)
        for id in (like, share):
            world.ask(peer, "undo", id=id, to=world.alice_id)

        async def taken_back() -> bool:
            return (await alice.post(post.id)).likes == 0

        assert await until(taken_back)
        await alice.delete(post.id)
        assert (await world.hears(peer, "Delete", post.id))["actor"] == world.alice_id
        assert world.ask(peer, "fetch", url=post.id, accept="application/activity+json")[
            "status"
        ] in (404, 410)


async def test_what_is_for_friends_is_for_nobody_else(world: World) -> None:
    async with world.alice() as alice:
        await world.follows(alice, NEW)
        post = await alice.post_text("for friends alone", "friends")
        marker = await says_publicly(alice, "behind it")
        await world.hears(NEW, "Create", marker.id)
        assert world.heard(NEW, "Create", post.id) == []
        assert world.ask(NEW, "find", id=post.id)["found"] is None
        unsigned = world.ask(NEW, "fetch", url=post.id, accept="application/activity+json")
        absent = world.ask(
            NEW, "fetch", url="https://alpha.test/o/none", accept="application/activity+json"
        )
        assert (unsigned["status"], unsigned["body"]) == (404, absent["body"])


async def test_alices_new_name_reaches_who_follows_her(world: World) -> None:
    async with world.alice() as alice:
        await world.follows(alice, NEW)
        name = f"Alice at {datetime.now(UTC).timestamp()}"
        change = ChangeProfile(display_name=name)
        await alice.api.ask("PATCH", "/account", AccountView, change)
        update = await world.hears(NEW, "Update", name)
        assert (update["object"]["id"], update["object"]["name"]) == (world.alice_id, name)
        assert world.ask(NEW, "find", id=world.alice_id)["found"]["name"] == name


async def test_guy_moves_and_alice_is_told(world: World) -> None:
    async with world.alice() as alice:
        await world.followed(alice, OLD)
        world.says(OLD, "Move", target=world.guy(NEW))
        notice = await until(lambda: noticed(alice, "moved", world.guy(NEW)))
        assert notice.actor.id == world.guy(OLD)
        assert (await alice.relation(f"@guy@{OLD}")).moved_to == world.guy(NEW)


@pytest.mark.slow
async def test_a_video_has_a_page_and_is_a_note_to_them(world: World, tmp_path: Path) -> None:
    clip = await asyncio.to_thread(make_clip, tmp_path / "clip.mp4", seconds=1)
    async with world.alice() as alice:
        await world.follows(alice, NEW)
        made: VideoView = await alice.post_video(clip, "public", "The window")
        note = (await world.hears(NEW, "Create", made.post))["object"]
        (file,) = (
            [note["attachment"]] if isinstance(note["attachment"], dict) else note["attachment"]
        )
        assert (file["type"], file["mediaType"]) == ("Video", "video/mp4")
        video = world.ask(NEW, "find", id=made.id)["found"]
        assert (video["type"], video["name"]) == ("Video", "The window")
        # What it plays is there for everyone, and so is the page.
        assert file["url"].startswith("https://alpha.test/media/public/")
        page = world.ask(NEW, "fetch", url=note["url"], accept="text/html")
        assert (page["status"], "The window" in page["body"]) == (200, True)


# -- proofs and the network ------------------------------------------------------------------------


async def test_each_server_is_signed_to_as_it_showed_that_it_reads(world: World) -> None:
    async with world.alice() as alice:
        for peer, dialect in ((NEW, "rfc9421"), (OLD, "cavage")):
            await world.follows(alice, peer)
            post = await says_publicly(alice, f"signed for {peer}")
            await world.hears(peer, "Create", post.id)
            posts = [one for one in world.ask(peer, "seen")["asked"] if one["method"] == "POST"]
            assert {one["status"] for one in posts} == {202}
            assert posts[-1]["signed"] == dialect
            theirs = [one for one in world.ask(peer, "seen")["called"] if one["method"] == "POST"]
            assert (theirs[0]["signed"], theirs[0]["status"]) == (dialect, 202)
            assert {one["status"] for one in theirs} == {202}, "both dialects are read here"


async def test_a_server_that_no_longer_reads_rfc_9421_is_knocked_at_twice(world: World) -> None:
    async with world.alice() as alice:
        await world.follows(alice, SHY)
        first = await says_publicly(alice, "before")
        await world.hears(SHY, "Create", first.id)
        before = len(world.ask(SHY, "seen")["asked"])
        world.ask(SHY, "shun", what="rfc9421")
        for words in ("after", "and again"):
            said = await says_publicly(alice, words)
            await world.hears(SHY, "Create", said.id)
        knocks = world.ask(SHY, "seen")["asked"][before:]
        posts = [(one["signed"], one["status"]) for one in knocks if one["method"] == "POST"]
        assert posts == [("rfc9421", 401), ("cavage", 202), ("cavage", 202)]


async def test_who_is_not_guy_is_not_believed(world: World) -> None:
    """A note of another server's, and one that is signed by nobody."""
    async with world.alice() as alice:
        await world.followed(alice, OLD)
        await world.followed(alice, NEW)
        forged = f"https://{OLD}/notes/forged"
        at = datetime.now(UTC).isoformat()
        world.says(NEW, "Create", id=forged, text="<p>not mine</p>", at=at)
        true = world.writes(NEW, "true", "<p>mine</p>")
        assert await until(lambda: in_feed(alice, true))
        assert await in_feed(alice, forged) is None


async def test_the_certificates_are_of_a_private_authority(world: World) -> None:
    place = world.lab.places[HOME]
    host, _, port = place.connect.partition(":")

    def shake_hands(context: ssl.SSLContext) -> str:
        with (
            socket.create_connection((host, int(port))) as raw,
            context.wrap_socket(raw, server_hostname=HOME) as wrapped,
        ):
            return wrapped.version() or ""

    with pytest.raises(ssl.SSLCertVerificationError):
        await asyncio.to_thread(shake_hands, ssl.create_default_context())
    trusting = ssl.create_default_context(cafile=str(world.lab.ca))
    assert await asyncio.to_thread(shake_hands, trusting) == "TLSv1.3"


async def test_nobody_called_anybody_else(world: World) -> None:
    for peer in KNOCKS:
        world.ask(peer, "find", id=ALICE)
        seen = world.ask(peer, "seen")
        assert seen["refused"] == [], "no context and no document comes from elsewhere"
        assert {urlsplit(one["url"]).hostname for one in seen["called"]} <= {HOME, *KNOCKS}
    if os.environ.get("KITH_CLOSED_NETWORK"):
        with pytest.raises(OSError, match="unreachable"):
            socket.create_connection(("192.0.2.1", 443), timeout=timedelta(seconds=5).seconds)

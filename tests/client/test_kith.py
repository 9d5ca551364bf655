"""The library, used as a program uses it, between two nodes of a town."""

import asyncio
import inspect
from contextlib import aclosing
from datetime import timedelta
from pathlib import Path

import pytest

from node.client import profile
from node.client.accounts import Accounts
from node.client.api_client import ApiClient, read_connect
from node.client.conversations import Conversations
from node.client.history import History
from node.client.kith import ConversationJoined, Event, Kith, MessageReceived, Profile
from node.client.people import People
from node.client.posts import Posts
from node.client.saying import Saying
from node.client.videos import Videos
from node.errors import Conflict, Forbidden, Malformed, Missing, TooMuch, Unproven
from tests.client.conftest import PASSPHRASE, Square, password_of
from tests.clips import make_clip

Friends = tuple[Kith, Kith]


@pytest.mark.parametrize("part", [Accounts, People, Posts, Videos, Conversations, History, Saying])
def test_each_verb_of_a_part_is_a_method_of_kith(part: type) -> None:
    verbs = {name: each for name, each in vars(part).items() if not name.startswith("_")}
    verbs.pop("close", None)  # leaving the `async with` does that
    for name, verb in verbs.items():
        method = getattr(Kith, name)
        assert inspect.signature(method) == inspect.signature(verb), name
        assert method.__doc__ == verb.__doc__, name


async def test_a_request_is_made_and_answered(square: Square) -> None:
    async with (
        await square.join("alice", "alpha.test") as alice,
        await square.join("bob", "beta.test") as bob,
    ):
        asked = await alice.add_friend("@bob@beta.test", "it is me")
        assert asked.state == "requested"
        await square.town.settle()
        (waiting,) = await bob.requests()
        assert (waiting.person.handle, waiting.text) == (alice.handle, "it is me")
        await bob.accept("@alice")  # who asked is meant, though they live elsewhere
        await square.town.settle()
        (friend,) = await alice.friends()
        assert friend.person.handle == bob.handle


async def test_words_arrive_sealed_and_are_heard(square: Square, friends: Friends) -> None:
    alice, bob = friends
    heard = bob.listen()
    first = await anext(heard)
    assert isinstance(first, Event)
    assert first.kind == "hello"
    said = await alice.say("@bob", "do you hear me?")
    assert said.sent
    await square.town.settle()
    found = [one async for one in _until(heard, MessageReceived)]
    assert any(isinstance(one, ConversationJoined) for one in found)
    assert found[-1].text == "do you hear me?"
    await bob.say(found[-1].conversation, "yes")
    await square.town.settle()
    await (await alice.talk()).pull()
    assert [row.text for row in await alice.history("@bob")] == ["do you hear me?", "yes"]
    await heard.aclose()


async def _until(heard, kind):
    async for one in heard:
        yield one
        if isinstance(one, kind):
            return


@pytest.mark.clause("E2E-5.3")
async def test_a_message_that_is_too_long_is_not_sealed(friends: Friends) -> None:
    alice, bob = friends
    with pytest.raises(TooMuch, match=r"E2E-5\.3"):
        await alice.say(bob.handle, "x" * 64 * 1024)
    assert await alice.history(bob.handle) == []


async def test_posts_go_to_the_feed_and_come_back_liked(square: Square, friends: Friends) -> None:
    alice, bob = friends
    post = await alice.post_text("a day at the sea")
    await square.town.settle()
    (seen,) = [one async for one in bob.feed()]
    assert seen.id == post.id
    assert [one.id async for one in bob.feed("friends")] == [post.id]
    assert [one async for one in bob.feed("following")] == []
    public = await alice.post_text("to all", "public")
    assert [one.id async for one in alice.feed("local")] == [public.id]
    assert [one async for one in bob.feed("local")] == []
    await alice.delete(public.id)
    await bob.like(seen.id)
    await bob.comment(seen.id, "lucky you")
    await square.town.settle()
    (comment,) = [one async for one in alice.comments(post.id)]
    assert "lucky you" in comment.content
    assert (await alice.post(post.id)).likes == 1
    await bob.unlike(seen.id)
    await alice.delete(post.id)
    await square.town.settle()
    assert [one async for one in bob.feed()] == []


async def test_who_stopped_listening_may_listen_again(square: Square, friends: Friends) -> None:
    alice, bob = friends
    for text in ("one", "two"):
        async with aclosing(bob.listen()) as heard:
            assert isinstance(await anext(heard), Event)
            await alice.say(bob.handle, text)
            await square.town.settle()
            while not isinstance(event := await anext(heard), MessageReceived):
                pass
            assert event.text == text


async def test_a_talk_can_be_read_while_the_node_is_away(friends: Friends) -> None:
    alice, bob = friends
    await alice.say("@bob", "still here")
    await alice.__aexit__(None, None, None)
    away = Profile(
        origin="http://127.0.0.1:9",
        name="alice",
        handle=alice.handle,
        actor=alice.actor,
        device=alice.profile.device,
        token="any",
    )
    async with Kith(away, alice.home, PASSPHRASE, alice.clock) as later:
        assert [row.text for row in await later.history("@bob")] == ["still here"]
        kept = await later.say(bob.handle, "out when you are back")
        assert not kept.sent
        assert (await later.names())[bob.actor] == bob.handle


async def test_a_stranger_is_not_written_to(square: Square) -> None:
    await square.join("bob", "beta.test")
    async with await square.join("alice", "alpha.test") as alice:
        with pytest.raises(Forbidden):
            await alice.say("@bob@beta.test", "hello?")


@pytest.mark.clause("E2E-6.8")
async def test_without_a_passphrase_no_account_is_made(
    square: Square, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("KITH_VAULT_PASSPHRASE_FILE", raising=False)
    link = await square.invite("alpha.test")
    home = tmp_path / "home"
    with pytest.raises(Missing, match=r"E2E-6\.8"):
        await Kith.sign_up(link, "alice", password_of("alice"), home=home, clock=square.town.clock)
    assert not home.exists()
    word = tmp_path / "word"
    word.write_text("from a file\n")
    word.chmod(0o600)
    monkeypatch.setenv("KITH_VAULT_PASSPHRASE_FILE", str(word))
    made = await Kith.sign_up(
        link, "alice", password_of("alice"), home=home, clock=square.town.clock
    )
    async with Kith.load(home, made.handle, "from a file", square.town.clock) as alice:
        assert await alice.conversations() == {}


@pytest.mark.clause("E2E-6.2")
async def test_another_passphrase_opens_no_vault(square: Square) -> None:
    alice = await square.join("alice", "alpha.test")
    async with Kith.load(square.folder / "alice", "", "another", square.town.clock) as again:
        assert (await again.me()).address == alice.handle
        with pytest.raises(Unproven, match=r"E2E-6\.2"):
            await again.talk()


async def test_a_vault_is_open_once(square: Square) -> None:
    async with await square.join("alice", "alpha.test") as alice:
        await alice.talk()
        async with Kith.load(square.folder / "alice", "", PASSPHRASE, square.town.clock) as again:
            with pytest.raises(Conflict, match=r"E2E-6\.3"):
                await again.talk()


async def test_a_second_device_logs_in_and_out(square: Square, tmp_path: Path) -> None:
    alice = await square.join("alice", "alpha.test")
    second = await Kith.log_in(
        alice.profile.origin,
        "alice",
        password_of("alice"),
        home=tmp_path / "second",
        device_name="laptop",
        passphrase=PASSPHRASE,
        clock=square.town.clock,
    )
    async with second:
        assert sorted(one.name for one in await second.devices()) == ["kith", "laptop"]
        await second.revoke(alice.profile.device)
        await second.log_out()
    with pytest.raises(Missing, match=r"API-9\.1"):
        Kith.load(tmp_path / "second")
    async with alice:
        with pytest.raises(Unproven):
            await alice.me()
        with pytest.raises(Unproven):
            await anext(alice.events())


@pytest.mark.clause("E2E-5.8", "DEV-16.7")
async def test_who_lost_a_device_goes_on_with_a_new_one(
    square: Square, friends: Friends, tmp_path: Path
) -> None:
    alice, bob = friends
    await alice.say("@bob", "on the old one")
    await square.town.settle()
    assert [row.text for row in await bob.history("@alice")] == ["on the old one"]
    square.town.clock.pass_(timedelta(minutes=1))
    again = await Kith.log_in(
        alice.profile.origin,
        "alice",
        password_of("alice"),
        home=tmp_path / "again",
        passphrase=PASSPHRASE,
        clock=square.town.clock,
    )
    words = " ".join((await alice.recovery()).words)
    async with again:
        with pytest.raises(Forbidden, match=r"KEY-5\.2: .*kith link start"):
            await again.say("@bob", "by the password alone")
        await again.recover(words)
        await again.revoke(alice.profile.device)
        assert (await again.say("@bob", "on the new one")).sent
        await square.town.settle()
        await (await bob.talk()).pull()
        said = ["on the old one", "on the new one"]
        assert [row.text for row in await bob.history("@alice")] == said
        await bob.say("@alice", "there you are")
        await square.town.settle()
        await (await again.talk()).pull()
        assert [row.text for row in await again.history("@bob")][1:] == ["there you are"]


async def test_a_wrong_password_lets_nobody_in(square: Square, tmp_path: Path) -> None:
    alice = await square.join("alice", "alpha.test")
    with pytest.raises(Unproven, match=r"ACC-1\.5"):
        await Kith.log_in(
            alice.profile.origin, "alice", "not this one", home=tmp_path / "x", passphrase="p"
        )
    assert not list((tmp_path / "x").iterdir())


@pytest.mark.clause("API-9.3")
@pytest.mark.parametrize("text", ["alpha.test", "x=alpha.test", "x=:1", "a=h:0", "a=h:99999"])
def test_a_place_that_is_none_is_refused(text: str, refused) -> None:
    with refused("API-9.3"):
        read_connect(text, "alpha.test")


def test_places_have_names() -> None:
    places = read_connect("127.0.0.1:1,beta.test=[::1]:2", "alpha.test")
    assert places == {"alpha.test": ("127.0.0.1", 1), "beta.test": ("::1", 2)}


def test_a_handle_is_no_path(tmp_path: Path, refused) -> None:
    for handle in ("", "@", "../x", "@a/b", ".x"):
        with refused("API-9.1"):
            profile.folder_of(tmp_path, handle)


@pytest.mark.slow
async def test_a_video_is_made_and_watched(
    square: Square, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def rest(_api: ApiClient, _failures: int) -> None:
        # A child process takes real time; the node counts how often it is asked.
        await asyncio.sleep(0.1)

    monkeypatch.setattr(ApiClient, "rest", rest)
    clip = await asyncio.to_thread(make_clip, tmp_path / "clip.mp4", seconds=1)
    longer = await asyncio.to_thread(make_clip, tmp_path / "longer.mp4", seconds=3)
    broken = tmp_path / "broken.mp4"
    await asyncio.to_thread(broken.write_bytes, b"no video at all")
    async with square.working(), await square.join("alice", "alpha.test") as alice:
        video = await alice.post_video(clip, "friends", "The window", "from <here>")
        there = await alice.watching(video.post)
        saved = tmp_path / "saved.mp4"
        assert await alice.watch(video.post, saved) == there.size == saved.stat().st_size
        (post,) = [one async for one in alice.posts()]
        assert (post.id, post.name) == (video.post, "The window")
        assert "from &lt;here&gt;" in post.content
        with pytest.raises(Malformed, match=r"VID-2\.1"):
            await alice.post_video(broken)
        await alice.delete(video.post)
        with pytest.raises(Missing):
            await alice.watching(video.post)
        part = await alice.post_video(longer, start=0.5, end=2, cover=1.0)
        assert part.duration_ms == pytest.approx(1500, abs=100)

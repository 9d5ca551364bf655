"""What is written is posted once, whatever was lost of the answers or changed between the tries."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from node.client import profile
from node.client.api_client import ApiClient
from node.client.cli.advice import advice
from node.client.posts import Posts
from node.client.profile import Profile
from node.client.written import Written
from node.errors import Conflict, Malformed, NodeError, Unreachable
from node.testing.fakes import FakeClock, FakeEntropy
from node.wire.times import micros

OWN = Profile(
    origin="https://alpha.test",
    name="alice",
    handle="@alice@alpha.test",
    actor="https://alpha.test/a/alice",
    device="d",
    token="secret",
)


class Killed(BaseException):
    """The process is no more: nothing of it runs any further."""


@dataclass
class Node(ApiClient):
    """Makes one post of a key. `lost`: the next answer, or the next request."""

    made: list[str] = field(default_factory=list)
    lost: str = ""
    kept: dict[tuple[str, str], str] = field(default_factory=dict)
    own: Profile = OWN
    refuses: str = ""

    async def ask(self, method: str, path: str, answers: Any, body: Any = None, *_: Any,
                  key: str = "", **__: Any) -> Any:  # fmt: skip
        lost, self.lost = self.lost, ""
        if lost in ("request", "line"):
            raise Unreachable("no answer", never_sent=lost == "line")
        if body.content == self.refuses:
            raise Malformed("INB-4.2", "a post has 1 to 10,000 characters")
        place = self.own.token, key
        if place not in self.kept:
            self.kept[place] = body.content
            self.made.append(body.content)
        if self.kept[place] != body.content:
            raise Conflict("API-6.2", "this Idempotency-Key was used for another request")
        if lost == "answer":
            raise Unreachable("no answer")
        if lost == "stopped":
            raise asyncio.CancelledError
        if lost == "killed":
            raise Killed
        return body.content


@dataclass
class Scene:
    node: Node
    clock: FakeClock
    home: Path
    entropy: FakeEntropy

    def posts(self) -> Posts:
        """Those of a new process."""
        return Posts(self.node, Written(self.node.own, self.home, self.clock, self.entropy))

    async def fails(self, kind: type[BaseException], words: str) -> Any:
        with pytest.raises(kind) as found:
            await self.posts().post_text(words)
        return found.value


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    profile.save(tmp_path, OWN)
    yield Scene(Node(), FakeClock(), tmp_path, FakeEntropy())


@pytest.mark.clause("API-9.12")
@pytest.mark.parametrize("lost", ["answer", "stopped", "killed"])
async def test_the_same_words_are_posted_once_by_whichever_process(scene: Scene, lost: str) -> None:
    scene.node.lost = lost
    kinds = {"stopped": asyncio.CancelledError, "killed": Killed}
    error = await scene.fails(kinds.get(lost, Unreachable), "hello")
    assert lost != "answer" or "the same words are posted once" in str(error)
    await scene.posts().post_text("hello")
    assert scene.node.made == ["hello"]
    await scene.posts().post_text("hello")
    assert scene.node.made == ["hello", "hello"], "said on purpose"


@pytest.mark.clause("API-9.12", "API-6.2")
async def test_changed_words_are_no_second_post_unasked(scene: Scene) -> None:
    scene.node.lost = "answer"
    await scene.fails(Unreachable, "helo")
    told: NodeError = await scene.fails(Conflict, "hello")
    assert "only the answer was lost (“helo”)" in str(told) and "kith delete" in advice(told)
    assert scene.node.made == ["helo"]
    await scene.posts().post_text("hello")
    assert scene.node.made == ["helo", "hello"]


@pytest.mark.clause("API-9.12")
async def test_what_is_refused_is_not_remembered(scene: Scene) -> None:
    scene.node.refuses = "hello"
    await scene.fails(Malformed, "hello")
    await scene.posts().post_text("hello again")
    assert scene.node.made == ["hello again"]
    scene.node.lost = "killed"
    await scene.fails(Killed, "and more")
    await scene.fails(Malformed, "hello")
    told = await scene.fails(Conflict, "other words")
    assert "(“and more”)" in str(told), "what may be posted is remembered beside it"


@pytest.mark.clause("API-9.12")
async def test_what_two_processes_say_at_a_time_are_two_posts(scene: Scene) -> None:
    one = Written(OWN, scene.home, scene.clock, scene.entropy)
    two = Written(OWN, scene.home, scene.clock, scene.entropy)
    async with one.posting("/posts", "hello") as key, two.posting("/posts", "hi") as other:
        assert other != key
    async with one.posting("/posts", "hello") as again:
        assert again not in (key, other)
    assert [one.name for one in scene.home.rglob("written-*")] == [], "nothing is left"


@pytest.mark.clause("API-9.12")
async def test_what_is_said_again_while_its_answer_is_awaited_is_the_same_post(
    scene: Scene,
) -> None:
    one = Written(OWN, scene.home, scene.clock, scene.entropy)
    two = Written(OWN, scene.home, scene.clock, scene.entropy)
    async with one.posting("/posts", "hello") as key:
        async with two.posting("/posts", "hello") as again:
            assert again == key
        async with two.posting("/comments", "hello") as comment:
            assert comment != key
        await scene.posts().post_text("something else")
        with pytest.raises(Killed):
            async with two.posting("/posts", "hi") as lost:
                raise Killed
        async with two.posting("/posts", "hi") as again:
            assert again == lost, "who was killed beside another is remembered"
        async with two.posting("/posts", "hello") as again:
            assert again == key, "it was not forgotten by who did not begin it"
    async with two.posting("/posts", "hello") as later:
        assert later != key


@pytest.mark.clause("API-9.12")
async def test_of_several_that_got_no_answer_each_is_known_by_its_words(scene: Scene) -> None:
    one = Written(OWN, scene.home, scene.clock, scene.entropy)
    keys = {}
    async with one.posting("/posts", "awaited"):
        first, second = (one.posting("/posts", words) for words in ("first", "second"))
        with pytest.raises(Killed):
            async with first as keys["first"], second as keys["second"]:
                raise Killed
    for words in ("second", "first"):
        async with one.posting("/posts", words) as key:
            assert key == keys[words]


@pytest.mark.clause("API-9.12")
async def test_what_an_earlier_version_kept_is_remembered(scene: Scene) -> None:
    (place,) = scene.home.rglob("profile.json")
    token = hashlib.sha256(OWN.token.encode()).hexdigest()
    tried = {"key": "ab" * 16, "at": micros(scene.clock.now()), "token": token, "words": "hello"}
    place.with_name("written.json").write_text(json.dumps({"/posts": tried}))
    written = Written(OWN, scene.home, scene.clock, scene.entropy)
    for is_same in (True, False):
        async with written.posting("/posts", "hello") as key:
            assert (key == "ab" * 16) == is_same


@pytest.mark.clause("API-9.12", "API-6.5")
@pytest.mark.parametrize(("clause", "is_posted"), [("API-6.3", False), ("API-6.5", True)])
async def test_a_refusal_that_says_nothing_of_the_key_forgets_no_earlier_words(
    scene: Scene, clause: str, is_posted: bool
) -> None:
    written = Written(OWN, scene.home, scene.clock, scene.entropy)
    with pytest.raises(Killed):
        async with written.posting("/posts", "hello") as key:
            raise Killed
    with pytest.raises(Conflict, match="not now"):
        async with written.posting("/posts", "hello"):
            raise Conflict(clause, "not now")
    async with written.posting("/posts", "hello") as again:
        assert (again != key) is is_posted


@pytest.mark.clause("API-9.12")
@pytest.mark.parametrize("lost", ["request", "line"])
async def test_changed_words_are_the_post_where_the_first_never_arrived(
    scene: Scene, lost: str
) -> None:
    scene.node.lost = lost
    error = await scene.fails(Unreachable, "helo")
    assert ("not known" in str(error)) == (lost == "request")
    await scene.posts().post_text("hello")
    assert scene.node.made == ["hello"]


@pytest.mark.clause("API-9.12")
@pytest.mark.parametrize("late", ["a day later", "in another session", "the clock went back"])
async def test_where_nobody_can_know_it_is_told_first(scene: Scene, late: str) -> None:
    scene.node.lost = "answer"
    await scene.fails(Unreachable, "hello")
    if late == "in another session":
        scene.node.own = replace(OWN, token="another")
    else:
        scene.clock.pass_(timedelta(days=1 if late == "a day later" else -1))
    assert "may be posted" in str(await scene.fails(Conflict, "hello"))
    assert scene.node.made == ["hello"]
    await scene.posts().post_text("hello")
    assert len(scene.node.made) == 2


@pytest.mark.clause("API-9.12")
async def test_a_comment_is_no_post_and_what_cannot_be_kept_promises_nothing(
    scene: Scene, tmp_path: Path
) -> None:
    scene.node.lost = "answer"
    await scene.fails(Unreachable, "hello")
    await scene.posts().comment("https://alpha.test/o/1", "and hello")
    assert scene.node.made == ["hello", "and hello"]
    scene.node.lost, scene.home = "answer", tmp_path / "nowhere"
    error = await scene.fails(Unreachable, "again")
    assert "kith feed --mine" in str(error) and "the same words" not in str(error)

"""Posts of a third server that somebody shares are fetched from their own, within bounds."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from node.errors import Unreachable
from node.federation.activities.shapes import PUBLIC
from node.inbox import sharing
from node.store import tables
from node.testing.fakes import FakeClock
from node.testing.rows import Rows
from node.testing.town import Town, open_town
from node.testing.weather import Stranger
from node.wire.api.inbox import Post, PostList
from node.wire.api.servers import ActorChoice, ActorList
from node.worker.passed_on import FETCHED, MOST_AT, WAITS, Pace
from tests.stories.people import Person, person


class Scene(Rows):
    """Alice follows Eve of tube.test, who shares what Finn of third.test wrote."""

    def __init__(self, town: Town, alice: Person) -> None:
        self.town, self.alice = town, alice
        self.alpha = town.nodes["alpha.test"]
        self.database = self.alpha.node.stores.database
        self.tube, self.third = Stranger(town, "tube.test"), Stranger(town, "third.test")
        self.eve, self.finn = self.tube.character("eve"), self.third.character("finn")
        self._shares = 0

    def note(self, name: str = "1", **more: Any) -> str:
        said = self.finn.note(name, to=[PUBLIC])
        self.third.put(said["id"], {**said, **more})
        return str(said["id"])

    async def shares(self, what: Any) -> dict[str, Any]:
        self._shares += 1
        said = self.eve.says(
            "Announce", what, f"https://tube.test/t/share-{self._shares}", to=[PUBLIC]
        )
        await self.tube.say(self.alpha, self.eve, said)
        return said

    async def takes_back(self, said: dict[str, Any]) -> None:
        undo = self.eve.says("Undo", said["id"], f"{said['id']}/undo", to=[PUBLIC])
        await self.tube.say(self.alpha, self.eve, {**undo, "object": said})

    async def feed(self) -> list[Post]:
        return (await self.alice.line.ask("GET", "/feed", PostList)).items

    async def shown(self) -> list[tuple[str, str, str]]:
        """The posts, by whom they are, and who shared them."""
        items = await self.feed()
        return [(one.id, one.author.id, one.shared_by.id if one.shared_by else "") for one in items]

    def asked(self, id: str) -> int:
        return sum(request.url == id for request in self.third.asked)

    async def settled(self, span: timedelta = timedelta(0)) -> None:
        await self.town.settle(span)

    async def kept(self) -> list[str]:
        return [row.object for row in await self.rows(tables.reactions)]


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_town(tmp_path, "alpha.test") as town, person(town, "alice", "alpha.test") as me:
        scene = Scene(town, me)
        await scene.alpha.node.lines.discovery.actor(scene.eve.id)
        await scene.follow(me.actor, scene.eve.id)
        yield scene
        await scene.tube.close()
        await scene.third.close()


@pytest.mark.clause("INB-12.1", "INB-9.1")
async def test_what_is_shared_is_shown_with_its_author_and_who_shared_it(scene: Scene) -> None:
    post = scene.note(content="<p>fair weather</p>")
    said = await scene.shares(post)
    await scene.settled()
    assert await scene.shown() == [(post, scene.finn.id, scene.eve.id)]
    [one] = await scene.feed()
    assert one.content == "<p>fair weather</p>" and one.author.handle == "@finn@third.test"
    await scene.shares(post)
    await scene.settled()
    assert scene.asked(post) == 1 and len(await scene.feed()) == 1
    # It is a post like others: liked, commented, read by itself.
    liked = await scene.alice.line.ask("POST", "/posts/like", Post, {"object": post})
    assert liked.liked
    await scene.takes_back(said)
    await scene.settled()
    assert len(await scene.feed()) == 1, "she said it twice"


@pytest.mark.clause("INB-12.1", "FED-6.8", "FED-6.5")
@pytest.mark.parametrize(
    "more",
    [
        {"attributedTo": "https://tube.test/a/eve"},
        {"attributedTo": "https://alpha.test/a/alice"},
        {"id": "https://tube.test/o/1"},
        {"to": ["https://third.test/a/finn/followers"]},
        {"to": []},
        {"content": "x" * (sharing.LONGEST + 1)},
        {"type": "Tombstone"},
    ],
)
async def test_what_its_authors_own_server_does_not_say_to_all_is_not_shown(
    scene: Scene, more: dict[str, Any]
) -> None:
    post = scene.note(**more)
    lie = {**scene.finn.note(to=[PUBLIC]), "content": "<p>a lie</p>"}
    await scene.shares(post)
    await scene.shares(lie)
    await scene.settled()
    await scene.settled(timedelta(seconds=15))
    assert await scene.feed() == []
    assert await scene.rows(tables.posts) == [] and await scene.kept() == []
    assert scene.asked(post) == 1, "what was refused is not asked for again"


@pytest.mark.clause("INB-12.1")
async def test_an_answer_to_what_is_not_known_here_is_shown_by_itself(scene: Scene) -> None:
    post = scene.note(inReplyTo="https://elsewhere.test/o/1")
    await scene.shares(post)
    await scene.settled()
    assert await scene.shown() == [(post, scene.finn.id, scene.eve.id)]


@pytest.mark.clause("INB-12.1")
async def test_a_video_of_a_stranger_is_shown_with_its_files(scene: Scene) -> None:
    id = "https://third.test/videos/1"
    files = [{"type": "Link", "mediaType": "video/mp4", "href": f"{id}.mp4", "height": 720}]
    scene.third.put(id, {
        "@context": "https://www.w3.org/ns/activitystreams", "type": "Video", "id": id,
        "name": "Bees", "duration": "PT12S", "published": "2025-12-31T00:00:00Z",
        "attributedTo": [{"type": "Person", "id": scene.finn.id}],
        "to": [PUBLIC], "cc": [], "url": files,
    })  # fmt: skip
    await scene.shares(id)
    await scene.settled()
    assert await scene.shown() == [(id, scene.finn.id, scene.eve.id)]
    assert [row.id for row in await scene.rows(tables.videos)] == [id]


@pytest.mark.clause("INB-12.3", "INB-3.3")
async def test_what_is_taken_back_while_it_is_fetched_is_not_shown(scene: Scene) -> None:
    post = scene.note()
    said = await scene.shares(post)
    await scene.takes_back(said)
    await scene.settled()
    assert await scene.feed() == [] and await scene.kept() == []
    await scene.takes_back(await scene.shares(post))
    await scene.settled()
    assert await scene.feed() == []


@pytest.mark.clause("INB-12.3", "INB-3.3")
async def test_what_is_taken_back_without_its_id_while_it_is_fetched_is_not_shown(
    scene: Scene,
) -> None:
    post = scene.note()
    said = await scene.shares(post)
    enclosed = {name: value for name, value in said.items() if name != "id"}
    undo = scene.eve.says("Undo", post, "https://tube.test/t/undo", to=[PUBLIC])
    await scene.tube.say(scene.alpha, scene.eve, {**undo, "object": enclosed})
    await scene.settled()
    assert await scene.feed() == [] and await scene.kept() == []


@pytest.mark.clause("INB-12.2", "FED-7.7")
async def test_what_who_is_suspended_wrote_is_not_fetched_nor_shown(scene: Scene) -> None:
    post = scene.note()
    await scene.shares(post)
    async with scene.alpha.line(scene.town.admin_tokens["alpha.test"]) as line:
        await scene.alpha.node.lines.discovery.actor(scene.finn.id)
        choice = ActorChoice(actor=scene.finn.id, suspended=True)
        await line.ask("PUT", "/admin/actors", ActorList, choice)
    await scene.settled()
    assert await scene.feed() == []
    assert await scene.rows(tables.posts) == []


@pytest.mark.clause("INB-12.4", "INB-9.2")
async def test_who_shares_ten_thousand_posts_makes_little_work(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing, "MOST_A_DAY", 30)
    many = 60
    for number in range(many):
        await scene.shares(f"https://third.test/o/none-{number}")
        await scene.settled()
    fetched = [request for request in scene.third.asked if "/o/none-" in request.url]
    assert len(fetched) == FETCHED.of_one
    # What came to nothing leaves no row: those that wait for the next hour stand for a while.
    assert len(await scene.kept()) <= 30
    assert len(await scene.rows(tables.jobs)) <= many + 20
    await scene.settled(timedelta(hours=1))
    await scene.settled(timedelta(hours=1))
    assert await scene.kept() == [] and await scene.rows(tables.posts) == []


@pytest.mark.clause("INB-9.2")
async def test_a_silent_server_is_not_asked_for_each_of_its_posts(scene: Scene) -> None:
    posts = [scene.note(str(number)) for number in range(6)]
    asked: list[str] = []

    async def silent(request: Any) -> Any:
        asked.append(request.url)
        raise Unreachable("no answer in time")

    answer, scene.town.strangers["third.test"] = scene.third.answer, silent
    for post in posts:
        await scene.shares(post)
    await scene.settled()
    assert len(asked) == 1
    scene.town.strangers["third.test"] = answer
    for _ in range(8):
        await scene.settled(timedelta(minutes=1))
    await scene.settled(WAITS[1])
    assert sorted(id for id, _, _ in await scene.shown()) == posts


@pytest.mark.clause("INB-9.2")
async def test_what_does_not_answer_holds_up_nothing_else_of_its_domain(scene: Scene) -> None:
    """Someone shares what is dead whenever the honest share is due to be asked for again."""
    for number, span in enumerate((0, 1, 10, 60)):
        await scene.settled(timedelta(minutes=span))
        await scene.shares(f"https://dead.third.test/o/{number}")
        await scene.settled()
    post = scene.note()
    await scene.shares(post)
    await scene.settled()
    assert scene.asked(post) == 1
    assert [id for id, _, _ in await scene.shown()] == [post]


@pytest.mark.clause("INB-9.2")
async def test_what_one_points_at_and_does_not_answer_holds_up_nobody_else(scene: Scene) -> None:
    post, answer = scene.note(), scene.third.answer

    async def answers(request: Any) -> Any:
        if "/slow" in request.url:
            raise Unreachable("no answer in time")
        return await answer(request)

    scene.town.strangers["third.test"] = answers
    mallory = scene.tube.character("mallory")
    await scene.alpha.node.lines.discovery.actor(mallory.id)
    await scene.follow(scene.alice.actor, mallory.id)
    said = mallory.says(
        "Announce", "https://third.test/o/slow", "https://tube.test/t/slow", to=[PUBLIC]
    )
    await scene.tube.say(scene.alpha, mallory, said)
    await scene.settled()
    await scene.shares(post)
    await scene.settled()
    assert [id for id, _, _ in await scene.shown()] == [post]


@pytest.mark.clause("INB-9.2")
async def test_what_waits_for_a_silent_server_uses_up_no_try(scene: Scene) -> None:
    """More of one's shares wait there than are asked for while it is away."""
    posts = [scene.note(str(number)) for number in range(6)]
    answer = scene.third.answer
    asked: list[str] = []

    async def silent(request: Any) -> Any:
        asked.append(request.url)
        raise Unreachable("no answer in time")

    scene.town.strangers["third.test"] = silent
    for post in posts:
        await scene.shares(post)
    await scene.settled()
    for _ in range(80):
        await scene.settled(timedelta(minutes=1))
    scene.town.strangers["third.test"] = answer
    for _ in range(8):
        await scene.settled(timedelta(hours=1))
    shown = {id for id, _, _ in await scene.shown()}
    assert shown == {one for one in posts if asked.count(one) <= len(WAITS)}
    assert shown, "what was asked for four times is left; the others only waited"


@pytest.mark.clause("INB-9.2")
def test_a_server_is_not_made_to_serve_what_many_others_point_at() -> None:
    pace = Pace(clock := FakeClock())
    begun = sum(
        pace.begin(f"d{each % 50}.test", f"a{each}", "third.test") for each in range(2 * MOST_AT)
    )
    assert begun == MOST_AT
    assert pace.begin("third.test", "finn", "third.test"), "its own people pass on their own"
    with pace.place("a.test", "1", "third.test"), pace.place("b.test", "2", "third.test"):
        with pace.place("c.test", "3", "third.test") as free:
            assert not free
        with pace.place("c.test", "4", "other.test") as free:
            assert free
    clock.pass_(timedelta(hours=1))
    assert pace.begin("d1.test", "a1", "third.test")


@pytest.mark.clause("INB-9.2")
def test_however_many_somebody_follows_others_read_whom_they_follow() -> None:
    """120 accounts of one domain, whom one person here follows, used up its hour for all."""
    pace = Pace(FakeClock())
    for puppet in range(FETCHED.firsts):
        for _ in range(FETCHED.of_one if puppet < 10 else 2):
            pace.begin("tube.test", f"puppet{puppet}", readers=("mallory",))
    assert not pace.begin("tube.test", "puppet", readers=("mallory",))
    assert not pace.begin("tube.test", "bees"), "for nobody"
    found = [pace.begin("tube.test", "bees", readers=("mallory", "alice")) for _ in range(20)]
    assert sum(found) == FETCHED.of_reader
    assert pace.begin("tube.test", "wasps", readers=("bob",))

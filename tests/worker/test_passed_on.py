"""What is passed on and is not known here is fetched from where it stands, within bounds."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from node.errors import Unreachable
from node.federation.activities.shapes import PUBLIC
from node.inbox.passed_on import PASSED_ON
from node.store import tables
from node.testing.fakes import FakeClock
from node.testing.rows import Rows
from node.testing.town import Town, open_town
from node.testing.weather import Character, Heard, Stranger
from node.wire.api.inbox import PostList
from node.wire.api.servers import ActorChoice, ActorList
from node.worker import passed_on
from node.worker.passed_on import (
    AT_ONCE_OF_DOMAIN,
    FETCHED,
    WAITING,
    WAITS,
    Pace,
    Share,
)
from tests.stories.people import Person, person


class Scene(Rows):
    """Alice follows the channel `bees` of tube.test; its videos are Bob's."""

    def __init__(self, town: Town, tube: Stranger, alice: Person) -> None:
        self.town, self.tube, self.alice = town, tube, alice
        self.alpha = town.nodes["alpha.test"]
        self.database = self.alpha.node.stores.database
        self.bob, self.eve = tube.character("bob"), tube.character("eve")
        self.bees = tube.character("bees")
        tube.put(self.bees.id, self.bees.document(type="Group"))
        self._shares = 0

    def video(self, name: str = "1", **more: Any) -> str:
        """A video of the channel's, as PeerTube shows it."""
        id = f"https://tube.test/videos/{name}"
        files = [{"type": "Link", "mediaType": "video/mp4", "href": f"{id}.mp4", "height": 720}]
        self.tube.put(id, {
            "@context": "https://www.w3.org/ns/activitystreams", "type": "Video", "id": id,
            "name": f"Bees {name}", "duration": "PT12S", "published": "2025-12-31T00:00:00Z",
            "attributedTo": [
                {"type": "Group", "id": self.bees.id}, {"type": "Person", "id": self.bob.id}
            ],
            "to": [PUBLIC], "cc": [], "url": files, **more,
        })  # fmt: skip
        return id

    async def shares(self, what: Any, by: Character | None = None) -> Heard:
        """An Announce, the channel's."""
        self._shares += 1
        id = f"https://tube.test/t/share-{self._shares}"
        by = by or self.bees
        return await self.tube.say(self.alpha, by, by.says("Announce", what, id, to=[PUBLIC]))

    async def feed(self) -> list[str]:
        listed = await self.alice.line.ask("GET", "/feed?of=following", PostList)
        return [post.id for post in listed.items]

    def asked(self, id: str) -> int:
        return sum(request.url == id for request in self.tube.asked)

    async def settled(self, span: timedelta = timedelta(0)) -> None:
        await self.town.settle(span)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_town(tmp_path, "alpha.test") as town, person(town, "alice", "alpha.test") as me:
        tube = Stranger(town, "tube.test")
        scene = Scene(town, tube, me)
        await scene.alpha.node.lines.discovery.actor(scene.bees.id)
        await scene.follow(me.actor, scene.bees.id)
        yield scene
        await tube.close()


@pytest.mark.clause("INB-9.1", "VID-8.4")
async def test_a_followed_channel_of_peertube_does_not_stay_empty(scene: Scene) -> None:
    """As PeerTube sends it to who follows the channel alone: an Announce, and no Create."""
    video = scene.video()
    await scene.shares(video)
    await scene.shares(video)
    await scene.settled()
    assert await scene.feed() == [video]
    (kept,) = await scene.rows(tables.videos)
    assert (kept.author, kept.channel) == (scene.bob.id, scene.bees.id)
    assert scene.asked(video) == 1, "the second time it is known"


@pytest.mark.clause("INB-9.1")
async def test_what_the_announce_encloses_is_not_believed(scene: Scene) -> None:
    video = scene.video()
    lie = {"type": "Video", "id": video, "name": "Wasps", "attributedTo": scene.bob.id}
    await scene.shares(lie)
    await scene.settled()
    listed = await scene.alice.line.ask("GET", "/feed", PostList)
    assert [post.name for post in listed.items] == ["Bees 1"]


@pytest.mark.clause("INB-9.1", "VID-8.5", "FED-6.5")
@pytest.mark.parametrize(
    "more",
    [
        {"id": "https://tube.test/videos/other"},
        {"id": "https://alpha.test/o/1"},
        {"attributedTo": "https://other.test/a/bob"},
        {"attributedTo": []},
        {"type": "Tombstone"},
        {"type": "Like", "object": "https://tube.test/videos/2"},
    ],
)
async def test_what_stands_there_is_judged_as_what_arrives(
    scene: Scene, more: dict[str, Any]
) -> None:
    video = scene.video("bad", **more)
    await scene.shares(video)
    await scene.shares(scene.video("good"))
    await scene.settled()
    assert await scene.feed() == ["https://tube.test/videos/good"]
    await scene.shares(video)
    await scene.settled(timedelta(minutes=59))
    assert scene.asked(video) == 1, "what was refused is not asked for again"
    scene.video("bad")
    await scene.shares(video)
    await scene.settled(timedelta(hours=1))
    await scene.shares(video)
    await scene.settled()
    assert video in await scene.feed(), "but for an hour"


@pytest.mark.clause("INB-9.1")
async def test_nothing_is_fetched_for_whom_nobody_follows_nor_of_another_origin(
    scene: Scene,
) -> None:
    other = "https://other.test/videos/1"
    await scene.shares(other)
    video = scene.video()
    said = scene.eve.says("Announce", video, to=[PUBLIC, scene.alice.actor])
    assert (await scene.tube.say(scene.alpha, scene.eve, said)).status == 202
    taken_back = scene.bees.says("Undo", "https://tube.test/t/share-2", to=[PUBLIC])
    taken_back["object"] = {"id": "https://tube.test/t/share-2", "type": "Announce",
                            "actor": scene.bees.id, "object": video}  # fmt: skip
    await scene.tube.say(scene.alpha, scene.bees, taken_back)
    await scene.settled()
    await scene.shares(video)
    await scene.settled()
    assert scene.asked(video) == 0
    assert not any(request.url == other for request in scene.town.sent)
    assert await scene.feed() == []


@pytest.mark.clause("INB-9.1", "FED-7.7")
async def test_who_is_suspended_meanwhile_is_not_asked(scene: Scene) -> None:
    video = scene.video()
    await scene.shares(video)
    async with scene.alpha.line(scene.town.admin_tokens["alpha.test"]) as line:
        await scene.alpha.node.lines.discovery.actor(scene.bob.id)
        choice = ActorChoice(actor=scene.bob.id, suspended=True)
        await line.ask("PUT", "/admin/actors", ActorList, choice)
    await scene.settled(timedelta(seconds=10))
    assert await scene.feed() == []
    assert await scene.rows(tables.videos) == []


@pytest.mark.clause("INB-9.2")
async def test_a_silent_server_is_asked_a_few_times_and_then_left(scene: Scene) -> None:
    await scene.alpha.node.lines.discovery.actor(scene.bob.id)
    late, never = scene.video("late"), scene.video("never")
    pages = {id: scene.tube.pages.pop(id) for id in (late, never)}
    away = scene.tube.answer

    async def silent(request: Any) -> Any:
        if request.url in (late, never) and request.url not in scene.tube.pages:
            scene.tube.asked.append(request)
            raise Unreachable("no answer in time")
        return await away(request)

    scene.town.strangers["tube.test"] = silent
    await scene.shares(late)
    await scene.shares(never)
    await scene.settled()
    assert (scene.asked(late), scene.asked(never)) == (1, 1)
    await scene.settled(WAITS[0])
    scene.tube.pages[late] = pages[late]
    for span in WAITS[1:]:
        await scene.settled(span)
    assert await scene.feed() == [late]
    await scene.settled(timedelta(days=1))
    assert scene.asked(never) == 1 + len(WAITS)


@pytest.mark.clause("INB-9.2")
async def test_a_flood_of_shares_of_one_takes_no_share_of_others(scene: Scene) -> None:
    """Who has one follower here shared so many dead ids that a channel's videos were not seen."""
    await scene.alpha.node.lines.discovery.actor(scene.eve.id)
    await scene.follow(scene.alice.actor, scene.eve.id)
    for number in range(FETCHED.of_domain):
        await scene.shares(f"https://tube.test/videos/none-{number}", by=scene.eve)
        await scene.settled()
    fetched = [request for request in scene.tube.asked if "/videos/none-" in request.url]
    assert len(fetched) == FETCHED.of_one
    await scene.shares(video := scene.video())
    await scene.settled()
    assert await scene.feed() == [video]


@pytest.mark.clause("INB-9.2")
async def test_what_is_beyond_the_share_of_an_hour_is_fetched_in_a_later_one(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passed_on, "FETCHED", Share(2, 120, 1, 600, 0, 0))
    monkeypatch.setattr(passed_on, "PUT_OFF_TIMES", 2)
    videos = [scene.video(str(number)) for number in range(7)]
    for video in videos:
        await scene.shares(video)
        await scene.settled()
    for most in (2, 4, 6, 6):
        assert len(await scene.feed()) == most
        await scene.settled(timedelta(hours=1))
        await scene.settled(timedelta(minutes=1))
    assert sum(scene.asked(video) for video in videos) == 6, "and then it is left"
    jobs = [job for job in await scene.rows(tables.jobs) if job.kind == PASSED_ON]
    assert {job.state for job in jobs} == {"done"}


@pytest.mark.clause("INB-9.2")
def test_a_domain_and_each_of_its_people_have_their_share_of_an_hour() -> None:
    pace = Pace(clock := FakeClock())
    for count, share in ((pace.begin, FETCHED), (pace.put_off, WAITING)):
        people = [f"a{each}" for each in range(12)]
        of_each = {
            one: sum(count("tube.test", one) for _ in range(share.of_domain)) for one in people
        }
        beyond = share.of_one - share.first
        few, rest = divmod(share.of_domain, beyond)
        assert [*of_each.values()][:few] == [share.of_one] * few
        assert of_each[people[few]] == share.first + rest
        # Whatever those did: each of the others has their first ones.
        assert {of_each[one] for one in people[few + 1 :]} == {share.first}
        others = sum(count("tube.test", f"b{each}") for each in range(share.firsts))
        assert others == share.firsts - share.first * len(people)
        assert count("other.test", "bees of others")
    clock.pass_(timedelta(hours=1))
    assert pace.begin("tube.test", "bees") and pace.put_off("tube.test", "bees")


@pytest.mark.clause("INB-9.2")
def test_a_domain_has_so_many_places_at_a_time() -> None:
    pace = Pace(FakeClock())
    places = [pace.place("tube.test", str(each)) for each in range(AT_ONCE_OF_DOMAIN + 1)]
    assert [place.__enter__() for place in places] == [True] * AT_ONCE_OF_DOMAIN + [False]
    with pace.place("other.test", "1") as free:
        assert free
    for place in places:
        place.__exit__(None, None, None)
    with pace.place("tube.test", "1") as free:
        assert free


@pytest.mark.clause("INB-9.2")
async def test_what_finds_no_place_is_fetched_a_little_later(scene: Scene) -> None:
    videos = [scene.video(str(number)) for number in range(AT_ONCE_OF_DOMAIN + 3)]
    for video in videos:
        await scene.shares(video)
    await scene.settled()
    for _ in videos:
        await scene.settled(timedelta(seconds=15))
    assert sorted(await scene.feed()) == sorted(videos)

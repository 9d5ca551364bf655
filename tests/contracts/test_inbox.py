"""Posts, feeds, likes and notices, on the fake and both databases."""

import json
from datetime import timedelta

import pytest
from msgspec.structs import replace

from node.federation.activities.shapes import Block, Delete, Like, Undo, UpdateNote
from node.inbox import publishing
from node.inbox.audiences import Choice
from node.inbox.known import Known
from node.store.feeds import FeedUnit, Page
from node.store.streams import StreamsUnit
from node.store.unit import VOID
from node.testing.fakes import NEW_YEAR
from node.wire.api.cursor import Cursor
from tests.contracts.stores import Store
from tests.inbox.harness import (
    ALICE,
    BOB,
    CAROL,
    DORA,
    EVE,
    PUBLIC_TO,
    Harness,
    actor_id,
    any_harness,
    create,
    note,
)


@pytest.fixture
async def harness(store: Store) -> Harness:
    return await any_harness(store)


@pytest.mark.clause("INB-5.4", "INB-3.3")
@pytest.mark.parametrize("by_id", [True, False])
async def test_who_flaps_rings_no_device_twice(harness: Harness, by_id: bool) -> None:
    """Like and Undo, a hundred times over; a day later it is news again."""
    mine = await harness.publish(ALICE)

    async def flap(number: int) -> None:
        like = Like(f"{BOB}/like/{number}", BOB, mine.id)
        undo = Undo(f"{BOB}/undo/{number}", BOB, like.id if by_id else "", like)
        await harness.hear(like, undo)

    for number in range(25):
        await flap(number)
    assert await harness.notices(ALICE) == []
    await harness.hear(Like(f"{BOB}/last", BOB, mine.id), Like(f"{DORA}/like", DORA, mine.id))
    liked = [("like", DORA, mine.id), ("like", BOB, mine.id)]
    assert await harness.notices(ALICE) == liked
    assert (await harness.shown(ALICE, mine.id)).likes == 2
    rang = [kind for kind in await harness.told() if kind in ("notice", VOID)]
    assert len(rang) == 2, "the first, and the other one's"
    harness.clock.pass_(timedelta(days=2))
    last = Like(f"{BOB}/last", BOB, mine.id)
    await harness.hear(Undo(f"{BOB}/undo", BOB, "", last))
    harness.clock.pass_(timedelta(days=2))
    before = (await harness.told()).count("notice")
    await harness.hear(Like(f"{BOB}/anew", BOB, mine.id))
    assert (await harness.told()).count("notice") == before + 1


@pytest.mark.clause("INB-1.1", "INB-2.3", "INB-5.1")
async def test_posts_and_comments(harness: Harness) -> None:
    posts = [note(BOB, str(number), lang="de") for number in range(5)]
    await harness.hear(*map(create, posts), *map(create, posts))
    found, after = [], None
    for _ in range(9):
        items, after = await harness.look(lambda unit, a=after: unit.feed("alice", ALICE, 2, a))
        found += [one.id for one in items]
        if after is None:
            break
    assert found == sorted((one.id for one in posts), reverse=True)
    mine = await harness.publish(ALICE)
    said = await harness.comment(CAROL, mine.id)
    await harness.hear(create(note(DORA, "d", in_reply_to=said.id, to=(f"{ALICE}/friends", CAROL))))
    assert len(await harness.comments(CAROL, mine.id)) == 2
    assert not await harness.sees(EVE, mine.id)
    listed, _ = await harness.look(lambda unit: unit.by_author(ALICE, EVE, 40, None))
    assert listed == []
    newer = note(BOB, "0", content="<p>newer</p>", updated=harness.clock.now())
    await harness.hear(UpdateNote(f"{BOB}/update", BOB, newer))
    assert (await harness.shown(ALICE, newer.id)).content == "<p>newer</p>"
    warned = replace(newer, content="<p>aaa</p>", summary="spiders", sensitive=True)
    await harness.hear(UpdateNote(f"{BOB}/update/2", BOB, warned))
    await harness.hear(UpdateNote(f"{BOB}/update/3", BOB, replace(newer, content="<p>zzz</p>")))
    last = replace(newer, content="<p>newer</p>")
    await harness.hear(UpdateNote(f"{BOB}/update/4", BOB, last))
    there = await harness.shown(ALICE, newer.id)
    assert (there.content, there.summary, there.sensitive) == ("<p>newer</p>", "spiders", True)
    for name, state in (("1", "applied"), ("2", "new")):
        body = f'{{"object": {{"id": "{newer.id}", "content": "newer"}}}}'.encode()
        await harness.put_arrival(BOB, name, body, state)
    await harness.put_arrival(BOB, "3", b"{}", "applied")
    await harness.hear(Delete(f"{BOB}/delete", BOB, newer.id))
    assert await harness.arrivals() == {"1": b"", "2": body, "3": b"{}"}
    assert newer.id not in await harness.feed(ALICE)
    assert len(await harness.notices(ALICE)) == 2


@pytest.mark.clause("INB-2.5")
async def test_a_server_that_knows_no_friendship_is_named_its_own_friends_alone(
    harness: Harness,
) -> None:
    """Gus only follows."""
    fay, gus = [await harness.person(actor_id(name, "gamma.test")) for name in ("fay", "gus")]
    await harness.friendship(ALICE, fay)
    await harness.follow(gus, ALICE)
    await harness.publish(ALICE)
    inboxes = {id: f"{id}/inbox" for id in (BOB, DORA, fay, gus)}
    assert harness.named == {inboxes[id]: {id} for id in (BOB, DORA, fay)}
    assert {box for _, box in harness.sent} == set(harness.named)
    await harness.publish(ALICE, choice=Choice.FOLLOWERS)
    assert harness.named == {box: set() for box in inboxes.values()}


@pytest.mark.clause("INB-5.8")
async def test_a_post_that_comes_into_the_feed_is_told_once(harness: Harness) -> None:
    place = await harness.units.look(StreamsUnit, lambda unit: unit.newest("alice"))
    made = note()
    await harness.hear(create(made), create(made))
    await harness.publish(CAROL, choice=Choice.PUBLIC)
    told = await harness.units.look(StreamsUnit, lambda unit: unit.behind(place, "alice", ""))
    first, second = [(one.kind, json.loads(one.data)) for one in told]
    assert first == ("post", {"id": made.id, "author": BOB})
    assert (second[0], second[1]["author"]) == ("post", CAROL)
    assert await harness.units.look(StreamsUnit, lambda unit: unit.behind(place, "carol", "")) == []


@pytest.mark.clause("INB-5.6", "INB-5.7")
async def test_the_parts_of_a_feed(harness: Harness) -> None:
    """Friends, those who are followed, and what people of the node posted to all."""
    followed = actor_id("fay", "gamma.test")
    await harness.person(followed)
    for one in (followed, BOB):
        await harness.follow(ALICE, one)
    everyone = {"to": PUBLIC_TO, "published": NEW_YEAR}
    by_bob, by_dora = note(BOB), note(DORA, "d")
    by_fay = [note(followed, f"f{n}", **everyone) for n in range(3)]
    await harness.hear(*map(create, [by_bob, *by_fay, by_dora]))
    to_all = await harness.publish(CAROL, choice=Choice.PUBLIC)
    to_friends = await harness.publish(CAROL, choice=Choice.FRIENDS)
    await harness.comment(ALICE, to_all.id)
    mine = await harness.publish(ALICE, choice=Choice.PUBLIC)

    async def walked(part: str, reader: str = ALICE, limit: int = 1, size: int = 2) -> list[str]:
        found: list[str] = []
        name = reader.rpartition("/")[2]
        after: Cursor | None = None

        async def look(unit: FeedUnit) -> Page:
            if part == "local":
                return await unit.local(reader, limit, after)
            look_at = unit.by_friends if part == "friends" else unit.by_followed
            return await look_at(name, reader, limit, after, size)

        for _ in range(20):
            items, after = await harness.look(look)
            found += [one.id for one in items]
            if after is None:
                return found
        raise AssertionError("it does not end")

    for limit, size in ((1, 1), (1, 2), (2, 1), (2, 3), (9, 9)):
        friends = await walked("friends", limit=limit, size=size)
        assert sorted(friends) == sorted([by_bob.id, by_dora.id, to_all.id, to_friends.id])
        following = await walked("following", limit=limit, size=size)
        assert sorted(following) == sorted([by_bob.id, *(one.id for one in by_fay)])
    whole = await harness.feed(ALICE)
    assert [id for id in whole if id in friends] == friends
    assert [id for id in whole if id in following] == following
    assert set(whole) == {*friends, *following}
    # Nobody is ever shown what is not for all, nor who blocks them, nor anyone suspended.
    assert await walked("local") == [mine.id, to_all.id] == await walked("local", CAROL)
    await harness.friendship(ALICE, DORA, "none")
    assert by_dora.id not in await walked("friends")
    await harness.friendship(CAROL, ALICE, "blocked", "none")
    assert (await walked("local"), await walked("local", CAROL)) == ([mine.id], [to_all.id])
    await harness.do(lambda unit: publishing.delete(unit, CAROL, to_all.id))
    assert await walked("local", CAROL) == []


@pytest.mark.clause("INB-3.1", "INB-3.3", "INB-5.2", "INB-5.5")
async def test_likes_blocks_and_the_stream(harness: Harness) -> None:
    mine = await harness.publish(ALICE, choice=Choice.PUBLIC, actors=(EVE,))
    said = Like(f"{BOB}/like", BOB, mine.id)
    await harness.hear(said, Like(f"{BOB}/like/2", BOB, mine.id), said)
    assert (await harness.shown(ALICE, mine.id)).likes == 1
    await harness.hear(Undo(f"{BOB}/undo", BOB, said.id), Undo(f"{BOB}/undo/2", BOB, "", said))
    assert (await harness.shown(ALICE, mine.id)).likes == 0
    await harness.do(lambda unit: publishing.like(unit, CAROL, mine.id))
    await harness.hear(create(note()), Like(f"{BOB}/like/3", BOB, mine.id))
    place = await harness.units.look(StreamsUnit, lambda unit: unit.newest("alice"))
    await harness.hear(Block(f"{ALICE}/block", ALICE, BOB))
    assert await harness.units.look(StreamsUnit, lambda unit: unit.unbroken(place))
    assert await harness.notices(ALICE) == [("like", CAROL, mine.id)]
    (newest,) = (await harness.look(lambda unit: unit.noticed("alice", 9, None)))[0]
    await harness.units.run(FeedUnit, lambda unit: unit.read_up_to("alice", newest.id))
    audience = await harness.look(lambda unit: unit.audience(mine.id))
    sent, place = await harness.look(lambda unit: unit.recipients(ALICE, audience, "", 9))
    assert (sent, place) == (sorted([BOB, DORA, EVE]), "")  # Carol lives here
    assert await harness.look(lambda unit: unit.respondents(mine.id)) == []  # all live here
    await harness.hear(Like(f"{DORA}/like/1", DORA, mine.id))
    assert await harness.look(lambda unit: unit.respondents(mine.id)) == [f"{DORA}/inbox"]


@pytest.mark.clause("INB-1.7")
async def test_an_actor_who_is_gone(harness: Harness) -> None:
    mine = await harness.publish(CAROL)
    await harness.hear(create(note()))
    await harness.do(lambda unit: unit.erase_actor(BOB))
    await harness.do(lambda unit: unit.erase_actor(CAROL))
    assert await harness.feed(ALICE) == []
    assert await harness.readers(mine.id) == []


@pytest.mark.clause("API-5.6")
async def test_posts_have_numbers_that_stay(harness: Harness) -> None:
    old = note(BOB, "old", published=harness.clock.now() - timedelta(days=3))
    early = note(BOB, "early", published=harness.clock.now() + timedelta(days=3))
    mine = await harness.publish(ALICE)
    await harness.hear(create(old), create(early))
    later = await harness.publish(ALICE)
    shown = [await harness.shown(ALICE, one.id) for one in (old, mine, early, later)]
    numbers = [int(one.number) for one in shown]
    assert numbers == sorted(set(numbers)), "an instant that is still to come counts as now"
    await harness.hear(create(old), UpdateNote(f"{BOB}/update", BOB, old))
    again = await harness.shown(ALICE, old.id)
    assert again.number == shown[0].number


@pytest.mark.clause("INB-6.1")
async def test_what_is_for_many_is_for_all_of_them_page_by_page(harness: Harness) -> None:
    mine = await harness.publish(ALICE, choice=Choice.FOLLOWERS)
    audience = await harness.look(lambda unit: unit.audience(mine.id))
    await harness.follow(EVE, ALICE)
    await harness.follow(CAROL, ALICE)

    async def pages(kind: str) -> list[list[str]]:
        found, after = [], ""
        while True:
            page, after = await harness.look(
                lambda unit, a=after: getattr(unit, kind)(ALICE, audience, a, 1)
            )
            found.append(list(page))
            if not after:
                return found

    assert await pages("recipients") == [[], [BOB], [DORA], [EVE], []], "Carol lives here"
    assert [one for page in await pages("readers") for one in page] == ["carol"]
    await harness.friendship(ALICE, BOB, "blocked", "none")
    assert [BOB] not in await pages("recipients")


@pytest.mark.clause("INB-6.1")
async def test_a_post_goes_into_each_of_many_feeds_once(harness: Harness) -> None:
    mine = await harness.publish(CAROL)
    for _ in range(2):
        await harness.do(
            lambda unit: unit.show(["alice", "carol"], Known(mine.id, CAROL, True, ""))
        )
    assert sorted(await harness.readers(mine.id)) == ["alice", "carol"]
    assert (await harness.told()).count("post") == 2


@pytest.mark.clause("API-7.1")
async def test_what_is_taken_back_is_no_event_of_the_stream_any_more(harness: Harness) -> None:
    """Of a post by its author, of a notice by itself; nothing beside it."""
    start = await harness.units.look(StreamsUnit, lambda unit: unit.newest("alice"))
    await harness.hear(create(note(BOB, "b")), create(note(CAROL, "c")))
    mine = await harness.publish(ALICE, choice=Choice.PUBLIC)
    likes = [Like(f"{who}/like", who, mine.id) for who in (BOB, CAROL)]
    await harness.hear(*likes, Undo(f"{CAROL}/undo", CAROL, likes[1].id))

    async def told() -> list[tuple[str, str]]:
        behind = await harness.units.look(
            StreamsUnit, lambda unit: unit.behind(replace(start, seq=0), "alice", "")
        )
        return [(one.kind, one.data) for one in behind]

    assert [kind for kind, data in await told() if CAROL in data] == ["post"]
    assert sorted(kind for kind, data in await told() if BOB in data) == ["notice", "post"]
    await harness.hear(Block(f"{ALICE}/block", ALICE, BOB))
    assert not [data for _, data in await told() if BOB in data]
    assert [kind for kind, data in await told() if CAROL in data] == ["post"]

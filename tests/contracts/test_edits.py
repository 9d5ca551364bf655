"""Words that are changed, on the fake and both databases (spec INB-13)."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from msgspec.structs import replace

from node.federation.activities.prose import plain
from node.federation.activities.shapes import CreateNote, Delete, Like, Note, UpdateNote
from node.inbox import changing, publishing
from node.inbox.audiences import Choice
from node.inbox.changing import Change, Version
from node.store.edits import EditsUnit
from node.store.versions import MOST_KEPT
from node.testing.fakes import NEW_YEAR
from tests.contracts.stores import Store
from tests.inbox.harness import (
    ALICE,
    BOB,
    CAROL,
    DORA,
    EVE,
    PUBLIC_TO,
    Harness,
    any_harness,
    create,
    note,
)

Refuses = Callable[[str], AbstractContextManager[None]]


@pytest.fixture
async def harness(store: Store) -> Harness:
    return await any_harness(store)


async def change(harness: Harness, id: str, actor: str = ALICE, **new: object) -> None:
    harness.sent.clear()
    wanted = Change(**new)  # type: ignore[arg-type]
    harness.clock.pass_(timedelta(seconds=1))
    await harness.units.run(EditsUnit, lambda unit: changing.change(unit, actor, id, wanted))
    await harness.settle()


async def said(harness: Harness, id: str, reader: str = ALICE) -> list[Version]:
    found = await harness.units.look(EditsUnit, lambda unit: changing.edits(unit, reader, id))
    return list(found)


async def words(harness: Harness, id: str, reader: str = ALICE) -> list[str]:
    return [plain(one.content) for one in await said(harness, id, reader)]


def updates(harness: Harness) -> dict[str, Note]:
    return {box: one.note for one, box in harness.sent if isinstance(one, UpdateNote)}


@pytest.mark.clause("INB-13.1", "INB-13.2", "INB-13.3", "INB-13.4")
async def test_a_change_reaches_all_for_whom_it_is_and_keeps_what_was_said(
    harness: Harness,
) -> None:
    mine = await harness.publish(ALICE, "the frist words", summary="a warning")
    await change(harness, mine.id, content="the first words")
    assert set(updates(harness)) == {f"{BOB}/inbox", f"{DORA}/inbox"}, "her friends elsewhere"
    sent = updates(harness)[f"{BOB}/inbox"]
    assert (plain(sent.content), sent.summary) == ("the first words", "a warning")
    assert sent.to == mine.to
    assert sent.published == mine.published
    assert sent.updated is not None
    assert sent.updated > mine.published
    shown = await harness.shown(CAROL, mine.id)
    assert (plain(shown.content), shown.updated) == ("the first words", sent.updated)
    assert await words(harness, mine.id, CAROL) == ["the first words", "the frist words"]
    assert [one.said for one in await said(harness, mine.id)] == [sent.updated, mine.published]
    assert await harness.feed(CAROL) == [mine.id], "it stands where it stood, once"


@pytest.mark.clause("INB-13.1")
async def test_only_its_author_changes_a_post_and_never_for_whom_it_is(
    harness: Harness, refused: Refuses
) -> None:
    mine = await harness.publish(ALICE)
    await harness.hear(create(theirs := note(BOB)))
    with refused("INB-13.1"):
        await change(harness, mine.id, CAROL, content="hers")
    with refused("INB-13.1"):
        await change(harness, theirs.id, content="mine")
    with refused("INB-4.1"):
        await change(harness, f"{mine.id}0", content="of nothing")
    with refused("INB-4.2"):
        await change(harness, mine.id, content="  ")
    with refused("INB-4.2"):
        await change(harness, mine.id, content="x" * 10_001)
    with refused("INB-4.5"):
        await change(harness, mine.id, lang="no language")
    await change(harness, mine.id, content="for @eve@gamma.test")
    assert not await harness.sees(EVE, mine.id)
    assert await words(harness, mine.id) == ["for @eve@gamma.test", "hello"]


@pytest.mark.clause("INB-13.1")
async def test_the_words_of_a_video_are_not_changed_this_way(
    harness: Harness, refused: Refuses
) -> None:
    film = note(ALICE, "film", video="https://alpha.test/o/film-video", content="<p>a film</p>")
    await harness.do(lambda unit: publishing.send_out(unit, film, film.id))
    with refused("INB-13.1"):
        await change(harness, film.id, content="another")


@pytest.mark.clause("INB-13.1")
async def test_what_is_said_again_as_it_stands_is_told_to_nobody(harness: Harness) -> None:
    mine = await harness.publish(ALICE, "hello")
    await change(harness, mine.id, content="hello", summary="")
    assert not harness.sent
    assert (await harness.shown(ALICE, mine.id)).updated is None
    await change(harness, mine.id, summary="a warning", sensitive=True)
    [now, before] = await said(harness, mine.id)
    assert (now.summary, now.sensitive, plain(now.content)) == ("a warning", True, "hello")
    assert (before.summary, before.sensitive) == ("", False)


@pytest.mark.clause("INB-13.2")
async def test_who_answered_and_may_not_read_it_now_hears_nothing(harness: Harness) -> None:
    mine = await harness.publish(ALICE)
    await harness.hear(Like(f"{BOB}/l/1", BOB, mine.id))
    await harness.friendship(ALICE, BOB, ours="none", theirs="none")
    await change(harness, mine.id, content="not for him any more")
    assert set(updates(harness)) == {f"{DORA}/inbox"}
    public = await harness.publish(ALICE, choice=Choice.PUBLIC)
    await harness.hear(Like(f"{EVE}/l/1", EVE, public.id))
    await change(harness, public.id, content="for all")
    assert f"{EVE}/inbox" in updates(harness), "who liked what all may read"


@pytest.mark.clause("INB-13.2")
async def test_who_is_mentioned_anew_is_told_and_who_was_is_not_told_again(
    harness: Harness,
) -> None:
    mine = await harness.publish(ALICE, "with @carol", choice=Choice.PUBLIC)
    before = await harness.notices(CAROL)
    await change(harness, mine.id, content="with @carol and @eve@gamma.test")
    sent = updates(harness)[f"{EVE}/inbox"]
    assert set(sent.mentions) == {CAROL, EVE}
    assert EVE in sent.cc
    assert await harness.notices(CAROL) == before
    own = await harness.units.look(EditsUnit, lambda unit: unit.own_words(mine.id))
    assert own is not None
    assert set(own.mentions) == {CAROL, EVE}, "so does the document at its id"


@pytest.mark.clause("INB-13.2")
async def test_a_clock_that_goes_back_loses_no_change(harness: Harness) -> None:
    mine = await harness.publish(ALICE, "one")
    await change(harness, mine.id, content="two")
    harness.clock.pass_(timedelta(days=-3))
    await change(harness, mine.id, content="three")
    assert await words(harness, mine.id) == ["three", "two", "one"]
    dates = [one.said for one in await said(harness, mine.id)]
    assert dates == sorted(dates, reverse=True)


@pytest.mark.clause("INB-13.3")
async def test_what_another_server_changed_is_kept_in_its_order_and_bounded(
    harness: Harness,
) -> None:
    first = note(BOB, content="<p>0</p>")
    await harness.hear(create(first))

    def newer(number: int, seconds: int) -> UpdateNote:
        at = NEW_YEAR + timedelta(seconds=seconds)
        words = replace(first, content=f"<p>{number}</p>", updated=at)
        return UpdateNote(f"{BOB}/u/{number}", BOB, words)

    await harness.hear(newer(1, 5), newer(2, 5), newer(3, 9), newer(3, 10), newer(4, 2))
    assert await words(harness, first.id) == ["3", "2", "1", "0"], "all, in their order, once"
    await harness.hear(*(newer(number, 10 + number) for number in range(5, 60)))
    kept = await words(harness, first.id)
    assert len(kept) == MOST_KEPT + 1
    assert kept[0] == "59"
    assert kept[1:3] == ["58", "57"]
    assert kept[-1] == "0", "the first words stay"


@pytest.mark.clause("INB-13.3")
async def test_earlier_words_are_shown_to_whom_the_post_is_shown_and_go_with_it(
    harness: Harness, refused: Refuses
) -> None:
    mine = await harness.publish(ALICE, "one")
    await change(harness, mine.id, content="two")
    with refused("INB-4.1"):
        await said(harness, mine.id, EVE)
    await harness.do(lambda unit: publishing.delete(unit, ALICE, mine.id))
    with refused("INB-4.1"):
        await said(harness, mine.id)
    left = await harness.units.look(EditsUnit, lambda unit: unit.versions(mine.id))
    assert {one.content for one in left} == {""}
    theirs = note(BOB, "9", content="<p>a secret</p>")
    await harness.hear(create(theirs))
    changed = replace(theirs, content="<p>none</p>", updated=NEW_YEAR + timedelta(seconds=4))
    await harness.hear(UpdateNote(f"{BOB}/u/9", BOB, changed), Delete(f"{BOB}/d", BOB, BOB))
    left = await harness.units.look(EditsUnit, lambda unit: unit.versions(theirs.id))
    assert {one.content for one in left} == {""}


@pytest.mark.clause("INB-13.1")
async def test_a_comment_is_changed_for_the_people_of_its_thread(harness: Harness) -> None:
    await harness.hear(create(theirs := note(BOB, to=PUBLIC_TO)))
    mine = await harness.comment(ALICE, theirs.id, "nise")
    await change(harness, mine.id, content="nice")
    assert f"{BOB}/inbox" in updates(harness)
    assert updates(harness)[f"{BOB}/inbox"].in_reply_to == theirs.id
    assert [one for one in harness.sent if isinstance(one[0], CreateNote)] == []


@pytest.mark.clause("INB-13.1", "INB-4.6")
async def test_no_change_after_change_names_more_people_than_a_post_may(
    harness: Harness, refused: Refuses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changing, "MOST_NAMED", 1)
    mine = await harness.publish(ALICE, "with @carol", choice=Choice.PUBLIC)
    with refused("INB-4.6"):
        await change(harness, mine.id, content="with @carol and @eve@gamma.test")
    assert await words(harness, mine.id) == ["with @carol"]

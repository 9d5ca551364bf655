"""What our people do: publish, comment, like, delete (INB-2, INB-4)."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from node.federation.activities.posts import render_note
from node.federation.activities.prose import plain
from node.federation.activities.shapes import CreateNote, Delete, Like, Undo
from node.inbox import publishing
from node.inbox.audiences import Choice
from node.testing.memory import MemoryTables
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
async def harness() -> Harness:
    """What is asked here are the room's rules: rows need no file for that."""
    return await any_harness(MemoryTables())


def boxes(harness: Harness, kind: type) -> set[str]:
    return {box for activity, box in harness.sent if isinstance(activity, kind)}


@pytest.mark.clause("INB-2.1")
async def test_a_post_for_friends_goes_to_friends_and_to_nobody_else(harness: Harness) -> None:
    await harness.follow(EVE, ALICE)
    mine = await harness.publish(ALICE)
    assert boxes(harness, CreateNote) == {f"{BOB}/inbox", f"{DORA}/inbox"}
    assert await harness.feed(CAROL) == [mine.id]
    assert mine.to == (f"{ALICE}/friends",)
    assert not await harness.sees(EVE, mine.id)


@pytest.mark.clause("INB-4.7", "INB-4.8")
async def test_what_is_typed_is_linked_and_the_mentioned_are_told(harness: Harness) -> None:
    text = "See https://x.example/a?b=1&c=(2). #Cats #1 @eve@gamma.test, @carol @nobody@beta.test"
    mine = await harness.publish(ALICE, text, choice=Choice.PUBLIC)
    assert plain(mine.content) == text
    document = render_note(mine)
    assert '<a href="https://x.example/a?b=1&amp;c=(2)"' in mine.content
    assert [one["type"] for one in document["tag"]] == ["Mention", "Mention", "Hashtag"]
    assert [one["name"] for one in document["tag"] if one["type"] == "Hashtag"] == ["#Cats"]
    assert set(mine.mentions) == {EVE, CAROL}
    assert EVE in mine.cc
    assert f"{EVE}/inbox" in boxes(harness, CreateNote), "who does not follow is told too"
    assert [(kind, of) for kind, _, of in await harness.notices(CAROL)] == [("mention", mine.id)]
    assert mine.content.count("<a ") == 4


@pytest.mark.clause("INB-4.8")
async def test_a_mention_from_elsewhere_is_told_once_and_only_to_who_may_see_it(
    harness: Harness,
) -> None:
    for_all = note(EVE, "7", to=PUBLIC_TO, cc=(ALICE,), mentions=(ALICE,))
    await harness.follow(ALICE, EVE)
    await harness.hear(create(for_all), create(for_all))
    assert [(kind, of) for kind, _, of in await harness.notices(ALICE)] == [("mention", for_all.id)]
    await harness.hear(create(note(BOB, "8", mentions=(CAROL, EVE))))
    assert [kind for kind, *_ in await harness.notices(EVE)] == []
    mine = await harness.publish(ALICE)
    await harness.hear(create(note(BOB, "9", in_reply_to=mine.id, mentions=(ALICE,), to=(ALICE,))))
    assert [kind for kind, *_ in await harness.notices(ALICE)] == ["comment", "mention"]


@pytest.mark.clause("INB-4.2")
@pytest.mark.parametrize("text", ["a & <friends> b", "1 < 2 > 1", "<p>x</p>", "a@b.example", "#"])
async def test_plain_text_loses_nothing(harness: Harness, text: str) -> None:
    mine = await harness.publish(ALICE, text)
    assert plain(mine.content) == text
    assert "<a " not in mine.content
    html = await harness.publish(ALICE, "<p>x <b>y</b><script>z</script></p>", markup=True)
    assert html.content == "<p>x <b>y</b></p>"


@pytest.mark.clause("INB-2.1")
async def test_followers_and_everyone(harness: Harness) -> None:
    await harness.follow(EVE, ALICE)
    mine = await harness.publish(ALICE, choice=Choice.FOLLOWERS)
    assert f"{EVE}/inbox" in boxes(harness, CreateNote)
    assert await harness.sees(EVE, mine.id)
    assert not await harness.sees("", mine.id)
    assert await harness.sees("", (await harness.publish(ALICE, choice=Choice.PUBLIC)).id)


@pytest.mark.clause("INB-2.2")
async def test_a_comment_names_the_people_of_the_thread_and_goes_to_those_it_can_name(
    harness: Harness,
) -> None:
    theirs, for_all = note(), note(BOB, "2", to=PUBLIC_TO)
    named = note(BOB, "3", to=(ALICE, DORA, f"{EVE}/someone"))
    await harness.hear(create(theirs), create(for_all), create(named))
    said = await harness.comment(ALICE, theirs.id)
    assert set(said.to) == {f"{BOB}/friends", BOB}
    assert boxes(harness, CreateNote) == {f"{BOB}/inbox"}
    said = await harness.comment(ALICE, for_all.id)
    assert (said.to, said.cc) == (PUBLIC_TO, (BOB,))
    harness.sent.clear()
    said = await harness.comment(ALICE, named.id)
    assert said.to == (BOB, DORA)
    assert boxes(harness, CreateNote) == {f"{BOB}/inbox", f"{DORA}/inbox"}


@pytest.mark.clause("INB-2.2")
async def test_who_comments_on_their_own_post_reaches_its_readers(harness: Harness) -> None:
    mine = await harness.publish(ALICE)
    harness.sent.clear()
    said = await harness.comment(ALICE, mine.id)
    assert boxes(harness, CreateNote) == {f"{BOB}/inbox", f"{DORA}/inbox"}
    assert await harness.comments(CAROL, mine.id) == [said.id]
    assert await harness.sees(BOB, said.id)


@pytest.mark.clause("INB-4.1")
@pytest.mark.parametrize("id", ["", "https://alpha.test/o/none", "mine"])
async def test_what_one_may_not_see_is_answered_like_what_is_not(
    harness: Harness, refused: Refuses, id: str
) -> None:
    mine = await harness.publish(ALICE, choice=None, actors=(BOB,))
    id = mine.id if id == "mine" else id
    deeds = (publishing.like, publishing.unlike, publishing.delete, publishing.seen)
    for deed in deeds:
        with refused("INB-4.1"):
            await harness.do(lambda unit, deed=deed: deed(unit, CAROL, id))
    if id:
        with refused("INB-4.1"):
            await harness.comment(CAROL, id)


@pytest.mark.clause("INB-4.2")
@pytest.mark.parametrize(
    "content", ["", "  \n", "<p></p>", "<script>x</script>", "x" * 10_001, "<p>\u202e</p>"]
)
async def test_nothing_and_too_much_are_refused(
    harness: Harness, refused: Refuses, content: str
) -> None:
    with refused("INB-4.2"):
        await harness.publish(ALICE, content, markup="<" in content)
    with refused("INB-4.2"):
        await harness.publish(ALICE, "fine", summary="s" * 501)


@pytest.mark.clause("INB-4.2")
async def test_text_is_shown_as_it_is_written_and_html_is_cleaned(harness: Harness) -> None:
    mine = await harness.publish(ALICE, "1 > 0 & so on\nnext", summary="a\nb\u202e", lang="pt-BR")
    shown = await harness.shown(ALICE, mine.id)
    assert shown.content == "<p>1 &gt; 0 &amp; so on<br>next</p>"
    assert (shown.summary, shown.lang) == ("a b", "pt-BR")
    mine = await harness.publish(ALICE, "<p onclick='x()'>hi<script>x()</script></p>", markup=True)
    assert (await harness.shown(ALICE, mine.id)).content == "<p>hi</p>"


async def test_languages_of_a_post_from_elsewhere_are_kept(harness: Harness) -> None:
    post = note(lang="de", content="<p>guten Tag</p>", content_map={"fr": "<p>bonjour</p>"})
    await harness.hear(create(post))
    shown = await harness.shown(ALICE, post.id)
    assert (shown.lang, shown.content_map) == ("de", {"fr": "<p>bonjour</p>"})


@pytest.mark.clause("INB-4.3", "INB-4.5", "INB-4.6")
async def test_drafts_that_say_nothing_of_use_are_refused(
    harness: Harness, refused: Refuses
) -> None:
    with refused("INB-4.3"):
        await harness.publish(ALICE, choice=None)
    with refused("INB-4.5"):
        await harness.publish(ALICE, lang="not a language")
    with refused("INB-4.6"):
        await harness.publish(ALICE, actors=("https://nowhere.test/a/nobody",))
    assert await harness.feed(ALICE) == await harness.feed(CAROL) == [] == harness.sent


@pytest.mark.clause("INB-4.3")
async def test_who_is_blocked_is_sent_nothing_even_when_named(harness: Harness) -> None:
    await harness.friendship(ALICE, BOB, "blocked", "none")
    await harness.publish(ALICE, actors=(BOB, EVE))
    assert boxes(harness, CreateNote) == {f"{DORA}/inbox", f"{EVE}/inbox"}


@pytest.mark.clause("INB-4.4")
async def test_only_the_author_deletes(harness: Harness, refused: Refuses) -> None:
    mine, theirs = await harness.publish(ALICE), note()
    await harness.hear(create(theirs))
    for actor, id in ((CAROL, mine.id), (ALICE, theirs.id)):
        with refused("INB-4.4"):
            await harness.do(lambda unit, a=actor, i=id: publishing.delete(unit, a, i))
    harness.sent.clear()
    await harness.hear(
        Like(f"{EVE}/like", EVE, (await harness.publish(ALICE, choice=Choice.PUBLIC)).id)
    )
    await harness.do(lambda unit: publishing.delete(unit, ALICE, mine.id))
    assert boxes(harness, Delete) == {f"{BOB}/inbox", f"{DORA}/inbox"}
    assert await harness.feed(CAROL) != [mine.id]


@pytest.mark.clause("INB-1.6")
async def test_a_delete_reaches_who_liked_or_answered(harness: Harness) -> None:
    mine = await harness.publish(ALICE, choice=Choice.PUBLIC)
    await harness.hear(Like(f"{EVE}/like", EVE, mine.id))
    harness.sent.clear()
    await harness.do(lambda unit: publishing.delete(unit, ALICE, mine.id))
    assert f"{EVE}/inbox" in boxes(harness, Delete)


@pytest.mark.clause("INB-3.1", "INB-3.3")
async def test_a_like_of_ours_is_said_once_and_taken_back_by_its_id(harness: Harness) -> None:
    theirs, ours = note(), await harness.publish(CAROL)
    await harness.hear(create(theirs))
    for id in (theirs.id, theirs.id, ours.id):
        await harness.do(lambda unit, i=id: publishing.like(unit, ALICE, i))
    assert (await harness.shown(ALICE, theirs.id)).liked
    assert await harness.notices(CAROL) == [("like", ALICE, ours.id)]
    (said,) = [one for one, _ in harness.sent if isinstance(one, Like)]
    for id in (theirs.id, theirs.id, ours.id):
        await harness.do(lambda unit, i=id: publishing.unlike(unit, ALICE, i))
    (taken,) = [one for one, _ in harness.sent if isinstance(one, Undo)]
    assert taken.object == said.id
    assert not (await harness.shown(ALICE, theirs.id)).liked
    assert await harness.notices(CAROL) == []

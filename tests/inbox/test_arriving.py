"""Posts, comments and deletions that arrive from elsewhere (INB-1, INB-2)."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from msgspec.structs import replace

from node.federation.activities.shapes import Delete, UpdateNote
from node.inbox import publishing
from node.inbox.audiences import Choice
from node.store import tables
from node.testing.fakes import NEW_YEAR
from tests.inbox.harness import (
    ALICE,
    BOB,
    CAROL,
    DORA,
    EVE,
    PUBLIC_TO,
    DatabaseHarness,
    create,
    note,
)

Refuses = Callable[[str], AbstractContextManager[None]]


def update(made, at: int, content: str = "<p>newer</p>"):
    newer = replace(made, content=content, updated=NEW_YEAR + timedelta(minutes=at))
    return UpdateNote(f"{made.id}/update/{at}", made.author, newer)


def delete(made, actor: str = "") -> Delete:
    return Delete(f"{made.id}/delete", actor or made.author, made.id)


@pytest.mark.clause("INB-1.1", "INB-5.1")
async def test_the_same_create_twice_is_one_post_and_one_event(harness: DatabaseHarness) -> None:
    post = note()
    await harness.hear(create(post), create(post))
    assert await harness.feed(ALICE) == [post.id]
    events = await harness.rows(tables.events, tables.events.c.kind == "post")
    assert [row.account for row in events] == ["alice"]


@pytest.mark.clause("INB-1.2")
async def test_what_nobody_here_may_read_is_not_kept(harness: DatabaseHarness) -> None:
    await harness.hear(create(note(EVE)), create(note(BOB, to=(f"{EVE}/friends",))))
    await harness.hear(create(note(EVE, "2", in_reply_to=f"{EVE}/nowhere", to=(ALICE,))))
    assert await harness.rows(tables.posts) == []


@pytest.mark.clause("INB-5.3")
async def test_naming_somebody_does_not_lead_into_their_feed(harness: DatabaseHarness) -> None:
    await harness.hear(create(note(EVE, to=(ALICE,))), create(note(BOB, "2", to=(ALICE,))))
    assert await harness.feed(ALICE) == [note(BOB, "2").id]
    await harness.follow(CAROL, EVE)
    await harness.hear(create(note(EVE, "3", to=PUBLIC_TO)))
    assert await harness.feed(CAROL) == [note(EVE, "3").id]
    assert await harness.feed(ALICE) == [note(BOB, "2").id]


@pytest.mark.clause("INB-5.3")
async def test_when_a_friendship_ends_the_feed_shows_the_post_no_more(
    harness: DatabaseHarness,
) -> None:
    await harness.hear(create(note()))
    await harness.friendship(ALICE, BOB, "none")
    assert await harness.feed(ALICE) == []


@pytest.mark.clause("INB-1.3")
async def test_a_comment_on_what_its_author_may_not_see_is_refused(
    harness: DatabaseHarness, refused: Refuses
) -> None:
    mine = await harness.publish(ALICE)
    with refused("INB-1.3"):
        await harness.hear(create(note(EVE, in_reply_to=mine.id, to=(ALICE,))))
    assert await harness.comments(ALICE, mine.id) == []


@pytest.mark.clause("INB-1.4")
async def test_an_older_update_changes_nothing_and_an_unknown_one_is_a_create(
    harness: DatabaseHarness,
) -> None:
    post = note()
    await harness.hear(update(post, 5, "<p>five</p>"), update(post, 3, "<p>three</p>"))
    await harness.hear(create(post))
    assert (await harness.shown(ALICE, post.id)).content == "<p>five</p>"
    await harness.hear(update(post, 7, "<p>seven</p>"))
    assert (await harness.shown(ALICE, post.id)).content == "<p>seven</p>"


@pytest.mark.clause("INB-1.4")
async def test_an_update_does_not_change_for_whom_a_post_is(harness: DatabaseHarness) -> None:
    post = note(to=(ALICE,))
    await harness.hear(create(post), update(replace(post, to=PUBLIC_TO), 1))
    assert not await harness.sees("", post.id)
    await harness.hear(create(replace(post, to=PUBLIC_TO)))
    assert not await harness.sees("", post.id)


@pytest.mark.clause("INB-1.5")
async def test_another_may_neither_change_nor_delete_nor_create_it_anew(
    harness: DatabaseHarness, refused: Refuses
) -> None:
    post = note()
    await harness.hear(create(post))
    theirs = replace(post, author=DORA, to=(f"{DORA}/friends",))
    for activity in (create(theirs), update(theirs, 9), delete(post, DORA), delete(post, EVE)):
        with refused("INB-1.5"):
            await harness.hear(activity)
    assert (await harness.shown(ALICE, post.id)).content == "<p>hello</p>"


@pytest.mark.clause("INB-1.5")
async def test_a_delete_that_comes_first_wins_but_only_its_authors(
    harness: DatabaseHarness, refused: Refuses
) -> None:
    early, other = note(), note(BOB, "2")
    await harness.hear(delete(early), create(early), delete(other, DORA), create(other))
    assert await harness.feed(ALICE) == [other.id]
    await harness.hear(delete(other))
    assert await harness.feed(ALICE) == []
    with refused("INB-1.5"):
        await harness.hear(delete(note(BOB, "3"), EVE))


@pytest.mark.clause("INB-1.6")
async def test_a_delete_leaves_no_word_and_tells_the_devices(harness: DatabaseHarness) -> None:
    mine = await harness.publish(ALICE, "secret words", Choice.PUBLIC)
    answer = note(BOB, in_reply_to=mine.id, to=(ALICE,), content="<p>an answer</p>")
    await harness.hear(create(answer))
    assert await harness.feed(CAROL) == [mine.id]
    await harness.do(lambda unit: publishing.delete(unit, ALICE, mine.id))
    (row,) = await harness.rows(tables.posts, tables.posts.c.id == mine.id)
    assert (row.content, row.attachments, row.name) == ("", "[]", "")
    kept = await harness.rows(tables.outbox)
    assert not [one for one in kept if b"secret" in one.body or one.public]
    told = await harness.rows(tables.events, tables.events.c.kind == "post_deleted")
    assert [one.account for one in told] == ["carol"]
    assert await harness.notices(ALICE) == []
    assert not await harness.sees(CAROL, answer.id)
    assert await harness.sees(BOB, answer.id)


@pytest.mark.clause("INB-1.7")
async def test_when_an_actor_is_gone_so_is_all_of_them(harness: DatabaseHarness) -> None:
    mine, post = await harness.publish(ALICE), note()
    await harness.hear(create(post), create(note(BOB, "2", in_reply_to=mine.id, to=(ALICE,))))
    assert len(await harness.notices(ALICE)) == 1
    gone = tables.actors.update().where(tables.actors.c.id == BOB).values(gone=1)
    await harness.write(gone)
    await harness.hear(Delete(f"{BOB}#delete", BOB, BOB), create(note(BOB, "3")))
    assert await harness.notices(ALICE) == []
    assert await harness.feed(ALICE) == []
    assert await harness.comments(ALICE, mine.id) == []
    left = await harness.rows(tables.posts, tables.posts.c.author == BOB)
    assert {row.content for row in left} == {""}


@pytest.mark.clause("INB-1.8")
@pytest.mark.parametrize("what", ["actor", "server", "account"])
async def test_what_the_suspended_wrote_is_not_shown(harness: DatabaseHarness, what: str) -> None:
    theirs, ours = note(), await harness.publish(CAROL)
    await harness.hear(create(theirs))
    assert await harness.feed(ALICE) == [ours.id, theirs.id]
    actors, accounts = tables.actors, tables.accounts
    change = {
        "actor": actors.update().where(actors.c.id == BOB).values(suspended=1),
        "server": tables.peers.insert().values(host="beta.test", suspended=1),
        "account": accounts.update().where(accounts.c.id == "carol").values(state="suspended"),
    }[what]
    await harness.write(change)
    left = theirs.id if what == "account" else ours.id
    assert await harness.feed(ALICE) == [left]


@pytest.mark.clause("INB-2.3")
async def test_a_comment_for_the_thread_is_shown_to_those_who_see_the_post(
    harness: DatabaseHarness,
) -> None:
    mine = await harness.publish(ALICE)
    open_one = note(BOB, in_reply_to=mine.id, to=(f"{ALICE}/friends", ALICE))
    quiet = note(DORA, "2", in_reply_to=mine.id, to=(ALICE,))
    loud = note(BOB, "3", in_reply_to=mine.id, to=PUBLIC_TO, cc=(ALICE,))
    await harness.hear(create(open_one), create(quiet), create(loud))
    assert set(await harness.comments(ALICE, mine.id)) == {open_one.id, quiet.id, loud.id}
    assert set(await harness.comments(CAROL, mine.id)) == {open_one.id, loud.id}
    for viewer in (EVE, ""):
        assert not await harness.sees(viewer, loud.id), viewer
    assert await harness.sees(DORA, open_one.id)
    assert not await harness.sees(BOB, quiet.id)
    assert (await harness.shown(CAROL, mine.id)).comments == 2
    assert (await harness.shown(ALICE, mine.id)).comments == 3


@pytest.mark.clause("INB-2.3")
async def test_no_comment_is_shown_between_two_who_block_each_other(
    harness: DatabaseHarness,
) -> None:
    mine = await harness.publish(ALICE)
    await harness.hear(create(note(BOB, in_reply_to=mine.id, to=(f"{ALICE}/friends", ALICE))))
    assert len(await harness.comments(CAROL, mine.id)) == 1
    await harness.friendship(CAROL, BOB, "blocked", "none")
    assert await harness.comments(CAROL, mine.id) == []


@pytest.mark.clause("INB-2.3")
async def test_comments_on_a_friends_post_elsewhere(harness: DatabaseHarness) -> None:
    post = note()
    await harness.hear(create(post))
    said = await harness.comment(ALICE, post.id)
    assert await harness.comments(ALICE, post.id) == [said.id]
    assert not await harness.sees(CAROL, said.id)
    await harness.friendship(CAROL, BOB)
    assert await harness.comments(CAROL, post.id) == [said.id]


@pytest.mark.clause("INB-5.4")
async def test_a_comment_is_told_once_also_to_whom_the_post_is(harness: DatabaseHarness) -> None:
    mine = await harness.publish(ALICE)
    first = await harness.comment(CAROL, mine.id)
    answer = note(BOB, in_reply_to=first.id, to=(f"{ALICE}/friends", ALICE, CAROL))
    await harness.hear(create(answer), create(answer))
    assert await harness.notices(ALICE) == [
        ("comment", BOB, answer.id),
        ("comment", CAROL, first.id),
    ]
    assert await harness.notices(CAROL) == [("comment", BOB, answer.id)]

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
from tests.inbox.houses import ALICE, BOB, CAROL, DORA, EVE, PUBLIC_TO, DatabaseHouse, create, note

Refuses = Callable[[str], AbstractContextManager[None]]


def update(made, at: int, content: str = "<p>newer</p>"):
    newer = replace(made, content=content, updated=NEW_YEAR + timedelta(minutes=at))
    return UpdateNote(f"{made.id}/update/{at}", made.author, newer)


def delete(made, actor: str = "") -> Delete:
    return Delete(f"{made.id}/delete", actor or made.author, made.id)


@pytest.mark.clause("INB-1.1", "INB-5.1")
async def test_the_same_create_twice_is_one_post_and_one_event(house: DatabaseHouse) -> None:
    post = note()
    await house.hear(create(post), create(post))
    assert await house.feed(ALICE) == [post.id]
    events = await house.rows(tables.events, tables.events.c.kind == "post")
    assert [row.account for row in events] == ["alice"]


@pytest.mark.clause("INB-1.2")
async def test_what_nobody_here_may_read_is_not_kept(house: DatabaseHouse) -> None:
    await house.hear(create(note(EVE)), create(note(BOB, to=(f"{EVE}/friends",))))
    await house.hear(create(note(EVE, "2", in_reply_to=f"{EVE}/nowhere", to=(ALICE,))))
    assert await house.rows(tables.posts) == []


@pytest.mark.clause("INB-5.3")
async def test_naming_somebody_does_not_lead_into_their_feed(house: DatabaseHouse) -> None:
    await house.hear(create(note(EVE, to=(ALICE,))), create(note(BOB, "2", to=(ALICE,))))
    assert await house.feed(ALICE) == [note(BOB, "2").id]
    await house.follow(CAROL, EVE)
    await house.hear(create(note(EVE, "3", to=PUBLIC_TO)))
    assert await house.feed(CAROL) == [note(EVE, "3").id]
    assert await house.feed(ALICE) == [note(BOB, "2").id]


@pytest.mark.clause("INB-5.3")
async def test_when_a_friendship_ends_the_feed_shows_the_post_no_more(house: DatabaseHouse) -> None:
    await house.hear(create(note()))
    await house.tie(ALICE, BOB, "none")
    assert await house.feed(ALICE) == []


@pytest.mark.clause("INB-1.3")
async def test_a_comment_on_what_its_author_may_not_see_is_refused(
    house: DatabaseHouse, refused: Refuses
) -> None:
    mine = await house.publish(ALICE)
    with refused("INB-1.3"):
        await house.hear(create(note(EVE, in_reply_to=mine.id, to=(ALICE,))))
    assert await house.comments(ALICE, mine.id) == []


@pytest.mark.clause("INB-1.4")
async def test_an_older_update_changes_nothing_and_an_unknown_one_is_a_create(
    house: DatabaseHouse,
) -> None:
    post = note()
    await house.hear(update(post, 5, "<p>five</p>"), update(post, 3, "<p>three</p>"))
    await house.hear(create(post))
    assert (await house.shown(ALICE, post.id)).content == "<p>five</p>"
    await house.hear(update(post, 7, "<p>seven</p>"))
    assert (await house.shown(ALICE, post.id)).content == "<p>seven</p>"


@pytest.mark.clause("INB-1.4")
async def test_an_update_does_not_change_for_whom_a_post_is(house: DatabaseHouse) -> None:
    post = note(to=(ALICE,))
    await house.hear(create(post), update(replace(post, to=PUBLIC_TO), 1))
    assert not await house.sees("", post.id)
    await house.hear(create(replace(post, to=PUBLIC_TO)))
    assert not await house.sees("", post.id)


@pytest.mark.clause("INB-1.5")
async def test_another_may_neither_change_nor_delete_nor_create_it_anew(
    house: DatabaseHouse, refused: Refuses
) -> None:
    post = note()
    await house.hear(create(post))
    theirs = replace(post, author=DORA, to=(f"{DORA}/friends",))
    for activity in (create(theirs), update(theirs, 9), delete(post, DORA), delete(post, EVE)):
        with refused("INB-1.5"):
            await house.hear(activity)
    assert (await house.shown(ALICE, post.id)).content == "<p>hello</p>"


@pytest.mark.clause("INB-1.5")
async def test_a_delete_that_comes_first_wins_but_only_its_authors(
    house: DatabaseHouse, refused: Refuses
) -> None:
    early, other = note(), note(BOB, "2")
    await house.hear(delete(early), create(early), delete(other, DORA), create(other))
    assert await house.feed(ALICE) == [other.id]
    await house.hear(delete(other))
    assert await house.feed(ALICE) == []
    with refused("INB-1.5"):
        await house.hear(delete(note(BOB, "3"), EVE))


@pytest.mark.clause("INB-1.6")
async def test_a_delete_leaves_no_word_and_tells_the_devices(house: DatabaseHouse) -> None:
    mine = await house.publish(ALICE, "secret words", Choice.PUBLIC)
    answer = note(BOB, in_reply_to=mine.id, to=(ALICE,), content="<p>an answer</p>")
    await house.hear(create(answer))
    assert await house.feed(CAROL) == [mine.id]
    await house.do(lambda unit: publishing.delete(unit, ALICE, mine.id))
    (row,) = await house.rows(tables.posts, tables.posts.c.id == mine.id)
    assert (row.content, row.attachments, row.name) == ("", "[]", "")
    kept = await house.rows(tables.outbox)
    assert not [one for one in kept if b"secret" in one.body or one.public]
    told = await house.rows(tables.events, tables.events.c.kind == "post_deleted")
    assert [one.account for one in told] == ["carol"]
    assert await house.notices(ALICE) == []
    assert not await house.sees(CAROL, answer.id)
    assert await house.sees(BOB, answer.id)


@pytest.mark.clause("INB-1.7")
async def test_when_an_actor_is_gone_so_is_all_of_them(house: DatabaseHouse) -> None:
    mine, post = await house.publish(ALICE), note()
    await house.hear(create(post), create(note(BOB, "2", in_reply_to=mine.id, to=(ALICE,))))
    assert len(await house.notices(ALICE)) == 1
    gone = tables.actors.update().where(tables.actors.c.id == BOB).values(gone=1)
    await house.write(gone)
    await house.hear(Delete(f"{BOB}#delete", BOB, BOB), create(note(BOB, "3")))
    assert await house.notices(ALICE) == []
    assert await house.feed(ALICE) == []
    assert await house.comments(ALICE, mine.id) == []
    left = await house.rows(tables.posts, tables.posts.c.author == BOB)
    assert {row.content for row in left} == {""}


@pytest.mark.clause("INB-1.8")
@pytest.mark.parametrize("what", ["actor", "server", "account"])
async def test_what_the_suspended_wrote_is_not_shown(house: DatabaseHouse, what: str) -> None:
    theirs, ours = note(), await house.publish(CAROL)
    await house.hear(create(theirs))
    assert await house.feed(ALICE) == [ours.id, theirs.id]
    actors, accounts = tables.actors, tables.accounts
    change = {
        "actor": actors.update().where(actors.c.id == BOB).values(suspended=1),
        "server": tables.peers.insert().values(host="beta.test", suspended=1),
        "account": accounts.update().where(accounts.c.id == "carol").values(state="suspended"),
    }[what]
    await house.write(change)
    left = theirs.id if what == "account" else ours.id
    assert await house.feed(ALICE) == [left]


@pytest.mark.clause("INB-2.3")
async def test_a_comment_for_the_thread_is_shown_to_those_who_see_the_post(
    house: DatabaseHouse,
) -> None:
    mine = await house.publish(ALICE)
    open_one = note(BOB, in_reply_to=mine.id, to=(f"{ALICE}/friends", ALICE))
    quiet = note(DORA, "2", in_reply_to=mine.id, to=(ALICE,))
    loud = note(BOB, "3", in_reply_to=mine.id, to=PUBLIC_TO, cc=(ALICE,))
    await house.hear(create(open_one), create(quiet), create(loud))
    assert set(await house.comments(ALICE, mine.id)) == {open_one.id, quiet.id, loud.id}
    assert set(await house.comments(CAROL, mine.id)) == {open_one.id, loud.id}
    for viewer in (EVE, ""):
        assert not await house.sees(viewer, loud.id), viewer
    assert await house.sees(DORA, open_one.id)
    assert not await house.sees(BOB, quiet.id)
    assert (await house.shown(CAROL, mine.id)).comments == 2
    assert (await house.shown(ALICE, mine.id)).comments == 3


@pytest.mark.clause("INB-2.3")
async def test_no_comment_is_shown_between_two_who_block_each_other(house: DatabaseHouse) -> None:
    mine = await house.publish(ALICE)
    await house.hear(create(note(BOB, in_reply_to=mine.id, to=(f"{ALICE}/friends", ALICE))))
    assert len(await house.comments(CAROL, mine.id)) == 1
    await house.tie(CAROL, BOB, "blocked", "none")
    assert await house.comments(CAROL, mine.id) == []


@pytest.mark.clause("INB-2.3")
async def test_comments_on_a_friends_post_elsewhere(house: DatabaseHouse) -> None:
    post = note()
    await house.hear(create(post))
    said = await house.comment(ALICE, post.id)
    assert await house.comments(ALICE, post.id) == [said.id]
    assert not await house.sees(CAROL, said.id)
    await house.tie(CAROL, BOB)
    assert await house.comments(CAROL, post.id) == [said.id]


@pytest.mark.clause("INB-5.4")
async def test_a_comment_is_told_once_also_to_whom_the_post_is(house: DatabaseHouse) -> None:
    mine = await house.publish(ALICE)
    first = await house.comment(CAROL, mine.id)
    answer = note(BOB, in_reply_to=first.id, to=(f"{ALICE}/friends", ALICE, CAROL))
    await house.hear(create(answer), create(answer))
    assert await house.notices(ALICE) == [
        ("comment", BOB, answer.id),
        ("comment", CAROL, first.id),
    ]
    assert await house.notices(CAROL) == [("comment", BOB, answer.id)]

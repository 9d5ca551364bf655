"""Mutes, on the fake and both databases (spec INB-11)."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest

from node.federation.activities.shapes import PUBLIC, CreateNote, Like
from node.inbox import mutes
from node.inbox.audiences import Choice
from node.inbox.mutes import Mute, MuteKind, found
from node.store.mutes import MutesUnit
from node.wire.api.inbox import Post
from tests.contracts.stores import Store
from tests.inbox.harness import ALICE, BOB, CAROL, DORA, EVE, Harness, any_harness, create, note

Refusal = Callable[[str], AbstractContextManager[None]]
PERSON, THREAD, WORD = MuteKind.PERSON, MuteKind.THREAD, MuteKind.WORD
HOUR = timedelta(hours=1)


@pytest.fixture
async def harness(store: Store) -> Harness:
    return await any_harness(store)


async def mute(
    harness: Harness, kind: MuteKind, of: str, span: timedelta | None = None, who: str = ALICE
) -> Mute:
    name = who.rpartition("/")[2]
    return await harness.units.run(
        MutesUnit, lambda unit: mutes.mute(unit, name, who, kind, of, span)
    )


async def unmute(harness: Harness, kind: MuteKind, of: str) -> None:
    await harness.units.run(MutesUnit, lambda unit: mutes.unmute(unit, "alice", kind, of))


async def muted(harness: Harness) -> list[tuple[MuteKind, str]]:
    found = await harness.units.look(MutesUnit, lambda unit: unit.mutes("alice"))
    return [(one.kind, one.ref) for one in found]


async def shown(harness: Harness, part: str = "feed") -> list[Post]:
    args = {"local": (ALICE, 40, None)}.get(part, ("alice", ALICE, 40, None))
    items, _ = await harness.look(lambda unit: getattr(unit, part)(*args))
    return list(items)


def rings(told: list[str]) -> int:
    return told.count("notice")


@pytest.mark.clause("INB-11.2", "INB-11.3", "INB-11.6")
async def test_who_is_muted_is_not_heard_of_for_a_time(harness: Harness) -> None:
    theirs, carols = note(BOB), await harness.publish(CAROL, "hi", Choice.PUBLIC)
    mine = await harness.publish(ALICE, "mine")
    await harness.hear(create(theirs))
    harness.sent.clear()
    before = rings(await harness.told())
    await mute(harness, PERSON, BOB, HOUR)
    await mute(harness, PERSON, CAROL)
    await harness.hear(Like(f"{BOB}/l", BOB, mine.id))
    said = await harness.comment(CAROL, mine.id)
    assert rings(await harness.told()) == before
    for part in ("feed", "by_friends", "local"):
        assert not {one.author.id for one in await shown(harness, part)} & {BOB, CAROL}
    assert await harness.notices(ALICE) == [] == await harness.comments(ALICE, mine.id)
    assert await harness.comments(CAROL, mine.id) == [said.id], "she learns of nothing"
    assert not harness.sent
    assert (await harness.shown(ALICE, theirs.id)).id == theirs.id
    own, _ = await harness.look(lambda unit: unit.by_author(CAROL, ALICE, 9, None))
    assert [one.id for one in own] == [carols.id], "where one asks for her"

    harness.clock.pass_(HOUR)
    assert theirs.id in await harness.feed(ALICE)
    assert await harness.notices(ALICE) == [("like", BOB, mine.id)]
    await unmute(harness, PERSON, CAROL)
    assert ("comment", CAROL, said.id) in await harness.notices(ALICE)
    await harness.hear(Like(f"{DORA}/l", DORA, mine.id))
    assert rings(await harness.told()) == before + 1


@pytest.mark.clause("INB-11.3")
async def test_a_muted_thread_tells_of_nothing_below_it(harness: Harness, refused: Refusal) -> None:
    mine, other = await harness.publish(ALICE, "one"), await harness.publish(ALICE, "two")
    said = await harness.comment(CAROL, mine.id)
    await mute(harness, THREAD, said.id)
    assert await muted(harness) == [(THREAD, mine.id)], "any post of it names it"
    assert await harness.notices(ALICE) == []
    before = rings(await harness.told())
    below = note(BOB, "c", in_reply_to=mine.id, to=(ALICE,), mentions=(ALICE,))
    await harness.hear(CreateNote(f"{BOB}/c", BOB, below), Like(f"{DORA}/l", DORA, mine.id))
    assert rings(await harness.told()) == before
    await harness.hear(Like(f"{DORA}/m", DORA, other.id))
    assert await harness.notices(ALICE) == [("like", DORA, other.id)]
    assert len(await harness.comments(ALICE, mine.id)) == 2, "who looks sees it"
    await unmute(harness, THREAD, below.id)
    assert len(await harness.notices(ALICE)) == 4
    with refused("INB-4.1"):
        await mute(harness, THREAD, "https://alpha.test/o/none")
    with refused("INB-4.1"):
        await mute(harness, THREAD, mine.id, who=EVE)


@pytest.mark.clause("INB-11.5")
async def test_a_muted_word_marks_what_others_wrote(harness: Harness) -> None:
    await mute(harness, WORD, " Spoiler ")
    await mute(harness, WORD, "foot ball")
    words = ["no SPOILERS", "a <b>spoiler</b>!", "foot ball, Spoiler"]
    for number, text in enumerate(words):
        await harness.hear(create(note(BOB, str(number), content=f"<p>{text}</p>")))
    warned = note(DORA, "w", content="<p>x</p>", summary="spoiler")
    await harness.hear(create(warned))
    mine = await harness.publish(ALICE, "my spoiler", Choice.PUBLIC)
    marked = {one.id.rpartition("/")[2]: one.filtered for one in await shown(harness)}
    assert {key: sorted(value) for key, value in marked.items()} == {
        "0": [],
        "1": ["spoiler"],
        "2": ["foot ball", "spoiler"],
        "w": ["spoiler"],
    }
    [own] = await shown(harness, "local")
    assert (own.id, own.filtered) == (mine.id, [])
    await unmute(harness, WORD, "SPOILER")
    assert await muted(harness) == [(WORD, "foot ball")]


@pytest.mark.clause("INB-11.5")
@pytest.mark.parametrize(
    ("word", "text", "stands"),
    [
        ("cat", "<p>Cat.</p>", True),
        ("cat", "concatenate", False),
        ("c++", "I like C++ a lot", True),
        ("🐱", "a🐱b", True),
        ("straße", "STRASSE", True),
        ("café", "das CAFÉ", True),
        ("a b", "a<br>b", False),
        ("x", "<a href='x'>y</a>", False),
    ],
)
def test_a_word_is_a_whole_one(word: str, text: str, stands: bool) -> None:
    kept = mutes.read_word(word)
    assert found([kept], text) == ([kept] if stands else [])


@pytest.mark.clause("INB-11.1")
async def test_what_can_be_muted_is_bounded(harness: Harness, refused: Refusal) -> None:
    with refused("INB-11.1"):
        await mute(harness, PERSON, ALICE)
    with refused("INB-11.1"):
        await mute(harness, PERSON, "https://beta.test/a/nobody")
    for word in ("", " \n", "x" * 101):
        with refused("INB-11.1"):
            await mute(harness, WORD, word)
    for seconds in (0, 59, 367 * 86400):
        with refused("INB-11.1"):
            mutes.read_span(seconds)
    for number in range(100):
        await mute(harness, WORD, f"word{number}", HOUR)
    with refused("INB-11.1"):
        await mute(harness, WORD, "one more")
    await mute(harness, WORD, "word7")
    harness.clock.pass_(HOUR)
    assert await muted(harness) == [(WORD, "word7")], "said again, the last end counts"
    await mute(harness, PERSON, BOB)
    assert (await muted(harness))[0] == (PERSON, BOB)


@pytest.mark.clause("INB-11.3")
async def test_a_mention_by_a_stranger_who_is_muted_is_no_request(harness: Harness) -> None:
    await mute(harness, PERSON, EVE)
    said = note(EVE, to=(PUBLIC, ALICE), mentions=(ALICE,))
    await harness.hear(create(said))
    asked, _ = await harness.look(lambda unit: unit.noticed("alice", 9, None, True))
    assert asked == []

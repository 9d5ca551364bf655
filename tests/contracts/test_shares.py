"""What is shared, on the fake and both databases (spec INB-12)."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from node.federation.activities.shapes import PUBLIC, Announce, Block, Delete, Like, Undo
from node.inbox import mutes, sharing
from node.inbox.audiences import Choice
from node.inbox.mutes import MuteKind
from node.store.mutes import MutesUnit
from node.wire.api.inbox import Post
from node.wire.times import from_micros
from tests.contracts.stores import Store
from tests.inbox.harness import ALICE, BOB, CAROL, DORA, EVE, Harness, any_harness, create, note

OPEN = {"to": (PUBLIC,)}
HOUR = timedelta(hours=1)


@pytest.fixture
async def harness(store: Store) -> Harness:
    """Alice and Carol are people here; Alice follows Dora, and is a friend of Bob."""
    harness = await any_harness(store)
    for other in (DORA, CAROL):
        await harness.friendship(ALICE, other, "none")
    await harness.follow(ALICE, DORA)
    return harness


def share(harness: Harness, post: str, by: str = DORA, name: str = "1") -> Announce:
    return Announce(f"{by}/share-{name}", by, post, harness.clock.now())


async def feed(harness: Harness, part: str = "feed", who: str = ALICE) -> list[Post]:
    name = who.rpartition("/")[2]
    items, _ = await harness.look(lambda unit: getattr(unit, part)(name, who, 40, None))
    return list(items)


async def shown(harness: Harness, part: str = "feed", who: str = ALICE) -> list[tuple[str, str]]:
    """The posts and who shared them."""
    found = await feed(harness, part, who)
    return [(one.id, one.shared_by.id if one.shared_by else "") for one in found]


async def carols(harness: Harness) -> str:
    """A public post of Carol's, who is no friend of Alice's and whom she does not follow."""
    return (await harness.publish(CAROL, "hi", Choice.PUBLIC)).id


@pytest.mark.clause("INB-12.1", "INB-5.3", "INB-5.6")
async def test_it_stands_where_it_was_shared_with_who_did_so(harness: Harness) -> None:
    post = await carols(harness)
    harness.clock.pass_(HOUR)
    await harness.hear(create(newer := note(BOB, published=harness.clock.now())))
    harness.clock.pass_(HOUR)
    await harness.hear(share(harness, post))
    assert await shown(harness) == [(post, DORA), (newer.id, "")]
    [first, second] = await feed(harness)
    assert first.shared is not None and first.shared > second.published > first.published
    assert await shown(harness, "by_followed") == [(post, DORA)]
    assert await shown(harness, "by_friends") == [(newer.id, "")]
    assert await shown(harness, who=CAROL) == [], "not in her own feed"
    told = await harness.told()
    assert told.count("post") == 2
    items, after = await harness.look(lambda unit: unit.feed("alice", ALICE, 1, None))
    items, _ = await harness.look(lambda unit: unit.feed("alice", ALICE, 1, after))
    assert [one.id for one in items] == [newer.id], "pages go on by when it was shared"


@pytest.mark.clause("INB-12.1")
async def test_what_stands_there_already_stays_as_it_is(harness: Harness) -> None:
    await harness.hear(create(theirs := note(BOB, **OPEN)))
    await harness.hear(share(harness, theirs.id))
    assert await shown(harness) == [(theirs.id, "")]
    await harness.hear(Undo(f"{DORA}/undo", DORA, f"{DORA}/share-1", None))
    assert await shown(harness) == [(theirs.id, "")]


@pytest.mark.clause("INB-12.1", "INB-12.3")
async def test_a_share_that_says_it_is_old_buries_nothing(harness: Harness) -> None:
    post = await carols(harness)
    await harness.hear(create(older := note(BOB, published=harness.clock.now(), **OPEN)))
    harness.clock.pass_(HOUR)
    came = harness.clock.now()
    await harness.hear(replace(share(harness, post), published=from_micros(0)))
    assert await shown(harness) == [(post, DORA), (older.id, "")]
    harness.clock.pass_(HOUR)
    await harness.hear(share(harness, post, BOB))
    first, _ = await feed(harness)
    assert first.shared is not None and came <= first.shared < came + HOUR / 2
    await harness.hear(Undo(f"{DORA}/undo", DORA, f"{DORA}/share-1", None))
    assert await shown(harness) == [(post, BOB), (older.id, "")]
    first, _ = await feed(harness)
    assert first.shared is not None and first.shared >= came + HOUR, "when Bob shared it"


@pytest.mark.clause("INB-12.1")
async def test_a_share_stands_where_it_was_said_when_that_is_not_long_ago(
    harness: Harness,
) -> None:
    now = harness.clock.now()
    lately = now - HOUR / 2
    for number, said in enumerate((lately, now + HOUR)):
        post = await carols(harness)
        name = str(number)
        await harness.hear(replace(share(harness, post, name=name), published=said))
    late, early = await feed(harness)
    assert early.shared == lately
    assert late.shared is not None and now < late.shared < now + HOUR / 2


@pytest.mark.clause("INB-12.1")
async def test_only_what_is_public_is_shown_as_shared(harness: Harness) -> None:
    await harness.follow(CAROL, DORA)
    await harness.hear(create(theirs := note(BOB)))
    await harness.hear(share(harness, theirs.id))
    assert await shown(harness, who=CAROL) == []


@pytest.mark.clause("INB-12.2")
async def test_whether_it_is_shown_is_decided_when_it_is_read(harness: Harness) -> None:
    post = await carols(harness)
    await harness.hear(share(harness, post))
    for who, kind in ((CAROL, "author"), (DORA, "who shared it")):
        await harness.units.run(
            MutesUnit,
            lambda unit, who=who: mutes.mute(unit, "alice", ALICE, MuteKind.PERSON, who, HOUR),
        )
        assert await shown(harness) == [], f"muted: {kind}"
        harness.clock.pass_(HOUR)
        assert await shown(harness) == [(post, DORA)]
    await harness.suspend("beta.test", True)
    assert await shown(harness) == []
    await harness.suspend("beta.test", False)
    await harness.friendship(ALICE, CAROL, "blocked", "")
    assert await shown(harness) == []


@pytest.mark.clause("INB-12.2", "INB-12.3")
async def test_it_stays_as_long_as_one_of_those_near_shares_it(harness: Harness) -> None:
    post = await carols(harness)
    for who in (DORA, BOB, EVE):
        await harness.hear(share(harness, post, who))
        harness.clock.pass_(timedelta(seconds=1))
    assert await shown(harness) == [(post, DORA)]
    assert await shown(harness, "by_friends") == [(post, DORA)], "a friend shared it too"
    copy = share(harness, post)
    await harness.hear(Undo(f"{DORA}/undo", DORA, copy.id, copy))
    assert await shown(harness) == [(post, BOB)]
    await harness.hear(Undo(f"{BOB}/undo", BOB, "", share(harness, post, BOB)))
    assert await shown(harness) == [], "of Eve, who is a stranger, nothing was kept"
    await harness.hear(copy)
    assert await shown(harness) == [], "what was taken back counts no more"


@pytest.mark.clause("INB-12.3")
async def test_the_last_share_takes_the_lines_with_it_and_devices_hear_of_it(
    harness: Harness,
) -> None:
    post = await carols(harness)
    await harness.follow(CAROL, DORA)
    await harness.hear(share(harness, post))
    before = (await harness.told()).count("post_deleted")
    await harness.hear(Undo(f"{DORA}/undo", DORA, f"{DORA}/share-1", None))
    assert await harness.readers(post) == []
    assert (await harness.told()).count("post_deleted") == before + 1
    # Who follows the author by now keeps it.
    await harness.hear(share(harness, post, name="2"))
    await harness.follow(ALICE, CAROL)
    await harness.hear(Undo(f"{DORA}/undo-2", DORA, f"{DORA}/share-2", None))
    assert await shown(harness) == [(post, "")]
    assert await shown(harness, "by_followed") == [(post, "")]


@pytest.mark.clause("INB-12.3", "INB-1.6", "INB-1.7")
async def test_it_goes_with_the_post_and_with_who_shared_it(harness: Harness) -> None:
    first, second = await carols(harness), await carols(harness)
    await harness.hear(share(harness, first), share(harness, second, name="2"))
    await harness.hear(Delete(f"{CAROL}/delete", CAROL, first))
    assert await shown(harness) == [(second, DORA)]
    await harness.hear(Block(f"{DORA}/block", DORA, CAROL))
    assert await shown(harness) == [], "between them nothing is left"
    await harness.hear(Delete(f"{DORA}/delete", DORA, DORA))
    assert await shown(harness) == []


@pytest.mark.clause("INB-12.4")
async def test_of_one_who_shares_without_an_end_a_hundred_a_day_are_taken(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing, "MOST_A_DAY", 3)
    posts = [await carols(harness) for _ in range(5)]
    for name, post in enumerate(posts):
        await harness.hear(share(harness, post, name=str(name)))
        await harness.hear(Like(f"{DORA}/like-{name}", DORA, post))
    assert [id for id, _ in await shown(harness)] == posts[2::-1]
    await harness.hear(share(harness, posts[0], BOB))
    assert len(await shown(harness)) == 3
    await harness.hear(share(harness, posts[3], name="another"))
    assert len(await shown(harness)) == 3
    harness.clock.pass_(timedelta(days=1))
    await harness.hear(share(harness, posts[3], name="again"))
    assert len(await shown(harness)) == 4


@pytest.mark.clause("INB-12.4")
async def test_who_takes_back_what_they_share_gets_nothing_back_of_the_day(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing, "MOST_A_DAY", 3)
    post = await carols(harness)
    for name in map(str, range(6)):
        await harness.hear(share(harness, post, name=name))
        await harness.hear(Undo(f"{DORA}/undo-{name}", DORA, f"{DORA}/share-{name}", None))
    told = await harness.told()
    assert told.count("post") == told.count("post_deleted") == 3
    await harness.hear(share(harness, post, BOB))
    assert await shown(harness) == [(post, BOB)]

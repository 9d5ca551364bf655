"""Ties, Follows, lists and sight, on the fake and both databases."""

import pytest

from node.graph.friend_codes import GOOD_FOR
from node.graph.friendship import Friendship
from node.graph.friendship_states import Pair, Stance
from node.graph.friendship_unit import Following, FollowState
from node.graph.visibility import Audience, AudienceKind, may_see
from node.store.friends import STATES, FriendsUnit
from node.store.streams import StreamsUnit
from tests.contracts.stores import Store
from tests.inbox.harness import ALICE, BOB, CAROL, DORA, EVE, Harness, any_harness

OFFER, ASKED = "https://beta.test/t/offer_1%", "https://alpha.test/t/asked"


@pytest.fixture
async def harness(store: Store) -> Harness:
    return await any_harness(store)


@pytest.mark.clause("GRA-3.1", "GRA-4.2")
async def test_ties_are_found_by_what_was_said(harness: Harness) -> None:
    asked = Friendship(
        CAROL,
        BOB,
        Pair(Stance.NONE, Stance.ASKED),
        our_offer=ASKED,
        their_offers=(OFFER, OFFER + "/2"),
        their_blocks=("https://beta.test/t/block",),
        text="hi",
    )

    async def work(unit: FriendsUnit) -> None:
        await unit.put_friendship(asked)
        await unit.put_friendship(asked)
        assert await unit.friendship(CAROL, BOB) == asked
        assert await unit.friendship_by_offer(ASKED, BOB) == asked
        assert await unit.friendship_by_offer("", BOB) is None
        assert await unit.ties_by_statement(OFFER, BOB) == [asked]
        assert await unit.ties_by_statement("https://beta.test/t/block", BOB) == [asked]
        assert await unit.ties_by_statement(OFFER[:-1], BOB) == []
        await unit.add_tombstone(OFFER, BOB)
        await unit.add_tombstone(OFFER, BOB)
        assert await unit.has_tombstone(OFFER, BOB)
        assert not await unit.has_tombstone(OFFER, DORA)
        await unit.add_tombstone(OFFER, DORA)
        await unit.drop_tombstone(OFFER, DORA)
        assert not await unit.has_tombstone(OFFER, DORA)
        assert await unit.has_tombstone(OFFER, BOB), "another's word stands"
        assert not await unit.speaks_friendship(BOB)
        assert await unit.speaks_friendship(CAROL)
        assert await unit.named("BOB", "beta.test") == BOB
        assert await unit.named_here("alice") == ALICE
        assert (await unit.person(ALICE), await unit.owner(f"{ALICE}-c")) == ("alice", ALICE)
        assert await unit.knows(BOB)

    await harness.units.run(FriendsUnit, work)


@pytest.mark.clause("GRA-5.3", "GRA-5.4")
async def test_follows_and_who_is_mutual(harness: Harness) -> None:
    there = Following(CAROL, EVE, ("https://alpha.test/t/1", "https://alpha.test/t/2"), _YES)
    back = Following(EVE, CAROL, ("https://gamma.test/t/1",), _YES)

    async def work(unit: FriendsUnit) -> None:
        await unit.put_following(there)
        await unit.put_following(back)
        await unit.put_following(back)
        assert await unit.following(CAROL, EVE) == there
        assert await unit.following_by_id("https://gamma.test/t/1", EVE) == back
        assert await unit.following_to("https://alpha.test/t/2", EVE) == there
        assert await unit.following_to("https://alpha.test/t/", EVE) is None
        mutuals, _ = await unit.mutuals(CAROL, 10, None)
        assert [(one.person.id, one.state) for one in mutuals] == [(EVE, "mutual")]
        for found, _ in (
            await unit.followers(CAROL, 10, None),
            await unit.followed(CAROL, 10, None),
        ):
            assert [one.person.id for one in found] == [EVE]
        await unit.drop_following(EVE, CAROL)
        assert await unit.mutuals(CAROL, 10, None) == ([], None)

    await harness.units.run(FriendsUnit, work)


@pytest.mark.clause("GRA-6.1", "GRA-6.2")
async def test_lists_pages_and_sight(harness: Harness) -> None:
    async def look(unit: FriendsUnit) -> None:
        found, after = [], None
        for _ in range(4):
            items, after = await unit.standing(ALICE, "friend", 2, after)
            found += [one.person.id for one in items]
            if after is None:
                break
        assert found == sorted([BOB, DORA, CAROL], reverse=True)
        for state in STATES:
            await unit.standing(ALICE, state, 10, None)
        assert (await unit.relation(ALICE, EVE)).state == "none"
        for kind, seen in (("public", 4), ("followers", 3), ("friends", 3)):
            audience = [Audience(AudienceKind(kind))]
            who = (BOB, DORA, CAROL, EVE)
            assert [may_see(await unit.viewer(one, ALICE), audience) for one in who].count(
                True
            ) == seen

    await harness.units.look(FriendsUnit, look)


@pytest.mark.clause("GRA-3.1", "INB-5.5")
async def test_notices_that_are_taken_back_and_actors_that_are_gone(harness: Harness) -> None:
    async def tell(unit: FriendsUnit) -> None:
        for other in (EVE, EVE, BOB):
            await unit.notify("carol", "friend_request", other, "")
        await unit.unnotify("carol", "friend_request", EVE)

    await harness.units.run(FriendsUnit, tell)
    place = await harness.units.look(StreamsUnit, lambda unit: unit.newest("carol"))
    await harness.units.run(FriendsUnit, lambda unit: unit.forget(BOB))
    assert sorted(await harness.told()) == ["friendship", "notice", "void"]
    assert await harness.notices(CAROL) == []
    assert await harness.units.look(StreamsUnit, lambda unit: unit.unbroken(place))
    assert await harness.units.look(
        FriendsUnit, lambda unit: unit.friendship(ALICE, BOB)
    ) == Friendship(ALICE, BOB)


_YES = FollowState.ACCEPTED


@pytest.mark.clause("GRA-7.1", "GRA-7.2")
async def test_a_code_is_used_once_by_whoever_comes_first(harness: Harness) -> None:
    async def work(unit: FriendsUnit) -> None:
        later = unit.now + GOOD_FOR
        await unit.put_code(CAROL, b"first", later)
        await unit.put_code(CAROL, b"second", later)
        await unit.put_code(ALICE, b"old", unit.now)
        assert not await unit.use_code(CAROL, b"first"), "the last one counts"
        assert not await unit.use_code(ALICE, b"second"), "another's"
        assert not await unit.use_code(ALICE, b"old"), "it has expired"
        assert await unit.use_code(CAROL, b"second")
        assert not await unit.use_code(CAROL, b"second")
        await unit.put_code(CAROL, b"third", later)
        await unit.forget(CAROL)
        assert not await unit.use_code(CAROL, b"third")

    await harness.units.run(FriendsUnit, work)

"""Friends between real nodes: commands, handlers, rows, and the bytes between them."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from node.federation.activities import parse
from node.federation.activities.shapes import (
    Accept,
    Block,
    Delete,
    EndFriendship,
    Follow,
    OfferFriendship,
    Reject,
    Undo,
)
from node.graph import befriending, blocking, following
from node.graph.visibility import Audience, AudienceKind
from node.store import tables
from node.store.federation import FederationUnit
from tests.graph.nodes import Node, System

Expect = Callable[[str], AbstractContextManager[None]]
PUBLIC = [Audience(AudienceKind.PUBLIC)]
FRIENDS_ONLY = [Audience(AudienceKind.FRIENDS)]
ANN, BOB, CARL = "https://a.test/a/ann", "https://b.test/a/bob", "https://b.test/a/carl"
ABE = "https://a.test/a/abe"
FAR = "https://mastodon.test/a/fay"


@pytest.fixture
async def system(tmp_path: Path) -> AsyncIterator[System]:
    made = System(tmp_path)
    await made.node("a.test")
    await made.node("b.test")
    for id in (ANN, ABE, BOB, CARL, FAR):
        await made.person(id.rsplit("/", 1)[1], id.split("/")[2])
    yield made
    await made.close()


@pytest.fixture
def a(system: System) -> Node:
    return system.nodes["a.test"]


@pytest.fixture
def b(system: System) -> Node:
    return system.nodes["b.test"]


async def befriend(system: System, a: Node, b: Node) -> None:
    await a.do(lambda unit: befriending.request(unit, ANN, BOB, "it is me"))
    await system.settle()
    await b.do(lambda unit: befriending.accept(unit, BOB, ANN))
    await system.settle()


async def test_two_become_friends_across_nodes(system: System, a: Node, b: Node) -> None:
    await a.do(lambda unit: befriending.request(unit, ANN, BOB, "it is me"))
    assert await a.state(ANN, BOB) == "requested"
    await system.settle()
    asked = await b.look(lambda unit: unit.relation(BOB, ANN))
    assert (asked.state, asked.text) == ("incoming", "it is me")
    assert [row.kind for row in await b.rows(tables.notices)] == ["friend_request"]
    await b.do(lambda unit: befriending.accept(unit, BOB, ANN))
    # What asked for something that is settled asks no more.
    assert await b.rows(tables.notices) == []
    await system.settle()
    assert await a.state(ANN, BOB) == await b.state(BOB, ANN) == "friend"
    assert [row.kind for row in await a.rows(tables.notices)] == ["friend_accepted"]
    assert await a.sees(BOB, ANN, FRIENDS_ONLY)
    assert not await a.sees(CARL, ANN, FRIENDS_ONLY)
    assert await b.sees(BOB, ANN, FRIENDS_ONLY)
    assert a.refused == b.refused == []


async def test_two_of_one_node_become_friends_by_the_same_activities(
    system: System, a: Node
) -> None:
    await a.do(lambda unit: befriending.request(unit, ANN, ABE))
    await system.settle()
    await a.do(lambda unit: befriending.accept(unit, ABE, ANN))
    await system.settle()
    assert await a.state(ANN, ABE) == await a.state(ABE, ANN) == "friend"
    assert [type(one) for one in a.heard] == [OfferFriendship, Accept]
    await a.do(lambda unit: befriending.unfriend(unit, ANN, ABE))
    await system.settle()
    assert await a.state(ANN, ABE) == await a.state(ABE, ANN) == "none"
    assert not await a.sees(ABE, ANN, FRIENDS_ONLY)


async def test_who_was_invited_is_a_friend_of_the_inviter(system: System, a: Node) -> None:
    await a.do(lambda unit: befriending.introduce(unit, ANN, ABE))
    await system.settle()
    assert await a.state(ANN, ABE) == await a.state(ABE, ANN) == "friend"
    assert a.refused == []


async def test_a_request_is_declined_and_may_be_asked_again(
    system: System, a: Node, b: Node
) -> None:
    await a.do(lambda unit: befriending.request(unit, ANN, BOB))
    await system.settle()
    await b.do(lambda unit: befriending.decline(unit, BOB, ANN))
    await system.settle()
    assert (await a.state(ANN, BOB), await b.state(BOB, ANN)) == ("declined", "none")
    offer = next(one for one in b.heard if isinstance(one, OfferFriendship))
    await b.hear(offer)
    await system.settle()
    assert await b.state(BOB, ANN) == "none"
    await a.do(lambda unit: befriending.request(unit, ANN, BOB))
    await system.settle()
    assert await b.state(BOB, ANN) == "incoming"
    await a.do(lambda unit: befriending.cancel(unit, ANN, BOB))
    await system.settle()
    assert (await a.state(ANN, BOB), await b.state(BOB, ANN)) == ("none", "none")
    assert await b.rows(tables.notices) == []


@pytest.mark.clause("GRA-3.5")
async def test_a_repeated_request_is_answered_again_and_told_once(
    system: System, a: Node, b: Node
) -> None:
    await a.do(lambda unit: befriending.request(unit, ANN, BOB))
    await system.settle()
    offer = next(one for one in b.heard if isinstance(one, OfferFriendship))
    await b.hear(offer)
    assert await b.take(tables.deliveries) == []  # open: no answer yet
    assert len(await b.rows(tables.notices)) == 1
    await b.do(lambda unit: befriending.accept(unit, BOB, ANN))
    await b.take(tables.deliveries)  # the answer is lost
    await b.hear(offer)
    await system.settle()
    assert await a.state(ANN, BOB) == "friend"
    await a.do(lambda unit: befriending.unfriend(unit, ANN, BOB))
    await system.settle()
    await b.hear(offer)
    await system.settle()
    assert isinstance(a.heard[-1], Reject)
    assert await b.state(BOB, ANN) == "none"


@pytest.mark.clause("GRA-3.2")
async def test_what_cannot_be_done_says_what_can(
    system: System, a: Node, b: Node, refused: Expect
) -> None:
    for deed in (befriending.accept, befriending.unfriend, befriending.cancel, blocking.unblock):
        with refused("GRA-3.2"):
            await a.do(lambda unit, deed=deed: deed(unit, ANN, BOB))
    await befriend(system, a, b)
    with refused("GRA-3.2"):
        await a.do(lambda unit: befriending.request(unit, ANN, BOB))
    assert await a.take(tables.deliveries) == []


@pytest.mark.clause("GRA-3.4")
async def test_an_accept_counts_only_for_our_open_request_from_whom_it_asked(
    system: System, a: Node, b: Node, refused: Expect
) -> None:
    with refused("GRA-3.4"):  # nothing was asked
        await a.hear(Accept("https://b.test/t/1", BOB, "https://a.test/t/none"))
    await a.do(lambda unit: befriending.request(unit, ANN, BOB))
    row = (await a.rows(tables.friendships))[0]
    with refused("GRA-3.4"):  # a third party answers
        await a.hear(Accept("https://b.test/t/2", CARL, row.our_offer))
    with refused("GRA-3.4"):  # another id, with the right words inside
        inner = OfferFriendship("https://a.test/t/other", ANN, BOB)
        await a.hear(Accept("https://b.test/t/3", BOB, inner.id, inner))
    assert await a.state(ANN, BOB) == "requested"
    await a.do(lambda unit: befriending.cancel(unit, ANN, BOB))
    with refused("GRA-3.4"):  # it was taken back
        await a.hear(Accept("https://b.test/t/4", BOB, row.our_offer))
    assert await a.state(ANN, BOB) == "none"


@pytest.mark.clause("GRA-3.1")
async def test_nobody_befriends_themselves_or_nobody(a: Node, refused: Expect) -> None:
    for deed in (befriending.request, blocking.block, following.follow):
        with refused("GRA-3.1"):
            await a.do(lambda unit, deed=deed: deed(unit, ANN, ANN))
        with refused("GRA-3.1"):
            await a.do(lambda unit, deed=deed: deed(unit, ANN, "https://b.test/a/nobody"))
    with refused("GRA-3.1"):
        await a.hear(OfferFriendship("https://b.test/t/1", BOB, "https://a.test/a/nobody"))
    with refused("GRA-3.1"):
        await a.hear(OfferFriendship("https://a.test/t/1", ANN, ANN))
    with refused("GRA-3.1"):
        await a.hear(OfferFriendship("https://b.test/t/2", BOB, ANN + "-channel"))


def test_an_offer_by_another_than_its_subject_is_refused_at_the_door(refused: Expect) -> None:
    document = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "type": "Offer",
        "id": "https://b.test/t/1",
        "actor": CARL,
        "object": {
            "type": "Relationship",
            "subject": BOB,
            "relationship": "http://purl.org/vocab/relationship/friendOf",
            "object": ANN,
        },
        "target": ANN,
    }
    with refused("FED-6.7"):
        parse(document)


@pytest.mark.clause("GRA-3.7")
async def test_an_undo_of_someone_elses_request_is_refused(
    system: System, a: Node, b: Node, refused: Expect
) -> None:
    await a.do(lambda unit: befriending.request(unit, ANN, BOB))
    await system.settle()
    offer = next(one for one in b.heard if isinstance(one, OfferFriendship))
    with refused("GRA-3.7"):
        await b.hear(Undo("https://mastodon.test/t/1", FAR, offer.id, offer))
    # Another actor of the same server: refused by effect, the request stands.
    await b.hear(Undo("https://a.test/t/1", ABE, offer.id))
    assert await b.state(BOB, ANN) == "incoming"


@pytest.mark.clause("GRA-3.8")
async def test_a_forged_end_ends_nothing(system: System, a: Node, b: Node, refused: Expect) -> None:
    await befriend(system, a, b)
    offer = next(one for one in b.heard if isinstance(one, OfferFriendship))
    with refused("GRA-3.8"):  # not their friendship, and none of their own to end
        await a.hear(EndFriendship("https://b.test/t/1", CARL, ANN))
    with refused("GRA-3.8"):
        await a.hear(EndFriendship("https://b.test/t/2", CARL, ANN, ("https://c.test/t/9",)))
    await a.hear(EndFriendship("https://b.test/t/3", CARL, ANN, (offer.id,)))
    with refused("GRA-3.1"):  # nobody of ours is meant
        await a.hear(EndFriendship("https://b.test/t/4", CARL, BOB, (offer.id,)))
    assert await a.state(ANN, BOB) == await b.state(BOB, ANN) == "friend"
    await a.hear(EndFriendship("https://b.test/t/5", BOB, ANN))  # without ids, as others say it
    assert await a.state(ANN, BOB) == "none"


@pytest.mark.clause("GRA-3.9")
async def test_a_peer_that_asks_without_end_is_refused(a: Node, refused: Expect) -> None:
    for count in range(32):
        await a.hear(OfferFriendship(f"https://b.test/t/{count}", BOB, ANN))
        await a.hear(Block(f"https://b.test/b/{count}", CARL, ANN))
    with refused("GRA-3.9"):
        await a.hear(OfferFriendship("https://b.test/t/more", BOB, ANN))
    with refused("GRA-3.9"):
        await a.hear(Block("https://b.test/b/more", CARL, ANN))
    assert len(await a.rows(tables.notices)) == 1


@pytest.mark.clause("GRA-4.1", "GRA-4.5", "GRA-6.2")
async def test_a_block_ends_everything_both_ways_and_comes_home(
    system: System, a: Node, b: Node
) -> None:
    await befriend(system, a, b)
    await a.do(lambda unit: following.follow(unit, ANN, BOB))
    await b.do(lambda unit: following.follow(unit, BOB, ANN))
    await system.settle()
    assert len(await a.rows(tables.follows)) == 2
    await a.do(lambda unit: blocking.block(unit, ANN, BOB))
    await system.settle()
    for node in (a, b):
        assert await node.rows(tables.follows) == []
        assert any(isinstance(one, Block) for one in node.heard)
        for who, whose in ((ANN, BOB), (BOB, ANN)):
            assert not await node.sees(who, whose, PUBLIC)
    assert await a.state(ANN, BOB) == "blocked"
    await a.do(lambda unit: blocking.unblock(unit, ANN, BOB))
    await system.settle()
    assert (await a.state(ANN, BOB), await b.state(BOB, ANN)) == ("none", "none")
    assert await b.sees(BOB, ANN, PUBLIC)


@pytest.mark.clause("GRA-4.1", "GRA-6.2")
@pytest.mark.parametrize("by_ann", [True, False])
async def test_a_block_reaches_the_followers_of_a_channel(
    system: System, a: Node, b: Node, by_ann: bool
) -> None:
    channel, follow = ANN + "-channel", "https://b.test/t/1"
    await a.insert(
        tables.actors, id=channel, kind="Group", local=True, account="ann", name="ann_channel"
    )
    await a.hear(Follow(follow, BOB, channel))
    assert [row.followed for row in await a.rows(tables.follows)] == [channel]
    if by_ann:
        await a.do(lambda unit: blocking.block(unit, ANN, BOB))
    else:
        await a.hear(Block("https://b.test/t/2", BOB, ANN))
    assert await a.rows(tables.follows) == []
    ended = [json.loads(body) for body in await a.take(tables.deliveries)]
    said = [(one["type"], one["actor"]) for one in ended]
    assert ("Reject", channel) in said
    seen = await a.units.look(FederationUnit, lambda unit: unit.relation(BOB, channel))
    assert seen.blocked, "the channel is its person's: its collections and activities are closed"


@pytest.mark.clause("GRA-4.2", "GRA-4.3", "GRA-4.4")
async def test_who_is_blocked_is_refused_and_learns_nothing(
    system: System, a: Node, b: Node, refused: Expect
) -> None:
    never = await b.look(lambda unit: unit.relation(BOB, ANN))
    await a.do(lambda unit: blocking.block(unit, ANN, BOB))
    await system.settle()
    assert await b.look(lambda unit: unit.relation(BOB, ANN)) == never
    with refused("GRA-4.2"):
        await a.hear(OfferFriendship("https://b.test/t/1", BOB, ANN))
    with refused("GRA-4.2"):
        await a.hear(Follow("https://b.test/t/2", BOB, ANN))
    assert await a.take(tables.deliveries) == []
    assert await a.rows(tables.notices) == []
    with refused("GRA-3.2"):
        await b.do(lambda unit: befriending.request(unit, BOB, ANN))
    with refused("GRA-4.4"):
        await b.do(lambda unit: following.follow(unit, BOB, ANN))
    with refused("GRA-4.4"):
        await a.do(lambda unit: following.follow(unit, ANN, BOB))


@pytest.mark.clause("GRA-4.7")
async def test_what_overtook_the_end_of_their_block_counts_once_it_ends(
    system: System, a: Node
) -> None:
    channel = ANN + "-channel"
    await a.insert(
        tables.actors, id=channel, kind="Group", local=True, account="ann", name="ann_channel"
    )
    barred, asked = Block("https://b.test/t/1", BOB, ANN), "https://b.test/t/2"
    await a.hear(barred)
    await a.hear(OfferFriendship(asked, BOB, ANN))
    await a.hear(Follow("https://b.test/t/3", BOB, ANN))
    await a.hear(Follow("https://b.test/t/4", BOB, channel))
    assert await a.take(tables.deliveries) == []
    assert await a.rows(tables.notices) == []
    assert await a.state(ANN, BOB) == "none"
    assert not await a.sees(BOB, ANN, PUBLIC)
    await a.hear(Undo("https://b.test/t/5", BOB, barred.id, barred))
    said = [json.loads(body) for body in await a.take(tables.deliveries)]
    assert [(one["type"], one["actor"]) for one in said] == [("Accept", ANN), ("Accept", channel)]
    assert await a.state(ANN, BOB) == "incoming"
    follows = await a.rows(tables.follows)
    assert {(row.followed, row.state) for row in follows} == {
        (ANN, "accepted"),
        (channel, "accepted"),
    }


async def test_each_may_block_the_other_and_only_lifts_their_own(
    system: System, a: Node, b: Node
) -> None:
    await a.do(lambda unit: blocking.block(unit, ANN, BOB))
    await system.settle()
    await b.do(lambda unit: blocking.block(unit, BOB, ANN))
    await system.settle()
    await a.do(lambda unit: blocking.unblock(unit, ANN, BOB))
    await system.settle()
    assert (await a.state(ANN, BOB), await b.state(BOB, ANN)) == ("none", "blocked")
    assert not await a.sees(ANN, BOB, PUBLIC)


async def test_an_actor_that_is_gone_leaves_no_tie(system: System, a: Node, b: Node) -> None:
    await befriend(system, a, b)
    await a.hear(Delete("https://b.test/t/1", BOB, BOB))
    assert await a.rows(tables.friendships) == []
    assert await a.state(ANN, BOB) == "none"


async def test_the_lists_are_paged_and_complete(system: System, a: Node, b: Node) -> None:
    await befriend(system, a, b)
    await a.do(lambda unit: befriending.introduce(unit, ANN, ABE))
    await system.settle()
    await a.do(lambda unit: befriending.request(unit, ANN, CARL))
    first, after = await a.look(lambda unit: unit.standing(ANN, "friend", 1, None))
    second, end = await a.look(lambda unit: unit.standing(ANN, "friend", 1, after))
    assert {first[0].person.id, second[0].person.id} == {ABE, BOB}
    assert end is None
    asked, _ = await a.look(lambda unit: unit.standing(ANN, "requested", 10, None))
    assert [one.person.handle for one in asked] == ["@carl@b.test"]

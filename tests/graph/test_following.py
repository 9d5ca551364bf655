"""Following, and friends at servers that know no friendship."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from node.federation.activities import parse
from node.federation.activities.shapes import Accept, Follow, OfferFriendship, Reject, Undo
from node.graph import befriending, blocking, following
from node.graph.visibility import Audience, AudienceKind
from node.store import tables
from tests.graph.nodes import Node, System

Expect = Callable[[str], AbstractContextManager[None]]
FRIENDS_ONLY = [Audience(AudienceKind.FRIENDS)]
ANN, ABE = "https://a.test/a/ann", "https://a.test/a/abe"
FAY, FLO = "https://mastodon.test/a/fay", "https://mastodon.test/a/flo"
ONE = "https://mastodon.test/follows/1"


@pytest.fixture
async def system(tmp_path: Path) -> AsyncIterator[System]:
    made = System(tmp_path)
    await made.node("a.test")
    for name, domain in (("ann", "a.test"), ("abe", "a.test")):
        await made.person(name, domain)
    for name in ("fay", "flo"):
        await made.person(name, "mastodon.test")
    yield made
    await made.close()


@pytest.fixture
def a(system: System) -> Node:
    return system.nodes["a.test"]


async def accept_ours(a: Node, ours: str, theirs: str) -> None:
    row = (await a.rows(tables.follows, tables.follows.c.follower == ours))[0]
    await a.hear(
        Accept("https://mastodon.test/t/yes", theirs, row.id, Follow(row.id, ours, theirs))
    )


async def become_mutual(system: System, a: Node) -> None:
    await a.do(lambda unit: befriending.request(unit, ANN, FAY))
    await accept_ours(a, ANN, FAY)
    await a.hear(Follow(ONE, FAY, ANN))
    await system.settle()


@pytest.mark.clause("GRA-3.11", "GRA-5.4")
async def test_a_mutual_follow_is_a_friendship_once_our_person_says_so(
    system: System, a: Node, refused: Expect
) -> None:
    await a.do(lambda unit: befriending.request(unit, ANN, FAY))
    await system.settle()
    assert [one["type"] for one in system.sent] == ["Follow"]
    with refused("GRA-5.4"):
        await a.do(lambda unit: befriending.confirm(unit, ANN, FAY))
    await accept_ours(a, ANN, FAY)
    assert await a.state(ANN, FAY) == "requested"
    await a.hear(Follow(ONE, FAY, ANN))
    await system.settle()
    assert await a.state(ANN, FAY) == "mutual"
    assert not await a.sees(FAY, ANN, FRIENDS_ONLY)
    items, _ = await a.look(lambda unit: unit.mutuals(ANN, 10, None))
    assert [one.person.id for one in items] == [FAY]
    said = len(system.sent)
    await a.do(lambda unit: befriending.confirm(unit, ANN, FAY))
    await system.settle()
    assert await a.state(ANN, FAY) == "friend"
    assert await a.sees(FAY, ANN, FRIENDS_ONLY)
    assert len(system.sent) == said  # the other server is not told
    items, _ = await a.look(lambda unit: unit.mutuals(ANN, 10, None))
    assert items == []


@pytest.mark.clause("GRA-5.5", "GRA-5.3")
@pytest.mark.parametrize("how", ["they unfollow", "they send us away", "we unfollow", "unfriend"])
async def test_a_friendship_on_follows_ends_with_either(system: System, a: Node, how: str) -> None:
    await become_mutual(system, a)
    await a.do(lambda unit: befriending.confirm(unit, ANN, FAY))
    ours = (await a.rows(tables.follows, tables.follows.c.follower == ANN))[0].id
    if how == "they unfollow":
        await a.hear(Undo("https://mastodon.test/t/2", FAY, ONE, Follow(ONE, FAY, ANN)))
    elif how == "they send us away":
        await a.hear(Reject("https://mastodon.test/t/2", FAY, ours, Follow(ours, ANN, FAY)))
    elif how == "we unfollow":
        await a.do(lambda unit: following.unfollow(unit, ANN, FAY))
    else:
        await a.do(lambda unit: befriending.unfriend(unit, ANN, FAY))
    assert await a.state(ANN, FAY) == "none"
    assert not await a.sees(FAY, ANN, FRIENDS_ONLY)


@pytest.mark.clause("GRA-5.2")
async def test_a_follow_is_answered_each_time_and_told_once(system: System, a: Node) -> None:
    for _ in range(3):
        await a.hear(Follow(ONE, FAY, ANN))
        await system.settle()
    assert [one["type"] for one in system.sent] == ["Accept"] * 3
    assert [row.kind for row in await a.rows(tables.notices)] == ["follow"]
    assert len({one["id"] for one in system.sent}) == 3


@pytest.mark.clause("GRA-5.1")
async def test_a_follow_of_nobody_is_refused(a: Node, refused: Expect) -> None:
    with refused("GRA-5.1"):
        await a.hear(Follow(ONE, FAY, "https://a.test/a/nobody"))


async def test_a_channel_can_be_followed(system: System, a: Node) -> None:
    await a.insert(
        tables.actors,
        id=ANN + "-channel",
        kind="Group",
        local=True,
        account="ann",
        name="ann_channel",
    )
    await a.hear(Follow(ONE, FAY, ANN + "-channel"))
    await system.settle()
    assert system.sent[-1]["actor"] == ANN + "-channel"


@pytest.mark.clause("GRA-5.3")
async def test_some_servers_use_one_id_for_every_follow_of_a_pair(system: System, a: Node) -> None:
    for _ in range(2):
        await a.hear(Follow(ONE, FAY, ANN))
        await a.hear(Undo("https://mastodon.test/t/2", FAY, ONE, Follow(ONE, FAY, ANN)))
        await a.hear(Undo("https://mastodon.test/t/2", FAY, ONE, Follow(ONE, FAY, ANN)))
        assert await a.rows(tables.follows) == []
    await a.hear(Follow(ONE, FAY, ANN))
    assert len(await a.rows(tables.follows)) == 1


@pytest.mark.clause("GRA-5.2")
@pytest.mark.parametrize("copy", [True, False])
async def test_an_undo_that_overtakes_its_follow_leaves_no_follower(
    system: System, a: Node, copy: bool
) -> None:
    gone = Undo("https://mastodon.test/t/2", FAY, ONE, Follow(ONE, FAY, ANN) if copy else None)
    await a.hear(gone)
    await a.hear(gone)
    await a.hear(Follow(ONE, FAY, ANN))
    await system.settle()
    assert await a.rows(tables.follows) == []
    assert [one["type"] for one in system.sent] == ["Reject"]
    # An id that is used for every Follow of the pair does not keep the next one out.
    await a.hear(gone)
    await a.hear(Follow(ONE, FAY, ANN))
    assert [row.follower for row in await a.rows(tables.follows)] == [FAY]


@pytest.mark.clause("FED-6.10", "GRA-3.4")
async def test_an_accept_by_id_counts_whatever_its_copy_says(a: Node, refused: Expect) -> None:
    await a.do(lambda unit: following.follow(unit, ANN, FAY))
    row = (await a.rows(tables.follows))[0]
    copy = {"type": "Follow", "id": row.id, "actor": ANN, "object": FLO}
    said = {"type": "Accept", "id": "https://mastodon.test/t/1", "object": copy}
    with refused("GRA-3.4"):
        await a.hear(parse(said | {"actor": "https://mastodon.test/a/flops"}))
    await a.hear(parse(said | {"actor": FAY}))
    assert (await a.rows(tables.follows))[0].state == "accepted"


@pytest.mark.clause("GRA-5.3")
async def test_an_undo_without_a_known_id_ends_the_follow_of_the_pair_alone(a: Node) -> None:
    await a.hear(Follow(ONE, FAY, ANN))
    await a.hear(Follow("https://mastodon.test/follows/2", FLO, ANN))
    await a.hear(Undo("https://mastodon.test/t/2", FAY, "", Follow("", FAY, ANN)))
    assert [row.follower for row in await a.rows(tables.follows)] == [FLO]


@pytest.mark.clause("GRA-3.4")
async def test_an_accept_of_a_follow_by_a_third_party_is_refused(a: Node, refused: Expect) -> None:
    await a.do(lambda unit: following.follow(unit, ANN, FAY))
    row = (await a.rows(tables.follows))[0]
    with refused("GRA-3.4"):
        await a.hear(Accept("https://mastodon.test/t/1", FLO, row.id))
    with refused("GRA-3.4"):
        await a.hear(Accept("https://mastodon.test/t/1", FAY, "", Follow("", ANN, FAY)))
    assert (await a.rows(tables.follows))[0].state == "asked"


async def test_an_undone_accept_ends_our_follow(a: Node) -> None:
    await a.do(lambda unit: following.follow(unit, ANN, FAY))
    row = (await a.rows(tables.follows))[0]
    yes = Accept("https://mastodon.test/t/1", FAY, row.id)
    await a.hear(yes)
    await a.hear(Undo("https://mastodon.test/t/2", FAY, yes.id, yes))
    assert (await a.rows(tables.follows))[0].state == "declined"


async def test_a_request_in_another_dialect_is_answered_by_following_back(
    system: System, a: Node
) -> None:
    await a.hear(Follow(ONE, FAY, ANN))
    await a.hear(OfferFriendship("https://mastodon.test/t/1", FAY, ANN, "hello"))
    assert await a.state(ANN, FAY) == "incoming"
    await a.do(lambda unit: befriending.accept(unit, ANN, FAY))
    await system.settle()
    assert await a.state(ANN, FAY) == "friend"
    assert [one["type"] for one in system.sent] == ["Accept", "Accept", "Follow"]


async def test_a_block_tells_a_foreign_server_each_thing_it_ends(system: System, a: Node) -> None:
    await become_mutual(system, a)
    system.sent.clear()
    await a.do(lambda unit: blocking.block(unit, ANN, FAY))
    await system.settle()
    assert sorted(one["type"] for one in system.sent) == ["Block", "Reject", "Undo"]
    assert await a.rows(tables.follows) == []


async def test_two_of_one_node_follow_each_other(system: System, a: Node) -> None:
    await a.do(lambda unit: following.follow(unit, ANN, ABE))
    await system.settle()
    assert await a.state(ANN, ABE) == "none"
    items, _ = await a.look(lambda unit: unit.followers(ABE, 10, None))
    assert [one.person.id for one in items] == [ANN]
    assert [row.kind for row in await a.rows(tables.notices)] == ["follow"]
    await a.do(lambda unit: following.remove_follower(unit, ABE, ANN))
    await system.settle()
    assert await a.rows(tables.follows) == []

"""Whatever is lost, repeated or overtaken: once all has arrived, both sides agree (GRA-3.10)."""

import itertools
import random
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from node.federation.activities.shapes import Activity
from node.graph import befriending, blocking, following
from node.graph.friendship_states import (
    FRIENDS,
    INCOMING,
    REQUESTED,
    Pair,
    Stance,
)
from node.graph.friendship_unit import FollowState
from tests.graph.paper import ANN, BOB, Two

Command = Callable[..., Coroutine[Any, Any, None]]
COMMANDS: dict[str, Command] = {
    "request": befriending.request,
    "accept": befriending.accept,
    "decline": befriending.decline,
    "cancel": befriending.cancel,
    "unfriend": befriending.unfriend,
    "block": blocking.block,
    "unblock": blocking.unblock,
    "follow": following.follow,
    "unfollow": following.unfollow,
}


def turned(pair: Pair) -> Pair:
    return Pair(pair.theirs, pair.ours)


def plain(pair: Pair) -> Pair:
    """`pair` without what only one of the two remembers: who declined."""
    forget = {Stance.DECLINED: Stance.NONE}
    return Pair(forget.get(pair.ours, pair.ours), forget.get(pair.theirs, pair.theirs))


def agree(two: Two) -> None:
    ann, bob = two.friendship(ANN), two.friendship(BOB)
    assert plain(ann.pair) == turned(plain(bob.pair)), (ann, bob)
    for follower, followed in ((ANN, BOB), (BOB, ANN)):
        rows = [two.follow(who, follower, followed) for who in (ANN, BOB)]
        live = [row is not None and row.state is FollowState.ACCEPTED for row in rows]
        assert live[0] == live[1], rows
        # Nothing stays open: what was asked was answered.
        assert not any(row is not None and row.state is FollowState.ASKED for row in rows), rows


step = st.one_of(
    st.tuples(st.sampled_from((ANN, BOB)), st.sampled_from(sorted(COMMANDS))),
    st.tuples(st.integers(0, 30), st.booleans()),
)


@pytest.mark.clause("GRA-3.10", "GRA-3.6")
@settings(max_examples=400)
@given(steps=st.lists(step, max_size=40), ends=st.randoms(use_true_random=False))
@example(  # the Follow overtakes the end of the block
    steps=[(ANN, "block"), (ANN, "unblock"), (0, True), (ANN, "follow"), (2, False)],
    ends=random.Random(0),
)
def test_two_nodes_agree_once_the_network_heals(steps: list[Any], ends: Any) -> None:
    two = Two()
    for one, other in steps:
        if isinstance(one, str):
            two.do(one, COMMANDS[other])
        elif two.air:
            # Left in the air it is a copy to come, or an answer that was lost: tried again later.
            two.deliver(one % len(two.air), again=other)
    two.heal(lambda count: ends.randrange(count))
    agree(two)


@pytest.mark.clause("GRA-3.3", "GRA-3.10")
@given(ends=st.randoms(use_true_random=False), copies=st.lists(st.integers(0, 9), max_size=8))
def test_crossing_requests_are_one_friendship_told_once(ends: Any, copies: list[int]) -> None:
    two = Two()
    two.do(ANN, befriending.request)
    two.do(BOB, befriending.request)
    for copy in copies:
        two.deliver(copy % len(two.air), again=True)
    two.heal(lambda count: ends.randrange(count))
    assert two.friendship(ANN).pair == two.friendship(BOB).pair == FRIENDS
    for who, other in ((ANN, BOB), (BOB, ANN)):
        assert two.nodes[who].noticed == [("friend_accepted", other)]
        told = [data["state"] for data in two.nodes[who].told]
        assert told == ["requested", "friend"]


SCRIPTS = {
    "asked, taken back, asked again": ["request", "cancel", "request", "cancel", "request"],
    "asked, then barred and freed, asked": ["request", "block", "unblock", "request"],
    "barred twice": ["block", "unblock", "block", "unblock"],
    "barred twice and left so": ["block", "unblock", "block"],
    "followed, left, followed": ["follow", "unfollow", "follow", "unfollow", "follow"],
    "barred and freed, then followed": ["block", "unblock", "follow"],
    "barred and freed twice, then followed": ["block", "unblock", "block", "unblock", "follow"],
    "barred, freed, followed, left, followed": ["block", "unblock", "follow", "unfollow", "follow"],
    "followed and asked, then barred": ["follow", "request", "block", "unblock"],
}


@pytest.mark.clause("GRA-3.10", "GRA-4.5")
@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
def test_every_order_of_up_to_six_activities_leads_to_one_end(script: list[str]) -> None:
    said = Two()
    for command in script:
        assert said.do(ANN, COMMANDS[command])
    count = len(said.air)
    assert count <= 6
    ends = set()
    for order in itertools.permutations(range(count)):
        two = Two()
        for command in script:
            two.do(ANN, COMMANDS[command])
        every: list[tuple[str, Activity]] = [two.air[at] for at in order]
        # Each comes twice, the copies in the opposite order, and the answers when all is said.
        two.air = [*every, *reversed(every)]
        for _ in range(2 * count):
            two.deliver(0, again=False)
        two.heal(lambda _: 0)
        agree(two)
        ends.add((two.friendship(ANN).pair, two.friendship(BOB).pair))
    assert len(ends) == 1, ends


@pytest.mark.clause("GRA-3.10")
@pytest.mark.parametrize("bob", sorted(COMMANDS))
@pytest.mark.parametrize("ann", sorted(COMMANDS))
@pytest.mark.parametrize("start", ["strangers", "requested", "friends", "crossing"])
def test_any_two_deeds_that_cross_leave_both_sides_agreed(start: str, ann: str, bob: str) -> None:
    for order in itertools.product((0, -1), repeat=6):
        two = Two()
        if start != "strangers":
            two.do(ANN, befriending.request)
        if start == "crossing":
            two.do(BOB, befriending.request)
        if start == "friends":
            two.heal(lambda _: 0)
            two.do(BOB, befriending.accept)
            two.heal(lambda _: 0)
        two.do(ANN, COMMANDS[ann])
        two.do(BOB, COMMANDS[bob])
        turns = iter(order)
        two.heal(lambda _, turns=turns: next(turns, 0))  # type: ignore[misc]
        agree(two)


@pytest.mark.clause("GRA-3.6")
def test_an_end_that_comes_first_leaves_nothing_behind() -> None:
    two = Two()
    two.do(ANN, befriending.request)
    two.do(ANN, befriending.cancel)
    two.deliver(1, again=False)
    two.deliver(0, again=True)
    assert two.friendship(BOB).pair == Pair()
    two.heal(lambda _: 0)
    assert two.friendship(ANN).pair == two.friendship(BOB).pair == Pair()
    assert two.nodes[BOB].noticed == []


def test_a_stale_end_does_not_end_a_later_friendship() -> None:
    two = Two()
    two.do(ANN, befriending.request)
    two.heal(lambda _: 0)
    two.do(BOB, befriending.accept)
    two.heal(lambda _: 0)
    two.do(ANN, befriending.unfriend)
    two.deliver(0, again=True)
    two.do(BOB, befriending.request)
    two.deliver(1, again=False)
    assert two.friendship(ANN).pair == INCOMING
    two.do(ANN, befriending.accept)
    two.heal(lambda count: count - 1)  # the old end comes last
    assert two.friendship(ANN).pair == two.friendship(BOB).pair == FRIENDS


@pytest.mark.clause("GRA-3.3")
def test_of_two_crossing_requests_the_other_one_stays_when_one_is_taken_back() -> None:
    two = Two()
    two.do(ANN, befriending.request)
    two.do(BOB, befriending.request)
    two.do(ANN, befriending.cancel)
    two.heal(lambda _: 0)
    assert two.friendship(ANN).pair == INCOMING
    assert two.friendship(BOB).pair == REQUESTED


@pytest.mark.clause("GRA-4.2", "GRA-4.6")
def test_a_request_that_a_block_swallowed_unseen_is_taken_back() -> None:
    two = Two()
    two.do(BOB, befriending.request)
    two.do(BOB, following.follow)
    two.do(ANN, blocking.block)
    two.deliver(0, again=False)
    two.deliver(0, again=False)
    assert len(two.refused) == 2
    two.do(ANN, blocking.unblock)
    assert two.friendship(BOB).pair == REQUESTED
    two.heal(lambda count: count - 1)  # the Undo comes before its Block
    agree(two)
    assert two.friendship(ANN).pair == two.friendship(BOB).pair == Pair()


@pytest.mark.clause("GRA-4.7", "GRA-4.4")
@pytest.mark.parametrize("meanwhile", ["", "unfollow", "block"])
def test_a_follow_that_overtakes_the_end_of_a_block_waits_for_it(meanwhile: str) -> None:
    two = Two()
    two.do(ANN, blocking.block)
    two.do(ANN, blocking.unblock)
    two.deliver(0, again=False)
    two.do(ANN, following.follow)
    two.deliver(1, again=False)
    assert (two.refused, two.nodes[BOB].noticed) == ([], [])
    asked = two.follow(BOB, ANN, BOB)
    assert asked is not None and asked.state is FollowState.ASKED
    assert not two.do(BOB, following.follow)
    if meanwhile:
        # Taken back, or the one who is asked bars the door as well: it never counts.
        two.do(BOB if meanwhile == "block" else ANN, COMMANDS[meanwhile])
        two.heal(lambda count: count - 1)
        assert two.follow(BOB, ANN, BOB) is None
    else:
        two.deliver(0, again=True)  # the end of the block
        two.heal(lambda _: 0)
        kept = two.follow(ANN, ANN, BOB)
        assert kept is not None and kept.state is FollowState.ACCEPTED
    agree(two)
    assert two.nodes[BOB].noticed == ([] if meanwhile else [("follow", ANN)])

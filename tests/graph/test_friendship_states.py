"""The table of friendship: every cell, every blank, and as the specification has it."""

import re
from pathlib import Path

import pytest

from node.errors import Conflict
from node.graph.friendship_states import (
    ADVICE,
    BOTH_BLOCK,
    FRIENDS,
    INCOMING,
    REQUESTED,
    STRANGERS,
    TABLE,
    THEY_BLOCK,
    THEY_DECLINED,
    WE_BLOCK,
    WE_DECLINED,
    Event,
    Pair,
    Stance,
    View,
    step,
    view,
)

SPEC = Path(__file__).resolve().parents[2] / "spec" / "graph.md"
BY_US = tuple(Event)[:8]  # what our people do; the rest is what the other side says
EVERY_PAIR = [Pair(ours, theirs) for ours in Stance for theirs in Stance]


@pytest.mark.clause("GRA-3.2")
@pytest.mark.parametrize("event", Event)
@pytest.mark.parametrize("pair", EVERY_PAIR, ids=lambda p: f"{p.ours}-{p.theirs}")
def test_every_cell_leads_somewhere_and_every_blank_refuses(pair: Pair, event: Event) -> None:
    then = TABLE.get(pair, {}).get(event)
    if then is not None:
        assert step(pair, event) == then
        assert then in TABLE
        return
    with pytest.raises(Conflict) as caught:
        step(pair, event)
    assert caught.value.clause == "GRA-3.2"
    assert caught.value.reason


def drawn() -> str:
    """The table as it is to stand in the specification."""
    lines = ["| (ours, theirs) | " + " | ".join(Event) + " |", "|---" * (len(Event) + 1) + "|"]
    for pair, row in TABLE.items():
        cells = [f"{row[e].ours}, {row[e].theirs}" if e in row else "" for e in Event]
        lines.append(f"| {pair.ours}, {pair.theirs} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


@pytest.mark.clause("GRA-3.2")
def test_the_table_of_the_specification_is_the_table_of_the_code() -> None:
    written = re.search(
        r"<!-- friendship table.*?-->\n(.*?)\n<!-- end of table -->", SPEC.read_text(), re.S
    )
    assert written is not None
    assert written[1] == drawn()


def test_every_state_is_reached_and_none_is_a_trap() -> None:
    assert set(TABLE) == set(ADVICE)
    reached, edge = {STRANGERS}, [STRANGERS]
    while edge:
        for then in set(TABLE[edge.pop()].values()) - reached:
            reached.add(then)
            edge.append(then)
    assert reached == set(TABLE)


def test_what_only_the_other_does_never_makes_us_friends_unasked() -> None:
    for pair, row in TABLE.items():
        for event, then in row.items():
            if event not in BY_US and then == FRIENDS:
                assert pair in (REQUESTED, FRIENDS), (pair, event)


def test_a_block_is_ended_only_by_who_made_it() -> None:
    for pair, row in TABLE.items():
        for event, then in row.items():
            if pair.ours is Stance.BLOCKED and then.ours is not Stance.BLOCKED:
                assert event is Event.UNBLOCK
            if pair.theirs is Stance.BLOCKED and then.theirs is not Stance.BLOCKED:
                assert event is Event.UNBLOCKS


@pytest.mark.clause("GRA-4.3", "GRA-5.4")
@pytest.mark.parametrize(
    ("pair", "plain", "mutual"),
    [
        (STRANGERS, View.NONE, View.MUTUAL),
        (WE_DECLINED, View.NONE, View.MUTUAL),
        (THEY_DECLINED, View.DECLINED, View.MUTUAL),
        (REQUESTED, View.REQUESTED, View.MUTUAL),
        (INCOMING, View.INCOMING, View.INCOMING),
        (FRIENDS, View.FRIEND, View.FRIEND),
        (WE_BLOCK, View.BLOCKED, View.BLOCKED),
        (THEY_BLOCK, View.NONE, View.NONE),
        (BOTH_BLOCK, View.BLOCKED, View.BLOCKED),
    ],
)
def test_what_is_shown(pair: Pair, plain: View, mutual: View) -> None:
    assert view(pair) is plain
    assert view(pair, mutual=True) is mutual

"""What holds a device's words back is told by a mark, so that no program reads the sentence."""

from types import SimpleNamespace
from typing import Any

import pytest

from node.client.absent import nobody_there
from node.client.behind import catching_up
from node.client.errands import Errands
from node.client.exchange import TellGone
from node.client.obstacles import Obstacles
from node.client.rows import AbsentRow, AskedRow
from node.errors import Conflict, Held, Unreachable

GROUP = "g"


def state(row: AskedRow | AbsentRow | None) -> Any:
    """A device's rows, of which one says how it stands."""
    return SimpleNamespace(
        find=lambda name, kind: row,
        get=lambda name, kind: row,
        names=lambda kind, group="": [] if row is None else ["one"],
    )


def busy() -> Any:
    obstacles = Obstacles()
    while obstacles.of(GROUP) is None:
        obstacles.lost_race(GROUP, 1, True)
    return obstacles.of(GROUP)


def unread() -> Any:
    obstacles = Obstacles()
    errands = Errands(state(None), SimpleNamespace(obstacles=obstacles))  # type: ignore[arg-type]
    errands.outcome(TellGone("r", GROUP, "ref", (), 0), Conflict("E2E-3.16", "not yet"))
    return obstacles.of(GROUP)


@pytest.mark.clause("DEV-2.3")
@pytest.mark.parametrize(
    ("held", "found"),
    [
        ("behind", lambda: catching_up(state(AskedRow(noticed=1, sent=1)), GROUP)),
        ("unanswered", lambda: catching_up(state(AskedRow(noticed=1, sent=1, vain=True)), GROUP)),
        ("busy", busy),
        ("unread", unread),
        ("no_device", lambda: nobody_there(state(None), GROUP)),
        ("new_device", lambda: nobody_there(state(AbsentRow(has_new=True)), GROUP)),
    ],
)
def test_what_holds_words_back_carries_its_mark(held: Held, found: Any) -> None:
    error = found()
    assert isinstance(error, Unreachable) and error.beyond
    assert error.held == held

"""What a device does with what it sees of others' keys: each line of the tables of KEY-5."""

from dataclasses import replace
from typing import Any

import pytest

from node.e2ee.keys.private.pins import (
    LEAVES,
    LISTS,
    Deed,
    Pin,
    SeenList,
    changed,
    judge_leaf,
    judge_list,
)
from node.e2ee.keys.public.device_list import Device
from tests.e2ee.keys.accounts import NOW, Account, new_device
from tests.e2ee.keys.seen import FIRST, LEAF_LINES, LIST_LINES, SECRET, THREE, Leaf


@pytest.mark.clause("KEY-5.1")
@pytest.mark.parametrize("line", LIST_LINES)
def test_lists(line: tuple[Account | None, Account, str, Deed]) -> None:
    pinned, seen, name, deed = line
    pin = None if pinned is None else Pin(pinned.published)
    found = judge_list(SeenList(pin, seen.published))
    assert (found.seen, found.deed) == (name, deed)


@pytest.mark.clause("KEY-5.2")
@pytest.mark.parametrize("line", LEAF_LINES)
def test_leaves(line: tuple[Leaf, str, Deed]) -> None:
    (seen, _), name, deed = line
    found = judge_leaf(seen)
    assert (found.seen, found.deed) == (name, deed)


def test_each_line_of_both_tables_is_tried() -> None:
    assert {name for _, _, name, _ in LIST_LINES} == {line.seen for line in LISTS}
    assert {name for _, name, _ in LEAF_LINES} == {line.seen for line in LEAVES}


@pytest.mark.parametrize("line", [*LISTS, *LEAVES], ids=lambda line: line.seen)
def test_a_stop_says_why_and_what_to_do(line: Any) -> None:
    assert bool(line.words) == (line.deed in (Deed.STOP, Deed.TELL, Deed.UNVERIFIABLE))


@pytest.mark.clause("KEY-4.3")
def test_a_list_ends_with_its_delegation() -> None:
    assert THREE.published.not_after == THREE.devices.not_after
    early = replace(THREE.published.delegation, not_after=NOW + 5)
    assert replace(THREE.published, delegation=early).not_after == NOW + 5


@pytest.mark.clause("KEY-5.3")
def test_which_devices_came_and_went() -> None:
    came, went = changed(FIRST.published, THREE.published)
    assert {*came} == {one.device for one in THREE.held} - {FIRST.held[0].device}
    assert went == ()
    assert changed(THREE.published, FIRST.published) == ((), came)
    first: Device = FIRST.held[0].device
    resealed = replace(FIRST.held[0], device=replace(first, seal=new_device(SECRET).seal.public))
    other = replace(FIRST, held=(resealed,), n=2)
    assert changed(FIRST.published, other.published) == ((resealed.device,), (first,))

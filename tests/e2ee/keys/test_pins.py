"""What a device does with what it sees of others' keys: each line of the tables of KEY-5."""

from dataclasses import replace
from typing import Any

import pytest

from node.e2ee.keys.private.pins import (
    LEAVES,
    LISTS,
    Deed,
    Pin,
    SeenLeaf,
    SeenList,
    changed,
    judge_leaf,
    judge_list,
)
from node.e2ee.keys.private.recovery import SigningKey
from node.e2ee.keys.public.certificate import check_leaf
from node.e2ee.keys.public.device_list import Device, SuiteKey
from node.testing.fakes import FakeEntropy
from tests.e2ee.keys.accounts import NOW, Account, lives, new_account, new_device

FIRST, THREE, _, AFTER_THEFT = lives()
OTHER_ROOT = new_account("mallory", FIRST.actor)
SECRET = FakeEntropy("pins")
# A forked one: the same numbers, other devices, by who has the list key.
FORKED = replace(THREE, held=FIRST.held)
# Another delegation under the same d: by who has the root.
REDELEGATED = replace(THREE, list_key=SigningKey(SECRET.draw(32)), n=3)
DAY = 86400
ENDED = THREE.devices.not_after + DAY + 1


def key(one: Account, at: int = 0) -> SuiteKey:
    return one.held[at].device.keys[0]


def list_seen(pinned: Account | None, seen: Account) -> tuple[str, Deed]:
    pin = None if pinned is None else Pin(pinned.published)
    line = judge_list(SeenList(pin, seen.published))
    return line.seen, line.deed


LIST_LINES: list[tuple[Account | None, Account, str, Deed]] = [
    (None, FIRST, "first", Deed.TAKE),
    (FIRST, THREE, "higher, pinned root", Deed.TAKE),
    (THREE, AFTER_THEFT, "higher, pinned root", Deed.TAKE),
    (THREE, FIRST, "lower", Deed.PUSH),
    (AFTER_THEFT, THREE, "lower", Deed.PUSH),
    (THREE, THREE, "the same", Deed.GO_ON),
    (THREE, FORKED, "equal numbers, other bytes", Deed.STOP),
    (THREE, REDELEGATED, "equal numbers, other bytes", Deed.STOP),
    (THREE, OTHER_ROOT, "other root", Deed.STOP),
    (FIRST, replace(OTHER_ROOT, d=FIRST.d + 9), "other root", Deed.STOP),
]


@pytest.mark.clause("KEY-5.1")
@pytest.mark.parametrize("line", LIST_LINES)
def test_lists(line: tuple[Account | None, Account, str, Deed]) -> None:
    pinned, seen, name, deed = line
    assert list_seen(pinned, seen) == (name, deed)


def leaf(pin: Pin | None = None, certified: Account | None = None, **given: Any) -> SeenLeaf:
    signs = given.pop("key", key(certified or THREE))
    chain = None
    if certified is not None:
        chain = check_leaf(certified.leaf_extension(), certified.actor, signs)
    defaults = {"published": None, "waited": 0, "is_new": True, "now": NOW}
    return SeenLeaf(pin, signs, chain, **{**defaults, **given})


PINNED = Pin(THREE.published)
GHOST_KEY = SuiteKey(1, SigningKey(SECRET.draw(32)).public)
# A device that the list key certified, and that is in no list which is pinned.
ADDED = FIRST.with_devices(new_device(SECRET), n=3)
REVOKED = FIRST.with_devices(*new_account("gone").held, n=1)

LEAF_LINES: list[tuple[SeenLeaf, str, Deed]] = [
    (leaf(PINNED, OTHER_ROOT), "other root", Deed.STOP),
    (leaf(PINNED, REDELEGATED), "equal delegation, other bytes", Deed.STOP),
    (leaf(replace(PINNED, forked=True), THREE), "equal numbers, other bytes", Deed.STOP),
    (leaf(), "uncertified, and nobody knows whether it has to be", Deed.FETCH),
    (leaf(published=False), "never certified", Deed.UNVERIFIABLE),
    (leaf(published=True), "uncertified, of an actor that publishes a root", Deed.STOP),
    (leaf(None, THREE), "first certified, not fetched", Deed.FETCH),
    *(
        (
            leaf(None, THREE, published=published),
            "first certified, and the actor publishes no such root",
            Deed.STOP,
        )
        for published in (True, False)
    ),
    (leaf(PINNED, THREE, now=ENDED), "expired, and a new leaf", Deed.STOP),
    (leaf(PINNED, THREE, now=ENDED, is_new=False), "expired", Deed.TELL),
    (leaf(PINNED, THREE, now=ENDED - 1), "in the pinned list", Deed.GO_ON),
    (leaf(PINNED, FIRST), "in the pinned list", Deed.GO_ON),
    (leaf(PINNED, key=key(THREE, 1)), "in the pinned list", Deed.GO_ON),
    (leaf(PINNED, ADDED), "certificate above the pin", Deed.FETCH),
    (leaf(PINNED, ADDED, waited=60), "certificate above the pin", Deed.FETCH),
    *(
        (seen, "not in the pinned list, or uncertified after certified", Deed.STOP)
        for seen in (
            leaf(PINNED, ADDED, waited=61),
            leaf(PINNED, REVOKED),
            leaf(PINNED, key=GHOST_KEY, published=True),
            leaf(PINNED, key=GHOST_KEY, published=False),
            leaf(PINNED, key=replace(key(THREE), suite=3)),
            leaf(PINNED, key=GHOST_KEY, now=ENDED, is_new=False),
        )
    ),
]


@pytest.mark.clause("KEY-5.2")
@pytest.mark.parametrize("line", LEAF_LINES)
def test_leaves(line: tuple[SeenLeaf, str, Deed]) -> None:
    seen, name, deed = line
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

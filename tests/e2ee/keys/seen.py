"""What a device may see of others' keys, line by line of the tables of KEY-5, and what it does."""

from dataclasses import replace
from typing import Any

from node.e2ee.keys.private.pins import Deed, Pin, SeenLeaf
from node.e2ee.keys.private.recovery import SigningKey
from node.e2ee.keys.public.certificate import check_leaf
from node.e2ee.keys.public.device_list import SuiteKey
from node.testing.fakes import FakeEntropy
from tests.e2ee.keys.accounts import NOW, Account, lives, new_account, new_device

Leaf = tuple[SeenLeaf, bytes]
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


def leaf(pin: Pin | None = None, certified: Account | None = None, **given: Any) -> Leaf:
    """A leaf as it is seen, and its extension."""
    signs = given.pop("key", key(certified or THREE))
    chain = None
    if certified is not None:
        chain = check_leaf(certified.leaf_extension(), certified.actor, signs)
    defaults = {"published": None, "waited": 0, "is_new": True, "now": NOW}
    extension = b"" if certified is None else certified.leaf_extension()
    return SeenLeaf(pin, signs, chain, **{**defaults, **given}), extension


PINNED = Pin(THREE.published)
GHOST_KEY = SuiteKey(1, SigningKey(SECRET.draw(32)).public)
# A device that the list key certified, and that is in no list which is pinned.
ADDED = FIRST.with_devices(new_device(SECRET), n=3)
REVOKED = FIRST.with_devices(*new_account("gone").held, n=1)

LEAF_LINES: list[tuple[Leaf, str, Deed]] = [
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

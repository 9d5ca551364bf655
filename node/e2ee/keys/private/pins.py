"""Pure: what a device knows of another's keys, and what it does with what it sees (spec KEY-5).

Each line of the table in the specification is one line of `LISTS` or of `LEAVES` here: the first
that fits says what is done.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Generic, TypeVar

from node.e2ee.keys.public.certificate import Certified
from node.e2ee.keys.public.device_list import Device, SuiteKey
from node.e2ee.keys.public.published import Published

FETCH_SECONDS: Final = 60  # for which a leaf may be ahead of the list
GRACE_SECONDS: Final = 86400  # in which a list that ended is as good as before


class Deed(StrEnum):
    """What is done. `STOP`: read on, seal nothing there but a Remove, say why and what to do."""

    GO_ON = "go on"
    TAKE = "take"  # the list becomes the pinned one
    PUSH = "push"  # keep our own list, and show it to who had the older one
    FETCH = "fetch"  # ask for the published list, and look again
    UNVERIFIABLE = "unverifiable"  # works, and is told
    TELL = "tell"  # works, and it is told why it will not for long
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Pin:
    """The newest keys of an account that this device took. `forked`: others with equal numbers
    were seen, until higher ones come; `verified`: by a person, or a code that they scanned;
    `anew`: keys of another root are published now."""

    keys: Published
    verified: bool = False
    forked: bool = False
    anew: bool = False


@dataclass(frozen=True, slots=True)
class SeenList:
    """Keys that were fetched or shown, checked as a chain, beside what is pinned."""

    pin: Pin | None
    keys: Published

    @property
    def is_other_root(self) -> bool:
        return self.pin is not None and self.keys.delegation.root != self.pin.keys.delegation.root

    @property
    def is_fork(self) -> bool:
        """Two that ought to be one: a delegation of equal `d`, or a list of equal (d, n)."""
        if self.pin is None:
            return False
        ours, theirs = self.pin.keys, self.keys
        same_delegation = ours.signed_delegation.hash() == theirs.signed_delegation.hash()
        same_list = ours.signed_list.hash() == theirs.signed_list.hash()
        return (ours.delegation.d == theirs.delegation.d and not same_delegation) or (
            ours.number == theirs.number and not same_list
        )

    @property
    def is_higher(self) -> bool:
        return self.pin is None or self.keys.number > self.pin.keys.number

    @property
    def is_lower(self) -> bool:
        return self.pin is not None and self.keys.number < self.pin.keys.number


@dataclass(frozen=True, slots=True)
class SeenLeaf:
    """A leaf in a group, beside what is pinned of its actor.

    `certified` is its chain, None without one. `published` is whether the actor shows a root, None
    as long as that is not known. `waited`: seconds since the leaf was first seen. `is_new`: it was
    added now. `now`: seconds since 1970.
    """

    pin: Pin | None
    key: SuiteKey
    certified: Certified | None
    published: bool | None
    waited: int
    is_new: bool
    now: int

    @property
    def is_listed(self) -> bool:
        assert self.pin is not None
        return self.pin.keys.devices.has(self.key.suite, self.key.signature_key)

    @property
    def is_other_root(self) -> bool:
        pin, seen = self.pin, self.certified
        if pin is None:
            return False
        is_other = seen is not None and seen.delegation.root != pin.keys.delegation.root
        return pin.anew or (is_other and not self.is_listed)

    @property
    def is_other_delegation(self) -> bool:
        pin, seen = self.pin, self.certified
        return (
            pin is not None
            and seen is not None
            and seen.delegation.root == pin.keys.delegation.root
            and seen.delegation.d == pin.keys.delegation.d
            and seen.delegation_hash != pin.keys.signed_delegation.hash()
        )

    @property
    def is_ahead(self) -> bool:
        """Its certificate is of a higher number than the pinned list."""
        pin, seen = self.pin, self.certified
        return pin is not None and seen is not None and seen.certificate.number > pin.keys.number

    @property
    def has_ended(self) -> bool:
        return self.pin is not None and self.now > self.pin.keys.not_after + GRACE_SECONDS


Seen = TypeVar("Seen", SeenList, SeenLeaf)


@dataclass(frozen=True, slots=True)
class Line(Generic[Seen]):
    """One line of the table: what is seen, whether that is so, what is done, and what is said.

    `words` go on behind the other's name; empty where nothing needs to be told.
    """

    seen: str
    fits: Callable[[Seen], bool]
    deed: Deed
    words: str = ""


NEW_ROOT: Final = (
    "began anew with other keys: compare safety numbers with them, or go on unverified, or leave"
)
GHOST: Final = (
    "has a device here that is not on their list of devices: it was revoked, or somebody slipped "
    "it in; remove it, or ask them"
)
FORKED: Final = (
    "shows two different lists of devices under one number: one of them is not theirs; ask them to "
    "renew their list"
)

LISTS: Final[Sequence[Line[SeenList]]] = (
    Line("other root", lambda seen: seen.is_other_root, Deed.STOP, NEW_ROOT),
    Line("first", lambda seen: seen.pin is None, Deed.TAKE),
    Line("equal numbers, other bytes", lambda seen: seen.is_fork, Deed.STOP, FORKED),
    Line("higher, pinned root", lambda seen: seen.is_higher, Deed.TAKE),
    Line("lower", lambda seen: seen.is_lower, Deed.PUSH),
    Line("the same", lambda seen: True, Deed.GO_ON),
)

LEAVES: Final[Sequence[Line[SeenLeaf]]] = (
    Line("other root", lambda seen: seen.is_other_root, Deed.STOP, NEW_ROOT),
    Line("equal delegation, other bytes", lambda seen: seen.is_other_delegation, Deed.STOP, FORKED),
    Line(
        "equal numbers, other bytes",
        lambda seen: seen.pin is not None and seen.pin.forked,
        Deed.STOP,
        FORKED,
    ),
    Line(
        "uncertified, and nobody knows whether it has to be",
        lambda seen: seen.pin is None and seen.certified is None and seen.published is None,
        Deed.FETCH,
    ),
    Line(
        "never certified",
        lambda seen: seen.pin is None and seen.certified is None and not seen.published,
        Deed.UNVERIFIABLE,
        "cannot be verified: their server or their program knows no keys of accounts",
    ),
    Line(
        "uncertified, of an actor that publishes a root",
        lambda seen: seen.pin is None and seen.certified is None,
        Deed.STOP,
        GHOST,
    ),
    Line(
        "first certified, not fetched",
        lambda seen: seen.pin is None and seen.published is None,
        Deed.FETCH,
    ),
    Line(
        "first certified, and the actor publishes no such root",
        lambda seen: seen.pin is None,
        Deed.STOP,
        "has a device here whose keys are not those that they publish: somebody may have slipped "
        "it in; remove it, or ask them",
    ),
    Line(
        "expired, and a new leaf",
        lambda seen: seen.has_ended and seen.is_new,
        Deed.STOP,
        "has a new device, and their list of devices has ended: one of their devices has to renew "
        "it first",
    ),
    Line(
        "expired",
        lambda seen: seen.has_ended and seen.is_listed,
        Deed.TELL,
        "has a list of devices that has ended: they should open Kith on one of them",
    ),
    Line("in the pinned list", lambda seen: seen.is_listed, Deed.GO_ON),
    Line(
        "certificate above the pin",
        lambda seen: seen.is_ahead and seen.waited <= FETCH_SECONDS,
        Deed.FETCH,
    ),
    Line(
        "not in the pinned list, or uncertified after certified",
        lambda seen: True,
        Deed.STOP,
        GHOST,
    ),
)


UNLISTED: Final = LEAVES[-1]


def judge_list(seen: SeenList) -> Line[SeenList]:
    """The line that fits keys which were fetched or shown."""
    return next(line for line in LISTS if line.fits(seen))


def judge_leaf(seen: SeenLeaf) -> Line[SeenLeaf]:
    """The line that fits a leaf."""
    return next(line for line in LEAVES if line.fits(seen))


def words_of(seen: str) -> str:
    """What is said of leaves that the line of this name fits."""
    return next(line.words for line in LEAVES if line.seen == seen)


def changed(old: Published, new: Published) -> tuple[tuple[Device, ...], tuple[Device, ...]]:
    """The devices that came and those that went, whole entries compared."""
    before, after = old.devices.devices, new.devices.devices
    came = tuple(device for device in after if device not in before)
    went = tuple(device for device in before if device not in after)
    return came, went

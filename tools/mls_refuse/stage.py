"""One lie in one town: who tells it to whom, in which format, and the truth beside it."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from node.e2ee.mls.private.client import OwnPackage
from node.e2ee.mls.private.hpke import KeyPair, fresh_key_pair
from node.e2ee.mls.private.proposal_list import Listed
from node.e2ee.mls.private.psk import external_psk, resumption_psk
from node.e2ee.mls.public import framing
from node.e2ee.mls.public.framing import PRIVATE_MESSAGE, PUBLIC_MESSAGE, Sender
from node.e2ee.mls.public.leaf import UPDATE
from node.e2ee.mls.public.proposals import (
    Add,
    PreSharedKey,
    PreSharedKeyID,
    Proposal,
    Remove,
    Update,
)
from node.e2ee.mls.public.suite import ref_hash
from node.e2ee.mls.public.tree import Tree
from tests.e2ee.mls.people import GROUP, Device, Seeded
from tools.mls_refuse.forge import STRAIGHT, Bend, Forger, Leaf, RawLeaf, values_of
from tools.mls_refuse.town import Town, skilled


def number(text: str) -> int:
    """A number that a text always gives."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


@dataclass
class Stage:
    """Where one lie is told. `before` collects what the receiver has to hear first."""

    town: Town
    key: str
    wire: int
    sender: Device
    receiver: str
    before: list[bytes] = field(default_factory=list)

    @property
    def seed(self) -> str:
        return f"{self.town.name}/{self.town.suite}/{self.key}/{self.wire}"

    @property
    def suite(self) -> Any:
        return self.sender.me.suite

    @property
    def tree(self) -> Tree:
        return self.sender.session.group.tree

    @property
    def at(self) -> int:
        """The sender's leaf."""
        return self.sender.session.own_leaf

    @property
    def hears(self) -> Device:
        return self.town.devices[self.receiver]

    @property
    def forger(self) -> Forger:
        return Forger(self.sender, self.seed, self.wire)

    @cached_property
    def others(self) -> list[Device]:
        """Members who are neither the sender nor the receiver; may be none."""
        names = [self.sender.name, self.receiver]
        return [d for name, d in self.town.devices.items() if name not in names]

    @property
    def third(self) -> Device:
        """A third member."""
        return self.others[number(self.key) % len(self.others)]

    @property
    def parent_key(self) -> bytes:
        """The key of some parent of the tree."""
        return next(node for _, node in self.tree.parents()).encryption_key

    def another(self, what: str = "key") -> KeyPair:
        return fresh_key_pair(self.suite, Seeded(f"{self.seed}/{what}"))

    def newcomer(self, name: str = "zoe") -> Device:
        device = self.town.kept.get(name)
        if device is None:
            strict = self.town.name == "strict"
            device = skilled(self.town, name) if strict else self.town.fresh(name)
            self.town.kept[name] = device
        return device

    def package(self, name: str = "zoe", which: int = 0) -> OwnPackage:
        """A key package of a newcomer's: always the same one."""
        device, key = self.newcomer(name), f"package/{name}/{which}"
        if key not in self.town.kept:
            self.town.kept[key] = device.me.key_package(
                Seeded(f"{self.town.suite}/{key}"), 1_800_000_000
            )
        own: OwnPackage = self.town.kept[key]
        return own

    def new(self, name: str = "zoe", which: int = 0) -> Add:
        return Add(self.package(name, which).key_package)

    def update(self, device: Device, bend: Leaf | None = None, key: str = "update") -> Update:
        """An Update of `device`'s leaf."""
        epoch = device.session._live.epoch
        group = epoch.group
        pair = fresh_key_pair(group.suite, Seeded(f"{self.seed}/{device.name}/{key}"))
        values = values_of(group.own, encryption_key=pair.public, source=None)
        place = group.context.group_id, group.own_leaf
        return Update(RawLeaf.sign(group.suite, epoch.signature, values, place, bend or Leaf()))

    def psk(self, name: bytes = b"shared", **changes: Any) -> PreSharedKey:
        id = external_psk(self.suite, name, Seeded(f"{self.seed}/psk/{name!r}"))
        return PreSharedKey(_replaced(id, changes))

    def resumption(self, **changes: Any) -> PreSharedKey:
        epoch = changes.pop("epoch", self.sender.session.epoch)
        id = resumption_psk(self.suite, GROUP, epoch, Seeded(f"{self.seed}/resumption"))
        return PreSharedKey(_replaced(id, changes))

    def gone(self) -> Remove:
        """The removal of a third member."""
        return Remove(self.third.session.own_leaf)

    def refer(self, device: Device, proposal: Proposal, hear: bool = True) -> Listed:
        """A proposal that `device` sends by itself first, and its reference."""
        forger = Forger(device, f"{self.seed}/{device.name}/{len(self.before)}", PUBLIC_MESSAGE)
        message = forger.message(proposal)
        if hear and message not in self.before:
            self.before.append(message)
        body = framing.parse_message(message)
        assert isinstance(body, framing.PublicMessage)
        reference = ref_hash(
            self.suite, b"MLS 1.0 Proposal Reference", body.authenticated().encode()
        )
        return Listed(proposal, Sender(framing.MEMBER, device.session.own_leaf), reference)


def _replaced(id: PreSharedKeyID, changes: Mapping[str, Any]) -> PreSharedKeyID:
    fields = ("type", "nonce", "psk_id", "usage", "group_id", "epoch")
    return PreSharedKeyID(**({name: getattr(id, name) for name in fields} | changes))


Items = Callable[[Stage], Sequence[Any]]
UPDATE_SOURCE = UPDATE


@dataclass(frozen=True)
class Row:
    """A lie about a commit. The twin commits `items`; the case commits `lied` (or the same), bent.

    `shown` stand in the commit where they differ from what is applied. `spread` is in how many
    towns of `towns` it is told.
    """

    name: str
    clause: str
    why: str
    items: Items = lambda s: ()
    lied: Items | None = None
    shown: Items | None = None
    bend: Callable[[Stage], Bend] = lambda s: STRAIGHT
    path: bool | None = None
    lied_path: bool | None = None
    wire: int | None = None
    towns: tuple[str, ...] = ("pair", "three", "holes", "eight", "seventeen")
    spread: int = 2
    options: Mapping[str, Any] = field(default_factory=dict)
    kind: str = ""  # rows of one kind share their twins
    extra: Items | None = None  # proposals sent before, in the case as in the twin


THIRDS = ("three", "holes", "eight", "seventeen")


def wires(row: Row, town: Town) -> int:
    if row.wire is not None:
        return row.wire
    return PUBLIC_MESSAGE if number(f"{row.name}/{town.name}") % 2 else PRIVATE_MESSAGE

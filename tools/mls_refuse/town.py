"""Groups of devices that remember how each of them came to know what it knows.

The corpus is for other implementations too: for each receiver it holds the Welcome, the private
halves of its key package, and every message since, as in the official passive-client vectors.
"""

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Any

from node.e2ee.mls.private.client import OwnPackage
from node.e2ee.mls.private.joining import join
from node.e2ee.mls.private.psk import external_psk
from node.e2ee.mls.private.session import Session
from node.e2ee.mls.public.credentials import basic
from node.e2ee.mls.public.extensions import (
    EXTERNAL_SENDERS,
    REQUIRED_CAPABILITIES,
    Extension,
    Extensions,
    ExternalSender,
    RequiredCapabilities,
)
from node.e2ee.mls.public.proposals import Add, Proposal, ReInit, Remove
from node.wire import tls
from tests.e2ee.mls.people import GROUP, NOW, Device, Seeded, agree

PSKS = {b"shared": b"s" * 32, b"other": b"o" * 32}
STRANGE, IN_USE = 0xF0F1, 0xF0F2  # one is required, one only used


@dataclass
class Way:
    """How a device came here: its package and Welcome, then what it received."""

    own: OwnPackage
    welcome: bytes
    messages: list[bytes] = field(default_factory=list)


class Town:
    """One group; the devices in it by name, all in the same epoch."""

    def __init__(self, name: str, suite: int, world: str, about: str) -> None:
        self.name, self.suite, self.about = name, suite, about
        self.world = world  # of two worlds, all that is drawn differs
        self.devices: dict[str, Device] = {}
        self.gone: dict[str, Device] = {}
        self.ways: dict[str, Way] = {}
        self.kept: dict[str, Any] = {}
        self.pick: list[str] = []
        self.past: dict[int, dict[str, dict[str, bytes]]] = {}

    def fresh(self, name: str) -> Device:
        """A device of this town's suite that is in no group."""
        device = Device(name, self.suite)
        device.entropy = Seeded(f"{self.world}{self.name}/{self.suite}/{name}")
        device.means = replace(device.means, entropy=device.entropy)
        device.me = type(device.me).fresh(
            self.suite, f"https://{name}.example/a".encode(), device.entropy
        )
        device.psks.update(PSKS)
        return device

    def able(self, device: Device, **lists: tuple[int, ...]) -> Device:
        """The same device with other capabilities."""
        device.me = replace(device.me, capabilities=replace(device.me.capabilities, **lists))
        return device

    def found(self, device: Device, extensions: Extensions = ()) -> None:
        device.take(Session.create(device.me, device.means, GROUP, NOW, extensions))
        self.devices[device.name] = device

    def commit(self, by: str, proposals: Sequence[Proposal] = (), **options: Any) -> bytes | None:
        """One commit that all take in; the Welcome."""
        first = self.devices[by]
        self.past[first.session.epoch] = {n: d.session.dump() for n, d in self.devices.items()}
        staged = first.take(first.session.stage(NOW, proposals, **options))
        for name, other in list(self.devices.items()):
            if name == by:
                continue
            other.take(other.session.receive(staged.commit, NOW))
            if name in self.ways:
                self.ways[name].messages.append(staged.commit)
            if other.session.over:
                self.gone[name] = self.devices.pop(name)
        # What a committer knows of its own commit is in no message: it is no receiver any more.
        self.ways.pop(by, None)
        return first.take(first.session.merge(NOW)).welcome

    def then(self, epoch: int, name: str) -> Device:
        """A device as it was in an epoch that is over."""
        device = copy(self.devices.get(name) or self.gone[name])
        device.session = Session.load(self.past[epoch][name], device.means)
        return device

    def add(self, by: str, *newcomers: Device, **options: Any) -> None:
        owns = [device.package() for device in newcomers]
        welcome = self.commit(by, [Add(own.key_package) for own in owns], **options)
        assert welcome is not None
        for device, own in zip(newcomers, owns, strict=True):
            device.take(join(welcome, own, device.me, device.means, NOW))
            self.devices[device.name] = device
            self.ways[device.name] = Way(own, welcome)
        agree(list(self.devices.values()))

    def remove(self, by: str, *names: str) -> None:
        self.commit(by, [Remove(self.devices[name].session.own_leaf) for name in names])

    def ready(self, *receivers: str) -> "Town":
        self.pick = list(receivers)
        agree(list(self.devices.values()))
        return self


def pair(suite: int, world: str = "") -> Town:
    town = Town("pair", suite, world, "two members")
    town.found(town.fresh("alice"))
    town.add("alice", town.fresh("bob"))
    town.commit("alice")
    return town.ready("bob")


def three(suite: int, world: str = "") -> Town:
    town = Town("three", suite, world, "three members, all parents set")
    town.found(town.fresh("alice"))
    town.add("alice", town.fresh("bob"), town.fresh("carol"))
    town.commit("alice")
    return town.ready("bob", "carol")


def holes(suite: int, world: str = "") -> Town:
    """Leaves 2 and 5 blank, some parents blank."""
    town = Town(
        "holes", suite, world, "six members in a tree of eight, leaves 2 and 5 and parents blank"
    )
    town.found(town.fresh("a"))
    town.add("a", *(town.fresh(name) for name in "bcdefgh"))
    town.commit("b")
    town.remove("a", "c", "f")
    return town.ready("d", "e", "g")


def eight(suite: int, world: str = "") -> Town:
    """All parents set but those above the last leaf, who is unmerged."""
    town = Town("eight", suite, world, "eight members, parents set, the last leaf unmerged in two")
    town.found(town.fresh("a"))
    town.add("a", *(town.fresh(name) for name in "bcdefg"))
    for name in "cea":
        town.commit(name)
    town.add("a", town.fresh("h"), path=False)
    return town.ready("b", "d", "g", "h")


def seventeen(suite: int, world: str = "") -> Town:
    town = Town(
        "seventeen", suite, world, "sixteen members in a tree of 32: blanks and unmerged leaves"
    )
    town.found(town.fresh("m0"))
    town.add("m0", *(town.fresh(f"m{n}") for n in range(1, 17)))
    for name in ("m5", "m9", "m12"):
        town.commit(name)
    town.remove("m0", "m3", "m10")
    town.add("m5", town.fresh("n0"), path=False)
    return town.ready("m1", "m8", "m16", "n0")


SERVICES = ("https://service.example/a", "https://helper.example/a")


def strict(suite: int, world: str = "") -> Town:
    """A group that requires capabilities, uses an extension, and lets two services propose."""
    town = Town("strict", suite, world, "four members; required capabilities, external senders")
    services = [town.fresh(name) for name in ("service", "helper")]
    town.kept["services"] = services
    senders = [
        ExternalSender(d.me.signature.public, basic(s.encode()))
        for d, s in zip(services, SERVICES, strict=True)
    ]
    required = RequiredCapabilities((STRANGE,), (STRANGE,), (1, 2))
    extensions = (
        Extension(REQUIRED_CAPABILITIES, required.encode()),
        Extension(EXTERNAL_SENDERS, tls.vector(s.encode() for s in senders)),
        Extension(STRANGE, b"strange"),
        Extension(IN_USE, b"in use"),
    )
    town.found(skilled(town, "alice"), extensions)
    town.add("alice", *(skilled(town, n) for n in ("bob", "carol", "dave")), path=False)
    return town.ready("bob", "carol", "dave")


def skilled(town: Town, name: str) -> Device:
    """One who has what the strict group requires."""
    return town.able(
        town.fresh(name), extensions=(STRANGE, IN_USE), proposals=(STRANGE,), credentials=(1, 2)
    )


def closed(suite: int, world: str = "") -> Town:
    town = Town("closed", suite, world, "three members of a group that a ReInit closed")
    town.found(town.fresh("alice"))
    town.add("alice", town.fresh("bob"), town.fresh("carol"))
    town.commit("alice", [ReInit(b"successor", 1, suite, ())])
    return town.ready("bob", "carol")


def flat(suite: int, world: str = "") -> Town:
    """No parent is set, so that no parent hash covers a leaf; the ways in are made from here."""
    town = Town(
        "flat", suite, world, "two members and no parent: others are invited into this group"
    )
    town.found(town.fresh("alice"))
    town.add("alice", town.fresh("bob"), path=False)
    return town.ready("bob")


TOWNS: dict[str, Callable[..., Town]] = {
    make.__name__: make for make in (pair, three, holes, eight, seventeen, strict, closed, flat)
}


def shared_psk(town: Town, entropy: Seeded) -> Any:
    """The id of a pre-shared key that all devices of a town have."""
    return external_psk(next(iter(town.devices.values())).me.suite, b"shared", entropy)

"""Devices for tests: each with a client, a store that applies changes, and seeded chance."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from node.e2ee.mls.private.client import Client, OwnPackage
from node.e2ee.mls.private.joining import join
from node.e2ee.mls.private.means import Means, Policy
from node.e2ee.mls.private.session import Session, Step
from node.e2ee.mls.private.state import Change
from node.e2ee.mls.public.credentials import Claim
from node.e2ee.mls.public.extensions import Extensions
from node.e2ee.mls.public.proposals import Add, PreSharedKeyID, Proposal, Remove

NOW = 1_800_000_000
GROUP = b"mls://g/aaaaaaaaaaaaaaaaaaaaaaaaaa"


class Seeded:
    """Chance that repeats itself for the same seed."""

    def __init__(self, seed: str) -> None:
        self._seed = seed.encode()
        self._count = 0

    def draw(self, count: int) -> bytes:
        self._count += 1
        return hashlib.shake_256(self._seed + self._count.to_bytes(8, "big")).digest(count)


class Device:
    """A client, its one session and the records that its steps wrote."""

    def __init__(self, name: str, suite: int, policy: Policy = Policy()) -> None:  # noqa: B008
        self.name = name
        self.entropy = Seeded(name)
        self.claims: list[Claim] = []
        self.believes = True
        self.psks: dict[bytes, bytes] = {}
        self.means = Means(self.entropy, self.judge, self.find, policy)
        self.me = Client.fresh(suite, f"https://{name}.example/a".encode(), self.entropy)
        self.records: dict[str, bytes] = {}
        self.session: Session = None  # type: ignore[assignment]
        self.written = 0

    def judge(self, claim: Claim) -> bool:
        self.claims.append(claim)
        return self.believes

    def find(self, id: PreSharedKeyID) -> bytes | None:
        return self.psks.get(id.psk_id)

    def apply(self, change: Change) -> None:
        self.written = sum(len(v) + len(k) for k, v in change.writes.items())
        for name in change.deletes:
            del self.records[name]
        self.records.update(change.writes)

    def take(self, step: Step[Any]) -> Any:
        """Write, go on, and hold the disk to the memory."""
        self.apply(step.change)
        self.session = step.session
        assert self.records == self.session.dump()
        return step.value

    def reload(self) -> None:
        """As after a restart."""
        self.session = Session.load(dict(self.records), self.means)
        assert self.session.dump() == self.records

    def package(self, now: int = NOW) -> OwnPackage:
        return self.me.key_package(self.entropy, now)

    def policy(self, **changes: Any) -> None:
        self.means = replace(self.means, policy=replace(self.means.policy, **changes))
        if self.session is not None:
            self.session._means = self.means


class People:
    """Devices of one suite, by name."""

    def __init__(self, suite: int) -> None:
        self.suite = suite

    def device(self, name: str, **policy: Any) -> Device:
        return Device(name, self.suite, Policy(**policy))

    def group(self, *names: str, extensions: Extensions = (), **policy: Any) -> list[Device]:
        """Devices in one group that the first created, all in the same epoch."""
        devices = [self.device(name, **policy) for name in names]
        first, *others = devices
        first.take(Session.create(first.me, first.means, GROUP, NOW, extensions))
        if others:
            add(devices[:1], others)
        return devices


def add(members: Sequence[Device], newcomers: Sequence[Device], **options: Any) -> None:
    """The first of `members` adds `newcomers`."""
    owns = [newcomer.package() for newcomer in newcomers]
    proposals = [Add(own.key_package) for own in owns]
    welcome = commit(members, proposals, **options)
    for newcomer, own in zip(newcomers, owns, strict=True):
        newcomer.take(join(welcome, own, newcomer.me, newcomer.means, NOW))
    agree([*members, *newcomers])


def commit(
    members: Sequence[Device], proposals: Sequence[Proposal] = (), **options: Any
) -> bytes | None:
    """The first of `members` commits and all take it in; the Welcome."""
    first, *others = members
    staged = first.take(first.session.stage(NOW, proposals, **options))
    for other in others:
        other.take(other.session.receive(staged.commit, NOW))
    return first.take(first.session.merge(NOW)).welcome


def remove(members: Sequence[Device], gone: Device) -> None:
    """The first of `members` removes `gone`."""
    commit(members, [Remove(gone.session.own_leaf)])


def agree(devices: Sequence[Device]) -> None:
    """All are in one epoch, with the same secrets and the same members."""
    first = devices[0].session
    roster = [(m.leaf, m.identity) for m in first.members()]
    for device in devices:
        session = device.session
        assert session.epoch == first.epoch
        assert session.epoch_authenticator == first.epoch_authenticator
        assert session.export(b"test", b"", 32) == first.export(b"test", b"", 32)
        assert [(m.leaf, m.identity) for m in session.members()] == roster

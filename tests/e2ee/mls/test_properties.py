"""Random histories: whatever happens in whatever order, those who are in the group agree."""

import random

import pytest

from node.e2ee.mls.private.events import Removed
from node.e2ee.mls.private.external import join_externally
from node.e2ee.mls.private.joining import join
from node.e2ee.mls.private.psk import external_psk
from node.e2ee.mls.public.proposals import Add, PreSharedKey, Proposal, Remove
from node.errors import Refused
from tests.e2ee.mls.people import NOW, Device, People, agree


class History:
    """A group, and a seeded hand that does something to it."""

    def __init__(self, people: People, seed: int, most: int) -> None:
        self.chance = random.Random(seed)
        self.people, self.most, self.count = people, most, 2
        self.members = people.group("p0", "p1", public=bool(seed % 2))
        self.gone: list[Device] = []
        self.late: list[tuple[Device, bytes]] = []

    def device(self) -> Device:
        self.count += 1
        fresh = self.people.device(f"p{self.count}", public=bool(self.count % 2))
        fresh.psks[b"psk"] = b"p" * 32
        return fresh

    def pick(self) -> Device:
        return self.chance.choice(self.members)

    def tell(self, by: Device, message: bytes) -> None:
        """All others get a message; who is removed by it is out."""
        for other in [m for m in self.members if m is not by]:
            event = other.take(other.session.receive(message, NOW))
            if isinstance(event, Removed):
                self.members.remove(other)
                self.gone.append(other)

    def talk(self) -> None:
        by = self.pick()
        if by.session.must_commit:
            return self.commit()
        sealed = [by.take(by.session.seal(b"%d" % n)) for n in range(self.chance.randrange(1, 5))]
        self.chance.shuffle(sealed)
        for other in self.members:
            for message in sealed:
                if other is by:
                    continue
                if self.chance.random() < 0.3:
                    self.late.append((other, message))
                else:
                    other.take(other.session.receive(message, NOW))
        for device in self.gone:
            if not device.session.over:
                with pytest.raises(Refused):
                    device.session.receive(sealed[0], NOW)
        return None

    def catch_up(self) -> None:
        for device, message in self.late:
            if device in self.members:
                try:
                    device.take(device.session.receive(message, NOW))
                except Refused as refusal:
                    assert refusal.clause == "MLS-15.3a"
        self.late = []

    def propose(self) -> None:
        by = self.pick()
        if self.chance.random() < 0.5:
            message = by.take(by.session.propose_update(NOW))
        else:
            for member in self.members:
                member.psks[b"psk"] = b"p" * 32
            psk = external_psk(by.me.suite, b"psk", by.entropy)
            message = by.take(by.session.propose(PreSharedKey(psk), NOW))
        self.tell(by, message)

    def commit(self) -> None:
        by = self.pick()
        for member in self.members:
            member.psks[b"psk"] = b"p" * 32
        newcomers = [
            self.device() for _ in range(self.chance.randrange(3)) if len(self.members) < self.most
        ]
        owns = [newcomer.package() for newcomer in newcomers]
        proposals: list[Proposal] = [Add(own.key_package) for own in owns]
        others = [m for m in self.members if m is not by]
        if others and self.chance.random() < 0.4:
            proposals.append(Remove(self.chance.choice(others).session.own_leaf))
        path = self.chance.random() < 0.6
        staged = by.take(by.session.stage(NOW, proposals, path=path))
        if self.chance.random() < 0.2:
            by.take(by.session.drop())
            return
        if self.chance.random() < 0.3:
            by.reload()
        self.tell(by, staged.commit)
        welcome = by.take(by.session.merge(NOW)).welcome
        for newcomer, own in zip(newcomers, owns, strict=True):
            newcomer.take(join(welcome, own, newcomer.me, newcomer.means, NOW))
        self.members += newcomers

    def join_from_outside(self) -> None:
        if len(self.members) >= self.most:
            return
        newcomer = self.device()
        info = self.pick().session.group_info(True)
        joining = join_externally(info, newcomer.me, newcomer.means, NOW)
        self.tell(newcomer, joining.commit)
        newcomer.take(joining.accepted(newcomer.means))
        self.members.append(newcomer)

    def step(self) -> None:
        deeds = (self.talk, self.talk, self.commit, self.commit, self.propose, self.catch_up)
        self.chance.choice((*deeds, self.join_from_outside))()
        agree(self.members)


@pytest.mark.parametrize("seed", range(6))
def test_small_groups_agree(seed: int) -> None:
    history = History(People(1 if seed % 3 else 3), seed, most=8)
    for _ in range(40):
        history.step()


def test_a_large_group_agrees() -> None:
    history = History(People(1), 99, most=30)
    for _ in range(60):
        history.step()
    assert len(history.members) > 2

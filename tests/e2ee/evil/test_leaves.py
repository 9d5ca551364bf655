"""What an evil node, member or thief does with devices and lists: noticed, told, and harmless.

The attacks on leaves and lists by name; the table is in `tests/client/test_leaves.py`.
"""

from dataclasses import replace

import pytest

from node.client.conversation_events import DeviceDoubted
from node.client.looking import Look, Shown
from node.errors import Forbidden, Missing
from tests.client.certified import Light, Owner
from tests.client.devices import ALICE, BOB, CAROL, MICROS, NOW, befriend

NO_KEYS = Missing("KEY-7.5", "the account has published no keys")


class Talk:
    """Alice and Bob, whose keys she has pinned, and a device that says that it is Bob's."""

    def __init__(self) -> None:
        self.alice, self.bob = Light("alice", ALICE), Light("bob", BOB)
        self.evil = Light("evil", BOB)
        self.owner = Owner(BOB).lists(self.bob.device)
        self.group = befriend(self.alice, self.bob)
        self.answer(self.owner.shown)

    def answer(self, shown: Shown | Missing, at: int = NOW) -> list[DeviceDoubted]:
        told = self.alice.device.trust.answered(BOB, shown, at)
        return [one for one in told if isinstance(one, DeviceDoubted)]

    def slip_in(self, by: Light | None = None) -> list[DeviceDoubted]:
        """Somebody in the group adds the evil device."""
        by = by or self.bob
        by.device.add(self.group, {BOB: self.evil.packages()}, NOW)
        (asked,) = by.send()
        self.evil.get(asked.welcomes[0].content)
        told = self.alice.get(asked.content)
        return [one for one in told if isinstance(one, DeviceDoubted)]

    def evil_reads(self, text: str) -> bool:
        """Whether the evil device reads what Alice says now, whatever else goes out."""
        self.alice.device.say(self.group, text, MICROS)
        for asked in self.alice.send():
            self.bob.get(asked.content)
            self.evil.get(asked.content)
        return any(row.text == text for row in self.evil.device.history(self.group))


@pytest.mark.clause("DEV-16.6")
def test_a_node_hands_out_a_ghosts_key_package() -> None:
    it = Talk()
    packages = it.evil.packages()
    kept, told = it.alice.device.trust.sift(BOB, packages, NOW)
    assert kept == [] and len(told) == 1
    with pytest.raises(Forbidden, match=r"KEY-5\.2"):
        it.alice.device.add(it.group, {BOB: packages}, NOW)


@pytest.mark.clause("DEV-16.3", "DEV-16.4", "DEV-16.5")
def test_a_ghost_device_is_slipped_in() -> None:
    it = Talk()
    assert it.slip_in() and not it.evil_reads("while it is looked up")
    it.answer(it.owner.shown, NOW + 1)
    assert not it.evil_reads("and afterwards")
    assert [row.text for row in it.bob.device.history(it.group)][-1] == "and afterwards"


@pytest.mark.clause("KEY-5.2", "DEV-16.3")
def test_a_self_rooted_stranger_is_slipped_in_as_bob() -> None:
    it = Talk()
    Owner(BOB, "mallory").lists(it.evil.device)
    (told,) = it.slip_in()
    assert "began anew" in told.reason and not it.evil_reads("for Bob alone")
    it.answer(it.owner.shown, NOW + 1)
    assert not it.evil_reads("nor now")


@pytest.mark.clause("KEY-5.2", "DEV-16.2")
def test_an_actor_is_said_to_publish_no_keys_any_more() -> None:
    it = Talk()
    assert it.answer(NO_KEYS, NOW + 1) == []
    assert it.slip_in() and not it.evil_reads("uncertified after certified")


@pytest.mark.clause("KEY-5.1", "DEV-16.2")
def test_an_older_list_is_served_that_still_has_the_thiefs_device() -> None:
    it = Talk()
    older = it.owner.lists(it.bob.device, it.evil.device).shown
    it.answer(older)
    assert it.slip_in() == []
    it.answer(it.owner.lists(it.bob.device).shown, NOW + 1)
    it.answer(older, NOW + 2)
    assert not it.evil_reads("after it was revoked")


@pytest.mark.clause("KEY-5.1", "KEY-5.2")
def test_a_forked_list_has_the_evil_device_under_an_equal_number() -> None:
    it = Talk()
    forked = it.owner.account.with_devices(it.owner._of(it.evil.device), n=it.owner.account.n)
    found = forked.published
    shown = Shown(found.signed_delegation.encode(), found.signed_list.encode())
    (told,) = it.answer(shown, NOW + 1)
    assert "two different lists" in told.reason
    it.slip_in()
    assert not it.evil_reads("to neither list")


@pytest.mark.clause("KEY-5.2", "DEV-16.3")
def test_a_thief_with_the_list_key_certifies_a_device_and_shows_no_list() -> None:
    """A certificate of a higher number is looked up, and never is what the list says."""
    it = Talk()
    ahead = replace(it.owner.account, n=it.owner.account.n + 9)
    it.owner.certify(it.evil.device, ahead)
    assert it.slip_in() == []
    assert it.alice.device.trust.wanted(NOW) == [Look(BOB, f"1.{ahead.n}")]
    it.answer(it.owner.shown, NOW + 1)
    (told,) = [
        one for one in it.alice.device.trust.tend(NOW + 62) if isinstance(one, DeviceDoubted)
    ]
    assert "not on their list" in told.reason and not it.evil_reads("a minute later")


@pytest.mark.clause("KEY-5.1", "DEV-13.3", "DEV-16.4")
def test_another_root_is_published_for_bob() -> None:
    """His node begins him anew: nothing is sealed there until Alice has looked at it."""
    it = Talk()
    (told,) = it.answer(Owner(BOB, "mallory").lists(it.evil.device).shown, NOW + 1)
    assert "began anew" in told.reason
    it.slip_in()
    assert not it.evil_reads("for the Bob that she knows")
    it.answer(it.owner.shown, NOW + 2)
    assert not it.evil_reads("nor when the old keys are shown again")


@pytest.mark.clause("DEV-16.5")
def test_a_broken_answer_throws_nobody_out() -> None:
    """A new device of Bob's is no ghost because our node answers with rubbish."""
    it = Talk()
    assert it.slip_in()
    shown = it.owner.shown
    it.answer(Shown(shown.delegation, shown.list[:-1]), NOW + 1)
    assert not it.evil_reads("kept"), "nothing is sealed to it"
    assert not it.evil.device.conversations()[it.group].left, "and it is not out"
    it.answer(it.owner.lists(it.bob.device, it.evil.device).shown, NOW + 2)
    assert it.evil_reads("it was Bob's after all")


@pytest.mark.clause("DEV-16.3", "DEV-16.4")
def test_a_member_brings_in_somebody_in_anothers_name() -> None:
    alice, carol, mallory = Light("alice", ALICE), Light("carol", CAROL), Light("evil", BOB)
    Owner(BOB, "mallory").lists(mallory.device)
    packages = {BOB: mallory.packages(), ALICE: alice.packages()}
    group = carol.device.start(packages, NOW)
    (founding,) = carol.send()
    alice.get(founding.welcomes[0].content)
    alice.device.trust.answered(CAROL, NO_KEYS, NOW)
    alice.device.trust.answered(BOB, Owner(BOB).lists(Light("bob", BOB).device).shown, NOW)
    alice.device.say(group, "for the real Bob", MICROS)
    assert alice.send() == [] and "began anew" in str(alice.device.held(group))

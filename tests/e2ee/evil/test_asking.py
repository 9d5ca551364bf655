"""Who asks to be taken back and may not, and a node that says what it likes of its own past.

Nothing is sealed to anybody for it, nothing is shown twice, and what was taken back stays away.
"""

from collections.abc import Iterator

import pytest

from node.client.conversation_events import MessageReceived, MessageUnreadable
from node.client.exchange import Accepted, Create, Created, Send, Wait
from node.client.rows import MessageRow
from tests.client.certified import Light, Owner
from tests.client.devices import ALICE, BOB, MICROS, NOW, URL, befriend, go_on

KEY = bytes(32)


class Talk:
    """Alice and Bob, whose keys she knows, and a device that would be in."""

    def __init__(self) -> None:
        self.alice, self.bob = Light("alice", ALICE), Light("bob", BOB)
        self.evil = Light("evil", BOB)
        for one in (self.bob, self.evil):
            one.device.new_packages(0, True, NOW)
        self.owner = Owner(BOB).lists(self.bob.device)
        self.group = befriend(self.alice, self.bob)
        self.alice.device.trust.answered(BOB, self.owner.shown, NOW)

    def question(self, by: Light, epoch: int = -1) -> bytes:
        """`by` asks to be taken back."""
        here = self.alice.device.epoch(self.group) if epoch < 0 else epoch
        asked: bytes = by.device.inbox.back._ask(self.group, here)
        assert asked, "it has a key package"
        return asked

    def refuses(self, question: bytes, clause: str) -> None:
        """She is told, and owes nobody anything."""
        (told,) = self.alice.get(question)
        assert isinstance(told, MessageUnreadable) and told.clause == clause
        assert len(told.reason.split()) > 4
        assert not self.alice.device.owed()

    def hears(self) -> Iterator[MessageReceived]:
        """What Bob hears of all that she owes; her node knows the conversation."""
        device = self.alice.device
        while not isinstance(asked := device.next(NOW), Wait):
            if isinstance(asked, Create):
                device.tell(asked, Created("r", URL), NOW)
                continue
            assert isinstance(asked, Send)
            device.tell(asked, Accepted(), NOW)
            told = self.bob.get(asked.content)
            yield from (one for one in told if isinstance(one, MessageReceived))


@pytest.fixture
def it() -> Talk:
    return Talk()


@pytest.mark.clause("DEV-9.3")
def test_a_puppet_that_was_never_in_asks_in_bobs_name(it: Talk) -> None:
    it.refuses(it.question(it.evil), "DEV-9.3")


@pytest.mark.clause("DEV-9.3", "DEV-16.5")
def test_a_device_that_was_revoked_asks_before_it_is_out(it: Talk) -> None:
    it.alice.device.trust.answered(BOB, it.owner.lists(it.bob.device, it.evil.device).shown, NOW)
    it.bob.device.add(it.group, {BOB: it.evil.packages()}, NOW)
    (asked,) = it.bob.send()
    it.evil.get(asked.welcomes[0].content)
    it.alice.get(asked.content)
    question = it.question(it.evil)
    it.alice.device.trust.answered(BOB, it.owner.lists(it.bob.device).shown, NOW + 1)
    (told,) = it.alice.get(question)
    assert isinstance(told, MessageUnreadable) and told.clause == "DEV-9.3"
    it.alice.device.say(it.group, "for Bob alone", MICROS)
    for each in it.alice.send():
        it.bob.get(each.content)
        it.evil.get(each.content)
    texts = [[row.text for row in one.device.history(it.group)] for one in (it.bob, it.evil)]
    assert texts == [["for Bob alone"], []]


@pytest.mark.clause("DEV-9.3")
def test_bobs_own_question_is_sent_on_with_another_signature(it: Talk) -> None:
    forged = bytearray(it.question(it.bob))
    forged[-1] ^= 1
    it.refuses(bytes(forged), "MLS-6.1e")


@pytest.mark.clause("DEV-9.3")
def test_a_question_is_kept_and_sent_once_more_an_epoch_later(it: Talk) -> None:
    kept = it.question(it.bob)
    go_on(it.alice, it.bob, it.group, times=1)
    assert it.alice.get(kept) == [] and not it.alice.device.owed()


@pytest.mark.clause("DEV-9.3", "DEV-5.2")
def test_questions_of_epochs_to_come_fill_nobodys_room(it: Talk) -> None:
    for epoch in range(7, 40):
        assert it.alice.get(it.question(it.bob, epoch)) == []
    assert len(it.alice.device.state.names("parked", it.group)) == 1


@pytest.mark.clause("DEV-11.3")
def test_a_node_says_again_and_again_that_it_was_put_back(it: Talk) -> None:
    """It has the words sealed anew some times; to Bob they are there once."""
    it.alice.device.say(it.group, "once", MICROS)
    assert [one.text for one in it.hears()] == ["once"]
    it.alice.device.receive([], NOW, "life 0")
    for life in range(30):
        it.alice.device.receive([], NOW, f"life {life + 1}")
        assert list(it.hears()) == []
    (name,) = it.alice.device.state.names("message", it.group)
    assert it.alice.device.state.get(name, MessageRow).mended == 20
    assert len(it.bob.device.history(it.group)) == 1


@pytest.mark.clause("DEV-14.7")
def test_a_node_says_that_it_was_put_back_to_have_what_was_taken_back(it: Talk) -> None:
    device = it.alice.device
    device.archive.adopt(1, KEY)
    device.receive([], NOW, "one life")
    said = device.say(it.group, "taken back", MICROS)
    list(it.hears())
    device.words.delete(it.group, said.id, MICROS)
    list(it.hears())
    device.archive.sent(device.archive.due(NOW))
    device.archive.erased(device.archive.erasing())
    device.receive([], NOW, "another life")
    assert device.archive.due(NOW).rows == [] and device.archive.erasing().names
    rows = it.alice.rows
    assert all(b"taken back" not in (rows.read(name) or b"") for name in rows.names())

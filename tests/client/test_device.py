"""Two devices and a relay that is only a list: what a device does with what it is told."""

from pathlib import Path

import pytest

from node.client.conversation_events import (
    ConversationJoined,
    MessageReceived,
    MessageUnreadable,
)
from node.client.exchange import Fetch, Wait
from tests.client.devices import ALICE, BOB, MICROS, NOW, Side, befriend, pass_on, side


@pytest.mark.clause("E2E-5.2")
def test_two_devices_talk(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    said = alice.device.say(group, "hello\nBob <3 & all", MICROS)
    (heard,) = pass_on(alice, bob)
    text = "hello\nBob <3 & all"
    assert heard == MessageReceived(group, said.id, ALICE, text, "Note", heard.at)
    bob.device.say(group, "hello Alice", MICROS)
    (heard,) = pass_on(bob, alice)
    assert (heard.actor, heard.text) == (BOB, "hello Alice")
    assert alice.device.authenticator(group) == bob.device.authenticator(group)
    assert [row.text for row in alice.device.history(group)][1] == "hello Alice"


@pytest.mark.clause("E2E-5.8")
def test_who_comes_back_with_a_new_device_is_answered_there(
    alice: Side, bob: Side, tmp_path: Path
) -> None:
    old = befriend(alice, bob)
    alice.device.say(old, "from the old one", MICROS)
    pass_on(alice, bob)
    with side(tmp_path / "again", ALICE) as again:
        new = befriend(again, bob, at=NOW + 60)
        assert bob.device.between(ALICE) == [new, old]
        again.device.say(new, "from the new one", MICROS)
        pass_on(again, bob, at=MICROS + 61_000_000)
        said = [row.text for row in bob.device.history(*bob.device.between(ALICE))]
        assert said == ["from the old one", "from the new one"]
        # The old one was not lost after all: who speaks there is answered there.
        alice.device.say(old, "found it", MICROS)
        pass_on(alice, bob, at=MICROS + 62_000_000)
        assert bob.device.between(ALICE) == [old, new]


@pytest.mark.clause("E2E-5.4")
def test_a_kill_between_any_two_steps_loses_nothing(alice: Side, bob: Side) -> None:
    group = alice.device.start({BOB: bob.packages()}, NOW)
    alice.reopen()
    bob.reopen()
    founding = alice.next()
    alice.accept(founding)
    alice.reopen()
    alice.device.say(group, "one", MICROS)
    alice.reopen()
    words = alice.next()
    bob.get(founding.welcomes[0].content)
    bob.reopen()
    (heard,) = bob.get(words.content)
    assert heard.text == "one"
    # The answer to the first try was lost: the same bytes go out again, and are one message.
    alice.reopen()
    assert alice.next() == words
    assert bob.get(words.content, seq=bob.seq) == []


@pytest.mark.clause("E2E-5.4")
def test_what_comes_too_early_waits(alice: Side, bob: Side) -> None:
    group = alice.device.start({BOB: bob.packages()}, NOW)
    (founding,) = alice.send()
    alice.device.say(group, "early", MICROS)
    (words,) = alice.send()
    assert bob.get(words.content) == []
    bob.reopen()
    joined, said = bob.get(founding.welcomes[0].content)
    assert isinstance(joined, ConversationJoined)
    assert said.text == "early"


@pytest.mark.clause("E2E-5.7")
def test_a_lost_commit_is_dropped_and_words_are_sealed_anew(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    alice.device.refresh(group, NOW)
    bob.device.refresh(group, NOW)
    (winner,) = alice.send()
    bob.lose(bob.next())
    asked = bob.device.next(NOW)
    assert asked == Fetch()
    bob.accept(asked)  # what came first is not here yet
    assert bob.device.next(NOW) == Wait()
    said = bob.device.say(group, "while it was open", MICROS)
    bob.device.retry()
    stale = bob.next()
    bob.lose(stale)
    bob.get(winner.content)
    bob.accept(Fetch())
    anew = bob.next()
    assert anew.content != stale.content
    (heard,) = alice.get(anew.content)
    assert (heard.id, heard.text) == (said.id, "while it was open")
    assert alice.device.authenticator(group) == bob.device.authenticator(group)


@pytest.mark.clause("E2E-5.7")
def test_a_commit_is_due_after_a_hundred_messages(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    for number in range(100):
        assert not alice.device.must_commit(group)
        alice.device.say(group, str(number), MICROS + number)
    assert alice.device.must_commit(group)
    pass_on(alice, bob)
    alice.device.refresh(group, NOW)
    pass_on(alice, bob)
    assert not alice.device.must_commit(group)
    alice.device.say(group, "after", MICROS)
    assert pass_on(alice, bob)[0].text == "after"


@pytest.mark.clause("E2E-5.1")
def test_a_package_of_somebody_else_is_not_added(alice: Side, bob: Side, refused) -> None:
    packages = bob.packages()
    with refused("E2E-5.1"):
        alice.device.start({"https://beta.test/a/mallory": packages}, NOW)
    with refused("E2E-5.6"):
        alice.device.start({BOB: []}, NOW)
    assert alice.device.owed() == []
    assert alice.device.conversations() == {}


@pytest.mark.clause("E2E-5.5")
def test_what_is_wrong_is_told_and_moves_nothing(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    alice.device.say(group, "true", MICROS)
    out = alice.next()
    torn = out.content[:-1] + bytes([out.content[-1] ^ 1])
    for wrong in (b"", b"garbage", torn):
        (told,) = bob.get(wrong)
        assert isinstance(told, MessageUnreadable)
        assert told.clause
    (heard,) = bob.get(out.content)
    assert heard.text == "true"
    (told,) = bob.get(out.content)  # replayed by the node under another number
    assert isinstance(told, MessageUnreadable)

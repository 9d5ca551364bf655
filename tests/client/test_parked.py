"""What waits is named so that no number of the mailbox, and no flood, is in its way (DEV-5.2)."""

import pytest

from node.client import parked, rows
from node.client.conversation_events import (
    ConversationEvent,
    MessageReceived,
    MessageUnreadable,
)
from node.client.rows import ParkedRow
from node.e2ee.mls.public.framing import (
    APPLICATION,
    COMMIT,
    PrivateMessage,
    encode_message,
)
from node.errors import Forbidden
from tests.client.devices import MICROS, NOW, Side, befriend


def sent(side: Side) -> list[bytes]:
    return [each.content for each in side.send()]


def false_commit(group: str, epoch: int, number: int = 0) -> bytes:
    claim = PrivateMessage(bytes.fromhex(group), epoch, COMMIT, b"", b"who", b"%d" % number)
    return encode_message(claim)


def item(seq: int, content: bytes) -> ParkedRow:
    return ParkedRow(seq=seq, ref="r", url="https://alpha.test/o/1", content=content, at=MICROS)


def receive(side: Side, *items: ParkedRow, incarnation: str = "") -> list[object]:
    return list(side.device.receive(items, NOW, incarnation))


@pytest.mark.clause("DEV-5.2", "DEV-5.1")
def test_a_number_that_is_given_again_takes_no_place(alice: Side, bob: Side) -> None:
    """The node was put back: the number of what waits here is that of another message now."""
    group = befriend(alice, bob)
    alice.device.refresh(group, NOW)
    for text in ("before", "after"):
        alice.device.say(group, text, MICROS)
    commit, before, after = sent(alice)
    seq = bob.device.cursor + 7
    receive(bob, item(seq, before), incarnation="one")
    receive(bob, item(seq, after), incarnation="two")
    bob.reopen()
    assert len(bob.device.state.names("parked", group)) == 2
    heard = receive(bob, item(seq + 1, commit))
    texts = [one.text for one in heard if isinstance(one, MessageReceived)]
    assert texts == ["before", "after"]


@pytest.mark.clause("DEV-5.2", "DEV-5.1")
def test_what_comes_a_second_time_waits_once(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    alice.device.refresh(group, NOW)
    alice.device.say(group, "hello", MICROS)
    commit, words = sent(alice)
    seq = bob.device.cursor + 2
    receive(bob, item(seq, words), incarnation="one")
    receive(bob, item(seq - 1, words), incarnation="two")
    assert len(bob.device.state.names("parked", group)) == 1
    heard = receive(bob, item(seq + 3, commit))
    assert [one for one in heard if isinstance(one, MessageUnreadable)] == []


@pytest.mark.clause("DEV-5.2")
def test_what_an_earlier_version_named_by_the_mailbox_is_read(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    alice.device.refresh(group, NOW)
    for text in ("one", "two"):
        alice.device.say(group, text, MICROS)
    commit, *words = sent(alice)
    seq = bob.device.cursor + 1
    with bob.device.state.step():
        bob.device.state.put(f"parked/{group}/{seq:016d}", item(seq, words[0]))
    bob.reopen()
    receive(bob, item(seq + 1, words[1]))
    heard = receive(bob, item(seq + 2, commit))
    assert [one.text for one in heard if isinstance(one, MessageReceived)] == ["one", "two"]


@pytest.mark.clause("DEV-5.2")
def test_what_an_earlier_version_left_is_in_the_way_of_no_commit(
    alice: Side, bob: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parked, "MOST", 5)
    group = befriend(alice, bob)
    alice.device.refresh(group, NOW)
    alice.device.say(group, "hello", MICROS)
    commit, words = sent(alice)
    here = bob.device.state.groups.session(group).epoch
    state = bob.device.state
    with state.step():
        for seq, content in ((9_000_000, false_commit(group, here + 2)), (9_000_001, words)):
            state.put(f"parked/{group}/{seq:016d}", item(seq, content))
    bob.reopen()
    for number in range(4):  # the last one takes the place of the words
        bob.get(false_commit(group, here + 900 + number, number))
    assert not any(one.is_word for one in parked.waiting(bob.device.state, group))
    alice.device.refresh(group, NOW)
    (later,) = sent(alice)
    bob.get(later)  # in the place of what claims to be later
    bob.get(commit)
    assert bob.device.state.groups.session(group).epoch == here + 2


@pytest.mark.clause("DEV-5.2")
def test_what_an_earlier_version_left_waits_on_for_a_group_that_is_not_known(bob: Side) -> None:
    """Each is tried, and waits again under a name of this version while the others are tried."""
    group, state = "ab" * 16, bob.device.state
    with state.step():
        for seq in (7, 8, 9):
            content = false_commit(group, 3, seq)
            state.put(f"parked/{group}/{seq:016d}", item(seq, content))
    bob.reopen()
    with bob.device.state.step():
        bob.device.inbox.take_parked(group, NOW)
    found = parked.waiting(bob.device.state, group)
    assert [one.epoch for one in found] == [3, 3, 3]


@pytest.mark.clause("DEV-5.2")
def test_false_commits_keep_no_true_one_out_and_are_told_of_once(
    alice: Side, bob: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A member sends commits of epochs that will never be, without an end."""
    monkeypatch.setattr(parked, "MOST", 5)
    group = befriend(alice, bob)
    commits = []
    for _ in range(3):
        alice.device.refresh(group, NOW)
        commits += sent(alice)
    here = bob.device.state.groups.session(group).epoch
    told = []
    for number in range(40):
        told += bob.get(false_commit(group, here + 900 + number, number))
    assert [one.clause for one in told] == ["E2E-5.4"], "once, not for each"
    # Those behind a gap are nearer: they take the place of what claims a later epoch.
    for commit in (commits[2], commits[1]):
        assert bob.get(commit) == []
    assert len(bob.device.state.names("parked", group)) == 5
    bob.get(commits[0])
    assert bob.device.state.groups.session(group).epoch == here + 3


@pytest.mark.clause("DEV-5.2")
def test_a_flood_reads_no_row_for_each_that_finds_no_room(
    alice: Side, bob: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parked, "MOST", 20)
    group = befriend(alice, bob)
    here = bob.device.state.groups.session(group).epoch
    for number in range(20):
        bob.get(false_commit(group, here + 5, number))
    bob.reopen()
    read: list[str] = []
    vault = bob.device.state._vault
    look = vault.read
    monkeypatch.setattr(vault, "read", lambda name: read.append(name) or look(name))
    for number in range(20):
        bob.get(false_commit(group, here + 5, 100 + number))
    assert [name for name in read if name.startswith("parked/")] == []


@pytest.mark.clause("DEV-5.2")
def test_an_epoch_beyond_all_is_later_than_any(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    bob.get(false_commit(group, 2**64 - 1))
    (one,) = parked.waiting(bob.device.state, group)
    assert (one.epoch, one.is_word) == (parked.LATEST, False)
    assert one.name == rows.parked_row(group, parked.LATEST, one.came, False)
    words = PrivateMessage(bytes.fromhex(group), 7, APPLICATION, b"", b"who", b"x")
    bob.get(encode_message(words))
    assert [each.epoch for each in parked.waiting(bob.device.state, group)] == [7, parked.LATEST]


@pytest.mark.clause("DEV-19.6")
def test_what_waits_behind_a_commit_that_ends_the_group_stops_no_reading(
    alice: Side, bob: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = befriend(alice, bob)
    alice.device.refresh(group, NOW)
    alice.device.say(group, "hello", MICROS)
    _, words = sent(alice)
    seq, state = bob.device.cursor + 1, bob.device.state
    receive(bob, item(seq, words), item(seq + 1, false_commit(group, 2)))
    assert len(state.names("parked", group)) == 2

    def ends(_item: ParkedRow, _now: int) -> list[ConversationEvent]:
        for name in state.names("parked", group):
            state.delete(name)
        raise Forbidden("E2E-8.6", "nobody may follow it")

    monkeypatch.setattr(bob.device.inbox, "_open", ends)
    state.groups.session(group)
    with state.step(), monkeypatch.context() as patched:
        patched.setattr(type(state.groups), "__contains__", lambda *_: False)  # it is over
        bob.device.inbox.take_parked(group, NOW)
    assert not state.names("parked", group)

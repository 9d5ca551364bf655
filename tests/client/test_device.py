"""Two devices and a relay that is only a list: what a device does with what it is told."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from node.client.device import Device
from node.client.happenings import Joined, Said, Unreadable
from node.client.rows import ParkedRow
from node.client.vault import Vault
from node.testing.fakes import FakeEntropy

ALICE = "https://alpha.test/a/alice"
BOB = "https://beta.test/a/bob"
NOW = 1_767_225_600
MICROS = NOW * 1_000_000


class Side:
    """A device, its vault, and how much of its mailbox it was given."""

    def __init__(self, folder: Path, actor: str) -> None:
        self.place, self.actor, self.seq = folder / "vault.sqlite3", actor, 0
        self.entropy = FakeEntropy(f"{actor} {folder.name}")
        self.vault = Vault.create(self.place, "passphrase", self.entropy)
        self.device = Device(self.vault, self.entropy, actor)

    def reopen(self) -> None:
        """As after a kill: only what is on disk is left."""
        self.vault.close()
        self.vault = Vault.open(self.place, "passphrase", self.entropy)
        self.device = Device(self.vault, self.entropy, self.actor)

    def get(self, content: bytes, seq: int = 0, at: int = MICROS):
        self.seq = seq or self.seq + 1
        item = ParkedRow(
            seq=self.seq,
            ref="r",
            url="https://alpha.test/o/1",
            content=content,
            at=at + self.seq,
        )
        return self.device.receive(item, at // 1_000_000)


@pytest.fixture
def alice(tmp_path: Path) -> Iterator[Side]:
    side = Side(tmp_path / "alice", ALICE)
    yield side
    side.vault.close()


@pytest.fixture
def bob(tmp_path: Path) -> Iterator[Side]:
    side = Side(tmp_path / "bob", BOB)
    yield side
    side.vault.close()


def befriend(alice: Side, bob: Side, at: int = NOW) -> str:
    """A conversation of the two, with everything accepted."""
    packages = [data for data, last in bob.device.new_packages(1, False, NOW) if not last]
    group = alice.device.start({BOB: packages}, at)
    alice.device.created(group, "r", "https://alpha.test/o/1")
    ((name, out),) = alice.device.owed()
    alice.device.accepted(name, at)
    joined = bob.get(out.welcomes[0].content, at=at * 1_000_000)
    assert joined == [Joined(group, ALICE, (ALICE, BOB))]
    return group


def pass_on(sender: Side, receiver: Side, at: int = MICROS) -> list:
    found = []
    for name, out in sender.device.owed():
        sender.device.accepted(name, NOW)
        found += receiver.get(out.content, at=at)
    return found


@pytest.mark.clause("E2E-5.2")
def test_two_devices_talk(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    said = alice.device.say(group, "hello\nBob <3 & all", MICROS)
    (heard,) = pass_on(alice, bob)
    assert heard == Said(group, said.id, ALICE, "hello\nBob <3 & all", "Note", heard.at)
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
    again = Side(tmp_path / "again", ALICE)
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
    again.vault.close()


@pytest.mark.clause("E2E-5.4")
def test_a_kill_between_any_two_steps_loses_nothing(alice: Side, bob: Side) -> None:
    packages = [data for data, _ in bob.device.new_packages(1, False, NOW)]
    group = alice.device.start({BOB: packages}, NOW)
    alice.reopen()
    bob.reopen()
    ((name, out),) = alice.device.owed()
    alice.device.accepted(name, NOW)
    alice.reopen()
    alice.device.say(group, "one", MICROS)
    alice.reopen()
    ((name, words),) = alice.device.owed()
    bob.get(out.welcomes[0].content)
    bob.reopen()
    (heard,) = bob.get(words.content)
    assert heard.text == "one"
    # The answer to the first try was lost: the same bytes go out again, and are one message.
    alice.reopen()
    ((again, words_again),) = alice.device.owed()
    assert (again, words_again.content) == (name, words.content)
    assert bob.get(words.content, seq=bob.seq) == []


@pytest.mark.clause("E2E-5.4")
def test_what_comes_too_early_waits(alice: Side, bob: Side) -> None:
    packages = [data for data, _ in bob.device.new_packages(1, False, NOW)]
    group = alice.device.start({BOB: packages}, NOW)
    ((name, out),) = alice.device.owed()
    alice.device.accepted(name, NOW)
    alice.device.say(group, "early", MICROS)
    ((_, words),) = alice.device.owed()
    assert bob.get(words.content) == []
    bob.reopen()
    joined, said = bob.get(out.welcomes[0].content)
    assert isinstance(joined, Joined)
    assert said.text == "early"


@pytest.mark.clause("E2E-5.7")
def test_a_lost_commit_is_dropped_and_words_are_sealed_anew(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    alice.device.commit(group, NOW)
    bob.device.commit(group, NOW)
    ((first, winner),) = alice.device.owed()
    ((second, _),) = bob.device.owed()
    alice.device.accepted(first, NOW)
    assert not bob.device.lost(second)  # what came first is not here yet
    said = bob.device.say(group, "while it was open", MICROS)
    ((name, stale),) = bob.device.owed()
    assert not bob.device.lost(name)
    bob.get(winner.content)
    name, anew = bob.device.ready(name, NOW)
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
    alice.device.commit(group, NOW)
    pass_on(alice, bob)
    assert not alice.device.must_commit(group)
    alice.device.say(group, "after", MICROS)
    assert pass_on(alice, bob)[0].text == "after"


@pytest.mark.clause("E2E-5.1")
def test_a_package_of_somebody_else_is_not_added(alice: Side, bob: Side, refused) -> None:
    packages = [data for data, _ in bob.device.new_packages(1, False, NOW)]
    with refused("E2E-5.1"):
        alice.device.start({"https://beta.test/a/mallory": packages}, NOW)
    with refused("E2E-5.6"):
        alice.device.start({BOB: []}, NOW)
    assert alice.device.owed() == []


@pytest.mark.clause("E2E-5.5")
def test_what_is_wrong_is_told_and_moves_nothing(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    alice.device.say(group, "true", MICROS)
    ((name, out),) = alice.device.owed()
    torn = out.content[:-1] + bytes([out.content[-1] ^ 1])
    for wrong in (b"", b"garbage", torn):
        (told,) = bob.get(wrong)
        assert isinstance(told, Unreadable)
        assert told.clause
    (heard,) = bob.get(out.content)
    assert heard.text == "true"
    (told,) = bob.get(out.content)  # replayed by the node under another number
    assert isinstance(told, Unreadable)
    assert name

"""Devices that talk through nothing but a list: the core of the client, without any node."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from node.client.conversation_events import ConversationEvent, ConversationJoined, MembersChanged
from node.client.device import Device
from node.client.exchange import Accepted, Create, Created, LostRace, Send, Tell, TellGone, Wait
from node.client.rows import ParkedRow
from node.client.vault import Vault
from node.testing.fakes import FakeEntropy

ALICE = "https://alpha.test/a/alice"
BOB = "https://beta.test/a/bob"
CAROL = "https://alpha.test/a/carol"
NOW = 1_767_225_600
MICROS = NOW * 1_000_000
URL = "https://alpha.test/o/1"


class Side:
    """A device, its vault, how much of its mailbox it was given, and what its person was told."""

    def __init__(self, folder: Path, actor: str) -> None:
        self.place, self.actor, self.seq = folder / "vault.sqlite3", actor, 0
        self.entropy = FakeEntropy(f"{actor} {folder.name}")
        self.vault = Vault.create(self.place, "passphrase", self.entropy)
        self.device = Device(self.vault, self.entropy, actor)
        self.told: list[ConversationEvent] = []

    def reopen(self) -> None:
        """As after a kill: only what is on disk is left."""
        self.vault.close()
        self.vault = Vault.open(self.place, "passphrase", self.entropy)
        self.device = Device(self.vault, self.entropy, self.actor)

    def item(self, content: bytes, seq: int = 0, at: int = MICROS) -> ParkedRow:
        self.seq = seq or self.seq + 1
        return ParkedRow(seq=self.seq, ref="r", url=URL, content=content, at=at + self.seq)

    def get(self, content: bytes, seq: int = 0, at: int = MICROS):
        return self.device.receive([self.item(content, seq, at)], at // 1_000_000)

    def packages(self, count: int = 1) -> list[bytes]:
        return [data for data, _ in self.device.new_packages(count, False, NOW)]

    def next(self) -> Send:
        """What is to be sent now; it has to be something."""
        asked = self.device.next(NOW)
        if isinstance(asked, Create):
            assert self.device.tell(asked, Created("r", URL), NOW) == []
            asked = self.device.next(NOW)
        assert isinstance(asked, Send), asked
        return asked

    def accept(self, asked: Send | TellGone, at: int = NOW) -> list[ConversationEvent]:
        return self.device.tell(asked, Accepted(), at)

    def lose(self, asked: Send) -> None:
        assert self.device.tell(asked, LostRace(), NOW) == []

    def send(self) -> list[Send]:
        """All that the device owes, accepted; nobody has it yet."""
        found = []
        while not isinstance(asked := self.device.next(NOW), Wait):
            if isinstance(asked, Tell):
                self.told += asked.events
                continue
            if isinstance(asked, TellGone):
                self.accept(asked)
                continue
            found.append(self.next())
            self.told += self.accept(found[-1])
        return found


@contextmanager
def side(folder: Path, actor: str) -> Iterator[Side]:
    made = Side(folder, actor)
    yield made
    made.vault.close()


def befriend(alice: Side, bob: Side, at: int = NOW) -> str:
    """A conversation of the two, with everything accepted."""
    group = alice.device.start({bob.actor: bob.packages()}, at)
    founding = alice.next()
    assert alice.accept(founding, at) == []
    joined = bob.get(founding.welcomes[0].content, at=at * 1_000_000)
    assert joined == [ConversationJoined(group, alice.actor, (alice.actor, bob.actor))]
    return group


def pass_on(sender: Side, *receivers: Side, at: int = MICROS) -> list[ConversationEvent]:
    """All that the sender owes comes to the others."""
    found = []
    for sent in sender.send():
        for receiver in receivers:
            found += receiver.get(sent.content, at=at)
    return found


def go_on(committer: Side, other: Side, group: str, times: int = 11) -> None:
    for _ in range(times):
        committer.device.refresh(group, NOW)
        (commit,) = committer.send()
        assert isinstance(other.get(commit.content)[0], MembersChanged)

"""A home node that was put back from a copy has again what it lost, and so have the others."""

import pytest

from node.client.conversation_events import MessageReceived, NodeRestored
from node.client.device import Device
from node.client.said_rows import EraseRow
from node.e2ee.records.record import Kind, read
from node.errors import Malformed
from tests.client.certified import Light
from tests.client.devices import ALICE, BOB, MICROS, NOW, befriend

DAY = 86_400
KEY = bytes(32)


class Talk:
    """Alice and Bob; she keeps an archive, and her node has a life with a name."""

    def __init__(self) -> None:
        self.alice, self.bob = Light("alice", ALICE), Light("bob", BOB)
        self.group = befriend(self.alice, self.bob)
        self.device.archive.adopt(1, KEY)
        self.device.receive([], NOW, "one")

    @property
    def device(self) -> Device:
        return self.alice.device

    def say(self, text: str, at: int = NOW) -> str:
        """She says it, Bob reads it, and her archive has it; its id."""
        said = self.device.say(self.group, text, at * 1_000_000)
        self.pass_on()
        return said.id

    def pass_on(self) -> list[object]:
        told = list[object]()
        for asked in self.alice.send():
            told += self.bob.get(asked.content)
        self.device.archive.sent(self.device.archive.due(NOW))
        return told

    def put_back(self, at: int = NOW) -> list[tuple[Kind, str]]:
        """What is due for the archive once her node was put back."""
        assert self.device.receive([], at, "another life") == [NodeRestored()]
        state = self.device.state
        names = [name for group in state.groups_with("due") for name in state.names("due", group)]
        records = [read(state.read(name) or b"")[0] for name in names]
        return [(record.kind, record.id) for record in records]


@pytest.fixture
def talk() -> Talk:
    return Talk()


@pytest.mark.clause("DEV-14.7")
def test_what_the_archive_lost_is_put_there_again(talk: Talk) -> None:
    kept = talk.say("kept")
    theirs = talk.bob.device.say(talk.group, "from Bob", MICROS)
    for asked in talk.bob.send():
        talk.alice.get(asked.content)
    talk.device.words.react(talk.group, theirs.id, "👍", MICROS, BOB)
    talk.device.words.edit(talk.group, kept, "changed", MICROS)
    talk.pass_on()
    found = talk.put_back()
    assert (Kind.CREATE, kept) in found and (Kind.CREATE, theirs.id) in found
    assert sorted(kind for kind, _ in found) == [1, 1, Kind.UPDATE, Kind.LIKE]


@pytest.mark.clause("DEV-14.7")
def test_what_was_taken_back_is_removed_there_once_more(talk: Talk) -> None:
    gone = talk.say("taken back")
    talk.device.words.delete(talk.group, gone, MICROS)
    talk.pass_on()
    talk.device.archive.erased(talk.device.archive.erasing())
    assert talk.put_back() == []
    (name,) = talk.device.state.names("erase", talk.group)
    assert talk.device.state.get(name, EraseRow).id == gone


@pytest.mark.clause("DEV-14.7", "DEV-11.3")
def test_what_is_old_is_left_where_it_is(talk: Talk) -> None:
    talk.say("a month ago")
    assert talk.put_back(NOW + 30 * DAY + 1) == [] and talk.device.owed() == []


@pytest.mark.clause("DEV-14.7")
def test_who_keeps_no_archive_puts_nothing_there(talk: Talk) -> None:
    talk.say("not kept any more")
    talk.device.archive.switch(False)
    assert talk.put_back() == []


@pytest.mark.clause("DEV-14.7")
def test_what_cannot_be_a_record_stands_in_the_way_of_nothing(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk.say("one"), talk.say("two")

    def refuses(*_given: object) -> bytes:
        raise Malformed("ARC-1.2", "too long for a record")

    monkeypatch.setattr("node.e2ee.records.record.Record.checked", refuses)
    assert talk.put_back() == [] and talk.device.archive.place.missing == 2


@pytest.mark.clause("DEV-11.3")
def test_what_that_node_alone_had_is_said_anew(talk: Talk) -> None:
    said = talk.device.say(talk.group, "lost with the node", MICROS)
    talk.alice.send()  # the node has it, and nobody else
    talk.put_back()
    (heard,) = (one for one in talk.pass_on() if isinstance(one, MessageReceived))
    assert (heard.id, heard.text) == (said.id, "lost with the node")


@pytest.mark.clause("DEV-11.3")
def test_who_has_it_already_shows_nothing_twice(talk: Talk) -> None:
    talk.say("heard before")
    talk.put_back()
    assert talk.pass_on() == []
    assert [row.text for row in talk.bob.device.history(talk.group)] == ["heard before"]


@pytest.mark.clause("DEV-11.3")
def test_who_came_since_is_told_nothing_of_what_was_said_before(talk: Talk) -> None:
    talk.say("before she came")
    carol = Light("carol", "https://alpha.test/a/carol")
    talk.device.add(talk.group, {carol.actor: carol.packages()}, NOW)
    for asked in talk.alice.send():
        carol.get(asked.welcomes[0].content)
        talk.bob.get(asked.content)
    talk.put_back()
    assert talk.device.owed() == []

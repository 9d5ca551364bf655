"""Who is put out of a conversation is out for everybody, whatever their own list says."""

import json
from base64 import b64decode
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from node.client import put_out
from node.client.conversation_events import MembersChanged, MessageUnreadable
from node.client.exchange import Accepted, Fetch, Send, Wait
from node.e2ee.mls.private.events import Committed, Member
from node.e2ee.mls.public.credentials import BASIC, Credential
from node.errors import Conflict
from tests.client.certified import Light, Owner
from tests.client.devices import ALICE, BOB, CAROL, MICROS, NOW, Side
from tests.client.test_returns import returned

DAY = 86_400
VECTORS = json.loads((Path(__file__).parents[2] / "spec/vectors/put-out/named.json").read_text())


@dataclass
class Room:
    """Alice with two devices, Bob and Carol; Alice and Carol know Bob's list."""

    alice: Side
    tablet: Side
    bob: Side
    carol: Side
    phone: Side
    owner: Owner
    group: str

    @property
    def others(self) -> tuple[Side, Side]:
        """Who is to follow what Alice does."""
        return self.tablet, self.carol

    @property
    def stay(self) -> tuple[Side, Side, Side]:
        return self.alice, *self.others

    def lists(self, *devices: Side, at: int = NOW) -> None:
        """Bob signs another list, and everybody reads it."""
        self.owner.lists(*(one.device for one in devices))
        for one in self.stay:
            one.device.trust.answered(BOB, self.owner.shown, at)

    def pass_on(self) -> list[Send]:
        """All that Alice owes comes to the others; what they are told is kept."""
        found = self.alice.send()
        for sent in found:
            for one in self.others:
                one.told += one.get(sent.content)
        return found

    def speaks(self) -> None:
        """Alice says something, after what no list has is gone."""
        self.alice.device.say(self.group, "words", MICROS)
        self.pass_on()

    def members(self, one: Side) -> list[str]:
        return one.device.conversations()[self.group].members

    def is_out(self, one: Side, at: int = NOW) -> bool:
        """Whether Bob is, and nothing takes him in again."""
        return BOB not in self.members(one) and not one.device.trust.lacking(at)


@pytest.fixture
def room() -> Room:
    alice, tablet = Light("alice", ALICE), Light("tablet", ALICE)
    bob, carol, phone = Light("bob", BOB), Light("carol", CAROL), Light("phone", BOB)
    owner = Owner(BOB)
    group = alice.device.start(
        {BOB: bob.packages(), CAROL: carol.packages(), ALICE: tablet.packages()}, NOW
    )
    (founding,) = alice.send()
    for one in (tablet, bob, carol):
        one.get(founding.welcomes[0].content)
    made = Room(alice, tablet, bob, carol, phone, owner, group)
    made.lists(bob)
    return made


@pytest.mark.clause("DEV-16.10")
def test_who_delisted_their_own_leaf_and_is_put_out_is_out_for_everybody(room: Room) -> None:
    room.lists(room.phone)
    room.alice.device.remove(room.group, [BOB], NOW)
    room.pass_on()
    for one in room.stay:
        assert room.is_out(one), one.actor
        one.reopen()
        assert room.is_out(one), one.actor


@pytest.mark.clause("DEV-16.10", "DEV-16.8")
def test_of_whom_no_device_is_left_they_can_be_put_out(room: Room) -> None:
    room.lists(room.phone)
    room.speaks()
    for one in room.stay:
        assert BOB in room.members(one) and one.device.trust.lacking(NOW) == [(room.group, BOB)]
        assert one.send() == [], "our node is told once that no leaf of his is left"
        one.told.clear()
    room.alice.device.remove(room.group, [BOB], NOW)
    (commit,) = room.pass_on()
    assert not commit.welcomes
    for one in room.stay:
        assert MembersChanged(room.group, (), (BOB,)) in one.told, one.actor
        assert room.is_out(one), one.actor
    with pytest.raises(Conflict, match=r"DEV-4\.5"):
        room.alice.device.remove(room.group, [BOB], NOW)
    assert isinstance(room.carol.device.next(NOW), Wait)


@pytest.mark.clause("DEV-16.10", "DEV-4.4")
def test_a_wish_that_lost_to_the_upkeep_of_another_is_done_all_the_same(room: Room) -> None:
    room.lists(room.phone)
    room.alice.device.remove(room.group, [BOB], NOW)
    lost = room.alice.next()
    room.carol.device.say(room.group, "Carol was quicker", MICROS)
    upkeep, words = room.carol.send()
    room.alice.lose(lost)
    fetch = room.alice.device.next(NOW)
    assert isinstance(fetch, Fetch)
    for sent in (upkeep, words):
        room.alice.get(sent.content)
        room.tablet.get(sent.content)
    room.alice.device.tell(fetch, Accepted(), NOW)
    assert BOB in room.members(room.alice)
    room.pass_on()
    assert all(room.is_out(one) for one in room.stay)


@pytest.mark.clause("DEV-16.10")
def test_who_is_put_out_is_not_taken_in_for_an_older_word_of_the_node(room: Room) -> None:
    room.lists(room.bob, room.phone)
    room.alice.device.say(room.group, "nobody reads it", MICROS)
    (words,) = room.pass_on()
    room.alice.get(returned(BOB, words.content, "new_device"))
    assert room.alice.device.trust.lacking(NOW + 30 * DAY) == [(room.group, BOB)]
    room.alice.device.remove(room.group, [BOB], NOW)
    room.pass_on()
    assert all(room.is_out(one) for one in room.stay)


@pytest.mark.clause("DEV-16.10")
def test_where_no_list_is_known_a_commit_says_nothing_besides() -> None:
    alice, bob, carol = Light("alice", ALICE), Light("bob", BOB), Light("carol", CAROL)
    group = alice.device.start({BOB: bob.packages(), CAROL: carol.packages()}, NOW)
    alice.send()
    alice.device.remove(group, [BOB], NOW)
    assert b"removed" not in alice.next().content


@pytest.mark.clause("DEV-16.10")
@pytest.mark.parametrize(
    "said",
    [
        b"{",
        b"[]",
        b'{"removed":7}',
        b'{"removed":["https://nowhere.test/a/nobody"]}',
        b'{"removed":["\xff"]}',
        b'{"removed":["\\ud800"]}',
        b'{"x":' + b"[" * 5_000 + b"]" * 5_000 + b',"removed":[]}',
        b'{"removed":["%s","%s"]}' % (CAROL.encode(), ALICE.encode()),
    ],
)
def test_what_a_commit_says_puts_nobody_out_who_has_a_leaf(room: Room, said: bytes) -> None:
    groups = room.bob.device.state.groups
    with room.bob.device.state.step():
        step = groups.session(room.group).stage(NOW, authenticated_data=said)
        commit = groups.apply(room.group, step).commit
    for one in room.stay:
        (changed,) = one.get(commit)
        assert isinstance(changed, MembersChanged)
        assert room.members(one) == [ALICE, CAROL, BOB]


@pytest.mark.clause("DEV-16.10")
@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_only_what_is_written_one_way_names_somebody(case: dict[str, Any]) -> None:
    """Two readers of other forms might name two people."""
    sender = Member(0, Credential(BASIC, BOB.encode()), b"")
    event = Committed(sender, 2, (), (), (), authenticated_data=b64decode(case["data"]))
    found = put_out.told(event, [VECTORS["member"], BOB])
    assert found == ({VECTORS["member"]} if case["is_named"] else set())


@pytest.mark.clause("DEV-9.3", "DEV-16.6")
def test_a_device_that_is_to_go_has_itself_put_back_by_nobody(room: Room) -> None:
    room.lists(room.phone)
    bob = room.bob.device
    bob.new_packages(1, True, NOW)
    question = bob.inbox.back._ask(room.group, bob.state.groups.session(room.group).epoch)
    for one in room.stay:
        (told,) = one.get(question)
        assert isinstance(told, MessageUnreadable) and told.clause == "DEV-9.3"
    room.speaks()
    for one in room.stay:
        assert room.members(one) == [ALICE, CAROL, BOB]
        assert one.device.trust.lacking(NOW) in ([], [(room.group, BOB)])
        keys = {
            each.signature_key for each in one.device.state.groups.session(room.group).members()
        }
        assert room.bob.device.state.groups.me.signature.public not in keys


@pytest.mark.clause("DEV-17.2")
def test_somebody_is_taken_in_again_by_itself_for_a_week(room: Room) -> None:
    room.lists(room.phone)
    room.speaks()
    week = NOW + 7 * DAY
    assert room.alice.device.trust.lacking(week) == [(room.group, BOB)]
    assert room.alice.device.trust.lacking(week + 1) == []
    room.alice.device.add(room.group, {BOB: room.phone.packages()}, week + 1)
    (commit,) = room.pass_on()
    room.phone.get(commit.welcomes[0].content)
    assert BOB in room.phone.device.conversations()[room.group].members, "a person decided"


@pytest.mark.clause("DEV-17.2", "DEV-10.2")
def test_a_word_of_the_node_makes_the_week_no_longer(room: Room) -> None:
    room.alice.device.say(room.group, "to the one that is gone", MICROS)
    (words,) = room.pass_on()
    room.lists(room.phone)
    room.speaks()
    room.alice.get(returned(BOB, words.content, "no_device"))
    assert room.alice.device.trust.lacking(NOW + 7 * DAY + 1) == []


@pytest.mark.clause("DEV-16.10", "DEV-9.4")
def test_who_was_behind_does_not_take_in_whom_others_may_have_put_out(room: Room) -> None:
    alice, carol = room.alice, room.carol
    carol.device.new_packages(0, True, NOW)
    room.lists(room.phone)
    room.speaks()
    assert carol.device.trust.lacking(NOW) == [(room.group, BOB)]
    alice.device.remove(room.group, [BOB], NOW)
    alice.send()
    alice.device.say(room.group, "the commit before this never came", MICROS)
    for sent in alice.send():
        carol.get(sent.content)
    carol.device.look_behind(NOW)
    carol.device.look_behind(NOW + 10)
    question = [sent for sent in carol.send() if sent.row.startswith("asked/")][-1]
    alice.get(question.content)
    (commit,) = alice.send()
    carol.get(commit.welcomes[0].content)
    assert carol.device.epoch(room.group) == alice.device.epoch(room.group)
    assert room.is_out(carol)

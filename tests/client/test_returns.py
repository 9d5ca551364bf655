"""Words that nobody took come back: they are kept, told, and go out again where that is safe."""

import hashlib
import json
from pathlib import Path

import pytest

from node.client import repair, unfetched
from node.client.conversation_events import (
    ConversationLeft,
    MembersChanged,
    MessageReceived,
    MessageReturned,
    MessageUndelivered,
    MessageUnreadable,
    NoDeviceLeft,
    WordsUnfetched,
)
from node.client.exchange import Create, Created, Send, TellGone, Wait
from node.errors import Conflict, Forbidden, Full, Missing, TooMuch, Unreachable
from tests.client.devices import ALICE, BOB, CAROL, MICROS, NOW, URL, Side, befriend, pass_on, side


def returned(actor: str, sent: bytes, reason: str, **more: int) -> bytes:
    digest = hashlib.sha256(sent).hexdigest()
    said = {"type": "Reject", "actor": actor, "digest": digest, "reason": reason}
    return json.dumps(said | more).encode()


def say(one: Side, group: str, *texts: str) -> list[bytes]:
    """Said and sent; the messages."""
    for text in texts:
        one.device.say(group, text, MICROS)
    sent = [asked.content for asked in one.send()]
    one.device.settle()
    return sent


def states(one: Side, *groups: str) -> dict[str, bool]:
    return {row.text: row.sent for row in one.device.history(*groups) if row.actor == one.actor}


@pytest.mark.clause("DEV-10.1")
@pytest.mark.parametrize(
    "word",
    [
        b"{",
        b"{}",
        b'{"type":"Accept","actor":"x","digest":"","reason":"no_device"}',
        b'{"type":"Reject","actor":"x","digest":"zz","reason":"no_device"}',
        b'{"type":"Reject","actor":"x","digest":"00","reason":"for fun"}',
        b'{"type":"Reject","actor":7,"digest":"00","reason":"no_device"}',
        b'{"type":"Reject","actor":"x","digest":"00","reason":"unfetched"}',
        b'{"type":"Reject","actor":"x","digest":"00","reason":"unfetched","since":-1}',
        b'{"type":"Reject","actor":"x","digest":"00","reason":"unfetched","since":9007199254740992}',
        b'{"type":"Reject","actor":"x","digest":"00","reason":"no_device","since":"now"}',
    ],
)
def test_what_is_no_word_of_the_node_is_told_and_changes_nothing(
    tmp_path: Path, word: bytes
) -> None:
    with side(tmp_path / "a", ALICE) as alice, side(tmp_path / "b", BOB) as bob:
        group = befriend(alice, bob)
        (told,) = alice.get(word)
        assert isinstance(told, MessageUnreadable) and told.clause == "DEV-10.1"
        assert alice.device.cursor == alice.seq
        assert not alice.device.is_absent(group)


@pytest.mark.clause("DEV-10.1")
def test_a_word_about_what_we_did_not_say_or_about_a_stranger_is_silence(tmp_path: Path) -> None:
    with side(tmp_path / "a", ALICE) as alice, side(tmp_path / "b", BOB) as bob:
        group = befriend(alice, bob)
        (mine,) = say(alice, group, "mine")
        for actor, sent in ((CAROL, mine), (ALICE, mine), (BOB, b"another's")):
            assert alice.get(returned(actor, sent, "no_device")) == []
        assert states(alice, group) == {"mine": True}
        assert not alice.device.is_absent(group)


@pytest.mark.clause("DEV-10.2", "DEV-10.3")
def test_where_nobody_is_left_nothing_is_sealed_also_after_a_kill(tmp_path: Path) -> None:
    with side(tmp_path / "a", ALICE) as alice, side(tmp_path / "b", BOB) as bob:
        group = befriend(alice, bob)
        first, second = say(alice, group, "one", "two")
        told = alice.get(returned(BOB, first, "no_device"))
        assert [type(one) for one in told] == [NoDeviceLeft, MessageReturned]
        assert [type(one) for one in alice.get(returned(BOB, second, "no_device"))] == [
            MessageReturned
        ]
        assert alice.get(returned(BOB, second, "no_device")) == [], "once is enough"
        (told,) = alice.get(returned(BOB, first, "new_device"))
        assert told == NoDeviceLeft(group, BOB, has_new=True)
        alice.reopen()
        alice.device.say(group, "three", MICROS)
        assert isinstance(alice.device.next(NOW), Wait) and not alice.device.has_work
        held = alice.device.held(group)
        assert isinstance(held, Unreachable) and "new device" in str(held)
        assert [row.text for row in alice.device.waiting(group)] == ["one", "two", "three"]
        assert states(alice, group) == {"one": False, "two": False, "three": False}


@pytest.mark.clause("DEV-10.2", "DEV-10.3")
def test_in_a_larger_group_the_others_still_hear(tmp_path: Path) -> None:
    with (
        side(tmp_path / "a", ALICE) as alice,
        side(tmp_path / "b", BOB) as bob,
        side(tmp_path / "c", CAROL) as carol,
    ):
        group = befriend(alice, bob)
        alice.device.add(group, {CAROL: carol.packages()}, NOW)
        (commit,) = alice.send()
        bob.get(commit.content)
        carol.get(commit.welcomes[0].content)
        (sent,) = say(alice, group, "to both")
        told = alice.get(returned(BOB, sent, "new_device"))
        assert [one.actor for one in told if isinstance(one, MessageReturned)] == [BOB]
        assert states(alice, group) == {"to both": True}
        assert len(say(alice, group, "Carol hears this")) == 1
        # Somebody takes Bob's new device in: that is a deed, and nobody is missing any more.
        with side(tmp_path / "n", BOB) as phone:
            carol.device.add(group, {BOB: phone.packages()}, NOW)
            (commit,) = carol.send()
            (changed,) = alice.get(commit.content)
            assert isinstance(changed, MembersChanged) and changed.added == (BOB,)
            assert alice.vault.names("absent/") == []


@pytest.mark.clause("DEV-10.4")
def test_what_was_kept_moves_when_the_person_says_so_and_only_then(tmp_path: Path) -> None:
    with (
        side(tmp_path / "a", ALICE) as alice,
        side(tmp_path / "b", BOB) as bob,
        side(tmp_path / "n", BOB) as phone,
    ):
        group = befriend(alice, bob)
        (sent,) = say(alice, group, "kept")
        alice.get(returned(BOB, sent, "new_device"))
        alice.device.say(group, "kept too", MICROS)
        fresh = phone.device.start({ALICE: alice.packages()}, NOW)
        (founding,) = phone.send()
        alice.get(founding.welcomes[0].content)
        (commit,) = say(phone, fresh, "my new phone")
        alice.get(commit)
        assert isinstance(alice.device.next(NOW), Wait), "nothing goes to it by itself"
        assert alice.device.go_on([group, fresh], fresh) == 2
        alice.reopen()
        found = pass_on(alice, phone)
        assert [one.text for one in found] == ["kept", "kept too"]
        assert alice.device.waiting(group, fresh) == []
        assert alice.device.go_on([group, fresh], fresh) == 0
        assert set(states(alice, group, fresh)) == {"kept", "kept too"}


@pytest.mark.clause("DEV-10.5")
def test_what_was_not_fetched_is_said_again_when_that_very_device_is_heard(
    tmp_path: Path,
) -> None:
    with side(tmp_path / "a", ALICE) as alice, side(tmp_path / "b", BOB) as bob:
        group = befriend(alice, bob)
        sent = say(alice, group, "one", "two")
        for content, reason in zip(sent, ("not_delivered", "not_fetched"), strict=True):
            alice.get(returned(BOB, content, reason))
        assert states(alice, group) == {"one": False, "two": False}
        assert isinstance(alice.device.next(NOW), Wait)
        (word,) = say(bob, group, "back")
        alice.get(word)
        alice.reopen()
        assert [one.text for one in pass_on(alice, bob)] == ["one", "two"]
        assert states(alice, group) == {"one": True, "two": True}


@pytest.mark.clause("DEV-10.5")
def test_what_a_server_refused_is_kept_and_not_said_again(tmp_path: Path) -> None:
    with side(tmp_path / "a", ALICE) as alice, side(tmp_path / "b", BOB) as bob:
        group = befriend(alice, bob)
        (sent,) = say(alice, group, "you blocked me")
        (told,) = alice.get(returned(BOB, sent, "refused"))
        assert (told.text, told.reason) == ("you blocked me", "refused")
        (word,) = say(bob, group, "I did")
        alice.get(word)
        alice.reopen()
        assert isinstance(alice.device.next(NOW), Wait)
        assert states(alice, group) == {"you blocked me": False}


@pytest.mark.clause("DEV-10.5")
def test_words_are_said_again_to_who_is_back_whatever_others_did_not_take_them_for(
    tmp_path: Path,
) -> None:
    with (
        side(tmp_path / "a", ALICE) as alice,
        side(tmp_path / "b", BOB) as bob,
        side(tmp_path / "c", CAROL) as carol,
    ):
        group = befriend(alice, bob)
        alice.device.add(group, {CAROL: carol.packages()}, NOW)
        (commit,) = alice.send()
        bob.get(commit.content)
        carol.get(commit.welcomes[0].content)
        (sent,) = say(alice, group, "to both")
        alice.get(returned(BOB, sent, "not_fetched"))
        alice.get(returned(CAROL, sent, "no_device"))
        assert states(alice, group) == {"to both": False}
        (stolen,) = say(carol, group, "I am a stolen phone")
        alice.get(stolen)
        assert isinstance(alice.device.next(NOW), Wait)
        (word,) = say(bob, group, "back")
        alice.get(word)
        alice.reopen()
        assert [one.text for one in pass_on(alice, bob)] == ["to both"]
        assert states(alice, group) == {"to both": True}


@pytest.mark.clause("DEV-10.5")
def test_words_that_may_not_be_said_again_are_told(tmp_path: Path) -> None:
    with (
        side(tmp_path / "a", ALICE) as alice,
        side(tmp_path / "b", BOB) as bob,
        side(tmp_path / "c", CAROL) as carol,
    ):
        group = befriend(alice, bob)
        (sent,) = say(alice, group, "before Carol came")
        alice.device.add(group, {CAROL: carol.packages()}, NOW)
        (commit,) = alice.send()
        bob.get(commit.content)
        alice.get(returned(BOB, sent, "not_fetched"))
        (first, again) = say(bob, group, "back", "and again")
        told, heard = alice.get(first)
        assert isinstance(told, MessageUndelivered)
        assert (told.text, told.clause) == ("before Carol came", "E2E-5.9")
        assert isinstance(heard, MessageReceived)
        assert isinstance(alice.device.next(NOW), Wait)
        assert [type(one) for one in alice.get(again)] == [MessageReceived], "once is enough"


@pytest.mark.clause("DEV-10.5")
def test_words_that_are_missed_again_and_again_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repair, "MOST_MENDED", 1)
    with side(tmp_path / "a", ALICE) as alice, side(tmp_path / "b", BOB) as bob:
        group = befriend(alice, bob)
        (sent,) = say(alice, group, "hello?")
        told = []
        for text in ("back", "back again"):
            alice.get(returned(BOB, sent, "not_delivered"))
            (word,) = say(bob, group, text)
            told += [one for one in alice.get(word) if isinstance(one, MessageUndelivered)]
            (sent,) = [asked.content for asked in alice.send()] or [b""]
            alice.device.settle()
        assert [(one.text, one.clause) for one in told] == [("hello?", "E2E-5.9")]


@pytest.mark.clause("DEV-10.5")
def test_of_whom_no_device_is_left_nothing_is_said_again_whatever_is_heard(
    tmp_path: Path,
) -> None:
    with side(tmp_path / "a", ALICE) as alice, side(tmp_path / "b", BOB) as bob:
        group = befriend(alice, bob)
        (sent,) = say(alice, group, "for Bob alone")
        (word,) = say(bob, group, "I am a stolen phone")
        alice.get(returned(BOB, sent, "not_fetched"))
        (other,) = say(alice, group, "and this")
        alice.get(returned(BOB, other, "no_device"))
        alice.get(word)
        assert isinstance(alice.device.next(NOW), Wait)
        assert states(alice, group) == {"for Bob alone": False, "and this": False}


@pytest.mark.clause("DEV-10.7")
def test_what_nobody_fetches_is_told_stays_sent_and_ends_when_they_are_heard(
    tmp_path: Path,
) -> None:
    with side(tmp_path / "a", ALICE) as alice, side(tmp_path / "b", BOB) as bob:
        group = befriend(alice, bob)
        first, second = say(alice, group, "one", "two")
        late = 3 * 86_400
        now = (NOW + late) * 1_000_000
        told = alice.get(returned(BOB, first, "unfetched", since=NOW + 60), at=now)
        assert told == [WordsUnfetched(group, BOB, NOW)], "since they were said"
        assert alice.get(returned(BOB, second, "unfetched", since=NOW), at=now) == [], "once"
        assert alice.get(returned(CAROL, first, "unfetched", since=NOW), at=now) == []
        alice.reopen()
        assert unfetched.of(alice.device.state, group) == {BOB: NOW}
        assert states(alice, group) == {"one": True, "two": True}
        assert isinstance(alice.device.next(NOW), Wait), "nothing is said anew"
        other = returned(BOB, b"of another device of ours", "unfetched", since=NOW + 2 * late)
        assert alice.get(other, at=now) == [WordsUnfetched(group, BOB, NOW + late)], "no later"
        (word,) = say(bob, group, "back")
        assert [type(one) for one in alice.get(word)] == [MessageReceived]
        alice.reopen()
        assert unfetched.of(alice.device.state, group) == {}
        assert [one.since for one in alice.get(other, at=now)] == [NOW + late], "lost again"
        alice.device.leave(group, NOW)
        (wish,) = alice.send()
        bob.get(wish.content)
        (gone,) = bob.send()
        alice.get(gone.content)
        assert alice.vault.names("unfetched/") == []


@pytest.mark.clause("DEV-11.1")
def test_the_node_is_told_who_is_gone_unless_they_are_back(tmp_path: Path) -> None:
    with (
        side(tmp_path / "a", ALICE) as alice,
        side(tmp_path / "b", BOB) as bob,
        side(tmp_path / "c", CAROL) as carol,
    ):
        group = befriend(alice, bob)
        alice.device.add(group, {CAROL: carol.packages()}, NOW)
        (commit,) = alice.send()
        bob.get(commit.content)
        carol.get(commit.welcomes[0].content)
        alice.device.remove(group, [CAROL], NOW)
        (commit,) = alice.send()
        assert isinstance(alice.device.next(NOW), Wait), "its own commit has said so"
        for one in (bob, carol):
            one.get(commit.content)
            asked = one.device.next(NOW)
            assert isinstance(asked, TellGone)
            assert (asked.actors, asked.seq) == ((CAROL,), one.seq)
            one.device.tell(asked, Conflict("E2E-3.16", "read first"), NOW)
            assert isinstance(one.device.next(NOW), Wait)
            one.device.retry()
        bob.accept(bob.device.next(NOW))
        assert isinstance(bob.device.next(NOW), Wait)
        alice.device.add(group, {CAROL: carol.packages()}, NOW)
        (commit,) = alice.send()
        carol.get(commit.welcomes[0].content)
        assert isinstance(carol.device.next(NOW), Wait), "it is back"


@pytest.mark.clause("DEV-11.2")
def test_a_node_that_forgot_is_told_anew_and_then_gets_what_it_had_to(tmp_path: Path) -> None:
    with side(tmp_path / "a", ALICE) as alice, side(tmp_path / "b", BOB) as bob:
        group = befriend(alice, bob)
        alice.device.receive([], NOW, "one life")
        alice.device.receive([], NOW, "another")
        asked = alice.device.next(NOW)
        assert isinstance(asked, Create)
        assert (asked.url, asked.epoch, asked.members) == (URL, 1, (BOB,))
        alice.device.tell(asked, Created("r2", URL), NOW)
        assert isinstance(alice.device.next(NOW), Wait)
        alice.device.say(group, "hello", MICROS)
        absent = Missing("E2E-3.11", "there is no such conversation")
        for _ in range(7):
            send = alice.device.next(NOW)
            assert isinstance(send, Send) and send.ref == "r2"
            assert alice.device.tell(send, absent, NOW) == []
            asked = alice.device.next(NOW)
            assert isinstance(asked, Create)
            assert alice.device.tell(asked, Created("r2", URL), NOW) == []
        (told,) = alice.device.tell(alice.device.next(NOW), absent, NOW)
        assert told.text == "hello"


@pytest.mark.clause("DEV-3.4", "DEV-11.2")
def test_a_full_disk_at_the_node_is_no_end_of_a_conversation_it_forgot(tmp_path: Path) -> None:
    with side(tmp_path / "a", ALICE) as alice, side(tmp_path / "b", BOB) as bob:
        group = befriend(alice, bob)
        alice.device.say(group, "hello", MICROS)
        alice.device.tell(alice.device.next(NOW), Missing("E2E-3.11", "none"), NOW)
        full = Full("FED-12.8", "the node's disk is full; nothing was changed")
        assert alice.device.tell(alice.device.next(NOW), full, NOW) == []
        assert alice.device.next(NOW) == Wait(full)
        alice.device.retry()
        alice.device.tell(alice.device.next(NOW), Created("r2", URL), NOW)
        assert [one.text for one in pass_on(alice, bob)] == ["hello"]


@pytest.mark.clause("DEV-11.2")
def test_where_a_node_will_not_know_it_again_words_are_told(tmp_path: Path) -> None:
    with side(tmp_path / "a", ALICE) as alice, side(tmp_path / "b", BOB) as bob:
        group = befriend(alice, bob)
        alice.device.say(group, "hello", MICROS)
        alice.device.tell(alice.device.next(NOW), Missing("E2E-3.11", "none"), NOW)
        asked = alice.device.next(NOW)
        told, left = alice.device.tell(asked, Forbidden("E2E-3.15", "no"), NOW)
        assert told.text == "hello"
        assert left == ConversationLeft(group, ALICE)
        assert alice.device.conversations()[group].left


@pytest.mark.clause("DEV-11.2")
def test_a_conversation_does_not_end_in_silence_nor_before_it_must(tmp_path: Path) -> None:
    with side(tmp_path / "a", ALICE) as alice, side(tmp_path / "b", BOB) as bob:
        group = befriend(alice, bob)
        alice.device.receive([], NOW, "one life")
        alice.device.receive([], NOW, "another")
        asked = alice.device.next(NOW)
        wait = TooMuch("E2E-3.15", "no device has told of you yet", 60)
        assert alice.device.tell(asked, wait, NOW) == []
        assert not alice.device.conversations()[group].left, "it asks again"
        no = Conflict("E2E-3.1", "there is another conversation in its place")
        assert alice.device.tell(asked, no, NOW) == [ConversationLeft(group, ALICE)]
        assert alice.device.conversations()[group].left


@pytest.mark.clause("DEV-10.6", "DEV-10.3")
def test_who_never_came_in_is_told_before_anything_is_said(tmp_path: Path) -> None:
    """The Welcome found no device of Bob; a word of somebody else about it is silence."""
    with side(tmp_path / "a", ALICE) as alice, side(tmp_path / "b", BOB) as bob:
        packages = {BOB: [package for package, _ in bob.device.new_packages(1, False, NOW)]}
        group = alice.device.start(packages, NOW)
        (founding,) = alice.send()
        welcome = founding.welcomes[0].content
        alice.reopen()
        for actor, reason in ((CAROL, "no_device"), (BOB, "not_delivered")):
            assert alice.get(returned(actor, welcome, reason)) == []
        told = alice.get(returned(BOB, welcome, "new_device"))
        assert told == [NoDeviceLeft(group, BOB, has_new=True)]
        assert alice.device.is_absent(group)
        alice.device.say(group, "kept", MICROS)
        assert isinstance(alice.device.next(NOW), Wait)

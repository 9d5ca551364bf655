"""A device that is behind its group comes back by itself, and nothing of it is silent."""

from collections.abc import Collection
from pathlib import Path

import pytest

from node.client import behind, rows
from node.client.conversation_events import (
    ConversationBehind,
    ConversationCaughtUp,
    ConversationLeft,
    ConversationUnanswered,
    MembersChanged,
    MessageReceived,
    MessageUnreadable,
)
from node.client.exchange import Accepted, Create, Fetch, LostRace, Send, Wait
from node.client.going_on import GoingOn
from node.client.rows import AskedRow
from node.e2ee.mls.public import framing
from node.e2ee.mls.public.framing import APPLICATION, COMMIT, PrivateMessage, encode_message
from node.errors import Conflict, Forbidden, NodeError, TooMuch
from tests.client.devices import ALICE, BOB, CAROL, MICROS, NOW, Side, befriend, go_on, side

LATER = NOW + 35 * 86400


def ask(one: Side, now: int = LATER) -> Send:
    """What the device asks when it finds that it is behind."""
    asked = one.device.next(now)
    assert isinstance(asked, Send) and asked.row.startswith("asked/"), asked
    return asked


def commit_epoch(sent: Send) -> int:
    """The epoch in which it was sealed."""
    return framing.header(sent.content).epoch or 0


def away(alice: Side, bob: Side, group: str) -> None:
    """Bob goes away; the mailbox drops what Alice commits, and keeps her last words."""
    for number in range(3):
        alice.device.refresh(group, LATER - 5 + number)
        alice.send()
    alice.device.say(group, "are you there?", LATER * 1_000_000)
    (words,) = alice.send()
    assert bob.get(words.content, at=LATER * 1_000_000) == [], "it waits for what is gone"


def answer(alice: Side, bob: Side, question: bytes) -> Send:
    """Alice hears the question, and takes Bob back."""
    assert alice.get(question, at=LATER * 1_000_000) == []
    (commit,) = alice.send()
    assert [one.to for one in commit.welcomes] == [[BOB]]
    assert commit.removed == []
    return commit


@pytest.mark.clause("DEV-9.1", "DEV-9.2", "DEV-9.3", "DEV-9.4", "E2E-5.11")
def test_a_device_that_was_away_too_long_comes_back_and_reads_what_waits(tmp_path: Path) -> None:
    with side(tmp_path / "a", ALICE) as alice, side(tmp_path / "b", BOB) as bob:
        bob.device.new_packages(0, True, NOW)
        group = befriend(alice, bob)
        away(alice, bob, group)
        assert bob.device.look_behind(LATER) == [], "a commit may still be on its way"
        assert bob.device.look_behind(LATER + 10) == [ConversationBehind(group)]
        said = bob.device.say(group, "I was away", LATER * 1_000_000)
        question = ask(bob)
        assert bob.device.held(group) is not None
        bob.reopen()
        assert ask(bob) == question, "the same bytes after a kill"
        assert bob.accept(question, LATER) == []
        assert isinstance(bob.device.next(LATER), Wait), "words wait until others took it back"
        commit = answer(alice, bob, question.content)
        told = bob.get(commit.welcomes[0].content, at=LATER * 1_000_000)
        assert told == [ConversationCaughtUp(group, asked_again=1)]
        assert bob.device.authenticator(group) == alice.device.authenticator(group)
        heard = [one for sent in bob.send() for one in alice.get(sent.content)]
        assert [one.text for one in heard if isinstance(one, MessageReceived)] == ["I was away"]
        assert bob.device.said(group, said.id).sent
        (anew,) = alice.send()
        (received,) = bob.get(anew.content)
        assert isinstance(received, MessageReceived) and received.text == "are you there?"
        assert len(list(alice.device.state.groups.session(group).members())) == 2


@pytest.mark.clause("DEV-9.1", "E2E-5.11")
def test_who_loses_to_a_commit_that_is_gone_asks_at_once_where_the_relay_is_ours(
    tmp_path: Path,
) -> None:
    with side(tmp_path / "a", ALICE) as alice, side(tmp_path / "b", BOB) as bob:
        alice.device.new_packages(0, True, NOW)
        group = befriend(alice, bob)
        bob.device.refresh(group, NOW)
        bob.send()
        alice.device.say(group, "hello?", MICROS)
        lost = alice.next()
        assert alice.device.tell(lost, LostRace(2), NOW) == []
        asked = alice.device.next(NOW)
        assert isinstance(asked, Fetch)
        assert alice.device.look_behind(NOW) == [ConversationBehind(group)]
        alice.device.tell(asked, Accepted(), NOW)
        question = ask(alice, NOW)
        # The group went on meanwhile: asked anew, in the epoch that the conflict names.
        bob.device.refresh(group, NOW)
        bob.send()
        assert alice.device.tell(question, LostRace(3), NOW) == []
        again = ask(alice, NOW)
        assert alice.accept(again) == []
        assert bob.get(again.content) == []
        (commit,) = bob.send()
        told = alice.get(commit.welcomes[0].content)
        assert told == [ConversationCaughtUp(group, asked_again=0)]
        (words,) = alice.send()
        (heard,) = bob.get(words.content)
        assert isinstance(heard, MessageReceived) and heard.text == "hello?"


def answered_too_late(alice: Side, bob: Side, group: str) -> Send:
    """Bob asks, and what he missed comes after all; Alice's answer to him is on its way."""
    bob.device.new_packages(0, True, NOW)
    alice.device.refresh(group, NOW)
    (commit,) = alice.send()
    alice.device.say(group, "words", MICROS)
    (words,) = alice.send()
    bob.get(words.content)
    bob.device.look_behind(NOW)
    bob.device.look_behind(NOW + 10)
    question = ask(bob, NOW + 10)
    assert bob.accept(question) == []
    told = bob.get(commit.content)
    assert [type(one) for one in told] == [MembersChanged, MessageReceived]
    assert bob.device.held(group) is None, "he goes on by himself"
    return answer(alice, bob, question.content)


@pytest.mark.clause("DEV-9.8")
def test_an_answer_that_is_needed_no_more_puts_nobody_out(tmp_path: Path) -> None:
    with side(tmp_path / "a", ALICE) as alice, side(tmp_path / "b", BOB) as bob:
        group = befriend(alice, bob)
        commit = answered_too_late(alice, bob, group)
        alice.device.say(group, "still there?", MICROS)
        (words,) = alice.send()
        bob.device.say(group, "yes", MICROS + 1)
        assert bob.get(commit.content) == []
        bob.reopen()
        assert isinstance(bob.device.next(NOW), Wait), "nothing is sealed that nobody would take"
        told = bob.get(commit.welcomes[0].content)
        assert told == [ConversationCaughtUp(group, asked_again=0)]
        assert bob.device.held(group) is None
        (received,) = bob.get(words.content)
        assert isinstance(received, MessageReceived) and received.text == "still there?"
        (heard,) = [one for sent in bob.send() for one in alice.get(sent.content)]
        assert isinstance(heard, MessageReceived) and heard.text == "yes"
        assert bob.device.state.groups_with("parked") == []


@pytest.mark.clause("DEV-9.8", "DEV-9.1")
def test_a_welcome_before_its_commit_is_passed_over_and_asked_for_again(tmp_path: Path) -> None:
    with side(tmp_path / "a", ALICE) as alice, side(tmp_path / "b", BOB) as bob:
        group = befriend(alice, bob)
        commit = answered_too_late(alice, bob, group)
        assert bob.get(commit.welcomes[0].content) == [], "it may be of a group of its maker's own"
        assert bob.device.held(group) is None
        bob.device.say(group, "hello", MICROS)
        assert bob.get(commit.content) == []
        assert behind.rest(bob.device.state, NOW) == behind.PATIENCE_SECONDS
        assert bob.device.look_behind(NOW + 9) == []
        assert bob.device.look_behind(NOW + 10) == [ConversationBehind(group)]
        again = ask(bob, NOW + 10)
        assert bob.accept(again) == []
        anew = answer(alice, bob, again.content)
        told = bob.get(anew.welcomes[0].content)
        assert told == [ConversationCaughtUp(group, asked_again=0)]
        (heard,) = [one for sent in bob.send() for one in alice.get(sent.content)]
        assert isinstance(heard, MessageReceived) and heard.text == "hello"


@pytest.mark.clause("DEV-9.8", "DEV-9.5")
@pytest.mark.parametrize("answer", [LostRace(2), LostRace(1), Accepted(term=7)])
def test_no_relay_denies_what_a_commit_proved(tmp_path: Path, answer: LostRace | Accepted) -> None:
    with side(tmp_path / "a", ALICE) as alice, side(tmp_path / "b", BOB) as bob:
        group = befriend(alice, bob)
        commit = answered_too_late(alice, bob, group)
        bob.get(commit.content)
        bob.device.say(group, "for Alice alone", MICROS)
        bob.device.look_behind(NOW + 10)
        asked = ask(bob, NOW + 10)
        assert bob.device.tell(asked, answer, NOW + 10) == []
        assert isinstance(bob.device.next(NOW + 11), Wait), "words wait for who is there now"
        later = NOW + 10 + behind.ASK_AGAIN_SECONDS
        assert bob.device.look_behind(later) == [ConversationUnanswered(group)]
        again = ask(bob, later)
        assert framing.header(again.content).epoch == commit_epoch(commit) + 1


@pytest.mark.clause("DEV-9.1")
def test_a_commit_that_comes_after_all_ends_the_wish(tmp_path: Path) -> None:
    with side(tmp_path / "a", ALICE) as alice, side(tmp_path / "b", BOB) as bob:
        bob.device.new_packages(0, True, NOW)
        group = befriend(alice, bob)
        alice.device.refresh(group, NOW)
        (commit,) = alice.send()
        alice.device.say(group, "words", MICROS)
        (words,) = alice.send()
        bob.get(words.content)
        bob.device.look_behind(NOW)
        bob.device.look_behind(NOW + 10)
        assert bob.device.held(group) is not None
        told = bob.get(commit.content)
        assert [type(one) for one in told] == [MembersChanged, MessageReceived]
        assert bob.device.held(group) is None
        assert bob.device.look_behind(NOW + 60) == []
        assert isinstance(bob.device.next(NOW + 60), Wait)


@pytest.mark.clause("DEV-9.3")
def test_only_who_stands_in_the_group_is_taken_back(tmp_path: Path) -> None:
    """Somebody else's package, another's actor, and one that is out: all refused."""
    with (
        side(tmp_path / "a", ALICE) as alice,
        side(tmp_path / "b", BOB) as bob,
        side(tmp_path / "m", BOB) as ghost,
        side(tmp_path / "c", CAROL) as carol,
    ):
        for one in (ghost, carol):
            one.device.new_packages(0, True, NOW)
        group = befriend(alice, bob)
        epoch = alice.device.epoch(group)
        for stranger in (ghost, carol):
            question = stranger.device.inbox.back._ask(group, epoch)
            (told,) = alice.get(question)
            assert isinstance(told, MessageUnreadable) and told.clause == "DEV-9.3"
        spoilt = bytearray(alice.device.inbox.back._ask(group, epoch) or b"")
        assert spoilt == b"", "there is no package of ours to be taken back with"
        assert isinstance(alice.device.next(NOW), Wait)
        bob.device.new_packages(0, True, NOW)
        good = bob.device.inbox.back._ask(group, epoch)
        forged = bytearray(good)
        forged[-1] ^= 1
        (told,) = alice.get(bytes(forged))
        assert isinstance(told, MessageUnreadable) and told.clause == "MLS-6.1e"
        go_on(alice, bob, group, times=1)
        assert alice.get(good) == [], "a question of a former epoch is silence"
        assert isinstance(alice.device.next(NOW), Wait)


@pytest.mark.clause("DEV-9.2")
@pytest.mark.parametrize(
    "refusal",
    [
        Forbidden("E2E-3.2", "only who takes part may send"),
        TooMuch("E2E-3.3", "a limit that waiting does not lift"),
    ],
)
def test_where_a_question_is_refused_for_good_words_are_told(
    tmp_path: Path, refusal: NodeError
) -> None:
    with side(tmp_path / "a", ALICE) as alice, side(tmp_path / "b", BOB) as bob:
        bob.device.new_packages(0, True, NOW)
        group = befriend(alice, bob)
        away(alice, bob, group)
        bob.device.look_behind(LATER)
        bob.device.look_behind(LATER + 10)
        bob.device.say(group, "hello?", LATER * 1_000_000)
        told, left = bob.device.tell(ask(bob), refusal, LATER)
        assert told.text == "hello?"
        assert left == ConversationLeft(group, BOB)
        assert bob.device.conversations()[group].left
        assert [row.text for row in bob.device.history(group)] == ["hello?"]


@pytest.mark.clause("DEV-8.2")
def test_a_device_that_froze_while_it_was_behind_asks_nothing(tmp_path: Path) -> None:
    with side(tmp_path / "a", ALICE) as alice, side(tmp_path / "b", BOB) as bob:
        bob.device.new_packages(0, True, NOW)
        group = befriend(alice, bob)
        away(alice, bob, group)
        bob.device.look_behind(LATER)
        bob.device.look_behind(LATER + 10)
        ask(bob)
        bob.device.freeze(Conflict("ACC-4.5", "another copy of this vault is in use"))
        assert not bob.device.has_work
        assert isinstance(bob.device.next(LATER), Wait)


def claim(group: str, epoch: int) -> bytes:
    """Something of an epoch in which nobody is."""
    said = PrivateMessage(bytes.fromhex(group), epoch, APPLICATION, b"", b"who", b"?")
    return encode_message(said)


@pytest.mark.clause("DEV-9.5")
def test_an_epoch_that_somebody_only_names_costs_a_question(tmp_path: Path) -> None:
    with side(tmp_path / "a", ALICE) as alice, side(tmp_path / "b", BOB) as bob:
        bob.device.new_packages(0, True, NOW)
        group = befriend(alice, bob)
        epoch = bob.device.epoch(group)
        assert bob.get(claim(group, 999)) == []
        bob.device.look_behind(NOW)
        bob.device.look_behind(NOW + 10)
        (told,) = bob.device.tell(ask(bob, NOW + 10), LostRace(epoch), NOW + 10)
        assert isinstance(told, MessageUnreadable) and told.clause == "E2E-3.5"
        assert bob.device.look_behind(NOW + 9999) == [] and bob.device.held(group) is None
        bob.device.say(group, "still here", MICROS)
        (heard,) = alice.get(bob.send()[0].content)
        assert isinstance(heard, MessageReceived)


@pytest.mark.clause("DEV-9.5", "DEV-9.2")
def test_a_relay_that_takes_every_epoch_proves_none(tmp_path: Path) -> None:
    with side(tmp_path / "a", ALICE) as alice, side(tmp_path / "b", BOB) as bob:
        for one in (alice, bob):
            one.device.new_packages(0, True, NOW)
        group = befriend(alice, bob)
        alice.get(claim(group, 999))
        alice.device.look_behind(NOW)
        alice.device.tell(ask(alice, NOW), Accepted(term=4), NOW)
        alice.device.say(group, "still here", MICROS)
        (heard,) = bob.get(alice.send()[0].content)
        assert isinstance(heard, MessageReceived), "her own node is the relay, and has forgotten"
        assert alice.device.look_behind(NOW + 3599) == []
        assert isinstance(alice.device.next(NOW + 3599), Wait)
        alice.device.look_behind(NOW + 3600)
        assert ask(alice, NOW + 3600), "it asks again, for it may be so"
        alice.device.tell(ask(alice, NOW + 3600), Accepted(term=4), NOW + 3600)
        alice.device.say(group, "and now?", MICROS)
        words = alice.next()
        alice.device.tell(words, LostRace(7), NOW + 3600)
        fetch = alice.device.next(NOW + 3601)
        assert isinstance(fetch, Fetch)
        alice.device.look_behind(NOW + 3601)
        alice.device.tell(fetch, Accepted(), NOW + 3601)
        assert ask(alice, NOW + 3601), "a conflict is no claim"
        alice.accept(ask(alice, NOW + 3601), NOW + 3601)
        assert isinstance(alice.device.next(NOW + 3601), Wait), "its words wait"


@pytest.mark.clause("DEV-9.5", "DEV-9.2")
def test_another_relay_that_names_a_term_gets_no_words_sealed_in_a_former_epoch(
    tmp_path: Path,
) -> None:
    """Alice put somebody out; her relay keeps that from Bob, and says that it forgot something."""
    with side(tmp_path / "a", ALICE) as alice, side(tmp_path / "b", BOB) as bob:
        for one in (alice, bob):
            one.device.new_packages(0, True, NOW)
        group = befriend(alice, bob)
        go_on(alice, bob, group, times=1)
        alice.device.refresh(group, NOW)
        alice.send()
        alice.device.say(group, "just us now", MICROS)
        (words,) = alice.send()
        assert bob.get(words.content) == []
        bob.device.look_behind(NOW)
        assert bob.device.look_behind(NOW + 10) == [ConversationBehind(group)]
        bob.device.say(group, "for Alice alone", MICROS)
        question = ask(bob, NOW + 10)
        bob.device.tell(question, Accepted(term=9), NOW + 10)
        assert isinstance(bob.device.next(NOW + 10), Wait)
        assert bob.device.held(group) is not None
        alice.get(question.content)
        (commit,) = alice.send()
        told = bob.get(commit.welcomes[0].content)
        assert told == [ConversationCaughtUp(group, asked_again=1)]
        said = [one for sent in bob.send() for one in alice.get(sent.content)]
        assert [one.text for one in said if isinstance(one, MessageReceived)] == ["for Alice alone"]


@pytest.mark.clause("DEV-9.6", "E2E-3.12", "E2E-5.8")
def test_who_is_taken_back_by_nobody_goes_on_in_a_new_conversation(tmp_path: Path) -> None:
    """A member's commit that nobody can apply: both are behind, and neither is silently stuck."""
    with side(tmp_path / "a", ALICE) as alice, side(tmp_path / "b", BOB) as bob:
        for one in (alice, bob):
            one.device.new_packages(0, True, NOW)
        group = befriend(alice, bob)
        junk = encode_message(PrivateMessage(bytes.fromhex(group), 1, COMMIT, b"", b"who", b"?"))
        for one in (alice, bob):
            (told,) = one.get(junk)
            assert isinstance(told, MessageUnreadable)
        said = alice.device.say(group, "hello?", MICROS)
        alice.device.tell(alice.next(), LostRace(2), NOW)
        alice.device.tell(alice.device.next(NOW), Accepted(), NOW)
        alice.device.look_behind(NOW)
        question = ask(alice, NOW)
        assert alice.accept(question, NOW) == []
        assert bob.get(question.content) == [], "he is no more in that epoch than she"
        assert alice.device.look_behind(NOW + 3599) == [] and not alice.device.is_over(group)
        assert alice.device.look_behind(NOW + 3600) == [ConversationUnanswered(group)]
        assert alice.device.is_over(group)
        held = alice.device.held(group)
        assert held is not None and "goes on in a new one" in str(held)

        packages = {BOB: [package for package, _ in bob.device.new_packages(1, False, NOW)]}
        alice.accept(ask(alice, NOW + 3600), NOW + 3600)
        new = alice.device.start(packages, NOW + 3600)
        assert alice.device.go_on(alice.device.between(BOB), new) == 1
        founding, words = alice.send()
        bob.get(founding.welcomes[0].content)
        (heard,) = bob.get(words.content)
        assert isinstance(heard, MessageReceived) and (heard.id, heard.text) == (said.id, "hello?")
        assert bob.device.between(ALICE)[0] == alice.device.between(BOB)[0] == new
        assert [row.text for row in alice.device.history(*alice.device.between(BOB))] == ["hello?"]


def question_in_vain(alice: Side, bob: Side) -> str:
    """Alice lost to a commit that nobody can apply, and asked for the first time; the group."""
    for one in (alice, bob):
        one.device.new_packages(0, True, NOW)
    group = befriend(alice, bob)
    alice.device.say(group, "hello?", MICROS)
    alice.device.tell(alice.next(), LostRace(2), NOW)
    alice.device.tell(alice.device.next(NOW), Accepted(), NOW)
    alice.device.look_behind(NOW)
    alice.accept(ask(alice, NOW), NOW)
    return group


@pytest.mark.clause("DEV-9.1", "DEV-9.6")
def test_a_program_that_is_closed_in_between_still_knows_that_it_asked_in_vain(
    tmp_path: Path,
) -> None:
    with side(tmp_path / "a", ALICE) as alice, side(tmp_path / "b", BOB) as bob:
        group = question_in_vain(alice, bob)
        alice.reopen()
        assert alice.device.look_behind(NOW + 1800) == []
        assert alice.device.held(group) is not None
        alice.reopen()
        assert alice.device.look_behind(NOW + 3600) == [ConversationUnanswered(group)]
        alice.reopen()
        assert alice.device.look_behind(NOW + 3601) == [] and alice.device.is_over(group)


@pytest.mark.clause("DEV-9.5", "DEV-5.1")
def test_what_a_conflict_named_before_our_node_was_put_back_is_a_claim(tmp_path: Path) -> None:
    with side(tmp_path / "a", ALICE) as alice, side(tmp_path / "b", BOB) as bob:
        alice.device.receive([], NOW, "one")
        question_in_vain(alice, bob)
        alice.reopen()
        alice.device.receive([], NOW, "another")
        forgotten = alice.device.next(NOW)
        assert isinstance(forgotten, Create)
        alice.device.tell(forgotten, Accepted(), NOW)
        alice.device.look_behind(NOW + 3600)
        alice.device.tell(ask(alice, NOW + 3600), Accepted(term=4), NOW + 3600)
        (heard,) = bob.get(alice.send()[0].content)
        assert isinstance(heard, MessageReceived), "it has forgotten, and words are not held"


@pytest.mark.clause("DEV-9.1")
def test_it_asks_ever_more_seldom_and_knows_when_next(tmp_path: Path) -> None:
    with side(tmp_path / "a", ALICE) as alice, side(tmp_path / "b", BOB) as bob:
        question_in_vain(alice, bob)
        at, pauses = NOW, list[int]()
        for _ in range(7):
            since = at
            while not behind.is_due(alice.device.state, at):
                rest = behind.rest(alice.device.state, at)
                assert 0 < rest <= 3600
                at += rest
            pauses.append((at - since) // 3600)
            alice.device.look_behind(at)
            alice.accept(ask(alice, at), at)
        assert pauses == [1, 2, 4, 8, 16, 24, 24]


@pytest.mark.clause("DEV-9.1", "DEV-9.6")
def test_a_clock_that_was_a_year_ahead_keeps_it_out_for_no_year(tmp_path: Path) -> None:
    year = 365 * 86400
    with side(tmp_path / "a", ALICE) as alice, side(tmp_path / "b", BOB) as bob:
        bob.device.new_packages(0, True, NOW)
        group = befriend(alice, bob)
        away(alice, bob, group)
        bob.device.look_behind(LATER + year)
        assert bob.device.look_behind(LATER) == []
        assert bob.device.look_behind(LATER + 3700) == [ConversationBehind(group)]
        bob.accept(ask(bob, LATER + 3700), LATER + 3700)
        due = LATER + 3 * 3600
        assert behind.is_due(bob.device.state, due)
        assert behind.rest(bob.device.state, due) <= 60, "what cannot be read is tried again soon"


@pytest.mark.clause("DEV-9.3")
def test_one_question_of_each_device_waits_and_only_one_that_it_signed(tmp_path: Path) -> None:
    with side(tmp_path / "a", ALICE) as alice, side(tmp_path / "b", BOB) as bob:
        group = question_in_vain(alice, bob)
        for epoch in (7, 8, 9):
            assert bob.get(alice.device.inbox.back._ask(group, epoch)) == []
        (waits,) = bob.device.state.names("parked", group)
        forged = bytearray(alice.device.inbox.back._ask(group, 10))
        forged[-1] ^= 1
        (told,) = bob.get(bytes(forged))
        assert isinstance(told, MessageUnreadable) and told.clause == "MLS-6.1e"
        assert bob.device.state.names("parked", group) == [waits]


@pytest.mark.clause("DEV-9.7")
def test_who_is_read_elsewhere_is_asked_no_more_in_the_former_conversation(tmp_path: Path) -> None:
    with side(tmp_path / "a", ALICE) as alice, side(tmp_path / "b", BOB) as bob:
        group = question_in_vain(alice, bob)
        alice.device.look_behind(NOW + 3600)
        alice.accept(ask(alice, NOW + 3600), NOW + 3600)
        alice.get(claim(group, 9))
        alice.device.look_behind(NOW + 3700)
        assert alice.device.state.names("parked", group), "nobody was read yet"
        packages = {BOB: [package for package, _ in bob.device.new_packages(1, False, NOW)]}
        new = alice.device.start(packages, NOW + 3700)
        (founding,) = alice.send()
        bob.get(founding.welcomes[0].content)
        bob.device.say(new, "here I am", MICROS)
        alice.get(bob.send()[0].content)
        alice.device.look_behind(NOW + 3800)
        assert alice.device.state.names("parked", group) == []
        assert alice.device.look_behind(NOW + 9 * 86400) == []
        assert isinstance(alice.device.next(NOW + 9 * 86400), Wait), "it asks no more"
        assert not behind.is_due(alice.device.state, NOW + 9 * 86400)
        assert alice.device.is_over(group) and alice.device.between(BOB)[0] == new


@pytest.mark.clause("DEV-9.7", "DEV-17.1")
@pytest.mark.parametrize("over", [True, False])
@pytest.mark.parametrize("by_look", [True, False])
def test_a_conversation_that_was_over_and_comes_back_gets_the_new_devices(
    tmp_path: Path, over: bool, by_look: bool
) -> None:
    """While it was over the list came true without it (`account/followed`)."""
    with side(tmp_path / "a", ALICE) as alice, side(tmp_path / "b", BOB) as bob:
        group = befriend(alice, bob)
        state = alice.device.state
        epoch = alice.device.epoch(group)
        asked = AskedRow(noticed=NOW, sent=NOW, head=epoch + (not by_look), over=over)
        with state.step():
            state.put(rows.asked_row(group), asked)
            state.write(rows.FOLLOWED, b"1.1")
        if by_look:
            alice.device.look_behind(NOW)
        else:
            bob.device.refresh(group, NOW)
            alice.get(bob.send()[0].content)
        assert not state.has(rows.asked_row(group))
        assert state.has(rows.FOLLOWED) is not over


@pytest.mark.clause("DEV-9.7")
async def test_kept_words_go_to_no_device_of_ours_that_nobody_knows(tmp_path: Path) -> None:
    """Bob's server has another device of Alice's in the conversation that Bob begins."""
    with (
        side(tmp_path / "a", ALICE) as alice,
        side(tmp_path / "g", ALICE) as ghost,
        side(tmp_path / "b", BOB) as bob,
    ):
        group = question_in_vain(alice, bob)
        alice.device.look_behind(NOW + 3600)
        alice.accept(ask(alice, NOW + 3600), NOW + 3600)
        both = [one.device.new_packages(1, False, NOW)[0][0] for one in (alice, ghost)]
        theirs = bob.device.start({ALICE: both}, NOW + 3700)
        (founding,) = bob.send()
        alice.get(founding.welcomes[0].content, at=(NOW + 3700) * 1_000_000)
        assert alice.device.between(BOB)[0] == theirs

        async def claims(_actor: str, _devices: Collection[str]) -> list[bytes]:
            return [bob.device.new_packages(1, False, NOW)[0][0]]

        async def flush() -> None:
            alice.send()

        going_on = GoingOn(alice.device, claims, flush, lambda: NOW + 3800)
        new, count = await going_on.by_word(BOB)
        assert new not in (theirs, group) and count == 1
        assert [row.text for row in alice.device.history(new)] == ["hello?"]

"""Words and commits that cross: what comes too late, too early or not yet is heard in the end."""

import hashlib
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from node.client import content, later, message_maker, parked, repair, rows
from node.client.conversation_events import (
    MembersChanged,
    MessageReceived,
    MessageUndelivered,
    MessageUnreadable,
)
from node.client.exchange import LostRace
from node.client.intents import Say
from node.e2ee.mls.public import framing
from node.e2ee.mls.public.framing import PrivateMessage
from node.errors import Forbidden, TooMuch
from tests.client.devices import CAROL, MICROS, NOW, Side, befriend, go_on

AT = datetime.fromtimestamp(NOW, UTC)


def digest_of(message: bytes) -> bytes:
    return hashlib.sha256(message).digest()


def sent(side: Side) -> list[bytes]:
    """All that a device owes, sealed and accepted; nobody has it yet."""
    found = [each.content for each in side.send()]
    assert side.told == []
    return found


def failure(side: Side, group: str, id: str, about: list[str]) -> bytes:
    """A complaint that a device did not mean, sealed as if it had."""
    groups = side.device.state.groups
    data = content.write_failure(id, side.actor, about, AT)
    with side.device.state.step():
        return groups.apply(group, groups.session(group).seal(data))


@pytest.mark.clause("E2E-5.9")
def test_words_that_come_too_late_are_asked_for_again(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    said = alice.device.say(group, "slow", MICROS)
    (late,) = sent(alice)
    go_on(bob, alice, group)
    (missed,) = bob.get(late)
    assert isinstance(missed, MessageUnreadable)
    assert (missed.conversation, missed.clause, missed.asked_again) == (group, "MLS-15.3a", True)
    bob.reopen()  # the complaint is on disk with the rest
    assert bob.get(late)[0] == missed  # the same again: one complaint is enough
    (complaint,) = sent(bob)
    assert alice.get(complaint) == []
    assert alice.device.has_work
    assert not alice.device.said(group, said.id).sent
    alice.reopen()
    (anew,) = sent(alice)
    (heard,) = bob.get(anew)
    assert (heard.id, heard.text) == (said.id, "slow")
    assert alice.device.said(group, said.id).sent
    assert alice.get(complaint, seq=alice.seq) == []
    assert [row.text for row in alice.device.history(group)] == ["slow"]


@pytest.mark.clause("E2E-5.9")
def test_what_was_missed_together_is_asked_for_group_commit(alice: Side, bob: Side) -> None:
    """Else each complaint would be a message more, and bring the next commit nearer."""
    group = befriend(alice, bob)
    texts = [f"slow {number}" for number in range(12)]
    for text in texts:
        alice.device.say(group, text, MICROS)
    late = sent(alice)
    go_on(bob, alice, group)
    for message in late:
        (missed,) = bob.get(message)
        assert isinstance(missed, MessageUnreadable) and missed.asked_again
    (complaint,) = sent(bob)
    assert alice.get(complaint) == []
    heard = [bob.get(anew)[0] for anew in sent(alice)]
    assert [one.text for one in heard] == texts, "in the order in which it was said"


@pytest.mark.clause("E2E-5.9")
def test_a_complaint_is_answered_once_and_who_has_read_it_is_silent(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    alice.device.say(group, "once", MICROS)
    (first,) = sent(alice)
    assert isinstance(bob.get(first)[0], MessageReceived)
    for digest in (b"", bytes(32), b"\xff" * 32):
        assert alice.get(failure(bob, group, "urn:x", [content.named(digest)])) == []
        assert alice.device.owed() == []
    about = [content.named(digest_of(first))]
    for id, owes in (("urn:1", 1), ("urn:2", 0)):
        assert alice.get(failure(bob, group, id, about)) == []
        answers = sent(alice)
        assert len(answers) == owes
        assert [bob.get(answer) for answer in answers] == [[]] * owes


@pytest.mark.clause("E2E-5.9")
def test_who_only_complains_is_not_answered_for_ever(
    alice: Side, bob: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repair, "MOST_MENDED", 3)
    group = befriend(alice, bob)
    said = alice.device.say(group, "again?", MICROS)
    (message,) = sent(alice)
    told: list[object] = []
    for _ in range(5):
        about = [content.named(digest_of(message))] * 7  # however often one complaint names it
        told += alice.get(failure(bob, group, "urn:1", about))
        answers = sent(alice)
        message = answers[0] if answers else message
        assert len(answers) == (0 if told else 1)
    assert [(one.id, one.clause) for one in told] == [(said.id, "E2E-5.9")] * 2
    assert alice.device.said(group, said.id).sent


@pytest.mark.clause("E2E-5.9")
def test_a_complaint_that_is_missed_is_complained_of(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    alice.device.say(group, "very slow", MICROS)
    (late,) = sent(alice)
    go_on(bob, alice, group)
    bob.get(late)
    (complaint,) = sent(bob)
    go_on(alice, bob, group)
    (missed,) = alice.get(complaint)
    assert missed.asked_again
    (about_it,) = sent(alice)
    assert bob.get(about_it) == []
    (again,) = sent(bob)
    assert alice.get(again) == []
    (anew,) = sent(alice)
    (heard,) = bob.get(anew)
    assert heard.text == "very slow"


@pytest.mark.clause("E2E-5.9")
def test_what_newcomers_were_not_told_stays_so(alice: Side, bob: Side, carol: Side) -> None:
    group = befriend(alice, bob)
    said = alice.device.say(group, "between us", MICROS)
    (late,) = sent(alice)
    bob.device.add(group, {CAROL: carol.packages()}, NOW)
    (commit,) = bob.send()
    assert alice.get(commit.content)[0].added == (CAROL,)
    about = [content.named(digest_of(late))]
    (told,) = alice.get(failure(bob, group, "urn:1", about))
    assert isinstance(told, MessageUndelivered)
    assert (told.id, told.text, told.clause) == (said.id, "between us", "E2E-5.9")
    assert alice.device.owed() == []


@pytest.mark.clause("E2E-5.9")
def test_who_came_later_does_not_ask_for_what_was_before(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    row = bob.device.conversations()[group]
    assert row.joined == row.grown == bob.device.epoch(group) == 1
    alice.device.say(group, "before", MICROS)
    (early,) = sent(alice)
    go_on(bob, alice, group)
    with bob.device.state.step():
        bob.device.state.put(rows.conversation_row(group), replace(row, joined=2))
    (missed,) = bob.get(early)
    assert not missed.asked_again
    assert bob.device.owed() == []


@pytest.mark.clause("E2E-5.4")
def test_what_waits_for_the_answer_to_our_commit_is_heard_with_it(alice: Side, bob: Side) -> None:
    """The relay took it and the others went on; the answer to us was lost."""
    group = befriend(alice, bob)
    alice.device.refresh(group, NOW)
    commit = alice.next()
    bob.get(commit.content)
    bob.device.say(group, "already there", MICROS)
    bob.device.refresh(group, NOW)
    words, next_commit = sent(bob)
    bob.device.say(group, "and further", MICROS)
    (more,) = sent(bob)
    # In the worst order: what waits for the second commit comes before it.
    assert [alice.get(each) for each in (more, words, next_commit)] == [[], [], []]
    heard = alice.accept(commit)
    assert [one.text for one in heard if isinstance(one, MessageReceived)] == [
        "already there",
        "and further",
    ]
    assert alice.device.authenticator(group) == bob.device.authenticator(group)
    assert alice.vault.names("parked/") == []


@pytest.mark.clause("E2E-5.4", "DEV-2.1")
def test_what_waited_is_heard_after_a_kill_too(
    alice: Side, bob: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer to our commit is taken in with all that waited for it, or not at all."""
    group = befriend(alice, bob)
    alice.device.refresh(group, NOW)
    commit = alice.next()
    bob.get(commit.content)
    bob.device.say(group, "already there", MICROS)
    assert alice.get(*sent(bob)) == []
    with monkeypatch.context() as killed:
        killed.setattr(alice.vault, "step", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            alice.accept(commit)
    for _ in range(2):
        assert alice.next() == commit
        alice.reopen()
    (heard,) = alice.accept(commit)
    assert heard.text == "already there"


@pytest.mark.clause("E2E-5.7")
def test_words_wait_for_the_commit_that_goes_before_them(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    alice.device.refresh(group, NOW)
    texts = ["one", "two", "three"]
    for text in texts:
        assert not alice.device.say(group, text, MICROS).sent
        alice.reopen()
    with pytest.raises(TooMuch, match=r"E2E-5\.3"):
        alice.device.say(group, "x" * 65536, MICROS)
    commit, *words = alice.device.owed()
    assert (bool(commit.content), [bool(out.content) for out in words]) == (True, [False] * 3)
    assert all(isinstance(out.intent, Say) for out in words)
    found = [one for each in sent(alice) for one in bob.get(each)]
    assert [one.text for one in found[1:]] == texts


@pytest.mark.clause("E2E-5.7")
def test_many_words_go_out_with_their_commits(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    texts = [str(number) for number in range(250)]
    for text in texts:
        alice.device.say(group, text, MICROS)
    messages = sent(alice)
    found = [one for each in messages for one in bob.get(each)]
    assert [one.text for one in found if isinstance(one, MessageReceived)] == texts
    assert len(messages) == len(texts) + 2


@pytest.mark.clause("E2E-5.4")
def test_what_finds_no_room_to_wait_is_asked_for_again(
    alice: Side, bob: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parked, "MOST", 2)
    group = befriend(alice, bob)
    alice.device.refresh(group, NOW)
    for number in range(3):
        alice.device.say(group, str(number), MICROS)
    commit, *words = sent(alice)
    found = [one for each in words for one in bob.get(each)]
    assert [(one.clause, one.asked_again) for one in found] == [("E2E-5.4", True)]
    heard = [one.text for one in bob.get(commit) if isinstance(one, MessageReceived)]
    for complaint in sent(bob):
        alice.get(complaint)
    heard += [one.text for each in sent(alice) for one in bob.get(each)]
    assert heard == ["0", "1", "2"]


def crowd(
    alice: Side, bob: Side, words: int, monkeypatch: pytest.MonkeyPatch
) -> tuple[str, bytes, list[MessageUnreadable]]:
    """Words come before their commit, one by one, and only two find room to wait. What Bob means
    to send goes out after each, and he is killed after each."""
    monkeypatch.setattr(parked, "MOST", 2)
    group = befriend(alice, bob)
    alice.device.refresh(group, NOW)
    for number in range(words):
        alice.device.say(group, str(number), MICROS)
    commit, *early = sent(alice)
    told = []
    for message in early:
        told += bob.get(message)
        assert sent(bob) == [], "she would say it anew where it finds no room again"
        bob.reopen()
    assert all(isinstance(one, MessageUnreadable) for one in told)
    return group, commit, told


@pytest.mark.clause("DEV-5.6", "E2E-5.9")
def test_what_finds_no_room_is_asked_for_once_when_it_can_be_answered(
    alice: Side, bob: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repair, "AT_ONCE", 0)
    group, commit, told = crowd(alice, bob, 20, monkeypatch)
    assert [one.asked_again for one in told] == [True] * 18
    heard = [one.text for one in bob.get(commit) if isinstance(one, MessageReceived)]
    bob.reopen()
    (complaint,) = sent(bob)
    assert alice.get(complaint) == []
    heard += [one.text for each in sent(alice) for one in bob.get(each)]
    assert heard == [str(number) for number in range(20)], "all of them, in their order"
    assert bob.vault.names(f"later/{group}/") == []


@pytest.mark.clause("DEV-5.2")
def test_words_make_room_for_a_commit(
    alice: Side, bob: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commit that found no room would be gone, and Bob behind the others."""
    group, first, told = crowd(alice, bob, 4, monkeypatch)
    for number in range(2):
        alice.device.refresh(group, NOW)
        (commit,) = sent(alice)
        told += bob.get(commit)
        alice.device.say(group, f"behind {number}", MICROS)
        told += [one for each in sent(alice) for one in bob.get(each)]
        bob.reopen()
    assert [one.asked_again for one in told] == [True] * 6
    heard = bob.get(first)
    assert bob.device.authenticator(group) == alice.device.authenticator(group)
    (complaint,) = sent(bob)
    alice.get(complaint)
    heard += [one for each in sent(alice) for one in bob.get(each)]
    texts = {one.text for one in heard if isinstance(one, MessageReceived)}
    assert texts == {"0", "1", "2", "3", "behind 0", "behind 1"}


@pytest.mark.clause("DEV-5.2")
def test_commits_make_room_for_nothing(
    alice: Side, bob: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parked, "MOST", 1)
    group = befriend(alice, bob)
    commits = []
    for _ in range(3):
        alice.device.refresh(group, NOW)
        commits += sent(alice)
    assert bob.get(commits[1]) == []
    (told,) = bob.get(commits[2])
    assert (told.clause, told.asked_again) == ("E2E-5.4", False)


@pytest.mark.clause("DEV-3.2")
def test_what_was_missed_is_asked_for_before_our_own_words_go_on(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    alice.device.say(group, "slow", MICROS)
    (late,) = sent(alice)
    go_on(bob, alice, group)
    bob.device.refresh(group, NOW)
    commit = bob.next()
    for number in range(3):
        bob.device.say(group, str(number), MICROS)
    bob.get(late)
    bob.accept(commit)
    alice.get(commit.content)
    complaint = bob.next()
    bob.reopen()
    assert bob.next() == complaint, "the same bytes again"
    bob.accept(complaint)
    assert alice.get(complaint.content) == []
    assert alice.device.has_work
    heard = [one.text for each in sent(bob) for one in alice.get(each)]
    assert heard == ["0", "1", "2"]


@pytest.mark.clause("DEV-5.6")
def test_so_many_names_wait_and_no_more(
    alice: Side, bob: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(later, "MOST", 3)
    group, commit, told = crowd(alice, bob, 7, monkeypatch)
    assert [one.asked_again for one in told] == [True] * 3 + [False] * 2
    bob.get(commit)
    for complaint in sent(bob):
        alice.get(complaint)
    for message in sent(alice):
        bob.get(message)
    assert [row.text for row in bob.device.history(group)] == ["0", "1", "2", "3", "4"]


@pytest.mark.clause("DEV-5.6", "DEV-9.5")
def test_names_of_an_epoch_in_which_nobody_is_are_let_go(
    alice: Side, bob: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parked, "MOST", 2)
    bob.device.new_packages(0, True, NOW)
    group = befriend(alice, bob)
    for number in range(5):
        far = PrivateMessage(
            bytes.fromhex(group), 999, framing.APPLICATION, b"", b"who", b"%d" % number
        )
        bob.get(framing.encode_message(far))
    assert len(bob.vault.names(f"later/{group}/")) == 3
    bob.device.look_behind(NOW)
    bob.device.look_behind(NOW + 10)
    asked = bob.next()
    (told,) = bob.device.tell(asked, LostRace(1), NOW)
    assert told.clause == "E2E-3.5"
    for kind in ("parked", "later", "missed", "failure", "owed"):
        assert bob.vault.names(f"{kind}/{group}/") == []


@pytest.mark.clause("DEV-5.6", "DEV-5.2")
def test_words_that_find_no_room_before_a_welcome_are_asked_for_after_it(
    alice: Side, bob: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parked, "MOST", 1)
    group = alice.device.start({bob.actor: bob.packages()}, NOW)
    founding = alice.next()
    assert alice.accept(founding) == []
    for text in ("one", "two", "three"):
        alice.device.say(group, text, MICROS)
    told = [one for each in sent(alice) for one in bob.get(each)]
    assert [one.asked_again for one in told] == [True] * 2
    heard = bob.get(founding.welcomes[0].content)
    assert [one.text for one in heard if isinstance(one, MessageReceived)] == ["one"]
    (complaint,) = sent(bob)
    alice.get(complaint)
    assert [one.text for each in sent(alice) for one in bob.get(each)] == ["two", "three"]


@pytest.mark.clause("E2E-5.10")
def test_a_conversation_that_was_refused_never_was(alice: Side, bob: Side) -> None:
    group = alice.device.start({bob.actor: bob.packages()}, NOW)
    said = alice.device.say(group, "hello?", MICROS)
    refusal = Forbidden("E2E-2.7", "you are not friends")
    unopened, unsaid = alice.device.tell(alice.next(), refusal, NOW)
    assert (unopened.change, unopened.actors) == ("add", (bob.actor,))
    assert (unsaid.id, unsaid.clause) == (said.id, "E2E-2.7")
    assert alice.device.owed() == []
    assert alice.device.conversations() == {}
    assert alice.vault.names("group/") == []


@pytest.mark.clause("DEV-5.7")
def test_words_that_cross_with_ten_commits_are_read(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    alice.device.say(group, "slow", MICROS)
    (words,) = sent(alice)
    go_on(bob, alice, group, times=10)
    assert [one.text for one in bob.get(words)] == ["slow"]


@pytest.mark.clause("DEV-4.3")
def test_no_commit_of_its_own_accord_makes_repairs_late(
    alice: Side, bob: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Alice has said enough, and Bob missed some of it: that goes out before her commit."""
    monkeypatch.setattr(message_maker, "COMMIT_AFTER_MESSAGES", 4)
    monkeypatch.setattr(message_maker, "MOST_WHILE_REPAIRING", 7)
    group = befriend(alice, bob)
    for number in range(3):
        alice.device.say(group, str(number), MICROS)
    late = sent(alice)
    go_on(bob, alice, group)
    for message in late:
        bob.get(message)
    for number in range(4):
        alice.device.say(group, f"more {number}", MICROS)
    more = sent(alice)
    assert len(more) == 4
    for message in sent(bob):
        alice.get(message)
    anew = sent(alice)
    found = [one for message in [*more, *anew] for one in bob.get(message)]
    heard = [one.text for one in found if isinstance(one, MessageReceived)]
    assert heard == [*(f"more {number}" for number in range(4)), "0", "1", "2"]
    assert not any(isinstance(one, MembersChanged) for one in found), "not before they are out"
    alice.device.say(group, "and on", MICROS)
    (commit, _words) = sent(alice)
    assert isinstance(bob.get(commit)[0], MembersChanged)


def trickle(alice: Side, bob: Side, words: int) -> tuple[str, list[MessageUnreadable], list[bytes]]:
    """Words of an old epoch come one by one, all within a second."""
    group = befriend(alice, bob)
    for number in range(words):
        alice.device.say(group, str(number), MICROS)
    late = sent(alice)
    go_on(bob, alice, group)
    told, complaints = [], []
    for message in late:
        told += bob.get(message)
        complaints += sent(bob)
    return group, told, complaints


def answered(alice: Side, bob: Side, group: str, complaints: list[bytes]) -> list[str]:
    for complaint in complaints:
        alice.get(complaint)
    for message in sent(alice):
        bob.get(message)
    return [row.text for row in bob.device.history(group)]


@pytest.mark.clause("DEV-5.6")
def test_the_more_is_missed_in_a_day_the_more_is_asked_for_at_once(
    alice: Side, bob: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repair, "AT_ONCE", 2)
    group, told, complaints = trickle(alice, bob, 7)
    assert [one.asked_again for one in told] == [True] * 7
    assert len(complaints) == 3, "two at once, and the first after them"
    assert bob.device.repair.rest(NOW) == 1
    bob.reopen()
    bob.device.repair.tend(NOW)
    assert sent(bob) == []
    assert answered(alice, bob, group, complaints) == ["0", "1", "2"]
    bob.device.repair.tend(NOW + 2)
    assert bob.device.repair.rest(NOW + 2) == 3600
    complaints = sent(bob)
    assert len(complaints) == 1
    assert answered(alice, bob, group, complaints) == ["0", "1", "2", "3", "4", "5", "6"]


@pytest.mark.clause("DEV-5.6")
def test_a_clock_that_was_set_back_makes_no_wait_longer(
    alice: Side, bob: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repair, "AT_ONCE", 0)
    group, _, complaints = trickle(alice, bob, 3)
    assert len(complaints) == 1
    bob.device.repair.tend(NOW - repair.HOUR_SECONDS)
    assert answered(alice, bob, group, [*complaints, *sent(bob)]) == ["0", "1", "2"]


@pytest.mark.clause("DEV-5.6")
def test_complaints_that_nobody_answers_are_forgotten(
    alice: Side, bob: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repair, "MOST_KEPT", 3)
    group, _, complaints = trickle(alice, bob, 6)
    assert len(complaints) == 6
    assert len(bob.device.state.names("failure", group)) == 4
    alice.device.say(group, "old", MICROS)
    (again,) = sent(alice)
    go_on(bob, alice, group)
    (one,) = bob.get(again, at=MICROS + 31 * repair.DAY_MICROS)
    assert one.asked_again
    assert len(bob.device.state.names("failure", group)) == 1

"""Words and commits that cross: what comes too late, too early or not yet is heard in the end."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from node.client import content, hearing
from node.client.happenings import Changed, Said, Unreadable, Unsent
from node.e2ee.mls.public import key_package
from node.e2ee.mls.public.proposals import Add
from node.errors import TooMuch
from tests.client.test_device import MICROS, NOW, Side, befriend

CAROL = "https://alpha.test/a/carol"
AT = datetime.fromtimestamp(NOW, UTC)


@pytest.fixture
def alice(tmp_path: Path) -> Iterator[Side]:
    side = Side(tmp_path / "alice", "https://alpha.test/a/alice")
    yield side
    side.vault.close()


@pytest.fixture
def bob(tmp_path: Path) -> Iterator[Side]:
    side = Side(tmp_path / "bob", "https://beta.test/a/bob")
    yield side
    side.vault.close()


def digest_of(message: bytes) -> bytes:
    return hashlib.sha256(message).digest()


def sent(side: Side) -> list[bytes]:
    """All that a device owes, sealed and accepted; nobody has it yet."""
    found = []
    while owed := side.device.owed():
        name, out = side.device.ready(owed[0][0], NOW)
        assert side.device.accepted(name, NOW) == []
        found.append(out.content)
    return found


def go_on(committer: Side, other: Side, group: str, times: int = 3) -> None:
    for _ in range(times):
        committer.device.commit(group, NOW)
        (commit,) = sent(committer)
        assert isinstance(other.get(commit)[0], Changed)


@pytest.mark.clause("E2E-5.9")
def test_words_that_come_too_late_are_asked_for_again(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    said = alice.device.say(group, "slow", MICROS)
    (late,) = sent(alice)
    go_on(bob, alice, group)
    (missed,) = bob.get(late)
    assert isinstance(missed, Unreadable)
    assert (missed.conversation, missed.clause, missed.asked_again) == (group, "MLS-15.3a", True)
    bob.reopen()  # the complaint is on disk with the rest
    assert bob.get(late)[0] == missed  # the same again: one complaint is enough
    (complaint,) = sent(bob)
    assert alice.get(complaint) == []
    assert alice.device.stirred
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
        assert isinstance(missed, Unreadable) and missed.asked_again
    (complaint,) = sent(bob)
    assert alice.get(complaint) == []
    heard = [bob.get(anew)[0] for anew in sent(alice)]
    assert [one.text for one in heard] == texts, "in the order in which it was said"


@pytest.mark.clause("E2E-5.9")
def test_a_complaint_is_answered_once_and_who_has_read_it_is_silent(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    alice.device.say(group, "once", MICROS)
    (first,) = sent(alice)
    assert isinstance(bob.get(first)[0], Said)
    for digest in (b"", bytes(32), b"\xff" * 32):
        session = bob.device._session(group)
        step = session.seal(content.write_failure("urn:x", bob.actor, [content.named(digest)], AT))
        bob.device._sessions[group] = step.session
        assert alice.get(step.value) == []
        assert alice.device.owed() == []
    about = [content.named(digest_of(first))]
    for id, owes in (("urn:1", 1), ("urn:2", 0)):
        step = bob.device._session(group).seal(content.write_failure(id, bob.actor, about, AT))
        bob.device._sessions[group] = step.session
        assert alice.get(step.value) == []
        answers = sent(alice)
        assert len(answers) == owes
        assert [bob.get(answer) for answer in answers] == [[]] * owes


@pytest.mark.clause("E2E-5.9")
def test_who_only_complains_is_not_answered_for_ever(
    alice: Side, bob: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hearing, "MOST_MENDED", 3)
    group = befriend(alice, bob)
    said = alice.device.say(group, "again?", MICROS)
    (message,) = sent(alice)
    told: list[object] = []
    for _ in range(5):
        about = [content.named(digest_of(message))] * 7  # however often one complaint names it
        session = bob.device._session(group)
        step = session.seal(content.write_failure("urn:1", bob.actor, about, AT))
        bob.device._sessions[group] = step.session
        told += alice.get(step.value)
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
def test_what_newcomers_were_not_told_stays_so(alice: Side, bob: Side, tmp_path: Path) -> None:
    group = befriend(alice, bob)
    said = alice.device.say(group, "between us", MICROS)
    (late,) = sent(alice)
    carol = Side(tmp_path / "carol", CAROL)
    ((package, _),) = carol.device.new_packages(1, False, NOW)
    staged = bob.device._session(group).stage(NOW, [Add(key_package.parse(package))])
    merged = staged.session.merge(NOW)
    assert alice.get(staged.value.commit)[0].added == (CAROL,)
    failure = content.write_failure("urn:1", bob.actor, [content.named(digest_of(late))], AT)
    (told,) = alice.get(merged.session.seal(failure).value)
    assert isinstance(told, Unsent)
    assert (told.id, told.text, told.clause) == (said.id, "between us", "E2E-5.9")
    assert alice.device.owed() == []
    carol.vault.close()


@pytest.mark.clause("E2E-5.9")
def test_who_came_later_does_not_ask_for_what_was_before(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    row = bob.device.conversations()[group]
    assert row.joined == row.grown == bob.device.epoch(group) == 1
    alice.device.say(group, "before", MICROS)
    (early,) = sent(alice)
    go_on(bob, alice, group)
    row.joined = 2
    bob.vault.step({f"conversation/{group}": msgspec.json.encode(row)})
    (missed,) = bob.get(early)
    assert not missed.asked_again
    assert bob.device.owed() == []


@pytest.mark.clause("E2E-5.4")
def test_what_waits_for_the_answer_to_our_commit_is_heard_with_it(alice: Side, bob: Side) -> None:
    """The relay took it and the others went on; the answer to us was lost."""
    group = befriend(alice, bob)
    alice.device.commit(group, NOW)
    ((name, commit),) = alice.device.owed()
    bob.get(commit.content)
    bob.device.say(group, "already there", MICROS)
    bob.device.commit(group, NOW)
    words, next_commit = sent(bob)
    bob.device.say(group, "and further", MICROS)
    (more,) = sent(bob)
    # In the worst order: what waits for the second commit comes before it.
    assert [alice.get(each) for each in (more, words, next_commit)] == [[], [], []]
    heard = alice.device.accepted(name, NOW)
    assert [one.text for one in heard if isinstance(one, Said)] == ["already there", "and further"]
    assert alice.device.authenticator(group) == bob.device.authenticator(group)
    assert alice.vault.names("parked/") == []


@pytest.mark.clause("E2E-5.4")
def test_what_waited_is_heard_after_a_kill_too(
    alice: Side, bob: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = befriend(alice, bob)
    alice.device.commit(group, NOW)
    ((name, commit),) = alice.device.owed()
    bob.get(commit.content)
    bob.device.say(group, "already there", MICROS)
    assert alice.get(*sent(bob)) == []
    with monkeypatch.context() as killed:
        killed.setattr(hearing.Hearing, "_unpark", lambda *_: [])
        assert alice.device.accepted(name, NOW) == []
    alice.reopen()
    (heard,) = alice.device.resume(NOW)
    assert heard.text == "already there"


@pytest.mark.clause("E2E-5.7")
def test_words_wait_for_the_commit_that_goes_before_them(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    alice.device.commit(group, NOW)
    texts = ["one", "two", "three"]
    for text in texts:
        assert not alice.device.say(group, text, MICROS).sent
        alice.reopen()
    with pytest.raises(TooMuch, match=r"E2E-5\.3"):
        alice.device.say(group, "x" * 65536, MICROS)
    commit, *words = [out for _, out in alice.device.owed()]
    assert (commit.commit, [bool(out.content) for out in words]) == (True, [False] * 3)
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
    assert [one.text for one in found if isinstance(one, Said)] == texts
    assert len(messages) == len(texts) + 2


@pytest.mark.clause("E2E-5.4")
def test_what_finds_no_room_to_wait_is_asked_for_again(
    alice: Side, bob: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hearing, "MOST_PARKED", 2)
    group = befriend(alice, bob)
    alice.device.commit(group, NOW)
    for number in range(3):
        alice.device.say(group, str(number), MICROS)
    commit, *words = sent(alice)
    found = [one for each in words for one in bob.get(each)]
    assert [(one.clause, one.asked_again) for one in found] == [("E2E-5.4", True)]
    heard = [one.text for one in bob.get(commit) if isinstance(one, Said)]
    for complaint in sent(bob):
        alice.get(complaint)
    heard += [one.text for each in sent(alice) for one in bob.get(each)]
    assert heard == ["0", "1", "2"]


@pytest.mark.clause("E2E-5.10")
def test_a_conversation_that_was_refused_never_was(alice: Side, bob: Side) -> None:
    packages = [data for data, _ in bob.device.new_packages(1, False, NOW)]
    group = alice.device.start({bob.actor: packages}, NOW)
    alice.device.say(group, "hello?", MICROS)
    (commit, _), (words, _) = alice.device.owed()
    for name in (commit, words):
        alice.device.abandon(name)
    assert alice.device.owed() == []
    assert alice.device.conversations() == {}
    assert alice.vault.names("group/") == []

"""What is said: answers, changes, deletions and reactions (spec E2E-7, DEV-18)."""

import json
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path

import pytest

from node.client import content as inner
from node.client import said as said_page
from node.client import said_order
from node.client.conversation_events import (
    MessageChanged,
    MessageReceived,
    MessageUnreadable,
    ReactionChanged,
)
from node.client.exchange import Accepted, LostRace
from node.client.restoring import ArchivedPage
from node.client.rows import MessageRow
from node.e2ee.records.record import Kind, Record
from node.e2ee.records.seals import ArchiveKey, Keyring, Sealed
from node.errors import Conflict, Forbidden, Malformed, Missing, Refused, TooMuch
from node.testing.fakes import FakeEntropy
from tests.client.devices import ALICE, BOB, MICROS, NOW, Side, befriend, go_on, pass_on, side
from tools import record_words

DAY = NOW // 86_400
SECOND = 1_000_000


@pytest.fixture
def new_phone(tmp_path: Path) -> Iterator[Side]:
    with side(tmp_path / "new", ALICE) as made:
        yield made


def say(one: Side, group: str, text: str, *others: Side) -> str:
    said = one.device.say(group, text, MICROS)
    pass_on(one, *others)
    return said.id


def rows(one: Side, *groups: str) -> list[MessageRow]:
    return one.device.history(*groups)


def texts(one: Side, group: str) -> list[str]:
    return [row.text for row in rows(one, group)]


def emoji(one: Side, group: str, at: int = 0) -> list[str]:
    return [each.emoji for each in one.device.words.reactions(group, rows(one, group)[at])]


def seals(one: Side, group: str, document: object) -> bytes:
    """What another program says."""
    groups = one.device.state.groups
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    with one.device.state.step():
        return groups.apply(group, groups.session(group).seal(data))


def hears(one: Side, other: Side, group: str, *documents: object):
    return [told for each in documents for told in one.get(seals(other, group, each))]


# -- words ---------------------------------------------------------------------------------------


@pytest.mark.clause("E2E-7.1", "E2E-7.3")
def test_words_with_markup_and_an_answer_come_as_they_were_said(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    first = say(alice, group, "**strong** & <b>", bob)
    bob.device.say(group, "an answer", MICROS, reply=first)
    pass_on(bob, alice)
    asked, answer = rows(alice, group)
    assert asked.text == rows(bob, group)[0].text == "**strong** & <b>"
    assert asked.markdown and rows(bob, group)[0].markdown
    assert (answer.about, answer.author) == (first, ALICE)
    assert alice.device.words.meant(group, answer.about, answer.author) == asked
    note = inner.read(inner.write_note(inner.Words("urn:a", "*x*", said_at()), "urn:b", ALICE))
    assert (note.text, note.markdown) == ("*x*", True)


def said_at():
    from node.wire.times import from_micros

    return from_micros(MICROS)


@pytest.mark.clause("E2E-7.5", "DEV-18.1")
def test_a_change_is_shown_to_both(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    first = say(alice, group, "teh", bob)
    act = alice.device.words.edit(group, first, "the", MICROS + SECOND)
    assert act is not None and texts(alice, group) == ["the"]
    told = pass_on(alice, bob)
    assert told == [MessageChanged(group, first, ALICE, "edited", "the", told[0].at)]
    (row,) = rows(bob, group)
    assert (row.text, row.edited, row.edit) == ("the", MICROS + SECOND, act.id)
    assert alice.device.words.edit(group, first, "the", MICROS + SECOND) is None
    # A clock that was set back makes no change older than the one before.
    alice.device.words.edit(group, first, "then", MICROS - SECOND)
    pass_on(alice, bob)
    assert texts(bob, group) == texts(alice, group) == ["then"]


@pytest.mark.clause("E2E-7.6", "DEV-18.4")
def test_what_was_taken_back_is_gone_everywhere(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    first = say(alice, group, "a **secret**", bob)
    alice.device.words.edit(group, first, "a changed secret", MICROS + SECOND)
    alice.device.words.edit(group, first, "another secret", MICROS + SECOND)
    bob.device.words.react(group, first, "👍", MICROS)
    pass_on(alice, bob)
    pass_on(bob, alice)
    alice.device.search.find("secret", None, 5)
    bob.device.search.find("secret", None, 5)
    assert alice.device.words.delete(group, first, MICROS + 2 * SECOND) is not None
    told = pass_on(alice, bob)
    assert told == [MessageChanged(group, first, ALICE, "deleted", "", told[0].at)]
    for one in (alice, bob):
        (row,) = rows(one, group)
        assert (row.kind, row.text) == (inner.TOMBSTONE, "") and emoji(one, group) == []
        one.reopen()
        for name in one.vault.names():
            if not name.startswith(("group/", "device/", "package/")):
                assert b"secret" not in (one.vault.read(name) or b""), name
        assert one.device.search.find("secret", None, 5) == []
    assert alice.device.words.delete(group, first, MICROS) is None


@pytest.mark.clause("DEV-18.4")
def test_what_was_refused_and_taken_back_is_told_no_more(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    first = alice.device.say(group, "a secret", MICROS).id
    asked = alice.next()
    alice.device.tell(asked, Forbidden("E2E-3.2", "you do not take part"), NOW)
    assert alice.device.untold.events()
    alice.device.words.delete(group, first, MICROS)
    assert alice.device.untold.events() == []


@pytest.mark.clause("DEV-15.2", "DEV-18.4")
def test_the_index_follows_a_change_at_once(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    first = say(alice, group, "mountains", bob)
    say(alice, group, "valleys", bob)
    for one in (alice, bob):
        assert len(one.device.search.find("mountains", None, 5)) == 1
    alice.device.words.edit(group, first, "rivers", MICROS)
    pass_on(alice, bob)
    for one in (alice, bob):
        assert not [name for name in one.vault.names("search") if b"mount" in one.vault.read(name)]
        assert one.device.search.find("mountains", None, 5) == []
        assert len(one.device.search.find("rivers", None, 5)) == 1
        assert len(one.device.search.find("valleys", None, 5)) == 1


@pytest.mark.clause("DEV-18.2")
def test_words_that_nobody_has_are_changed_and_taken_back_in_silence(
    alice: Side, bob: Side
) -> None:
    group = befriend(alice, bob)
    alice.device.refresh(group, NOW)
    commit = alice.next()
    kept, gone = (alice.device.say(group, text, MICROS).id for text in ("kpet", "no"))
    assert alice.device.words.edit(group, kept, "kept", MICROS) is None
    assert alice.device.words.delete(group, gone, MICROS) is None
    alice.accept(commit)
    bob.get(commit.content)
    told = pass_on(alice, bob)
    assert [event.text for event in told] == ["kept"]
    assert rows(bob, group)[0].edited == 0
    with pytest.raises(TooMuch):
        alice.device.refresh(group, NOW)
        more = alice.device.say(group, "x", MICROS).id
        alice.device.words.edit(group, more, "x" * 70_000, MICROS)


# -- who may, and what is refused ----------------------------------------------------------------


@pytest.mark.clause("DEV-18.6", "E2E-7.7")
def test_what_cannot_be_is_refused_in_words_and_changes_nothing(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    mine, gone = say(alice, group, "mine", bob), say(alice, group, "gone", bob)
    alice.device.words.delete(group, gone, MICROS)
    pass_on(alice, bob)
    cases = (
        (Forbidden, bob.device.words.edit, (group, mine, "not mine", MICROS)),
        (Forbidden, bob.device.words.delete, (group, mine, MICROS)),
        (Missing, bob.device.words.edit, (group, "urn:x", "?", MICROS)),
        (Missing, bob.device.words.delete, (group, "urn:x", MICROS)),
        (Missing, bob.device.words.react, (group, "urn:x", "👍", MICROS)),
        (Missing, bob.device.words.say, (group, "?", MICROS, "urn:x")),
        (Conflict, bob.device.words.react, (group, gone, "👍", MICROS)),
        (Conflict, alice.device.words.edit, (group, gone, "back", MICROS)),
        (Malformed, alice.device.words.edit, (group, mine, " \n", MICROS)),
        (TooMuch, alice.device.words.edit, (group, mine, "x" * 70_000, MICROS)),
        (Malformed, bob.device.words.react, (group, mine, "two words", MICROS)),
        (Malformed, bob.device.words.react, (group, mine, "", MICROS)),
        (Malformed, bob.device.words.react, (group, mine, "x" * 17, MICROS)),
    )
    for kind, deed, given in cases:
        steps = alice.vault.counter, bob.vault.counter
        with pytest.raises(kind) as found:
            deed(*given)
        assert found.value.clause in ("DEV-18.6", "E2E-7.7", "E2E-5.3")
        assert steps == (alice.vault.counter, bob.vault.counter)
    assert texts(alice, group) == texts(bob, group) == ["mine", ""]
    assert not alice.device.owed() and not bob.device.owed()


@pytest.mark.clause("E2E-7.5", "E2E-7.6")
def test_nobody_changes_the_words_of_another(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    mine = say(alice, group, "mine", bob)
    told = hears(
        alice, bob, group,
        {"type": "Update", "id": "urn:1", "object": {"id": mine, "content": "yours"}},
        {"type": "Delete", "id": "urn:2", "object": mine, "actor": ALICE, "attributedTo": ALICE},
        {"type": "Tombstone", "id": mine},
    )  # fmt: skip
    assert [(type(one), one.clause) for one in told] == [(MessageUnreadable, "E2E-7.5")] * 3
    assert texts(alice, group) == ["mine"]


@pytest.mark.clause("E2E-7.7")
def test_a_flood_of_reactions_is_bounded_and_all_see_the_same(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    first = say(alice, group, "hello", bob)
    flood = [
        {"type": "Like", "id": f"urn:{n}", "object": first, "content": chr(0x1F600 + n),
         "published": f"2026-01-01T00:00:{n:02d}Z"}
        for n in range(60)
    ]  # fmt: skip
    hears(alice, bob, group, *flood[::-1])
    hears(alice, bob, group, *flood)
    shown = [chr(0x1F600 + n) for n in range(48, 60)]
    assert emoji(alice, group) == shown and len(shown) == said_order.MOST_REACTIONS
    for n in range(12):
        assert alice.device.words.react(group, first, chr(0x1F400 + n), MICROS)
    with pytest.raises(TooMuch, match="12 ways"):
        alice.device.words.react(group, first, "🐳", MICROS)
    assert alice.device.words.react(group, first, chr(0x1F400), MICROS) is None


@pytest.mark.clause("E2E-7.7")
def test_reactions_are_put_and_taken_away(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    first = say(alice, group, "hello", bob)
    bob.device.words.react(group, first, "👍", MICROS)
    told = pass_on(bob, alice)
    assert told == [ReactionChanged(group, first, ALICE, BOB, "👍", True, told[0].at)]
    assert emoji(alice, group) == emoji(bob, group) == ["👍"]
    assert bob.device.words.react(group, first, "👍", MICROS) is None
    bob.device.words.react(group, first, "👍", MICROS, on=False)
    told = pass_on(bob, alice)
    assert told == [ReactionChanged(group, first, ALICE, BOB, "👍", False, told[0].at)]
    assert emoji(alice, group) == emoji(bob, group) == []
    assert bob.device.words.react(group, first, "👍", MICROS, on=False) is None
    bob.device.words.react(group, first, "👍", MICROS)
    pass_on(bob, alice)
    assert emoji(alice, group) == ["👍"]


# -- what other programs say ---------------------------------------------------------------------


@pytest.mark.clause("E2E-7.8", "E2E-7.9")
def test_what_is_not_known_is_kept_and_what_is_no_word_is_silence(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    mine = say(alice, group, "mine", bob)
    quiet = [{"type": kind, "object": mine} for kind in sorted(inner.QUIET)]
    assert hears(alice, bob, group, *quiet) == []
    strange = (
        {"type": "Announce", "id": "urn:1", "object": "https://beta.test/p/1"},
        {"type": "Poke", "id": "mls://m/01JZ6C9P4N7V8W2X5Y3T1R0QSA", "content": "<p>poked</p>"},
        {"type": "Update", "id": "urn:2", "object": {"type": "Group", "id": group, "name": "us"}},
        {"type": "Note", "id": "urn:3", "content": "look", "attachment": [{"type": "Image"}]},
        {"type": "Create", "id": "urn:4", "object": {"type": "Audio", "id": "urn:5"}},
    )
    told = hears(alice, bob, group, *strange)
    assert all(isinstance(one, MessageReceived) for one in told) and len(told) == len(strange)
    for row, document in zip(rows(alice, group)[1:], strange, strict=True):
        assert json.loads(row.raw) == document
    assert [row.text for row in rows(alice, group)[1:]] == ["", "poked", "", "look", ""]
    bare = {"type": "Note", "id": "uri:uuid:6", "content": "<p>one</p><p>two</p>"}
    hears(alice, bob, group, bare)
    assert texts(alice, group)[-1] == "one\ntwo" and rows(alice, group)[-1].html
    alice.device.say(group, "an answer", MICROS, reply="uri:uuid:6")
    pass_on(alice, bob)
    assert rows(bob, group)[-1].about == "uri:uuid:6"


@pytest.mark.clause("E2E-7.4")
def test_an_id_that_two_people_used_means_nobodys_message(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    mine = say(alice, group, "mine", bob)
    hears(alice, bob, group, {"type": "Note", "id": mine, "content": "a copy of the id"})
    assert hears(alice, bob, group, {"type": "Like", "id": "urn:1", "object": mine}) == []
    named = {"type": "Like", "id": "urn:2", "object": mine, "kith:author": ALICE}
    (told,) = hears(alice, bob, group, named)
    assert told.author == ALICE and emoji(alice, group) == [inner.HEART]
    with pytest.raises(Missing):
        alice.device.words.react(group, mine, "👍", MICROS)
    assert alice.device.words.react(group, mine, "👍", MICROS, author=BOB)
    assert emoji(alice, group, 1) == ["👍"]


@pytest.mark.clause("E2E-7.9")
@pytest.mark.parametrize(
    "wrong",
    (b"[]", b"{", {"type": "Note"}, {"type": "Note", "id": "x" * 513}, {"id": "urn:1"},
     {"type": "Create", "id": "urn:1", "object": "urn:2"}, {"type": "Delete", "object": {}},
     {"type": "Undo", "id": "urn:1", "object": {"id": "urn:2"}}),
)  # fmt: skip
def test_what_says_nothing_is_told(alice: Side, bob: Side, wrong: object) -> None:
    group = befriend(alice, bob)
    (told,) = hears(alice, bob, group, wrong)
    assert isinstance(told, MessageUnreadable) and rows(alice, group) == []


# -- in any order --------------------------------------------------------------------------------


@pytest.mark.clause("E2E-7.5", "E2E-7.6", "E2E-7.7", "DEV-18.3")
def test_whatever_comes_first_it_ends_alike(alice: Side, bob: Side, tmp_path: Path) -> None:
    """Every order of a message, two changes at once, a reaction and its undoing."""
    note = {"type": "Note", "id": "urn:m", "content": "first"}
    at = "2026-01-01T00:00:05.5Z"
    what = (
        note,
        {"type": "Update", "id": "urn:a", "object": {"id": "urn:m", "content": "A", "updated": at}},
        {
            "type": "Update",
            "id": "urn:b",
            "object": {"id": "urn:m", "content": "B"},
            "published": at,
        },
        {"type": "Like", "id": "urn:c", "object": "urn:m", "content": "👍", "published": at},
        {"type": "Undo", "id": "urn:d", "object": "urn:c", "published": "2026-01-01T00:00:06Z"},
    )
    ends = set()
    group = befriend(alice, bob)
    for number, order in enumerate(permutations(range(len(what)))):
        for place in order:
            text = json.dumps(what[place])
            for part in ("urn:m", "urn:a", "urn:b", "urn:c", "urn:d"):
                text = text.replace(part, f"{part}{number}")
            taken(alice, group, text)
        row = alice.device.state.get(f"message/{group}/{BOB} urn:m{number}", MessageRow)
        shown = alice.device.words.reactions(group, row)
        ends.add((row.text, row.edited, row.edit.replace(str(number), ""), len(shown)))
    assert ends == {("B", 1767225605500000, "urn:b", 0)}
    assert alice.device.state.count("early") == 0


def taken(one: Side, group: str, text: str) -> None:
    """As if a device of Bob's had said it: the core alone, without its sealing."""
    content = inner.read(text.encode())
    with one.device.state.step():
        number = one.device.state.number()
        said = one.device.inbox._said
        if content.kind in inner.ACTS:
            said.take(group, said_page.act_of(content, BOB, number), MICROS)
            return
        name = f"message/{group}/{BOB} {content.id}"
        if not one.device.state.has(name):
            one.device.state.put(name, said_page.message_of(content, BOB, MICROS, number))
            said.came(group, content.id, MICROS)


@pytest.mark.clause("E2E-7.5", "DEV-18.3")
def test_a_forged_change_that_waits_stands_in_the_way_of_nothing(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    forged = {"type": "Update", "id": "urn:0", "object": {"id": "urn:m", "content": "forged"}}
    with bob.device.state.step():
        act = said_page.act_of(inner.read(json.dumps(forged).encode()), ALICE, 1)
        bob.device.inbox._said.take(group, act, MICROS)
    change = {"type": "Update", "id": "urn:1", "object": {"id": "urn:m", "content": "changed"}}
    assert hears(bob, alice, group, change) == []
    forgery = said_page.act_of(inner.read(json.dumps(forged).encode()), "https://eve.test", 2)
    with bob.device.state.step():
        bob.device.inbox._said.take(group, forgery, MICROS)
    note = {"type": "Note", "id": "urn:m", "content": "first"}
    received, *told = hears(bob, alice, group, note)
    assert isinstance(received, MessageReceived)
    assert {type(one) for one in told} == {MessageChanged, MessageUnreadable}
    assert texts(bob, group) == ["changed"] and not bob.device.state.count("early")


@pytest.mark.clause("E2E-7.6", "DEV-18.3")
def test_a_deletion_that_comes_first_is_final(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    (told,) = hears(alice, bob, group, {"type": "Delete", "id": "urn:1", "object": "urn:m"})
    assert told.change == "deleted"
    later = (
        {"type": "Note", "id": "urn:m", "content": "too late"},
        {"type": "Update", "id": "urn:2", "object": {"id": "urn:m", "content": "no"}},
        {"type": "Like", "id": "urn:3", "object": "urn:m"},
    )
    assert hears(alice, bob, group, *later) == []
    assert texts(alice, group) == [""] and not alice.device.state.count("early")


@pytest.mark.clause("DEV-18.3")
def test_what_never_comes_is_not_waited_for_without_end(
    alice: Side, bob: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(said_page, "MOST_EARLY", 5)
    monkeypatch.setattr(said_page, "MOST_EARLY_OF_ONE", 3)
    group = befriend(alice, bob)

    def like(number: int) -> dict[str, str]:
        return {"type": "Like", "id": f"urn:{number}", "object": f"urn:never{number}"}

    assert hears(alice, bob, group, *map(like, range(5))) == []
    (told,) = hears(alice, bob, group, like(6))
    assert told.clause == "DEV-18.3" and alice.device.state.count("early") == 5
    later = MICROS + (said_page.EARLY_SECONDS + 60) * SECOND
    assert alice.get(seals(bob, group, like(7)), at=later) == []
    assert alice.device.state.count("early") == 1


# -- on the way ----------------------------------------------------------------------------------


@pytest.mark.clause("DEV-18.1")
def test_what_was_overtaken_does_not_go_out(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    first = say(alice, group, "one", bob)
    for text in ("two", "three"):
        alice.device.words.edit(group, first, text, MICROS)
    go_on(bob, alice, group, 0)
    asked = alice.next()
    bob.device.refresh(group, NOW)
    (commit,) = bob.send()
    alice.device.tell(asked, LostRace(), NOW)
    fetch = alice.device.next(NOW)
    alice.get(commit.content)
    alice.device.tell(fetch, Accepted(), NOW)
    told = pass_on(alice, bob)
    assert [one.text for one in told] == ["three"] and alice.told == []


@pytest.mark.clause("DEV-18.1", "E2E-7.5")
def test_what_was_missed_comes_as_it_is_now(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    kept, gone = (alice.device.say(group, text, MICROS).id for text in ("old", "gone"))
    slow = [sent.content for sent in alice.send()]
    act = alice.device.words.react(group, kept, "👍", MICROS)
    slow += [sent.content for sent in alice.send()]
    alice.device.words.edit(group, kept, "new", MICROS + SECOND)
    alice.device.words.delete(group, gone, MICROS)
    lost = [sent.content for sent in alice.send()]
    go_on(alice, bob, group)
    for content in [*slow, *lost]:
        assert isinstance(bob.get(content)[0], MessageUnreadable)
    pass_on(bob, alice)
    pass_on(alice, bob)
    assert act is not None and sorted(texts(bob, group)) == ["", "new"]
    assert rows(bob, group)[0].edited == MICROS + SECOND
    assert [row.kind for row in rows(bob, group)] == ["Note", inner.TOMBSTONE]
    assert emoji(bob, group) == ["👍"]


@pytest.mark.clause("DEV-18.7", "E2E-7.5")
def test_two_devices_of_one_person_change_at_once(alice: Side, bob: Side, new_phone: Side) -> None:
    group = alice.device.start({BOB: bob.packages(), ALICE: new_phone.packages()}, NOW)
    founding = alice.next()
    alice.accept(founding)
    for one in (bob, new_phone):
        one.get(founding.welcomes[0].content)
    first = say(alice, group, "one", bob, new_phone)
    changes = []
    for one, text in ((alice, "desk"), (new_phone, "phone")):
        one.device.words.edit(group, first, text, MICROS)
        changes += [sent.content for sent in one.send()]
    new_phone.get(changes[0])
    alice.get(changes[1])
    for change in changes[::-1]:
        bob.get(change)
    assert len({tuple(texts(one, group)) for one in (alice, bob, new_phone)}) == 1
    new_phone.device.words.delete(group, first, MICROS)
    assert pass_on(new_phone, alice, bob)[0].actor == ALICE
    assert texts(alice, group) == texts(bob, group) == [""]


# -- the archive ---------------------------------------------------------------------------------


def begin(one: Side) -> None:
    one.device.archive.adopt(1, FakeEntropy("account of Alice").draw(32))


def kept(one: Side) -> dict[bytes, Sealed]:
    """What the home node has afterwards of what a device sends."""
    found: dict[bytes, Sealed] = {}
    while (due := one.device.archive.due(NOW)).rows:
        found |= {each.name: each for each in due.records}
        one.device.archive.sent(due)
    return found


def opened(one: Side, found: dict[bytes, Sealed]) -> list[Record]:
    ring = Keyring([ArchiveKey(1, one.vault.read("archive_key/1") or b"")])
    return [ring.open(each, DAY) for each in found.values()]


@pytest.mark.clause("DEV-18.5", "ARC-1.3")
def test_the_archive_follows_and_gives_back(alice: Side, bob: Side, new_phone: Side) -> None:
    group = befriend(alice, bob)
    for one in (alice, new_phone):
        begin(one)
    changed, gone = (say(alice, group, text, bob) for text in ("before", "a secret"))
    node = kept(alice)
    for text in ("once", "twice"):
        alice.device.words.edit(group, changed, text, MICROS)
        alice.device.words.edit(group, gone, f"a secret {text}", MICROS)
    pass_on(alice, bob)
    bob.device.words.react(group, changed, "👍", MICROS)
    pass_on(bob, alice)
    node |= kept(alice)
    alice.device.words.delete(group, gone, MICROS)
    pass_on(alice, bob)
    erasing = alice.device.archive.erasing()
    for name in erasing.names:
        node.pop(name, None)
    alice.device.archive.erased(erasing)
    assert not alice.device.archive.erasing().rows
    node |= kept(alice)
    assert not alice.device.archive.is_due
    records = opened(alice, node)
    assert not [one for one in records if b"secret" in one.data]
    kinds = sorted(one.kind for one in records)
    assert kinds == [Kind.CREATE, Kind.UPDATE, Kind.LIKE, Kind.DELETE]
    # The newest first, one in a page: what comes early waits.
    for place, each in reversed([*enumerate(node.values(), 1)]):
        new_phone.device.archive.take(ArchivedPage([(place, each)], True, "one"), NOW)
    assert {row.text for row in rows(new_phone, group)} == {"twice", ""}
    assert {row.kind for row in rows(new_phone, group)} == {"Note", inner.TOMBSTONE}
    named = {row.text: place for place, row in enumerate(rows(new_phone, group))}
    assert emoji(new_phone, group, named["twice"]) == ["👍"]
    assert not new_phone.device.state.count("early")


@pytest.mark.clause("DEV-18.5")
def test_what_is_due_and_was_taken_back_is_never_sent(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    begin(alice)
    begin(bob)
    first = say(alice, group, "a secret", bob)
    alice.device.words.edit(group, first, "a secret, changed", MICROS)
    pass_on(alice, bob)
    alice.device.words.delete(group, first, MICROS)
    pass_on(alice, bob)
    for one in (alice, bob):
        assert [record.kind for record in opened(one, kept(one))] == [Kind.DELETE]
        assert len(one.device.archive.erasing().rows) == 2


@pytest.mark.clause("DEV-18.5")
@pytest.mark.parametrize("turned", [False, True])
def test_an_earlier_version_kept_changes_as_if_they_were_words(
    alice: Side, bob: Side, new_phone: Side, turned: bool
) -> None:
    group = befriend(alice, bob)
    for one in (alice, new_phone):
        begin(one)
    gone, changed = (say(bob, group, text, alice) for text in ("a secret", "before"))
    node = [*kept(alice).values()]
    acts = (
        inner.write_act(inner.DELETE, inner.Words("urn:d", "", said_at(), about=gone), BOB),
        inner.write_act(inner.UPDATE, inner.Words("urn:u", "after", said_at(), about=changed), BOB),
    )
    ring = Keyring([ArchiveKey(1, alice.vault.read("archive_key/1") or b"")])
    entropy = FakeEntropy("nonce")
    for id, data in zip(("urn:d", "urn:u"), acts, strict=True):
        record = Record(kind=Kind.CREATE, group=bytes.fromhex(group), actor=BOB, id=id, data=data)
        node.append(ring.seal(record, entropy, DAY))
    if turned:
        node.reverse()
    for place, each in enumerate(node, 1):
        came = new_phone.device.archive.take(ArchivedPage([(place, each)], True, "one"), NOW)
        assert not came.broken
    assert sorted(texts(new_phone, group)) == ["", "after"]


@pytest.mark.clause("DEV-18.5")
def test_a_record_that_changes_the_words_of_another_counts_as_broken(
    alice: Side, bob: Side
) -> None:
    group = befriend(alice, bob)
    begin(alice)
    mine = say(alice, group, "mine", bob)
    forged = inner.write_act(inner.DELETE, inner.Words("urn:x", "", said_at(), about=mine), BOB)
    record = Record(
        kind=Kind.DELETE, group=bytes.fromhex(group), actor=BOB, id="urn:x", data=forged
    )
    ring = Keyring([ArchiveKey(1, alice.vault.read("archive_key/1") or b"")])
    sealed = ring.seal(record, FakeEntropy("nonce"), DAY)
    came = alice.device.archive.take(ArchivedPage([(1, sealed)], False, "one"), NOW)
    assert came.broken == 1 and texts(alice, group) == ["mine"]


@pytest.mark.clause("E2E-7.5", "E2E-7.7")
def test_times_are_read_as_they_are_and_what_is_none_is_the_beginning() -> None:
    assert inner.micros_of("2026-01-01T00:00:00Z") == MICROS
    assert inner.micros_of("2026-01-01T01:00:00.1234567+01:00") == MICROS + 123_456
    early = ("1969-12-31T23:59:59Z", "2026-01-01T24:00:00Z", "0000-01-01T00:00:00Z")
    for wrong in ("", "today", "2026-13-01T00:00:00Z", "9999-01-01T00:00:00Z", None, 5, *early):
        assert inner.micros_of(wrong) == 0
    with pytest.raises(Refused):
        inner.check_emoji("a\u202eb")


@pytest.mark.clause("E2E-7.1", "E2E-7.2", "E2E-7.5", "E2E-7.7", "E2E-7.8", "E2E-7.9")
def test_the_published_vectors_say_what_is_read() -> None:
    """The other device's tests read the same ones."""
    for name, text in record_words.pages().items():
        assert (record_words.FOLDER / name).read_text() == text, name

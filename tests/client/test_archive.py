"""What a device keeps in the archive, and what it makes of what comes back (spec DEV-14)."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from node.client import archiving, rows
from node.client import content as inner
from node.client.archiving import MOST_AT_ONCE
from node.client.restoring import ArchivedPage, Restored
from node.e2ee.records.record import Kind, Record, read
from node.e2ee.records.seals import ArchiveKey, Keyring, Sealed
from node.errors import Malformed, Missing
from node.testing.fakes import FakeEntropy
from tests.client.devices import ALICE, BOB, CAROL, MICROS, NOW, Side, befriend, side

DAY = NOW // 86_400
MOMENT = datetime.fromtimestamp(NOW, UTC)


@pytest.fixture
def new_phone(tmp_path: Path) -> Iterator[Side]:
    with side(tmp_path / "new", ALICE) as made:
        yield made


def begin(one: Side) -> None:
    """The account has an archive key."""
    one.device.archive.adopt(1, FakeEntropy(one.actor).draw(32))


def say(one: Side, group: str, *texts: str) -> list[bytes]:
    """Said and accepted: what the others get."""
    sent = []
    for number, text in enumerate(texts):
        one.device.say(group, text, MICROS + number * 1_000_000)
        asked = one.next()
        one.accept(asked)
        sent.append(asked.content)
    return sent


def all_due(one: Side) -> list[Sealed]:
    found = []
    while (due := one.device.archive.due(NOW)).rows:
        found += due.records
        one.device.archive.sent(due)
    return found


def opened(one: Side, found: list[Sealed]) -> list[Record]:
    ring = Keyring([ArchiveKey(1, one.vault.read("archive_key/1") or b"")])
    return [ring.open(each, DAY) for each in found]


def give_key(old: Side, new: Side) -> None:
    """As linking does."""
    new.device.archive.adopt(1, old.vault.read("archive_key/1") or b"")


def page(records: list[Sealed], backwards: bool = True, life: str = "one") -> ArchivedPage:
    """As the node gives them: the newest first, unless somebody reads on."""
    placed = list(enumerate(records, 1))
    return ArchivedPage(placed[::-1] if backwards else placed, backwards, life)


@pytest.mark.clause("DEV-14.1")
def test_nothing_is_kept_before_somebody_wants_it(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    for content in say(alice, group, "hello"):
        bob.get(content)
    assert not alice.device.archive.is_on
    assert alice.device.archive.waiting == bob.device.archive.waiting == 0


@pytest.mark.clause("DEV-14.1")
def test_words_of_both_are_kept_with_their_rows(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    for one in (alice, bob):
        begin(one)
    waits = alice.device.say(group, "hello", MICROS)
    assert alice.device.archive.waiting == 0, "nobody has it yet"
    asked = alice.next()
    alice.accept(asked)
    alice.device.settle()
    bob.get(asked.content)
    alice.reopen()
    bob.reopen()
    [mine], [theirs] = opened(alice, all_due(alice)), opened(bob, all_due(bob))
    for record in (mine, theirs):
        assert (record.kind, record.actor, record.id) == (Kind.CREATE, ALICE, waits.id)
        assert record.group.hex() == group and record.t == record.received
        assert record.device == alice.device.state.groups.me.signature.public
        assert inner.read(record.data).text == "hello"
    assert mine.received == MICROS // 1000 <= theirs.received
    assert mine.epoch == theirs.epoch == alice.device.epoch(group)
    assert alice.device.archive.waiting == bob.device.archive.waiting == 0
    bob.get(asked.content)
    assert bob.device.archive.waiting == 0, "a repeat is silence"


@pytest.mark.clause("DEV-14.1")
def test_a_step_that_cannot_be_written_keeps_nothing(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    begin(bob)
    [content] = say(alice, group, "hello")
    step, bob.vault.step = bob.vault.step, broken  # type: ignore[method-assign,assignment]
    with pytest.raises(OSError, match="full"):
        bob.get(content)
    bob.vault.step = step  # type: ignore[method-assign]
    assert bob.device.archive.waiting == 0 and bob.device.history(group) == []


def broken(_changes: object) -> None:
    raise OSError("the disk is full")


@pytest.mark.clause("DEV-14.2")
def test_batches_are_bounded_and_stay_due_until_they_are_there(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    begin(alice)
    texts = [f"{number}" for number in range(MOST_AT_ONCE + 20)]
    for text in texts:
        alice.device.say(group, text, MICROS)
        while alice.device.has_work:
            alice.accept(alice.next())
    first = alice.device.archive.due(NOW)
    assert len(first.rows) == MOST_AT_ONCE
    again = alice.device.archive.due(NOW)
    assert again.rows == first.rows and again.records != first.records, "each with its own nonce"
    said = [inner.read(record.data).text for record in opened(alice, all_due(alice))]
    assert said == texts


@pytest.mark.clause("DEV-14.6")
def test_what_cannot_be_read_or_sealed_is_set_aside(alice: Side, bob: Side) -> None:
    """One friend's odd words end nobody's archive."""
    group = befriend(alice, bob)
    begin(alice)
    odd = Record(kind=Kind.CREATE, group=b"g" * 257, actor=BOB, id="urn:uuid:1", data=b"{}")
    large = replace(odd, group=b"g", data=bytes(2**17))
    with alice.device.state.step():
        for number, each in enumerate((odd.encode(), large.encode(), b"")):
            alice.device.state.write(rows.due_row(group, number + 900), each)
    say(alice, group, "hello")
    [kept] = opened(alice, all_due(alice))
    assert inner.read(kept.data).text == "hello"
    assert alice.device.archive.waiting == 0
    alice.reopen()
    assert alice.device.archive.place.missing == 3
    alice.device.archive.seen_missing()
    assert alice.device.archive.place.missing == 0


@pytest.mark.clause("DEV-14.6")
def test_a_record_is_checked_when_it_is_written(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    begin(alice)
    message = alice.device.say(group, "hello", MICROS)
    with alice.device.state.step():
        alice.device.archive._archiving.said(group, replace(message, id="i" * 2049))
    assert (alice.device.archive.waiting, alice.device.archive.place.missing) == (0, 1)


@pytest.mark.clause("DEV-14.6")
def test_what_waits_is_bounded_and_the_oldest_goes(
    alice: Side, bob: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archiving, "MOST_DUE", 5)
    monkeypatch.setattr(archiving, "MOST_AT_ONCE", 2)
    group = befriend(alice, bob)
    begin(alice)
    say(alice, group, *"abcdefg")
    assert (alice.device.archive.waiting, alice.device.archive.place.missing) == (5, 2)
    kept = opened(alice, all_due(alice))
    assert [inner.read(one.data).text for one in kept] == [*"cdefg"]


@pytest.mark.clause("DEV-14.3", "DEV-1.4")
def test_a_new_device_reads_all_of_it(alice: Side, bob: Side, new_phone: Side) -> None:
    group = befriend(alice, bob)
    begin(alice)
    for content in say(alice, group, "one", "two"):
        bob.get(content)
    for content in say(bob, group, "three", "four"):
        alice.get(content, at=MICROS + 9_000_000)
    kept = all_due(alice)
    give_key(alice, new_phone)
    archive = new_phone.device.archive
    assert archive.take(page(kept[2:]), NOW) == Restored(new=2)
    assert archive.take(page(kept[:2]), NOW) == Restored(new=2)
    assert not archive.place.done
    archive.take(ArchivedPage([], True, "one"), NOW)
    new_phone.reopen()
    device = new_phone.device
    assert device.archive.place.done and device.archive.place.since == 2
    assert [row.text for row in device.history(group)] == ["one", "two", "three", "four"]
    assert all(row.sent for row in device.history(group))
    assert device.archive.between(BOB) == [group] and device.archive.between(CAROL) == []
    assert device.conversations() == {}
    # Once more changes nothing.
    assert device.archive.take(page(kept), NOW) == Restored(known=4)
    assert [row.text for row in device.history(group)] == ["one", "two", "three", "four"]


@pytest.mark.clause("DEV-14.4")
def test_who_was_only_written_to_is_known_too(alice: Side, bob: Side, new_phone: Side) -> None:
    group = befriend(alice, bob)
    begin(alice)
    say(alice, group, "hello")
    kept = all_due(alice)
    give_key(alice, new_phone)
    new_phone.device.archive.take(page(kept), NOW)
    assert new_phone.device.archive.conversations() == {group: sorted([ALICE, BOB])}


@pytest.mark.clause("DEV-14.4")
def test_words_that_were_said_again_elsewhere_come_once(alice: Side, new_phone: Side) -> None:
    begin(alice)
    give_key(alice, new_phone)
    ring = Keyring([ArchiveKey(1, alice.vault.read("archive_key/1") or b"")])
    note = inner.write_bare_note(inner.Words("urn:uuid:1", "hello", MOMENT), ALICE, [ALICE, BOB])
    said = Record(kind=Kind.CREATE, group=b"new", actor=ALICE, id="urn:uuid:1", data=note)
    theirs = replace(said, actor=BOB)
    records = [said, replace(said, group=b"old"), theirs, replace(theirs, group=b"old")]
    sealed = [ring.seal(each, FakeEntropy(each.group.hex()), DAY) for each in records]
    came = new_phone.device.archive.take(page(sealed, backwards=False), NOW)
    assert came == Restored(new=3, known=1)


@pytest.mark.clause("DEV-14.3")
def test_what_cannot_be_opened_is_counted_and_stops_nothing(
    alice: Side, bob: Side, new_phone: Side
) -> None:
    group = befriend(alice, bob)
    begin(alice)
    say(alice, group, "one", "two", "three")
    one, two, three = all_due(alice)
    give_key(alice, new_phone)
    ring = Keyring([ArchiveKey(1, alice.vault.read("archive_key/1") or b"")])
    note = inner.write_bare_note(inner.Words("urn:uuid:1", "hello", MOMENT), BOB, [])
    odd = Record(kind=Kind.CREATE, group=b"g", actor=BOB, id="urn:uuid:2", data=note)
    wrong = [
        replace(one, body=two.body),  # swapped
        replace(two, body=two.body[:-1]),  # cut short
        replace(two, generation=2),  # under keys that were never given
        replace(two, day=DAY - 1),  # of a day that is over
        ring.seal(odd, FakeEntropy("a"), DAY),  # names another id than what is in it
        ring.seal(replace(odd, data=b"{"), FakeEntropy("b"), DAY),
    ]
    came = new_phone.device.archive.take(page([*wrong, three]), NOW)
    assert came == Restored(new=1, locked=1, over=1, broken=4)
    assert [row.text for row in new_phone.device.history(group)] == ["three"]


@pytest.mark.clause("DEV-14.3")
def test_what_is_here_stays_and_a_restored_node_is_read_again(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    begin(alice)
    say(alice, group, "one")
    [mine] = all_due(alice)
    before = alice.device.history(group)
    archive = alice.device.archive
    assert archive.take(page([mine]), NOW) == Restored(known=1)
    archive.take(ArchivedPage([], True, "one"), NOW)
    assert archive.place.done and alice.device.history(group) == before
    assert archive.take(page([mine], backwards=False), NOW) == Restored(known=1)
    assert archive.place.done
    archive.take(page([mine], backwards=False, life="two"), NOW)
    assert not archive.place.done, "positions mean nothing in another life"


@pytest.mark.clause("DEV-14.5")
def test_switched_off_nothing_waits_and_nothing_is_kept(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    with pytest.raises(Missing, match=r"DEV-14\.5"):
        alice.device.archive.switch(True)
    begin(alice)
    key = alice.vault.read("archive_key/1")
    say(alice, group, "one")
    alice.device.archive.switch(False)
    say(alice, group, "two")
    assert alice.device.archive.waiting == 0 and not alice.device.archive.is_on
    alice.reopen()
    alice.device.archive.switch(True)
    assert alice.vault.read("archive_key/1") == key
    say(alice, group, "three")
    assert len(all_due(alice)) == 1


def test_a_due_row_is_a_record(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    begin(alice)
    say(alice, group, "one")
    alice.device.settle()
    [name] = alice.vault.names("due/")
    record, size = read(alice.vault.read(name) or b"")
    [said] = alice.device.history(group)
    assert (name, record.id) == (f"due/{group}/{said.number:016d}", said.id)
    assert len(alice.vault.read(name) or b"") == size


# -- search --------------------------------------------------------------------------------------


def found(one: Side, text: str, groups: list[str] | None = None, most: int = 50) -> list[str]:
    return [each.message.text for each in one.device.search.find(text, groups, most)]


@pytest.mark.clause("DEV-15.1")
def test_words_are_found_by_their_beginnings(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    say(
        alice,
        group,
        "A day at the Sea",
        "seagulls, again!",
        "STRASSE und Straße",
        "日本語の本",
        "ﬁn",
    )
    assert found(alice, "sea") == ["seagulls, again!", "A day at the Sea"]
    assert found(alice, "SEA day") == ["A day at the Sea"]
    assert found(alice, "straße") == ["STRASSE und Straße"]
    assert found(alice, "語") == ["日本語の本"] and found(alice, "fi") == ["ﬁn"]
    assert found(alice, "ay") == [] and found(alice, "sea nobody") == []
    assert found(alice, "sea", [group], 1) == ["seagulls, again!"]
    assert found(alice, "sea", ["another"]) == []
    for empty in ("", " ", "?!", "\n\t"):
        with pytest.raises(Malformed, match=r"DEV-15\.1"):
            found(alice, empty)


@pytest.mark.clause("DEV-15.2")
def test_the_index_follows_the_history(
    alice: Side, bob: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("node.client.search.IN_ONE_ROW", 3)
    group = befriend(alice, bob)
    say(alice, group, *(f"word number {number}" for number in range(7)))
    assert len(found(alice, "word")) == 7
    rows = {name: alice.vault.read(name) for name in alice.vault.names("search/")}
    assert len(rows) == 3
    assert len(found(alice, "word")) == 7
    counter = alice.vault.counter
    alice.reopen()
    assert len(found(alice, "number 6")) == 1 and alice.vault.counter == counter
    # What is gone from the history is not found, and gone from the index.
    gone = alice.device.history(group)[1]
    alice.vault.step({f"message/{group}/{ALICE} {gone.id}": None})
    alice.reopen()
    assert found(alice, "number 1") == []
    left = b"".join(alice.vault.read(name) or b"" for name in alice.vault.names("search/"))
    assert gone.id.encode() not in left and b"\n1\t" not in left
    say(alice, group, "word number 8")
    assert len(found(alice, "word")) == 7


@pytest.mark.clause("DEV-15.2")
def test_the_vaults_file_tells_nothing_of_the_index(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    say(alice, group, "kingfisher")
    assert found(alice, "king") == ["kingfisher"]
    alice.vault.settle()
    everything = b"".join(path.read_bytes() for path in alice.place.parent.glob("vault.sqlite3*"))
    assert b"kingfisher" not in everything and b"search/" not in everything

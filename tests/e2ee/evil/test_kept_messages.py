"""What a home node does with the records that it keeps: swaps, repeats, cuts, invents them.

Nothing of it becomes history, what is right beside it does, and how many were wrong is told.
"""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from node.client import content as inner
from node.client.restoring import ArchivedPage, Restored
from node.e2ee.records.complete import Numbers
from node.e2ee.records.record import Kind, Record
from node.e2ee.records.seals import ArchiveKey, Keyring, Sealed
from node.e2ee.records.states import is_newer
from node.errors import Conflict
from node.testing.fakes import FakeEntropy
from tests.client.certified import Light
from tests.client.devices import ALICE, BOB, CAROL, NOW

TODAY = NOW // 86_400
MOMENT = datetime.fromtimestamp(NOW, UTC)
OURS = ArchiveKey(1, FakeEntropy("archive").draw(32))
CHANCE = FakeEntropy("nonces")


@pytest.fixture
def phone() -> Light:
    """A device of Alice's that was linked just now, and knows nothing."""
    found = Light("new phone", ALICE)
    found.device.archive.adopt(1, OURS.key)
    return found


def record(text: str, group: bytes = b"group", actor: str = BOB, id: str = "") -> Record:
    name = id or f"urn:uuid:{text}"
    note = inner.write_bare_note(inner.Words(name, text, MOMENT), actor, [ALICE, BOB])
    return Record(kind=Kind.CREATE, group=group, actor=actor, id=name, data=note, received=NOW)


def sealed(one: Record, key: ArchiveKey = OURS, day: int = 0) -> Sealed:
    return Keyring([key]).seal(one, CHANCE, TODAY) if not day else Keyring([key]).seal(
        one, CHANCE, TODAY, day=day
    )  # fmt: skip


def take(phone: Light, *records: Sealed) -> Restored:
    page = ArchivedPage(list(enumerate(records, 1)), False, "one")
    return phone.device.archive.take(page, NOW)


def texts(phone: Light, group: bytes = b"group") -> list[str]:
    return [row.text for row in phone.device.history(group.hex())]


@pytest.mark.clause("ARC-2.4", "DEV-14.3")
def test_the_body_of_one_record_stands_under_the_name_of_another(phone: Light) -> None:
    one, two = sealed(record("yes")), sealed(record("no"))
    swapped = replace(one, body=two.body), replace(two, body=one.body)
    assert take(phone, *swapped, sealed(record("and this"))) == Restored(new=1, broken=2)
    assert texts(phone) == ["and this"]


@pytest.mark.clause("ARC-2.4")
def test_words_are_put_into_another_conversation(phone: Light) -> None:
    """The name covers the group: the same words there have another one."""
    here, there = record("yes"), record("yes", group=b"elsewhere")
    assert sealed(here).name != sealed(there).name
    moved = replace(sealed(here), name=sealed(there).name)
    assert take(phone, moved) == Restored(broken=1)
    assert texts(phone) == texts(phone, b"elsewhere") == []


@pytest.mark.clause("DEV-14.3")
def test_a_record_comes_again_and_again(phone: Light) -> None:
    one = sealed(record("yes"))
    assert take(phone, one, one, one) == Restored(new=1, known=2)
    assert take(phone, one) == Restored(known=1) and texts(phone) == ["yes"]


@pytest.mark.clause("DEV-14.3")
def test_words_that_are_here_are_not_written_over(phone: Light) -> None:
    take(phone, sealed(record("yes", id="urn:uuid:1")))
    assert take(phone, sealed(record("no", id="urn:uuid:1"))) == Restored(known=1)
    assert texts(phone) == ["yes"]


@pytest.mark.clause("ARC-2.1", "DEV-14.3")
def test_a_record_is_sealed_with_the_nodes_own_key(phone: Light) -> None:
    evil = ArchiveKey(1, bytes(32))
    assert take(phone, sealed(record("invented"), evil)) == Restored(broken=1)
    later = sealed(record("invented"), ArchiveKey(2, bytes(32)))
    assert take(phone, later) == Restored(locked=1) and texts(phone) == []


@pytest.mark.clause("ARC-2.4")
def test_a_record_is_said_to_be_of_another_key_or_day(phone: Light) -> None:
    one = sealed(record("yes"))
    assert take(phone, replace(one, generation=2)) == Restored(locked=1)
    assert take(phone, replace(one, day=TODAY + 400)) == Restored(broken=1)
    assert take(phone, replace(one, day=TODAY - 1)) == Restored(over=1)
    assert texts(phone) == []


@pytest.mark.clause("ARC-2.4", "ARC-1.2")
def test_a_record_is_cut_short_lengthened_or_changed(phone: Light) -> None:
    one = sealed(record("yes"))
    middle = len(one.body) // 2
    changed = one.body[:middle] + bytes([one.body[middle] ^ 1]) + one.body[middle + 1 :]
    wrong = [replace(one, body=body) for body in (one.body[:-1], one.body + b"\0", changed, b"")]
    assert take(phone, *wrong).broken == len(wrong) and texts(phone) == []


@pytest.mark.clause("DEV-14.3")
def test_what_one_said_is_kept_in_the_name_of_another(phone: Light) -> None:
    """Only who has the archive key can write at all; and what is in a record names itself."""
    theirs = replace(record("yes"), actor=CAROL, id="urn:uuid:another")
    assert take(phone, sealed(theirs)) == Restored(broken=1)


@pytest.mark.clause("ARC-4.2")
def test_records_are_withheld_in_the_middle(phone: Light) -> None:
    known = Numbers()
    for number in (1, 2, 5):
        known.add(number)
    known.heard(7)
    assert [tuple(gap) for gap in known.missing()] == [(3, 4), (6, 7)], "and the tail is one too"


@pytest.mark.clause("ARC-5.2")
def test_a_state_is_rolled_back() -> None:
    now = Record(kind=Kind.STATE, actor=ALICE, id="pins", number=3, data=b"Bob is verified")
    for older in (replace(now, number=2), replace(now, data=b"Bob is another")):
        with pytest.raises(Conflict, match=r"ARC-5\.2"):
            is_newer(older, now)


@pytest.mark.clause("ARC-3.3")
def test_a_record_is_for_a_day_in_ten_thousand_years(phone: Light) -> None:
    """Nobody computes day keys for it."""
    far = replace(sealed(record("yes")), day=TODAY + 368)
    assert take(phone, far, sealed(record("no"))).broken == 1
    assert texts(phone) == ["no"]


@pytest.mark.clause("DEV-18.4", "DEV-18.5")
def test_what_was_taken_back_comes_again_without_its_deletion(phone: Light) -> None:
    take(phone, sealed(record("taken back")))
    gone = Record(
        kind=Kind.DELETE,
        group=b"group",
        actor=BOB,
        id="urn:uuid:deletion",
        data=inner.write_act("Delete", act("urn:uuid:deletion", "urn:uuid:taken back"), BOB),
        received=NOW + 1,
    )
    take(phone, sealed(gone))
    came = take(phone, sealed(record("taken back")))
    assert (came.new, came.known) == (0, 1) and texts(phone) == [""]


def act(id: str, about: str) -> inner.Words:
    return inner.Words(id, "", MOMENT, about)

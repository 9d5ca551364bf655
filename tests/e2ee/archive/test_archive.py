"""Records are refused where they are not what the page says; days end; gaps are found."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from node.e2ee import members
from node.e2ee.records import record
from node.e2ee.records.complete import Numbers, emptied
from node.e2ee.records.days import DayKey, day_of
from node.e2ee.records.record import Kind, Record
from node.e2ee.records.seals import ArchiveKey, Keyring, Sealed
from node.e2ee.records.states import is_newer
from node.errors import Conflict, Malformed, Missing, Refused, TooMuch
from node.testing.fakes import FakeEntropy

FOLDER = Path(__file__).resolve().parents[3] / "spec" / "vectors" / "archive"
TODAY = 20_420
CHANCE = FakeEntropy()
ALICE = "https://a.example/people/alice"
HELLO = Record(kind=Kind.CREATE, group=b"group", actor=ALICE, id="urn:uuid:1", data=b"Hello")
KEYS = (ArchiveKey(1, bytes([1]) * 32), ArchiveKey(2, bytes([2]) * 32))


def page(name: str) -> Any:
    return json.loads((FOLDER / name).read_text())


def raw(value: str | dict[str, Any]) -> bytes:
    if isinstance(value, str):
        return bytes.fromhex(value)
    return bytes.fromhex(value["byte"]) * int(value["times"])


def sealed(one: dict[str, Any]) -> Sealed:
    return Sealed(raw(one["name"]), one["generation"], one["day"], raw(one["body"]))


def ring() -> Keyring:
    known = page("records.json")
    keys = (ArchiveKey(int(g), bytes.fromhex(key)) for g, key in known["keys"].items())
    return Keyring(keys, DayKey(known["day_key"]["day"], bytes.fromhex(known["day_key"]["key"])))


@pytest.mark.parametrize("one", page("records.json")["records"], ids=lambda one: one["about"])
def test_a_record_is_opened(one: dict[str, Any]) -> None:
    found = ring().open(sealed(one), TODAY)
    assert found.encode() == raw(one["record"])
    assert raw(one["name"]) in ring().names(found)


@pytest.mark.clause("ARC-1.2")
@pytest.mark.clause("ARC-2.4")
@pytest.mark.clause("ARC-2.5")
@pytest.mark.clause("ARC-3.3")
@pytest.mark.parametrize("one", page("refuse.json"), ids=lambda one: one["why"])
def test_what_is_wrong_is_refused_by_its_clause(one: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        ring().open(sealed(one), TODAY)
    assert refused.value.clause == one["clause"]


@pytest.mark.clause("ARC-2.5")
def test_a_record_that_would_be_too_large_is_not_made() -> None:
    with pytest.raises(TooMuch, match=r"ARC-2\.5"):
        Keyring(KEYS).seal(replace(HELLO, data=b"." * 96 * 1024), CHANCE, TODAY)
    assert Keyring(KEYS).seal(replace(HELLO, data=b"." * 65_536), CHANCE, TODAY)


@pytest.mark.clause("ARC-3.1")
@pytest.mark.clause("ARC-3.2")
def test_what_has_disappeared_opens_for_nobody() -> None:
    then = DayKey(TODAY, CHANCE.draw(32))
    kept = Keyring(KEYS, then).seal(HELLO, CHANCE, TODAY, day=TODAY + 3)
    for today in range(TODAY, TODAY + 4):
        then = then.on(today)
        assert Keyring(KEYS, then).open(kept, today) == HELLO
    over = then.on(TODAY + 4)
    assert over.key != then.key
    # The clock may say what it will: the key is gone.
    for today in (TODAY, TODAY + 4):
        with pytest.raises(Missing, match=r"ARC-3\.2"):
            Keyring(KEYS, over).open(kept, today)
    # A device that was off still has the old key, and a clock.
    with pytest.raises(Missing, match=r"ARC-3\.2"):
        Keyring(KEYS, then).open(kept, TODAY + 4)
    with pytest.raises(Missing, match=r"ARC-3\.4"):
        Keyring(KEYS).open(kept, TODAY)


def test_a_day_key_does_not_go_back_and_says_nothing() -> None:
    key = DayKey(TODAY, b"\xaa" * 32)
    assert key.on(TODAY - 9) == key
    assert "aa" not in repr(key) and "01" not in repr(KEYS[0])
    assert key.on(TODAY + 2) == key.on(TODAY + 1).on(TODAY + 2)
    with pytest.raises(Malformed, match=r"ARC-3\.3"):
        key.on(TODAY + 10_000)
    assert day_of(datetime(1970, 1, 2, tzinfo=UTC)) == 1


@pytest.mark.clause("ARC-4.1")
def test_a_deletion_says_what_it_empties() -> None:
    assert emptied(b'{"type":"Delete","kith:empties":{"device":"aa","number":4}}') == (b"\xaa", 4)
    assert emptied(b'{"type":"Delete"}') is None
    for wrong in ("4", "[]", '{"device":"aa"}', '{"device":"xy","number":4}', '{"number":4}'):
        with pytest.raises(Malformed, match=r"ARC-4\.1"):
            emptied(b'{"kith:empties":%s}' % wrong.encode())
    for number in ("0", "-1", "true", "1.0", str(2**53), '"4"'):
        with pytest.raises(Malformed, match=r"ARC-4\.1"):
            emptied(b'{"kith:empties":{"device":"aa","number":%s}}' % number.encode())


@pytest.mark.parametrize("one", page("numbers.json"), ids=str)
def test_what_is_missing_is_found(one: dict[str, Any]) -> None:
    known = Numbers()
    for number in one["here"]:
        known.add(number)
    known.heard(one["heard"])
    assert [list(gap) for gap in known.missing()] == one["missing"]


@pytest.mark.clause("ARC-5.2")
def test_a_state_that_was_put_back_is_refused() -> None:
    seen = Record(kind=Kind.STATE, actor=ALICE, id="archive", number=3, data=b"now")
    assert is_newer(seen, None) and is_newer(replace(seen, number=4), seen)
    assert not is_newer(seen, seen)
    for older in (replace(seen, number=2), replace(seen, data=b"then")):
        with pytest.raises(Conflict, match=r"ARC-5\.2"):
            is_newer(older, seen)


def test_a_record_is_known_by_its_names_under_all_keys() -> None:
    both, old = Keyring(KEYS), Keyring(KEYS[:1])
    then = old.seal(HELLO, CHANCE, TODAY)
    assert both.newest.generation == 2 and then.name in both.names(HELLO)
    assert both.open(then, TODAY) == HELLO
    assert both.seal(HELLO, CHANCE, TODAY).name == both.names(HELLO)[0] != then.name
    with pytest.raises(Missing, match=r"ARC-2\.1"):
        old.open(both.seal(HELLO, CHANCE, TODAY), TODAY)


RECORDS = st.builds(
    Record,
    kind=st.sampled_from(Kind),
    group=st.binary(max_size=255),
    actor=st.text(min_size=1, max_size=500),
    device=st.binary(max_size=255),
    id=st.text(min_size=1, max_size=500),
    epoch=st.integers(0, record.LARGEST_NUMBER),
    t=st.integers(0, record.LARGEST_NUMBER),
    number=st.integers(0, record.LARGEST_NUMBER),
    received=st.integers(0, record.LARGEST_NUMBER),
    data=st.binary(max_size=2000),
)


@given(RECORDS, st.sampled_from([0, TODAY, TODAY + 1, TODAY + 367]))
def test_what_is_sealed_is_opened(what: Record, day: int) -> None:
    known = Keyring(KEYS, DayKey(TODAY, b"\x03" * 32))
    assert known.open(known.seal(what, CHANCE, TODAY, day), TODAY) == what


@pytest.mark.clause("ARC-1.2")
@given(st.one_of(st.binary(max_size=400), st.binary(max_size=300).map(lambda end: b"\1\1" + end)))
def test_bytes_are_read_or_refused_and_read_alike(data: bytes) -> None:
    try:
        found, size = record.read(data)
    except Refused:
        return
    assert found.encode() == data[:size] and not data[size:].strip(b"\x00")


@given(st.data())
def test_a_changed_byte_is_refused(data: st.DataObject) -> None:
    good = Keyring(KEYS).seal(HELLO, CHANCE, TODAY)
    at = data.draw(st.integers(0, len(good.body) - 1))
    by = data.draw(st.integers(1, 255))
    body = good.body[:at] + bytes([good.body[at] ^ by]) + good.body[at + 1 :]
    with pytest.raises(Refused, match=r"ARC-2\.4"):
        Keyring(KEYS).open(replace(good, body=body), TODAY)


@given(st.lists(st.integers(0, 60)), st.integers(0, 80))
def test_gaps_and_what_is_here_make_up_the_whole(here: list[int], heard: int) -> None:
    known = Numbers()
    for number in here:
        known.add(number)
    known.heard(heard)
    missing = {n for first, last in known.missing() for n in range(first, last + 1)}
    whole = set(range(1, max([0, heard, *here]) + 1))
    assert missing | ({*here} - {0}) == whole and not missing & {*here}


@given(st.binary(max_size=200))
def test_a_deletion_of_any_bytes_is_read_or_refused(data: bytes) -> None:
    with suppress(Refused):
        assert emptied(data) is None


@pytest.mark.clause("ARC-1.2", "E2E-3.1")
def test_the_longest_group_id_of_a_relay_fits() -> None:
    made = Record(kind=Kind.CREATE, actor="a", id="i", group=b"g" * members.LONGEST_GROUP_ID)
    assert record.read(made.checked())[0] == made
    with pytest.raises(Malformed, match=r"ARC-1\.2"):
        replace(made, group=made.group + b"g").checked()

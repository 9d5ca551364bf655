"""The presentation language: what is not the one encoding of a value is refused."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.errors import Refused
from node.wire import tls
from node.wire.tls import Reader


@given(st.integers(0, 2**30 - 1))
def test_a_length_reads_back(value: int) -> None:
    reader = Reader(tls.length(value))
    assert reader.length() == value
    reader.finish()


@pytest.mark.clause("MLS-2.1.2")
@pytest.mark.parametrize("data", ["4000", "403f", "80000000", "80003fff", "8000003f"])
def test_a_length_is_minimal(refused, data: str) -> None:
    with refused("MLS-2.1.2"):
        Reader(bytes.fromhex(data)).length()


@pytest.mark.clause("MLS-2.1.2")
def test_a_vector_that_is_too_long_is_not_written(refused) -> None:
    with refused("MLS-2.1.2"):
        tls.length(2**30)


@pytest.mark.clause("MLS-2.1.2a")
@pytest.mark.parametrize("first", [0xC0, 0xFF])
def test_the_prefix_11_is_refused(refused, first: int) -> None:
    with refused("MLS-2.1.2a"):
        Reader(bytes([first]) + bytes(8)).length()


@pytest.mark.clause("MLS-2.1.1")
@pytest.mark.parametrize("presence", range(2, 256))
def test_an_optional_is_there_or_not(refused, presence: int) -> None:
    with refused("MLS-2.1.1"):
        Reader(bytes([presence, 1])).optional(Reader.u8)


@pytest.mark.clause("MLS-2.1.1")
def test_both_kinds_of_optional_read() -> None:
    assert tls.parse(tls.optional(None), lambda r: r.optional(Reader.u8)) is None
    assert tls.parse(tls.optional(b"\x07"), lambda r: r.optional(Reader.u8)) == 7


def _everything(reader: Reader) -> tuple[object, ...]:
    return (
        reader.u8(),
        reader.u16(),
        reader.u32(),
        reader.u64(),
        reader.opaque(),
        reader.u16s(),
        reader.u32s(),
        reader.vector(Reader.opaque),
    )


WHOLE = (
    tls.u8(1)
    + tls.u16(2)
    + tls.u32(3)
    + tls.u64(4)
    + tls.opaque(b"five")
    + tls.u16s((6, 7))
    + tls.u32s((8,))
    + tls.vector([tls.opaque(b"nine"), tls.opaque(b"")])
)


def test_what_was_written_reads_back() -> None:
    whole = tls.parse(WHOLE, _everything)
    assert whole == (1, 2, 3, 4, b"five", (6, 7), (8,), (b"nine", b""))


@pytest.mark.clause("MLS-2.1")
@pytest.mark.parametrize("length", range(len(WHOLE)))
def test_a_cut_message_is_refused(refused, length: int) -> None:
    with refused("MLS-2.1"):
        tls.parse(WHOLE[:length], _everything)


@pytest.mark.clause("MLS-2.1")
@pytest.mark.parametrize("data", ["03000102", "01ff"])
def test_a_vector_of_numbers_holds_whole_numbers(refused, data: str) -> None:
    with refused("MLS-2.1"):
        Reader(bytes.fromhex(data)).u16s()
    with refused("MLS-2.1"):
        Reader(bytes.fromhex(data)).u32s()


@pytest.mark.clause("MLS-2.1")
def test_an_item_may_not_leave_its_vector(refused) -> None:
    with refused("MLS-2.1"):
        tls.parse(b"\x02\x05ab" + bytes(9), lambda r: r.vector(Reader.opaque))


@pytest.mark.clause("MLS-2.1a")
def test_bytes_after_the_end_are_refused(refused) -> None:
    with refused("MLS-2.1a"):
        tls.parse(WHOLE + b"\x00", _everything)


@pytest.mark.clause("MLS-2.1b")
def test_a_flood_of_elements_is_refused(refused) -> None:
    with refused("MLS-2.1b"):
        tls.parse(tls.opaque(bytes(2**20)), lambda r: r.vector(Reader.u8))
    with refused("MLS-2.1b"):
        tls.parse(tls.vector([tls.u16s(range(64))] * 5000), lambda r: r.vector(lambda r: r.u16s()))


@pytest.mark.clause("MLS-2.1b")
@pytest.mark.parametrize("read", [Reader.u16s, Reader.u32s])
def test_many_numbers_count_as_elements(refused, read) -> None:
    """Sixteen bytes of them as one."""
    assert len(tls.parse(tls.opaque(bytes(160)), read, budget=10)) in (40, 80)
    with refused("MLS-2.1b"):
        tls.parse(tls.opaque(bytes(160)), read, budget=9)


@pytest.mark.clause("MLS-2.1b")
@pytest.mark.parametrize("cost", [1, 3])
def test_an_item_counts_as_its_cost(refused, cost: int) -> None:
    data = tls.opaque(bytes(8))
    assert tls.parse(data, lambda r: r.vector(Reader.u8, cost), budget=8 * cost) == (0,) * 8
    with refused("MLS-2.1b"):
        tls.parse(data, lambda r: r.vector(Reader.u8, cost), budget=8 * cost - 1)


@given(st.integers(0, 200), st.binary(max_size=3))
def test_zeros_are_passed_over(count: int, after: bytes) -> None:
    reader, passed = Reader(bytes(count) + after), 0
    while step := reader.zeros():
        passed += step
    assert passed == count + len(after) - len(after.lstrip(b"\x00"))
    assert reader.rest() == after.lstrip(b"\x00")
    assert reader.ended


@given(st.binary(max_size=200))
def test_whatever_comes_is_read_or_refused(data: bytes) -> None:
    with suppress(Refused):
        tls.parse(data, _everything)

"""JSON at the edge and in canonical form."""

import json
import struct
import time
import timeit
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.errors import Malformed, NodeError, TooMuch
from node.wire import json as edge
from node.wire.canonical import canonical

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    # Whole doubles from 2^53 to 10^21 are written as integers, and come back as such.
    | st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: not 2**53 <= abs(x) < 1e21)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.clause("FED-2.1")
@pytest.mark.parametrize(
    "data",
    [
        b"[" * 100_000,
        b"[" * 65 + b"]" * 65,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b'["\\"",' + b"[" * 80 + b"]" * 80 + b"]",
        b'["\\\\",' + b"[" * 80 + b"]" * 80 + b"]",
        b"[{" * 50,
    ],
)
def test_depth_is_refused_before_decoding(data: bytes, refused) -> None:
    with refused("FED-2.1"):
        edge.decode(data)


@pytest.mark.clause("FED-2.1")
def test_depth_is_counted_outside_of_strings_only() -> None:
    assert edge.decode(b"[" * 64 + b"]" * 64)
    assert edge.decode(json.dumps(["[" * 1000, '\\"' + "{" * 1000, "\\"]).encode())
    assert edge.decode(b"[" + b"[]," * 1000 + b"{}]")


@pytest.mark.clause("FED-2.1")
def test_size_is_refused_first() -> None:
    with pytest.raises(TooMuch) as refusal:
        edge.decode(b" " * (1 << 20) + b"1")
    assert refusal.value.clause == "FED-2.1"
    assert edge.decode(b" " * 9 + b"1", limit_bytes=10) == 1


@pytest.mark.clause("FED-2.2")
@pytest.mark.parametrize(
    "data",
    [
        b'{"a":1,"a":2}',
        b'{"a":1,"\\u0061":1}',
        b'[{"b":[{"x":1,"x":1}]}]',
        b"NaN",
        b"[Infinity]",
        b"[-Infinity]",
        b"1e400",
        b"[-1e400]",
        b"9" * 5000,
        b'"\\ud800"',
        b'"\\uDC00\\uD800"',
        b'{"\\ud800":1}',
        b'"\xff"',
        b'"\xed\xa0\x80"',
        b"\xef\xbb\xbf{}",
        b"{'a':1}",
        b"[1,]",
        b"",
        b'"a\nb"',
        b"[}",
        b"\xff\xfe[\x00]\x00",
    ],
)
def test_what_is_not_let_in(data: bytes, refused) -> None:
    with refused("FED-2.2"):
        edge.decode(data)


@pytest.mark.clause("FED-2.2")
@pytest.mark.parametrize(
    ("data", "word"),
    [(b'[{"a":1,"a":2}]', "twice"), (b"[NaN]", "NaN"), (b"1e400", "double"), (b"{", "not JSON")],
)
def test_a_refusal_says_what_is_wrong(data: bytes, word: str) -> None:
    with pytest.raises(Malformed, match=word):
        edge.decode(data)


@pytest.mark.clause("FED-2.2")
@pytest.mark.parametrize("data", [b"[]", b'"x"', b"1", b"null"])
def test_a_document_is_an_object(data: bytes, refused) -> None:
    with refused("FED-2.2"):
        edge.document(data)


def test_pairs_of_surrogates_are_welcome() -> None:
    assert edge.decode(b'"\\ud83c\\udf88"') == "\U0001f388"


@given(VALUES)
def test_there_and_back(value: edge.Json) -> None:
    assert edge.decode(edge.encode(value)) == value
    assert edge.decode(canonical(value)) == value


@given(st.binary(max_size=60) | st.text(alphabet='[]{}",:\\1eu', max_size=60).map(str.encode))
def test_any_bytes_are_a_value_or_refused(data: bytes) -> None:
    try:
        edge.decode(data, deepest=3)
    except NodeError:
        return
    json.loads(data)


@pytest.mark.parametrize("piece", [b'"', b'\\"', b"[]", b"[", b'"\\', b"{]"])
def test_the_depth_of_a_large_document_is_measured_in_one_pass(piece: bytes) -> None:
    """Eight times the quotes, backslashes or brackets take about eight times the work, not 64."""

    def cost(size: int) -> float:
        data = (piece * size)[:size]

        def once() -> None:
            with pytest.raises(Malformed):
                edge.decode(data)

        return min(timeit.repeat(once, timer=time.process_time, number=1, repeat=5))

    assert cost(1 << 20) < 24 * max(cost(1 << 17), 1e-3)


@pytest.mark.clause("FED-2.1")
@pytest.mark.parametrize("piece", [b"[]", b"[[]]", b"{}", b'{"a":[]}', b"[" * 60 + b"]" * 60])
def test_too_many_brackets_are_refused_after_one_pass(piece: bytes, refused) -> None:
    document = b"[" + b",".join([piece] * (1_000_000 // (len(piece) + 1))) + b"]"
    with refused("FED-2.1"):
        edge.decode(document)


@pytest.mark.clause("FED-2.1")
def test_as_many_brackets_as_real_documents_have_are_read() -> None:
    document = b"[" + b",".join([b'{"type":"Note","tag":[]}'] * 9_000) + b"]"
    read = edge.decode(document)
    assert isinstance(read, list) and len(read) == 9_000
    words = b'{"content":"' + b"[}{]" * 200_000 + b'"}'
    assert edge.decode(words)


@pytest.mark.clause("FED-2.3")
def test_the_vectors_of_rfc_8785(vectors: Path) -> None:
    hexes = json.loads((vectors / "jcs" / "outhex.json").read_text())
    pages = sorted((vectors / "jcs" / "input").glob("*.json"))
    for page in pages:
        made = canonical(edge.decode(page.read_bytes()))
        assert made == (vectors / "jcs" / "output" / page.name).read_bytes(), page.name
        known = hexes.get(page.name) or hexes.get(page.stem)
        assert made.hex() == "".join("".join(known).split())
    assert len(pages) == 6


@pytest.mark.clause("FED-2.3")
@pytest.mark.parametrize(
    ("bits", "text"),
    [  # RFC 8785, appendix B
        ("0000000000000000", "0"),
        ("8000000000000000", "0"),
        ("0000000000000001", "5e-324"),
        ("8000000000000001", "-5e-324"),
        ("7fefffffffffffff", "1.7976931348623157e+308"),
        ("ffefffffffffffff", "-1.7976931348623157e+308"),
        ("4340000000000000", "9007199254740992"),
        ("c340000000000000", "-9007199254740992"),
        ("4430000000000000", "295147905179352830000"),
        ("44b52d02c7e14af5", "9.999999999999997e+22"),
        ("44b52d02c7e14af6", "1e+23"),
        ("44b52d02c7e14af7", "1.0000000000000001e+23"),
        ("444b1ae4d6e2ef4e", "999999999999999700000"),
        ("444b1ae4d6e2ef4f", "999999999999999900000"),
        ("444b1ae4d6e2ef50", "1e+21"),
        ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
        ("3eb0c6f7a0b5ed8d", "0.000001"),
        ("41b3de4355555553", "333333333.3333332"),
        ("41b3de4355555554", "333333333.33333325"),
        ("41b3de4355555555", "333333333.3333333"),
        ("41b3de4355555556", "333333333.3333334"),
        ("41b3de4355555557", "333333333.33333343"),
        ("becbf647612f3696", "-0.0000033333333333333333"),
        ("43143ff3c1cb0959", "1424953923781206.2"),
    ],
)
def test_numbers_as_ecmascript_writes_them(bits: str, text: str) -> None:
    assert canonical(struct.unpack(">d", bytes.fromhex(bits))[0]).decode() == text


@pytest.mark.clause("FED-2.3")
@pytest.mark.parametrize(
    "value",
    [
        2**53,
        -(2**53),
        9007199254740993,
        float("nan"),
        float("inf"),
        "\ud800",
        {"\ud800": 1},
        {1: 2},
    ],
)
def test_what_has_no_canonical_form(value: object, refused) -> None:
    with refused("FED-2.3"):
        canonical(value)  # type: ignore[arg-type]


@pytest.mark.clause("FED-2.3")
def test_bottomless_nesting_has_no_canonical_form(refused) -> None:
    value: list[object] = []
    for _ in range(100_000):
        value = [value]
    with refused("FED-2.3"):
        canonical(value)  # type: ignore[arg-type]

"""Ids and origins: compared as they should be, refused when written to deceive."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.errors import NodeError
from node.wire import ids, times

NODE = "https://alpha.test"
FIRST, LAST = datetime(1970, 1, 1), datetime(9999, 12, 31)  # noqa: DTZ001 hypothesis adds the zone


@pytest.mark.clause("FED-1.3")
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.example/x", "https://A.EXAMPLE:443/y?z#f"),
        ("http://a.example", "http://a.example:80/"),
        ("https://bücher.example/1", "https://xn--bcher-kva.example/2"),
        ("https://BÜCHER.example/1", "https://bu\u0308cher.example/2"),
        ("https://[::1]/", "https://[0:0::0:1]:443/"),
    ],
)
def test_one_origin_in_two_spellings(one: str, other: str) -> None:
    assert ids.same_origin(one, other)


@pytest.mark.clause("FED-1.3")
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.example/x", "http://a.example/x"),
        ("https://a.example/x", "https://a.example:8443/x"),
        ("https://a.example", "https://b.a.example"),
        ("https://a.example/", "acct:x@a.example"),
        ("urn:uuid:1", "urn:uuid:1"),
    ],
)
def test_two_origins(one: str, other: str) -> None:
    assert not ids.same_origin(one, other)


@pytest.mark.clause("FED-1.1")
@pytest.mark.parametrize(
    "id",
    [
        "",
        "a.example/x",
        "ftp://a.example/",
        "javascript:alert(1)",
        "https://",
        "https:///x",
        "https://user@a.example/",
        "https://a.example@b.example/",
        "https://a.example\\@b.example/",
        "https://a.example/ x",
        "https://a.example/\u202ex",
        "https://a\u200b.example/",
        "https://a.example:0/",
        "https://a.example:99999/",
        "https://a.example:x/",
        "https://a..example/",
        "https://a.example./",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://127.1/",
        "https://0177.0.0.1/",
        "https://[::1/",
        "https://[fe80::1%25eth0]/",
        "https://%61.example/",
        "https://a.example/" + "x" * 2048,
    ],
)
def test_what_is_no_id(id: str, refused) -> None:
    with refused("FED-1.1"):
        ids.origin(id)


@pytest.mark.clause("FED-1.2")
@pytest.mark.parametrize(
    "id",
    [
        "https://bücher.xn--bcher-kva.example/",
        "https://\u0430pple.example/",
        "https://xn--pple-43d.example/",
        "https://payp\u03b1l.example/",
    ],
)
def test_a_host_written_to_deceive(id: str, refused) -> None:
    with refused("FED-1.2"):
        ids.origin(id)


def test_names_in_one_script_are_welcome() -> None:
    assert ids.origin("https://例え.テスト/x").host == "xn--r8jz45g.xn--zckzah"
    assert str(ids.origin("https://яндекс.рф/")) == "https://xn--d1acpjx3f.xn--p1ai"


@given(st.text() | st.from_regex(r"https?://[^/]{0,20}(/.{0,5})?"))
def test_any_text_has_an_origin_or_is_refused(text: str) -> None:
    try:
        found = ids.origin(text)
    except NodeError:
        return
    assert ids.origin(str(found)) == found


@pytest.mark.clause("FED-1.4")
def test_minted_ids_are_of_their_time_and_of_no_name() -> None:
    now = datetime(2026, 8, 1, 12, 0, 0, 123456, tzinfo=UTC)
    first, second = ids.uuid7(now, bytes(10)), ids.uuid7(now, b"\xff" * 10)
    assert first.version == 7
    assert first.int >> 80 == second.int >> 80 == times.micros(now) // 1000
    assert ids.uuid7(now, bytes(range(10))) < ids.uuid7(now.replace(second=1), bytes(10))
    name = ids.opaque(bytes(range(10)))
    assert len(name) == 16 and name.isalnum() and name == name.lower()
    assert ids.actor_id(ids.origin(NODE), name) == f"{NODE}/a/{name}"
    assert ids.urn_uuid4(bytes(16)) == "urn:uuid:00000000-0000-4000-8000-000000000000"


@given(st.datetimes(timezones=st.just(UTC), min_value=FIRST, max_value=LAST))
def test_instants_travel_both_ways(instant: datetime) -> None:
    assert times.from_micros(times.micros(instant)) == instant
    assert times.parse_rfc3339(times.rfc3339(instant)) == instant
    assert times.parse_http_date(times.http_date(instant)) == instant.replace(microsecond=0)


@given(st.text(max_size=50))
def test_any_text_is_an_instant_or_none(text: str) -> None:
    times.parse_rfc3339(text)
    times.parse_http_date(text)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2024-02-04T17:34:03+00:00", "2024-02-04T17:34:03Z"),
        ("2020-10-23T18:02:06.038856Z", "2020-10-23T18:02:06.038856Z"),
        ("2020-10-23t18:02:06.0388567z", "2020-10-23T18:02:06.038856Z"),
        ("2020-10-23 18:02", "2020-10-23T18:02:00Z"),
        ("2020-10-23T18:02:06+0200", "2020-10-23T16:02:06Z"),
    ],
)
def test_dates_as_peers_write_them(text: str, same: str) -> None:
    instant = times.parse_rfc3339(text)
    assert instant is not None and times.rfc3339(instant) == same


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2020-13-01T00:00:00Z", "0001-01-01T00:00:00+23:59"]
)
def test_dates_that_are_none(text: str) -> None:
    assert times.parse_rfc3339(text) is None


@pytest.mark.clause("FED-7.7")
@pytest.mark.parametrize(
    ("authority", "names"),
    [
        ("a.b.test", {"a.b.test", "b.test", "test"}),
        ("b.test:8443", {"b.test:8443", "b.test", "test", "test:8443"}),
        ("127.0.0.1", {"127.0.0.1"}),
        ("127.0.0.1:9", {"127.0.0.1:9", "127.0.0.1"}),
        ("[::1]:9", {"[::1]:9", "[::1]"}),
    ],
)
def test_what_a_host_lies_under(authority: str, names: set[str]) -> None:
    assert set(ids.covering(authority)) == names

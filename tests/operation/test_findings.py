"""Each check of `kith doctor`: what is well, what to look at, what is wrong (spec OPS-3)."""

import inspect
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from node.operation import keeping, machine, name, work
from node.operation.findings import Finding, State, is_well, ok, size, unknown, wrong
from node.operation.keeping import BlobCount
from node.operation.machine import Place
from node.operation.work import Queue

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OK, LOOK, WRONG, UNKNOWN = State.OK, State.LOOK, State.WRONG, State.UNKNOWN
MIB, GIB = 2**20, 2**30

CASES: list[tuple[Callable[..., Finding], tuple[Any, ...], State]] = [
    (machine.python, ((3, 11, 2),), OK),
    (machine.python, ((3, 10, 9),), WRONG),
    (machine.disk, ("disk", "/srv", 100 * GIB, GIB), OK),
    (machine.disk, ("disk", "/srv", 2 * GIB, GIB), LOOK),
    (machine.disk, ("disk", "/srv", GIB - 1, GIB), WRONG),
    (machine.files_left, ("/srv", 10_000), OK),
    (machine.files_left, ("/srv", 9_999), WRONG),
    (machine.files_left, ("/srv", None), UNKNOWN),
    (machine.private, ("key-file", "the node key", Place("k", 0o600)), OK),
    (machine.private, ("key-file", "the node key", Place("k", 0o640)), WRONG),
    (machine.private, ("key-file", "the node key", Place("k", 0o604)), WRONG),
    (machine.private, ("key-file", "the node key", Place("k", None)), WRONG),
    (machine.private, ("key-file", "the node key", Place("k", 0o600, ours=False)), LOOK),
    (machine.private, ("tls-key", "the TLS key", Place("", None), False), OK),
    (machine.umask, (0o077,), OK),
    (machine.umask, (0o022,), LOOK),
    (machine.umask, (None,), UNKNOWN),
    (machine.writable, ("writable", "the data folder", []), OK),
    (machine.writable, ("writable", "the data folder", ["/srv/blobs"]), WRONG),
    (machine.descriptors, (16_384, 5_376, 4_096), OK),
    (machine.descriptors, (1_024, 256, 4_096), LOOK),
    (machine.memory, (2 * GIB,), OK),
    (machine.memory, (200 * MIB,), LOOK),
    (machine.memory, (100 * MIB,), WRONG),
    (machine.memory, (None,), UNKNOWN),
    (machine.clock_kept, (True,), OK),
    (machine.clock_kept, (False,), LOOK),
    (machine.clock_kept, (None,), UNKNOWN),
    (name.dns, ("kith.example", ["93.184.216.34"], False), OK),
    (name.dns, ("kith.example", ["93.184.216.34", "10.0.0.1"], False), LOOK),
    (name.dns, ("kith.test", ["127.0.0.1"], True), OK),
    (name.dns, ("kith.example", [], False), WRONG),
    (name.not_reached, ("tls", "kith.example", "refused", True), WRONG),
    (name.not_reached, ("tls", "kith.example", "refused", False), UNKNOWN),
    (name.certificate, ("tls", "kith.example", NOW + 60 * DAY, "", NOW), OK),
    (name.certificate, ("tls", "kith.example", NOW + 13 * DAY, "", NOW), LOOK),
    (name.certificate, ("tls", "kith.example", NOW + 2 * DAY, "", NOW), WRONG),
    (name.certificate, ("tls", "kith.example", NOW - DAY, "", NOW), WRONG),
    (name.certificate, ("tls", "kith.example", None, "self-signed", NOW), WRONG),
    (name.certificate, ("tls", "kith.example", None, "", NOW), UNKNOWN),
    (name.same_node, ("https://a.test", "https://a.test"), OK),
    (name.same_node, ("https://a.test", "https://b.test"), WRONG),
    (name.same_node, ("https://a.test", None), WRONG),
    (name.names, ("https://a.test", ""), OK),
    (name.names, ("https://a.test", "https://a.test"), OK),
    (name.names, ("https://a.test", "https://b.test"), WRONG),
    (name.webfinger, ("a.test", "acct:node@a.test", ""), OK),
    (name.webfinger, ("a.test", None, ""), WRONG),
    (name.webfinger, ("a.test", None, "it answers 404"), WRONG),
    (name.proxy_named, (False, ()), OK),
    (name.proxy_named, (True, ("127.0.0.1",)), OK),
    (name.proxy_named, (True, ()), WRONG),
    (name.proxy_named, (True, ("10.0.0.0/8", "::/0")), WRONG),
    (name.proxy_named, (None, ()), UNKNOWN),
    (name.proxy_body, (401, 16 * MIB), OK),
    (name.proxy_body, (100, 16 * MIB), OK),
    (name.proxy_body, (413, 16 * MIB), WRONG),
    (name.proxy_body, (None, 16 * MIB), UNKNOWN),
    (name.port, ("127.0.0.1:8420", True, True, True), OK),
    (name.port, ("127.0.0.1:8420", False, False, False), OK),
    (name.port, ("127.0.0.1:8420", True, False, False), WRONG),
    (name.port, ("127.0.0.1:8420", False, True, False), WRONG),
    (name.port, ("127.0.0.1:8420", False, True, True), LOOK),
    (name.lab, ((), False), OK),
    (name.lab, (("b.test",), True), OK),
    (name.lab, (("b.test",), False), LOOK),
    (keeping.database, ("/srv/kith.sqlite3", ""), OK),
    (keeping.database, ("/srv/kith.sqlite3", "there is no such file"), WRONG),
    (keeping.version, (True, (3, 40, 1)), OK),
    (keeping.version, (True, (3, 34, 9)), WRONG),
    (keeping.version, (False, (14, 2)), OK),
    (keeping.version, (False, (13, 9)), WRONG),
    (keeping.encoding, ("UTF-8",), OK),
    (keeping.encoding, ("utf8",), OK),
    (keeping.encoding, ("SQL_ASCII",), WRONG),
    (keeping.order, (0,), OK),
    (keeping.order, (3,), WRONG),
    (keeping.integrity, ("",), OK),
    (keeping.integrity, (None,), OK),
    (keeping.integrity, ("page 7 is never used",), WRONG),
    (keeping.log_size, (None,), OK),
    (keeping.log_size, (GIB,), LOOK),
    (keeping.migrations, ("0007_a", "0007_a"), OK),
    (keeping.migrations, ("0006_a", "0007_a"), WRONG),
    (keeping.migrations, ("0008_a", "0007_a"), WRONG),
    (keeping.migrations, (None, "0007_a"), WRONG),
    (keeping.node_key, ("",), OK),
    (keeping.node_key, ("node.key is another one",), WRONG),
    (keeping.blobs, (BlobCount(3, 0, 0),), OK),
    (keeping.blobs, (BlobCount(3, 1, 0, ["v/a.mp4"]),), WRONG),
    (keeping.blobs, (BlobCount(3, 0, 1, ["v/a.mp4"]),), WRONG),
    (keeping.orphans, (0, 0), OK),
    (keeping.orphans, (2, 4096), LOOK),
    (keeping.store, (None,), OK),
    (keeping.store, ("",), OK),
    (keeping.store, ("refused",), WRONG),
    (keeping.backup, (NOW - DAY, NOW), OK),
    (keeping.backup, (NOW - 8 * DAY, NOW), LOOK),
    (keeping.backup, (None, NOW), LOOK),
    (keeping.administrators, (1,), OK),
    (keeping.administrators, (0,), WRONG),
    (keeping.sign_up, ("invite", 0), OK),
    (keeping.sign_up, ("approval", 2), LOOK),
    (keeping.sign_up, ("open", 0), LOOK),
    (keeping.sign_up, ("approval", 0, True), LOOK),
    (keeping.restored, (None, None, NOW), OK),
    (keeping.restored, (NOW - 30 * DAY, NOW - 31 * DAY, NOW), OK),
    (keeping.restored, (NOW - HOUR, None, NOW), LOOK),
    (keeping.restored, (NOW - HOUR, NOW - DAY, NOW), LOOK),
    (keeping.passphrase_files, ([],), UNKNOWN),
    (keeping.passphrase_files, ([("p", 0o600)],), OK),
    (keeping.passphrase_files, ([("p", 0o600), ("q", 0o644)],), WRONG),
    (keeping.passphrase_files, ([("p", None)],), WRONG),
    (work.process, (7, "node.lock"), OK),
    (work.process, (None, "node.lock"), LOOK),
    (work.answers, ("readyz", 200, "ready", True), OK),
    (work.answers, ("readyz", 503, "the disk is almost full", True), WRONG),
    (work.answers, ("readyz", None, "refused", True), WRONG),
    (work.answers, ("readyz", None, "refused", False), UNKNOWN),
    (work.answers, ("readyz", 200, "ready", False), UNKNOWN),
    (work.arrivals, (Queue(0, None), NOW), OK),
    (work.arrivals, (Queue(5, NOW - HOUR / 2), NOW), OK),
    (work.arrivals, (Queue(5, NOW - 2 * HOUR), NOW), WRONG),
    (work.broken, (0,), OK),
    (work.broken, (1,), LOOK),
    (work.deliveries, (Queue(5, NOW - HOUR), NOW), OK),
    (work.deliveries, (Queue(5, NOW - 2 * DAY), NOW), LOOK),
    (work.given_up, (0,), OK),
    (work.given_up, (3,), LOOK),
    (work.silent, ([],), OK),
    (work.silent, (["b.test"],), LOOK),
    (work.worker, (None, True, NOW), OK),
    (work.worker, (NOW - HOUR, True, NOW), WRONG),
    (work.worker, (NOW - HOUR, False, NOW), UNKNOWN),
    (work.failed_videos, (0,), OK),
    (work.failed_videos, (1,), LOOK),
    (work.ffmpeg, ("/usr/bin/ffmpeg", "ffmpeg 7", ""), OK),
    (work.ffmpeg, ("", "", "it is nowhere"), WRONG),
    (work.ffmpeg_parts, ([], True), OK),
    (work.ffmpeg_parts, (["dca"], True), LOOK),
    (work.ffmpeg_parts, (["dca", "zscale"], True), WRONG),
    (work.ffmpeg_parts, ([], False), UNKNOWN),
    (work.media_bounds, ([], ""), OK),
    (work.media_bounds, (["network"], ""), WRONG),
    (work.media_bounds, ([], "exit 1"), WRONG),
    (work.clock, (timedelta(seconds=3), 4), OK),
    (work.clock, (timedelta(seconds=-40), 4), LOOK),
    (work.clock, (timedelta(hours=2), 1), WRONG),
    (work.clock, (None, 0), UNKNOWN),
]


@pytest.mark.clause("OPS-3.1", "OPS-3.2")
@pytest.mark.parametrize(("judge", "facts", "state"), CASES)
def test_a_check_says_how_it_is_and_what_to_do(
    judge: Callable[..., Finding], facts: tuple[Any, ...], state: State
) -> None:
    found = judge(*facts)
    assert found.state is state
    assert len(found.words) > 10 and "None" not in found.words + found.advice
    # What is to be done is said exactly where something is to be done, as a sentence.
    assert bool(found.advice) == (state in (LOOK, WRONG))


def test_every_judge_is_tried() -> None:
    pages = (machine, name, keeping, work)
    judges = {
        judge
        for page in pages
        for each, judge in inspect.getmembers(page, inspect.isfunction)
        if judge.__module__ == page.__name__ and not each.startswith("_")
    }
    assert judges == {judge for judge, _, _ in CASES}


@pytest.mark.clause("OPS-3.1")
def test_only_what_is_wrong_fails() -> None:
    fine = [ok("a", "well"), unknown("b", "not seen"), Finding("c", State.LOOK, "odd", "look")]
    assert is_well(fine)
    assert not is_well([*fine, wrong("d", "broken", "mend")])


def test_sizes_as_people_say_them() -> None:
    assert [size(n) for n in (0, 1023, 2048, 5 * MIB, 3 * GIB, 2 * 2**40)] == [
        "0 bytes", "1023 bytes", "2 KiB", "5 MiB", "3 GiB", "2.0 TiB",
    ]  # fmt: skip


@pytest.mark.clause("FED-13.5", "FED-13.8")
def test_what_a_restore_lost_is_said_with_the_instants_between_which_it_was() -> None:
    found = keeping.restored(NOW - HOUR, NOW - DAY, NOW)
    for at in (NOW - HOUR, NOW - DAY):
        assert f"{at:%Y-%m-%d %H:%M}" in found.words
    assert "lost here" in found.words

"""An upload survives what a bad line does to it, and takes nothing else."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from node.errors import Conflict, Malformed, TooMuch
from node.video import quotas, uploads
from node.video.quotas import Quota, Use
from node.video.uploads import Stage, Upload

NOW = datetime(2026, 1, 2, tzinfo=UTC)
FILE = bytes(range(256)) * 40
Refusal = Callable[[str], AbstractContextManager[None]]


def announced(body: bytes = FILE) -> Upload:
    return uploads.announce("u1", len(body), sha256(body).digest(), 10**9, NOW)


@pytest.mark.clause("VID-1.1")
@pytest.mark.parametrize(
    ("size", "digest"), [(0, b"x" * 32), (-1, b"x" * 32), (5, b"x" * 31), (5, b"x")]
)
def test_a_wrong_announcement_is_refused(size: int, digest: bytes, refused: Refusal) -> None:
    with refused("VID-1.1"):
        uploads.announce("u1", size, digest, 100, NOW)


@pytest.mark.clause("VID-1.2")
def test_a_file_over_the_limit_is_refused_before_its_first_byte() -> None:
    uploads.announce("u1", 100, bytes(32), 100, NOW)
    with pytest.raises(TooMuch) as said:
        uploads.announce("u1", 101, bytes(32), 100, NOW)
    assert said.value.clause == "VID-1.2"
    assert said.value.params["largest"] == 100


@pytest.mark.clause("VID-1.3")
@pytest.mark.parametrize("offset", [0, 99, 101, 10**12, -1])
def test_a_chunk_elsewhere_is_told_where_it_belongs(offset: int) -> None:
    upload = uploads.admit(announced(), 0, 100, NOW)
    with pytest.raises(Conflict) as said:
        uploads.admit(upload, offset, 10, NOW)
    assert said.value.clause == "VID-1.3"
    assert said.value.params == {"offset": 100, "size": len(FILE)}


@pytest.mark.clause("VID-1.3")
def test_nothing_is_sealed_while_bytes_are_missing() -> None:
    with pytest.raises(Conflict) as said:
        uploads.seal(announced(), sha256(FILE).digest(), NOW)
    assert said.value.params["offset"] == 0


@pytest.mark.clause("VID-1.4")
def test_a_chunk_is_neither_empty_nor_too_long(refused: Refusal) -> None:
    with refused("VID-1.4"):
        uploads.admit(announced(), 0, 0, NOW)
    with refused("VID-1.4"):
        uploads.admit(announced(), 0, len(FILE) + 1, NOW)
    large = uploads.announce("u2", 10**9, bytes(32), 10**9, NOW)
    uploads.admit(large, 0, uploads.LONGEST_CHUNK, NOW)
    with refused("VID-1.4"):
        uploads.admit(large, 0, uploads.LONGEST_CHUNK + 1, NOW)


@pytest.mark.clause("VID-1.5")
@pytest.mark.parametrize("stage", [Stage.SEALED, Stage.FAILED])
def test_what_is_over_takes_no_bytes(stage: Stage, refused: Refusal) -> None:
    with refused("VID-1.5"):
        uploads.admit(replace(announced(), stage=stage), 0, 1, NOW)


@pytest.mark.clause("VID-1.5")
def test_a_day_of_silence_ends_an_upload_and_each_chunk_moves_that_day(refused: Refusal) -> None:
    upload = announced()
    later = NOW + timedelta(hours=20)
    upload = uploads.admit(upload, 0, 1, later)
    upload = uploads.admit(upload, 1, 1, later + timedelta(hours=20))
    assert uploads.admit(upload, 2, 1, later + timedelta(hours=43)).received == 3
    with refused("VID-1.5"):
        uploads.admit(upload, 2, 1, later + timedelta(hours=44))


@pytest.mark.clause("VID-1.6")
@pytest.mark.parametrize(("on_disk", "stands"), [(None, 0), (70, 70), (5, 5), (10**6, len(FILE))])
def test_the_disk_says_where_an_upload_stands(on_disk: int | None, stands: int) -> None:
    assert uploads.found(uploads.admit(announced(), 0, 40, NOW), on_disk).received == stands


@pytest.mark.clause("VID-1.7")
def test_other_bytes_than_announced_are_refused() -> None:
    whole = uploads.admit(announced(), 0, len(FILE), NOW)
    with pytest.raises(Malformed) as said:
        uploads.seal(whole, sha256(FILE[::-1]).digest(), NOW)
    assert said.value.clause == "VID-1.7"
    assert uploads.failed(whole).stage is Stage.FAILED


@pytest.mark.clause("VID-1.7")
def test_sealing_twice_is_silence() -> None:
    whole = uploads.admit(announced(), 0, len(FILE), NOW)
    sealed = uploads.seal(whole, sha256(FILE).digest(), NOW)
    assert sealed.stage is Stage.SEALED
    assert uploads.seal(sealed, b"", NOW) == sealed
    assert uploads.found(sealed, 3) == sealed


@given(cuts=st.lists(st.tuples(st.integers(1, 3000), st.sampled_from(["ok", "lost", "half"]))))
@pytest.mark.clause("VID-1.3", "VID-1.6")
def test_any_run_of_lost_answers_and_cut_chunks_ends_with_the_whole_file(
    cuts: list[tuple[int, str]],
) -> None:
    """`lost`: written, but neither row nor client know. `half`: cut in the middle, rolled back."""
    disk, upload, offset = bytearray(), announced(), 0
    for length, fate in [*cuts, *[(4096, "ok")] * 8]:
        piece = FILE[offset : offset + length]
        upload = uploads.found(upload, len(disk))
        try:
            stands = uploads.admit(upload, offset, len(piece), NOW)
        except Conflict as wrong:
            offset = int(wrong.params["offset"])
            continue
        except Malformed:
            break  # nothing is left to send
        if fate != "half":
            disk += piece
        if fate == "ok":
            upload, offset = stands, stands.received
    assert uploads.seal(upload, sha256(disk).digest(), NOW).stage is Stage.SEALED
    assert bytes(disk) == FILE


@pytest.mark.clause("VID-1.9")
def test_a_quota_counts_what_is_announced(refused: Refusal) -> None:
    quota = Quota(total_bytes=100, open_uploads=2)
    quotas.admit(quota, Use(50, 30, 1), 20)
    assert quotas.left(quota, Use(50, 30, 1)) == 20
    assert quotas.left(quota, Use(500, 30, 1)) == 0
    with refused("VID-1.9"):
        quotas.admit(quota, Use(50, 30, 1), 21)
    with refused("VID-1.9"):
        quotas.admit(quota, Use(0, 0, 2), 1)


@pytest.mark.clause("VID-1.10")
def test_the_digest_may_be_told_at_the_end_and_once() -> None:
    digest = sha256(FILE).digest()
    upload = uploads.announce("u1", len(FILE), b"", 10**9, NOW)
    whole = uploads.admit(upload, 0, len(FILE), NOW)
    with pytest.raises(Conflict) as said:
        uploads.seal(whole, digest, NOW)
    assert said.value.clause == "VID-1.10"
    whole = uploads.told(whole, digest)
    assert uploads.told(whole, b"") == uploads.told(whole, digest) == whole
    with pytest.raises(Conflict) as said:
        uploads.told(whole, digest[::-1])
    assert said.value.clause == "VID-1.10"
    sealed = uploads.seal(whole, digest, NOW)
    assert sealed.stage is Stage.SEALED
    # What is sealed is told nothing new.
    assert uploads.told(sealed, digest[::-1]) == sealed

"""Pictures of other servers that were shown: kept for a day, within their budget (VID-9.8)."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

# ruff: noqa: ASYNC240 - a test may wait for its own disk
from node.media.kept import KeptPictures
from node.testing.fakes import FakeClock

BUDGET = 40_000


async def pieces(body: bytes, breaks: bool = False) -> AsyncIterator[bytes]:
    for at in range(0, len(body), 1000):
        yield body[at : at + 1000]
    if breaks:
        raise ConnectionError


class Disk:
    short = False


@pytest.fixture
def kept(tmp_path: Path) -> KeptPictures:
    return KeptPictures(tmp_path / "cache", BUDGET, lambda: Disk.short, FakeClock())


async def shown(kept: KeptPictures, url: str, body: bytes, signer: str = "") -> bytes:
    """What somebody is sent who looks at it for the first time."""
    host = url.split("/")[2]
    passed = kept.passing(url, signer, host, "image/jpeg", pieces(body))
    return b"".join([piece async for piece in passed])


async def again(kept: KeptPictures, url: str, signer: str = "") -> bytes | None:
    found = await kept.get(url, signer)
    return None if found is None else b"".join([piece async for piece in found.pieces])


def on_disk(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@pytest.mark.clause("VID-9.8")
async def test_a_whole_picture_is_shown_again_for_a_day(tmp_path: Path) -> None:
    clock = FakeClock()
    kept = KeptPictures(tmp_path / "cache", BUDGET, lambda: False, clock)
    url = "https://peer.test/1.jpg"
    assert await shown(kept, url, b"a" * 2500) == b"a" * 2500
    assert await again(kept, url) == b"a" * 2500
    assert await again(kept, url, "https://a.test/a/ann") is None, (
        "it came for nobody in particular"
    )
    anew = KeptPictures(tmp_path / "cache", BUDGET, lambda: False, clock)
    assert await again(anew, url) == b"a" * 2500, "a start finds it"
    assert anew.taken == on_disk(tmp_path)
    clock.pass_(timedelta(days=1))
    assert await again(anew, url) is None
    assert (anew.taken, on_disk(tmp_path)) == (0, 0)


@pytest.mark.clause("VID-9.8")
async def test_what_was_fetched_in_a_name_is_for_that_one_alone(kept: KeptPictures) -> None:
    url, ann = "https://peer.test/1.jpg", "https://a.test/a/ann"
    await shown(kept, url, b"for ann", ann)
    assert await again(kept, url, ann) == b"for ann"
    assert await again(kept, url, "https://a.test/a/bob") is None
    assert await again(kept, url) is None


@pytest.mark.clause("VID-9.8")
async def test_the_budget_holds_and_what_was_shown_longest_ago_goes(
    kept: KeptPictures, tmp_path: Path
) -> None:
    urls = [f"https://peer{n}.test/1.jpg" for n in range(8)]
    for url in urls:
        await shown(kept, url, b"x" * 9000)
        assert await again(kept, urls[0]) is not None, "it is shown again and again"
        assert kept.taken == on_disk(tmp_path) <= BUDGET
    left = [url for url in urls if await again(kept, url) is not None]
    assert left == [urls[0], *urls[-3:]]


@pytest.mark.clause("VID-9.8")
async def test_no_host_takes_more_than_a_quarter(kept: KeptPictures, tmp_path: Path) -> None:
    await shown(kept, "https://peer.test/1.jpg", b"x" * 9000)
    for n in range(50):
        await shown(kept, f"https://flood.test/{n}.jpg", b"x" * 3000)
        assert kept.taken == on_disk(tmp_path)
    assert await again(kept, "https://peer.test/1.jpg") is not None
    left = [n for n in range(50) if await again(kept, f"https://flood.test/{n}.jpg") is not None]
    assert left == [47, 48, 49]
    assert await shown(kept, "https://big.test/1.jpg", b"x" * 20_000) == b"x" * 20_000
    assert await again(kept, "https://big.test/1.jpg") is None


@pytest.mark.clause("VID-9.8")
async def test_of_what_is_too_large_to_be_kept_no_more_is_written(
    kept: KeptPictures, tmp_path: Path
) -> None:
    passed = kept.passing("https://p.test/1", "", "p.test", "image/jpeg", pieces(b"a" * BUDGET))
    most = 0
    async for _ in passed:
        most = max(most, on_disk(tmp_path))
    assert most <= BUDGET // 4 and on_disk(tmp_path) == 0


@pytest.mark.clause("VID-9.8")
async def test_a_disk_that_runs_full_meanwhile_takes_no_more_of_it(
    kept: KeptPictures, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed = kept.passing("https://p.test/1", "", "p.test", "image/jpeg", pieces(b"a" * 5000))
    await anext(passed)
    monkeypatch.setattr(Disk, "short", True)
    assert len(b"".join([piece async for piece in passed])) == 4000
    assert on_disk(tmp_path) == 0


@pytest.mark.clause("VID-9.8")
async def test_what_breaks_off_or_is_looked_at_in_part_is_not_kept(
    kept: KeptPictures, tmp_path: Path
) -> None:
    url = "https://peer.test/1.jpg"
    passed = kept.passing(url, "", "peer.test", "image/jpeg", pieces(b"x" * 3000, breaks=True))
    with pytest.raises(ConnectionError):
        async for _ in passed:
            pass
    passed = kept.passing(url, "", "peer.test", "image/jpeg", pieces(b"x" * 3000))
    await anext(passed)
    await passed.aclose()  # type: ignore[attr-defined]
    assert await again(kept, url) is None
    assert on_disk(tmp_path) == 0


@pytest.mark.clause("VID-9.8")
async def test_a_file_that_is_not_whole_any_more_is_fetched_anew(
    kept: KeptPictures, tmp_path: Path
) -> None:
    url = "https://peer.test/1.jpg"
    await shown(kept, url, b"x" * 3000)
    [path] = [one for one in tmp_path.rglob("*") if one.is_file()]
    path.write_bytes(path.read_bytes()[:-1])
    assert await again(kept, url) is None
    (tmp_path / "cache" / "junk").write_bytes(b"junk")
    (tmp_path / "cache" / "left.part").write_bytes(b"x" * 99)
    anew = KeptPictures(tmp_path / "cache", BUDGET, lambda: False, FakeClock())
    assert await again(anew, url) is None
    assert on_disk(tmp_path) == 0


@pytest.mark.clause("VID-9.8")
async def test_nothing_is_kept_without_room_or_with_no_budget(
    kept: KeptPictures, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Disk, "short", True)
    assert await shown(kept, "https://peer.test/1.jpg", b"x" * 3000) == b"x" * 3000
    none = KeptPictures(tmp_path / "cache", 0, lambda: False, FakeClock())
    assert await shown(none, "https://peer.test/1.jpg", b"x" * 3000) == b"x" * 3000
    assert await again(none, "https://peer.test/1.jpg") is None
    (tmp_path / "file").write_bytes(b"")
    broken = KeptPictures(tmp_path / "file" / "cache", BUDGET, lambda: False, FakeClock())
    assert await shown(broken, "https://peer.test/1.jpg", b"x" * 3000) == b"x" * 3000
    assert on_disk(tmp_path) == 0

"""Media over HTTP: ranges, heads, tags, paths that lead nowhere, and the page of a public video."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from node.store import tables
from node.testing.town import Town
from node.wire.ranges import NoRange, Span, read_range
from tests.video.harness import MP4_BODY, Harness, Person

SIZE = len(MP4_BODY)


@pytest.fixture
async def node(tmp_path: Path, quick_secrets: None) -> AsyncIterator[Harness]:
    harness = Harness("a", Town(tmp_path))
    await harness.open()
    yield harness
    await harness.close()


async def public(node: Harness, **words: Any) -> tuple[Person, dict[str, Any], str]:
    alice = await node.person("alice")
    video = await alice.publish(audience="public", **words)
    return alice, video, str((await alice.watch(video["id"])).body["mp4"])


@pytest.mark.clause("VID-7.5")
@pytest.mark.parametrize(
    ("header", "span"),
    [
        ("bytes=0-", Span(0, 100)),
        ("bytes=0-0", Span(0, 1)),
        ("bytes=10-19", Span(10, 20)),
        ("bytes=90-200", Span(90, 100)),
        ("bytes=-10", Span(90, 100)),
        ("bytes=-1000", Span(0, 100)),
        ("Bytes = 5-6 ", Span(5, 7)),
        ("seconds=1-2", None),
        ("bytes", None),
        ("", None),
    ],
)
def test_one_range(header: str, span: Span | None) -> None:
    assert read_range(header, 100) == span


RANGE_NONSENSE = [
    "bytes=100-",
    "bytes=5-4",
    "bytes=-0",
    "bytes=-",
    "bytes=",
    "bytes=a-b",
    "bytes=0-1,5-6",
    "bytes=0-,",
    "bytes=--5",
    "bytes=٣-٤",
    "bytes=0x1-2",
    "bytes=" + "9" * 30 + "-",
]


@pytest.mark.clause("VID-7.5")
@pytest.mark.parametrize("header", RANGE_NONSENSE)
def test_nonsense_is_no_range(header: str) -> None:
    with pytest.raises(NoRange):
        read_range(header, 100)


@pytest.mark.clause("VID-7.5")
async def test_ranges_over_http(node: Harness) -> None:
    _, _, mp4 = await public(node)
    whole = await node.http("GET", mp4)
    assert (whole.status, whole.raw) == (200, MP4_BODY)
    assert whole.headers["Accept-Ranges"] == "bytes"
    etag = whole.headers["ETag"]
    part = await node.http("GET", mp4, {"Range": "bytes=262140-262150"})
    assert (part.status, part.raw) == (206, MP4_BODY[262140:262151])
    assert part.headers["Content-Range"] == f"bytes 262140-262150/{SIZE}"
    assert part.headers["Content-Length"] == "11"
    end = await node.http("GET", mp4, {"Range": "bytes=-7", "If-Range": etag})
    assert (end.status, end.raw) == (206, MP4_BODY[-7:])
    other = await node.http("GET", mp4, {"Range": "bytes=-7", "If-Range": '"other"'})
    assert (other.status, len(other.raw)) == (200, SIZE)
    same = await node.http("GET", mp4, {"If-None-Match": f'"x", {etag}'})
    assert (same.status, same.raw) == (304, b"")
    head = await node.http("HEAD", mp4)
    assert (head.status, head.raw, head.headers["Content-Length"]) == (200, b"", str(SIZE))
    head = await node.http("HEAD", mp4, {"Range": "bytes=0-9"})
    assert (head.status, head.headers["Content-Length"]) == (206, "10")


@pytest.mark.clause("VID-7.5")
@pytest.mark.parametrize("header", ["bytes=300000-", "bytes=5-4", "bytes=x", "bytes=0-1,4-5"])
async def test_a_wrong_range_is_told_the_length(node: Harness, header: str) -> None:
    _, _, mp4 = await public(node)
    said = await node.http("GET", mp4, {"Range": header})
    assert (said.status, said.headers["Content-Range"]) == (416, f"bytes */{SIZE}")
    assert (said.body["clause"], said.body["code"]) == ("VID-7.5", "wrong_range")
    assert said.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.clause("VID-7.6")
async def test_media_can_do_nothing_in_a_browser(node: Harness) -> None:
    _, _, mp4 = await public(node)
    folder = mp4.rpartition("/")[0]
    types = {
        "video.mp4": "video/mp4",
        "stream.mp4": "video/mp4",
        "master.m3u8": "application/vnd.apple.mpegurl",
        "poster.jpg": "image/jpeg",
    }
    for name, kind in types.items():
        said = await node.http("GET", f"{folder}/{name}")
        assert said.headers["Content-Type"] == kind
        assert said.headers["X-Content-Type-Options"] == "nosniff"
        assert said.headers["Content-Security-Policy"].startswith("sandbox")
    r = tables.renditions
    await node.change(r, r.c.name == "poster.jpg", media_type="text/html")
    assert (await node.http("GET", f"{folder}/poster.jpg")).status == 404


async def raw_get(node: Harness, path: str) -> tuple[int, bytes]:
    """A request that no client has tidied up."""
    reader, writer = await node.connect()
    writer.write(f"GET {path} HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), body


@pytest.mark.clause("VID-7.6", "VID-7.1")
async def test_no_path_leads_out(node: Harness) -> None:
    _, _, mp4 = await public(node)
    folder = mp4.rpartition("/")[0].removeprefix(node.origin)
    (node.blobs_folder / "secret.jpg").write_bytes(b"secret")
    none = await node.http("GET", f"/media/{'B' * 43}/video.mp4")
    for path in (
        f"{folder}/..%2f..%2fsecret.jpg",
        f"{folder}/%2e%2e/%2e%2e/secret.jpg",
        f"{folder}/../../../secret.jpg",
        f"{folder}/../../../../blobs/secret.jpg",
        f"{folder}/secret.jpg",
        f"{folder}/video.mp4%00",
        f"{folder}/.video.mp4.new",
        f"{folder}//video.mp4",
        f"{folder}/video.mp4/",
        f"{folder}/VIDEO.MP4",
        "/media/..%2f..%2fkith.sqlite3/video.mp4",
        "/media/public/..%2fx/video.mp4",
        "/media/",
        "/media/public",
    ):
        assert await raw_get(node, path) == (404, none.raw), path


@pytest.mark.clause("VID-7.1")
async def test_a_file_whose_blob_is_gone_is_absent(node: Harness) -> None:
    _, video, mp4 = await public(node)
    await node.blobs.delete(f"video/{video['id'].rpartition('/')[2]}/video.mp4")
    assert (await node.http("GET", mp4)).status == 404


async def test_a_public_video_has_a_page_without_script(node: Harness) -> None:
    alice, video, mp4 = await public(
        node, name='Cats & "dogs" <b>', description="<p>Both</p>", lang="en", format="html"
    )
    path = "/v/" + video["id"].rpartition("/")[2]
    await alice.ask("POST", "/posts/like", {"object": video["id"]})
    said = await node.http("GET", path)
    page = said.raw.decode()
    assert said.status == 200
    # Without the host's name: it plays however the page was reached.
    assert f'<source src="{urlsplit(mp4).path}" type="video/mp4">' in page
    assert "<video controls" in page
    assert 'poster="/media/public/' in page
    assert 'content="https://a.test/media/public/' in page, "what others show is named in full"
    assert '<a href="/@alice">@alice@a.test</a>' in page
    assert "Cats &amp; &#34;dogs&#34; &lt;b&gt;" in page
    assert "<p>Both</p>" in page
    assert "1 like" in page
    assert "<script" not in page
    policy = said.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "media-src 'self' https://a.test" in policy
    document = await node.http("GET", path, {"Accept": "application/activity+json"})
    assert (document.status, document.headers["Location"]) == (303, video["id"])


async def test_a_sensitive_video_is_shown_on_asking(node: Harness) -> None:
    _, video, _ = await public(node, sensitive=True, summary="Spiders")
    page = (await node.http("GET", "/v/" + video["id"].rpartition("/")[2])).raw.decode()
    assert "<summary>Spiders</summary>" in page


@pytest.mark.clause("VID-7.1")
async def test_a_deleted_public_video_is_gone_from_its_page_and_address(node: Harness) -> None:
    alice, video, mp4 = await public(node)
    path = "/v/" + video["id"].rpartition("/")[2]
    await alice.ask("DELETE", f"/posts/one?id={video['post']}")
    for address in (mp4, path):
        said = await node.http("GET", address)
        assert (said.status, said.body["clause"]) == (404, "VID-7.1")

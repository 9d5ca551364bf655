"""Media may be served from a host of their own (`KITH_MEDIA_ORIGIN`)."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from node.testing.town import Town
from tests.video.harness import MP4_BODY, Harness


@pytest.mark.clause("VID-7.2", "VID-7.6")
async def test_media_may_have_an_origin_of_their_own(tmp_path: Path, quick_secrets: None) -> None:
    harness = Harness("a", Town(tmp_path), media_origin="https://media.a.test")
    await harness.open()
    try:
        alice = await harness.person("alice")
        for audience in ("friends", "public"):
            video = await alice.publish(audience=audience)
            found = (await alice.watch(video["post"])).body
            for kind in ("mp4", "hls", "poster"):
                assert found[kind].startswith("https://media.a.test/media/")
            played = await harness.http("GET", urlsplit(found["mp4"]).path)
            assert played.raw == MP4_BODY
            assert played.headers["Content-Security-Policy"].startswith("sandbox")
            assert played.headers["X-Content-Type-Options"] == "nosniff"
        id = video["id"].rpartition("/")[2]
        page = await harness.http("GET", f"/v/{id}", {"Accept": "text/html"})
        assert "media-src 'self' https://media.a.test" in page.headers["Content-Security-Policy"]
        assert b"https://media.a.test/media/public/" in page.raw
    finally:
        await harness.close()

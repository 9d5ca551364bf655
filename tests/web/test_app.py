"""The files of the browser app: what is served below `/app/`, and under which policy."""

import gzip
import re
from base64 import b64encode
from hashlib import sha256, sha384

import pytest

from node.web.app.bundle import FOLDER, read_bundle
from tests.web.conftest import Build, Harness

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' {media}; "
    "img-src 'self' {media} blob:; media-src 'self' {media} blob:; worker-src 'self'; "
    "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types kith"
)


@pytest.mark.clause("APP-1.1")
async def test_every_file_is_served_and_a_screen_is_the_shell(harness: Harness) -> None:
    for name, file in read_bundle().items():
        said = await harness.ask("GET", f"//app/{name}")
        assert (said.status, said.raw) == (200, file.body)
        assert said.headers["Content-Type"] == file.media_type
    shell = read_bundle()["index.html"].body
    for path in ("/app/", "/app/people", "/app/people/%40bob%40b.test", "/app/nowhere/at/all"):
        said = await harness.ask("GET", f"/{path}")
        assert (said.status, said.raw) == (200, shell)
    redirect = await harness.ask("GET", "//app")
    assert (redirect.status, redirect.headers["Location"]) == (308, "/app/")
    missing = await harness.ask("GET", "//app/main-OLD.js")
    assert (missing.status, missing.body["clause"]) == (404, "APP-1.1")
    above = await harness.ask("GET", "//app/..%2F..%2Fconfig.py")
    assert above.raw == shell


@pytest.mark.clause("APP-1.2")
async def test_the_policy_is_the_one_that_is_written(build: Build) -> None:
    harness = await build(media_origin="https://media.a.test")
    policy = POLICY.format(media="https://media.a.test")
    for path in ("/app/", "/app/SHA256SUMS", "/app/chats", "/app/gone.js"):
        said = await harness.ask("GET", f"/{path}")
        assert said.headers["Content-Security-Policy"] == policy
        assert said.headers["X-Content-Type-Options"] == "nosniff"
        assert said.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "Set-Cookie" not in said.headers


@pytest.mark.clause("APP-1.3")
async def test_what_keeps_its_name_is_asked_for_again(harness: Harness) -> None:
    for name in read_bundle():
        said = await harness.ask("GET", f"//app/{name}")
        kept = re.search(r"-[A-Z0-9]{8}\.", name) is not None
        assert ("immutable" in said.headers["Cache-Control"]) is kept, name
        again = await harness.ask(
            "GET", f"//app/{name}", headers={"If-None-Match": said.headers["ETag"]}
        )
        assert (again.status, again.raw) == (304, b"")


async def test_what_a_browser_can_unpack_is_sent_packed(harness: Harness) -> None:
    plain = await harness.client.get("/app/", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    async with harness.client.session.get(
        harness.client.make_url("/app/"), headers={"Accept-Encoding": "gzip"}
    ) as packed:
        assert packed.headers["Content-Encoding"] == "gzip"
        assert await packed.read() == await plain.read()
    for name, file in read_bundle().items():
        if file.compressed is not None:
            assert gzip.decompress(file.compressed) == file.body, name


@pytest.mark.clause("APP-1.4")
async def test_anyone_can_compare_what_is_served(harness: Harness) -> None:
    sums = (await harness.ask("GET", "//app/SHA256SUMS")).raw.decode()
    listed = dict(reversed(line.split("  ")) for line in sums.splitlines())
    assert listed.keys() == {page.name for page in FOLDER.iterdir()} - {"SHA256SUMS"}
    for name, digest in listed.items():
        said = await harness.ask("GET", f"//app/{name}")
        assert sha256(said.raw).hexdigest() == digest
    shell = (await harness.ask("GET", "//app/")).raw.decode()
    named = re.findall(r'(?:src|href)="/app/([^"]+)" integrity="sha384-([^"]+)"', shell)
    assert {name.rpartition(".")[2] for name, _ in named} == {"js", "css"}
    for name, digest in named:
        said = await harness.ask("GET", f"//app/{name}")
        assert b64encode(sha384(said.raw).digest()).decode() == digest

"""Pages for people: no script, a strict policy, and a form that keeps what was written."""

import re
from typing import Any

import pytest

from tests.web.conftest import PASSWORD, Build, Harness, Said

HTML = {"Accept": "text/html"}


async def page(harness: Harness, path: str) -> Said:
    return await harness.ask("GET", f"/{path}", headers=HTML)


async def send(harness: Harness, path: str, fields: dict[str, str], **headers: str) -> Said:
    answer = await harness.client.post(
        path, data=fields, headers={**HTML, **headers}, allow_redirects=False
    )
    return Said(answer.status, answer.headers, await answer.read())


@pytest.mark.clause("API-10.1")
async def test_pages_run_no_script_and_say_so(harness: Harness) -> None:
    await harness.join("alice")
    secret = await harness.invite()
    paths = ["/", f"/invite/{secret}", "/@alice", "/@alice_channel", "/welcome", "/nowhere"]
    for path in [*paths, "/problems/conflict", "/join"]:
        said = await page(harness, path)
        policy = said.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "script" not in policy
        assert "unsafe" not in policy and "frame-ancestors 'none'" in policy
        assert said.headers["X-Content-Type-Options"] == "nosniff"
        form = b"<form" in said.raw
        assert said.headers["Referrer-Policy"] == ("same-origin" if form else "no-referrer")
        assert b"<script" not in said.raw and b"style=" not in said.raw
        assert not re.search(rb"\son\w+=", said.raw)
        assert b'<html lang="en" dir="ltr">' in said.raw and b"viewport" in said.raw


@pytest.mark.clause("LNK-2.5")
async def test_the_link_of_a_new_device_leads_to_the_app(harness: Harness) -> None:
    found = await page(harness, "/link")
    assert (found.status, found.headers["Location"]) == (303, "/app/link")


@pytest.mark.clause("API-10.1")
async def test_robots_are_told_what_is_for_no_index(harness: Harness) -> None:
    said = await page(harness, "/robots.txt")
    assert (said.status, said.headers["Content-Type"].split(";")[0]) == (200, "text/plain")
    lines = said.raw.decode().splitlines()
    assert lines[0] == "User-agent: *" and {"Disallow: /invite/", "Disallow: /media/"} <= {*lines}
    assert "Disallow: /" not in lines and "Disallow: /@" not in lines


async def test_an_invite_link_opens_a_form_that_makes_an_account(harness: Harness) -> None:
    secret = await harness.invite("admin")
    shown = await page(harness, f"/invite/{secret}")
    assert shown.status == 200 and b"administrator of this node" in shown.raw
    assert shown.headers["Cache-Control"] == "no-store"
    fields = {"name": "alice", "display_name": "A<b>", "password": PASSWORD}
    said = await send(harness, f"/invite/{secret}", fields)
    assert (said.status, said.headers["Location"]) == (303, "/welcome?alice")
    assert b"kith login @alice@a.test" in (await page(harness, "/welcome?alice")).raw
    profile = await page(harness, "/@alice")
    assert b"A&lt;b&gt;" in profile.raw and b"A<b>" not in profile.raw
    login = {"name": "alice", "password": PASSWORD}
    assert (await harness.ask("POST", "/login", login)).status == 201
    gone = await page(harness, f"/invite/{secret}")
    assert gone.status == 403 and b"ask for a new one" in gone.raw.lower()


@pytest.mark.parametrize(
    ("settings", "login"),
    [
        ({}, b"kith login @you@a.test<"),
        ({"account_domain": "b.test"}, b"kith login @you@b.test --server https://a.test<"),
        (
            {"origin": "https://localhost:8420"},
            b"kith login @you@localhost:8420 --server http://localhost:8420<",
        ),
    ],
)
async def test_the_front_page_says_a_login_that_leads_here(
    build: Build, settings: dict[str, str], login: bytes
) -> None:
    assert login in (await page(await build(**settings), "/")).raw


async def test_a_refused_form_keeps_what_was_written_but_the_password(harness: Harness) -> None:
    secret = await harness.invite()
    fields = {"name": "bad name", "display_name": 'O"Hara', "password": "secret horse 12"}
    said = await send(harness, f"/invite/{secret}", fields)
    assert said.status == 400 and b'role="alert"' in said.raw
    assert b'value="bad name"' in said.raw and b"O&#34;Hara" in said.raw
    assert b"secret horse" not in said.raw
    said = await send(harness, f"/invite/{secret}", {"name": "alice", "password": "short"})
    assert b"10 to 256 characters" in said.raw


@pytest.mark.clause("API-10.2")
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.test"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
        {"Sec-Fetch-Site": "none", "Origin": "null"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "file://"},
        {"Origin": "https://a.test.evil.test"},
        {"Origin": "https://a.test:8443"},
    ],
)
async def test_a_form_from_another_site_is_refused(
    harness: Harness, headers: dict[str, str]
) -> None:
    path = f"/invite/{await harness.invite()}"
    fields = {"name": "alice", "password": PASSWORD}
    assert (await send(harness, path, fields, **headers)).status == 403
    fine = {"Sec-Fetch-Site": "same-origin", "Origin": "null"}
    assert (await send(harness, path, fields, **fine)).status == 303


@pytest.mark.clause("API-10.2")
@pytest.mark.parametrize("origin", ["null", "https://evil.test"])
async def test_no_script_of_another_origin_is_let_in(harness: Harness, origin: str) -> None:
    asks = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    api = harness.node.web.surfaces[0]
    for path in sorted({re.sub(r"{[^}]*}", "1", route.path) for route in api.routes}):
        for method in ("OPTIONS", "GET"):
            said = await harness.ask(method, path, headers=asks)
            assert "Access-Control-Allow-Origin" not in said.headers, path
    body = b'{"name": "alice", "password": "correct horse battery"}'
    simple = {"Origin": origin, "Content-Type": "text/plain"}  # what a form can send
    assert (await harness.ask("POST", "/login", raw=body, headers=simple)).status == 415


async def test_joining_follows_the_mode(build: Build) -> None:
    harness = await build(registration="approval")
    assert b"Who you are" in (await page(harness, "/join")).raw
    fields = {"name": "bob", "password": PASSWORD, "reason": "I am Bob"}
    said = await send(harness, "/join", fields)
    assert (said.status, said.headers["Location"]) == (303, "/welcome?pending")
    assert b"reads your request" in (await page(harness, "/welcome?pending")).raw


async def test_nobody_joins_without_an_invite(harness: Harness) -> None:
    assert (await page(harness, "/join")).status == 403
    said = await send(harness, "/join", {"name": "bob", "password": PASSWORD})
    assert said.status == 403


async def test_forms_are_tried_as_often_as_logins(build: Build) -> None:
    harness = await build(login_attempts_per_minute=3)
    path, fields = f"/invite/{await harness.invite()}", {"name": "alice", "password": "short"}
    statuses = [(await send(harness, path, fields)).status for _ in range(4)]
    assert statuses == [400, 400, 400, 429]


@pytest.mark.parametrize("kind", ["application/activity+json", "application/ld+json"])
async def test_a_profile_leads_programs_to_the_actor(harness: Harness, kind: str) -> None:
    token = await harness.join("alice")
    actor = (await harness.ask("GET", "/account", token=token)).body["actor"]
    said = await harness.ask("GET", "//@Alice", headers={"Accept": kind})
    assert (said.status, said.headers["Location"]) == (302, actor)
    assert said.headers["Vary"] == "Accept"


async def test_the_sheet_is_served(harness: Harness) -> None:
    shown = await page(harness, "/")
    found: Any = re.search(rb'href="(/static/kith\.css\?\w+)"', shown.raw)
    said = await page(harness, found[1].decode())
    assert said.status == 200 and said.headers["Content-Type"].startswith("text/css")
    assert (await page(harness, "/static/../server.py")).status == 404
    assert (await page(harness, "/static/%2e%2e/server.py")).status in (403, 404)


@pytest.mark.parametrize("name", ["<script>", "a/b", "..", "x" * 50])
async def test_the_welcome_page_echoes_names_only(harness: Harness, name: str) -> None:
    said = await page(harness, f"/welcome?{name}")
    assert said.status == 200 and b"<script>" not in said.raw


@pytest.mark.clause("API-10.4")
async def test_pages_speak_the_language_of_their_reader(harness: Harness) -> None:
    await harness.join("alice")
    secret = await harness.invite()
    paths = ("/", f"/invite/{secret}", "/@alice", "/welcome", "/welcome?pending", "/nowhere")
    for accepted, language, way in (("de-DE,de;q=0.9", "de", "ltr"), ("ar", "ar", "rtl")):
        for path in (*paths, "/problems/conflict"):
            headers = {**HTML, "Accept-Language": accepted}
            said = await harness.ask("GET", f"/{path}", headers=headers)
            assert f'<html lang="{language}" dir="{way}">' in said.raw.decode()
            assert said.headers["Content-Language"] == language
            assert "Accept-Language" in said.headers["Vary"]
            for english in ("Open the app", "Home", "invites you", "Something", "Thank you"):
                assert english not in said.raw.decode(), path
    refused = await send(
        harness, f"/invite/{secret}", {"name": "alice", "password": PASSWORD},
        **{"Accept-Language": "de"},
    )  # fmt: skip
    assert refused.status == 409 and "Dieser Name ist nicht frei" in refused.raw.decode()

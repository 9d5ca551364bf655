"""Reports over the API, the acts of administrators and their log (spec INB-10, API-11.8)."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from tests.web.conftest import Harness
from tests.web.test_resets import id_of


async def said(harness: Harness, token: str, text: str = "mean words") -> str:
    body = {"content": text, "audience": "public"}
    made = await harness.ask("POST", "/posts", body, token)
    assert made.status == 201, made.raw
    return str(made.body["id"])


async def items(harness: Harness, token: str, path: str) -> list[Any]:
    answer = await harness.ask("GET", path, token=token)
    assert answer.status == 200, answer.raw
    return list(answer.body["items"])


@pytest.mark.clause("INB-10.1", "INB-10.3", "INB-10.4", "INB-10.5", "INB-10.6", "API-11.8")
async def test_a_report_is_seen_acted_on_and_closed(harness: Harness) -> None:
    root, anna = await harness.join("root1", "admin"), await harness.join("anna")
    bert = await harness.join("bert")
    post = await said(harness, bert)
    body = {"about": "@bert@a.test", "posts": [post], "text": "he is rude"}
    made = await harness.ask("POST", "/reports", body, anna)
    assert (made.status, made.body["added"], made.body["forwarded"]) == (201, False, False)
    [notice] = await items(harness, root, "/notices")
    assert (notice["kind"], notice["object"]) == ("report", made.body["id"])
    [shown] = await items(harness, root, "/admin/reports")
    assert shown["account"] == await id_of(harness, root, "bert")
    assert shown["reporter"]["handle"] == "@anna@a.test" and shown["host"] == ""
    assert [one["gone"] for one in shown["posts"]] == [False]

    at = quote(post, safe="")
    for path in (f"/admin/posts?id={at}", f"/admin/reports/{shown['id']}/close"):
        method = "DELETE" if "posts" in path else "POST"
        body = {"note": "no"} if method == "POST" else None
        assert (await harness.ask(method, path, body, bert)).status == 403
    assert (await harness.ask("GET", "/admin/reports", token=bert)).status == 403
    assert (await harness.ask("DELETE", f"/admin/posts?id={at}", token=root)).status == 204
    assert (await harness.ask("GET", f"/posts/one?id={at}", token=bert)).status == 404
    [shown] = await items(harness, root, "/admin/reports")
    assert shown["posts"][0]["gone"] and "mean words" in shown["posts"][0]["content"]
    harness.clock.pass_(timedelta(seconds=1))
    await harness.ask("POST", f"/admin/accounts/{shown['account']}/suspend", token=root)
    harness.clock.pass_(timedelta(seconds=1))
    close = f"/admin/reports/{shown['id']}/close"
    assert (await harness.ask("POST", close, {"note": " "}, root)).status == 400
    closed = await harness.ask("POST", close, {"note": "post deleted, suspended"}, root)
    assert (closed.status, closed.body["state"], closed.body["closer"]) == (200, "closed", "root1")
    assert (await harness.ask("POST", close, {"note": "again"}, root)).status == 409
    assert await items(harness, root, "/admin/reports") == []
    assert len(await items(harness, root, "/admin/reports?state=closed")) == 1
    assert (await harness.ask("GET", "/admin/reports?state=x", token=root)).status == 400
    log = await items(harness, root, "/admin/log")
    assert [(one["who"], one["deed"], one["object"]) for one in log] == [
        ("root1", "close-report", shown["id"]),
        ("root1", "suspend", "bert"),
        ("root1", "delete-post", post),
    ]
    assert "suspended" not in str(log), "what was noted goes with the report"


@pytest.mark.clause("INB-10.4", "API-11.8")
async def test_an_administrator_who_is_reported_does_not_read_of_it_in_the_log(
    harness: Harness,
) -> None:
    root, anna = await harness.join("root1", "admin"), await harness.join("anna")
    other = await harness.join("root2", "admin")
    made = await harness.ask("POST", "/reports", {"about": "@root1", "text": "rude"}, anna)
    close = f"/admin/reports/{made.body['id']}/close"
    assert (await harness.ask("POST", close, {"note": "anna is right"}, other)).status == 200
    assert await items(harness, root, "/admin/log") == []
    assert [one["object"] for one in await items(harness, other, "/admin/log")] == [made.body["id"]]


@pytest.mark.clause("INB-10.1", "INB-10.7", "INB-10.4")
async def test_what_is_refused(harness: Harness) -> None:
    root, anna = await harness.join("root1", "admin"), await harness.join("anna")
    for about, status in (
        ("@anna@a.test", 403),
        ("https://a.test/o/none", 404),
        ("", 400),
        ("@nobody", 400),
    ):
        answer = await harness.ask("POST", "/reports", {"about": about}, anna)
        assert answer.status == status, (about, answer.raw)
    forward = {"about": "@root1", "forward": True}
    assert (await harness.ask("POST", "/reports", forward, anna)).status == 409
    made = await harness.ask("POST", "/reports", {"about": "@root1"}, anna)
    assert made.status == 201
    assert await items(harness, root, "/admin/reports") == []
    assert await items(harness, root, "/notices") == []
    close = f"/admin/reports/{made.body['id']}/close"
    assert (await harness.ask("POST", close, {"note": "nothing"}, root)).status == 404


@pytest.mark.clause("INB-10.5", "API-11.8")
async def test_all_that_a_server_reported_is_closed_at_once(harness: Harness) -> None:
    root = await harness.join("root1", "admin")
    body = {"host": "Evil.test", "note": "spam"}
    done = await harness.ask("POST", "/admin/reports/close", body, root)
    assert (done.status, done.body) == (200, {"closed": 0})
    [line] = await items(harness, root, "/admin/log")
    assert (line["deed"], line["object"]) == ("close-report", "evil.test")
    bad = await harness.ask("POST", "/admin/reports/close", {**body, "host": "a b"}, root)
    assert bad.status == 400


@pytest.mark.clause("INB-10.5")
async def test_a_page_has_few_reports(harness: Harness) -> None:
    root = await harness.join("root1", "admin")
    tokens = [await harness.join(f"anna{n}") for n in range(21)]
    bert = {"about": "@root2"}
    await harness.join("root2")
    for token in tokens:
        harness.clock.pass_(timedelta(seconds=1))
        assert (await harness.ask("POST", "/reports", bert, token)).status == 201
    assert len(await items(harness, root, "/admin/reports?limit=100")) == 20


@pytest.mark.clause("API-11.8")
async def test_all_that_administrators_do_is_written_down(harness: Harness) -> None:
    root = await harness.join("root1", "admin")
    await harness.join("anna")
    anna = await id_of(harness, root, "anna")
    mode, host = {"registration": "approval"}, {"host": "evil.test", "suspended": True}
    await harness.ask("PUT", "/admin/settings", mode, root)
    new = {"name": "carl1", "password": "correct horse battery", "reason": "hi"}
    assert (await harness.ask("POST", "/accounts", new)).status in (201, 202)
    carl = await id_of(harness, root, "carl1")
    for path in (f"{carl}/reject", f"{anna}/suspend", f"{anna}/approve", f"{anna}/reset-link"):
        harness.clock.pass_(timedelta(seconds=1))
        assert (await harness.ask("POST", f"/admin/accounts/{path}", token=root)).status < 300
    harness.clock.pass_(timedelta(seconds=1))
    await harness.ask("PUT", "/admin/servers", host, root)
    harness.clock.pass_(timedelta(seconds=1))
    await harness.ask("PUT", "/admin/servers", {**host, "suspended": False}, root)
    refused = await harness.ask("PUT", "/admin/servers", {**host, "host": "a.test"}, root)
    again = await harness.ask("POST", f"/admin/accounts/{anna}/approve", token=root)
    assert (refused.status, again.status) == (409, 409), "what is refused leaves no line"
    log = await items(harness, root, "/admin/log")
    assert [(one["deed"], one["object"]) for one in reversed(log)] == [
        ("set-registration", "approval"),
        ("reject", "carl1"),
        ("suspend", "anna"),
        ("approve", "anna"),
        ("reset-link", "anna"),
        ("suspend-server", "evil.test"),
        ("allow-server", "evil.test"),
    ]

"""The app as it is installed: without a line, called by a push, handed what others share."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import BrowserContext, CDPSession, expect

from node.web.app import surface
from node.web.app.bundle import BundledFile, read_bundle
from tests.browser.app_node import AppNode, Watched, app_node, log_in, new_page
from tests.browser.overheard import overheard

READY = "async () => { await navigator.serviceWorker.ready; }"
CONTROLLED = """async () => {
  if (navigator.serviceWorker.controller === null) {
    await new Promise((go) => navigator.serviceWorker.addEventListener("controllerchange", go));
  }
}"""
NOTICES = """async () => {
  const registration = await navigator.serviceWorker.ready;
  const found = await registration.getNotifications();
  return found.map(({ title, body, tag, lang }) => ({ title, body, tag, lang }));
}"""


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> dict[str, BundledFile]:
    """What the node serves of the app; a test may change it."""
    found = read_bundle()
    monkeypatch.setattr(surface, "read_bundle", lambda: found)
    return found


@pytest.fixture
async def installed(
    files: dict[str, BundledFile], tmp_path: Path
) -> AsyncIterator[tuple[AppNode, BrowserContext, Watched]]:
    async with AsyncExitStack() as stack:
        node = await stack.enter_async_context(app_node(tmp_path))
        opened = await stack.enter_async_context(overheard(tmp_path))
        context = await opened.new_context(locale="en-GB")
        await context.grant_permissions(["notifications"], origin=node.url)
        tab = await new_page(context, node.url)
        await tab.page.goto(f"{node.url}/app/")
        await tab.page.evaluate(CONTROLLED)
        await tab.page.evaluate(READY)
        yield node, context, tab
        assert tab.faults == []


@pytest.mark.clause("APP-2.1", "APP-2.4")
async def test_the_app_opens_without_a_line(installed: Any) -> None:
    _node, context, tab = installed
    await context.set_offline(True)
    await tab.page.goto(f"{tab.url}/app/login")
    await expect(tab.page.get_by_role("heading", name="Log in")).to_be_visible()
    await context.set_offline(False)


@pytest.mark.clause("APP-2.1")
async def test_a_file_that_is_not_the_one_that_was_built_is_not_kept(
    installed: Any, files: dict[str, BundledFile]
) -> None:
    """The new build names a sheet that does not come: the one before stays."""
    _node, _context, tab = installed
    sheet = next(name for name in files if name.startswith("main-") and name.endswith(".css"))
    worker = files["sw.js"].body.replace(sheet.encode(), b"main-AAAAAAAA.css")
    files["sw.js"] = BundledFile("sw.js", worker)
    files["main-AAAAAAAA.css"] = BundledFile("main-AAAAAAAA.css", b"body { display: none }")
    state = await tab.page.evaluate(
        """async () => {
          const registration = await navigator.serviceWorker.ready;
          const ended = new Promise((go) => {
            registration.addEventListener("updatefound", () => {
              const next = registration.installing;
              next.addEventListener("statechange", () => go(next.state));
            });
          });
          await registration.update();
          return await ended;
        }"""
    )
    assert state == "redundant"


@pytest.mark.clause("APP-2.1")
async def test_a_new_build_waits_until_it_is_wanted(
    installed: Any, files: dict[str, BundledFile]
) -> None:
    _node, _context, tab = installed
    files["sw.js"] = BundledFile("sw.js", files["sw.js"].body + b"\n// another build\n")
    await tab.page.evaluate("async () => { await (await navigator.serviceWorker.ready).update(); }")
    await expect(tab.page.get_by_text("A new version of the app is here.")).to_be_visible()
    await tab.page.get_by_role("button", name="Use it").click()
    await expect(tab.page.get_by_text("A new version of the app is here.")).to_have_count(0)


async def notifications_displayed(devtools: CDPSession) -> asyncio.Queue[dict[str, Any]]:
    """Each notification as Chromium displays it.

    It is not asked for them meanwhile: one that is asked for before it is displayed, Chromium takes
    for one that was dismissed, and forgets.
    """
    displayed: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    def heard(event: Any) -> None:
        told = event["backgroundServiceEvent"]
        if told["eventName"] == "Notification displayed":
            displayed.put_nowait(told)

    devtools.on("BackgroundService.backgroundServiceEventReceived", heard)
    await devtools.send("BackgroundService.startObserving", {"service": "notifications"})
    recording = {"service": "notifications", "shouldRecord": True}
    await devtools.send("BackgroundService.setRecording", recording)
    return displayed


@pytest.mark.clause("APP-2.2", "PSH-2.2")
async def test_a_push_shows_one_notification_that_names_nobody(installed: Any) -> None:
    _node, context, tab = installed
    devtools = await context.new_cdp_session(tab.page)
    found: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def heard(event: Any) -> None:
        if event["registrations"] and not found.done():
            found.set_result(event["registrations"][0]["registrationId"])

    devtools.on("ServiceWorker.workerRegistrationUpdated", heard)
    await devtools.send("ServiceWorker.enable")
    displayed = await notifications_displayed(devtools)
    for data, tag, title in (
        ("{}", "messages", "You have a new message"),
        ('{"kind": "friends"}', "friends", "News about a friendship"),
        ('{"kind": "<img>", "from": "mallory"}', "messages", "You have a new message"),
        ("no json", "messages", "You have a new message"),
    ):
        pushed = {"origin": tab.url, "registrationId": await found, "data": data}
        await devtools.send("ServiceWorker.deliverPushMessage", pushed)
        await displayed.get()
        [notice] = [one for one in await tab.page.evaluate(NOTICES) if one["tag"] == tag]
        assert notice == {
            "title": title, "body": "Open Kith to see it.", "tag": tag, "lang": "en",
        }  # fmt: skip


@pytest.mark.clause("APP-2.3")
async def test_what_is_shared_waits_and_goes_nowhere(installed: Any) -> None:
    node, _context, tab = installed
    await node.sign_up("ada", "Ada")
    kept = await tab.page.evaluate(
        """async () => {
          const form = new FormData();
          form.append("title", "A cat");
          form.append("text", "look at it");
          form.append("files", new File(["FILM"], "cat é.mp4", { type: "video/mp4" }));
          await fetch("/app/share", { method: "POST", body: form, redirect: "manual" });
          const cache = await caches.open("kith-shared");
          const words = await (await cache.match("/app/share/words")).text();
          const file = await cache.match("/app/share/file/0");
          return [words, file.headers.get("Content-Type"), await file.text()];
        }"""
    )
    assert kept == ["A cat\nlook at it", "video/mp4", "FILM"]
    await log_in(tab.page, node, "ada")
    await tab.page.goto(f"{tab.url}/app/post?shared=1")
    await expect(tab.page.get_by_label("About the video")).to_have_value("A cat\nlook at it")
    await expect(tab.page.get_by_text("cat é.mp4")).to_be_visible()
    await expect(tab.page.get_by_role("button", name="Post for friends")).to_be_enabled()
    assert await tab.page.evaluate("() => caches.has('kith-shared')") is False
    await expect(tab.page.get_by_role("heading", name="On their way")).to_have_count(0)

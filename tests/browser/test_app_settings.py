"""Settings and administration in the app: what a person changes there, and who runs the node."""

import asyncio
import json
import re
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route, expect

from node.errors import Unproven
from node.wire.api.accounts import Session
from tests.browser.app_node import PASSWORD, AppNode, Watched, log_in, opened
from tools import api_types

APP = Path(__file__).resolve().parents[2] / "browser"
AXE = (APP / "node_modules" / "axe-core" / "axe.min.js").read_text()
# A browser whose push service is there: headless ones have none.
PUSH = """
let made = null;
PushManager.prototype.getSubscription = async () => made;
PushManager.prototype.subscribe = async (options) => {
  const { publicKey } = await crypto.subtle.generateKey(
    { name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
  const point = await crypto.subtle.exportKey("raw", publicKey);
  made = {
    endpoint: "https://push.social/browser",
    expirationTime: null,
    options: { applicationServerKey: options.applicationServerKey.buffer },
    getKey: (name) => (name === "auth" ? new Uint8Array(16).buffer : point),
    unsubscribe: async () => true,
  };
  return made;
};
"""


async def at_settings(browser: Browser, home: AppNode, path: str = "", **more: Any) -> Watched:
    """Ada, who runs the node, at her settings."""
    watched = await opened(browser, home, **more)
    await watched.page.add_init_script(PUSH)
    await log_in(watched.page, home, "ada")
    await watched.page.goto(f"{home.url}/app{path or '/settings'}")
    await expect(watched.page.get_by_role("heading", level=1)).to_be_visible()
    return watched


async def violations(page: Page) -> list[str]:
    """What axe finds on the screen."""
    await page.evaluate(AXE)
    found = await page.evaluate("async () => (await axe.run()).violations")
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found]


@pytest.mark.clause("APP-3.1")
async def test_a_browser_is_called_for_what_it_wants(browser: Browser, home: AppNode) -> None:
    ada = await home.sign_up("ada")
    watched = await at_settings(browser, home, permissions=["notifications"])
    page = watched.page

    async def told() -> list[Any]:
        async with home.line(ada.token or "") as line:
            return list((await line.ask("GET", "/push/subscriptions", dict))["items"])

    def taken(method: str) -> AbstractAsyncContextManager[Any]:
        """Until the node has answered: the switch itself moves before."""
        return page.expect_response(
            lambda one: "/push/subscription" in one.url and one.request.method == method
        )

    async with taken("PUT"):
        await page.get_by_role("switch", name="Call me on this device").check()
    await expect(page.get_by_role("switch", name="Likes and shares")).not_to_be_checked()
    [one] = await told()
    assert (one["service"], "likes" in one["kinds"]) == ("push.social", False)
    async with taken("PUT"):
        await page.get_by_role("switch", name="Likes and shares").check()
    await expect(page.get_by_role("switch", name="Likes and shares")).to_be_checked()
    [one] = await told()
    assert "likes" in one["kinds"]
    await page.get_by_role("button", name="Send a test").click()
    await expect(page.get_by_text("The push service did not take it")).to_be_visible()
    async with taken("DELETE"):
        await page.get_by_role("switch", name="Call me on this device").uncheck()
    await expect(page.get_by_role("button", name="Send a test")).to_have_count(0)
    assert await told() == []
    assert watched.faults == []


@pytest.mark.clause("APP-3.1")
async def test_looks_language_and_ones_data(browser: Browser, home: AppNode) -> None:
    await home.sign_up("ada", "Ada")
    watched = await at_settings(browser, home)
    page = watched.page
    await page.get_by_role("radio", name="Dark").check()
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    async with page.expect_download() as saved:
        await page.get_by_role("button", name="Save as a file").click()
    download = await saved.value
    assert re.fullmatch(r"kith-ada-\d{4}-\d\d-\d\d\.json", download.suggested_filename)
    path = Path(await download.path())
    whole = json.loads(await asyncio.to_thread(path.read_text))
    assert (whole["account"]["name"], whole["posts"]) == ("ada", [])
    await page.get_by_label("Language").select_option("ar")
    await expect(page.get_by_role("heading", name="الإعدادات")).to_be_visible()
    await expect(page.locator("html")).to_have_attribute("dir", "rtl")
    await page.reload()
    await expect(page.get_by_role("heading", name="الإعدادات")).to_be_visible()
    assert watched.faults == []


@pytest.mark.clause("APP-3.1")
async def test_a_lost_device_is_revoked_and_it_is_said_what_that_does(
    browser: Browser, home: AppNode
) -> None:
    await home.sign_up("ada")
    asked = {"name": "ada", "password": PASSWORD, "device_name": "Old phone"}
    async with home.line() as line:
        lost = await line.ask("POST", "/login", Session, asked)
    watched = await at_settings(browser, home, "/settings/devices")
    page = watched.page
    await page.get_by_role("button", name="Revoke: Old phone").click()
    await expect(page.get_by_text("What it has read already stays on it.")).to_be_visible()
    await expect(page.get_by_role("dialog")).to_contain_text("nothing that is written from then on")
    await page.get_by_role("dialog").get_by_role("button", name="Revoke", exact=True).click()
    await expect(page.get_by_text("Old phone")).to_have_count(0)
    async with home.line(lost.token or "") as line:
        with pytest.raises(Unproven):
            await line.ask("GET", "/account", dict)


@pytest.mark.clause("APP-3.1")
async def test_a_silent_device_is_told_of(browser: Browser, home: AppNode) -> None:
    await home.sign_up("ada")
    asked = {"name": "ada", "password": PASSWORD, "device_name": "Old phone"}
    async with home.line() as line:
        await line.ask("POST", "/login", Session, asked)
    watched = await at_settings(browser, home)
    page = watched.page

    async def aged(route: Route) -> None:
        answer = await route.fetch()
        found = await answer.json()
        for one in found["items"]:
            if one["name"] == "Old phone":
                one |= {"created": "2020-01-01T00:00:00Z", "last_seen": None}
        await route.fulfill(response=answer, json=found)

    await page.route("**/api/kith/v1/devices", aged)
    await page.goto(f"{home.url}/app/settings/devices")
    await expect(page.get_by_text("Not heard of for more than a week")).to_have_count(1)


@pytest.mark.clause("APP-3.1")
async def test_a_password_is_changed(browser: Browser, home: AppNode) -> None:
    await home.sign_up("ada")
    watched = await at_settings(browser, home, "/settings/password")
    page = watched.page
    await page.get_by_label("Your password now").fill("not this one")
    await page.get_by_label("The new one").fill("five words that nobody guesses")
    await page.get_by_role("button", name="Change the password").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await page.get_by_label("Your password now").fill(PASSWORD)
    await page.get_by_role("button", name="Change the password").click()
    await expect(page.get_by_text("The password is changed.")).to_be_visible()
    async with home.line() as line:
        await line.ask(
            "POST", "/login", Session, {"name": "ada", "password": "five words that nobody guesses"}
        )


@pytest.mark.clause("APP-3.2")
async def test_people_are_locked_out_and_let_in_and_get_a_link(
    browser: Browser, home: AppNode
) -> None:
    await home.sign_up("ada")
    bob = await home.sign_up("bob", "<i>Bob</i>")
    watched = await at_settings(browser, home, "/admin/people")
    page = watched.page
    row = page.get_by_role("listitem").filter(has_text="@bob")
    await expect(row.get_by_text("<i>Bob</i>")).to_be_visible()
    await row.get_by_role("button", name="Password link").click()
    await expect(row.get_by_text("/reset/")).to_be_visible()
    await row.get_by_role("button", name="Lock out").click()
    await page.get_by_role("dialog").get_by_role("button", name="Lock out").click()
    await expect(row).to_have_count(0)
    async with home.line(bob.token or "") as line:
        with pytest.raises(Unproven):
            await line.ask("GET", "/account", dict)
    await page.get_by_role("radio", name="Locked out").check()
    await row.get_by_role("button", name="Let in again").click()
    await expect(row).to_have_count(0)
    await page.get_by_label("Name").fill("@bob")
    await page.get_by_role("button", name="Find").click()
    await expect(row.get_by_role("button", name="Lock out")).to_be_visible()
    assert watched.faults == []


@pytest.mark.clause("APP-3.2")
async def test_servers_sign_up_and_invites_are_dealt_with(browser: Browser, home: AppNode) -> None:
    await home.sign_up("ada")
    watched = await at_settings(browser, home, "/admin/servers")
    page = watched.page
    servers = page.get_by_role("region", name="Servers", exact=True)
    await servers.get_by_label("Name of the server").fill("spam.social")
    await servers.get_by_role("button", name="Suspend").click()
    await expect(servers.get_by_text("spam.social")).to_be_visible()
    await servers.get_by_role("button", name="Take back").click()
    await expect(servers.get_by_text("No server is suspended.")).to_be_visible()
    await page.goto(f"{home.url}/app/admin")
    await expect(page.get_by_text("Waits to be sent")).to_be_visible()
    await page.get_by_role("radio", name="Whom we approve").check()
    await expect(page.get_by_text("Saved.")).to_be_visible()
    async with home.line() as line:
        assert (await line.ask("GET", "/node", dict))["registration"] == "approval"
    await page.goto(f"{home.url}/app/settings/invites")
    await page.get_by_role("button", name="Make a link").click()
    await expect(page.get_by_text("/invite/")).to_be_visible()
    await page.get_by_role("button", name="Make void").click()
    await expect(page.get_by_text("No link is open.")).to_be_visible()
    assert watched.faults == []


@pytest.mark.clause("APP-3.2")
async def test_all_that_the_api_has_for_administrators_is_in_the_app() -> None:
    """By the paths that the screens ask."""
    screens = "".join(page.read_text() for page in (APP / "app" / "screens").glob("admin*.tsx"))
    paths = [path for path in (await api_types.description())["paths"] if "/admin/" in path]
    assert len(paths) >= 8
    for path in paths:
        below = path.partition("/admin/")[2]
        deed = below.rpartition("}/")[2]
        assert f'"{deed}"' in screens or f"/admin/{below}" in screens, path


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_everybody_can_use_these_screens(
    browser: Browser, home: AppNode, scheme: str
) -> None:
    await home.sign_up("ada")
    await home.sign_up("bob")
    watched = await at_settings(browser, home, color_scheme=scheme)
    page = watched.page
    for path in (
        "/settings", "/settings/devices", "/settings/password", "/settings/invites",
        "/settings/delete", "/admin", "/admin/people", "/admin/servers",
    ):  # fmt: skip
        await page.goto(f"{home.url}/app{path}")
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        await expect(page.locator(".waiting")).to_have_count(0)
        assert await violations(page) == [], path
    assert watched.faults == []

"""Every screen: nothing that axe finds, and nothing that a hostile friend breaks."""

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.app_node import AppNode, log_in, opened
from tools.browser import MODULES

AXE = (MODULES / "axe-core" / "axe.min.js").read_text()
HUGE = "Z\u0301\u05d0" + "W" * 60
HOSTILE = '<img src=x onerror=alert(1)> &amp; "quoted" ' + "x" * 400
SIDEWAYS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


async def violations(page: Page) -> list[str]:
    """What axe finds on the screen."""
    await page.evaluate(AXE)
    found = await page.evaluate("async () => (await axe.run()).violations")
    return [f"{one['id']}: {node['html'][:120]}" for one in found for node in one["nodes"]]


SCREENS = (
    ("/", "article"),
    ("/people", "main h1"),
    ("/people/BOB", ".tiles"),
    ("/code", "canvas"),
    ("/scan", "main h1"),
    ("/post", "main h1"),
    ("/chats", ".chat-list h1"),
    ("/chats/with/BOB", ".chat-composer"),
    ("/me", "main h1"),
    ("/me/profile", "textarea"),
    ("/blocked", "main h1"),
    ("/nowhere", "main h1"),
)


async def hostile(home: AppNode) -> str:
    """Ada, and Bob, who writes what he can. Bob's address."""
    ada, bob = await home.sign_up("ada", "Ada"), await home.sign_up("bob", HUGE)
    await home.befriend(ada, bob)
    post = await home.post(bob, HOSTILE)
    async with home.line(bob.token or "") as line:
        await line.ask("PATCH", "/account", dict, {"summary": HOSTILE})
        body = {"in_reply_to": post["id"], "content": HOSTILE}
        await line.ask("POST", "/comments", dict, body)
    dora = await home.sign_up("dora", HUGE)
    async with home.line(dora.token or "") as line:
        body = {"actor": ada.account.actor, "text": HOSTILE[:400]}
        await line.ask("POST", "/friends/requests", dict, body)
    return bob.account.address


@pytest.mark.slow
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_every_screen_stands_whatever_friends_write(
    browser: Browser, home: AppNode, dark: bool
) -> None:
    address = await hostile(home)
    watched = await opened(
        browser,
        home,
        color_scheme="dark" if dark else "light",
        viewport={"width": 390, "height": 844},
    )
    page = watched.page
    await log_in(page, home, "ada")
    found: dict[str, list[str]] = {}
    for path, sign in SCREENS:
        await page.goto(f"{home.url}/app{path.replace('BOB', address)}")
        await page.locator(sign).first.wait_for()
        found[path] = await violations(page)
        assert await page.evaluate(SIDEWAYS) <= 0, f"{path} is wider than the screen"
    await page.goto(f"{home.url}/app/")
    await page.get_by_role("button", name="Comments").click()
    await page.locator(".comment").first.wait_for()
    found["comments"] = await violations(page)
    assert {path: faults for path, faults in found.items() if faults} == {}
    assert watched.faults == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("locale", "nav", "way"),
    [("ar", "الأماكن الرئيسية", "rtl"), ("es-ES", "Lugares principales", "ltr")],
)
async def test_the_app_speaks_the_language_of_its_reader(
    browser: Browser, home: AppNode, locale: str, nav: str, way: str
) -> None:
    address = await hostile(home)
    watched = await opened(browser, home, viewport={"width": 390, "height": 844})
    page = watched.page
    await log_in(page, home, "ada")
    await page.evaluate("(tag) => localStorage.setItem('kith.language', tag)", locale)
    for path, sign in SCREENS:
        await page.goto(f"{home.url}/app{path.replace('BOB', address)}")
        await page.locator(sign).first.wait_for()
        await expect(page.get_by_role("navigation", name=nav)).to_be_visible()
        assert await page.evaluate("() => document.documentElement.dir") == way
        assert await page.evaluate(SIDEWAYS) <= 0, f"{path} is wider than the screen"
    assert watched.faults == []

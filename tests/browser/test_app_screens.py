"""Every screen: nothing that axe finds, and nothing that a hostile friend breaks."""

import asyncio
import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.app_node import AppNode, log_in, opened
from tests.clips import make_clip
from tools.browser import FOLDER, MODULES

AXE = (MODULES / "axe-core" / "axe.min.js").read_text()
HUGE = "Z\u0301\u05d0" + "W" * 60
HOSTILE = '<img src=x onerror=alert(1)> &amp; "quoted" ' + "x" * 400
# Controls that cannot be brought into view, and a page that goes sideways.
OUT_OF_REACH = """() => {
  const found = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) found.push("the page goes sideways");
  for (const one of document.querySelectorAll("a[href], button, input, textarea, select")) {
    if (one.matches(".skip, :disabled") || !one.checkVisibility()) continue;
    one.scrollIntoView({ block: "nearest", inline: "nearest", behavior: "instant" });
    const { left, right, top, bottom } = one.getBoundingClientRect();
    const isIn = left < innerWidth && right > 0 && top < innerHeight && bottom > 0;
    if (!isIn) found.push(one.outerHTML.slice(0, 120));
  }
  return found;
}"""
# The policy forbids `wait_for_function`, which evaluates text: a function in the page waits itself.
UNTIL_SCROLLED = """() => new Promise((done) => {
  const look = () => document.querySelector(".words-card").scrollTop > 0
    ? done() : requestAnimationFrame(look);
  look();
})"""
SIDEWAYS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


async def violations(page: Page) -> list[str]:
    """What axe finds on the screen."""
    await page.evaluate(AXE)
    found = await page.evaluate("async () => (await axe.run()).violations")
    return [f"{one['id']}: {node['html'][:120]}" for one in found for node in one["nodes"]]


# What stands in the paths of screens; a screen with another place to fill is to be given one here.
FILLED = {":handle": "BOB", ":id": "BOB", ":of": "following"}
# Screens whose content comes later than their heading.
SIGNS = {
    "/": "article",
    "/people/:handle": ".tiles",
    "/code": "canvas",
    "/chats/with/:handle": ".chat-composer",
}
WIDTHS = {390: 844, 820: 1180, 1440: 900}


def walked(inside: bool) -> list[tuple[str, str]]:
    """Each screen of the app's own table: its path, and what is there when it has come."""
    table = (FOLDER / "app" / "screens.tsx").read_text()
    found = dict.fromkeys(re.findall(r'"(/[a-z:/]*)"', table))
    outside = re.findall(r'outside\(\s*"(/[a-z:/]*)"', table)
    assert len(found) > 20 and len(outside) == 5, "the table of screens is written otherwise"
    screens = []
    for above in ("settings", "admin"):
        below = (FOLDER / "app" / "screens" / f"{above}_places.tsx").read_text()
        parts = re.findall(r'\["(\w+)", \w+\]', below)
        screens += [(f"/{above}/{part}", "main h1:visible") for part in parts if inside]
        found.pop(f"/{above}/:part")
    for pattern in [one for one in found if (one not in outside) is inside]:
        path = pattern
        for part, value in FILLED.items():
            path = path.replace(part, value)
        assert ":" not in path, f"no test knows what to put into {pattern}"
        screens.append((path, SIGNS.get(pattern, "main h1:visible")))
    return [*screens, ("/nowhere", "main h1")] if inside else screens


async def at_screen(page: Page, home: AppNode, path: str, sign: str, bob: str) -> None:
    """Go there, and wait until it is there."""
    await page.goto(f"{home.url}/app{path.replace('BOB', bob)}")
    await page.locator(sign).first.wait_for()
    await expect(page.locator(".spinner:visible")).to_have_count(0)


async def looked_at(page: Page) -> list[str]:
    """What is wrong with the screen on a phone, a tablet and a desk, by day and by night."""
    found = []
    for width, height in WIDTHS.items():
        await page.set_viewport_size({"width": width, "height": height})
        if await page.evaluate(SIDEWAYS) > 0:
            found.append(f"wider than {width} px")
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme)
            found += [f"{width} {scheme} {one}" for one in await violations(page)]
    return found


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
@pytest.mark.timeout(900)
async def test_every_screen_stands_whatever_friends_write(
    browser: Browser, home: AppNode, tmp_path: Path
) -> None:
    address = await hostile(home)
    # Without motion no colour is on its way to another when it is looked at.
    watched = await opened(browser, home, reduced_motion="reduce")
    page = watched.page
    found: dict[str, list[str]] = {}
    for inside in (False, True):
        if inside:
            await log_in(page, home, "ada")
        for path, sign in walked(inside):
            await at_screen(page, home, path, sign, address)
            found[path] = await looked_at(page)
    await at_screen(page, home, "/", "article", address)
    await page.get_by_role("button", name="Comments").click()
    await page.locator(".comment").first.wait_for()
    found["comments"] = await looked_at(page)
    await at_screen(page, home, "/post", "main h1:visible", address)
    film = await asyncio.to_thread(make_clip, tmp_path / f"{HUGE}.mp4", seconds=3)
    await page.set_input_files("input[type=file]:not([capture])", film)
    await page.get_by_role("slider", name="Where it begins").focus()
    await page.keyboard.press("ArrowRight")
    await page.get_by_text("as it is").or_(page.get_by_text("before it is sent")).wait_for()
    found["a film"] = await looked_at(page)
    assert {path: faults for path, faults in found.items() if faults} == {}
    assert watched.faults == []


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_nothing_is_lost_when_all_is_twice_as_large(browser: Browser, home: AppNode) -> None:
    """At 200 % a screen of 1280 by 720 pixels has room for 640 by 360 (WCAG 1.4.4, 1.4.10)."""
    address = await hostile(home)
    watched = await opened(
        browser, home, viewport={"width": 640, "height": 360}, reduced_motion="reduce",
        forced_colors="active",
    )  # fmt: skip
    page = watched.page
    await log_in(page, home, "ada")
    found: dict[str, list[str]] = {}
    for path, sign in walked(inside=True):
        await at_screen(page, home, path, sign, address)
        found[path] = await page.evaluate(OUT_OF_REACH)
    assert {path: faults for path, faults in found.items() if faults} == {}
    assert watched.faults == []


async def scrolls_by_key(page: Page, name: str, label: str) -> None:
    """An area scrolls while it has no room for what is in it, and says what it is."""
    area = page.locator(name)
    await page.set_viewport_size({"width": 390, "height": 844})
    await expect(area).not_to_have_attribute("tabindex", "0")
    await page.set_viewport_size({"width": 390, "height": 380})
    await expect(area).to_have_attribute("tabindex", "0")
    assert await violations(page) == []
    await expect(area).to_have_role("group")
    await expect(area).to_have_accessible_name(label)
    await area.focus()
    await page.set_viewport_size({"width": 390, "height": 844})
    # Two frames: sizes are looked at in each.
    await page.evaluate(
        "() => new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)))"
    )
    await expect(area).to_be_focused()
    await page.evaluate("() => document.activeElement.blur()")
    await expect(area).not_to_have_attribute("tabindex", "0")
    await expect(area).not_to_have_attribute("role", "group")


@pytest.mark.slow
async def test_what_begins_to_scroll_later_is_scrolled_by_key(
    browser: Browser, home: AppNode
) -> None:
    address = await hostile(home)
    await log_in((await opened(browser, home)).page, home, "bob")  # whom one writes to has a device
    watched = await opened(browser, home, reduced_motion="reduce")
    page = watched.page
    await log_in(page, home, "ada")
    await at_screen(page, home, "/", "article", address)
    await scrolls_by_key(page, ".words-card", "Words of the post")
    # Letters that come late, or that somebody makes larger, take room, too.
    await page.evaluate("() => { document.documentElement.style.fontSize = '40px'; }")
    card = page.locator(".words-card")
    await expect(card).to_have_attribute("tabindex", "0")
    await card.focus()
    await page.keyboard.press("ArrowDown")
    await page.evaluate(UNTIL_SCROLLED)
    await page.evaluate("() => { document.documentElement.style.fontSize = ''; }")
    await page.get_by_role("button", name="Comments").click()
    await page.locator(".comment").first.wait_for()
    await scrolls_by_key(page, ".comments", "Comments")
    await at_screen(page, home, "/chats/with/BOB", ".chat-composer", address)
    history = page.locator(".history")
    await expect(history).not_to_have_attribute("tabindex", "0")
    # What comes meanwhile, where the area stays as high as it was.
    await page.get_by_label("Write a message").fill("word\n" * 60)
    await page.keyboard.press("Enter")
    await expect(history).to_have_attribute("tabindex", "0")
    await expect(page.get_by_role("group", name="Messages")).to_have_count(1)
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
    for path, sign in walked(inside=True):
        await at_screen(page, home, path, sign, address)
        await expect(page.get_by_role("navigation", name=nav)).to_be_visible()
        assert await page.evaluate("() => document.documentElement.dir") == way
        assert await page.evaluate(SIDEWAYS) <= 0, f"{path} is wider than the screen"
    assert watched.faults == []

"""What a press begins: it goes on alone, and what comes after knows nothing of it."""

import asyncio
from urllib.parse import quote

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.browser.app_node import AppNode, log_in, opened
from tests.browser.test_app_settings import at_settings

pytestmark = pytest.mark.slow


async def held(page: Page, path: str) -> asyncio.Future[Route]:
    """The next request to `path`, which is answered by who holds it."""
    asked: asyncio.Future[Route] = asyncio.get_running_loop().create_future()
    await page.route(f"**/api/kith/v1{path}", lambda way: asked.set_result(way), times=1)
    return asked


async def test_a_question_that_was_left_says_nothing_to_the_next_one(
    browser: Browser, home: AppNode
) -> None:
    ada = await home.sign_up("ada", "Ada")
    post = await home.post(ada, "Mine")
    watched = await opened(browser, home, service_workers="block")
    page = watched.page
    await log_in(page, home, "ada")
    await page.goto(f"{home.url}/app/watch?id={quote(post['id'], safe='')}")
    await page.get_by_role("button", name="More").click()
    asked = await held(page, "/posts/one*")
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Delete").click()
    way = await asked
    await expect(dialog.get_by_role("button", name="Copy the link")).to_be_disabled()
    await dialog.get_by_role("button", name="Cancel").click()
    await page.get_by_role("button", name="More").click()
    await expect(dialog.get_by_role("button", name="Copy the link")).to_be_enabled()
    await expect(dialog.get_by_role("button", name="Delete")).to_have_attribute(
        "aria-busy", "false"
    )
    # What became of the first is told in passing, and not said of the second.
    await way.fulfill(status=500, json={"code": "broken", "detail": "no luck", "clause": ""})
    await expect(page.locator(".toast.alarm")).to_be_visible()
    await expect(dialog.get_by_role("alert")).to_have_count(0)
    await expect(dialog).to_be_visible()
    assert watched.faults == []


async def test_a_switch_that_is_on_its_way_is_not_flipped(browser: Browser, home: AppNode) -> None:
    await home.sign_up("ada", "Ada")
    watched = await at_settings(
        browser, home, permissions=["notifications"], service_workers="allow"
    )
    page = watched.page
    switch = page.get_by_role("switch", name="Call me on this device")
    asked = await held(page, "/push/subscription*")
    await switch.click()
    way = await asked
    await expect(switch).to_have_attribute("aria-busy", "true")
    await switch.click()
    await expect(switch).to_be_checked()
    await way.continue_()
    await expect(switch).to_have_attribute("aria-busy", "false")
    await expect(switch).to_be_checked()
    assert watched.faults == []


async def test_a_choice_stands_until_it_is_done(browser: Browser, home: AppNode) -> None:
    await home.sign_up("ada", "Ada")  # the first one is the administrator
    watched = await opened(browser, home, service_workers="block")
    page = watched.page
    await log_in(page, home, "ada")
    await page.goto(f"{home.url}/app/admin")
    choices = page.get_by_role("group", name="Who may join")
    # Their words take the press.
    first, second, third = (choices.locator("label").nth(place) for place in range(3))
    await expect(first.get_by_role("radio")).to_be_checked()
    asked = await held(page, "/admin/settings")
    await second.click()
    await expect(choices).to_have_attribute("aria-busy", "true")
    await third.click()
    await expect(second.get_by_role("radio")).to_be_checked()
    await (await asked).continue_()
    await expect(choices).to_have_attribute("aria-busy", "false")
    await expect(second.get_by_role("radio")).to_be_checked()
    # What the node does not take goes back.
    asked = await held(page, "/admin/settings")
    await third.click()
    await (await asked).fulfill(status=500, json={"code": "broken", "detail": "", "clause": ""})
    await expect(choices).to_have_attribute("aria-busy", "false")
    await expect(second.get_by_role("radio")).to_be_checked()
    assert watched.faults == []

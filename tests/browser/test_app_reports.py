"""Somebody is reported in the app, and an administrator acts on it (spec INB-10)."""

import re

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.app_node import AppNode, log_in, opened
from tests.browser.test_app_screens import violations

PHONE = {"width": 390, "height": 844}


async def answer(page: Page, words: str = "") -> None:
    """The question is answered, and what came of it is said."""
    dialog = page.get_by_role("dialog")
    if words:
        await dialog.get_by_label("What is wrong?").fill(words)
    await expect(dialog.get_by_text("is not told")).to_be_visible()
    await expect(dialog.get_by_role("switch")).to_have_count(0)
    assert await violations(page) == []
    await dialog.get_by_role("button", name="Report").click()
    await expect(dialog).to_have_count(0)


@pytest.mark.clause("APP-3.4", "APP-3.2", "INB-10.4")
@pytest.mark.parametrize("size", [PHONE, None], ids=["phone", "desk"])
async def test_a_post_is_reported_and_an_administrator_deletes_it(
    browser: Browser, home: AppNode, size: dict[str, int] | None
) -> None:
    await home.sign_up("ada", "Ada")
    bo, carl = await home.sign_up("bo", "Bo"), await home.sign_up("carl", "Carl")
    post = await home.post(carl, "mean words", audience="public")
    async with home.line(carl.token or "") as line:
        body = {"in_reply_to": post["id"], "content": "meaner words"}
        await line.ask("POST", "/comments", dict, body)
    more = {"viewport": size} if size else {}
    watched = await opened(browser, home, **more)
    page = watched.page
    await log_in(page, home, "bo")
    await page.goto(f"{home.url}/app/feed/local")
    await page.get_by_role("button", name="More").first.click()
    await page.get_by_role("dialog").get_by_role("button", name="Report").click()
    await answer(page, "he is rude")
    await expect(page.get_by_text("It is reported.")).to_be_visible()
    await page.get_by_role("button", name=re.compile("Comments")).first.click()
    await page.get_by_role("button", name="Report").click()
    await expect(page.get_by_role("dialog").filter(has_text="is not told")).to_be_visible()
    await page.get_by_role("button", name="Cancel").click()
    await page.goto(f"{home.url}/app/people/{carl.account.address}")
    await page.get_by_role("button", name="More").click()
    await page.get_by_role("dialog").get_by_role("button", name="Report").click()
    await answer(page)
    await expect(page.get_by_text("It is added to what you reported before.")).to_be_visible()
    assert bo.account.role == "member" and watched.faults == []

    watched = await opened(browser, home, **more)
    page = watched.page
    await log_in(page, home, "ada")
    await page.goto(f"{home.url}/app/notices")
    await page.get_by_role("link", name=re.compile("Carl was reported")).click()
    card = page.locator(".standing").filter(has_text="he is rude")
    await expect(card.get_by_text("mean words")).to_be_visible()
    await expect(card.get_by_text("reported by")).to_be_visible()
    await expect(card.get_by_text(bo.account.address)).to_be_visible()
    assert await violations(page) == []
    await card.get_by_role("button", name="Delete this post").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete this post").click()
    await expect(card.get_by_text("deleted since")).to_be_visible()
    await expect(card.get_by_text("mean words")).to_be_visible()
    await card.get_by_role("button", name="Lock out").click()
    await page.get_by_role("dialog").get_by_role("button", name="Lock out").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await card.get_by_label("What was done").fill("deleted, locked out")
    await card.get_by_role("button", name="Close the report").click()
    await expect(page.get_by_text("No reports")).to_be_visible()
    await page.get_by_role("radio", name="Closed").check()
    await expect(page.get_by_text("deleted, locked out")).to_be_visible()
    await page.goto(f"{home.url}/app/admin")
    await page.get_by_role("link", name="What administrators did").click()
    for words in ("Post deleted", "Account locked out", "Report closed"):
        await expect(page.get_by_text(words)).to_be_visible()
    assert await violations(page) == [] and watched.faults == []

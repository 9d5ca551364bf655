"""Words are changed in the app, and what they said before is found (spec INB-13)."""

from urllib.parse import quote

import pytest
from playwright.async_api import Browser, expect

from tests.browser.app_node import AppNode, log_in, opened
from tests.browser.test_app_screens import violations


@pytest.mark.clause("INB-13.1", "INB-13.4")
async def test_a_post_and_a_comment_are_changed_and_a_friend_finds_what_they_said(
    browser: Browser, home: AppNode
) -> None:
    ada, bo = await home.sign_up("ada", "Ada"), await home.sign_up("bo", "Bo")
    await home.befriend(ada, bo)
    post = await home.post(ada, "the frist words", audience="public")
    where = f"{home.url}/app/watch?id={quote(post['id'], safe='')}"
    hers = await opened(browser, home)
    page = hers.page
    await log_in(page, home, "ada")
    await page.goto(where)
    await page.get_by_role("button", name="More").click()
    await expect(page.get_by_role("button", name="What it said before")).to_have_count(0)
    await page.get_by_role("dialog").get_by_role("button", name="Change").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_label("Words")).to_have_value("the frist words")
    assert await violations(page) == []
    await dialog.get_by_label("Words").fill("")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog.get_by_role("alert")).to_be_visible()
    await dialog.get_by_label("Words").fill("the first words")
    await dialog.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("It is changed.")).to_be_visible()
    await expect(page.locator(".words-card")).to_contain_text("the first words")

    await page.get_by_role("button", name="Comments").click()
    await page.get_by_label("Say something").fill("nise")
    await page.get_by_label("Say something").press("Enter")
    await page.get_by_role("button", name="Change", exact=True).click()
    await page.get_by_label("Words", exact=True).fill("nice")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator(".comment").get_by_text("nice")).to_be_visible()
    await page.locator(".comment").get_by_role("button", name="changed").click()
    await expect(page.get_by_role("dialog").get_by_text("nise")).to_be_visible()
    assert await violations(page) == []

    his = await opened(browser, home)
    await log_in(his.page, home, "bo")
    await his.page.goto(where)
    await expect(his.page.locator(".clip-author")).to_contain_text("changed")
    await his.page.get_by_role("button", name="More").click()
    await expect(his.page.get_by_role("button", name="Change", exact=True)).to_have_count(0)
    await his.page.get_by_role("button", name="What it said before").click()
    await expect(his.page.get_by_role("dialog").get_by_text("the frist words")).to_be_visible()
    assert hers.faults == his.faults == []

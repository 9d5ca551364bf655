"""People, threads and words are muted in the app (spec INB-11)."""

import re

import pytest
from playwright.async_api import Browser, expect

from tests.browser.app_node import AppNode, log_in, opened
from tests.browser.test_app_screens import violations


@pytest.mark.clause("APP-3.5", "INB-11.2", "INB-11.5")
async def test_somebody_and_a_word_are_muted_and_heard_again(
    browser: Browser, home: AppNode
) -> None:
    ada, bo = await home.sign_up("ada", "Ada"), await home.sign_up("bo", "Bo")
    await home.befriend(ada, bo)
    post = await home.post(bo, "who wins the match", audience="public")
    async with home.line(bo.token or "") as line:
        body = {"in_reply_to": post["id"], "content": "the match is on"}
        await line.ask("POST", "/comments", dict, body)
    watched = await opened(browser, home)
    page = watched.page
    await log_in(page, home, "ada")

    await page.goto(f"{home.url}/app/settings")
    await page.get_by_role("link", name="Whom and what you mute").click()
    await expect(page.get_by_text("You mute nobody")).to_be_visible()
    await page.get_by_label("Word", exact=True).fill("Match")
    await page.get_by_label("For how long").select_option(label="A week")
    await page.get_by_role("button", name="Mute this word").click()
    await expect(page.get_by_text("match", exact=True)).to_be_visible()
    await expect(page.get_by_text(re.compile("^ends"))).to_be_visible()
    assert await violations(page) == []

    await page.goto(f"{home.url}/app/feed/friends")
    await expect(page.locator(".clip-veil")).to_contain_text("Hidden: \u2068match\u2069")
    await expect(page.get_by_text("who wins")).to_have_count(0)
    assert await violations(page) == []
    await page.get_by_role("button", name="Show").click()
    await expect(page.locator(".words-card").get_by_text("who wins")).to_be_visible()
    await page.get_by_role("button", name=re.compile("Comments")).first.click()
    await page.get_by_role("button", name=re.compile("Hidden:")).click()
    await expect(page.get_by_text("the match is on")).to_be_visible()
    await page.get_by_role("button", name="Close").click()

    await page.get_by_role("button", name="More").first.click()
    await page.get_by_role("dialog").get_by_role("button", name="Mute").click()
    dialog = page.get_by_role("dialog").filter(has_text="is not told")
    await expect(dialog.get_by_role("button", name="Mute this thread")).to_be_visible()
    assert await violations(page) == []
    await dialog.get_by_role("button", name="Mute", exact=True).click()
    await expect(page.get_by_text("It is muted.")).to_be_visible()
    await expect(page.get_by_text("who wins")).to_have_count(0)

    await page.goto(f"{home.url}/app/people/{bo.account.address}")
    await page.get_by_role("button", name="More").click()
    await page.get_by_role("dialog").get_by_role("button", name="Mute").click()
    await page.get_by_role("dialog").get_by_role("button", name="Unmute").click()
    await expect(page.get_by_text("It is muted no more.")).to_be_visible()
    await page.goto(f"{home.url}/app/settings/mutes")
    await page.get_by_role("button", name="Unmute").click()
    await expect(page.get_by_text("You mute nobody")).to_be_visible()
    assert watched.faults == []

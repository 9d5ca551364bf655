"""A browser that is locked by a passphrase, and whoever has forgotten it."""

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.app_node import AppNode, log_in, opened
from tests.browser.test_app_screens import looked_at

WORDS = "nobody guesses these words"


async def put(page: Page, first: str, again: str) -> None:
    await page.get_by_label("Passphrase", exact=True).fill(first)
    await page.get_by_label("The same once more").fill(again)


async def unlock(page: Page, words: str) -> None:
    await page.get_by_label("Passphrase").fill(words)
    await page.get_by_role("button", name="Unlock").click()


@pytest.mark.slow
@pytest.mark.clause("APP-3.6", "E2E-6.2", "E2E-6.11")
async def test_a_browser_is_locked_and_opened_by_its_passphrase(
    browser: Browser, home: AppNode
) -> None:
    await home.sign_up("ada", "Ada")
    watched = await opened(browser, home, reduced_motion="reduce")
    page = watched.page
    await log_in(page, home, "ada")
    await page.get_by_role("link", name="You").click()
    await page.get_by_role("link", name="Settings").click()
    await page.get_by_role("link", name="Lock of this browser").click()
    await expect(page.get_by_text("who forgets it loses")).to_be_visible()
    await put(page, WORDS, "other words than these")
    await page.get_by_role("button", name="Lock it").click()
    await expect(page.get_by_role("alert")).to_contain_text("not the same")
    await put(page, WORDS, WORDS)
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("asks for the passphrase from now on")).to_be_visible()
    await page.reload()
    await expect(page.get_by_role("heading", name="Unlock this device")).to_be_visible()
    assert await looked_at(page) == []
    await unlock(page, "some other words")
    await expect(page.get_by_role("alert")).to_contain_text("That is not the passphrase")
    await unlock(page, WORDS)
    await expect(page.get_by_role("heading", name="Settings")).to_be_visible()
    # It is another one now, and then there is none.
    await page.get_by_role("link", name="Lock of this browser").click()
    await put(page, WORDS[::-1], WORDS[::-1])
    await page.get_by_role("button", name="Change the passphrase").click()
    await expect(page.get_by_role("heading", name="Settings")).to_be_visible()
    await page.reload()
    await unlock(page, WORDS)
    await expect(page.get_by_role("alert")).to_be_visible()
    await unlock(page, WORDS[::-1])
    await page.get_by_role("link", name="Lock of this browser").click()
    await page.get_by_role("button", name="Take the lock away").click()
    await expect(page.get_by_text("The lock is taken away.")).to_be_visible()
    await page.reload()
    await expect(page.get_by_role("heading", name="Settings")).to_be_visible()
    assert watched.faults == []


@pytest.mark.slow
@pytest.mark.clause("APP-3.6")
async def test_who_has_forgotten_the_passphrase_is_not_shut_out(
    browser: Browser, home: AppNode
) -> None:
    await home.sign_up("ada", "Ada")
    await home.sign_up("bob", "Bob")
    watched = await opened(browser, home)
    page = watched.page
    await log_in(page, home, "bob")
    await page.goto(f"{home.url}/app/login")
    await log_in(page, home, "ada")
    await page.goto(f"{home.url}/app/settings/lock")
    await put(page, WORDS, WORDS)
    await page.get_by_role("button", name="Lock it").click()
    await expect(page.get_by_role("heading", name="Settings")).to_be_visible()
    await page.goto(f"{home.url}/app/me")
    # Bob's things are Bob's: they open without it, and hers stay closed.
    await page.get_by_role("button", name="Bob").click()
    await expect(page.get_by_role("heading", name="Bob")).to_be_visible()
    await page.get_by_role("button", name="Ada").click()
    await expect(page.get_by_role("heading", name="Unlock this device")).to_be_visible()
    await page.get_by_role("button", name="I do not know it any more").click()
    await page.get_by_role("button", name="Cancel").click()
    await page.get_by_role("button", name="Bob").click()
    await expect(page.get_by_role("heading", name="Bob")).to_be_visible()
    await page.get_by_role("button", name="Ada").click()
    await page.get_by_role("button", name="I do not know it any more").click()
    await expect(page.get_by_role("dialog")).to_contain_text("gone for good")
    await page.get_by_role("button", name="Remove it").click()
    await expect(page.get_by_role("heading", name="Bob")).to_be_visible()
    await expect(page.get_by_role("button", name="Ada")).to_have_count(0)
    await log_in(page, home, "ada")
    assert watched.faults == []

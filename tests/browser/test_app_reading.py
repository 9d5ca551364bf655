"""Reading in a chat: nothing moves under whoever reads, and what was found is gone to."""

import re

import pytest
from playwright.async_api import Browser, expect

from tests.browser.app_node import AppNode
from tests.browser.test_app_chats import chat_with, said, say, two
from tests.browser.test_app_screens import violations

LONG = "\n".join(f"line {number}" for number in range(80))
PLACE = """() => {
  const { scrollTop, scrollHeight, clientHeight } = document.querySelector(".history");
  return [Math.round(scrollTop), Math.round(scrollHeight - clientHeight - scrollTop)];
}"""
UP = """() => new Promise((done) => {
  const box = document.querySelector(".history");
  box.addEventListener("scroll", () => requestAnimationFrame(done), { once: true });
  box.scrollTop = 40;
})"""


@pytest.mark.slow
@pytest.mark.clause("APP-5.13")
async def test_who_reads_earlier_words_stays_there_and_is_told_of_later_ones(
    browser: Browser, home: AppNode
) -> None:
    ada, bob = await two(browser, home)
    await chat_with(ada.page, home, "bob")
    await say(ada.page, f"The pier is closed today\n{LONG}")
    await chat_with(bob.page, home, "ada")
    await expect(said(bob.page, "line 79")).to_be_visible()
    fresh = bob.page.get_by_role("button", name="New messages")
    # At the end one goes on with what is said.
    await say(ada.page, "second")
    await expect(said(bob.page, "second")).to_be_in_viewport()
    await expect(fresh).to_have_count(0)
    # Who reads earlier words does so.
    await bob.page.evaluate(UP)
    await say(ada.page, "third")
    await expect(fresh).to_be_visible()
    assert await violations(bob.page) == []
    assert (await bob.page.evaluate(PLACE))[0] == 40
    await fresh.click()
    await expect(said(bob.page, "third")).to_be_in_viewport()
    await expect(fresh).to_have_count(0)
    # One's own words are gone to, wherever one reads.
    await bob.page.evaluate(UP)
    await say(bob.page, "mine")
    await expect(said(bob.page, "mine")).to_be_in_viewport()
    # What is found says whose it is, and leads there.
    await bob.page.get_by_role("link", name="Chats").click()
    search = bob.page.get_by_label("Search your messages")
    await search.fill("mine")
    await expect(
        bob.page.get_by_role("link", name=re.compile("You · .?Ada.? mine"))
    ).to_be_visible()
    await search.fill("pier closed")
    found = bob.page.get_by_role("link").filter(has_text="The pier is closed today")
    await expect(found).to_contain_text("Ada")
    assert await violations(bob.page) == []
    await found.click()
    there = said(bob.page, "The pier is closed today")
    await expect(there).to_be_focused()
    await expect(there).to_be_in_viewport()
    await expect(fresh).to_have_count(0)
    assert ada.faults == [] and bob.faults == []

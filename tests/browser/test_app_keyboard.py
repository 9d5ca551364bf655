"""The whole story by keyboard alone, with what a screen reader is told and nothing else.

Nothing is clicked, and nothing is found by how it is built: only by its role and its name.
"""

import pytest
from playwright.async_api import Browser, expect

from tests.browser.app_node import PASSWORD, AppNode, log_in, opened
from tests.browser.keyboard import Keyboard


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_from_an_invite_link_to_a_post_without_a_mouse(
    browser: Browser, home: AppNode
) -> None:
    ada = await home.sign_up("ada", "Ada")
    link = await home.invite(ada.token or "", befriends=True)
    theirs = (await opened(browser, home)).page
    await log_in(theirs, home, "ada")  # whom one writes to has a device
    watched = await opened(browser, home)
    page = watched.page
    keys = Keyboard(page)
    await keys.join(link, "Bob", PASSWORD)

    # Who invited is a friend, and the chat with them is open.
    await keys.write("Write a message", "Here I am!")
    await page.keyboard.press("Enter")
    talk = page.get_by_role("region", name="Ada")
    await expect(talk.get_by_role("listitem").filter(has_text="Here I am!")).to_be_visible()
    await theirs.goto(f"{home.url}/app/chats")
    await expect(theirs.get_by_text("Here I am!").first).to_be_visible()

    await keys.press("link", "People")
    await expect(page.get_by_role("link", name="Ada")).to_be_visible()
    await home.post(ada, "Who comes swimming?")
    await keys.press("link", "Feed")
    article = page.get_by_role("article", name="Ada: Who comes swimming?")
    await keys.reach(article)
    await page.keyboard.press("l")
    like = article.get_by_role("button", name="Like: 1")
    await expect(like).to_have_attribute("aria-pressed", "true")
    await page.keyboard.press("c")
    await expect(page.get_by_role("dialog", name="Comments")).to_be_visible()
    await keys.write("Say something…", "I do!")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog").get_by_text("I do!")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(article).to_be_focused()

    await keys.press("link", "Post")
    await keys.write("What do you want to say?", "The water is warm.")
    await keys.press("button", "Post for friends")
    await expect(page.get_by_role("link", name="The water is warm.")).to_be_visible()
    async with home.line(ada.token or "") as line:
        (post,) = (await line.ask("GET", "/feed", dict))["items"]
    assert "The water is warm." in post["content"]
    assert watched.faults == []

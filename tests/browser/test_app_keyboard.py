"""The whole story by keyboard alone, with what a screen reader is told and nothing else.

Nothing is clicked, and nothing is found by how it is built: only by its role and its name.
"""

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.browser.app_node import PASSWORD, AppNode, log_in, opened

MOST_TABS = 60
HAS_FOCUS = "(element) => element === document.activeElement"


async def reach(page: Page, target: Locator) -> None:
    """Press Tab until it has the keys."""
    await expect(target).to_be_visible()
    for _ in range(MOST_TABS):
        if await target.evaluate(HAS_FOCUS):
            return
        await page.keyboard.press("Tab")
    pytest.fail(f"no Tab leads to {target}")


async def write(page: Page, label: str, words: str) -> None:
    """Write into the field of this name."""
    await reach(page, page.get_by_role("textbox", name=label))
    await page.keyboard.type(words)


async def press(page: Page, role: str, name: str) -> None:
    """Press the button, or follow the link, of this name."""
    await reach(page, page.get_by_role(role, name=name, exact=True))  # type: ignore[arg-type]
    await page.keyboard.press("Enter")


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
    await page.goto(link)
    await press(page, "link", "Open the app")
    await expect(page.get_by_text("invites you.")).to_be_visible()
    await write(page, "Name", "bob")
    await write(page, "What friends call you (may stay empty)", "Bob")
    await reach(page, page.get_by_label("Password", exact=True))
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")

    # Who invited is a friend, and the chat with them is open.
    places = page.get_by_role("navigation", name="Main places")
    await expect(places).to_be_visible()
    await write(page, "Write a message", "Here I am!")
    await page.keyboard.press("Enter")
    talk = page.get_by_role("region", name="Ada")
    await expect(talk.get_by_role("listitem").filter(has_text="Here I am!")).to_be_visible()
    await theirs.goto(f"{home.url}/app/chats")
    await expect(theirs.get_by_text("Here I am!").first).to_be_visible()

    await press(page, "link", "People")
    await expect(page.get_by_role("link", name="Ada")).to_be_visible()
    await home.post(ada, "Who comes swimming?")
    await press(page, "link", "Feed")
    article = page.get_by_role("article", name="Ada: Who comes swimming?")
    await reach(page, article)
    await page.keyboard.press("l")
    like = article.get_by_role("button", name="Like: 1")
    await expect(like).to_have_attribute("aria-pressed", "true")
    await page.keyboard.press("c")
    await expect(page.get_by_role("dialog", name="Comments")).to_be_visible()
    await write(page, "Say something…", "I do!")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog").get_by_text("I do!")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(article).to_be_focused()

    await press(page, "link", "Post")
    await write(page, "What do you want to say?", "The water is warm.")
    await press(page, "button", "Post for friends")
    await expect(page.get_by_role("link", name="The water is warm.")).to_be_visible()
    async with home.line(ada.token or "") as line:
        (post,) = (await line.ask("GET", "/feed", dict))["items"]
    assert "The water is warm." in post["content"]
    assert watched.faults == []

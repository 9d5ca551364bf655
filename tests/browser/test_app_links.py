"""Linking where somebody means harm: links that were sent, other tabs, and what the camera saw."""

from base64 import b64encode

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.app_node import AppNode, opened
from tests.browser.test_app_keys import (
    NUMBER,
    answer,
    at,
    keys_at_node,
    member,
    number_of,
    session_of,
    shown_by,
    type_numbers,
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


async def wants_number(page: Page) -> None:
    """A yes alone does nothing but lead to the number that is missing."""
    number = page.get_by_label(NUMBER)
    await expect(number).not_to_be_focused()
    await answer(page).click()
    await expect(number).to_be_focused()
    assert await number.evaluate("(field) => field.validity.valueMissing")


@pytest.mark.clause("LNK-3.8", "LNK-3.10", "LNK-3.11", "LNK-2.5")
async def test_taps_on_a_link_that_was_sent_let_nobody_in(browser: Browser, home: AppNode) -> None:
    """The device of an attacker shows, its link is sent to who is logged in, even with `?new`."""
    ada, _ = await member(browser, home, "ada", "Ada")
    thief = await opened(browser, home)
    for way in ("/link#", "/app/link?new#"):
        sent = (await shown_by(thief.page, home)).replace("/link#", way)
        await ada.page.goto("about:blank")
        await ada.page.goto(sent)
        await ada.page.get_by_role("button", name="Yes, go on").click()
        await expect(ada.page.get_by_text("A device that calls itself")).to_be_visible()
        await expect(ada.page.get_by_label(NUMBER)).to_be_visible()
        await expect(ada.page.get_by_text("If somebody sent you the link")).to_be_visible()
        await wants_number(ada.page)
        await ada.page.get_by_role("button", name="Do not").click()
    keys = await keys_at_node(home, ada.page)
    assert keys["number"] == "1.1.1"


@pytest.mark.clause("LNK-3.11", "LNK-2.5")
async def test_a_link_that_was_sent_makes_nobody_somebody_else(
    browser: Browser, home: AppNode
) -> None:
    """An attacker is logged in and shows: whose browser opens it becomes no device of theirs."""
    ada, _ = await member(browser, home, "ada", "Ada")
    eve, _ = await member(browser, home, "eve", "Eve")
    sent = (await shown_by(eve.page, home)).replace("/link#", "/app/link?new#")
    await ada.page.goto(sent)
    await ada.page.get_by_role("button", name="Yes, go on").click()
    await expect(ada.page.get_by_role("alert")).to_be_visible()  # both are old
    async with home.line((await session_of(ada.page))["token"]) as line:
        assert (await line.ask("GET", "/account", dict))["name"] == "ada"
    # Whoever is logged in and means it is asked, and told what it would mean.
    await at(ada.page, home, "/link?new")
    sent = await shown_by(eve.page, home)
    await ada.page.get_by_label("The code, or the whole link").fill(sent)
    await ada.page.get_by_role("button", name="Go on").click()
    asked = ada.page.get_by_text("Shall this browser become a device of")
    await expect(asked).to_contain_text("@eve@")
    await expect(ada.page.get_by_text("reads all that you write here")).to_contain_text("@ada@")
    await expect(ada.page.get_by_label(NUMBER)).to_be_visible()
    await ada.page.get_by_role("button", name="Do not").click()


@pytest.mark.clause("LNK-3.12", "LNK-5.5")
async def test_a_number_is_for_the_device_that_its_tab_shows(
    browser: Browser, home: AppNode
) -> None:
    ada, _ = await member(browser, home, "ada", "Ada")
    phone, thief = await opened(browser, home), await opened(browser, home)
    tabs = (ada.page, await ada.page.context.new_page())
    for tab, other in zip(tabs, (phone.page, thief.page), strict=True):
        link = await shown_by(other, home)
        await at(tab, home, "/link")
        await tab.get_by_label("The code, or the whole link").fill(link)
        await tab.get_by_role("button", name="Go on").click()
        await expect(tab.get_by_label(NUMBER)).to_be_visible()
    await tabs[0].get_by_label(NUMBER).fill(await number_of(thief.page))
    await answer(tabs[0]).click()
    await expect(tabs[0].get_by_role("alert")).to_be_visible()
    assert (await keys_at_node(home, ada.page))["number"] == "1.1.1"


CAMERA = """(drawn) => {
  const screen = document.createElement("canvas");
  navigator.mediaDevices.getUserMedia = async () => {
    const bytes = Uint8Array.from(atob(drawn), (sign) => sign.charCodeAt(0));
    const picture = await createImageBitmap(new Blob([bytes]));
    screen.width = screen.height = 480;
    const pen = screen.getContext("2d");
    const draw = () => {
      pen.fillStyle = "white";
      pen.fillRect(0, 0, 480, 480);
      pen.drawImage(picture, 40, 40, 400, 400);
    };
    setInterval(draw, 100);
    draw();
    return screen.captureStream(10);
  };
}"""


@pytest.mark.clause("APP-5.3", "LNK-3.8", "LNK-3.11")
async def test_who_is_let_in_has_their_number_typed_also_where_the_camera_scanned(
    browser: Browser, home: AppNode
) -> None:
    """The camera sees no difference between the screen beside and a mail."""
    ada, _ = await member(browser, home, "ada", "Ada")
    new = await opened(browser, home)
    await shown_by(new.page, home)
    await at(ada.page, home, "/link")
    picture = await new.page.locator(".code canvas").screenshot()
    await ada.page.evaluate(CAMERA, b64encode(picture).decode())
    await ada.page.get_by_role("button", name="Use the camera").click()
    await expect(ada.page.get_by_text("A device that calls itself")).to_be_visible()
    await expect(ada.page.get_by_text("writes in your name")).to_be_visible()
    await wants_number(ada.page)
    await type_numbers(ada.page, new.page)
    await expect(new.page.get_by_role("heading", name="Chats")).to_be_visible()

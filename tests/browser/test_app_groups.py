"""Groups in the app: begun from friends, changed, and left; with people who use `kith`."""

import re
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from node.client.kith import Kith
from tests.browser.app_node import PASSWORD, AppNode, log_in, opened
from tests.browser.keyboard import Keyboard
from tests.browser.test_app_chats import say
from tests.browser.test_app_said import until
from tests.browser.test_app_screens import violations

PASSPHRASE = "a passphrase of theirs"
NAME = "Sunday walk"


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.clause("APP-5.14", "E2E-8.3", "DEV-19.2")
async def test_a_group_from_its_first_word_to_its_last(
    browser: Browser, home: AppNode, tmp_path: Path
) -> None:
    ada = await home.sign_up("ada", "Ada")
    others = {name: await home.sign_up(name, name.title()) for name in ("bob", "cara", "dora")}
    for one in others.values():
        await home.befriend(ada, one)
    watched = await opened(browser, home)
    page, keys = watched.page, Keyboard(watched.page)
    await log_in(page, home, "ada")
    await home.hears(ada)
    async with AsyncExitStack() as stack:
        kiths: dict[str, Kith] = {}
        for name in ("bob", "cara"):
            made = Kith.log_in(
                home.url, name, PASSWORD, home=tmp_path / name, passphrase=PASSPHRASE
            )
            kiths[name] = await stack.enter_async_context(await made)
            await kiths[name].talk()
        bob, cara = kiths["bob"], kiths["cara"]

        # Begun without a mouse.
        await page.get_by_role("link", name="Chats").first.click()
        await keys.press("link", "New group")
        await expect(page.get_by_role("heading", name="New group")).to_be_visible()
        await keys.write("Name of the group", NAME)
        for name in ("Bob", "Cara", "Dora"):
            await keys.reach(page.get_by_role("checkbox", name=name))
            await page.keyboard.press("Space")
        assert await violations(page) == []
        # Dora has no device: nothing is made, and it is said whose doing that is.
        await keys.press("button", "Begin the group")
        await expect(page.get_by_role("alert")).to_contain_text("These cannot be added now: ")
        assert await bob.chats() == []
        await page.get_by_role("checkbox", name="Dora").uncheck()
        await page.get_by_role("button", name="Begin the group").click()
        talk = page.get_by_role("region", name=NAME)
        await expect(talk.get_by_text("You added")).to_be_visible()

        await say(page, "who comes along?")
        await until(bob, lambda: _has(bob, "who comes along?"))
        await bob.say(NAME, "I do")
        await expect(talk.locator(".message", has_text="I do").locator(".sender")).to_have_text(
            "Bob"
        )
        await cara.catch_up()
        await cara.say(NAME, "so do I")
        await expect(talk.locator(".message", has_text="so do I").locator(".sender")).to_have_text(
            "Cara"
        )
        assert await violations(page) == []

        await talk.get_by_role("link", name="People of this group").click()
        await expect(page.get_by_role("heading", name=NAME)).to_be_visible()
        assert await violations(page) == []
        await page.get_by_label(re.compile("Role of .Bob")).select_option(label="Admin")
        await expect(page.get_by_text(re.compile("Bob.? has another role now"))).to_be_visible()
        await page.get_by_text("Change the name", exact=True).click()
        await page.get_by_label("Name of the group").fill("Sunday swim")
        await page.get_by_role("button", name="Change it").click()
        await expect(page.get_by_role("heading", name="Sunday swim")).to_be_visible()
        await page.get_by_role("button", name=re.compile("Remove .Cara")).click()
        dialog = page.get_by_role("dialog")
        assert await violations(page) == []
        await dialog.get_by_role("button", name="Remove", exact=True).click()
        await expect(page.get_by_role("button", name=re.compile("Remove .Cara"))).to_have_count(0)
        await until(bob, lambda: _is_of_two(bob, "Sunday swim"))
        await bob.rename_group("Sunday swim", "Monday swim")
        await expect(page.get_by_role("heading", name="Monday swim")).to_be_visible()

        # The last owner is told what to do first; then the group is left.
        await page.get_by_role("button", name="Leave the group").click()
        await dialog.get_by_role("button", name="Leave", exact=True).click()
        await expect(dialog.get_by_role("alert")).to_contain_text("always has an owner")
        await page.keyboard.press("Escape")
        await page.get_by_label(re.compile("Role of .Bob")).select_option(label="Owner")
        await expect(
            page.get_by_text(re.compile("Bob.? has another role now")).last
        ).to_be_visible()
        await page.get_by_role("button", name="Leave the group").click()
        await dialog.get_by_role("button", name="Leave", exact=True).click()
        await expect(page.get_by_role("heading", name="Chats")).to_be_visible()
        await until(bob, lambda: _is_alone(bob, "Monday swim"))
        await page.get_by_role("link", name="Monday swim").click()
        await expect(page.get_by_text("Nothing can be written here any more.")).to_be_visible()
        await expect(page.get_by_text("You left.").last).to_be_visible()
    assert watched.faults == []


async def _is_of_two(kith: Kith, name: str) -> bool:
    shape = await kith.group(name)
    return shape is not None and sorted(shape.people.values()) == ["admin", "owner"]


async def _is_alone(kith: Kith, name: str) -> bool:
    shape = await kith.group(name)
    return shape is not None and shape.people == {kith.actor: "owner"}


async def _has(kith: Kith, words: str) -> bool:
    return any(row.text == words for row in await kith.history(NAME))

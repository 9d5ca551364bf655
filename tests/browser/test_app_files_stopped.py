"""Files on their way in the app: stopped, or sent with what they say of themselves (ATT)."""

import asyncio
import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Route, expect

from tests.browser.app_node import AppNode
from tests.browser.test_app_chats import chat_with, say
from tests.browser.test_app_files import WORDS, choose
from tests.browser.test_app_said import ada_and_bob


@pytest.mark.slow
@pytest.mark.clause("ATT-1.5", "ATT-5.1", "ATT-5.3")
async def test_sending_can_be_stopped(browser: Browser, home: AppNode, tmp_path: Path) -> None:
    ada, kith = await ada_and_bob(browser, home, tmp_path)
    page = ada.page
    async with kith as bob:
        await bob.talk()
        await chat_with(page, home, "bob")
        await say(page, "first")
        panel = page.get_by_role("region", name="Files to send")
        # What no browser draws goes with place and time, and by a button that says so.
        await choose(page, ("IMG_1.heic", "image/heic", WORDS))
        await expect(panel.get_by_role("button", name="Send with place and time")).to_be_visible()
        await panel.get_by_role("button", name=re.compile("Remove .*heic")).click()
        payload = {"name": "a.pdf", "mimeType": "application/pdf", "buffer": WORDS}
        await page.get_by_label("Choose files").set_input_files([payload])  # type: ignore[arg-type]
        await expect(panel.get_by_role("button", name="Send the files")).to_be_visible()
        begun, goes_on = asyncio.Event(), asyncio.Event()

        async def hold(route: Route) -> None:
            begun.set()
            await goes_on.wait()
            await route.continue_()

        await page.context.route("**/api/kith/v1/uploads", hold)
        await page.get_by_label("Write a message").fill("not yet")
        await panel.get_by_role("button", name="Send the files").click()
        await asyncio.wait_for(begun.wait(), 30)
        # What is on its way stays in sight: no press takes the panel away and leaves it going.
        await expect(page.get_by_role("button", name="Attach files")).to_be_disabled()
        await panel.get_by_role("button", name="Stop sending").click()
        goes_on.set()
        await expect(panel).to_have_count(0)
        await expect(page.get_by_label("Write a message")).to_have_value("not yet")
        await expect(page.locator(".message", has_text="not yet")).to_have_count(0)
        blobs = Path(home.node.config.data_dir) / "blobs"
        assert [one for one in blobs.rglob("*") if one.is_file()] == []
    assert ada.faults == []

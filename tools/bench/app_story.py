"""From an invite link until who invited has read the first sealed message, in two browsers.

Once as fast as a script is, once by the keyboard alone at the pace of a person (`app_story`).
"""

import time
from collections.abc import AsyncIterator

from playwright.async_api import Browser, expect

from node.wire.api.accounts import Session
from tests.browser.app_node import PASSWORD, AppNode, log_in, opened
from tests.browser.keyboard import Keyboard
from tools.bench.figures import Measured
from tools.bench.ground import Bench

# A person who types 40 words a minute, and looks where the focus is at each Tab.
LETTER_MS, STEP_MS = 300, 250
FIRST = "I am here!"


async def _read(browser: Browser, home: AppNode, ada: Session, name: str, keys: bool) -> float:
    """Seconds until Ada, who has her chats before her, reads what `name` says."""
    link = await home.invite(ada.token or "", befriends=True)
    theirs = (await opened(browser, home)).page
    await log_in(theirs, home, "ada")
    await theirs.get_by_role("link", name="Chats").click()
    page = (await opened(browser, home)).page
    pace = Keyboard(page, STEP_MS, LETTER_MS) if keys else Keyboard(page)
    began = time.monotonic()
    await pace.join(link, name, PASSWORD)
    await pace.write("Write a message", FIRST)
    await pace.enter()
    line = theirs.get_by_role("link").filter(has_text=name).filter(has_text=FIRST)
    await expect(line).to_be_visible()
    took = time.monotonic() - began
    for one in (theirs, page):
        await one.context.close()
    return took


async def stories(_bench: Bench, browser: Browser, home: AppNode) -> AsyncIterator[Measured]:
    """Both, with Ada, who is there already."""
    async with home.line() as line:
        who = {"name": "ada", "password": PASSWORD}
        ada = await line.ask("POST", "/login", Session, who)
    yield Measured("app_story", await _read(browser, home, ada, "Carl", keys=False))
    yield Measured("app_story.keys", await _read(browser, home, ada, "Dora", keys=True))

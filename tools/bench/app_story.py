"""From an invite link until who invited has read the first sealed message, in two browsers.

Once as fast as a script is, once by the keyboard alone at the pace of a person (`app_story`).
"""

import time
from collections.abc import AsyncIterator

from playwright.async_api import Browser, expect

from tests.browser.app_node import PASSWORD, AppNode, log_in, opened
from tests.browser.keyboard import Keyboard
from tools.bench.figures import Measured
from tools.bench.ground import Bench

# A person who types 40 words a minute, and looks where the focus is at each Tab.
LETTER_MS, STEP_MS = 300, 250
FIRST = "I am here!"


async def _read(browser: Browser, home: AppNode, who: str, name: str, keys: bool) -> float:
    """Seconds until `who`, who has their chats before them, reads what `name` says."""
    # In a first browser: another one of the same account would have to be let in (KEY-1).
    link = await home.invite((await home.sign_up(who)).token or "", befriends=True)
    theirs = (await opened(browser, home)).page
    await log_in(theirs, home, who)
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
    """Both, each with somebody who invites."""
    yield Measured("app_story", await _read(browser, home, "ida", "Carl", keys=False))
    yield Measured("app_story.keys", await _read(browser, home, "ivo", "Dora", keys=True))

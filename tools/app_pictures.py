"""Pictures of the app's screens, from a real node and Debian's Chromium.

`.venv/bin/python -m tools.app_pictures FOLDER [WORD]` makes one of every screen (whose name has
WORD) at 390, 820 and 1440 pixels, light and dark.
"""

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, Page, expect

from tests.browser.app_node import PASSWORD, AppNode, app_node, chromium

WIDTHS = {390: 844, 820: 1180, 1440: 900}


@dataclass(frozen=True)
class Scene:
    """A screen: where it is, and what is done there before the picture is taken."""

    name: str
    path: str
    inside: bool = True
    act: Callable[[Page], Awaitable[None]] | None = None


async def _leaving(page: Page) -> None:
    await page.get_by_role("button", name="Log out").click()


SCENES = [
    Scene("welcome", "/", inside=False),
    Scene("join", "/join#INVITE", inside=False),
    Scene("login", "/login", inside=False),
    Scene("missing", "/nowhere/at/all"),
    Scene("me", "/me"),
    Scene("logout", "/me", act=_leaving),
]


async def furnish(home: AppNode) -> dict[str, str]:
    """People and what they did; the words that stand in the paths of scenes."""
    ada = await home.sign_up("ada", "Ada Lovelace")
    await home.sign_up("bob", "Bob")
    link = await home.invite(ada.token or "", befriends=True)
    return {"INVITE": link.rpartition("/")[2]}


async def enter(page: Page, home: AppNode, name: str) -> None:
    """Log in as `name`."""
    await page.goto(f"{home.url}/app/login")
    await page.get_by_label("Name", exact=True).fill(name)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Log in").click()
    await expect(page.get_by_role("navigation", name="Main places")).to_be_visible()


async def picture(page: Page, home: AppNode, scene: Scene, words: dict[str, str]) -> bytes:
    """What `scene` looks like on this page."""
    path = scene.path
    for word, value in words.items():
        path = path.replace(word, value)
    await page.goto(f"{home.url}/app{path}")
    await page.wait_for_load_state("networkidle")
    if scene.act is not None:
        await scene.act(page)
    return await page.screenshot()


async def all_of_them(folder: Path, word: str) -> None:
    """Every scene, at every width, light and dark."""
    with tempfile.TemporaryDirectory() as data:
        async with app_node(Path(data)) as home, chromium() as browser:
            words = await furnish(home)
            for dark in (False, True):
                await _in_light(browser, home, words, folder, word, dark)


async def _in_light(
    browser: Browser, home: AppNode, words: dict[str, str], folder: Path, word: str, dark: bool
) -> None:
    context = await browser.new_context(color_scheme="dark" if dark else "light", locale="en-GB")
    page = await context.new_page()
    outside = [scene for scene in SCENES if not scene.inside and word in scene.name]
    inside = [scene for scene in SCENES if scene.inside and word in scene.name]
    for scenes in (outside, inside):
        if scenes is inside and inside:
            await enter(page, home, "ada")
        for scene in scenes:
            for width, height in WIDTHS.items():
                await page.set_viewport_size({"width": width, "height": height})
                name = f"{scene.name}-{width}-{'dark' if dark else 'light'}.png"
                (folder / name).write_bytes(await picture(page, home, scene, words))
    await context.close()


def main() -> int:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(all_of_them(folder, sys.argv[2] if len(sys.argv) > 2 else ""))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Pictures of the app's screens, from a real node and Debian's Chromium.

`.venv/bin/python -m tools.app_pictures docs` renews those of `docs/app.md`;
`.venv/bin/python -m tools.app_pictures FOLDER [WORD [LANGUAGE]]` makes one of every screen (whose
name has WORD, or one of several between commas) at 390, 820 and 1440 pixels, light and dark; in
another language of those screens for which nothing has to be done first.
"""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, Page, expect

from tests.browser.app_node import AppNode, app_node, chromium, log_in
from tools.app_scenes import SCENES, Scene, furnish, talk

PICTURES = Path(__file__).resolve().parents[1] / "docs" / "pictures"
SHOWN = ("feed", "album", "chats", "person")
# What has to be fetched for what is seen is here, and was drawn.
PAINTED = """() => Promise.all([
    ...[...document.images].map((one) => one.decode().catch(() => null)),
    ...[...document.querySelectorAll("video")].map((one) => one.readyState >= 2 || one.error
      || new Promise((done) => { one.onloadeddata = one.onerror = done; })),
  ]).then(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))))"""
WIDTHS = {390: 844, 820: 1180, 1440: 900}


async def arrive(page: Page, home: AppNode, scene: Scene, words: dict[str, str]) -> None:
    """Be where `scene` is, and do what is done there."""
    path = scene.path
    for word, value in words.items():
        path = path.replace(word, value)
    await page.goto(f"{home.url}/app{path}")
    # The device's stream of events stays open: the screen itself says that it is there.
    await page.locator("main h1:visible").first.wait_for()
    if scene.act is not None:
        await scene.act(page)


async def picture(page: Page) -> bytes:
    """What it looks like once nothing is waited for."""
    await expect(page.locator(".spinner:visible")).to_have_count(0)
    await page.evaluate(PAINTED)
    return await page.screenshot()


async def all_of_them(folder: Path, word: str, language: str) -> None:
    """Every scene, at every width, light and dark."""
    async with _furnished() as (home, browser, words):
        # Nothing fades from one light to the other.
        page = await browser.new_page(locale="en-GB", reduced_motion="reduce")
        await page.goto(f"{home.url}/app/")
        scenes = [scene for scene in SCENES if any(one in scene.name for one in word.split(","))]
        if language != "":
            scenes = [scene for scene in scenes if scene.act is None]
        for inside in (False, True):
            if inside:
                await _speak(page, "")
                await _inside(page, browser, home)
            await _speak(page, language)
            for scene in scenes:
                if scene.inside == inside:
                    await arrive(page, home, scene, words)
                    await _each(page, folder, scene.name)


@asynccontextmanager
async def _furnished() -> AsyncIterator[tuple[AppNode, Browser, dict[str, str]]]:
    with tempfile.TemporaryDirectory() as data:
        async with app_node(Path(data)) as home, chromium() as browser:
            yield home, browser, await furnish(home, Path(data))


async def _inside(page: Page, browser: Browser, home: AppNode) -> None:
    """Ada is logged in, and has talked with Bob."""
    await log_in(page, home, "ada")
    other = await (await browser.new_context(locale="en-GB")).new_page()
    await log_in(other, home, "bob")
    await talk(page, other, home)


async def _speak(page: Page, language: str) -> None:
    """From the next screen on, as its person chose it."""
    await page.evaluate("(tag) => localStorage.setItem('kith.language', tag)", language)


async def _each(page: Page, folder: Path, name: str) -> None:
    """Where one is, at each width by day and by night."""
    for width, height in WIDTHS.items():
        await page.set_viewport_size({"width": width, "height": height})
        for light in ("light", "dark"):
            await page.emulate_media(color_scheme=light)
            (folder / f"{name}-{width}-{light}.png").write_bytes(await picture(page))


async def for_the_page() -> None:
    """The few that `docs/app.md` shows."""
    async with _furnished() as (home, browser, words):
        size = {"width": 390, "height": 760}
        page = await browser.new_page(viewport=size, locale="en-GB")  # type: ignore[arg-type]
        await _inside(page, browser, home)
        for scene in SCENES:
            if scene.name in SHOWN:
                await arrive(page, home, scene, words)
                (PICTURES / f"app-{scene.name}.png").write_bytes(await picture(page))


def main() -> int:
    if sys.argv[1:] == ["docs"]:
        asyncio.run(for_the_page())
        return 0
    folder, word, language = Path(sys.argv[1]), *[*sys.argv[2:], "", ""][:2]
    folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(all_of_them(folder, word, language))
    return 0


if __name__ == "__main__":
    sys.exit(main())

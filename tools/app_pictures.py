"""Pictures of the app's screens, from a real node and Debian's Chromium.

`.venv/bin/python -m tools.app_pictures docs` renews those of `docs/app.md`;
`.venv/bin/python -m tools.app_pictures FOLDER [WORD [LANGUAGE]]` makes one of every screen (whose
name has WORD) at 390, 820 and 1440 pixels, light and dark; in another language of those screens
for which nothing has to be done first.
"""

import asyncio
import atexit
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import quote

from playwright.async_api import Page, expect

from tests.browser.app_node import AppNode, app_node, chromium, log_in
from tests.browser.test_app_film import DRAWN
from tests.clips import ffmpeg

PICTURES = Path(__file__).resolve().parents[1] / "docs" / "pictures"
SHOWN = ("feed", "chats", "person")
# What has to be fetched for what is seen is here, and was drawn.
PAINTED = """() => Promise.all([
    ...[...document.images].map((one) => one.decode().catch(() => null)),
    ...[...document.querySelectorAll("video")].map((one) => one.readyState >= 2 || one.error
      || new Promise((done) => { one.onloadeddata = one.onerror = done; })),
  ]).then(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))))"""
EVENING = (
    "gradients=s={size}:r=30:d=4:c0=0x14323f:c1=0xd98e5f:c2=0x0f6e63:n=3:x0=0:y0=0:x1=0:y1=999"
)
# As many bits as a phone spends, whatever is seen.
STEADY = ("-maxrate", "12M", "-minrate", "12M", "-bufsize", "4M", "-x264-params", "nal-hrd=cbr")
TALK = (
    "Good morning! Did you see the light today?",
    "I will be at the old pier at ten. Bring the small camera, and something warm to drink: it is "
    "still cold down there.",
)
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


async def _comments(page: Page) -> None:
    await page.get_by_role("button", name="Comments").first.click()
    await page.get_by_text("It shows.").wait_for()


async def _the_end(page: Page) -> None:
    await page.get_by_text("You have seen it all").scroll_into_view_if_needed()


async def _talk(page: Page) -> None:
    field = page.get_by_label("Write a message")
    await field.wait_for()
    if await page.locator(".message").count() == 0:
        for words in TALK:
            await field.fill(words)
            await page.keyboard.press("Enter")
            await page.locator(".message").filter(has_text=words[:20]).wait_for()
    await page.locator(".message").first.wait_for()


@cache
def _film() -> Path:
    folder = tempfile.TemporaryDirectory()
    atexit.register(folder.cleanup)
    return evening(Path(folder.name) / "IMG_2041.mp4", "720x1280", ("-b:v", "12M", *STEADY))


async def _cut(page: Page) -> None:
    await page.set_input_files("input[type=file]:not([capture])", await asyncio.to_thread(_film))
    await page.get_by_text("before it is sent").wait_for()
    for name, key, times in (("Where it begins", "ArrowRight", 8), ("Cover", "ArrowRight", 14)):
        await page.get_by_role("slider", name=name).focus()
        for _ in range(times):
            await page.keyboard.press(key)
    await page.get_by_text("The cover is what is seen at").wait_for()
    await page.evaluate(DRAWN)


async def _paper(page: Page) -> None:
    await page.get_by_role("button", name="Show the words").click()
    await page.get_by_role("list", name="Your recovery words, in their order").wait_for()


async def _shown(page: Page) -> None:
    await page.get_by_role("button", name="Show a code here").click()
    await page.locator("output.told-link").wait_for()


SCENES = [
    Scene("welcome", "/", inside=False),
    Scene("join", "/join#INVITE", inside=False),
    Scene("login", "/login", inside=False),
    Scene("missing", "/nowhere/at/all"),
    Scene("feed-words", "/"),
    Scene("feed", "/watch?id=POST"),
    Scene("comments", "/watch?id=POST", act=_comments),
    Scene("feed-end", "/", act=_the_end),
    Scene("people", "/people"),
    Scene("person", "/people/BOB"),
    Scene("code", "/code"),
    Scene("scan", "/scan"),
    Scene("profile", "/me/profile"),
    Scene("post", "/post"),
    Scene("film", "/post", act=_cut),
    Scene("chats", "/chats/with/BOB", act=_talk),
    Scene("chat-list", "/chats"),
    Scene("me", "/me"),
    Scene("settings", "/settings"),
    Scene("devices", "/settings/devices"),
    Scene("keys", "/settings/keys"),
    Scene("paper", "/settings/keys", act=_paper),
    Scene("kept", "/settings/messages"),
    Scene("link", "/link"),
    Scene("link-shown", "/link", act=_shown),
    Scene("number", "/people/BOB/number"),
    Scene("blocked", "/blocked"),
    Scene("feed-following", "/feed/following"),
    Scene("password", "/settings/password"),
    Scene("invites", "/settings/invites"),
    Scene("delete", "/settings/delete"),
    Scene("admin", "/admin"),
    Scene("admin-people", "/admin/people"),
    Scene("admin-servers", "/admin/servers"),
    Scene("logout", "/me", act=_leaving),
]


def evening(path: Path, size: str, options: tuple[str, ...] = ()) -> Path:
    """A clip of four seconds in the colours of an evening at the sea."""
    source = ("-f", "lavfi", "-i", EVENING.format(size=size))
    coded = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", *options, str(path))
    subprocess.run([ffmpeg(), "-v", "error", "-y", *source, *coded], check=True)
    return path


async def furnish(home: AppNode, folder: Path) -> dict[str, str]:
    """People and what they did; the words that stand in the paths of scenes."""
    ada = await home.sign_up("ada", "Ada Lovelace")
    bob = await home.sign_up("bob", "Bob")
    carol = await home.sign_up("carol", "Carol Danvers")
    for one, other in ((ada, bob), (ada, carol), (bob, carol)):
        await home.befriend(one, other)
    clip = evening(folder / "harbour.mp4", "720x1280")
    wide = evening(folder / "wide.mp4", "1280x720")
    post = await home.video(
        bob, clip, name="Morning at the harbour",
        description="The boats come in at six, and the gulls know it. " * 4 + "#harbour",
    )  # fmt: skip
    await home.video(carol, wide, name="", description="Wide as the sea")
    await home.post(carol, "Who comes swimming on Sunday?\n\nWe meet at the old pier at ten.")
    await home.post(bob, "The ending is a surprise", summary="Spoilers for the play")
    said: dict[str, str] = {}
    for who, words, below in (
        (ada, "What a light! Which camera is that?", post),
        (bob, "My phone, and a lot of patience.", "0"),
        (carol, "It shows.", "1"),
        (carol, "I want to be there.", post),
    ):
        async with home.line(who.token or "") as line:
            body = {"in_reply_to": said.get(below, below), "content": words}
            made = await line.ask("POST", "/comments", dict, body)
        said[str(len(said))] = made["id"]
    async with home.line(ada.token or "") as line:
        await line.ask("POST", "/posts/like", dict, {"object": post})
    dora = await home.sign_up("dora", "Dora Weber")
    async with home.line(dora.token or "") as line:
        body = {"actor": ada.account.actor, "text": "We met at the harbour festival!"}
        await line.ask("POST", "/friends/requests", dict, body)
    async with home.line(bob.token or "") as line:
        about = "I photograph boats, and mend them in between.\nSay hello at the pier."
        await line.ask("PATCH", "/account", dict, {"summary": about})
    link = await home.invite(ada.token or "", befriends=True)
    return {
        "INVITE": link.rpartition("/")[2],
        "POST": quote(post, safe=""),
        "BOB": bob.account.address,
    }


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
    with tempfile.TemporaryDirectory() as data:
        async with app_node(Path(data)) as home, chromium() as browser:
            words = await furnish(home, Path(data))
            # Whom one writes to has a device: it reads along.
            await log_in(await (await browser.new_context(locale="en-GB")).new_page(), home, "bob")
            # Nothing fades from one light to the other.
            page = await browser.new_page(locale="en-GB", reduced_motion="reduce")
            await page.goto(f"{home.url}/app/")
            scenes = [scene for scene in SCENES if word in scene.name]
            if language != "":
                scenes = [scene for scene in scenes if scene.act is None]
            for inside in (False, True):
                if inside:
                    await _speak(page, "")
                    await log_in(page, home, "ada")
                await _speak(page, language)
                for scene in scenes:
                    if scene.inside == inside:
                        await arrive(page, home, scene, words)
                        await _each(page, folder, scene.name)


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
    with tempfile.TemporaryDirectory() as data:
        async with app_node(Path(data)) as home, chromium() as browser:
            words = await furnish(home, Path(data))
            # Whom one writes to has a device: it reads along.
            await log_in(await (await browser.new_context(locale="en-GB")).new_page(), home, "bob")
            size = {"width": 390, "height": 760}
            page = await browser.new_page(viewport=size, locale="en-GB")  # type: ignore[arg-type]
            await log_in(page, home, "ada")
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

"""Screens of the app worth a picture, and the people whose screens they are."""

import asyncio
import atexit
import re
import subprocess
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import quote

from playwright.async_api import Locator, Page, expect

from node.wire.api.accounts import Session
from tests.browser.app_node import AppNode
from tests.browser.test_app_film import DRAWN
from tests.clips import ffmpeg

EVENING = (
    "gradients=s={size}:r=30:d=4:c0=0x14323f:c1=0xd98e5f:c2=0x0f6e63:n=3:x0=0:y0=0:x1=0:y1=999"
)
FACE = ("1200x1200", "Gulls above the boats")
# As many bits as a phone spends, whatever is seen.
STEADY = ("-maxrate", "12M", "-minrate", "12M", "-bufsize", "4M", "-x264-params", "nal-hrd=cbr")


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


async def _menu(page: Page) -> None:
    await page.locator(".message .bubble").last.click(button="right")
    await page.get_by_role("dialog").wait_for()


async def _answering(page: Page) -> None:
    await _menu(page)
    await page.get_by_role("button", name="Answer", exact=True).click()


async def _found(page: Page) -> None:
    await page.get_by_label("Search your messages").fill("pier")
    await page.locator(".found-words").first.wait_for()


async def _zoomed(page: Page) -> None:
    await page.locator(".album-open").first.click()
    await page.get_by_role("dialog").wait_for()


async def _more(page: Page) -> None:
    await page.get_by_role("button", name="More", exact=True).first.click()
    await page.get_by_role("dialog").wait_for()


async def _report(page: Page) -> None:
    await _more(page)
    await page.get_by_role("dialog").get_by_role("button", name="Report").click()
    await page.get_by_label("What is wrong?").wait_for()


async def _mute(page: Page) -> None:
    await _more(page)
    await page.get_by_role("dialog").get_by_role("button", name="Mute").click()
    await page.get_by_role("combobox").wait_for()


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


async def _locked(page: Page) -> None:
    for label in ("Passphrase", "The same once more"):
        await page.get_by_label(label, exact=True).fill("nobody guesses these words")
    await page.get_by_role("button", name="Lock it").click()
    await page.get_by_role("heading", name="Settings").wait_for()
    await page.reload()
    await page.get_by_role("heading", name="Unlock this device").wait_for()


async def _forgotten(page: Page) -> None:
    await page.get_by_role("button", name="I do not know it any more").click()
    await page.get_by_role("dialog").wait_for()


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
    Scene("album", "/watch?id=ALBUM"),
    Scene("zoom", "/watch?id=ALBUM", act=_zoomed),
    Scene("more", "/watch?id=POST", act=_more),
    Scene("report", "/watch?id=POST", act=_report),
    Scene("mute", "/people/BOB", act=_mute),
    Scene("chats", "/chats/with/BOB"),
    Scene("chat-menu", "/chats/with/BOB", act=_menu),
    Scene("chat-answer", "/chats/with/BOB", act=_answering),
    Scene("chat-list", "/chats"),
    Scene("chat-found", "/chats", act=_found),
    Scene("notices", "/notices"),
    Scene("requests", "/notices/requests"),
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
    Scene("feed-local", "/feed/local"),
    Scene("mutes", "/settings/mutes"),
    Scene("lock", "/settings/lock"),
    Scene("password", "/settings/password"),
    Scene("invites", "/settings/invites"),
    Scene("delete", "/settings/delete"),
    Scene("admin", "/admin"),
    Scene("admin-people", "/admin/people"),
    Scene("admin-servers", "/admin/servers"),
    Scene("admin-reports", "/admin/reports"),
    Scene("admin-log", "/admin/log"),
    Scene("logout", "/me", act=_leaving),
    Scene("unlock", "/settings/lock", act=_locked),
    Scene("forgotten", "/", act=_forgotten),
]


def evening(path: Path, size: str, options: tuple[str, ...] = ()) -> Path:
    """A clip of four seconds in the colours of an evening at the sea."""
    source = ("-f", "lavfi", "-i", EVENING.format(size=size))
    coded = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", *options, str(path))
    subprocess.run([ffmpeg(), "-v", "error", "-y", *source, *coded], check=True)
    return path


def still(path: Path, size: str) -> Path:
    """The same evening as a picture."""
    source = ("-f", "lavfi", "-i", EVENING.format(size=size), "-frames:v", "1")
    subprocess.run([ffmpeg(), "-v", "error", "-y", *source, str(path)], check=True)
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
    album = await _album(home, carol, folder)
    await _trouble(home, ada, bob, dora)
    link = await home.invite(ada.token or "", befriends=True)
    return {
        "ALBUM": quote(album, safe=""),
        "INVITE": link.rpartition("/")[2],
        "POST": quote(post, safe=""),
        "BOB": bob.account.address,
    }


async def _album(home: AppNode, who: Session, folder: Path) -> str:
    """The id of a post with three pictures, and a face for who posted it."""
    made = []
    for size, words in (("1200x900", "The pier in the evening"), ("900x1200", ""), FACE):
        path = await asyncio.to_thread(still, folder / f"{size}.png", size)
        made.append({"id": await home.picture(who, path), "description": words})
    face = await home.picture(who, path)
    async with home.line(who.token or "") as line:
        await line.ask("PATCH", "/account", dict, {"avatar": face})
    return str((await home.post(who, "An evening at the harbour", pictures=made))["id"])


async def _trouble(home: AppNode, ada: Session, bob: Session, dora: Session) -> None:
    """What an administrator finds, and what is muted."""
    rude = await home.post(dora, "Whoever reads this is a fool.", audience="public")
    async with home.line(bob.token or "") as line:
        body = {"about": rude["id"], "text": "She says such things every day."}
        await line.ask("POST", "/reports", dict, body)
    async with home.line(ada.token or "") as line:
        await line.ask("PUT", "/mutes", dict, {"kind": "word", "of": "spoilers"})
        await line.ask("PUT", "/mutes", dict, {"kind": "person", "of": dora.account.actor})


async def talk(ada: Page, bob: Page, home: AppNode) -> None:
    """What two people say: answered, reacted to, changed, taken back."""
    await home.hears(home.people["bob"])
    for page, other in ((ada, "bob"), (bob, "ada")):
        await page.goto(f"{home.url}/app/chats/with/@{other}@{home.domain}")
    await _say(ada, "Good morning! Did you see the light today?")
    first = await _heard(bob, "Did you see the light")
    await first.locator(".bubble").click(button="right")
    await bob.get_by_role("button", name=re.compile("React with .*❤")).click()
    await _say(bob, "I did. I was **out at six** and took far too many pictures.")
    await _heard(ada, "far too many")
    await _say(ada, "Meet me at the pier at nine?")
    asked = await _heard(bob, "at nine?")
    await asked.locator(".bubble").click(button="right")
    await bob.get_by_role("button", name="Answer", exact=True).click()
    await _say(bob, "At ten. Bring the small camera, and something warm to drink.")
    await _heard(ada, "At ten.")
    await _say(ada, "Ten it is, at the old pire")
    own = await _heard(ada, "old pire")
    await own.locator(".bubble").click(button="right")
    await ada.get_by_role("button", name="Change", exact=True).click()
    await ada.get_by_label("Write a message").fill("Ten it is, at the old pier.")
    await ada.keyboard.press("Enter")
    await _heard(bob, "old pier.")


async def _say(page: Page, words: str) -> None:
    await expect(page.get_by_role("dialog")).to_have_count(0)  # a menu gives the keys back
    await page.get_by_label("Write a message").fill(words)
    await page.keyboard.press("Enter")


async def _heard(page: Page, words: str) -> Locator:
    """The message that says so itself, once it is there."""
    found = page.locator(".message").filter(has=page.locator(".message-text", has_text=words))
    await expect(found).to_be_visible()
    return found

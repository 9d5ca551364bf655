"""`make demo-app`: the whole story in the app, by two headless browsers on two nodes with TLS.

Alice lives at one node, Bob opens an invite link of the other. Everything is done as people do it,
on the screens; pictures of what they saw, and report.json with the times, are left in
build/demo-app/.
"""

import asyncio
import json
import shutil
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import Locator, Page, expect

from tests.browser.app_node import PASSWORD, PATIENCE_MS, Watched, chromium, new_page
from tools.app_pictures import PAINTED
from tools.app_scenes import evening
from tools.lab import Lab, Place

FOLDER = Path("build/demo-app")
FIRST = "I am here! The boats are still out."
ANSWER = "Welcome, Bob. Look what the sea does tonight."
TITLE = "Evening at the harbour"
PLAYING = """() => new Promise((done) => {
  const look = () => {
    const clips = [...document.querySelectorAll("article video")];
    if (clips.some((clip) => !clip.paused && clip.currentTime > 0)) done("");
    else if (performance.now() > 40_000)
      done(clips.map((one) => `${one.src} ${one.error?.message}`).join() || "no clip");
    else requestAnimationFrame(look);
  };
  look();
})"""


@dataclass
class Telling:
    """What has happened so far: lines with the seconds, and pictures with their numbers."""

    began: float = field(default_factory=time.monotonic)
    lines: list[dict[str, Any]] = field(default_factory=list)
    pictures: int = 0

    def tell(self, words: str) -> float:
        """One line of the story; the seconds since it began."""
        seconds = round(time.monotonic() - self.began, 2)
        print(f"{seconds:6.1f} s  {words}", flush=True)
        self.lines.append({"seconds": seconds, "words": words})
        return seconds

    async def see(self, page: Page, name: str) -> None:
        """A picture of what is on this page, when it is drawn."""
        await page.evaluate(PAINTED)
        self.pictures += 1
        await page.screenshot(path=FOLDER / f"{self.pictures:02}-{name}.png")


@asynccontextmanager
async def phone(lab: Lab, place: Place) -> AsyncIterator[Watched]:
    """A browser as large as a phone, which finds the lab's nodes by name.

    It takes the throw-away CA for good, since Chromium reads no other file of authorities.
    """
    rules = ",".join(f"MAP {p.domain}:443 {p.connect}" for p in lab.places.values())
    async with chromium(f"--host-resolver-rules={rules}", "--ignore-certificate-errors") as one:
        context = await one.new_context(
            viewport={"width": 390, "height": 844}, locale="en-GB", ignore_https_errors=True
        )
        yield await new_page(context, place.origin)


def said(page: Page, words: str) -> Locator:
    """The message with these words."""
    return page.locator(".message").filter(has_text=words)


async def say(page: Page, words: str) -> None:
    """Write these words into the chat that is open."""
    await page.get_by_label("Write a message").fill(words)
    await page.keyboard.press("Enter")


async def join(page: Page, link: str, name: str) -> None:
    """From an invite link to the app, signed up."""
    await page.goto(link)
    await page.get_by_role("link", name="Open the app").click()
    await page.get_by_label("Name", exact=True).fill(name.lower())
    await page.get_by_label("What friends call you").fill(name)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Create account").click()
    await expect(page.get_by_role("navigation", name="Main places")).to_be_visible()


async def befriend(alice: Page, bob: Page, link: str, story: Telling) -> None:
    """Bob pastes the link that Alice's code shows, and she accepts."""
    await bob.get_by_role("link", name="People").click()
    await bob.get_by_role("link", name="Scan").click()
    await bob.get_by_label("paste the link").fill(link)
    await bob.get_by_role("button", name="Find").click()
    await bob.get_by_role("button", name="Add as a friend").click()
    await expect(bob.get_by_text("You asked")).to_be_visible()
    story.tell("Bob asked Alice, whose link he has, to be friends")
    await alice.get_by_role("link", name="People").click()
    await expect(alice.get_by_text("They would like to be your friends")).to_be_visible()
    await story.see(alice, "alice-is-asked")
    await alice.get_by_role("button", name="Accept").click()
    await expect(bob.get_by_role("link", name="Message")).to_be_visible()
    story.tell("Alice accepted: they are friends")


async def talk(alice: Page, bob: Page, story: Telling) -> float:
    """A sealed message each way; when Alice read the first one."""
    await bob.get_by_role("link", name="Message").click()
    await say(bob, FIRST)
    await alice.get_by_role("link", name="Chats").click()
    await alice.get_by_role("link", name="Bob").click()
    await expect(said(alice, FIRST)).to_be_visible()
    read = story.tell("Alice reads Bob's first sealed message")
    await say(alice, ANSWER)
    await expect(said(bob, ANSWER)).to_be_visible()
    story.tell("Bob reads her answer")
    await expect(said(alice, ANSWER)).to_contain_text("At their node")
    await story.see(alice, "alice-in-the-chat")
    await story.see(bob, "bob-in-the-chat")
    return read


async def found_in_feed(page: Page, title: str) -> None:
    """Reload, as people do who wait for something, until the post with this title is there."""
    post = page.get_by_role("article").filter(has_text=title)
    seen = post.or_(page.get_by_text("Nothing is here yet")).first
    began = time.monotonic()
    await expect(seen).to_be_visible()
    while await post.count() == 0:
        if time.monotonic() - began > PATIENCE_MS / 1000:
            raise RuntimeError(f"{title} did not come into the feed: see the nodes' logs")
        await page.reload()
        await expect(seen).to_be_visible()


async def show(alice: Page, bob: Page, clip: Path, story: Telling) -> None:
    """Alice posts a video for friends, and it plays in Bob's feed."""
    await alice.get_by_role("link", name="Post", exact=True).click()
    await alice.set_input_files("input[type=file]:not([capture])", clip)
    await alice.get_by_label("Title").fill(TITLE)
    await story.see(alice, "alice-posts")
    await alice.get_by_role("button", name="Post for friends").click()
    await expect(alice.get_by_text("Your video is ready")).to_be_visible()
    story.tell("Alice's video is made and on its way to her friends")
    await bob.get_by_role("link", name="Feed").click()
    await found_in_feed(bob, TITLE)
    fault = await bob.evaluate(PLAYING)
    if fault:
        await story.see(bob, "no-video-plays")
        raise RuntimeError(f"the video does not play in Bob's feed: {fault}")
    story.tell("it plays in Bob's feed")
    await story.see(bob, "bob-sees-the-video")


def occurrences(folder: Path) -> list[str]:
    """Files of a node in which words of the talk stand."""
    files = [one for one in folder.rglob("*") if one.is_file()]
    return [
        str(one) for one in files if {w for w in (FIRST, ANSWER) if w.encode() in one.read_bytes()}
    ]


async def tell_story(lab: Lab, clip: Path, story: Telling) -> dict[str, Any]:
    """The story, from two operators' invite links on; its report."""
    alpha, beta = lab.places.values()
    async with phone(lab, alpha) as alice, phone(lab, beta) as bob:
        await join(alice.page, alpha.invite(), "Alice")
        story.tell(f"Alice has signed up at {alpha.domain}")
        link = beta.invite()
        opened = story.tell(f"Bob opens an invite link of {beta.domain}")
        await join(bob.page, link, "Bob")
        story.tell("Bob has signed up: a name and one password")
        await story.see(bob.page, "bob-is-in")
        await befriend(alice.page, bob.page, f"{alpha.origin}/@alice", story)
        read = await talk(alice.page, bob.page, story)
        await show(alice.page, bob.page, clip, story)
        faults = alice.faults + bob.faults
    return {"invite_to_first_message_read_seconds": round(read - opened, 2), "faults": faults}


async def main(story: Telling) -> dict[str, Any]:
    """Start the nodes, tell the story, look for its words in the nodes' files."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    lab = Lab(FOLDER / "nodes")
    lab.build("alpha.test", "beta.test")
    clip = evening(FOLDER / "harbour.mp4", "720x1280")
    try:
        await lab.start()
        story.tell("two nodes are ready: " + ", ".join(lab.places))
        report = await tell_story(lab, clip, story)
    finally:
        lab.stop()
    leaked = [file for place in lab.places.values() for file in occurrences(place.data)]
    story.tell(
        "the words of the talk are in no file of either node" if not leaked else f"LEAK {leaked}"
    )
    ok = not leaked and not report["faults"]
    return {"ok": ok, **report, "leaked": leaked, "story": story.lines}


if __name__ == "__main__":
    told = Telling()
    found = asyncio.run(main(told))
    (FOLDER / "report.json").write_text(json.dumps(found, indent=1) + "\n")
    seconds = found["invite_to_first_message_read_seconds"]
    told.tell(f"from Bob's invite link to his first sealed message read by Alice: {seconds} s")
    told.tell(f"pictures and report in {FOLDER}: {'ok' if found['ok'] else 'NOT OK'}")
    sys.exit(0 if found["ok"] else 1)

"""Pictures in the app: chosen, described, posted, looked at; a face that is set."""

import asyncio
import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.async_api import Browser, Route, expect

from tests.browser.app_node import AppNode, log_in, opened
from tests.browser.test_app_screens import looked_at
from tests.clips import make_clip


def filled(words: str) -> re.Pattern[str]:
    """Words with what was filled in, which stands isolated from those beside it."""
    return re.compile(r"\W+".join(re.findall(r"\w+", words)))


def drawn(path: Path, size: tuple[int, int], colour: tuple[int, int, int]) -> Path:
    Image.new("RGB", size, colour).save(path)
    return path


async def test_pictures_are_described_posted_and_looked_at(
    browser: Browser, home: AppNode, tmp_path: Path
) -> None:
    await home.sign_up("ada", "Ada")
    watched = await opened(browser, home, reduced_motion="reduce")
    page = watched.page
    await log_in(page, home, "ada")
    await page.get_by_role("link", name="Post", exact=True).click()
    files = [
        drawn(tmp_path / "a.png", (900, 600), (180, 40, 40)),
        drawn(tmp_path / "b.jpg", (600, 900), (40, 40, 180)),
    ]
    await page.get_by_label("Choose pictures").set_input_files(files)
    await expect(page.get_by_text(filled("Picture 2 is ready"))).to_be_visible()
    await page.get_by_label(filled("What does picture 1 show?")).fill("a red field")
    assert await looked_at(page) == []
    await page.get_by_label("Add more pictures").set_input_files(
        [drawn(tmp_path / "c.png", (300, 300), (0, 90, 0))]
    )
    await expect(page.get_by_text(filled("Picture 3 is ready"))).to_be_visible()
    await page.get_by_role("button", name=filled("Take picture 3 away")).click()
    await expect(page.get_by_label(filled("What does picture 3 show?"))).to_have_count(0)
    await page.get_by_role("button", name="Post for friends").click()
    await page.locator(".tile").click()
    zoom = page.get_by_role("button", name=filled("Show larger: a red field"))
    await expect(zoom).to_be_visible()
    await expect(page.get_by_text(filled("1 of 2"))).to_be_visible()
    assert await looked_at(page) == []
    await zoom.focus()
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="a red field")
    await expect(dialog).to_be_visible()
    assert await looked_at(page) == []
    await page.keyboard.press("ArrowRight")
    second = page.get_by_role("dialog", name="a picture without a description")
    await expect(second).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(second).to_have_count(0)
    await expect(page.get_by_text(filled("2 of 2"))).to_be_visible()
    await page.get_by_role("button", name="Previous picture").click()
    await expect(page.get_by_text(filled("1 of 2"))).to_be_visible()
    assert watched.faults == []


async def test_what_is_no_picture_is_told_and_posts_nothing(
    browser: Browser, home: AppNode, tmp_path: Path
) -> None:
    await home.sign_up("ada", "Ada")
    watched = await opened(browser, home, reduced_motion="reduce")
    page = watched.page
    await log_in(page, home, "ada")
    await page.get_by_role("link", name="Post", exact=True).click()
    broken = tmp_path / "a.jpg"
    broken.write_bytes(b"\xff\xd8\xff<html>")
    await page.get_by_label("Choose pictures").set_input_files(broken)
    await expect(page.get_by_text("the picture cannot be decoded")).to_be_visible()
    await expect(page.get_by_role("button", name="Post for friends")).to_be_disabled()
    await page.get_by_role("button", name=filled("Take picture 1 away")).click()
    await expect(page.get_by_label("Choose pictures")).to_be_attached()


async def test_a_face_is_set_and_shown(browser: Browser, home: AppNode, tmp_path: Path) -> None:
    await home.sign_up("ada", "Ada")
    watched = await opened(browser, home, reduced_motion="reduce")
    page = watched.page
    await log_in(page, home, "ada")
    await page.goto(f"{home.url}/app/me/profile")
    face = drawn(tmp_path / "me.png", (500, 500), (200, 120, 0))
    await page.get_by_label("Choose a picture").first.set_input_files(face)
    await expect(page.locator(".face-field img")).to_be_visible()
    assert await looked_at(page) == []
    await page.get_by_role("button", name="Save").click()
    shown = page.locator("img.avatar")
    await expect(shown).to_be_visible()
    assert await shown.evaluate("one => one.decode().then(() => one.naturalWidth)") == 400
    await page.goto(f"{home.url}/app/me/profile")
    await page.get_by_role("button", name="Take it away").click()
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("span.avatar").first).to_be_visible()
    assert watched.faults == []


# The colour in the middle of what stands for something that has not come.
MIDDLE = """(look) => {
  const canvas = document.querySelector(look);
  const { width, height } = canvas;
  return [...canvas.getContext("2d").getImageData(width / 2, height / 2, 1, 1).data];
}"""


@pytest.mark.slow
@pytest.mark.clause("APP-7.1")
async def test_what_has_not_come_is_seen_as_from_afar(
    browser: Browser, home: AppNode, tmp_path: Path
) -> None:
    ada, bob = await home.sign_up("ada", "Ada"), await home.sign_up("bob", "Bob")
    await home.befriend(ada, bob)
    red = drawn(tmp_path / "a.png", (900, 600), (200, 30, 30))
    made = [{"id": await home.picture(bob, red), "description": "a red field"}]
    await home.post(bob, "red", pictures=made)
    clip = await asyncio.to_thread(make_clip, tmp_path / "clip.mp4", 1, "180x320")
    await home.video(bob, clip, name="Clip")
    watched = await opened(browser, home, reduced_motion="reduce")
    page = watched.page
    held: list[Route] = []
    hashes = True

    async def without(route: Route) -> None:
        """What others say is no blurhash."""
        answer = await route.fetch()
        said = await answer.json()
        for post in said["items"] if not hashes else ():
            for file in post["media"]:
                file["blurhash"] = "~" * 5000 if post["video"] else "\\"
        await route.fulfill(response=answer, json=said)

    async def hold(route: Route) -> None:
        held.append(route)

    await page.route("**/api/kith/v1/feed*", without)
    await page.route(re.compile("/(file|poster|media|through)/"), hold)
    await log_in(page, home, "ada")
    clip_canvas = page.locator("canvas.clip")
    await expect(clip_canvas).to_have_count(1)
    *_, opaque = await page.evaluate(MIDDLE, "canvas.clip")
    assert opaque == 255
    await page.keyboard.press("Tab")
    await page.get_by_role("article").first.focus()
    await page.keyboard.press("PageDown")
    awaited = page.locator("canvas.awaited")
    await expect(awaited).to_be_visible()
    r, g, b, opaque = await page.evaluate(MIDDLE, "canvas.awaited")
    assert r > 150 and g < 90 and b < 90 and opaque == 255
    for route in held:
        await route.continue_()
    await page.unroute(re.compile("/(file|poster|media|through)/"))
    await expect(awaited).to_have_count(0)
    # What is no blurhash draws nothing, and breaks nothing.
    hashes = False
    await page.reload()
    await expect(page.get_by_role("article").first).to_be_visible()
    await expect(clip_canvas).to_have_count(1)
    assert (await page.evaluate(MIDDLE, "canvas.clip"))[3] == 0
    assert watched.faults == []

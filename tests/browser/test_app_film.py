"""A film before it is posted, in the app: what is shown of it, its cover, and its size."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.browser.app_node import AppNode, log_in, opened
from tests.clips import make_clip

# The row of pictures to its end, and the cover.
DRAWN = """() => new Promise((done) => {
  const isDrawn = (one) =>
    one.getContext("2d").getImageData(one.width - 2, one.height / 2, 1, 1).data[3] > 0;
  const look = () => [...document.querySelectorAll(".cutter canvas")].every(isDrawn)
    ? done() : requestAnimationFrame(look);
  look();
})"""
MADE_MS = 150_000  # on a busy machine, here and at the node
# A minute of a phone says as many bits a second; what a test picture needs is far less.
# What a browser says of a file for which it has no room. Its own limit cannot be set: what Chromium
# counts of files in a private window depends on when it looks.
FULL = """
() => {
  const put = IDBObjectStore.prototype.put;
  IDBObjectStore.prototype.put = function (...given) {
    if (this.name === "files") throw new DOMException("full", "QuotaExceededError");
    return put.apply(this, given);
  };
}
"""
RICH = (
    "-b:v",
    "16M",
    "-minrate",
    "16M",
    "-maxrate",
    "16M",
    "-bufsize",
    "4M",
    "-x264-params",
    "nal-hrd=cbr",
)


async def chosen(page: Page, home: AppNode, clip: Path) -> None:
    """The screen for a post, with this clip, as soon as what becomes of it is known."""
    await page.goto(f"{home.url}/app/post")
    await page.set_input_files("input[type=file]:not([capture])", clip)
    await expect(
        page.get_by_text("before it is sent").or_(page.get_by_text("as it is"))
    ).to_be_visible()


async def posted(page: Page) -> None:
    await page.get_by_role("button", name="Post for friends").click()
    await expect(page.get_by_text("Your video is ready")).to_be_visible(timeout=MADE_MS)


async def the_post(home: AppNode, token: str) -> dict[str, Any]:
    async with home.line(token) as line:
        (post,) = (await line.ask("GET", "/feed", dict))["items"]
    return dict(post)


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.clause("APP-4.1", "APP-4.2")
async def test_a_part_with_its_cover_is_made_smaller_before_it_is_sent(
    browser: Browser, home: AppNode, tmp_path: Path
) -> None:
    ada, bob = await home.sign_up("ada", "Ada"), await home.sign_up("bob", "Bob")
    await home.befriend(ada, bob)
    clip = await asyncio.to_thread(
        make_clip, tmp_path / "clip.mp4", seconds=4, size="720x1280", options=RICH
    )
    watched = await opened(browser, home, service_workers="block")
    page = watched.page
    await log_in(page, home, "ada")
    made: list[Any] = []
    announced: list[Any] = []
    page.on(
        "request",
        lambda one: (
            made.append(one.post_data_json)
            if one.method == "POST" and one.url.endswith("/videos")
            else announced.append(one.post_data_json)
            if one.method == "POST" and one.url.endswith("/uploads")
            else None
        ),
    )
    await chosen(page, home, clip)
    await expect(page.get_by_text("It is made smaller here before it is sent")).to_be_visible()
    # By keyboard alone: ten steps of a tenth of a second each.
    await page.get_by_role("slider", name="Where it begins").focus()
    for _ in range(10):
        await page.keyboard.press("ArrowRight")
    await page.get_by_role("slider", name="Where it ends").focus()
    for _ in range(10):
        await page.keyboard.press("ArrowLeft")
    await expect(
        page.get_by_text(re.compile(r"Shown from .?0:01\.0.? to .?0:03\.0"))
    ).to_be_visible()
    cover = page.get_by_role("slider", name="Cover")
    await cover.focus()
    for _ in range(5):
        await page.keyboard.press("ArrowRight")
    await expect(page.get_by_text(re.compile(r"is seen at .?0:01\.5"))).to_be_visible()
    await page.evaluate(DRAWN)
    await posted(page)
    assert announced[0]["size"] < clip.stat().st_size / 2
    assert (made[0]["start_ms"], made[0]["end_ms"], made[0]["cover_ms"]) == (0, None, 500)
    post = await the_post(home, bob.token or "")
    assert post["media"][0]["duration_ms"] == pytest.approx(2000, abs=250)
    assert watched.faults == []


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.clause("APP-4.1", "APP-4.3")
async def test_a_browser_without_codecs_says_so_and_the_node_makes_the_part(
    browser: Browser, home: AppNode, tmp_path: Path
) -> None:
    ada, bob = await home.sign_up("ada", "Ada"), await home.sign_up("bob", "Bob")
    await home.befriend(ada, bob)
    clip = await asyncio.to_thread(make_clip, tmp_path / "clip.mp4", seconds=3, options=RICH)
    watched = await opened(browser, home, service_workers="block")
    page = watched.page

    async def without_codecs(route: Route) -> None:
        """The worker, in a browser that knows no WebCodecs."""
        real = await (await route.fetch()).text()
        gone = "".join(
            f"globalThis.{name}=undefined;"
            for name in ("VideoEncoder", "VideoDecoder", "AudioEncoder", "AudioDecoder")
        )
        await route.fulfill(body=gone + real, content_type="text/javascript")

    await page.context.route("**/app/film-*.js", without_codecs)
    await log_in(page, home, "ada")
    await chosen(page, home, clip)
    await expect(page.get_by_text("cannot read the picture of this video")).to_be_visible()
    await page.get_by_role("slider", name="Where it ends").focus()
    for _ in range(10):
        await page.keyboard.press("ArrowLeft")
    await posted(page)
    post = await the_post(home, bob.token or "")
    assert post["media"][0]["duration_ms"] == pytest.approx(2000, abs=200)
    assert watched.faults == []


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.clause("APP-4.4")
async def test_a_closed_tab_makes_it_smaller_anew(
    browser: Browser, home: AppNode, tmp_path: Path
) -> None:
    await home.sign_up("ada", "Ada")
    clip = await asyncio.to_thread(
        make_clip, tmp_path / "clip.mp4", seconds=2, size="720x1280", options=RICH
    )
    watched = await opened(browser, home, service_workers="block")
    page = watched.page
    await log_in(page, home, "ada")
    await chosen(page, home, clip)

    async def slow(route: Route) -> None:
        """A worker that comes as far as a third."""
        body = 'postMessage({ is: "progress", done: 1 / 3 })'
        await route.fulfill(body=body, content_type="text/javascript")

    await page.route("**/app/film-*.js", slow)
    await page.get_by_label("Title").fill("Harbour")
    await page.get_by_role("button", name="Post for friends").click()
    await expect(
        page.get_by_text(re.compile("Made smaller before it is sent: .?33"))
    ).to_be_visible()
    again = await page.context.new_page()
    await page.close()
    await again.goto(f"{home.url}/app/post")
    await expect(again.get_by_role("progressbar", name="Harbour")).to_be_visible()
    await expect(again.get_by_text("Your video is ready")).to_be_visible(timeout=MADE_MS)
    assert watched.faults == []


async def test_a_browser_without_room_says_so_and_the_film_stays_chosen(
    browser: Browser, home: AppNode, tmp_path: Path
) -> None:
    await home.sign_up("ada", "Ada")
    clip = await asyncio.to_thread(make_clip, tmp_path / "clip.mp4", seconds=3, options=RICH)
    watched = await opened(browser, home, service_workers="block")
    page = watched.page
    await log_in(page, home, "ada")
    await chosen(page, home, clip)
    await page.evaluate(FULL)
    await page.get_by_role("button", name="Post for friends").click()
    await expect(page.get_by_role("alert")).to_contain_text("no room left")
    await expect(page.get_by_text("clip.mp4")).to_be_visible()
    await expect(page.get_by_text("On their way")).to_have_count(0)
    assert watched.faults == []

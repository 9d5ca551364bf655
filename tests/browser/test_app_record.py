"""A video that is recorded in the app, and what is said where that cannot be."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.browser.app_node import AppNode, Watched, log_in, opened
from tests.browser.overheard import overheard

# Two or more; a slow machine does not show each of them.
SECONDS_WENT_BY = re.compile(r"Recorded: .?(0:0[2-9]|0:[1-5]\d|[1-9]\d*:\d\d)")
CAMERA = ("--use-fake-device-for-media-stream",)
# The browser's answer to who asks for the camera.
REFUSE = """(name) => {
  navigator.mediaDevices.getUserMedia = async () => { throw new DOMException("", name); };
}"""
NO_SOUND = """() => {
  const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    if (wanted.audio) throw new DOMException("", "NotFoundError");
    return open(wanted);
  };
}"""
# What was opened, and whether it is on; `EMPTY` makes recordings of nothing.
COUNTED = """() => {
  const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  window.streams = [];
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    const stream = await open(wanted);
    window.streams.push(stream);
    return stream;
  };
}"""
ON = """() => window.streams.map(
  (stream) => stream.getTracks().some((track) => track.readyState === "live"))"""
EMPTY = """() => Object.defineProperty(
  MediaRecorder.prototype, "ondataavailable", { set() {}, configurable: true })"""
TURN = """() => {
  Object.defineProperty(screen.orientation, "type", { get: () => "landscape-secondary" });
  screen.orientation.dispatchEvent(new Event("change"));
}"""


@pytest.fixture
async def filming(home: AppNode, tmp_path: Path) -> AsyncIterator[Browser]:
    """A browser with a camera and a microphone."""
    async with overheard(tmp_path, *CAMERA) as browser:
        yield browser


async def at_post(browser: Browser, home: AppNode, *permissions: str) -> Watched:
    watched = await opened(browser, home, permissions=list(permissions))
    await log_in(watched.page, home, "ada")
    await watched.page.goto(f"{home.url}/app/post")
    await expect(watched.page.get_by_role("button", name="Record")).to_be_visible()
    return watched


@pytest.mark.slow
async def test_what_is_recorded_is_posted_and_becomes_a_video(
    filming: Browser, home: AppNode
) -> None:
    ada = await home.sign_up("ada", "Ada")
    watched = await at_post(filming, home, "camera", "microphone")
    page = watched.page
    await page.get_by_role("button", name="Record").click()
    start = page.get_by_role("button", name="Record", exact=True)
    await expect(start).to_be_enabled()
    await start.click()
    # So much is recorded that it is more than a picture.
    await expect(page.get_by_role("timer")).to_contain_text(SECONDS_WENT_BY)
    await page.get_by_role("button", name="Stop").click()
    await expect(page.get_by_text("kith-20")).to_be_visible()
    await page.get_by_label("Title").fill("From the camera")
    await page.get_by_role("button", name="Post for friends").click()
    await expect(page.get_by_text("Your video is ready")).to_be_visible()
    async with home.line(ada.token or "") as line:
        (post,) = (await line.ask("GET", "/posts", dict))["items"]
        watching = await line.ask("GET", "/videos/watch", dict, query={"id": post["video"]})
    assert post["name"] == "From the camera" and watching
    assert watched.faults == []


async def test_a_phone_that_is_turned_ends_it_and_what_was_recorded_stays(
    filming: Browser, home: AppNode
) -> None:
    await home.sign_up("ada", "Ada")
    watched = await at_post(filming, home, "camera", "microphone")
    page = watched.page
    await page.evaluate(NO_SOUND)
    await page.get_by_role("button", name="Record").click()
    await expect(page.get_by_text("without sound")).to_be_visible()
    await page.get_by_role("button", name="Record", exact=True).click()
    await expect(page.get_by_role("timer")).to_contain_text(SECONDS_WENT_BY)
    await page.evaluate(TURN)
    await expect(page.get_by_text("the phone was turned")).to_be_visible()
    await expect(page.get_by_text("kith-20")).to_be_visible()
    assert watched.faults == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("NotAllowedError", "may not use the camera"),
        ("NotFoundError", "No camera was found"),
        ("NotReadableError", "Another program uses the camera"),
    ],
)
async def test_where_there_is_no_camera_it_is_said_what_to_do(
    browser: Browser, home: AppNode, name: str, words: str
) -> None:
    await home.sign_up("ada", "Ada")
    watched = await at_post(browser, home)
    page = watched.page
    await page.evaluate(REFUSE, name)
    await page.get_by_role("button", name="Record").click()
    await expect(page.get_by_role("alert")).to_contain_text(words)
    await page.get_by_role("button", name="Do not record").click()
    await expect(page.get_by_text("Choose a video")).to_be_visible()
    assert watched.faults == []


@pytest.mark.slow
async def test_without_a_line_no_camera_stays_on_and_one_tries_again(
    filming: Browser, home: AppNode
) -> None:
    await home.sign_up("ada", "Ada")
    watched = await at_post(filming, home, "camera", "microphone")
    page = watched.page
    await page.route("**/api/kith/v1/node", lambda route: route.abort())
    await page.reload()
    await page.evaluate(COUNTED)
    await page.evaluate(EMPTY)
    await page.get_by_role("button", name="Record").click()
    await expect(page.get_by_role("alert")).to_contain_text("Your node does not answer")
    assert await page.evaluate(ON) == []
    await page.unroute("**/api/kith/v1/node")
    await page.get_by_role("button", name="Try again").click()
    start = page.get_by_role("button", name="Record", exact=True)
    await expect(start).to_be_enabled()
    await start.click()
    await page.get_by_role("button", name="Stop").click()
    await expect(page.get_by_role("alert")).to_contain_text("Nothing was recorded")
    # What was recorded in vain ended its stream: another one is open.
    await expect(start).to_be_enabled()
    assert await page.evaluate(ON) == [False, True]
    await page.get_by_role("button", name="Do not record").click()
    await expect(page.get_by_text("Choose a video")).to_be_visible()
    assert await page.evaluate(ON) == [False, False]
    assert watched.faults == []

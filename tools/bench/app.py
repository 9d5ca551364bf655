"""The app in Chromium: how soon it opens, its feed beside a bare list of the same clips (`app`).

The bare list is what any program must do to show them: articles as high as the screen, of which the
one that is looked at plays. Both are scrolled by the same gestures in the same browser.
"""

import asyncio
import json
import statistics
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.async_api import Browser, CDPSession, Page, Request, Route, expect

from tests.browser.app_node import AppNode, app_node, chromium, log_in
from tests.clips import make_clip
from tools.bench.app_story import stories
from tools.bench.figures import Measured
from tools.bench.ground import Bench

SCREEN = {"width": 390, "height": 844}
LINE = {
    "offline": False,
    "latency": 80,
    "downloadThroughput": 1_250_000,
    "uploadThroughput": 1_250_000,
}
CLIPS = 6  # real ones, which the long feed shows again and again
PAGE = 20
FEED = "**/api/kith/v1/feed*"
FRAME_MS = 1000 / 60
# A turn of the wheel leads to the next clip, and nothing is left for the list to snap to. So fast
# that 500 clips end in a minute or two: more than a person asks of a list.
TURN, PACE = 780, 8000

BARE = """<!doctype html><meta charset="utf-8"><title>Bare</title><style>
body { margin: 0 } .feed { height: 780px; overflow-y: auto; scroll-snap-type: y mandatory }
article { position: relative; height: 100%; scroll-snap-align: start; scroll-snap-stop: always;
  overflow: hidden; background: #0b0f0e; color: #fff }
video { width: 100%; height: 100%; object-fit: contain } p { position: absolute; bottom: 1rem }
</style><div class="feed"></div><script>
const feed = document.querySelector(".feed");
const clips = CLIPS;
const video = document.createElement("video");
video.muted = video.loop = video.playsInline = true;
const seen = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) continue;
    video.src = clips[target.dataset.index % clips.length];
    target.prepend(video);
    video.play().catch(() => undefined);
  }
}, { root: feed, threshold: 0.6 });
for (let index = 0; index < COUNT; index++) {
  const article = document.createElement("article");
  article.dataset.index = index;
  article.innerHTML = "<p>Words below a clip</p>";
  feed.append(article);
  seen.observe(article);
}
</script>"""

# Which clip one looks at, once the list has come to rest and the clip has its player.
SEEN = """() => new Promise((done) => {
  const feed = document.querySelector(".feed");
  const look = () => {
    const at = feed.scrollTop / feed.clientHeight;
    const index = Math.round(at);
    const isThere = document.querySelector(`[data-index="${index}"] video`) !== null;
    if (isThere && Math.abs(at - index) < 0.005) done(index);
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})"""
# How many frames were not drawn in time, from now until the answer is asked for.
FRAMES = """() => {
  const from = performance.now();
  globalThis.frames = { drawn: 0, from, last: from, dropped: 0 };
  const drawn = (now) => {
    frames.dropped += Math.max(0, Math.round((now - frames.last) / FRAME_MS) - 1);
    frames.last = now;
    frames.drawn++;
    globalThis.next = requestAnimationFrame(drawn);
  };
  requestAnimationFrame(drawn);
}""".replace("FRAME_MS", str(FRAME_MS))
FRAMES_DRAWN = """() => {
  cancelAnimationFrame(next);
  return { dropped: frames.dropped, drawn: frames.drawn };
}"""
# Milliseconds from the next key to the first picture of the clip that is gone to, for later.
NEXT = """(index) => void (globalThis.arrival = new Promise((done) => {
  const article = document.querySelector(`[data-index="${index}"]`);
  document.querySelector(`[data-index="${index - 1}"]`).focus();
  const look = (from) => {
    const video = article.querySelector("video");
    if (video?.currentTime > 0 && !video.paused) done(performance.now() - from);
    else requestAnimationFrame(() => look(from));
  };
  addEventListener("keydown", () => look(performance.now()), { once: true, capture: true });
}))"""
# The clip is there, so that it could play; or why it will never be.
READY = """(index) => new Promise((done, fail) => {
  const look = () => {
    const video = document.querySelector(`[data-index="${index}"] video`);
    if (video?.error) fail(new Error(`clip ${index}: ${video.error.message}`));
    else if (video?.readyState >= 3) done();
    else requestAnimationFrame(look);
  };
  look();
})"""
REST = """() => {
  for (const video of document.querySelectorAll("video")) video.pause();
}"""
# The instant, since the page was asked for, at which a control is there and takes a tap.
USABLE = """(selector) => new Promise((done) => {
  const look = () => {
    const found = document.querySelector(selector);
    const box = found?.getBoundingClientRect();
    const top = box && document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    if (top && (found.contains(top) || top.contains(found))) done(performance.now());
    else requestAnimationFrame(look);
  };
  look();
})"""


class LongFeed:
    """A feed of as many posts as are wanted: those that are there, again and again."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._real: list[dict[str, Any]] = []

    async def answer(self, route: Route, request: Request) -> None:
        if not self._real:
            self._real = (await (await route.fetch()).json())["items"]
        query = parse_qs(urlsplit(request.url).query)
        begin = int(query.get("long", ["0"])[0])
        made = [self._post(index) for index in range(begin, min(begin + PAGE, self._count))]
        headers = {"Content-Type": "application/json"}
        if begin + PAGE < self._count:
            address = f"{request.url.split('?')[0]}?long={begin + PAGE}"
            headers["Link"] = f'<{address}>; rel="next"'
        await route.fulfill(body=json.dumps({"items": made}), headers=headers)

    def _post(self, index: int) -> dict[str, Any]:
        real = self._real[index % len(self._real)]
        return {**real, "id": f"{real['id']}#{index}", "name": f"Clip {index}"}

    @property
    def clips(self) -> list[str]:
        """Where the real ones are, at the node."""
        files = [file for post in self._real for file in post["media"]]
        return [
            urlsplit(file["here"]).path for file in files if file["media_type"].startswith("video/")
        ]


async def _opened(browser: Browser, home: AppNode, feed: LongFeed | None = None) -> Page:
    """Ada's feed, `feed` where one is given."""
    context = await browser.new_context(
        viewport=SCREEN,  # type: ignore[arg-type]
        locale="en-GB",
        service_workers="block" if feed else "allow",
    )
    page = await context.new_page()
    page.set_default_timeout(120_000)
    if feed is not None:
        await page.route(FEED, feed.answer)
    await log_in(page, home, "ada")
    # The first browser makes her keys, and each other is asked for them before the feed.
    later = page.get_by_role("link", name="Go on without for now")
    await expect(page.get_by_role("feed").or_(later)).to_be_visible()
    if await later.is_visible():
        await later.click()
        await expect(page.get_by_role("feed")).to_be_visible()
    return page


async def _scroll(page: Page, line: CDPSession, until: int) -> None:
    """Turn the wheel from one clip to the next, until the one of this number is there."""
    seen = -1
    while seen < until:
        await line.send(
            "Input.synthesizeScrollGesture",
            {"x": 195, "y": 400, "yDistance": -TURN, "speed": PACE, "gestureSourceType": "mouse"},
        )
        before, seen = seen, await page.evaluate(SEEN)
        assert seen > before, f"the wheel led nowhere at clip {seen}"


@dataclass(slots=True)
class Scrolled:
    """What came of scrolling through a list, in turns with another."""

    page: Page
    dropped: int = 0
    drawn: int = 0
    wall: float = 0
    task: float = 0

    @property
    def percent(self) -> float:
        """Frames that were not drawn in time."""
        return self.dropped / (self.dropped + self.drawn) * 100

    async def on(self, browser: Browser, until: int, folder: Path) -> None:
        """Scroll on to this clip, and then let it rest for the other's turn."""
        line = await self.page.context.new_cdp_session(self.page)
        trace = folder / "trace.json"
        await browser.start_tracing(
            page=self.page, path=trace, categories=["toplevel", "__metadata"]
        )
        await self.page.evaluate(FRAMES)
        await _scroll(self.page, line, until)
        frames = await self.page.evaluate(FRAMES_DRAWN)
        await browser.stop_tracing()
        await self.page.evaluate(REST)
        self.dropped += frames["dropped"]
        self.drawn += frames["drawn"]
        wall, task = await asyncio.to_thread(_longest, trace)
        self.wall, self.task = max(self.wall, wall), max(self.task, task)


def _longest(trace: Path) -> tuple[float, float]:
    """The longest task of the page's main thread, in ms: by the clock, and of CPU."""
    events = json.loads(trace.read_text())["traceEvents"]
    mains = {
        (one["pid"], one["tid"])
        for one in events
        if one["name"] == "thread_name" and one["args"]["name"] == "CrRendererMain"
    }
    tasks = [
        one
        for one in events
        if one["name"].endswith("RunTask") and (one["pid"], one["tid"]) in mains
    ]
    return (
        max(one.get("dur", 0) for one in tasks) / 1000,
        max(one.get("tdur", 0) for one in tasks) / 1000,
    )


async def _kept(line: CDPSession) -> tuple[float, float]:
    """The heap in MB and the nodes that are left when what is free was collected."""
    await line.send("Performance.enable")
    for _ in range(3):
        await line.send("HeapProfiler.collectGarbage")
    found = await line.send("Performance.getMetrics")
    metrics = {one["name"]: one["value"] for one in found["metrics"]}
    return metrics["JSHeapUsedSize"] / 1e6, metrics["Nodes"]


async def _scrolling(bench: Bench, browser: Browser, home: AppNode) -> AsyncIterator[Measured]:
    """Ours and the bare list by turns, as a machine is not always equally busy."""
    count, turn = bench.size(500, 30), bench.size(100, 15)
    feed = LongFeed(count + PAGE)
    page = await _opened(browser, home, feed)
    await page.get_by_role("article").first.wait_for()
    document = BARE.replace("CLIPS", json.dumps(feed.clips)).replace("COUNT", str(count + PAGE))

    async def bare(route: Route) -> None:
        await route.fulfill(body=document, content_type="text/html")

    other = await (await browser.new_context(viewport=SCREEN)).new_page()  # type: ignore[arg-type]
    await other.route("**/bare", bare)
    await other.goto(f"{home.url}/bare")
    ours, theirs = Scrolled(page), Scrolled(other)
    for until in range(turn, count + 1, turn):
        for one in (ours, theirs):
            await one.on(browser, until, bench.folder)
    yield Measured("app_scroll", ours.task, theirs.task, f"{ours.wall:.0f} ms by the clock")
    yield Measured(
        "app_scroll.dropped",
        ours.percent / max(theirs.percent, 0.1),
        note=f"{ours.percent:.1f} and {theirs.percent:.1f} of a hundred",
    )
    for opened in (page, other):
        await opened.context.close()


async def _memory(bench: Bench, browser: Browser, home: AppNode) -> AsyncIterator[Measured]:
    """What is held after many clips, beside what was held after some."""
    first, count = bench.size(100, 10), bench.size(1000, 30)
    page = await _opened(browser, home, LongFeed(count + PAGE))
    await page.get_by_role("article").first.wait_for()
    line = await page.context.new_cdp_session(page)
    await _scroll(page, line, first)
    heap, nodes = await _kept(line)
    await _scroll(page, line, count)
    heap_then, nodes_then = await _kept(line)
    videos = await page.locator("video").count()
    yield Measured("app_memory", heap_then, heap, f"{videos} video elements")
    yield Measured("app_memory.nodes", nodes_then, nodes)
    await page.context.close()


async def _starts(bench: Bench, browser: Browser, home: AppNode) -> AsyncIterator[Measured]:
    """From the key that goes to the next clip until it is played, on a slow line."""
    page = await _opened(browser, home)
    await page.emulate_media(reduced_motion="reduce")  # the way there is no part of it
    line = await page.context.new_cdp_session(page)
    await line.send("Network.enable")
    await line.send("Network.emulateNetworkConditions", LINE)
    await page.reload()
    await page.get_by_role("article").first.wait_for()
    took = []
    async with asyncio.timeout(120):
        for index in range(1, CLIPS):
            await page.evaluate(READY, index)
            await page.evaluate(NEXT, index)
            await page.keyboard.press("PageDown")
            took.append(await page.evaluate("() => arrival"))
    yield Measured("app_next", max(took), note=f"median {statistics.median(took):.0f} ms")
    await page.context.close()


async def _first_views(bench: Bench, browser: Browser, home: AppNode) -> AsyncIterator[Measured]:
    """A new browser, and one that knows the app, on a slow line."""
    fresh, again = [], []
    known = await _opened(browser, home)
    await known.evaluate("() => navigator.serviceWorker.ready.then(() => undefined)")
    line = await known.context.new_cdp_session(known)
    await line.send("Network.enable")
    await line.send("Network.emulateNetworkConditions", LINE)
    for _ in range(bench.size(5, 1)):
        context = await browser.new_context(viewport=SCREEN, locale="en-GB")  # type: ignore[arg-type]
        page = await context.new_page()
        new = await context.new_cdp_session(page)
        await new.send("Network.enable")
        await new.send("Network.emulateNetworkConditions", LINE)
        await page.goto(f"{home.url}/app/", wait_until="commit")
        fresh.append(await page.evaluate(USABLE, "main a.button.main, main button.main"))
        await context.close()
        await known.goto(f"{home.url}/app/", wait_until="commit")
        again.append(await known.evaluate(USABLE, "[role=feed] .rail button"))
    yield Measured("app_first", statistics.median(fresh) / 1000)
    yield Measured("app_first.again", statistics.median(again) / 1000)
    await known.context.close()


async def _furnished(home: AppNode, folder: Path) -> None:
    """Ada, and Bob with his clips."""
    ada, bob = await home.sign_up("ada", "Ada"), await home.sign_up("bob", "Bob")
    await home.befriend(ada, bob)
    clip = await asyncio.to_thread(make_clip, folder / "clip.mp4", 3, "540x960")
    for index in range(CLIPS):
        await home.video(bob, clip, name=f"Clip {index}", description="The light at six. " * 4)


PARTS = {
    "app_first": _first_views,
    "app_next": _starts,
    "app_scroll": _scrolling,
    "app_memory": _memory,
    "app_story": stories,
}


async def measure(bench: Bench) -> AsyncIterator[Measured]:
    """All of it with one node."""
    limits = {"api_requests_per_minute": 1_000_000}
    async with app_node(bench.folder, **limits) as home, chromium() as browser:
        await _furnished(home, bench.folder)
        expect.set_options(timeout=120_000)
        for row, part in PARTS.items():
            if bench.wants(row):
                async for found in part(bench, browser, home):
                    yield found

"""The library in Debian's Chromium: inside a worker, as a device would run it."""

import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Page, Route, async_playwright

from tools import browser

IN_CI = os.environ.get("CI") == "true"
# No such host is asked: all that the page fetches is answered here.
ORIGIN = "https://device.test"
ASK = """(asked) => new Promise((resolve) => {
  globalThis.worker ??= new Worker("/page.js", { type: "module" });
  worker.onmessage = ({ data }) => resolve(data);
  worker.postMessage(asked);
})"""


def why_absent() -> str | None:
    """What is missing for Chromium to run here; None when nothing is."""
    if shutil.which("chromium") is None:
        return "no chromium program: tools/services installs it"
    return None


def bundle() -> str:
    """`browser/tests/page.ts` and all that it needs, as one script."""
    esbuild = str(browser.MODULES / "esbuild" / "bin" / "esbuild")
    words = (esbuild, "tests/page.ts", "--bundle", "--format=esm", "--target=es2023")
    ran = browser.node(*words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert ran.returncode == 0, ran.stderr
    return str(ran.stdout)


class Worker:
    """A worker with the library in it."""

    def __init__(self, page: Page) -> None:
        self._page = page

    async def ask(self, **what: Any) -> Any:
        """What `browser/tests/page.ts` answers."""
        answer = await self._page.evaluate(ASK, what)
        assert "error" not in answer, answer["error"]
        return answer["value"]


@asynccontextmanager
async def worker() -> AsyncIterator[Worker]:
    """One in a browser of its own."""
    script = bundle()

    async def serve(route: Route) -> None:
        if route.request.url == f"{ORIGIN}/page.js":
            await route.fulfill(body=script, content_type="text/javascript")
        else:
            await route.fulfill(body="<!doctype html>", content_type="text/html")

    async with async_playwright() as play:
        chromium = await play.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        page = await chromium.new_page()
        await page.route("**/*", serve)
        await page.goto(ORIGIN)
        yield Worker(page)
        await chromium.close()

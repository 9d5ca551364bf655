"""The library in Debian's Chromium: inside a worker, as a device would run it."""

import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

from playwright.async_api import BrowserContext, Page, Route, async_playwright

from tools import browser

# No such host is asked: all that the page fetches is answered here.
ORIGIN = "https://device.test"
ASK = """(asked) => new Promise((resolve) => {
  globalThis.worker ??= new Worker(script, { type: "module" });
  worker.onmessage = ({ data }) => resolve(data);
  worker.postMessage(asked);
})"""
# What the device gave to carry stays with the page: it outlives the worker.
ASK_LINE = """(vault) => new Promise((resolve) => {
  worker.onmessage = ({ data }) => {
    globalThis.carried = data.value?.carried ?? null;
    resolve(data.error ? data : { value: data.value.line ?? data.value });
  };
  worker.postMessage({ vault: { ...vault, carried: globalThis.carried ?? null } });
})"""
# Kept in the page: workers that are begun a thousand times do not fetch it anew.
LOAD = """async () => {
  globalThis.script = URL.createObjectURL(await (await fetch("/page.js")).blob());
}"""
KILL = """() => { globalThis.worker?.terminate(); globalThis.worker = undefined; }"""


def why_absent() -> str | None:
    """What is missing for Chromium to run here; None when nothing is."""
    if shutil.which("chromium") is None:
        return "no chromium program: tools/services installs it"
    return None


@cache
def bundle(page: str = "tests/page.ts") -> str:
    """A page of `browser/` and all that it needs, as one script."""
    esbuild = str(browser.MODULES / "esbuild" / "bin" / "esbuild")
    words = (esbuild, page, "--bundle", "--format=esm", "--minify", "--target=es2023")
    ran = browser.node(*words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert ran.returncode == 0, ran.stderr
    return str(ran.stdout)


class Worker:
    """A worker with the library in it."""

    def __init__(self, page: Page) -> None:
        self._page = page

    async def ask(self, **what: Any) -> Any:
        """What `browser/tests/page.ts` answers."""
        return self._value(await self._page.evaluate(ASK, what))

    async def vault(self, do: str, **what: Any) -> Any:
        """What came of a deed of `browser/tests/vaults.ts`."""
        return await self.ask(vault={"do": do, **what})

    async def line(self, line: dict[str, Any], actor: str) -> Any:
        """The line of a transcript as it comes out of the vault that is open."""
        deed = {"do": "line", "line": line, "actor": actor}
        return self._value(await self._page.evaluate(ASK_LINE, deed))

    async def kill(self) -> None:
        """End the worker, whatever it does; the next deed begins another."""
        await self._page.evaluate(KILL)

    async def beside(self) -> "Worker":
        """One in another tab of the same browser."""
        return await opened(self._page.context)

    async def limit(self, room: int | None) -> None:
        """Have the browser keep no more than so many bytes; None: as much as it likes."""
        # The limit ends with the session that set it: this one ends with the page.
        tools = await self._page.context.new_cdp_session(self._page)
        size = {} if room is None else {"quotaSize": room}
        await tools.send("Storage.overrideQuotaForOrigin", {"origin": ORIGIN, **size})

    async def clear(self) -> None:
        """Have the browser clear what it keeps, as it does when it wants the room."""
        tools = await self._page.context.new_cdp_session(self._page)
        what = {"origin": ORIGIN, "storageTypes": "indexeddb"}
        await tools.send("Storage.clearDataForOrigin", what)
        await tools.detach()

    @staticmethod
    def _value(answer: dict[str, Any]) -> Any:
        assert "error" not in answer, answer["error"]
        return answer.get("value")


async def opened(context: BrowserContext) -> Worker:
    """A new tab with a worker in it."""
    page = await context.new_page()
    await page.goto(ORIGIN)
    await page.evaluate(LOAD)
    return Worker(page)


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
        context = await chromium.new_context()
        await context.route("**/*", serve)
        yield await opened(context)
        await chromium.close()

"""People whose device is a browser: tabs of Debian's Chromium on the nodes of a town."""

import asyncio
import os
import shutil
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from playwright.async_api import Browser, BrowserContext, Page, Playwright, Route

from node.app import admin_invite
from node.testing.town import Town, TownNode
from node.wire.api.accounts import InviteView, NewInvite
from tests.browser.chromium import bundle

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
# What the app is served with: nothing of another origin, no script from a string.
POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'; worker-src 'self'"
PAGE = '<!doctype html><script type="module" src="/story/page.js{query}"></script>'
ASK = "([name, given]) => globalThis.tab.ask(name, given)"
UNTIL = "(wanted) => globalThis.tab.until(wanted)"
PATIENCE_MS = 60_000


@dataclass(slots=True)
class Tab:
    """A page with the device behind it."""

    page: Page

    async def ask(self, name: str, *given: Any) -> Any:
        """The answer. A refusal fails the test."""
        found = await self.page.evaluate(ASK, [name, list(given)])
        assert "is" not in found, found
        return found.get("value")

    async def refused(self, name: str, *given: Any) -> Any:
        """By what it is refused: `is`, `clause`, `words`."""
        found = await self.page.evaluate(ASK, [name, list(given)])
        assert "is" in found, found
        return found

    async def until(self, **wanted: Any) -> None:
        """Until it is so (`Wanted` in browser/tests/story_page.ts)."""
        await self.page.evaluate(UNTIL, wanted)

    async def forget(self) -> None:
        """What is waited for from now on has to come anew."""
        await self.page.evaluate("() => globalThis.tab.forget()")

    async def say(self, chat: str, text: str) -> Any:
        """Say something; the message as it stands then."""
        return await self.ask("send", chat, text, str(uuid4()))

    async def texts(self, chat: str) -> list[str]:
        """What was said there, the oldest first."""
        page = await self.ask("history", chat, 100, None)
        return [item["text"] for item in reversed(page["items"]) if item["is"] == "message"]

    async def kill(self) -> None:
        """End this tab's worker, whatever it does."""
        await self.page.evaluate("() => globalThis.worker.terminate()")


@dataclass(slots=True)
class Resident:
    """Somebody of `harness` whose device is a browser."""

    town: Town
    harness: TownNode
    name: str
    context: BrowserContext
    origin: str
    actor: str = ""
    complaints: list[str] = field(default_factory=list)

    @property
    def handle(self) -> str:
        return f"@{self.name}@{self.harness.domain}"

    @property
    def password(self) -> str:
        return f"{self.name} has a long password"

    async def tab(self) -> Tab:
        """Another tab."""
        page = await self.context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda said: self._heard(said.type, said.text))
        await page.goto(f"{self.origin}/story/")
        return Tab(page)

    def _heard(self, kind: str, text: str) -> None:
        # A server that is down, or refuses, is no fault of the page.
        if kind == "error" and "Failed to load resource" not in text:
            self.complaints.append(text)

    async def sign_up(self, tab: Tab, **more: Any) -> None:
        """A new account, by an invite of the node's administrator."""
        link = await admin_invite(self.harness.node, self.harness.system)
        if link is None:
            token = self.town.admin_tokens[self.harness.domain]
            async with self.harness.line(token) as line:
                link = (await line.ask("POST", "/invites", InviteView, NewInvite())).url or ""
        who = {"name": self.name, "password": self.password, "deviceName": "Chromium"}
        account = await tab.ask("signUp", {**who, "invite": link.rpartition("/")[2], **more})
        self.actor = account["actor"]
        session = await tab.ask("session")
        self.town.admin_tokens.setdefault(self.harness.domain, session["token"])
        await tab.until(node="hello")

    async def log_in(self, tab: Tab) -> None:
        """A new device of the account."""
        who = {"name": self.name, "password": self.password, "deviceName": "Chromium"}
        await tab.ask("logIn", who)

    async def set(self, tab: Tab, **what: Any) -> None:
        """Of the device: `ahead`, how far its clock is ahead of the machine's in milliseconds;
        `full`, whether its browser has no room left."""
        say = "(what) => new BroadcastChannel('story').postMessage(what)"
        await tab.page.evaluate(say, what)

    async def clear(self, tab: Tab) -> None:
        """Have the browser clear what it keeps, as it does when it wants the room."""
        tools = await self.context.new_cdp_session(tab.page)
        what = {"origin": self.origin, "storageTypes": "indexeddb"}
        await tools.send("Storage.clearDataForOrigin", what)
        await tools.detach()


def ahead_of_machine(town: Town) -> float:
    """How far the town's clock is ahead of this machine's, in milliseconds."""
    span = town.clock.now() - datetime.now(UTC)
    return span.total_seconds() * 1000


async def launched(play: Playwright) -> Browser:
    """Debian's Chromium."""
    return await play.chromium.launch(executable_path=shutil.which("chromium"), args=list(FLAGS))


@asynccontextmanager
async def of_its_own(play: Playwright, profile: Path) -> AsyncIterator[tuple[Browser, Process]]:
    """A browser that keeps its profile on the disk, and the process that it runs in."""
    program = shutil.which("chromium") or "chromium"
    where = ("--headless=new", "--remote-debugging-port=0", f"--user-data-dir={profile}")
    # Of a group of its own: it has children, and they end with it.
    process = await asyncio.create_subprocess_exec(
        program, *FLAGS, *where, stdout=DEVNULL, stderr=PIPE, start_new_session=True
    )
    try:
        yield await play.chromium.connect_over_cdp(await _address(process)), process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.communicate()


async def _address(process: Process) -> str:
    """Where a browser that was just started says that it listens."""
    assert process.stderr is not None
    async for line in process.stderr:
        _, said, address = line.decode().partition("DevTools listening on ")
        if said:
            return address.strip()
    raise AssertionError("the browser ended before it listened")


@asynccontextmanager
async def residence(
    town: Town, browser: Browser, name: str, domain: str
) -> AsyncIterator[Resident]:
    """Somebody with a browser profile of their own. In the end nothing was complained of."""
    context = await browser.new_context()
    resident = await move_in(town, context, name, domain)
    yield resident
    await context.close()
    assert not resident.complaints, resident.complaints


async def move_in(town: Town, context: BrowserContext, name: str, domain: str) -> Resident:
    """Serve the page of stories at the node's own origin."""
    harness = town.nodes[domain]
    # By name: a browser takes that for a secure context.
    origin = harness.url.replace("127.0.0.1", "localhost")
    files = {"worker.js": bundle("tests/story_worker.ts"), "page.js": bundle("tests/story_page.ts")}

    async def serve(route: Route) -> None:
        name = route.request.url.partition("/story/")[2].partition("?")[0]
        if name in files:
            await route.fulfill(body=files[name], content_type="text/javascript")
            return
        query = f"?ahead={ahead_of_machine(town)}"
        headers = {"Content-Security-Policy": POLICY, "Content-Type": "text/html"}
        await route.fulfill(body=PAGE.format(query=query), headers=headers)

    await context.route("**/story/**", serve)
    return Resident(town, harness, name, context, origin)

"""A real node that serves the app to a real browser, and what a person does with it.

The node listens on loopback under the name localhost, which browsers take for secure without TLS.
"""

import asyncio
import shutil
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from node.app import Node, System, admin_invite
from node.client.api_client import ApiClient
from node.errors import Unreachable
from node.ports import Request, Response, Stream
from node.store.e2ee import E2eeUnit
from node.system import SystemClock, SystemEntropy
from node.testing.fakes import streaming
from node.testing.new_node import open_new_node
from node.web.listener import GuardedSite
from node.wire.api.accounts import InviteView, NewAccount, NewInvite, Session
from tools.lab import free_port

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PASSWORD = "four words that nobody guesses"
PATIENCE_MS = 60_000  # a busy machine is slow, and that is no failure
expect.set_options(timeout=PATIENCE_MS)


class Neighbours:
    """The servers beside the node: those that a test scripts, and no other answers."""

    def __init__(self) -> None:
        self.clock = SystemClock()
        self.strangers: dict[str, Callable[[Request], Awaitable[Response]]] = {}

    async def hop(self, request: Request) -> Response:
        answer = self.strangers.get(urlsplit(request.url).netloc)
        if answer is None:
            raise Unreachable(f"nobody answers at {request.url}")
        return await answer(request)

    def stream(self, request: Request) -> AbstractAsyncContextManager[Stream]:
        return streaming(self.hop(request))

    async def close(self) -> None:
        """Nothing is open."""


class AppNode:
    """The node, and people who are made without a browser."""

    def __init__(self, node: Node, system: System, url: str, neighbours: Neighbours) -> None:
        self.node = node
        self.system = system
        self.url = url
        self.neighbours = neighbours
        self.admin = ""
        self.people: dict[str, Session] = {}

    @property
    def domain(self) -> str:
        return self.url.removeprefix("http://")

    def line(self, token: str = "") -> ApiClient:
        """A client's line to this node."""
        return ApiClient(self.url, self.system.entropy, token)

    async def sign_up(self, name: str, display_name: str = "") -> Session:
        """A person with a session and no device; the first one is the administrator."""
        link = await admin_invite(self.node, self.system) or await self.invite(self.admin)
        body = NewAccount(
            name=name,
            password=PASSWORD,
            display_name=display_name,
            invite=link.rpartition("/")[2],
        )
        async with self.line() as line:
            session = await line.ask("POST", "/accounts", Session, body)
        self.admin = self.admin or session.token or ""
        self.people[name] = session
        return session

    async def befriend(self, one: Session, other: Session) -> None:
        """Make two people friends."""
        async with self.line(one.token or "") as line:
            await line.ask("POST", "/friends/requests", dict, {"actor": other.account.actor})
        async with self.line(other.token or "") as line:
            await line.ask("POST", "/friends/accept", dict, {"actor": one.account.actor})

    async def hears(self, who: Session) -> None:
        """Wait until one of their devices can be spoken to: who writes before is told of none."""
        actor, wakeups = who.account.actor, self.node.stores.wakeups

        async def can(unit: E2eeUnit) -> bool:
            return any([await unit.stock_of(device) for device in await unit.devices_of(actor)])

        async with asyncio.timeout(PATIENCE_MS / 1000):
            while True:
                heard = wakeups.listen(f"events:{who.account.id}")
                if await self.node.stores.units.look(E2eeUnit, can):
                    return
                await wakeups.wait(heard, 1.0)

    async def post(self, who: Session, content: str, **more: Any) -> dict[str, Any]:
        """Words of `who`, for friends unless `more` says otherwise."""
        async with self.line(who.token or "") as line:
            return await line.ask("POST", "/posts", dict, {"content": content, **more})

    async def video(self, who: Session, clip: Path, **more: Any) -> str:
        """The id of a video of `who`, which is ready."""
        async with self.line(who.token or "") as line:
            upload = await self._uploaded(line, who, clip)
            made = await line.ask("POST", "/videos", dict, {"upload": upload, **more})
            return await self.ready(who, made["id"])

    async def picture(self, who: Session, file: Path) -> str:
        """The id of a picture of `who`, which is made and on no post yet."""
        async with self.line(who.token or "") as line:
            upload = await self._uploaded(line, who, file)
            return str((await line.ask("POST", "/pictures", dict, {"upload": upload}))["id"])

    async def _uploaded(self, line: ApiClient, who: Session, file: Path) -> str:
        data = await asyncio.to_thread(file.read_bytes)
        new = {"size": len(data), "sha256": b64encode(sha256(data).digest()).decode()}
        upload = await line.ask("POST", "/uploads", dict, new)
        async with aiohttp.ClientSession() as session:
            sent = await session.put(
                f"{self.url}/api/kith/v1/uploads/{upload['id']}",
                params={"offset": "0"},
                data=data,
                headers={"Authorization": f"Bearer {who.token}"},
            )
            assert sent.status == 200, await sent.text()
        return str(upload["id"])

    async def ready(self, who: Session, video: str) -> str:
        """Wait until the worker has made this video, as its notice says; its post."""
        async with self.line(who.token or "") as line, asyncio.timeout(PATIENCE_MS / 1000):
            while True:
                heard = self.node.stores.wakeups.listen(f"events:{who.account.id}")
                found = await line.ask("GET", "/videos/one", dict, query={"id": video})
                assert found["state"] != "failed", found
                if found["state"] == "ready":
                    return str(found["post"])
                await self.node.stores.wakeups.wait(heard, 1.0)

    async def invite(self, token: str, befriends: bool = False) -> str:
        """A fresh link of whose token it is."""
        async with self.line(token) as line:
            made = await line.ask("POST", "/invites", InviteView, NewInvite(befriends=befriends))
        return made.url or ""


@asynccontextmanager
async def app_node(folder: Path, **settings: Any) -> AsyncIterator[AppNode]:
    """A node on a free port, with its worker at work."""
    port = free_port()
    neighbours = Neighbours()
    system = System(neighbours.clock, SystemEntropy(), neighbours)
    given = {"node_name": "Harbour", "login_attempts_per_minute": 1000, **settings}
    async with open_new_node(f"localhost:{port}", folder, system, **given) as node:
        # What is being answered is answered: a store that closes under it is no story of a person.
        runner = web.AppRunner(node.application, access_log=None, shutdown_timeout=30)
        await runner.setup()
        working = asyncio.create_task(node.worker.run())
        try:
            await GuardedSite(runner, node.connections, "127.0.0.1", port).start()
            yield AppNode(node, system, f"http://localhost:{port}", neighbours)
        finally:
            node.worker.stop()
            await node.streams.close()
            await runner.cleanup()
            await working


class Watched:
    """A page of a browser, and what it must not do: break its policy, or ask another server."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.faults: list[str] = []
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        page.on("console", self._heard)
        page.on("request", self._asked)

    def _heard(self, message: Any) -> None:
        if "Content Security Policy" in message.text or "TrustedScript" in message.text:
            self.faults.append(f"policy: {message.text}")

    def _asked(self, request: Any) -> None:
        if not request.url.startswith((self.url, "blob:", "data:")):
            self.faults.append(f"asked {request.url}")


async def new_page(context: BrowserContext, url: str) -> Watched:
    """A tab that is watched."""
    page = await context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.set_default_navigation_timeout(PATIENCE_MS)
    return Watched(page, url)


@asynccontextmanager
async def chromium(*more: str) -> AsyncIterator[Browser]:
    """Debian's Chromium."""
    async with async_playwright() as play:
        browser = await play.chromium.launch(
            executable_path=shutil.which("chromium"), args=[*ARGUMENTS, *more]
        )
        yield browser
        await browser.close()


async def opened(browser: Browser, home: AppNode, **options: Any) -> Watched:
    """A tab of a browser of its own, that is: with storage of its own."""
    context = await browser.new_context(**{"locale": "en-GB", **options})
    return await new_page(context, home.url)


async def log_in(page: Page, home: AppNode, name: str) -> None:
    """Log in by the form, until one is inside."""
    await page.goto(f"{home.url}/app/login")
    await page.get_by_label("Name", exact=True).fill(name)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Log in").click()
    await expect(page.get_by_role("navigation", name="Main places")).to_be_visible()

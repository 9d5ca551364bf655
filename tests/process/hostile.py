"""A network that somebody rents to do a node harm, as a program: `python -m tests.process.hostile`.

It reads one line, an `Orders`; says a `Tally` a line, five times a second, of what came of it; and
ends when its standard input does, having sent each input at least once. It is a process of its own
so that who watches the node waits for nobody.

All of `tests/abuse/cases` is sent, over and over, by servers of several domains that show what the
cases need to be shown. Each round has ids of its own, so that it is nothing already known.
"""

import asyncio
import io
import itertools
import json
import os
import ssl
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack, suppress
from typing import Any

import aiohttp
import msgspec
from aiohttp import web
from msgspec import Struct, field
from yarl import URL

from node.ports import Request
from node.system import SystemClock
from node.testing.weather import ScriptedServer
from tests.abuse.inputs import FILES, TARGET, Mouth, kind_of, read

PER_ADDRESS = (1, 20)  # requests of every second one who floods; then from another address
STALLERS = 60
ASKED_SECONDS = 60.0
TOLD_SECONDS = 0.2


class Orders(Struct, kw_only=True):
    """Whom to attack, and from where."""

    connect: str
    ca: str
    names: dict[str, str]
    evil: dict[str, int]  # domains, and the ports where they are looked for
    suspended: dict[str, str]  # whose sender is of which suspended domain
    certificates: str
    flooders: int
    nice: int  # how willingly the processor is left to the node: an enemy has machines of their own


class Tally(Struct):
    """What was sent, and what came of it."""

    statuses: dict[int, int]
    addresses: int
    rounds: int  # of all inputs, by whoever has sent the fewest
    asked: int  # how often the node asked the enemy's servers for something


class Count(Struct):
    """The same, while it is counted."""

    statuses: Counter[int] = field(default_factory=Counter)
    rounds: list[int] = field(default_factory=list)
    addresses: Iterator[int] = field(default_factory=itertools.count)
    used: int = 0
    asked: int = 0

    def address(self) -> str:
        """The next one of the network: 127.1.0.1 and on; it begins again when it ends."""
        self.used = next(self.addresses) + 1
        number = self.used % (100 << 16)
        return f"127.{1 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"

    def tally(self) -> Tally:
        return Tally(dict(self.statuses), self.used, min(self.rounds), self.asked)


def all_inputs() -> list[dict[str, Any]]:
    return [case["input"] for file in FILES for case in read(file)]


def asks_for(input: dict[str, Any]) -> dict[str, Any]:
    """An input as something that is said: where the node is not to call, it is lured to."""
    kind, what = kind_of(input)
    if kind == "address":
        what = f"https://[{what}]/a" if ":" in what else f"https://{what}/a"
    if kind in ("call", "address"):
        return {"says": {"type": "Announce", "object": what, "to": ["$alice"]}}
    return input


class Server:
    """One of the enemy's servers: what it shows, and how it answers deliveries."""

    def __init__(self, orders: Orders, domain: str, count: Count) -> None:
        clock = SystemClock()
        self.count = count
        self.page = ScriptedServer(clock, domain)
        others = {
            name: ScriptedServer(clock, other).character("mallory")
            for name, other in orders.suspended.items()
        }
        self.mouth = Mouth(self.page, clock, orders.names, **others)
        found = [each["answers"] for each in all_inputs() if "answers" in each]
        self.answers = itertools.cycle([each for each in found if (each["status"] or 0) >= 200])

    async def answer(self, request: web.Request) -> web.Response:
        self.count.asked += 1
        if request.method == "POST":
            said = next(self.answers)
            told = {"Retry-After": said["retry-after"]} if "retry-after" in said else {}
            return web.Response(status=said["status"], headers=told)
        page = self.page.pages.get(f"https://{self.page.domain}{request.raw_path}")
        if page is None:
            return web.Response(status=404)
        return web.Response(status=page.status, headers=dict(page.headers), body=page.body)

    async def listen(self, orders: Orders, port: int) -> web.AppRunner:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        stem = f"{orders.certificates}/{self.page.domain}"
        context.load_cert_chain(f"{stem}.pem", f"{stem}.key")
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self.answer)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port, ssl_context=context).start()
        return runner


class Enemy:
    """Floods and stalls."""

    def __init__(self, orders: Orders) -> None:
        self.orders = orders
        self.count = Count(rounds=[0] * orders.flooders)
        self.tls = ssl.create_default_context(cafile=orders.ca)
        self.servers = [Server(orders, domain, self.count) for domain in orders.evil]
        self.inputs = [json.dumps(asks_for(input)) for input in all_inputs()]
        self.over = asyncio.Event()

    def requests(self, flooder: int) -> Iterator[Request]:
        """All inputs, said at one server; each further round under other names."""
        rounds = self.count.rounds
        server = self.servers[flooder % len(self.servers)]
        for number, text in enumerate(self.inputs):
            unique = (flooder + len(rounds) * rounds[flooder]) * len(self.inputs) + number
            here = text.replace("evil.test", server.page.domain)
            here = here.replace(f"//{server.page.domain}/o/", f"//{server.page.domain}/o/{unique}-")
            yield from server.mouth.requests(unique, json.loads(here))

    async def flood(self, flooder: int) -> None:
        at_once = PER_ADDRESS[flooder % len(PER_ADDRESS)]
        while not self.over.is_set() or not self.count.rounds[flooder]:
            requests = self.requests(flooder)
            while some := list(itertools.islice(requests, at_once)):
                await self._send(some)
                if self.over.is_set() and self.count.rounds[flooder]:
                    return
            self.count.rounds[flooder] += 1

    async def _send(self, requests: list[Request]) -> None:
        connector = aiohttp.TCPConnector(local_addr=(self.count.address(), 0), ssl=self.tls)
        patience = aiohttp.ClientTimeout(ASKED_SECONDS)
        async with aiohttp.ClientSession(connector=connector, timeout=patience) as http:
            for one in requests:
                target = one.url.removeprefix(TARGET)
                with suppress(aiohttp.ClientError, OSError, ValueError):
                    async with http.request(
                        one.method, URL(f"https://{self.orders.connect}{target}", encoded=True),
                        headers={**one.headers, "Host": "alpha.test"}, allow_redirects=False,
                        data=io.BytesIO(one.body) if one.body else None,
                        server_hostname="alpha.test",
                    ) as answer:  # fmt: skip
                        self.count.statuses[answer.status] += 1

    async def stall(self, number: int) -> None:
        """Say the half of something and fall silent, until the node hangs up; then anew."""
        pieces = [each["raw"] for each in all_inputs() if "raw" in each]
        said = "".join(pieces[number % len(pieces)]).encode("latin-1")
        while True:
            with suppress(OSError, ssl.SSLError):
                reader, writer = await asyncio.open_connection(
                    *self.orders.connect.split(":"), ssl=self.tls,
                    server_hostname="alpha.test", local_addr=(f"127.0.2.{number + 1}", 0),
                )  # fmt: skip
                writer.write(said)
                try:
                    await writer.drain()
                    await reader.read()
                finally:
                    writer.transport.abort()

    async def tell(self) -> None:
        while True:
            self.say()
            await asyncio.sleep(TOLD_SECONDS)

    def say(self) -> None:
        sys.stdout.write(msgspec.json.encode(self.count.tally()).decode() + "\n")
        sys.stdout.flush()

    async def attack(self) -> None:
        async with AsyncExitStack() as stack:
            for server, port in zip(self.servers, self.orders.evil.values(), strict=True):
                stack.push_async_callback((await server.listen(self.orders, port)).cleanup)
            beside = [asyncio.create_task(self.stall(number)) for number in range(STALLERS)]
            beside += [asyncio.create_task(self.tell()), asyncio.create_task(self._ordered())]
            await asyncio.gather(*(self.flood(each) for each in range(self.orders.flooders)))
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
        self.say()

    async def _ordered(self) -> None:
        """Until nobody orders any more."""
        await asyncio.to_thread(sys.stdin.read)
        self.over.set()


def main() -> None:
    orders = msgspec.json.decode(sys.stdin.readline(), type=Orders)
    os.nice(orders.nice)
    asyncio.run(Enemy(orders).attack())


if __name__ == "__main__":
    main()

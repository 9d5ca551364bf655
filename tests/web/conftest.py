"""A whole node over a real database file, and a client that speaks to it."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from msgspec.structs import replace

from node.accounts import invites
from node.accounts.account import Role
from node.app import Node, System
from node.config import Config
from node.store.invites import InvitesUnit
from node.store.passwords import Passwords
from node.store.unit import Units
from node.testing.fakes import FakeClock, FakeEntropy, FakeFetch
from node.testing.new_node import open_new_node
from node.web.api.surface import API
from node.web.routes import Route
from node.web.surface import Surface

PASSWORD = "correct horse battery"
DOMAIN = "a.test"


@dataclass
class Said:
    """An answer, read."""

    status: int
    headers: Any
    raw: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.raw)


@dataclass
class Harness:
    """What a test holds of a node and of a client that speaks to it."""

    node: Node
    clock: FakeClock
    entropy: FakeEntropy
    web: FakeFetch
    app: web.Application = field(init=False)
    client: TestClient[Any, Any] = field(init=False)

    @property
    def units(self) -> Units:
        return self.node.stores.units

    @property
    def config(self) -> Config:
        return self.node.config

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        token: str = "",
        headers: dict[str, str] | None = None,
        raw: bytes | None = None,
    ) -> Said:
        sent = dict(headers or {})
        if token:
            sent["Authorization"] = f"Bearer {token}"
        if body is not None:
            raw = json.dumps(body).encode()
        if raw is not None:
            sent.setdefault("Content-Type", "application/json")
        where = path if path.startswith("//") else API + path
        answer = await self.client.request(
            method, where.replace("//", "/", 1), data=raw, headers=sent, allow_redirects=False
        )
        return Said(answer.status, answer.headers, await answer.read())

    async def invite(self, role: str = "member", uses: int = 1) -> str:
        """The secret of an invite that the node itself made."""
        secret = self.entropy.draw(8).hex()
        digest = invites.digest_of(secret)

        async def work(unit: InvitesUnit) -> None:
            made = await invites.first_admin(digest, unit)
            if made is None or role == "member":
                await unit.drop_invite(None, made.id if made else "")
                await unit.add_invite(
                    invites.Invite(
                        digest, unit.fresh(), None, Role(role), False, uses,
                        unit.now, unit.now + invites.read_uses(1, 7),
                    )
                )  # fmt: skip

        await self.units.run(InvitesUnit, work)
        return secret

    async def join(self, name: str, role: str = "member") -> str:
        """Sign `name` up and give their token."""
        said = await self.ask(
            "POST",
            "/accounts",
            {"name": name, "password": PASSWORD, "invite": await self.invite(role)},
        )
        assert said.status == 201, said.raw
        return str(said.body["token"])


Build = Callable[..., Awaitable[Harness]]
Extra = Callable[[Harness], tuple[Route, ...]]
Beside = Callable[[Harness], tuple[Surface, ...]]


@pytest.fixture
async def build(tmp_path: Path, quick_secrets: None) -> AsyncIterator[Build]:
    """`await build(**settings)` is a node with a client; `extra` adds routes of the API,
    `beside` other surfaces."""
    async with AsyncExitStack() as open_now:

        async def make(
            extra: Extra | None = None, beside: Beside | None = None, **given: Any
        ) -> Harness:
            clock, entropy, written = FakeClock(), FakeEntropy(), FakeFetch(["b.test"])
            settings = {"login_attempts_per_minute": 1000, **given}
            opening = open_new_node(DOMAIN, tmp_path, System(clock, entropy, written), **settings)
            node = await open_now.enter_async_context(opening)
            harness = Harness(node, clock, entropy, written)
            api, *others = node.web.surfaces
            if extra is not None:
                api = replace(api, routes=(*api.routes, *extra(harness)))
            toys = beside(harness) if beside is not None else ()
            harness.app = node.web.application((api, *others, *toys))
            harness.client = TestClient(TestServer(harness.app))
            await open_now.enter_async_context(harness.client)
            open_now.push_async_callback(node.streams.close)
            return harness

        yield make


@pytest.fixture
async def harness(build: Build) -> Harness:
    return await build()


@pytest.fixture
def real_hashes() -> Passwords:
    return Passwords(FakeEntropy())

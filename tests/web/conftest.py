"""A whole web application over a real database file, and a client that speaks to it."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from node.accounts import actors, invites
from node.accounts.account import Role
from node.accounts.sign_up import Registration, settle_in
from node.config import Config
from node.errors import Missing
from node.store.invites import InvitesUnit
from node.store.passwords import Passwords
from node.store.unit import Units
from node.store.wakeups import Wakeups
from node.testing.fakes import FakeClock, FakeEntropy
from node.testing.stores import open_new_stores
from node.web import health, limits
from node.web.api import accounts, streams
from node.web.api import invites as guests
from node.web.api.streams import Streams
from node.web.api.surface import API
from node.web.api.surface import surface as api_surface
from node.web.auth import Authenticator
from node.web.idempotency import Answered
from node.web.pages import site as pages
from node.web.pages.surface import page_or_problem
from node.web.pages.surface import surface as pages_surface
from node.web.routes import Route
from node.web.server import Kernel, build_application
from node.web.signup import SignUp
from node.web.surface import Surface
from node.wire.api.accounts import ActorView
from node.wire.keys import PublicKey, ed25519_from_seed

PASSWORD = "correct horse battery"
DOMAIN = "a.test"
ORIGIN = f"https://{DOMAIN}"


@dataclass(frozen=True)
class PlainKey:
    id: str
    algorithm: str
    public: bytes = b"public"
    private: bytes = b"sealed"


class QuickKeys:
    """Keys that take no time: no test here signs anything."""

    async def make(self, actor: str) -> tuple[PlainKey, ...]:
        return (PlainKey(f"{actor}#main-key", "rsa"), PlainKey(f"{actor}#ed25519-key", "ed25519"))

    async def public(self, actor: str) -> tuple[PublicKey, ...]:
        return (ed25519_from_seed(bytes(32), f"{actor}#ed25519-key", actor).public,)


class QuickHashes:
    """A hash that takes no time; the real one has its own tests."""

    def __init__(self) -> None:
        self.asked = 0

    async def hash(self, password: str) -> str:
        await asyncio.sleep(0)
        return f"hashed {password[::-1]}"

    async def matches(self, hashed: str | None, password: str) -> bool:
        self.asked += 1
        return hashed == f"hashed {password[::-1]}"


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
    """What a test holds of a node's web side."""

    units: Units
    clock: FakeClock
    entropy: FakeEntropy
    wakeups: Wakeups
    config: Config
    streams: Streams
    hashes: QuickHashes
    app: web.Application
    client: TestClient[Any, Any] = field(default=None)  # type: ignore[arg-type]

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
async def build(tmp_path: Path) -> AsyncIterator[Build]:
    """`await build(**settings)` is a harness with a client; `extra` adds routes of the API,
    `beside` other surfaces."""
    open_now = AsyncExitStack()

    async def make(
        extra: Extra | None = None, beside: Beside | None = None, **given: Any
    ) -> Harness:
        defaults = {"origin": ORIGIN, "login_attempts_per_minute": 1000}
        config = Config(**{**defaults, **given})
        clock, entropy = FakeClock(), FakeEntropy()
        stores = await open_new_stores(DOMAIN, tmp_path, clock)
        open_now.push_async_callback(stores.database.close)
        units, wakeups = stores.units, stores.wakeups
        hashes = QuickHashes()
        authenticator = Authenticator(units, clock, wakeups)
        keys = QuickKeys()
        keeper = SignUp(config.origin, units, hashes, keys, entropy)
        stream = Streams(units, wakeups, authenticator, heartbeat_seconds=0.05)
        harness = Harness(units, clock, entropy, wakeups, config, stream, hashes, web.Application())

        async def find(address: str) -> ActorView:
            if address != "@bob@b.test":
                raise Missing("FED-7.1", "nobody has this address")
            return ActorView(
                id="https://b.test/a/bob", kind="Person", name="bob", address=address, local=False
            )

        kernel = Kernel(
            authenticator,
            limits.Limiter(
                limits.MemoryBuckets(clock),
                config.api_requests_per_minute,
                config.login_attempts_per_minute,
            ),
            Answered(units, entropy),
            limits.TrustedProxies.of(config.trusted_proxies),
            entropy,
        )
        routes = (
            *accounts.routes(units, keeper, entropy, config.account_domain, find, keys),
            *guests.routes(units, keeper, entropy, config),
            *streams.routes(stream),
            *(extra(harness) if extra else ()),
        )
        site = pages.Pages(config, units, keeper, kernel.limiter, kernel.proxies)
        plain = (*health.Health(units).extras(), *site.extras())
        surfaces = (
            api_surface(routes, config),
            pages_surface(plain, config, page_or_problem(site.problem)),
            *(beside(harness) if beside else ()),
        )
        harness.app = build_application(kernel, surfaces, config.api_limit_bytes)
        site.furnish(harness.app)
        await units.run(
            InvitesUnit,
            lambda unit: settle_in(
                actors.instance(
                    actors.new_actor_id(ORIGIN, bytes(10)), ORIGIN, DOMAIN, "instance", "A"
                ),
                (),
                Registration(config.registration),
                unit,
            ),
        )
        harness.client = TestClient(TestServer(harness.app))
        await harness.client.start_server()
        open_now.push_async_callback(harness.client.close)
        return harness

    async with open_now:
        yield make


@pytest.fixture
async def harness(build: Build) -> Harness:
    return await build()


@pytest.fixture
def real_hashes() -> Passwords:
    return Passwords(FakeEntropy())

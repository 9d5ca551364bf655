"""A Town and its people, each with a home folder of their own, as the client library has them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from node.app import admin_invite
from node.client import seals
from node.client.api_client import ApiClient
from node.client.kith import Kith
from node.testing.town import Town, open_town
from node.wire.api.accounts import InviteView, NewInvite
from tests.client.devices import ALICE, BOB, CAROL, Side, side

PASSPHRASE = "the vault of a test"


def password_of(name: str) -> str:
    return f"{name} has a long password"


@pytest.fixture(autouse=True)
def quick_vaults(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a passphrase costs has its own tests; here it only takes time."""
    monkeypatch.setattr(seals, "OPSLIMIT", 1)
    monkeypatch.setattr(seals, "MEMLIMIT", 8192)


@pytest.fixture(autouse=True)
def no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries follow one another at once."""

    async def rest(_api: ApiClient, _failures: int) -> None:
        return None

    monkeypatch.setattr(ApiClient, "rest", rest)


class Square:
    """Where people of a town come from: accounts, homes, friendships."""

    def __init__(self, town: Town, folder: Path) -> None:
        self.town = town
        self.folder = folder
        self._admins: dict[str, str] = {}

    async def invite(self, domain: str, **given: object) -> str:
        """An invite link that leads to where the node really listens."""
        harness = self.town.nodes[domain]
        url = await admin_invite(harness.node, harness.system)
        if url is None:
            async with harness.line(self._admins[domain]) as line:
                body = NewInvite(**given)  # type: ignore[arg-type]
                url = (await line.ask("POST", "/invites", InviteView, body)).url or ""
        return harness.url + "/invite/" + url.rpartition("/")[2]

    async def join(self, name: str, domain: str) -> Kith:
        """A new person, not entered yet: use it as `async with`."""
        kith = await Kith.sign_up(
            await self.invite(domain),
            name,
            password_of(name),
            home=self.folder / name,
            passphrase=PASSPHRASE,
            clock=self.town.clock,
        )
        self._admins.setdefault(domain, kith.profile.token)
        return kith

    def at_home(self, name: str) -> Kith:
        """Who signed up with a command, as a program: use it as `async with`."""
        return Kith.load(self.folder / name, "", PASSPHRASE, self.town.clock)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """The nodes' workers run by themselves inside of this."""

        async def work() -> None:
            while True:
                await self.town.settle()
                await asyncio.sleep(0)

        task = asyncio.create_task(work())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def befriend(self, one: Kith, other: Kith) -> None:
        await one.add_friend(other.handle)
        await self.town.settle()
        await other.accept(one.handle)
        await self.town.settle()


@pytest.fixture
async def square(tmp_path: Path) -> AsyncIterator[Square]:
    async with open_town(
        tmp_path / "town", "alpha.test", "beta.test", api_requests_per_minute=1_000_000
    ) as town:
        yield Square(town, tmp_path / "homes")


@pytest.fixture
async def friends(square: Square) -> AsyncIterator[tuple[Kith, Kith]]:
    """Alice of alpha.test and Bob of beta.test, who are friends."""
    async with AsyncExitStack() as stack:
        alice = await stack.enter_async_context(await square.join("alice", "alpha.test"))
        bob = await stack.enter_async_context(await square.join("bob", "beta.test"))
        await square.befriend(alice, bob)
        yield alice, bob


@pytest.fixture
def alice(tmp_path: Path) -> Iterator[Side]:
    with side(tmp_path / "alice", ALICE) as made:
        yield made


@pytest.fixture
def bob(tmp_path: Path) -> Iterator[Side]:
    with side(tmp_path / "bob", BOB) as made:
        yield made


@pytest.fixture
def carol(tmp_path: Path) -> Iterator[Side]:
    with side(tmp_path / "carol", CAROL) as made:
        yield made

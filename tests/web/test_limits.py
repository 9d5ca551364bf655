"""Who asks too often: for pages, with wrong passwords, from many places at once (LIM-5)."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from msgspec.structs import replace

from node.app.parts import System, make_sign_up
from node.errors import TooMuch, Unproven
from node.store.homes import MOST_HOMES
from node.testing.fakes import FakeClock
from node.web.guesses import Guesses
from node.web.homes import Homes
from node.web.password_queue import (
    WAITING_OF_ADDRESS,
    WAITING_OF_NODE,
    WAITING_OF_STRANGERS,
    PasswordQueue,
)
from node.web.problems import Busy
from tests.web.conftest import PASSWORD, Build, Harness, Said

HOME, AWAY = "192.0.2.1", "198.51.100.7"
PROXY = {"trusted_proxies": ("127.0.0.0/8",)}


@pytest.mark.clause("LIM-5.2")
@pytest.mark.parametrize(
    "path",
    [
        "//", "//nowhere", "//@alice", "//robots.txt", "//o/1", "//a/x/outbox?page=first",
        "//.well-known/webfinger?resource=acct:alice@a.test", "//nodeinfo/2.1",
        "//media/public/01890a5d-ac96-774b-bcce-b302099a8057/video.mp4", "/openapi.json",
        "/nowhere",
    ],
)  # fmt: skip
async def test_pages_are_asked_for_so_often_and_no_more(build: Build, path: str) -> None:
    harness = await build(page_requests_per_minute=3, **PROXY)
    away = {"X-Forwarded-For": AWAY}
    assert 429 not in [(await harness.ask("GET", path)).status for _ in range(3)]
    said = await harness.ask("GET", path)
    assert (said.status, said.headers["Retry-After"]) == (429, "20")
    assert said.body["clause"] == "LIM-5.2"
    assert (await harness.ask("GET", path, headers={"Signature": "keyId"})).status == 429
    assert (await harness.ask("GET", path, headers=away)).status != 429
    assert (await harness.ask("GET", "//livez")).status == 200
    token = await harness.join("alice")
    assert (await harness.ask("GET", "/account", token=token)).status == 200
    harness.clock.pass_(timedelta(minutes=1))
    assert (await harness.ask("GET", path)).status != 429


async def log_in(harness: Harness, password: str, client: str = HOME) -> Said:
    body = {"name": "Alice ", "password": password}
    return await harness.ask("POST", "/login", body, headers={"X-Forwarded-For": client})


@pytest.mark.clause("LIM-5.4")
@pytest.mark.parametrize("known", [True, False])
async def test_wrong_passwords_make_the_next_one_wait(build: Build, known: bool) -> None:
    harness = await build(**PROXY)
    if known:
        await harness.join("alice")
    waits = []
    for number in range(16):
        said = await log_in(harness, "a wrong password", f"203.0.113.{number}")
        assert (said.status, said.body["clause"]) == (401, "ACC-1.5")
        said = await log_in(harness, PASSWORD, AWAY)
        if said.status != 429:
            # The right one, or one more wrong one of a name that nobody has.
            assert said.status == (201 if known else 401)
            if known:
                return
            continue
        assert said.body["clause"] == "LIM-5.4"
        waits.append(int(said.headers["Retry-After"]))
        harness.clock.pass_(timedelta(seconds=waits[-1]))
    assert waits == sorted(waits) and waits[-1] == 300


@pytest.mark.clause("LIM-5.4")
async def test_the_wait_grows_and_strangers_do_not_keep_the_owner_out(build: Build) -> None:
    harness = await build(**PROXY)
    await harness.join("alice")
    assert (await log_in(harness, PASSWORD, HOME)).status == 201
    waits = []
    for number in range(20):
        said = await log_in(harness, "a wrong password", f"203.0.113.{number}")
        if said.status == 429:
            waits.append(int(said.headers["Retry-After"]))
            harness.clock.pass_(timedelta(seconds=waits[-1]))
    assert waits[:5] == [1, 2, 4, 8, 16] or waits[:5] == [1, 1, 2, 4, 8]
    assert (await log_in(harness, PASSWORD, AWAY)).status in (201, 429)
    assert (await log_in(harness, PASSWORD, HOME)).status == 201


@pytest.mark.clause("LIM-5.4")
async def test_after_a_restart_strangers_do_not_keep_the_owner_out(build: Build) -> None:
    harness = await build(**PROXY)
    await harness.join("alice")
    assert (await log_in(harness, PASSWORD, HOME)).status == 201
    system = System(harness.clock, harness.entropy, harness.web)
    restarted = make_sign_up(harness.config, system, harness.node.stores)
    for number in range(6):
        with pytest.raises((Unproven, TooMuch)):
            await restarted.log_in("alice", "a wrong password", f"203.0.113.{number}")
    with pytest.raises(TooMuch):
        await restarted.log_in("alice", PASSWORD, AWAY)
    assert (await restarted.log_in("alice", PASSWORD, HOME)).name == "alice"


@pytest.mark.clause("LIM-5.4")
async def test_so_many_homes_of_an_account_are_known_and_none_can_be_read(build: Build) -> None:
    harness = await build()
    units, secret = harness.units, b"key" * 8
    homes = Homes(units, Guesses(harness.clock), secret)
    for number in range(MOST_HOMES + 3):
        harness.clock.pass_(timedelta(seconds=1))
        await homes.remember("name:alice", "account", f"203.0.113.{number}")
    again = Homes(units, Guesses(harness.clock), secret)
    known = [await again.is_home("name:alice", f"203.0.113.{n}") for n in range(MOST_HOMES + 3)]
    assert known == [False] * 3 + [True] * MOST_HOMES
    assert not await again.is_home("name:bob", "203.0.113.9")
    other = Homes(units, Guesses(harness.clock), b"another key" * 2)
    assert not await other.is_home("name:alice", "203.0.113.9")


def wrong(guesses: Guesses, address: str = AWAY) -> int:
    """One wrong password: the seconds to wait, or 0."""
    try:
        with guesses.trying("name:alice", address):
            raise Unproven("ACC-1.5", "the name or the password is wrong")
    except Unproven:
        return 0
    except TooMuch as error:
        return error.retry_after_seconds or 0


@pytest.mark.clause("LIM-5.4")
def test_each_wrong_password_doubles_the_wait_up_to_five_minutes() -> None:
    clock = FakeClock()
    guesses = Guesses(clock)
    assert [wrong(guesses) for _ in range(6)] == [0, 0, 0, 0, 0, 1]
    waits = [1]
    for _ in range(10):
        clock.pass_(timedelta(seconds=waits[-1]))
        assert wrong(guesses) == 0
        waits.append(wrong(guesses))
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    assert wrong(guesses, HOME) == 300, "wherever it comes from"
    clock.pass_(timedelta(days=1, seconds=1))
    assert [wrong(guesses) for _ in range(6)] == [0, 0, 0, 0, 0, 1], "forgotten after a day"


@pytest.mark.clause("LIM-5.4")
def test_who_was_proven_otherwise_is_not_kept_out_by_strangers() -> None:
    guesses = Guesses(FakeClock())
    for _ in range(8):
        wrong(guesses)
    assert wrong(guesses, HOME) > 0
    guesses.proven("name:alice", HOME)
    for _ in range(8):
        wrong(guesses)
    assert wrong(guesses, HOME) == 0
    assert wrong(guesses) > 0


@pytest.mark.clause("LIM-5.4")
def test_tries_at_the_same_time_are_no_more_than_one_after_another() -> None:
    guesses = Guesses(FakeClock())
    tries = [guesses.trying("name:alice", AWAY) for _ in range(6)]
    for each in tries[:5]:
        each.__enter__()
    with pytest.raises(TooMuch):
        tries[5].__enter__()
    busy = Busy("LIM-5.3", "busy", 5)
    with pytest.raises(Busy):
        tries[0].gen.throw(busy)  # what was never looked at was no try
    with guesses.trying("name:alice", AWAY):
        pass
    assert [wrong(guesses) for _ in range(6)] == [0, 0, 0, 0, 0, 1], "the right one ends the row"


class SlowHashes:
    """Takes until it is told to end."""

    def __init__(self) -> None:
        self.began, self.end = 0, asyncio.Event()

    async def hash(self, password: str) -> str:
        self.began += 1
        await self.end.wait()
        return password

    async def matches(self, hashed: str | None, password: str) -> bool:
        return await self.hash(password) == hashed


@pytest.mark.clause("LIM-5.3")
async def test_few_wait_for_their_password_and_others_are_told_at_once() -> None:
    hashes = SlowHashes()
    queue = PasswordQueue(hashes)

    async def start(*asked: Awaitable[Any]) -> list[asyncio.Task[Any]]:
        tasks = [asyncio.ensure_future(each) for each in asked]
        await asyncio.sleep(0)
        return tasks

    held = await start(*(queue.hash("a", HOME) for _ in range(WAITING_OF_ADDRESS)))
    with pytest.raises(TooMuch) as refused:
        await queue.matches("a", "a", HOME)
    assert (refused.value.clause, refused.value.retry_after_seconds) == ("LIM-5.3", 5)
    more = WAITING_OF_STRANGERS - WAITING_OF_ADDRESS
    held += await start(*(queue.matches("a", "a", f"203.0.113.{n}") for n in range(more)))
    with pytest.raises(Busy):
        await queue.hash("a", AWAY)
    homes = WAITING_OF_NODE - WAITING_OF_STRANGERS
    more += homes
    held += await start(*(queue.matches("a", "a", AWAY, known=True) for _ in range(homes)))
    with pytest.raises(Busy):
        await queue.hash("a", "203.0.113.200", known=True)
    assert hashes.began == WAITING_OF_NODE, "no work was done for those who were refused"
    hashes.end.set()
    assert await asyncio.gather(*held) == ["a"] * WAITING_OF_ADDRESS + [True] * more
    assert await queue.matches("a", "a", HOME)


@pytest.mark.clause("API-1.8")
@pytest.mark.parametrize("speaks_tls", [True, False])
async def test_a_node_that_speaks_tls_says_so_in_each_answer(
    harness: Harness, speaks_tls: bool
) -> None:
    web = harness.node.web
    made = replace(web, kernel=replace(web.kernel, speaks_tls=speaks_tls))
    app = made.application(web.surfaces)
    async with TestClient(TestServer(app)) as client:
        for path in ("/", "/nowhere", "/livez", "/api/kith/v1/account", "/static/kith.css"):
            answer = await client.get(path)
            said = answer.headers.get("Strict-Transport-Security")
            assert said == ("max-age=31536000" if speaks_tls else None), path

"""Tabs that the browser suspends: the others go on, and the one that wakes begins anew."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest
from playwright.async_api import Browser, Route

from node.testing.town import Town
from tests.browser.tabs import Resident, Tab, residence
from tests.browser.test_tabs import Meet, chromium, meet, read, reply, town
from tests.stories.people import person

__all__ = ["chromium", "meet", "town"]  # fixtures
pytestmark = pytest.mark.slow

# A worker that waits for an answer runs nothing else, as one of a page that is suspended.
SLEEP = """() => {
  const asked = new XMLHttpRequest();
  asked.open("GET", "/story/sleep", false);
  asked.send();
}"""
# Chromium freezes no page that is seen, and Playwright has it that all are.
LIFECYCLE = "(event) => void document.dispatchEvent(new Event(event))"
WAITS = """async () => {
  for (;;) {
    const { pending } = await navigator.locks.query();
    if (pending.some(({ name }) => name === "kith-device")) return;
    await new Promise((look) => setTimeout(look, 20));
  }
}"""
BEGUN = "() => globalThis.begun > 1"


@asynccontextmanager
async def asleep(alice: Resident, tab: Tab) -> AsyncIterator[None]:
    """The worker of `tab` does nothing meanwhile, and no event said that it would."""
    begun, wake = asyncio.Event(), asyncio.Event()

    async def answer(route: Route) -> None:
        begun.set()
        await wake.wait()
        await route.fulfill(body="")

    await alice.context.route("**/story/sleep", answer)
    (worker,) = tab.page.workers
    sleeping = asyncio.create_task(worker.evaluate(SLEEP))
    await begun.wait()
    try:
        yield
    finally:
        wake.set()
        await asyncio.wait([sleeping])


@pytest.mark.clause("E2E-6.18", "E2E-6.12")
async def test_a_holder_that_sleeps_is_replaced_and_begins_anew_when_it_wakes(
    town: Town, chromium: Browser, meet: Meet
) -> None:
    async with (
        residence(town, chromium, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
    ):
        sleeper, chat = await meet(alice, bob)
        tab = await alice.tab()
        async with asleep(alice, sleeper):
            # Asked of who sleeps, answered by who comes after.
            await tab.say(chat, "are you awake?")
            await tab.until(text="are you awake?", state="atOurNode")
            assert await read(town, bob) == ["are you awake?"]
            await reply(town, bob, "I am")
            await tab.until(text="I am")
            # Its page is awake: what it asks is answered, though not by its own worker.
            await sleeper.say(chat, "so am I")
            await sleeper.until(text="so am I", state="atOurNode")
        await sleeper.page.wait_for_function(BEGUN)
        assert await read(town, bob) == ["so am I"]
        said = ["hello Bob", "are you awake?", "I am", "so am I"]
        assert await sleeper.texts(chat) == await tab.texts(chat) == said
        # It waits for its turn, as any other.
        await tab.kill()
        await sleeper.say(chat, "my turn again")
        await sleeper.until(text="my turn again", state="atOurNode")
        assert await read(town, bob) == ["my turn again"]


@pytest.mark.clause("E2E-6.18")
async def test_a_page_that_is_frozen_lets_go_of_the_device_before(
    town: Town, chromium: Browser, meet: Meet
) -> None:
    async with (
        residence(town, chromium, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
    ):
        frozen, chat = await meet(alice, bob)
        tab = await alice.tab()
        (worker,) = frozen.page.workers
        async with worker.expect_event("close"):
            await frozen.page.evaluate(LIFECYCLE, "freeze")
        await tab.say(chat, "are you awake?")
        await tab.until(text="are you awake?", state="atOurNode")
        assert await read(town, bob) == ["are you awake?"]
        await frozen.page.evaluate(LIFECYCLE, "resume")
        await frozen.page.wait_for_function(BEGUN)
        await tab.page.close()
        await frozen.say(chat, "now I am")
        await frozen.until(text="now I am", state="atOurNode")
        assert await read(town, bob) == ["now I am"]


@pytest.mark.clause("E2E-6.14", "E2E-6.18")
async def test_who_takes_over_where_there_is_no_room_can_read(
    town: Town, chromium: Browser, meet: Meet
) -> None:
    async with (
        residence(town, chromium, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
    ):
        holder, chat = await meet(alice, bob)
        tab = await alice.tab()
        await tab.page.evaluate(WAITS)
        await alice.set(holder, full=True)
        # It is heard by the worker that waits, too.
        await tab.page.workers[0].evaluate("() => 0")
        await holder.kill()
        assert await tab.texts(chat) == ["hello Bob"]
        told = await tab.refused("send", chat, "no room for this", str(uuid4()))
        assert told["is"] == "NoRoom", told


@pytest.mark.clause("E2E-6.18", "API-6.1")
async def test_a_login_that_is_asked_for_again_makes_one_device(
    town: Town, chromium: Browser, meet: Meet
) -> None:
    async with (
        residence(town, chromium, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
    ):
        tab, _ = await meet(alice, bob)
        other = await alice.tab()
        made, go_on = asyncio.Event(), asyncio.Event()

        async def late(route: Route) -> None:
            """The node has made the device, and nobody hears of it."""
            answer = await route.fetch()
            if not made.is_set():
                made.set()
                await go_on.wait()
                await route.abort()
                return
            await route.fulfill(response=answer)

        await alice.context.route("**/api/kith/v1/login", late)
        logging_in = asyncio.create_task(alice.log_in(other))
        await made.wait()
        await tab.kill()
        await logging_in
        go_on.set()
        session = await other.ask("session")
        async with alice.harness.line(session["token"]) as line:
            devices = await line.ask("GET", "/devices", dict)
        assert len(devices["items"]) == 2, devices

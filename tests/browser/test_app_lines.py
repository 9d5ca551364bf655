"""The app's line to its node: any address opens it, and what it asks has the device's seat."""

import asyncio
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route, expect

from node.accounts import seats
from tests.browser.app_node import AppNode, log_in, new_page, opened

LIFECYCLE = "(event) => void document.dispatchEvent(new Event(event))"
BLOCKS = "**/api/kith/v1/blocks*"


@pytest.mark.slow
async def test_whatever_address_leads_to_the_app_it_begins(browser: Browser, home: AppNode) -> None:
    await home.sign_up("ada", "Ada")
    watched = await opened(browser, home)
    page = watched.page
    for address in ("/app/#%", "/app/join#%E0%A4%A", "/app/welcome?%=%#%%"):
        await page.goto(f"{home.url}{address}")
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await log_in(page, home, "ada")
    for address in ("/people/%E0%A4%A", "/chats/%", "/code/%#%", "/watch?id=%#%", "/settings#%"):
        await page.goto(f"{home.url}/app{address}")
        await expect(page.get_by_role("heading", level=1).first).to_be_visible()
        await expect(page.get_by_role("navigation", name="Main places")).to_be_visible()
        await expect(page.get_by_role("heading", name="This screen stumbled")).to_have_count(0)
    assert watched.faults == []


class Seated:
    """A route that wants the device's seat: the node says of it what it says of the mailbox."""

    def __init__(self, home: AppNode) -> None:
        self._home = home
        self.seats: list[str] = []
        self.refusals = 0

    async def answer(self, route: Route) -> None:
        self.seats.append(route.request.headers.get("kith-seat", ""))
        judged = await route.fetch(url=f"{self._home.url}/api/kith/v1/mailbox")
        if judged.status == 409:
            self.refusals += 1
            await route.fulfill(response=judged)
        else:
            await route.continue_()


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Set whenever a device has taken a seat."""
    event, take = asyncio.Event(), seats.take

    async def taking(*given: Any) -> Any:
        seat = await take(*given)
        event.set()
        return seat

    monkeypatch.setattr(seats, "take", taking)
    return event


async def at_blocks(page: Page) -> None:
    """Whom one blocks, heard anew by the same page."""
    await page.get_by_role("link", name="People", exact=True).click()
    await page.get_by_role("link", name="People you block").click()
    await expect(page.get_by_text("You block nobody")).to_be_visible()


@pytest.mark.slow
@pytest.mark.clause("ACC-4.5", "E2E-6.18")
@pytest.mark.parametrize("way", ["closed", "slept"])
async def test_what_is_asked_goes_on_from_the_next_seat_of_the_device(
    browser: Browser, home: AppNode, taken: asyncio.Event, way: str
) -> None:
    await home.sign_up("ada", "Ada")
    seated = Seated(home)
    holder = await opened(browser, home)
    await holder.page.context.route(BLOCKS, seated.answer)
    await log_in(holder.page, home, "ada")
    other = await new_page(holder.page.context, home.url)
    await other.page.goto(f"{home.url}/app/people")
    asks = holder if way == "slept" else other
    await at_blocks(asks.page)
    seated.refusals = 0
    taken.clear()
    if way == "slept":
        await holder.page.evaluate(LIFECYCLE, "freeze")
    else:
        await holder.page.close()
    await taken.wait()  # by the other tab's worker, for the vault that it opened
    if way == "slept":
        await holder.page.evaluate(LIFECYCLE, "resume")
    await at_blocks(asks.page)
    assert seated.refusals == 1, seated.seats
    assert int(seated.seats[-1]) > int(seated.seats[-2])
    assert holder.faults == [] and other.faults == []


@pytest.mark.slow
@pytest.mark.clause("ACC-4.5")
async def test_a_seat_that_is_refused_is_not_asked_with_again(
    browser: Browser, home: AppNode
) -> None:
    """Of two copies of a vault the older one says so, and does not go on asking."""
    await home.sign_up("ada", "Ada")
    watched = await opened(browser, home)
    page = watched.page
    asked: list[str] = []

    async def refuse(route: Route) -> None:
        asked.append(route.request.headers.get("kith-seat", ""))
        said = {"code": "conflict", "clause": "ACC-4.5", "detail": "another copy is in use"}
        await route.fulfill(status=409, json=said)

    await page.context.route(BLOCKS, refuse)
    await log_in(page, home, "ada")
    await page.goto(f"{home.url}/app/blocked")
    await expect(page.get_by_text("another copy")).to_be_visible()
    assert len(asked) == len(set(asked))
    assert watched.faults == []

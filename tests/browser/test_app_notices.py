"""What happened, as the app tells it: notices, strangers apart, a node put back from a copy."""

import asyncio
import re
from pathlib import Path

import pytest
from msgspec.structs import replace
from playwright.async_api import Browser, Locator, Page, Route, expect

from node.store.inbox import InboxUnit
from node.store.incarnation import IncarnationUnit
from node.store.video import VideoUnit
from node.video.renditions import SILENT
from node.wire.api.accounts import Session
from tests.browser.app_node import AppNode, log_in, opened
from tests.browser.keyboard import Keyboard
from tests.browser.test_app_chats import chat_with, said, say, two
from tests.browser.test_app_screens import violations
from tests.clips import make_clip

PHONE = {"width": 390, "height": 844}


async def liked(home: AppNode, who: Session, post: str) -> None:
    async with home.line(who.token or "") as line:
        await line.ask("POST", "/posts/like", dict, {"object": post})


async def commented(home: AppNode, who: Session, post: str, words: str) -> str:
    """The id of the comment."""
    async with home.line(who.token or "") as line:
        body = {"in_reply_to": post, "content": words}
        return str((await line.ask("POST", "/comments", dict, body))["id"])


async def noted(home: AppNode, who: Session, kind: str, actor: str, object: str) -> None:
    """A notice, as the room that has it to say gives it."""

    async def work(unit: InboxUnit) -> None:
        await unit.notify(who.account.id, kind, actor, object)

    await home.node.stores.units.run(InboxUnit, work)


async def refuse(way: Route) -> None:
    """As a node whose archive takes nothing more, and says no word that we know."""
    said = {"code": "conflict", "clause": "none", "detail": "no shelf is left", "params": {}}
    if way.request.method == "PUT":
        await way.fulfill(status=409, json=said, content_type="application/problem+json")
    else:
        await way.continue_()


def line_of(page: Page, words: str) -> Locator:
    """The notice that says so."""
    return page.locator(".notice").filter(has_text=re.compile(words))


def bell(page: Page) -> Locator:
    return page.get_by_role("main").get_by_role("link", name="Notices")


@pytest.mark.slow
@pytest.mark.clause("APP-6.1")
async def test_what_happened_is_told_as_it_happens_and_leads_there(
    browser: Browser, home: AppNode
) -> None:
    ada, bob = await home.sign_up("ada", "Ada"), await home.sign_up("bob", "Bob")
    await home.befriend(ada, bob)
    post = (await home.post(ada, "A boat"))["id"]
    watched = await opened(browser, home, viewport=PHONE)
    page = watched.page
    await log_in(page, home, "ada")
    await expect(bell(page)).to_contain_text("1 not yet read")
    for place in ("post", "people", "chats", "me", ""):
        await page.goto(f"{home.url}/app/{place}")
        await expect(bell(page)).to_contain_text("1 not yet read")
    await liked(home, bob, post)
    await expect(bell(page)).to_contain_text("2 not yet read")
    await bell(page).click()
    await expect(page.get_by_role("heading", name="Notices")).to_be_focused()
    await expect(line_of(page, "Bob.? is your friend now.*new")).to_be_visible()
    first = await commented(home, bob, post, "Is it yours?")
    await commented(home, bob, first, "Or not")
    said = line_of(page, "Bob.? commented on your post.*new")
    await expect(said).to_have_count(2)
    assert await violations(page) == []
    await said.first.click()
    comments = page.get_by_role("dialog")
    await expect(comments).to_contain_text("Is it yours?")
    await expect(comments).to_contain_text("Or not")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("article", name="Ada: A boat")).to_be_visible()
    await page.goto(f"{home.url}/app/")
    await expect(bell(page)).to_be_visible()
    await expect(bell(page).locator(".count")).to_have_count(0)
    keys = Keyboard(page)
    await keys.press("link", "Notices")
    await expect(line_of(page, "Bob")).to_have_count(4)
    await expect(page.locator(".fresh")).to_have_count(0)
    await keys.reach(line_of(page, "is your friend now"))
    await keys.enter()
    await expect(page.get_by_role("heading", name="Bob")).to_be_focused()
    assert watched.faults == []


@pytest.mark.slow
@pytest.mark.clause("APP-6.1")
async def test_there_are_more_and_on_a_desk_they_are_a_main_place(
    browser: Browser, home: AppNode
) -> None:
    ada, bob = await home.sign_up("ada", "Ada"), await home.sign_up("bob", "Bob")
    await home.befriend(ada, bob)
    posts = [(await home.post(ada, f"Boat {number}"))["id"] for number in range(25)]
    for post in posts:
        await liked(home, bob, post)
    watched = await opened(browser, home, viewport={"width": 1440, "height": 900})
    page = watched.page
    await log_in(page, home, "ada")
    way = page.get_by_role("navigation", name="Main places").get_by_role("link", name="Notices")
    await expect(way).to_contain_text("26 not yet read")
    # What could not be told to the node is told as soon as the line is back.
    await page.route("**/notices/read", lambda route: route.abort(), times=1)
    async with page.expect_event("requestfailed"):
        await way.click()
    await expect(line_of(page, "Bob")).to_have_count(20)
    await expect(way).to_contain_text("26 not yet read")
    await page.evaluate("dispatchEvent(new Event('online'))")
    await expect(way.locator(".count")).to_have_count(0)
    await page.get_by_role("button", name="Show more").click()
    await expect(line_of(page, "Bob")).to_have_count(26)
    await expect(page.get_by_role("button", name="Show more")).to_have_count(0)
    await expect(way.locator(".count")).to_have_count(0)
    assert watched.faults == []


@pytest.mark.slow
@pytest.mark.clause("APP-6.1", "API-11.6", "FED-13.5")
async def test_what_the_node_has_to_tell_is_told_in_words(browser: Browser, home: AppNode) -> None:
    ada, bob = await home.sign_up("ada", "Ada"), await home.sign_up("bob", "Bob")
    own, lost = ada.account.actor, f"{home.url}/o/lost"
    await noted(home, ada, "restored", own, "2026-11-20T08:30:00Z")
    await noted(home, ada, "post_lost", own, lost)
    await noted(home, ada, "delivery_failed", own, f"{home.url}/o/1")
    await noted(home, ada, "video_failed", own, f"{home.url}/o/2")
    await noted(home, ada, "moved", bob.account.actor, bob.account.actor)
    await noted(home, ada, "of_tomorrow", bob.account.actor, "")
    watched = await opened(browser, home, viewport=PHONE)
    page = watched.page
    await log_in(page, home, "ada")
    await page.goto(f"{home.url}/app/notices")
    await expect(line_of(page, "put back from a copy of .*2026")).to_be_visible()
    await expect(line_of(page, "A post of yours is lost here")).to_contain_text(lost)
    await expect(line_of(page, "could not be made")).to_be_visible()
    await expect(line_of(page, "News from .*Bob")).to_be_visible()
    await page.get_by_role("button", name="Try again").click()
    await expect(page.get_by_text("Nothing is left to be tried")).to_be_visible()
    await line_of(page, "moved to another address").click()
    await expect(page.get_by_role("heading", name="Bob")).to_be_focused()
    assert watched.faults == []


@pytest.mark.slow
@pytest.mark.clause("APP-6.2", "INB-8.2", "INB-8.3")
async def test_who_is_not_known_is_kept_apart(browser: Browser, home: AppNode) -> None:
    await home.sign_up("ada", "Ada")
    eve = await home.sign_up("eve", "Eve")
    watched = await opened(browser, home, viewport=PHONE)
    page = watched.page
    await log_in(page, home, "ada")
    await page.goto(f"{home.url}/app/settings")
    choice = page.get_by_role("group", name="Whose mention you are told of")
    await expect(choice.get_by_label("People you follow, friends")).to_be_checked()
    await choice.get_by_label("Friends", exact=True).check()
    await expect(choice).to_have_attribute("aria-busy", "false")
    for words in ("Look, @ada", "Again, @ada"):
        await home.post(eve, words, audience="public")
    await page.reload()
    await expect(choice.get_by_label("Friends", exact=True)).to_be_checked()
    await page.goto(f"{home.url}/app/notices")
    await expect(page.get_by_text("Nothing has happened yet")).to_be_visible()
    tab = page.get_by_role("link", name="From people you do not know")
    await expect(tab).to_contain_text("2 not yet read")
    await tab.click()
    asked = line_of(page, "Eve.? mentioned you.*new")
    await expect(asked).to_have_count(2)
    assert await violations(page) == []
    await asked.last.click()
    await expect(page.get_by_role("article", name="Eve: Look")).to_be_visible()
    await page.go_back()
    await page.get_by_role("button", name="Follow").first.click()
    # Friends alone are heard: no more is promised.
    await expect(page.get_by_text(re.compile("You asked to follow .*Eve"))).to_be_visible()
    await expect(page.get_by_text("You are told at once when")).to_have_count(0)
    unfollow = page.get_by_role("button", name="Stop following")
    await expect(unfollow).to_have_count(2)
    await expect(unfollow.first).to_be_focused()
    await page.get_by_role("button", name="Block").first.click()
    await page.get_by_role("dialog").get_by_role("button", name="Block").click()
    await expect(page.get_by_text("has mentioned you")).to_be_visible()
    await expect(page.locator(".notice")).to_have_count(0)
    assert watched.faults == []


@pytest.mark.slow
@pytest.mark.clause("APP-6.3", "E2E-4.8", "FED-13.5")
async def test_who_talks_on_a_node_that_was_put_back_is_told_until_they_have_seen_it(
    browser: Browser, home: AppNode
) -> None:
    ada, bob = await two(browser, home)
    page = ada.page
    await chat_with(page, home, "bob")
    await say(page, "before")
    await expect(said(page, "before")).to_contain_text("At their node")
    await chat_with(bob.page, home, "ada")
    await expect(said(bob.page, "before")).to_be_visible()
    await page.get_by_role("link", name="Chats").click()
    # As `kith restore` leaves it.
    await home.node.stores.units.run(IncarnationUnit, lambda unit: unit.renew_incarnation())
    told = page.get_by_text("Your server was put back from a copy").and_(page.locator("span"))
    await page.reload()
    await expect(told).to_contain_text("Your chats go on by themselves")
    await expect(page.get_by_role("navigation").get_by_text("1 not yet read")).to_be_visible()
    assert await violations(page) == []
    await page.reload()
    await expect(told).to_be_visible()
    await Keyboard(page).press("button", "Understood")
    await expect(told).to_have_count(0)
    await expect(page.get_by_role("heading", name="Chats")).to_be_focused()
    await page.reload()
    await expect(page.get_by_role("link", name="Bob")).to_be_visible()
    await expect(told).to_have_count(0)
    # The node says it in its own way, and the talk goes on.
    await page.goto(f"{home.url}/app/notices")
    await expect(line_of(page, "put back from a copy")).to_be_visible()
    await say(bob.page, "after")
    await chat_with(page, home, "bob")
    await expect(said(page, "after")).to_be_visible()
    assert ada.faults == [] and bob.faults == []


@pytest.mark.slow
@pytest.mark.clause("APP-6.5", "VID-2.6")
async def test_a_video_says_to_its_author_alone_that_its_sound_is_gone(
    browser: Browser, home: AppNode, tmp_path: Path
) -> None:
    ada, bob = await home.sign_up("ada", "Ada"), await home.sign_up("bob", "Bob")
    await home.befriend(ada, bob)
    clip = await asyncio.to_thread(make_clip, tmp_path / "clip.mp4", seconds=1)
    post = await home.video(ada, clip, name="A boat", audience="friends")

    async def silence(unit: VideoUnit) -> None:
        record = await unit.record(post)
        assert record is not None
        await unit.put_record(replace(record, reason=SILENT))

    await home.node.stores.units.run(VideoUnit, silence)
    lack = "Its sound could not be kept"
    for name in ("ada", "bob"):
        watched = await opened(browser, home, viewport=PHONE)
        await log_in(watched.page, home, name)
        await watched.page.goto(f"{home.url}/app/watch?id={post}")
        await expect(watched.page.get_by_role("article", name="A boat")).to_be_visible()
        if name == "ada":
            await expect(watched.page.get_by_role("note")).to_contain_text(lack)
        else:
            await expect(watched.page.get_by_role("button", name="Like")).to_be_visible()
            await expect(watched.page.get_by_text(lack)).to_have_count(0)
        assert watched.faults == []


@pytest.mark.slow
@pytest.mark.clause("APP-6.4", "DEV-14.6")
async def test_what_is_kept_of_messages_says_why_it_waits(browser: Browser, home: AppNode) -> None:
    ada, bob = await two(browser, home)
    page = ada.page
    await page.context.route("**/api/kith/v1/archive", refuse)
    await chat_with(page, home, "bob")
    await say(page, "before")
    await expect(said(page, "before")).to_contain_text("At their node")
    await page.goto(f"{home.url}/app/chats")
    held = page.get_by_role("note").filter(has_text="Your kept messages wait")
    await expect(held).to_contain_text("No shelf is left.")
    await page.reload()
    await expect(held).to_contain_text("your chats go on")
    assert await violations(page) == []
    await held.get_by_role("link").click()
    await expect(page.get_by_role("heading", name="Kept messages")).to_be_focused()
    await expect(page.get_by_text("No shelf is left.")).to_be_visible()
    assert ada.faults == [] and bob.faults == []

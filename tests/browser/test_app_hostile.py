"""A hostile friend breaks no screen: what peers say, and answers that no node gives."""

from collections.abc import AsyncIterator
from urllib.parse import quote

import pytest
from playwright.async_api import Browser, Page, Route, expect
from sqlalchemy.ext.asyncio import AsyncConnection

from node.store import tables
from node.wire.api.accounts import Session
from tests.browser.app_node import AppNode, Watched, log_in, opened
from tests.browser.hostile import GO, WORDS, WRONG, Complaints, Servers, Twisted, besieged
from tests.browser.test_app_chats import chat_with
from tests.browser.test_app_screens import violations, walked

PHONE = {"width": 390, "height": 844}
CROWD = 500
LONGEST_SAID = 10_000  # more is refused, and told to who says it
BLANKS = " \u3000\u00a0\u200b\u2003"
STUMBLED = "This screen stumbled"


@pytest.fixture
async def servers(home: AppNode) -> AsyncIterator[Servers]:
    servers = Servers(home)
    yield servers
    await servers.close()


async def phone(browser: Browser, home: AppNode) -> tuple[Watched, Complaints]:
    """A phone's browser, of which everything is heard."""
    watched = await opened(
        browser, home, viewport=PHONE, reduced_motion="reduce", service_workers="block"
    )
    return watched, Complaints(watched.page)


async def crowd(home: AppNode, ada: Session) -> None:
    """Thousands of friends of whom the node has heard, each called something else that is odd."""
    names = list(WORDS.values())
    ids = [f"https://crowd.test/a/{number}" for number in range(CROWD)]
    people = [
        {
            "id": id,
            "kind": "Person",
            "local": False,
            "inbox": f"{id}/inbox",
            "domain": "crowd.test",
            "name": f"c{number}",
            "display_name": names[number % len(names)][:200],
        }
        for number, id in enumerate(ids)
    ]
    friends = [
        {
            "actor": ada.account.actor,
            "other": id,
            "ours": "accepted",
            "theirs": "accepted",
            "updated": number,
        }
        for number, id in enumerate(ids)
    ]

    async def write(connection: AsyncConnection) -> None:
        await connection.execute(tables.actors.insert(), people)
        await connection.execute(tables.friendships.insert(), friends)

    await home.node.stores.database.write(write)


async def seen(page: Page, found: dict[str, list[str]], name: str, is_again: bool = False) -> None:
    """What is wrong with the screen that is there now; axe looks once at each sort of screen."""
    await expect(page.locator(".spinner:visible")).to_have_count(0)
    wrong = await page.evaluate(WRONG)
    wrong += [] if is_again else [f"axe {one}" for one in await violations(page)]
    if wrong:
        found[name] = wrong


async def go(page: Page, path: str, sign: str) -> None:
    """Go there without loading the app anew, and wait until it is there."""
    await page.evaluate(GO, path)
    here = page.locator(sign).or_(page.get_by_role("heading", name=STUMBLED))
    await here.first.wait_for()


@pytest.mark.slow
@pytest.mark.timeout(1200)
async def test_what_hostile_people_say_breaks_no_screen(
    browser: Browser, home: AppNode, servers: Servers
) -> None:
    ada, bob = await home.sign_up("ada", "Ada"), await home.sign_up("bob", "Bob")
    await home.befriend(ada, bob)
    await home.post(bob, "Hello")
    await besieged(home, servers, ada)
    await crowd(home, ada)
    friend = await opened(browser, home)
    await log_in(friend.page, home, "bob")
    watched, complaints = await phone(browser, home)
    page = watched.page
    await log_in(page, home, "ada")
    await chat_with(friend.page, home, "ada")
    said = [words[:LONGEST_SAID] for words in WORDS.values() if words.strip(BLANKS)]
    for words in said:
        await friend.page.get_by_label("Write a message").fill(words)
        await friend.page.keyboard.press("Enter")
        await expect(friend.page.get_by_label("Write a message")).to_have_value("")
    found: dict[str, list[str]] = {}
    bobs = quote(bob.account.address, safe="")
    await go(page, f"/chats/with/{bobs}", ".chat-composer")
    await expect(page.locator(".message")).to_have_count(len(said))
    await seen(page, found, "chat")
    await go(page, "/chats", ".chat-line")
    await seen(page, found, "chats")
    for path, sign in walked(inside=True):
        await go(page, path.replace("BOB", bobs), sign)
        await seen(page, found, path)
    await go(page, "/people", ".request")
    await page.get_by_role("button", name="More").last.click()
    await seen(page, found, "people")
    for who in servers.people:
        await go(page, f"/people/{quote(who.id, safe='')}", ".profile")
        await seen(page, found, f"person {who.name}", is_again=True)
    async with home.line(ada.token or "") as line:
        posts = (await line.ask("GET", "/feed", dict))["items"]
    assert len(posts) > 4, "the hostile posts were not taken"
    for post in posts:
        way = f"/watch?id={quote(post['id'], safe='')}"
        await go(page, way, "article .rail")
        await seen(page, found, way, is_again=post is not posts[0])
        await page.get_by_role("button", name="Comments").first.click()
        await page.get_by_role("dialog", name="Comments").wait_for()
        await seen(page, found, f"comments of {way}", is_again=post is not posts[0])
        await page.get_by_role("button", name="Close").click()
    await go(page, "/", "article .rail")
    for _ in posts:
        await seen(page, found, "feed", is_again=True)
        await page.locator("article").first.focus()
        await page.keyboard.press("PageDown")
    assert found == {}
    assert watched.faults == [] and complaints.said == []
    assert friend.faults == []


@pytest.mark.slow
async def test_a_title_that_towers_makes_no_screen_go_sideways(
    browser: Browser, home: AppNode
) -> None:
    ada, bob = await home.sign_up("ada", "Ada"), await home.sign_up("bob", "Bob")
    await home.befriend(ada, bob)
    await home.post(bob, "Hello")
    watched, complaints = await phone(browser, home)
    page = watched.page

    async def titled(route: Route) -> None:
        answer = await route.fetch()
        (post,) = (await answer.json())["items"]
        towering = {**post, "name": WORDS["towering"]}
        await route.fulfill(response=answer, json={"items": [towering]})

    await page.route("**/api/kith/v1/feed*", titled)
    await log_in(page, home, "ada")
    await page.locator(".words-title").wait_for()
    found: dict[str, list[str]] = {}
    await seen(page, found, "feed")
    assert found == {}
    assert watched.faults == [] and complaints.said == []


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("turn", [0, 3, 7])
async def test_whatever_the_node_says_no_screen_breaks(
    browser: Browser, home: AppNode, turn: int
) -> None:
    ada, bob = await home.sign_up("ada", "Ada"), await home.sign_up("bob", "Bob")
    await home.befriend(ada, bob)
    post = await home.post(bob, "Hello")
    await home.post(bob, "Behind a warning", summary="Boo")
    async with home.line(bob.token or "") as line:
        await line.ask("POST", "/comments", dict, {"in_reply_to": post["id"], "content": "Yes"})
    dora = await home.sign_up("dora", "Dora")
    async with home.line(dora.token or "") as line:
        await line.ask("POST", "/friends/requests", dict, {"actor": ada.account.actor, "text": "x"})
    await home.invite(ada.token or "")
    watched, complaints = await phone(browser, home)
    page = watched.page
    await log_in(page, home, "ada")
    await page.route("**/api/kith/v1/**", Twisted(turn).answer)
    found: dict[str, list[str]] = {}
    bobs = quote(bob.account.address, safe="")
    for path, sign in walked(inside=True):
        await go(page, path.replace("BOB", bobs), sign)
        await seen(page, found, path)
    way = f"/watch?id={quote(post['id'], safe='')}"
    await go(page, way, "article .rail")
    await seen(page, found, way)
    await page.get_by_role("button", name="Comments").first.click()
    await page.locator(".comment").first.wait_for()
    await seen(page, found, "comments")
    assert found == {}
    assert watched.faults == [] and complaints.said == []

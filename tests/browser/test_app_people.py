"""People in the app: found, asked, befriended, left, blocked; codes; one's own profile."""

import asyncio
import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Route, expect

from tests.browser.app_node import PASSWORD, AppNode, log_in, opened
from tests.browser.test_app_screens import looked_at

# Whether the browser would ask before this page is left.
ASKED_TO_STAY = "() => !dispatchEvent(new Event('beforeunload', { cancelable: true }))"
HOSTILE = "<img src=x onerror=alert(1)>" + "Z" * 30


async def test_a_request_is_made_and_accepted(browser: Browser, home: AppNode) -> None:
    await home.sign_up("ada", "Ada")
    await home.sign_up("bob", "Bob")
    ada, bob = await opened(browser, home), await opened(browser, home)
    await log_in(ada.page, home, "ada")
    await log_in(bob.page, home, "bob")
    await ada.page.get_by_role("link", name="People").click()
    await ada.page.get_by_label("Find somebody").fill("bob")
    await ada.page.get_by_role("button", name="Find").click()
    await expect(ada.page.get_by_role("heading", name="Bob")).to_be_focused()
    await ada.page.get_by_role("button", name="Add as a friend").click()
    await expect(ada.page.get_by_text("You asked")).to_be_visible()
    await bob.page.get_by_role("link", name="People").click()
    await expect(bob.page.get_by_text("They would like to be your friends")).to_be_visible()
    await bob.page.get_by_role("button", name="Accept").click()
    friends = bob.page.get_by_role("region", name="Friends")
    await expect(friends.get_by_role("link", name="Ada")).to_be_visible()
    await expect(ada.page.get_by_role("link", name="Message")).to_be_visible()
    assert ada.faults == [] and bob.faults == []


async def test_what_ends_a_friendship_says_what_it_changes(browser: Browser, home: AppNode) -> None:
    ada, bob = await home.sign_up("ada", "Ada"), await home.sign_up("bob", "Bob")
    await home.befriend(ada, bob)
    watched = await opened(browser, home)
    page = watched.page
    await log_in(page, home, "ada")
    await page.goto(f"{home.url}/app/people/{bob.account.address}")
    await page.get_by_role("button", name="More").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("no longer see what the other posts for friends")
    await dialog.get_by_role("button", name="End the friendship").click()
    await expect(page.get_by_role("button", name="Add as a friend")).to_be_visible()
    await page.get_by_role("button", name="More").click()
    await dialog.get_by_role("button", name="Block").click()
    await expect(page.get_by_text("Blocked by you")).to_be_visible()
    await page.get_by_role("link", name="People").click()
    await page.get_by_role("link", name="People you block").click()
    await page.get_by_role("button", name="Take the block back").click()
    await expect(page.get_by_text("You block nobody")).to_be_visible()
    assert watched.faults == []


@pytest.mark.clause("GRA-7.3")
async def test_who_scans_a_code_is_a_friend_at_once(
    browser: Browser, home: AppNode, tmp_path: Path
) -> None:
    await home.sign_up("ada", "Ada")
    await home.sign_up("bob", "Bob")
    carol = await home.sign_up("carol", "Carol")
    ada, bob = await opened(browser, home), await opened(browser, home)
    await log_in(ada.page, home, "ada")
    await ada.page.goto(f"{home.url}/app/code")
    photo = tmp_path / "code.png"
    await expect(ada.page.get_by_text("is your friend at once")).to_be_visible()
    shown = await ada.page.get_by_role("img", name="QR code").get_attribute("aria-label") or ""
    await ada.page.locator(".code").screenshot(path=photo)
    link = shown.rpartition(" ")[2].strip("\u2068\u2069")
    await log_in(bob.page, home, "bob")
    await bob.page.goto(f"{home.url}/app/scan")
    plain = tmp_path / "plain.png"
    await bob.page.screenshot(path=plain, clip={"x": 0, "y": 0, "width": 50, "height": 50})
    await bob.page.set_input_files("input[type=file]", plain)
    await expect(bob.page.get_by_role("alert")).to_contain_text("No code can be read")
    await bob.page.set_input_files("input[type=file]", photo)
    await expect(bob.page.get_by_role("heading", name="Ada")).to_be_visible()
    await expect(bob.page.get_by_role("link", name="Message")).to_be_visible()
    # A new code is shown: the one before it is used.
    fresh = ada.page.get_by_role("img", name=f"QR code of {link}")
    await expect(fresh).to_have_count(0)

    async def paste(text: str) -> None:
        await bob.page.goto(f"{home.url}/app/scan")
        await bob.page.get_by_label("paste the link").fill(text)
        await bob.page.get_by_role("button", name="Find").click()

    await paste(link)
    await expect(bob.page.get_by_text("and you are friends.")).to_be_visible()
    await paste(f"{home.url}/@ada")
    await expect(bob.page.get_by_role("heading", name="Ada")).to_be_visible()
    await paste(f"{home.url}/app/code/@bob#f={'a' * 32}")
    await expect(bob.page.get_by_role("alert")).to_contain_text("your own code")
    await paste(f"{home.url}/@carol#f={'a' * 32}")
    await expect(bob.page.get_by_text("If it was used or is too old")).to_be_visible()
    async with home.line(carol.token or "") as line:
        [asked] = (await line.ask("GET", "/friends/requests", dict))["items"]
        assert asked["person"]["display_name"] == "Bob"
    async with home.line(carol.token or "") as line:
        await line.ask("POST", "/friends/decline", dict, {"actor": asked["person"]["id"]})
    await bob.page.goto(f"{home.url}/app/people/{carol.account.address}")
    await bob.page.get_by_role("button", name="More").click()
    await bob.page.get_by_role("dialog").get_by_role("button", name="Block").click()
    await expect(bob.page.get_by_text("Blocked by you")).to_be_visible()
    await paste(f"{home.url}/@carol#f={'a' * 32}")
    await expect(bob.page.get_by_role("alert")).to_contain_text("You block")
    assert ada.faults == [] and bob.faults == []


@pytest.mark.clause("GRA-7.4")
async def test_the_link_of_a_code_serves_whoever_opens_it(browser: Browser, home: AppNode) -> None:
    ada, bob = await home.sign_up("ada", "Ada"), await home.sign_up("bob", "Bob")
    showing = await opened(browser, home, permissions=["clipboard-read", "clipboard-write"])
    await log_in(showing.page, home, "ada")
    await showing.page.goto(f"{home.url}/app/code")

    async def copied(button: str, words: str) -> str:
        await showing.page.get_by_role("button", name=button).click()
        await expect(showing.page.get_by_text(words)).to_be_visible()
        return str(await showing.page.evaluate("() => navigator.clipboard.readText()"))

    assert await copied("Copy your address", "may go to anybody") == f"{home.url}/@ada"
    link = await copied("Copy the code for one person", "Give it to one person only")
    # By the phone's own camera, where one is not logged in.
    phone = await opened(browser, home)
    page = phone.page
    await page.goto(link)
    await expect(page.get_by_role("heading", name="shows you a code")).to_be_visible()
    await expect(page.get_by_label("The link with the code")).to_have_text(link)
    await page.get_by_role("button", name="Log in").click()
    await page.get_by_label("Name", exact=True).fill("bob")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Log in").click()
    # Nobody is befriended by being led to a link.
    await expect(page.get_by_role("button", name="Be friends")).to_be_visible()
    async with home.line(bob.token or "") as line:
        assert (await line.ask("GET", "/friends", dict))["items"] == []
    await page.get_by_role("button", name="Be friends").click()
    await expect(page.get_by_role("heading", name="Ada", exact=True)).to_be_visible()
    await expect(page.get_by_role("link", name="Message")).to_be_visible()
    async with home.line(ada.token or "") as line:
        [friend] = (await line.ask("GET", "/friends", dict))["items"]
        assert friend["person"]["display_name"] == "Bob"
    await page.goto(link.partition("#")[0])
    await expect(page.get_by_role("alert")).to_contain_text("holds no code")
    assert showing.faults == [] and phone.faults == []


async def test_a_profile_is_edited_and_seen_as_it_was_written(
    browser: Browser, home: AppNode
) -> None:
    await home.sign_up("ada", "Ada")
    watched = await opened(browser, home)
    page = watched.page
    await log_in(page, home, "ada")
    await page.goto(f"{home.url}/app/me")
    await page.get_by_role("link", name="Edit your profile").click()
    await page.get_by_label("What friends call you").fill(HOSTILE)
    await page.get_by_label("About you").fill("Lines & <tags>\nof mine")
    # While it is on its way one sees that, and nobody leaves without a question.
    asked: asyncio.Future[Route] = asyncio.get_running_loop().create_future()
    await page.route("**/api/kith/v1/account", lambda way: asked.set_result(way), times=1)
    save = page.locator("button[type=submit]")
    await expect(save).to_have_attribute("aria-busy", "false")
    await save.click()
    await expect(save).to_have_attribute("aria-busy", "true")
    assert await page.evaluate(ASKED_TO_STAY)
    await (await asked).continue_()
    await expect(page.get_by_role("heading", name=HOSTILE)).to_be_visible()
    assert not await page.evaluate(ASKED_TO_STAY)
    await page.get_by_role("link", name="Your page").click()
    await expect(page.get_by_text("Lines & <tags>")).to_be_visible()
    await page.get_by_role("link", name="Edit your profile").click()
    await expect(page.get_by_label("About you")).to_have_value("Lines & <tags>\nof mine")
    assert watched.faults == []


@pytest.mark.clause("APP-3.7", "PIC-3.5")
async def test_links_are_put_into_a_profile_and_taken_out(browser: Browser, home: AppNode) -> None:
    await home.sign_up("ada", "Ada")
    watched = await opened(browser, home, reduced_motion="reduce")
    page = watched.page
    await log_in(page, home, "ada")
    await page.goto(f"{home.url}/app/me/profile")
    for place, (name, address) in enumerate((("Boats", "boats.example/a"), ("Old", "ftp:old")), 1):
        await page.get_by_role("button", name="Add a link").click()
        await page.get_by_label(re.compile(f"Name of link .?{place}")).fill(name)
        await page.get_by_label(re.compile(f"Address of link .?{place}")).fill(address)
    assert await looked_at(page) == []
    save = page.get_by_role("button", name="Save")
    await save.click()
    await expect(page.get_by_role("alert")).to_contain_text("begins with https://")
    await page.get_by_role("button", name=re.compile("Take link .?2.? away")).click()
    await page.get_by_role("button", name="Add a link").click()  # left empty, it is none
    await save.click()
    await page.get_by_role("link", name="Your page").click()
    links = page.get_by_role("list", name="Links")
    await expect(links.get_by_role("link")).to_have_attribute("href", "https://boats.example/a")
    await page.get_by_role("link", name="Edit your profile").click()
    await expect(page.get_by_label(re.compile("Name of link"))).to_have_value("Boats")
    await page.get_by_role("button", name=re.compile("Take link")).click()
    await save.click()
    await expect(page.get_by_role("heading", name="Ada")).to_be_visible()
    await expect(links).to_have_count(0)
    assert watched.faults == []


async def test_nobody_of_that_name_is_said(browser: Browser, home: AppNode) -> None:
    await home.sign_up("ada", "Ada")
    watched = await opened(browser, home)
    page = watched.page
    await log_in(page, home, "ada")
    await page.goto(f"{home.url}/app/people/@nobody@localhost:{home.url.rpartition(':')[2]}")
    await expect(page.get_by_role("alert")).to_be_visible()
    await page.goto(f"{home.url}/app/people")
    await page.get_by_label("Find somebody").fill("what is this")
    await page.get_by_role("button", name="Find").click()
    await expect(page.get_by_role("alert")).to_contain_text("That is no address")

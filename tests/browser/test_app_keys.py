"""Keys in the app: words on paper, one browser lets another in, one that was lost is shut out."""

import re
from contextlib import suppress
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from node.wire.api.accounts import Session
from tests.browser.app_node import PASSWORD, AppNode, Watched, log_in, opened
from tests.browser.test_app_chats import chat_with, said, say

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


async def at(page: Page, home: AppNode, path: str) -> None:
    await page.goto(f"{home.url}/app{path}")
    await expect(page.get_by_role("heading", level=1)).to_be_visible()


async def member(browser: Browser, home: AppNode, name: str, shown: str) -> tuple[Watched, Session]:
    """Somebody whose only device is a browser, which made the account's keys; a session besides."""
    session = await home.sign_up(name, shown)
    watched = await opened(browser, home)
    await log_in(watched.page, home, name)
    await at(watched.page, home, "/settings/keys")
    await expect(watched.page.get_by_role("button", name="Show the words")).to_be_visible()
    await home.hears(session)
    return watched, session


async def words_of(page: Page) -> list[str]:
    """The recovery words, as they are shown."""
    await page.get_by_role("button", name="Show the words").click()
    listed = page.get_by_role("list", name="Your recovery words, in their order")
    await expect(listed.get_by_role("listitem")).to_have_count(24)
    return [text.strip() for text in await listed.get_by_role("listitem").all_inner_texts()]


async def write_down(page: Page) -> list[str]:
    """They are shown, and three are answered for."""
    words = await words_of(page)
    await page.get_by_role("button", name="I have written them down").click()
    fields = page.get_by_label(re.compile(r"^Word \d+$"))
    await expect(fields).to_have_count(3)
    for field in await fields.all():
        place = int((await field.get_attribute("name") or "").rpartition("-")[2])
        await field.fill(words[place - 1][:4].upper())
    await page.get_by_role("button", name="I have written them down").click()
    await expect(page.get_by_text("The words are on paper alone")).to_be_visible()
    return words


async def session_of(page: Page) -> dict[str, Any]:
    """The token of this browser's device, and the seat that it has."""
    found: dict[str, Any] = await page.evaluate(
        """() => new Promise((resolve) => {
          const line = new BroadcastChannel("kith-device");
          const id = crypto.randomUUID();
          line.onmessage = ({ data }) => data.is === "answered" && data.id === id &&
            resolve(data.value);
          line.postMessage({ is: "asked", id, name: "session", given: [] });
        })"""
    )
    return found


async def keys_at_node(home: AppNode, page: Page) -> dict[str, Any]:
    """The account's keys, as its node has them."""
    async with home.line((await session_of(page))["token"]) as line:
        return await line.ask("GET", "/account/devices", dict)


@pytest.mark.clause("APP-5.1", "DEV-12.2", "DEV-12.4")
async def test_the_words_are_written_down_and_forgotten(browser: Browser, home: AppNode) -> None:
    ada, _ = await member(browser, home, "ada", "Ada")
    page = ada.page
    assert (await keys_at_node(home, page))["number"] == "1.1.1"
    await at(page, home, "/me")
    await page.get_by_role("link", name="Write them down").click()
    await words_of(page)
    await page.get_by_role("button", name="I have written them down").click()
    for field in await page.get_by_label(re.compile(r"^Word \d+$")).all():
        await field.fill("zoo")
    await page.get_by_role("button", name="I have written them down").click()
    await expect(page.get_by_role("alert")).to_contain_text("is another one")
    await page.reload()
    await write_down(page)
    assert (await keys_at_node(home, page))["number"] == "1.1.2"
    await at(page, home, "/me")
    await expect(page.get_by_role("link", name="Settings")).to_be_visible()
    await expect(page.get_by_role("link", name="Write them down")).to_have_count(0)
    assert ada.faults == []


@pytest.mark.clause("APP-5.2", "APP-5.7", "DEV-12.1", "DEV-12.7")
async def test_the_words_bring_an_account_back(browser: Browser, home: AppNode) -> None:
    ada, _ = await member(browser, home, "ada", "Ada")
    words = await write_down(ada.page)
    second = await opened(browser, home)
    page = second.page
    await log_in(page, home, "ada")
    await expect(page.get_by_text("A password alone opens no messages.")).to_be_visible()
    await page.get_by_role("link", name="Go on without for now").click()
    await page.get_by_role("link", name="Chats").click()
    await page.get_by_role("link", name="What to do").click()
    paper = page.get_by_label("Recovery words, or the text of their code")
    await paper.fill(" ".join(["zzz", *words[1:]]))
    await page.get_by_role("button", name="Use the words").click()
    await expect(page.get_by_role("alert")).to_contain_text("Word 1 is no word of a recovery key")
    await expect(page.get_by_role("alert")).to_contain_text("zzz")
    await expect(paper).to_have_value(re.compile(f"^zzz {words[1]} "))  # to be put right
    for name, value in {"spellcheck": "false", "autocomplete": "off", "autocorrect": "off"}.items():
        await expect(paper).to_have_attribute(name, value)
    await expect(paper).to_have_attribute("autocapitalize", re.compile("^(off|none)$"))
    await paper.fill(" ".join(words))
    await page.get_by_role("button", name="Use the words").click()
    await expect(page.get_by_text("The words are on paper alone")).to_be_visible()
    # The one before is off the list, and hears so when it comes back.
    await at(ada.page, home, "/settings/keys")
    await expect(ada.page.get_by_text("taken off your list of devices").first).to_be_visible()
    assert second.faults == []


@pytest.mark.clause("APP-5.2", "DEV-12.10")
async def test_who_lost_all_begins_anew_and_knows_what_is_lost(
    browser: Browser, home: AppNode
) -> None:
    await member(browser, home, "ada", "Ada")
    second = await opened(browser, home)
    page = second.page
    await log_in(page, home, "ada")
    anew = page.get_by_role("region", name="With your password alone")
    await expect(anew).to_contain_text("Everything begins anew")
    await anew.get_by_role("textbox", name="Your password").fill("not the password at all")
    await expect(anew.get_by_role("button", name="Begin anew")).to_be_disabled()
    await anew.get_by_role("switch", name="I know what is lost").check()
    await anew.get_by_role("button", name="Begin anew").click()
    await expect(page.get_by_role("alert")).to_contain_text("not your password")
    await anew.get_by_role("textbox", name="Your password").fill(PASSWORD)
    await anew.get_by_role("button", name="Begin anew").click()
    await expect(page.get_by_role("button", name="Show the words")).to_be_visible()
    assert second.faults == []


async def link_shown(page: Page) -> str:
    shown = page.locator("output.told-link")
    await expect(shown).to_be_visible()
    return await shown.inner_text()


async def number_of(page: Page) -> str:
    shown = page.locator(".link-number strong")
    await expect(shown).to_be_visible()
    return await shown.inner_text()


async def arrived(page: Page, words: str) -> None:
    """What was said before this browser came is there, and is found."""
    await page.get_by_role("link", name="Bob").click()
    await expect(said(page, words)).to_be_visible()
    await page.get_by_label("Search your messages").fill(words.split()[0])
    await expect(page.get_by_role("link").filter(has_text=words)).to_be_visible()


async def comes_in(new: Page, friend: Page, home: AppNode) -> None:
    """Ada's new device reads what Bob says, in the conversation that there was (DEV-17.1)."""
    await chat_with(new, home, "bob")
    await chat_with(friend, home, "ada")
    for number in range(30):
        await say(friend, f"are you there? {number}")
        with suppress(AssertionError):
            await expect(said(new, "are you there?").last).to_be_visible(timeout=3000)
            break
    await say(new, "I read this here as well")
    await expect(said(friend, "I read this here as well")).to_be_visible()
    await expect(said(friend, "seen before the phone came")).to_be_visible()


@pytest.mark.clause("APP-5.3", "APP-5.6", "DEV-17.1", "LNK-3.7", "LNK-3.8", "DEV-12.11", "DEV-14.3")
@pytest.mark.parametrize("shows", ["new", "old"])
async def test_one_browser_lets_another_in_and_its_messages_come(
    browser: Browser, home: AppNode, shows: str
) -> None:
    ada, own = await member(browser, home, "ada", "Ada")
    bob, theirs = await member(browser, home, "bob", "Bob")
    await home.befriend(own, theirs)
    await chat_with(ada.page, home, "bob")
    await say(ada.page, "seen before the phone came")
    await expect(said(ada.page, "seen before")).to_contain_text("At their node")
    await at(ada.page, home, "/settings/messages")
    await expect(ada.page.get_by_text("waits to be kept")).to_have_count(0, timeout=60_000)
    new = await opened(browser, home)
    await at(new.page, home, "/login")
    await new.page.get_by_role("link", name="Link to my other device").click()
    await at(ada.page, home, "/settings/devices")
    await ada.page.get_by_role("link", name="Link a device").click()
    shower, reader = (new.page, ada.page) if shows == "new" else (ada.page, new.page)
    await shower.get_by_role("button", name="Show a code here").click()
    await reader.get_by_label("The code, or the whole link").fill(await link_shown(shower))
    await reader.get_by_role("button", name="Go on").click()
    # A link that was pasted is a code: each types the other one's number (LNK-3.10).
    field = shower.get_by_label(NUMBER)
    await field.fill("000 000")
    await answer(shower).click()
    await expect(shower.get_by_role("alert")).to_contain_text("another number")
    asks = ada.page.get_by_text("A device that calls itself")
    await expect(asks).to_contain_text("wants to be a device of yours")
    asked = new.page.get_by_text("Shall this browser become a device of")
    await expect(asked).to_contain_text("@ada@")
    await type_numbers(shower, reader)
    await expect(new.page.get_by_role("heading", name="Chats")).to_be_visible()
    await arrived(new.page, "seen before the phone came")
    await expect(ada.page.get_by_text("On your list")).to_have_count(2)
    await comes_in(new.page, bob.page, home)
    assert ada.faults == new.faults == bob.faults == []


NUMBER = "The number that the other device shows"


def answer(page: Page) -> Locator:
    return page.get_by_role("button", name=re.compile("^(Let it in|Yes, become one)$"))


async def type_numbers(*pages: Page) -> None:
    """On each of two devices the number of the other one."""
    numbers = [await number_of(page) for page in pages]
    for page, number in zip(pages, reversed(numbers), strict=True):
        await page.get_by_label(NUMBER).fill(number)
        await answer(page).click()


async def shown_by(page: Page, home: AppNode, path: str = "/link") -> str:
    await at(page, home, path)
    await page.get_by_role("button", name="Show a code here").click()
    return await link_shown(page)


async def linked(browser: Browser, home: AppNode, old: Page) -> Watched:
    """A second browser, let in by the first."""
    new = await opened(browser, home)
    link = await shown_by(new.page, home)
    await at(old, home, "/link")
    await old.get_by_label("The code, or the whole link").fill(link)
    await old.get_by_role("button", name="Go on").click()
    await type_numbers(new.page, old)
    await expect(new.page.get_by_role("heading", name="Chats")).to_be_visible()
    return new


@pytest.mark.clause("APP-5.4", "DEV-12.6")
@pytest.mark.parametrize("words", [True, False], ids=["with the words", "without"])
async def test_a_stolen_phone_is_shut_out(browser: Browser, home: AppNode, words: bool) -> None:
    ada, _ = await member(browser, home, "ada", "Ada")
    stolen = await linked(browser, home, ada.page)
    await at(ada.page, home, "/settings/keys")
    paper = await write_down(ada.page)
    before = (await keys_at_node(home, ada.page))["number"].split(".")
    await at(ada.page, home, "/settings/devices")
    lines = ada.page.get_by_role("listitem").filter(has_text="On your list")
    await expect(lines).to_have_count(2)
    other = lines.filter(has_not_text="This one")
    await other.get_by_role("button", name="Revoke").click()
    sheet = ada.page.get_by_role("dialog")
    if words:
        await sheet.get_by_label("Recovery words, or the text of their code").fill(" ".join(paper))
    else:
        await sheet.get_by_role("button", name="I do not have the words at hand").click()
        await expect(sheet).to_contain_text("can put devices on your list")
    await sheet.get_by_role("button", name="Revoke", exact=True).click()
    await expect(ada.page.get_by_text("is revoked, and off your list")).to_be_visible()
    await expect(lines).to_have_count(1)
    after = (await keys_at_node(home, ada.page))["number"].split(".")
    assert (after[0] != before[0]) is words and after != before
    # It can be read, and neither hears nor speaks any more.
    await at(stolen.page, home, "/me")
    await expect(stolen.page.get_by_role("button", name="Log in")).to_be_visible()
    if not words:
        await at(ada.page, home, "/settings/keys")
        field = ada.page.get_by_label("Recovery words, or the text of their code")
        await field.fill(" ".join(paper))
        await ada.page.get_by_role("button", name="Change the key of the list").click()
        await expect(ada.page.get_by_text("can put nothing on your list any more")).to_be_visible()
        assert (await keys_at_node(home, ada.page))["number"].split(".")[0] != before[0]
    assert ada.faults == []


async def begin_anew(page: Page, home: AppNode) -> None:
    """Another root, by the password."""
    await at(page, home, "/settings/keys")
    await page.get_by_text("If somebody has seen your words").click()
    anew = page.get_by_role("region", name="With your password alone")
    await anew.get_by_role("textbox", name="Your password").fill(PASSWORD)
    await anew.get_by_role("switch", name="I know what is lost").check()
    await anew.get_by_role("button", name="Begin anew").click()
    await expect(page.get_by_text("Your account has new keys")).to_be_visible()


@pytest.mark.clause("APP-5.5", "KEY-6.1", "KEY-6.3", "DEV-13.2")
async def test_two_people_compare_their_number(browser: Browser, home: AppNode) -> None:
    ada, _ = await member(browser, home, "ada", "Ada")
    bob, _ = await member(browser, home, "bob", "Bob")
    domain = home.url.removeprefix("http://")
    numbers = []
    for page, other in ((ada.page, "bob"), (bob.page, "ada")):
        await at(page, home, f"/people/@{other}@{domain}/number")
        digits = page.locator(".safety-number")
        await expect(digits).to_be_visible()
        numbers.append("".join((await digits.inner_text()).split()))
    assert numbers[0] == numbers[1] and len(numbers[0]) == 60
    field = ada.page.get_by_label("Or type what they read out")
    await field.fill("1" * 60)
    await ada.page.get_by_role("button", name="Compare").click()
    await expect(ada.page.get_by_role("alert")).to_contain_text("The two numbers differ")
    await field.fill(numbers[1])
    await ada.page.get_by_role("button", name="Compare").click()
    await expect(ada.page.get_by_text("Compared, and they agree")).to_be_visible()
    # Bob begins anew: Ada's browser believes the other root nothing, and says what to do.
    await begin_anew(bob.page, home)
    await ada.page.reload()
    await expect(ada.page.get_by_role("alert")).to_contain_text("began anew with other keys")
    await ada.page.get_by_role("button", name="Go on without comparing").click()
    await expect(ada.page.get_by_role("alert")).to_have_count(0)
    await expect(ada.page.get_by_text("Not compared yet.")).to_be_visible()
    assert ada.faults == bob.faults == []


@pytest.mark.clause("APP-5.8", "DEV-13.3", "DEV-16.4", "KEY-5.2")
async def test_who_began_anew_is_written_to_when_one_says_so(
    browser: Browser, home: AppNode
) -> None:
    ada, own = await member(browser, home, "ada", "Ada")
    bob, theirs = await member(browser, home, "bob", "Bob")
    await home.befriend(own, theirs)
    await chat_with(ada.page, home, "bob")
    await say(ada.page, "before")
    await expect(said(ada.page, "before")).to_contain_text("At their node")
    await begin_anew(bob.page, home)
    # Her browser sees it where she looks at the number; from then on it seals nothing to him.
    await at(ada.page, home, f"/people/@bob@{home.domain}/number")
    await expect(ada.page.get_by_role("alert")).to_contain_text("began anew with other keys")
    await chat_with(ada.page, home, "bob")
    await expect(ada.page.get_by_role("note")).to_contain_text("began anew with other keys")
    await say(ada.page, "only for the real Bob")
    await expect(said(ada.page, "only for the real Bob")).to_contain_text("Waiting")
    await ada.page.get_by_role("link", name="Look at the safety number").click()
    await ada.page.get_by_role("button", name="Go on without comparing").click()
    await expect(ada.page.get_by_role("alert")).to_have_count(0)
    await chat_with(ada.page, home, "bob")
    await expect(said(ada.page, "only for the real Bob")).to_contain_text("At their node")
    await chat_with(bob.page, home, "ada")
    await expect(said(bob.page, "only for the real Bob")).to_be_visible()
    assert ada.faults == bob.faults == []


@pytest.mark.clause("APP-5.6", "DEV-14.5")
async def test_kept_messages_are_switched_off_by_who_knows_what_goes(
    browser: Browser, home: AppNode
) -> None:
    ada, _ = await member(browser, home, "ada", "Ada")
    page = ada.page
    await at(page, home, "/settings/messages")
    switch = page.get_by_role("switch", name="Keep my messages")
    await expect(switch).to_be_checked()
    await switch.click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("for all of your devices")
    await dialog.get_by_role("button", name="Remove it and keep nothing").click()
    await expect(switch).not_to_be_checked()
    session = await session_of(page)
    async with home.line(session["token"]) as line:
        line.seat = session["seat"]
        assert (await line.ask("GET", "/archive/summary", dict))["on"] is False
    await page.reload()
    await expect(switch).not_to_be_checked()
    await switch.click()
    await expect(switch).to_be_checked()
    assert ada.faults == []

"""Chats in the app: two browsers talk, and what is said where words are."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from node.wire.api.accounts import LogIn, Session
from tests.browser.app_node import PASSWORD, AppNode, Watched, log_in, new_page, opened
from tests.clips import make_clip


async def two(browser: Browser, home: AppNode) -> tuple[Watched, Watched]:
    """Ada and Bob, friends, each in a browser of their own."""
    ada, bob = await home.sign_up("ada", "Ada"), await home.sign_up("bob", "Bob")
    await home.befriend(ada, bob)
    first, second = await opened(browser, home), await opened(browser, home)
    await log_in(first.page, home, "ada")
    await log_in(second.page, home, "bob")
    for one in (ada, bob):
        await home.hears(one)
    return first, second


async def say(page: Page, words: str) -> None:
    await page.get_by_label("Write a message").fill(words)
    await page.keyboard.press("Enter")


def said(page: Page, words: str) -> Locator:
    """The message with these words."""
    return page.locator(".message").filter(has_text=words)


async def chat_with(page: Page, home: AppNode, name: str) -> None:
    domain = home.url.removeprefix("http://")
    await page.goto(f"{home.url}/app/chats/with/@{name}@{domain}")
    await expect(page.get_by_label("Write a message")).to_be_visible()


# Somebody who writes as soon as there is a field.
AT_ONCE = """() => {
  new MutationObserver(() => {
    const field = document.querySelector(".chat-composer textarea");
    if (field === null || globalThis.field !== undefined) return;
    globalThis.field = field;
    field.focus();
    field.value = "written at once";
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }).observe(document, { subtree: true, childList: true });
}"""
GO = """(path) => {
  history.pushState(null, "", path);
  dispatchEvent(new PopStateEvent("popstate"));
}"""
FIELD = "() => [field.isConnected, document.activeElement === field, field.value]"


@pytest.mark.slow
@pytest.mark.clause("APP-5.9")
async def test_who_writes_at_once_goes_on_writing(browser: Browser, home: AppNode) -> None:
    """A chat that is opened by a handle gets another address; the field stays, with the focus."""
    ada, bob = await two(browser, home)
    await ada.page.evaluate(AT_ONCE)
    handle = f"@bob@{home.url.removeprefix('http://')}"
    await ada.page.evaluate(GO, f"/app/chats/with/{handle}")
    await expect(ada.page).to_have_url(re.compile(r"/app/chats/(?!with)"))
    await expect(ada.page.get_by_text("Only your devices and theirs can read")).to_be_visible()
    assert await ada.page.evaluate(FIELD) == [True, True, "written at once"]
    await ada.page.keyboard.press("Enter")
    await expect(said(ada.page, "written at once")).to_be_visible()
    await expect(ada.page.get_by_label("Write a message")).to_have_value("")
    assert ada.faults == bob.faults == []


@pytest.mark.slow
async def test_two_people_talk(browser: Browser, home: AppNode) -> None:
    ada, bob = await two(browser, home)
    await chat_with(ada.page, home, "bob")
    await say(ada.page, "Hello <b>Bob</b> & co")
    mine = said(ada.page, "Hello <b>Bob</b> & co")
    await expect(mine).to_be_visible()
    await bob.page.get_by_role("link", name="Chats").click()
    line = bob.page.get_by_role("link", name="Ada")
    await expect(line).to_contain_text("Hello <b>Bob</b> & co")
    await line.click()
    await expect(bob.page.get_by_role("heading", name="Ada")).to_be_focused()
    await say(bob.page, "Good morning, Ada")
    await expect(said(ada.page, "Good morning, Ada")).to_be_visible()
    await expect(mine).to_contain_text("At their node")
    await bob.page.get_by_label("Write a message").fill("half a word")
    await bob.page.get_by_role("link", name="People").click()
    await bob.page.get_by_role("link", name="Chats").click()
    await expect(bob.page.get_by_role("link", name="Ada")).to_contain_text("half a word")
    await bob.page.get_by_label("Search your messages").fill("morning")
    await expect(bob.page.get_by_role("link").filter(has_text="Good morning")).to_be_visible()
    await bob.page.reload()
    await bob.page.get_by_role("link", name="Ada").click()
    await expect(said(bob.page, "Hello <b>Bob</b> & co")).to_be_visible()
    await expect(bob.page.get_by_label("Write a message")).to_have_value("half a word")
    assert ada.faults == [] and bob.faults == []


@pytest.mark.slow
@pytest.mark.clause("DEV-10.2")
async def test_words_that_came_back_say_whose_devices_are_gone(
    browser: Browser, home: AppNode
) -> None:
    ada, bob = await two(browser, home)
    await chat_with(ada.page, home, "bob")
    await say(ada.page, "Are you there?")
    await bob.page.get_by_role("link", name="Chats").click()
    await bob.page.get_by_role("link", name="Ada").click()
    await say(bob.page, "Not for long")
    await expect(said(ada.page, "Not for long")).to_be_visible()
    await bob.page.get_by_role("link", name="You").click()
    await bob.page.get_by_role("button", name="Log out").click()
    await bob.page.get_by_role("button", name="Log out and remove everything").click()
    await expect(bob.page.get_by_role("link", name="Log in")).to_be_visible()
    await say(ada.page, "Wait for me")
    mine = said(ada.page, "Wait for me")
    await expect(mine).to_contain_text("Came back")
    await expect(mine).to_contain_text(re.compile("Bob.? is logged in nowhere; it is kept"))
    assert ada.faults == [] and bob.faults == []


@pytest.mark.slow
async def test_an_invite_link_ends_in_a_chat_with_who_sent_it(
    browser: Browser, home: AppNode
) -> None:
    await home.sign_up("root1")
    ada = await home.sign_up("ada", "Ada")
    link = await home.invite(ada.token or "", befriends=True)
    first, second = await opened(browser, home), await opened(browser, home)
    await log_in(first.page, home, "ada")
    page = second.page
    await page.goto(link)
    await page.get_by_role("link", name="Open the app").click()
    await page.get_by_label("Name", exact=True).fill("bob")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Ada")).to_be_visible()
    await say(page, "I am here!")
    await first.page.get_by_role("link", name="Chats").click()
    await first.page.get_by_role("link", name="bob").click()
    await expect(said(first.page, "I am here!")).to_be_visible()
    assert first.faults == [] and second.faults == []


@pytest.mark.slow
async def test_a_link_to_a_video_plays_in_the_chat(
    browser: Browser, home: AppNode, tmp_path: Path
) -> None:
    ada, bob = await two(browser, home)
    async with home.line() as line:
        who = await line.ask("POST", "/login", Session, LogIn(name="ada", password=PASSWORD))
    clip = make_clip(tmp_path / "clip.mp4", seconds=1, size="180x320")
    post = await home.video(who, clip, name="Harbour")
    await chat_with(ada.page, home, "bob")
    await say(ada.page, f"Look: {home.url}/app/watch?id={post}")
    await bob.page.get_by_role("link", name="Chats").click()
    await bob.page.get_by_role("link", name="Ada").click()
    await bob.page.get_by_role("button", name=re.compile("Play: .*Harbour")).click()
    await bob.page.evaluate(
        """() => new Promise((done) => {
          const clip = document.querySelector(".post-card video");
          if (clip.currentTime > 0) done(true);
          else clip.addEventListener("timeupdate", () => done(true), { once: true });
        })"""
    )
    assert ada.faults == [] and bob.faults == []


# A page that sleeps hears nothing of what is said to it meanwhile.
DEAF = """
const add = BroadcastChannel.prototype.addEventListener;
BroadcastChannel.prototype.addEventListener = function (kind, hear, how) {
  return add.call(this, kind, (event) => { if (!globalThis.isAsleep) hear(event); }, how);
};
"""
SLEEP = "() => { globalThis.isAsleep = true; document.dispatchEvent(new Event('freeze')); }"
WAKE = "() => { globalThis.isAsleep = false; document.dispatchEvent(new Event('resume')); }"


@pytest.mark.slow
@pytest.mark.clause("E2E-6.18")
async def test_a_page_that_slept_shows_what_was_said_meanwhile(
    browser: Browser, home: AppNode
) -> None:
    ada, bob = await two(browser, home)
    await ada.page.context.add_init_script(DEAF)
    await chat_with(ada.page, home, "bob")
    await say(ada.page, "before I sleep")
    await expect(said(ada.page, "before I sleep")).to_be_visible()
    await chat_with(bob.page, home, "ada")
    await ada.page.evaluate(SLEEP)
    other = await new_page(ada.page.context, home.url)
    await chat_with(other.page, home, "bob")
    await say(bob.page, "while you slept")
    await expect(said(other.page, "while you slept")).to_be_visible()
    await expect(said(ada.page, "while you slept")).to_have_count(0)
    await ada.page.evaluate(WAKE)
    await expect(said(ada.page, "while you slept")).to_be_visible()
    assert ada.faults == [] and bob.faults == [] and other.faults == []

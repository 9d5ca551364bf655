"""What is said in the app: answers, reactions, changes, deletions; with one who uses `kith`."""

import json
import re
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from node.client import content as inner
from node.client.kith import Kith
from tests.browser.app_node import PASSWORD, AppNode, Watched, log_in, opened
from tests.browser.test_app_chats import chat_with, say
from tests.browser.test_app_screens import violations

PASSPHRASE = "a passphrase of Bob's"


async def ada_and_bob(
    browser: Browser, home: AppNode, folder: Path
) -> tuple[Watched, AbstractAsyncContextManager[Kith]]:
    """Ada in a browser, in her chat with Bob, who has the library."""
    ada, bob = await home.sign_up("ada", "Ada"), await home.sign_up("bob", "Bob")
    await home.befriend(ada, bob)
    watched = await opened(browser, home)
    await log_in(watched.page, home, "ada")
    await home.hears(ada)
    kith = await Kith.log_in(home.url, "bob", PASSWORD, home=folder, passphrase=PASSPHRASE)
    return watched, kith


def said(page: Page, words: str) -> Locator:
    """The message that says so itself, whatever it answers."""
    own = page.locator(".message-text", has_text=words)
    return page.locator(".message").filter(has=own)


async def until(kith: Kith, look: Callable[[], Awaitable[bool]]) -> None:
    """What goes out in the browser comes a moment later."""
    async with aclosing(kith.listen()) as heard:
        async for _ in heard:
            if await look():
                return


async def menu(page: Page, words: str, *, keys: bool = False) -> None:
    """The menu of the message with these words."""
    message = said(page, words)
    if keys:
        await message.get_by_role("button", name="What to do with this message").focus()
        await page.keyboard.press("Enter")
    else:
        await message.locator(".bubble").click(button="right")
    await expect(page.get_by_role("dialog")).to_be_visible()


@pytest.mark.slow
@pytest.mark.clause("APP-5.12", "E2E-7.3", "E2E-7.5", "E2E-7.6", "E2E-7.7", "DEV-18.1")
async def test_people_answer_react_change_and_take_back(
    browser: Browser, home: AppNode, tmp_path: Path
) -> None:
    ada, kith = await ada_and_bob(browser, home, tmp_path)
    page = ada.page
    async with kith as bob:
        await bob.talk()
        await chat_with(page, home, "bob")
        await say(page, "Shall we **go**?")
        mine = said(page, "Shall we go?")
        await expect(mine.locator("strong")).to_have_text("go")
        them = "@ada@" + home.domain
        # Bob answers, and reacts.
        await until(bob, lambda: has(bob, them, "Shall we **go**?"))
        (asked,) = await bob.history(them)
        await bob.say(them, "We shall", reply=asked.id)
        await bob.react(them, asked.id, "👍")
        answer = said(page, "We shall")
        await expect(answer.locator(".quoted")).to_contain_text("You")
        await expect(mine.get_by_role("button", name=re.compile("👍.*Bob"))).to_be_visible()
        # A tap on what is answered goes to it.
        await answer.locator(".quoted").click()
        await expect(mine).to_be_focused()
        # Ada reacts with the mouse, and takes it away with the keyboard.
        await menu(page, "We shall")
        assert await violations(page) == []
        await page.get_by_role("button", name=re.compile("React with .*😂")).click()
        own = answer.get_by_role("button", name=re.compile("😂.*You.*Take yours away"))
        await expect(own).to_have_attribute("aria-pressed", "true")
        await until(bob, lambda: reacted(bob, them, "😂"))
        await own.focus()
        await page.keyboard.press("Enter")
        await expect(own).to_have_count(0)
        # She answers.
        await menu(page, "We shall", keys=True)
        await page.get_by_role("button", name="Answer", exact=True).click()
        await expect(page.get_by_text(re.compile("You answer .*Bob"))).to_be_visible()
        await expect(page.get_by_label("Write a message")).to_be_focused()
        await page.keyboard.type("At last")
        await page.keyboard.press("Enter")
        await expect(said(page, "At last").locator(".quoted")).to_contain_text("We shall")
        await expect(page.get_by_text(re.compile("You answer .*Bob"))).to_have_count(0)
        # She changes what she said, and he has read; Escape leaves it as it is.
        await until(bob, lambda: has(bob, them, "At last"))
        await page.get_by_label("Write a message").fill("begun")
        await menu(page, "At last")
        await page.get_by_role("button", name="Change", exact=True).click()
        await expect(page.get_by_label("Write a message")).to_have_value("At last")
        await page.keyboard.press("Escape")
        await expect(page.get_by_label("Write a message")).to_have_value("begun")
        await page.get_by_label("Write a message").fill("")
        await menu(page, "At last")
        await page.get_by_role("button", name="Change", exact=True).click()
        await page.get_by_label("Write a message").fill("At long last")
        await page.keyboard.press("Enter")
        await expect(said(page, "At long last")).to_contain_text("changed")
        await until(bob, lambda: has(bob, them, "At long last"))
        # Bob changes his, and what answers it shows that.
        (_, his, hers) = await bob.messages(them)
        assert hers.answers == his.row and hers.row.edited
        await bob.edit(them, his.row.id, "We shall not")
        await expect(said(page, "At long last").locator(".quoted")).to_contain_text("We shall not")
        # She takes one back, he another.
        await menu(page, "Shall we go?", keys=True)
        await page.get_by_role("button", name="Delete for everybody").click()
        await page.get_by_role("button", name="Delete for everybody").click()
        await expect(page.locator(".bubble.gone")).to_have_count(1)
        await until(bob, lambda: has(bob, them, ""))
        await bob.take_back(them, his.row.id)
        await expect(page.locator(".bubble.gone")).to_have_count(2)
        assert await violations(page) == []
        await page.reload()
        await expect(page.locator(".bubble.gone")).to_have_count(2)
        await expect(said(page, "At long last")).to_contain_text("changed")
    assert ada.faults == []


async def has(kith: Kith, who: str, text: str) -> bool:
    return text in [row.text for row in await kith.history(who)]


async def reacted(kith: Kith, who: str, emoji: str) -> bool:
    shown = [each.emoji for one in await kith.messages(who) for each in one.reactions]
    return emoji in shown


def strange(hers: str) -> dict[str, bytes]:
    """What another program may say; `hers` is the id of a message of Ada's."""
    markup = (
        "<p>a <b onclick='alert(1)'>bold</b> <a href='javascript:alert(1)'>link</a>"
        " <img src=x onerror=alert(1)></p><script>alert(1)</script>"
    )
    marked = {"mediaType": "text/markdown", "content": "<img src=x onerror=alert(1)> **so**"}
    documents = (
        {"type": "Note", "id": "urn:1", "content": markup},
        {"type": "Note", "id": "urn:2", "source": marked},
        {"type": "Poke", "id": "urn:3", "content": "a poke"},
        {"type": "Update", "id": "urn:4", "object": {"id": hers, "content": "not hers"}},
        {"type": "Delete", "id": "urn:5", "object": hers},
    )
    return {f"strange {n}": json.dumps(one).encode() for n, one in enumerate(documents)}


@pytest.mark.slow
@pytest.mark.clause("APP-5.12", "E2E-7.1", "E2E-7.8")
async def test_what_comes_is_drawn_from_a_list_and_never_run(
    browser: Browser, home: AppNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Markup of another program, and kinds that nobody knows; a friend who means harm."""
    ada, kith = await ada_and_bob(browser, home, tmp_path)
    page = ada.page
    async with kith as bob:
        await bob.talk()
        await chat_with(page, home, "bob")
        await say(page, "hello")
        them = "@ada@" + home.domain
        await until(bob, lambda: has(bob, them, "hello"))
        (mine,) = await bob.history(them)
        write, documents = inner.write_note, strange(mine.id)
        monkeypatch.setattr(
            inner,
            "write_note",
            lambda words, *more: documents.get(words.text) or write(words, *more),
        )
        for name in documents:
            await bob.say(them, name)
        await expect(said(page, "a bold link").locator("b")).to_have_text("bold")
        await expect(said(page, "a bold link").locator("a, img, script")).to_have_count(0)
        await expect(said(page, "onerror").locator("strong")).to_have_text("so")
        await expect(said(page, "onerror").locator("img")).to_have_count(0)
        await expect(said(page, "a poke")).to_contain_text("this version cannot show")
        await expect(page.locator(".gap")).to_have_count(2)
        await expect(said(page, "hello")).to_be_visible()
        assert await violations(page) == []
    assert ada.faults == []

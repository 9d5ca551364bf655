"""What was written without a line goes out once, when there is one again."""

import json
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from node.wire.api.accounts import Session
from tests.browser.app_node import AppNode, Watched, log_in, opened


async def offline_comment(browser: Browser, home: AppNode) -> tuple[Session, Any, Watched]:
    """Ada, who lost her line, comments on what Bob posted."""
    ada, bob = await home.sign_up("ada", "Ada"), await home.sign_up("bob", "Bob")
    await home.befriend(ada, bob)
    post = await home.post(bob, "Who comes swimming?")
    watched = await opened(browser, home)
    page = watched.page
    await log_in(page, home, "ada")
    await page.get_by_role("article").focus()
    await page.keyboard.press("c")
    dialog = page.get_by_role("dialog", name="Comments")
    await expect(dialog).to_contain_text("Say the first word")
    await page.context.set_offline(True)
    await dialog.get_by_label("Say something…").fill("I do!")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("You are offline.")).to_be_visible()
    await expect(dialog.get_by_label("Say something…")).to_have_value("")
    return bob, post, watched


async def comments(home: AppNode, who: Session, post: Any) -> list[str]:
    async with home.line(who.token or "") as line:
        found = await line.ask("GET", "/comments", dict, query={"of": post["id"]})
    return [one["content"] for one in found["items"]]


@pytest.mark.clause("APP-2.5")
async def test_a_comment_without_a_line_goes_out_once(browser: Browser, home: AppNode) -> None:
    bob, post, watched = await offline_comment(browser, home)
    assert await comments(home, bob, post) == []
    await watched.page.context.set_offline(False)
    await expect(watched.page.get_by_text("What waited is sent.")).to_be_visible()
    assert await comments(home, bob, post) == ["<p>I do!</p>"]
    await watched.page.reload()
    await expect(watched.page.get_by_role("button", name="Comments")).to_contain_text("1")
    assert await comments(home, bob, post) == ["<p>I do!</p>"]


@pytest.mark.clause("APP-2.5")
async def test_what_waited_for_long_is_sent_when_its_person_says_so(
    browser: Browser, home: AppNode
) -> None:
    bob, post, watched = await offline_comment(browser, home)
    page = watched.page
    kept = json.loads(await page.evaluate("() => localStorage.getItem('kith.outbox')"))
    kept[0]["at"] -= 24 * 3_600_000
    await page.evaluate("(kept) => localStorage.setItem('kith.outbox', kept)", json.dumps(kept))
    await page.context.set_offline(False)
    question = page.get_by_role("dialog", name="This waited for more than a day.")
    await expect(question).to_contain_text("I do!")
    assert await comments(home, bob, post) == []
    await question.get_by_role("button", name="Send").click()
    await expect(page.get_by_text("What waited is sent.")).to_be_visible()
    assert await comments(home, bob, post) == ["<p>I do!</p>"]


@pytest.mark.clause("APP-2.5", "APP-4.6", "API-6.2")
async def test_what_was_changed_and_waited_is_not_said_besides_what_was_taken(
    browser: Browser, home: AppNode
) -> None:
    bob, post, watched = await offline_comment(browser, home)
    page, kept = watched.page, "() => JSON.parse(localStorage.getItem('kith.outbox'))"
    (one,) = await page.evaluate(kept)
    # Before it was changed it had arrived under the same key, and the answer was lost.
    await page.context.set_offline(False)
    await expect(page.get_by_text("What waited is sent.")).to_be_visible()
    one["body"]["content"] = "I do, and Dora!"
    await page.evaluate("(one) => localStorage.setItem('kith.outbox', one)", json.dumps([one]))
    await page.reload()
    question = page.get_by_role("dialog")
    await expect(question).to_contain_text("What you wrote before you changed it was taken")
    await expect(question).to_contain_text("I do, and Dora!")
    assert await comments(home, bob, post) == ["<p>I do!</p>"]
    await question.get_by_role("button", name="Send").click()
    await expect(page.get_by_text("What waited is sent.")).to_be_visible()
    assert sorted(await comments(home, bob, post)) == ["<p>I do!</p>", "<p>I do, and Dora!</p>"]

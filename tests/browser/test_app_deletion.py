"""The end of an account in the app: what it does is said before, and nothing of it stays here."""

import json
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from node.errors import Unproven
from node.wire.api.accounts import Session
from tests.browser.app_node import PASSWORD, AppNode, Watched, log_in, opened

LEAVE = """(actor) => localStorage.setItem("kith.outbox", JSON.stringify([
  { key: "k", actor, path: "/posts", body: { content: "a secret comment" }, at: Date.now() }]))"""
LEFT = """async () => {
  const rows = async (name) => {
    const asked = (request) => new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    const database = await asked(indexedDB.open(name));
    const found = {};
    for (const store of database.objectStoreNames) {
      found[store] = await asked(database.transaction(store).objectStore(store).getAll());
    }
    database.close();
    return found;
  };
  const names = (await indexedDB.databases()).map(({ name }) => name);
  const databases = {};
  for (const name of names) databases[name] = await rows(name);
  return JSON.stringify([databases, { ...localStorage }, { ...sessionStorage }]);
}"""


async def at_the_end(browser: Browser, home: AppNode, name: str) -> Watched:
    watched = await opened(browser, home)
    page = watched.page
    await log_in(page, home, name)
    return watched


async def delete(page: Page, password: str = PASSWORD) -> None:
    await page.get_by_label("Your password now").fill(password)
    await page.get_by_role("button", name="Delete it for good").click()


@pytest.mark.clause("APP-3.3", "ACC-1.8")
async def test_nothing_of_a_deleted_account_stays_in_the_browser(
    browser: Browser, home: AppNode
) -> None:
    await home.sign_up("ada")
    bob = await home.sign_up("bob", "Bob")
    await home.post(bob, "a secret post", audience="public")
    watched = await at_the_end(browser, home, "bob")
    page = watched.page
    # An earlier device of the account, whose messages were kept.
    await page.get_by_role("link", name="You").click()
    await page.get_by_role("button", name="Log out").click()
    await page.get_by_role("button", name="Log out, keep my messages here").click()
    await page.get_by_role("link", name="Bob").click()
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Log in").click()
    await page.get_by_role("link", name="Post", exact=True).click()
    await page.get_by_label("What do you want to say?").fill("a secret draft")
    await page.evaluate(LEAVE, bob.account.actor)
    assert "secret" in await page.evaluate(LEFT) and "bob" in await page.evaluate(LEFT)

    await page.get_by_role("link", name="You").click()
    await page.get_by_role("link", name="Settings").click()
    await page.get_by_role("link", name="Delete the account").click()
    for title in ("Deleted at once", "Others are asked", "What cannot be taken back"):
        await expect(
            page.get_by_role("region", name=title).get_by_role("listitem")
        ).not_to_have_count(0)
    async with page.expect_download() as saved:
        await page.get_by_role("button", name="Save as a file").click()
    assert "a secret post" in Path(await (await saved.value).path()).read_text()  # noqa: ASYNC240

    await delete(page, "not the password")
    await expect(page.get_by_role("alert")).to_contain_text("not your password")
    async with home.line(bob.token or "") as line:
        assert (await line.ask("GET", "/account", dict))["name"] == "bob"
    await delete(page)
    await expect(page.get_by_role("link", name="Log in")).to_be_visible()
    left = await page.evaluate(LEFT)
    assert "secret" not in left and "bob" not in left and bob.account.id not in left, left
    databases = json.loads(left)[0]
    assert not [name for name in databases if name not in ("kith-accounts", "kith.posts")]
    async with home.line() as line:
        with pytest.raises(Unproven):
            await line.ask("POST", "/login", Session, {"name": "bob", "password": PASSWORD})
    assert watched.faults == []


@pytest.mark.clause("APP-3.3", "ACC-1.8")
async def test_the_last_administrator_is_told_what_to_do_first(
    browser: Browser, home: AppNode
) -> None:
    ada = await home.sign_up("ada")
    watched = await at_the_end(browser, home, "ada")
    page = watched.page
    await page.goto(f"{home.url}/app/settings/delete")
    await delete(page)
    await expect(page.get_by_role("alert")).to_contain_text("only administrator")
    async with home.line(ada.token or "") as line:
        assert (await line.ask("GET", "/account", dict))["name"] == "ada"
    await page.goto(f"{home.url}/app/chats")
    await expect(page.get_by_role("heading", name="Chats")).to_be_visible()
    assert watched.faults == []

"""The first minutes in the app: an invite link, a name, one password; and the ways in and out."""

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.app_node import PASSWORD, AppNode, log_in, opened


async def fill_join(page: Page, name: str, shown: str = "") -> None:
    await page.get_by_label("Name", exact=True).fill(name)
    await page.get_by_label("What friends call you").fill(shown)
    await page.get_by_label("Password").fill(PASSWORD)


async def test_an_invite_link_leads_into_the_app(browser: Browser, home: AppNode) -> None:
    ada = await home.sign_up("ada", "Ada <b>Lovelace</b>")
    link = await home.invite(ada.token or "", befriends=True)
    watched = await opened(browser, home)
    page = watched.page
    await page.goto(link)
    await page.get_by_role("link", name="Open the app").click()
    await expect(page.get_by_text("Ada <b>Lovelace</b>")).to_be_visible()
    await expect(page.get_by_text("You will be friends as soon as you are here.")).to_be_visible()
    await fill_join(page, "bob", "Bob")
    await page.get_by_role("button", name="Create account").click()
    await expect(page.get_by_role("navigation", name="Main places")).to_be_visible()
    async with home.line(ada.token or "") as line:
        friends = await line.ask("GET", "/friends", dict)
    assert [one["person"]["display_name"] for one in friends["items"]] == ["Bob"]
    assert watched.faults == []


async def test_a_link_that_is_used_up_says_so(browser: Browser, home: AppNode) -> None:
    await home.sign_up("ada")
    watched = await opened(browser, home)
    await watched.page.goto(f"{home.url}/app/join#nonsense")
    await expect(watched.page.get_by_role("alert")).to_contain_text("used up or has expired")


async def test_what_is_wrong_is_said_and_nothing_is_lost(browser: Browser, home: AppNode) -> None:
    ada = await home.sign_up("ada")
    link = await home.invite(ada.token or "")
    watched = await opened(browser, home)
    page = watched.page
    await page.goto(f"{home.url}/app/join#{link.rpartition('/')[2]}")
    await fill_join(page, "ada", "Other")
    await page.get_by_role("button", name="Create account").click()
    await expect(page.get_by_role("alert")).to_contain_text("not free")
    await expect(page.get_by_label("What friends call you")).to_have_value("Other")
    await page.get_by_label("Name", exact=True).fill("other")
    await page.get_by_role("button", name="Create account").click()
    await expect(page.get_by_role("navigation", name="Main places")).to_be_visible()


async def test_the_three_modes_of_sign_up(browser: Browser, home: AppNode) -> None:
    await home.sign_up("ada")
    async with home.line(home.admin) as line:
        watched = await opened(browser, home)
        page = watched.page
        await page.goto(f"{home.url}/app/")
        await expect(page.get_by_text("People come here by invitation")).to_be_visible()
        assert await page.get_by_role("link", name="Create account").count() == 0
        await line.ask("PUT", "/admin/settings", dict, {"registration": "approval"})
        await page.reload()
        await page.get_by_role("link", name="Ask to join").click()
        await fill_join(page, "carol")
        await page.get_by_label("Who you are").fill("Carol of the harbour")
        await page.get_by_role("button", name="Ask to join").click()
        await expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
        await page.get_by_role("link", name="Log in").click()
        await page.get_by_label("Name", exact=True).fill("carol")
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Log in").click()
        await expect(page.get_by_role("alert")).to_contain_text("waits for an administrator")
        await line.ask("PUT", "/admin/settings", dict, {"registration": "open"})
        await page.goto(f"{home.url}/app/")
        await page.get_by_role("link", name="Create account").click()
        await fill_join(page, "dave")
        await page.get_by_role("button", name="Create account").click()
        await expect(page.get_by_role("navigation", name="Main places")).to_be_visible()
    assert watched.faults == []


async def devices(home: AppNode, token: str) -> int:
    async with home.line(token) as line:
        return len((await line.ask("GET", "/devices", dict))["items"])


LEAVE = """async (actor) => {
  const waits = { key: "1", actor, path: "/comments", body: { content: "secret" }, at: Date.now() };
  localStorage.setItem("kith.outbox", JSON.stringify([waits]));
  localStorage.setItem("kith.push", JSON.stringify({ [actor]: ["secret"] }));
  await (await caches.open("kith-shared")).put("/app/share/words", new Response("secret"));
}"""
LEFT = """async () => {
  const cached = (await caches.has("kith-shared")) ? "secret" : "";
  return JSON.stringify([{ ...localStorage }, { ...sessionStorage }, cached]);
}"""


@pytest.mark.clause("APP-3.8")
async def test_log_out_keeps_or_removes_the_device(browser: Browser, home: AppNode) -> None:
    ada = await home.sign_up("ada", "Ada")
    watched = await opened(browser, home)
    page = watched.page
    await log_in(page, home, "ada")
    assert await devices(home, ada.token or "") == 1
    await page.get_by_role("link", name="You").click()
    # Who would lose the keys with it is told so, and what to do before.
    await expect(page.get_by_text("words are not written down yet")).to_be_visible()
    await page.get_by_role("button", name="Log out").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("gone for good")
    await expect(dialog).to_contain_text("the only device that has your keys")
    await expect(dialog.get_by_role("button", name="Write the words down first")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await expect(page.get_by_role("button", name="Log out")).to_be_focused()
    await page.get_by_role("button", name="Log out").click()
    await page.get_by_role("button", name="Log out, keep my messages here").click()
    await expect(page.get_by_role("button", name="Read the messages")).to_be_visible()
    assert await devices(home, ada.token or "") == 0
    await page.get_by_role("link", name="Ada").click()
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Log in").click()
    await expect(page.get_by_role("navigation", name="Main places")).to_be_visible()
    assert await devices(home, ada.token or "") == 1
    # What was kept is read, and one comes back.
    await page.get_by_role("link", name="Chats").click()
    await page.get_by_role("button", name="From before you logged out").click()
    await page.get_by_role("link", name="Back").click()
    await page.get_by_role("button", name="Ada").click()
    await page.get_by_role("link", name="Post", exact=True).click()
    await page.get_by_label("What do you want to say?").fill("a secret draft")
    await page.evaluate(LEAVE, ada.account.actor)
    await page.get_by_role("link", name="You").click()
    await page.get_by_role("button", name="Log out").click()
    await page.get_by_role("button", name="Log out and remove everything").click()
    await expect(page.get_by_role("link", name="Log in")).to_be_visible()
    await page.get_by_role("button", name="Remove").click()
    await page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    await expect(page.get_by_role("link", name="Ada")).to_have_count(0)
    assert "secret" not in await page.evaluate(LEFT)
    assert await devices(home, ada.token or "") == 0
    assert watched.faults == []


async def test_several_accounts_live_in_one_browser(browser: Browser, home: AppNode) -> None:
    await home.sign_up("ada", "Ada")
    await home.sign_up("bob", "Bob")
    watched = await opened(browser, home)
    page = watched.page
    await log_in(page, home, "ada")
    await page.goto(f"{home.url}/app/me")
    await page.get_by_role("link", name="Add an account").click()
    await log_in(page, home, "bob")
    await page.goto(f"{home.url}/app/me")
    await expect(page.get_by_role("heading", name="Bob")).to_be_visible()
    await page.get_by_role("button", name="Ada").click()
    await expect(page.get_by_role("heading", name="Ada")).to_be_visible()
    assert watched.faults == []

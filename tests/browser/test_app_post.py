"""Posting from the app: words, a video that survives a reload, and what the node does not take."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, Route, expect

from tests.browser.app_node import AppNode, app_node, log_in, opened
from tests.clips import make_clip


async def test_words_are_for_friends_unless_one_says_otherwise(
    browser: Browser, home: AppNode
) -> None:
    ada, bob = await home.sign_up("ada", "Ada"), await home.sign_up("bob", "Bob")
    await home.befriend(ada, bob)
    watched = await opened(browser, home)
    page = watched.page
    await log_in(page, home, "ada")
    await page.get_by_role("link", name="Post", exact=True).click()
    send = page.get_by_role("button", name="Post for friends")
    await expect(send).to_be_disabled()
    await page.get_by_label("What do you want to say?").fill("1 < 2 & <b>so</b> on")
    await send.click()
    await page.get_by_role("link", name="1 < 2 & <b>so</b> on").click()
    article = page.get_by_role("article").first
    await expect(article).to_contain_text("1 < 2 & <b>so</b> on")
    await expect(article).to_contain_text("Only your friends can see it.")
    async with home.line(bob.token or "") as line:
        feed = await line.ask("GET", "/feed", dict)
    assert [one["content"] for one in feed["items"]] == [
        "<p>1 &lt; 2 &amp; &lt;b&gt;so&lt;/b&gt; on</p>"
    ]
    await page.get_by_role("link", name="Post", exact=True).click()
    await page.get_by_role("radio", name="Everyone").check()
    await expect(page.get_by_role("button", name="Post for everyone")).to_be_visible()
    assert watched.faults == []


@pytest.mark.slow
async def test_a_video_survives_a_reload_and_a_cut_line(
    browser: Browser, home: AppNode, tmp_path: Path
) -> None:
    ada, bob = await home.sign_up("ada", "Ada"), await home.sign_up("bob", "Bob")
    await home.befriend(ada, bob)
    clip = make_clip(tmp_path / "clip.mp4", seconds=2, size="720x1280", options=("-b:v", "6M"))
    watched = await opened(browser, home, service_workers="block")
    page = watched.page

    async def cannot(route: Route) -> None:
        """A worker that makes nothing smaller, so that all of the clip is sent."""
        body = 'onmessage = () => postMessage({ is: "as_it_is", why: "unable" })'
        await route.fulfill(body=body, content_type="text/javascript")

    await page.route("**/app/film-*.js", cannot)
    await log_in(page, home, "ada")
    sent: list[str] = []

    async def lose(route: Route) -> None:
        """The first part arrives, then the line is cut."""
        sent.append(route.request.url)
        if len(sent) > 1:
            await route.abort()
        else:
            await route.continue_()

    await page.route("**/uploads/*offset=*", lose)
    await page.goto(f"{home.url}/app/post")
    await page.set_input_files("input[type=file]:not([capture])", clip)
    await page.get_by_label("Title").fill("Harbour")
    await page.get_by_role("button", name="Post for friends").click()
    await expect(page.get_by_text("Waiting for a connection")).to_be_visible()
    await expect(page.get_by_text("This browser cannot make videos smaller")).to_be_visible()
    await page.unroute("**/uploads/*offset=*")
    await page.reload()
    await expect(page.get_by_role("progressbar", name="Harbour")).to_be_visible()
    await expect(page.get_by_text("Your video is ready")).to_be_visible()
    await expect(page.get_by_role("progressbar")).to_have_count(0)
    assert "offset=0&" not in "".join(sent[1:]), "what had arrived was sent again"
    async with home.line(bob.token or "") as line:
        (post,) = (await line.ask("GET", "/feed", dict))["items"]
    assert post["name"] == "Harbour" and post["video"]
    assert watched.faults == []


@pytest.mark.slow
@pytest.mark.clause("APP-4.5", "VID-6.8")
async def test_a_full_disk_ends_no_post_and_no_post_is_published_twice(
    browser: Browser, home: AppNode, tmp_path: Path
) -> None:
    ada, bob = await home.sign_up("ada", "Ada"), await home.sign_up("bob", "Bob")
    await home.befriend(ada, bob)
    clip = make_clip(tmp_path / "clip.mp4", seconds=2, size="180x320")
    watched = await opened(browser, home, service_workers="block")
    page = watched.page
    await log_in(page, home, "ada")
    said: dict[str, object] = {"id": "", "state": "processing", "progress": 37}
    said |= {"clause": "VID-6.8", "reason": "full"}
    status = 200

    async def answer(route: Route) -> None:
        """As a node that makes the video, and waits for room, or has another fault for who asks."""
        await route.fulfill(status=status, json=said)

    await page.route("**/videos/one*", answer)
    await page.goto(f"{home.url}/app/post")
    await page.set_input_files("input[type=file]:not([capture])", clip)
    await page.get_by_label("Title").fill("Harbour")
    await page.get_by_role("button", name="Post for friends").click()
    job = page.get_by_role("listitem").filter(has_text="Harbour")
    words = job.get_by_role("status")
    await expect(words).to_contain_text("no room for the video at the moment")
    said |= {"clause": "", "reason": ""}
    await expect(words).to_contain_text("Your node prepares the video")
    status, said = 507, {"code": "full", "clause": "FED-12.8", "detail": "no"}
    await expect(words).to_contain_text("no room for the video at the moment")
    status, said = 400, {"code": "malformed", "clause": "API-1.1", "detail": "no"}
    await expect(job.get_by_role("alert")).to_be_visible()
    await page.unroute("**/videos/one*")
    await job.get_by_role("button", name="Try again").click()
    await expect(page.get_by_text("Your video is ready")).to_be_visible()
    async with home.line(bob.token or "") as line:
        posts = (await line.ask("GET", "/feed", dict))["items"]
    assert [post["name"] for post in posts] == ["Harbour"]


@pytest.mark.clause("APP-4.6", "API-6.2")
@pytest.mark.parametrize("choice", ["in their place", "as well"])
async def test_words_that_were_changed_after_a_lost_answer_are_no_second_post_unasked(
    browser: Browser, home: AppNode, choice: str
) -> None:
    ada = await home.sign_up("ada", "Ada")
    watched = await opened(browser, home, service_workers="block")
    page = watched.page
    await log_in(page, home, "ada")

    async def lose(route: Route) -> None:
        """The node does it, and its answer does not arrive."""
        await route.fetch()
        await route.abort()

    async def said() -> list[str]:
        async with home.line(ada.token or "") as line:
            return [one["content"] for one in (await line.ask("GET", "/posts", dict))["items"]]

    async def post(words: str) -> None:
        await page.get_by_label("What do you want to say?").fill(words)
        await page.get_by_role("button", name="Post for friends").click()

    await page.goto(f"{home.url}/app/post")
    await page.route("**/api/kith/v1/posts", lose)
    await post("Helo")
    await expect(page.get_by_role("alert")).to_be_visible()
    await page.unroute("**/api/kith/v1/posts")
    # To look whether it is there, as one does; then the words are put right.
    await page.get_by_role("link", name="Chats").first.click()
    await page.goto(f"{home.url}/app/post")
    await post("Hello")
    asks = page.get_by_role("dialog")
    await expect(asks).to_contain_text("Your earlier words are posted")
    assert await said() == ["<p>Helo</p>"]
    await asks.get_by_role("button", name="Cancel").click()
    await post("Hello, all")
    await asks.get_by_role("button", name=f"Post the new ones {choice}").click()
    await expect(page.get_by_text("Posted", exact=True)).to_be_visible()
    left = [] if choice == "in their place" else ["<p>Helo</p>"]
    assert await said() == ["<p>Hello, all</p>", *left]
    await page.goto(f"{home.url}/app/post")
    await post("Another")
    await expect(page.get_by_text("Posted", exact=True)).to_be_visible()
    assert len(await said()) == 2 + len(left)


async def test_what_the_node_does_not_take_is_said_before_it_is_sent(
    browser: Browser, tmp_path: Path, quick_secrets: None
) -> None:
    async with app_node(tmp_path / "node", upload_limit_bytes=1000) as home:
        await home.sign_up("ada", "Ada")
        watched = await opened(browser, home)
        page = watched.page
        await log_in(page, home, "ada")
        await page.goto(f"{home.url}/app/post")
        file = tmp_path / "big.mp4"
        file.write_bytes(b"x" * 2000)
        await page.set_input_files("input[type=file]:not([capture])", file)
        await expect(page.get_by_role("alert")).to_contain_text("your node takes at most")
        await expect(page.get_by_role("button", name="Post for friends")).to_be_disabled()


@pytest.mark.slow
async def test_what_is_no_video_fails_in_words_and_is_given_up(
    browser: Browser, home: AppNode, tmp_path: Path
) -> None:
    await home.sign_up("ada", "Ada")
    watched = await opened(browser, home)
    page = watched.page
    await log_in(page, home, "ada")
    await page.goto(f"{home.url}/app/post")
    file = tmp_path / "<img src=x onerror=alert(1)>.mp4"
    file.write_bytes(b"this is no video" * 100)
    await page.set_input_files("input[type=file]:not([capture])", file)
    await page.get_by_role("button", name="Post for friends").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await page.get_by_role("button", name="Give up").click()
    await page.get_by_role("dialog").get_by_role("button", name="Give up").click()
    await expect(page.get_by_text("On their way")).to_have_count(0)
    assert watched.faults == []


async def test_whom_a_post_will_not_reach_is_said_before_it_is_made(
    browser: Browser, home: AppNode
) -> None:
    await home.sign_up("ada", "Ada")
    watched = await opened(browser, home)
    page = watched.page
    await log_in(page, home, "ada")

    async def answer(route: Route) -> None:
        """As a node whose Ada has friends at servers that know followers only."""
        real = await (await route.fetch()).json()
        names = ("Guy", "Eve") if real["audience"] == "friends" else ()
        people = [
            {"id": f"https://far.test/{name}", "handle": f"@{name}@far.test", "display_name": name}
            for name in names
        ]
        await route.fulfill(json={**real, "unreached": people})

    await page.route("**/posts/audience*", answer)
    await page.get_by_role("link", name="Post", exact=True).click()
    told = page.get_by_text("will not see it: their servers cannot show such posts")
    await expect(told).to_contain_text("Guy")
    await page.get_by_role("radio", name="Everyone").check()
    await expect(told).to_have_count(0)
    assert watched.faults == []

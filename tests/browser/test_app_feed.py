"""The friends feed: one clip plays, keys and taps do what they should, and it ends."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, Route, expect

from tests.browser.app_node import AppNode, log_in, opened
from tests.clips import make_clip

# The policy forbids `wait_for_function`, which evaluates text: a function in the page waits itself.
UNTIL_ONE_PLAYS = """(index) => new Promise((done) => {
  const look = () => {
    const clips = [...document.querySelectorAll("video")];
    const playing = clips.filter((clip) => !clip.paused && clip.currentTime > 0);
    const [one] = playing;
    if (playing.length === 1 && one.closest(`[data-index="${index}"]`)) done(clips.length);
    else requestAnimationFrame(look);
  };
  look();
})"""
UNTIL_PAUSED = """() => new Promise((done) => {
  const look = () => [...document.querySelectorAll("video")].every((clip) => clip.paused)
    ? done(true) : requestAnimationFrame(look);
  look();
})"""


async def key(page: Page, name: str) -> None:
    await page.keyboard.press(name)


@pytest.mark.slow
async def test_one_clip_plays_and_the_feed_ends(
    browser: Browser, home: AppNode, tmp_path: Path
) -> None:
    ada, bob = await home.sign_up("ada", "Ada"), await home.sign_up("bob", "Bob")
    await home.befriend(ada, bob)
    clip = make_clip(tmp_path / "clip.mp4", seconds=1, size="180x320")
    for name in ("First", "Second", "Third"):
        await home.video(bob, clip, name=name)
    watched = await opened(browser, home)
    page = watched.page
    await log_in(page, home, "ada")
    feed = page.get_by_role("feed")
    await expect(feed.get_by_role("article")).to_have_count(3)
    first = feed.get_by_role("article").nth(0)
    await expect(first).to_have_attribute("aria-label", "Bob: Third")
    await expect(first).to_have_attribute("aria-posinset", "1")
    assert await page.evaluate(UNTIL_ONE_PLAYS, 0) <= 3
    await first.focus()
    await key(page, "k")
    await page.evaluate(UNTIL_PAUSED)
    await key(page, "l")
    await expect(first.get_by_role("button", name="Like")).to_have_attribute("aria-pressed", "true")
    await page.evaluate(UNTIL_PAUSED)  # a like begins no clip anew
    await key(page, " ")
    await page.evaluate(UNTIL_ONE_PLAYS, 0)
    await key(page, "PageDown")
    assert await page.evaluate(UNTIL_ONE_PLAYS, 1) <= 3
    await expect(feed.get_by_role("article").nth(1)).to_be_focused()
    await key(page, "PageDown")
    assert await page.evaluate(UNTIL_ONE_PLAYS, 2) <= 3
    await expect(feed.get_by_role("article").nth(2)).to_have_attribute("aria-setsize", "3")
    await key(page, "PageDown")
    await expect(page.get_by_text("You have seen it all")).to_be_in_viewport()
    await page.evaluate(UNTIL_PAUSED)
    assert watched.faults == []


@pytest.mark.slow
async def test_like_and_comment_by_key(browser: Browser, home: AppNode) -> None:
    ada, bob = await home.sign_up("ada", "Ada"), await home.sign_up("bob", "Bob")
    await home.befriend(ada, bob)
    await home.post(bob, "Who comes swimming?")
    watched = await opened(browser, home)
    page = watched.page
    await log_in(page, home, "ada")
    article = page.get_by_role("article")
    await expect(article).to_contain_text("Who comes swimming?")
    await article.focus()
    await key(page, "l")
    like = page.get_by_role("button", name="Like")
    await expect(like).to_have_attribute("aria-pressed", "true")
    await expect(like).to_contain_text("1")
    await article.focus()
    await key(page, "c")
    dialog = page.get_by_role("dialog", name="Comments")
    await expect(dialog).to_contain_text("Say the first word")
    await dialog.get_by_label("Say something…").fill("I do!")
    await key(page, "Enter")
    await expect(dialog.get_by_text("I do!")).to_be_visible()
    await dialog.get_by_role("button", name="Answer").click()
    await expect(dialog.get_by_text("Your answer to")).to_be_visible()
    await dialog.get_by_label("Say something…").fill("At ten.")
    await key(page, "Enter")
    await expect(dialog.locator(".answers").get_by_text("At ten.")).to_be_visible()
    await key(page, "Escape")
    await expect(dialog).to_have_count(0)
    await expect(article).to_be_focused()
    await expect(page.get_by_role("button", name="Comments")).to_contain_text("2")
    await page.reload()
    await expect(page.get_by_role("button", name="Like")).to_have_attribute("aria-pressed", "true")
    assert watched.faults == []


@pytest.mark.slow
async def test_the_first_post_of_an_empty_feed_is_what_one_sees(
    browser: Browser, home: AppNode
) -> None:
    ada, bob = await home.sign_up("ada", "Ada"), await home.sign_up("bob", "Bob")
    await home.befriend(ada, bob)
    watched = await opened(browser, home)
    page = watched.page
    await log_in(page, home, "ada")
    await expect(page.get_by_text("Nothing is here yet")).to_be_in_viewport()
    await home.post(bob, "Who comes swimming?")
    for again in (page.get_by_role("link", name="People").click, page.reload):
        await again()
        await page.get_by_role("link", name="Feed").click()
        await expect(page.get_by_role("article")).to_be_in_viewport(ratio=0.9)
        await expect(page.get_by_text("You have seen it all")).not_to_be_in_viewport()
    assert watched.faults == []


async def test_who_has_seen_it_all_finds_the_way_out_by_key(
    browser: Browser, home: AppNode
) -> None:
    ada, bob = await home.sign_up("ada"), await home.sign_up("bob")
    await home.befriend(ada, bob)
    await home.post(bob, "One")
    watched = await opened(browser, home)
    page = watched.page
    await log_in(page, home, "ada")
    await page.get_by_role("article").focus()
    await key(page, "Control+Home")
    await expect(page.get_by_role("link", name="This server")).to_be_focused()


async def test_what_is_behind_a_warning_is_seen_when_one_wants(
    browser: Browser, home: AppNode
) -> None:
    ada, bob = await home.sign_up("ada"), await home.sign_up("bob")
    await home.befriend(ada, bob)
    await home.post(bob, "The butler did it", summary="Spoilers")
    watched = await opened(browser, home)
    page = watched.page
    await log_in(page, home, "ada")
    await expect(page.get_by_text("Spoilers")).to_be_visible()
    await expect(page.locator(".words-card")).to_have_count(0)
    await page.get_by_role("button", name="Show it").click()
    await expect(page.locator(".words-card")).to_contain_text("The butler did it")


async def test_a_link_to_a_post_opens_for_who_may_see_it(browser: Browser, home: AppNode) -> None:
    ada, bob = await home.sign_up("ada"), await home.sign_up("bob")
    await home.sign_up("eve")
    await home.befriend(ada, bob)
    post = await home.post(bob, "For friends")
    for name, words in (("ada", "For friends"), ("eve", "not there, or not for you")):
        watched = await opened(browser, home, locale="de-DE" if name == "eve" else "en-GB")
        page = watched.page
        if name == "eve":
            words = "Es ist nicht da, oder nicht für dich."
            await page.goto(f"{home.url}/app/login")
            await page.get_by_label("Name", exact=True).fill("eve")
            await page.get_by_label("Passwort").fill("four words that nobody guesses")
            await page.get_by_role("button", name="Anmelden").click()
            await expect(page.get_by_role("navigation", name="Hauptorte")).to_be_visible()
        else:
            await log_in(page, home, name)
        await page.goto(f"{home.url}/app/watch?id={post['id']}")
        await expect(page.get_by_text(words).first).to_be_visible()
        assert watched.faults == []


@pytest.mark.slow
async def test_of_a_long_feed_only_what_is_near_is_drawn(browser: Browser, home: AppNode) -> None:
    ada, bob = await home.sign_up("ada", "Ada"), await home.sign_up("bob", "Bob")
    await home.befriend(ada, bob)
    for number in range(40, 0, -1):
        await home.post(bob, f"Post {number}")
    watched = await opened(browser, home)
    page = watched.page
    await log_in(page, home, "ada")

    def post(number: int) -> Locator:
        return page.get_by_role("article", name=f"Bob: Post {number}", exact=True)

    await post(1).focus()
    for number in range(2, 26):
        await key(page, "PageDown")
        await expect(post(number)).to_be_focused()
    await expect(post(25)).to_be_in_viewport(ratio=0.9)
    await expect(post(25)).to_have_attribute("aria-posinset", "25")
    assert await page.get_by_role("article").count() <= 21
    # Whoever comes back is where they were, though the first page was heard anew meanwhile.
    for elsewhere in ("People", "Feed"):
        await page.get_by_role("link", name=elsewhere).click()
    await expect(post(25)).to_be_in_viewport(ratio=0.9)
    # Who goes on by the wheel has the keys where they are.
    await post(25).focus()
    await page.mouse.move(300, 300)
    for number in range(26, 37):
        await page.mouse.wheel(0, 500)
        await expect(post(number)).to_be_in_viewport(ratio=0.9)
    await key(page, "l")
    liked = post(36).get_by_role("button", name="Like")
    await expect(liked).to_have_attribute("aria-pressed", "true")
    assert watched.faults == []


@pytest.mark.slow
async def test_friends_followed_and_local_posts_have_feeds_of_their_own(
    browser: Browser, home: AppNode
) -> None:
    ada, bob = await home.sign_up("ada", "Ada"), await home.sign_up("bob", "Bob")
    carol = await home.sign_up("carol", "Carol")
    await home.sign_up("dora")
    await home.befriend(ada, bob)
    async with home.line(ada.token or "") as line:
        await line.ask("POST", "/follows", dict, {"actor": carol.account.actor})
    await home.post(bob, "Of a friend")
    await home.post(carol, "Of one who is followed", audience="public")
    watched = await opened(browser, home)
    page = watched.page
    await log_in(page, home, "ada")
    tabs = page.get_by_role("navigation", name="Feeds")
    for tab, posts, end in (
        ("Friends", ["Bob: Of a friend"], "everything your friends posted"),
        ("Following", ["Carol: Of one who is followed"], "everything that those you follow posted"),
        ("This server", ["Carol: Of one who is followed"], "people of this server posted to all."),
    ):
        await tabs.get_by_role("link", name=tab).click()
        await expect(tabs.get_by_role("link", name=tab)).to_have_attribute("aria-current", "page")
        articles = page.get_by_role("article")
        await expect(articles).to_have_count(len(posts))
        for place, name in enumerate(posts):
            await expect(articles.nth(place)).to_have_attribute("aria-label", name)
        await articles.last.focus()
        await key(page, "PageDown")
        await expect(page.get_by_text(end)).to_be_in_viewport()
    # By its own address, also for who has nothing there.
    await page.goto(f"{home.url}/app/feed/following")
    await expect(page.get_by_role("article")).to_have_attribute(
        "aria-label", "Carol: Of one who is followed"
    )
    assert watched.faults == []
    other = await opened(browser, home)
    await log_in(other.page, home, "dora")
    await other.page.goto(f"{home.url}/app/feed/following")
    await expect(other.page.get_by_text("What those you follow post comes here")).to_be_visible()


@pytest.mark.slow
async def test_what_comes_meanwhile_is_told_in_a_quiet_line(
    browser: Browser, home: AppNode
) -> None:
    ada, bob = await home.sign_up("ada", "Ada"), await home.sign_up("bob", "Bob")
    await home.befriend(ada, bob)
    await home.post(bob, "One")
    await home.post(bob, "Two")
    watched = await opened(browser, home)
    page = watched.page
    await log_in(page, home, "ada")
    two = page.get_by_role("article", name="Bob: Two")
    await expect(two).to_be_in_viewport(ratio=0.9)
    three = await home.post(bob, "Three")
    line = page.get_by_role("button", name="1 new post")
    await expect(line).to_be_visible()
    await expect(two).to_be_in_viewport(ratio=0.9)
    await line.click()
    await expect(page.get_by_role("article", name="Bob: Three")).to_be_in_viewport(ratio=0.9)
    await expect(line).to_have_count(0)
    async with home.line(bob.token or "") as talk:
        await talk.ask("DELETE", "/posts/one", type(None), query={"id": three["id"]})
    await expect(page.get_by_role("article", name="Bob: Three")).to_have_count(0)
    await expect(two).to_be_in_viewport(ratio=0.9)
    assert watched.faults == []


CAPTIONS = """() => {
  const clip = document.querySelector("[data-index='0'] video");
  return [...clip.textTracks].map(({ mode, language }) => `${language} ${mode}`);
}"""
# Both at one instant.
TWO_TAPS = """() => {
  const stage = document.querySelector("article .stage");
  for (const _ of "12") stage.dispatchEvent(new MouseEvent("click", { bubbles: true }));
}"""
LOADS = """() => [...document.querySelectorAll("video")]
  .map((clip) => `${clip.closest("[data-index]").dataset.index} ${clip.preload}`).sort()"""


@pytest.mark.slow
async def test_captions_are_there_as_long_as_one_hears_nothing(
    browser: Browser, home: AppNode, tmp_path: Path
) -> None:
    ada, bob = await home.sign_up("ada", "Ada"), await home.sign_up("bob", "Bob")
    await home.befriend(ada, bob)
    clip = make_clip(tmp_path / "clip.mp4", seconds=1, size="180x320")
    await home.video(bob, clip, name="Said aloud")
    watched = await opened(browser, home, service_workers="block")
    page = watched.page

    async def captioned(route: Route) -> None:
        answer = await route.fetch()
        said = await answer.json()
        (post,) = said["items"]
        captions = {**post["media"][0], "media_type": "text/vtt", "here": "/media/said.vtt"}
        post["media"].append({**captions, "url": f"{home.url}/media/said.vtt", "poster_here": ""})
        await route.fulfill(response=answer, json={"items": [{**post, "lang": "en"}]})

    async def words(route: Route) -> None:
        body = "WEBVTT\n\n00:00.000 --> 00:01.000\nGood morning\n"
        await route.fulfill(body=body, content_type="text/vtt")

    await page.route("**/api/kith/v1/feed*", captioned)
    await page.route("**/media/said.vtt", words)
    await log_in(page, home, "ada")
    await page.evaluate(UNTIL_ONE_PLAYS, 0)
    assert await page.evaluate(CAPTIONS) == ["en showing"]
    await page.get_by_role("article").focus()
    await key(page, "m")
    assert await page.evaluate(CAPTIONS) == ["en hidden"]
    await key(page, "m")
    assert await page.evaluate(CAPTIONS) == ["en showing"]
    assert watched.faults == []


@pytest.mark.slow
async def test_a_video_that_did_not_arrive_is_asked_for_anew(
    browser: Browser, home: AppNode, tmp_path: Path
) -> None:
    ada, bob = await home.sign_up("ada", "Ada"), await home.sign_up("bob", "Bob")
    await home.befriend(ada, bob)
    clip = make_clip(tmp_path / "clip.mp4", seconds=1, size="180x320")
    await home.video(bob, clip, name="Lost")
    watched = await opened(browser, home, service_workers="block")
    page = watched.page

    async def lose(route: Route) -> None:
        if route.request.resource_type == "media":
            await route.abort()
        else:
            await route.fallback()

    async def asked() -> None:
        await page.get_by_role("button", name="Try again").click()

    async def online() -> None:
        await page.evaluate("() => void dispatchEvent(new Event('online'))")

    await log_in(page, home, "ada")
    for again in (asked, online):
        await page.route("**/*", lose)
        await page.reload()
        await expect(page.get_by_text("This video did not arrive.")).to_be_visible()
        await page.unroute("**/*")
        await again()
        await page.evaluate(UNTIL_ONE_PLAYS, 0)
        await expect(page.get_by_text("This video did not arrive.")).to_have_count(0)
    assert watched.faults == []


@pytest.mark.slow
async def test_a_video_that_was_paused_and_lost_plays_when_it_is_asked_for(
    browser: Browser, home: AppNode, tmp_path: Path
) -> None:
    ada, bob = await home.sign_up("ada", "Ada"), await home.sign_up("bob", "Bob")
    await home.befriend(ada, bob)
    clip = make_clip(tmp_path / "clip.mp4", seconds=1, size="180x320")
    await home.video(bob, clip, name="Lost")
    watched = await opened(browser, home, service_workers="block")
    page = watched.page
    await log_in(page, home, "ada")
    await page.evaluate(UNTIL_ONE_PLAYS, 0)
    await page.get_by_role("article").locator(".stage").click()
    await page.evaluate(UNTIL_PAUSED)

    async def lose(route: Route) -> None:
        if route.request.resource_type == "media":
            await route.abort()
        else:
            await route.fallback()

    await page.route("**/*", lose)
    await page.evaluate("() => document.querySelector('video').load()")
    await expect(page.get_by_text("This video did not arrive.")).to_be_visible()
    await page.unroute("**/*")
    await page.get_by_role("button", name="Try again").click()
    await page.evaluate(UNTIL_ONE_PLAYS, 0)
    await expect(page.get_by_text("This video did not arrive.")).to_have_count(0)
    assert watched.faults == []


@pytest.mark.slow
async def test_a_tap_stops_and_two_like(browser: Browser, home: AppNode, tmp_path: Path) -> None:
    ada, bob = await home.sign_up("ada", "Ada"), await home.sign_up("bob", "Bob")
    await home.befriend(ada, bob)
    clip = make_clip(tmp_path / "clip.mp4", seconds=1, size="180x320")
    await home.video(bob, clip, name="Tapped")
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
    watched = await opened(browser, home, **phone)
    page = watched.page
    await log_in(page, home, "ada")
    await page.evaluate(UNTIL_ONE_PLAYS, 0)
    stage = page.get_by_role("article").locator(".stage")
    like = page.get_by_role("button", name="Like")
    await stage.tap()
    await page.evaluate(UNTIL_PAUSED)
    await expect(like).to_have_attribute("aria-pressed", "false")
    # Two taps are a start and a stop: what one likes is as it was before. They come from the page
    # itself, so that they are two however slow the machine is.
    await page.evaluate(TWO_TAPS)
    await expect(like).to_have_attribute("aria-pressed", "true")
    await page.evaluate(UNTIL_PAUSED)
    assert watched.faults == []


@pytest.mark.slow
async def test_who_saves_data_loads_only_what_plays(
    browser: Browser, home: AppNode, tmp_path: Path
) -> None:
    ada, bob = await home.sign_up("ada", "Ada"), await home.sign_up("bob", "Bob")
    await home.befriend(ada, bob)
    clip = make_clip(tmp_path / "clip.mp4", seconds=1, size="180x320")
    for name in ("First", "Second"):
        await home.video(bob, clip, name=name)
    watched = await opened(browser, home)
    page = watched.page
    await log_in(page, home, "ada")
    await page.evaluate(UNTIL_ONE_PLAYS, 0)
    assert await page.evaluate(LOADS) == ["0 auto", "1 auto"]
    await page.goto(f"{home.url}/app/settings")
    await page.get_by_role("switch", name="Save data").check()
    await page.goto(f"{home.url}/app/")
    await page.evaluate(UNTIL_ONE_PLAYS, 0)
    assert await page.evaluate(LOADS) == ["0 auto", "1 none"]
    await page.get_by_role("article").first.focus()
    await key(page, "PageDown")
    await page.evaluate(UNTIL_ONE_PLAYS, 1)
    assert watched.faults == []

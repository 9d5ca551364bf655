"""A post of a stranger that a friend shared, as the feed shows it."""

from urllib.parse import quote

import pytest
from playwright.async_api import Browser, expect

from node.federation.activities.shapes import Announce
from node.inbox import posts
from node.store.inbox import InboxUnit
from tests.browser.app_node import AppNode, log_in, opened


@pytest.mark.slow
@pytest.mark.clause("INB-12.1")
async def test_the_feed_names_who_shared_it(browser: Browser, home: AppNode) -> None:
    ada, bob = await home.sign_up("ada", "Ada"), await home.sign_up("bob", "Bob")
    carol = await home.sign_up("carol", "Carol")
    await home.befriend(ada, bob)
    async with home.line(carol.token or "") as line:
        said = {"content": "of a stranger", "audience": "public"}
        post = (await line.ask("POST", "/posts", dict, said))["id"]
    by = bob.account.actor
    share = Announce(f"{by}/share", by, post, home.system.clock.now())
    await home.node.stores.units.run(InboxUnit, lambda unit: posts.on_announce(share, unit))
    watched = await opened(browser, home)
    await log_in(watched.page, home, "ada")
    article = watched.page.get_by_role("feed").get_by_role("article")
    await expect(article).to_have_attribute("aria-label", "Carol: of a stranger")
    link = article.get_by_role("link", name="Shared by \u2068Bob\u2069")
    page = quote(f"@bob@{home.domain}", safe="")
    await expect(link).to_have_attribute("href", f"/app/people/{page}")
    assert watched.faults == []

"""A post for friends goes to the friend's node, is answered there, and goes when it is told to."""

from datetime import timedelta

import aiohttp
import pytest

from node.client.api_client import ApiClient
from node.errors import Conflict, Forbidden, Missing
from node.federation.activities.prose import plain
from node.graph import blocking
from node.ports import Response
from node.store.graph import GraphUnit
from node.testing.town import Town
from node.wire.api.inbox import (
    NewComment,
    NewPost,
    Notice,
    NoticeList,
    ObjectRef,
    Post,
    PostList,
)
from node.wire.api.servers import ActorChoice, ActorList
from tests.stories.people import Person, befriend, person

WORDS = "a walk along the river"


async def publish(one: Person, content: str = WORDS, audience: str = "friends") -> Post:
    return await one.line.ask("POST", "/posts", Post, NewPost(content=content, audience=audience))


async def feed(line: ApiClient, limit: int = 40) -> list[Post]:
    """The whole feed: it ends."""
    return [
        post
        async for page in line.pages("/feed", PostList, {"limit": str(limit)})
        for post in page.items
    ]


async def comments(one: Person, id: str) -> list[Post]:
    pages = one.line.pages("/comments", PostList, {"of": id})
    return [post async for page in pages for post in page.items]


async def notices(one: Person) -> list[Notice]:
    pages = one.line.pages("/notices", NoticeList, {})
    return [notice async for page in pages for notice in page.items]


async def fetched(one: Person, id: str) -> Response:
    """A GET of the document, signed in this person's name by their own node."""
    asking = one.harness.node.lines.asking
    answer = await asking.look(one.actor, id)
    return Response(answer.status, id, {}, b"")


@pytest.mark.clause("INB-2.1", "INB-5.1", "INB-5.4")
async def test_a_post_its_comment_and_its_like_travel(town: Town) -> None:
    async with (
        person(town, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
    ):
        await befriend(town, alice, bob)
        post = await publish(alice)
        await town.settle()
        (there,) = await feed(bob.line)
        assert (there.id, there.author.handle) == (post.id, alice.handle)
        assert WORDS in there.content
        await bob.line.ask("POST", "/posts/like", Post, ObjectRef(object=post.id))
        body = NewComment(in_reply_to=post.id, content="wait for me")
        said = await bob.line.ask("POST", "/comments", Post, body)
        await town.settle()
        (here,) = await comments(alice, post.id)
        assert (here.id, here.author.handle) == (said.id, bob.handle)
        assert [one.id for one in await comments(bob, post.id)] == [said.id]
        told = [(one.kind, one.object) for one in await notices(alice)]
        assert {("like", post.id), ("comment", said.id)} <= set(told)
        mine = await alice.line.ask("GET", "/posts/one", Post, query={"id": post.id})
        assert (mine.likes, mine.comments) == (1, 1)
        await bob.line.ask("POST", "/posts/unlike", Post, ObjectRef(object=post.id))
        await town.settle()
        mine = await alice.line.ask("GET", "/posts/one", Post, query={"id": post.id})
        assert mine.likes == 0
        assert "like" not in [one.kind for one in await notices(alice)]


@pytest.mark.clause("INB-5.1")
async def test_the_feed_is_finite_and_each_post_stands_in_it_once(town: Town) -> None:
    async with (
        person(town, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
    ):
        await befriend(town, alice, bob)
        made = [(await publish(alice, f"number {number}")).id for number in range(5)]
        await town.settle()
        found = [one.id for one in await feed(bob.line, limit=2)]
        assert sorted(found) == sorted(made)
        assert await feed(alice.line) == []


@pytest.mark.clause("INB-1.6", "VID-8.3")
async def test_a_deleted_post_is_gone_on_both_nodes(town: Town) -> None:
    async with (
        person(town, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
        person(town, "eve", "beta.test") as eve,
    ):
        await befriend(town, alice, bob)
        post = await publish(alice)
        await town.settle()
        assert (await fetched(bob, post.id)).status == 200
        await alice.line.ask("DELETE", "/posts/one", object, query={"id": post.id})
        await town.settle()
        assert await feed(bob.line) == []
        for one in (alice, bob):
            with pytest.raises(Missing):
                await one.line.ask("GET", "/posts/one", Post, query={"id": post.id})
        assert (await fetched(bob, post.id)).status == 410
        assert (await fetched(eve, post.id)).status == 404


@pytest.mark.clause("INB-4.1", "FED-11.2")
async def test_a_stranger_gets_404_everywhere(town: Town) -> None:
    async with (
        person(town, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
        person(town, "near", "alpha.test") as near,
        person(town, "far", "beta.test") as far,
    ):
        await befriend(town, alice, bob)
        post = await publish(alice)
        await town.settle()
        for one in (near, far):
            for path, name in (("/posts/one", "id"), ("/comments", "of")):
                with pytest.raises(Missing):
                    await one.line.ask("GET", path, object, query={name: post.id})
            for path, body in (
                ("/posts/like", ObjectRef(object=post.id)),
                ("/comments", NewComment(in_reply_to=post.id, content="hm")),
            ):
                with pytest.raises(Missing):
                    await one.line.ask("POST", path, Post, body)
            assert await feed(one.line) == []
            listed = one.line.pages("/posts", PostList, {"author": alice.actor})
            assert [post async for page in listed for post in page.items] == []
        assert (await fetched(far, post.id)).status == 404
        assert (await fetched(far, post.id + "/comments")).status == 404
        assert (await fetched(bob, post.id + "/comments")).status == 200


@pytest.mark.clause("INB-5.2")
async def test_a_block_purges_on_both_nodes(town: Town) -> None:
    async with (
        person(town, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
    ):
        await befriend(town, alice, bob)
        mine, theirs = await publish(alice), await publish(bob, "mine is better")
        await town.settle()
        body = NewComment(in_reply_to=mine.id, content="no it is not")
        await bob.line.ask("POST", "/comments", Post, body)
        await town.settle()
        units = alice.harness.node.stores.units
        await units.run(GraphUnit, lambda unit: blocking.block(unit, alice.actor, bob.actor))
        await town.settle()
        assert await feed(alice.line) == []
        assert await feed(bob.line) == []
        assert await comments(alice, mine.id) == []
        assert [one for one in await notices(alice) if one.actor.id == bob.actor] == []
        with pytest.raises(Missing):
            await bob.line.ask("GET", "/posts/one", Post, query={"id": mine.id})
        with pytest.raises(Missing):
            await alice.line.ask("GET", "/posts/one", Post, query={"id": theirs.id})
        assert (await fetched(bob, mine.id)).status == 404


@pytest.mark.clause("API-11.4", "FED-7.7", "INB-1.8")
async def test_an_administrator_suspends_one_actor_and_not_their_neighbours(town: Town) -> None:
    async with (
        person(town, "alice", "alpha.test") as alice,  # the first here: the administrator
        person(town, "carol", "alpha.test") as carol,
        person(town, "bob", "beta.test") as bob,
        person(town, "dora", "beta.test") as dora,
    ):
        for one in (bob, dora):
            await befriend(town, alice, one)
        post = await publish(alice)
        await town.settle()

        async def comment(one: Person, content: str) -> None:
            body = NewComment(in_reply_to=post.id, content=content)
            await one.line.ask("POST", "/comments", Post, body)
            await town.settle()

        async def shown() -> list[str]:
            return sorted(plain(one.content) for one in await comments(alice, post.id))

        async def choose(one: Person, actor: str, suspended: bool) -> list[str]:
            choice = ActorChoice(actor=actor, suspended=suspended)
            return (await one.line.ask("PUT", "/admin/actors", ActorList, choice)).suspended

        await comment(bob, "bob before")
        with pytest.raises(Forbidden):
            await choose(carol, bob.handle, True)
        with pytest.raises(Conflict) as refusal:
            await choose(alice, carol.handle, True)
        assert refusal.value.clause == "API-11.4"
        assert await choose(alice, bob.handle, True) == [bob.actor]
        await town.settle(timedelta(seconds=6))
        await comment(bob, "bob during")
        await comment(dora, "dora during")
        assert await shown() == ["dora during"]
        assert (await fetched(bob, post.id)).status == 403
        assert (await fetched(dora, post.id)).status == 200
        town.sent.clear()
        body = NewPost(content="for him", audience="", actors=[bob.actor])
        await alice.line.ask("POST", "/posts", Post, body)
        await town.settle()
        assert not [one for one in town.sent if "beta.test" in one.url and one.method == "POST"]
        assert (await alice.line.ask("GET", "/admin/actors", ActorList)).suspended == [bob.actor]
        assert await choose(alice, bob.actor, False) == []
        await town.settle(timedelta(seconds=6))
        await comment(bob, "bob after")
        assert await shown() == ["bob after", "bob before", "dora during"]


@pytest.mark.clause("API-10.3")
async def test_a_persons_page_shows_what_is_for_all_and_nothing_else(town: Town) -> None:
    async with person(town, "alice", "alpha.test") as alice, aiohttp.ClientSession() as browser:
        for audience in ("friends", "followers"):
            await publish(alice, f"for {audience} only", audience)
        first = await publish(alice, "the first for all", "public")
        gone = await publish(alice, "taken back", "public")
        await alice.line.ask(
            "POST", "/comments", Post, NewComment(in_reply_to=first.id, content="and more")
        )
        await alice.line.ask("DELETE", "/posts/one", object, query={"id": gone.id})

        async def get(path: str) -> tuple[int, str, str]:
            url, html = alice.harness.url + path, {"Accept": "text/html"}
            async with browser.get(url, headers=html, allow_redirects=False) as answer:
                return answer.status, answer.headers.get("Location", ""), await answer.text()

        status, _, page = await get("/@alice")
        assert status == 200 and page.count("the first for all") == 1
        for hidden in ("only", "and more", "taken back"):
            assert hidden not in page
        path = first.id.removeprefix("https://alpha.test")
        assert f'id="{path.rpartition("/")[2]}"' in page
        status, location, _ = await get(path)
        assert (status, location) == (303, f"https://alpha.test/@alice#{path.rpartition('/')[2]}")

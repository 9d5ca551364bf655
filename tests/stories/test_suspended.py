"""Who is suspended, who flaps and who asks in a server's name: what is applied, shown and told."""

import json
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import select

from node.errors import Missing
from node.federation.activities.shapes import PUBLIC
from node.federation.receiving import ProvenActivity
from node.store import tables
from node.store.federation import FederationUnit
from node.store.unit import VOID
from node.testing.rows import Rows
from node.testing.town import Town
from node.testing.weather import Stranger
from node.wire.api.inbox import NewPost, Post, PostList
from tests.stories.people import person

HOSTS = ("evil.test", "sub.evil.test", "evil.test:8443", "notevil.test", "test.evil")


async def waiting(town: Town) -> dict[str, tuple[str, bool]]:
    """By actor: how what they sent stands, and whether its words are still there."""
    async with town.nodes["alpha.test"].node.stores.database.read() as connection:
        t = tables.arrivals.c
        found = await connection.execute(select(t.actor, t.state, t.body))
        return {row.actor: (row.state, bool(row.body)) for row in found}


async def arrive(town: Town, actor: str, whom: str) -> None:
    said = {"id": f"{actor}/f", "type": "Follow", "actor": actor, "object": whom}
    body = json.dumps(said).encode()
    proven = ProvenActivity(said["id"], said["type"], actor, said, body)
    await town.nodes["alpha.test"].node.stores.door.add(proven, again=True)


@pytest.mark.clause("FED-7.7")
async def test_what_waits_of_a_suspended_server_is_refused(town: Town) -> None:
    alice = (await town.sign_up("alice", "alpha.test")).account.actor
    units = town.nodes["alpha.test"].node.stores.units
    actors = [f"https://{host}/a/1" for host in HOSTS]
    for actor in actors:
        await arrive(town, actor, alice)
    await units.run(FederationUnit, lambda unit: unit.suspend("evil.test", suspended=True))
    refused, waits = ("refused", False), ("new", True)
    assert await waiting(town) == dict(
        zip(actors, (refused, refused, refused, waits, waits), strict=True)
    )
    await units.run(FederationUnit, lambda unit: unit.suspend("evil.test", suspended=False))
    assert (await waiting(town))[actors[0]] == refused, "what was refused does not come back"
    await units.run(FederationUnit, lambda unit: unit.suspend_actor(actors[3], suspended=True))
    assert [(await waiting(town))[actor] for actor in actors[3:]] == [refused, waits]


@pytest.mark.clause("FED-7.7", "INB-1.8")
@pytest.mark.parametrize(("host", "shown"), [("evil.test", False), ("notevil.test", True)])
async def test_what_a_name_below_a_suspended_one_said_is_not_shown(
    town: Town, host: str, shown: bool
) -> None:
    """In no feed, at no address and in no list of comments, for as long as that holds."""
    async with person(town, "alice", "alpha.test") as alice:
        below = Stranger(town, "sub.evil.test" if host == "evil.test" else "evil.test")
        mallory, alpha = below.character("mallory"), alice.harness
        rows = Rows()
        rows.database = alpha.node.stores.database
        await alpha.node.lines.discovery.actor(mallory.id)
        await rows.follow(alice.actor, mallory.id)
        mine = await alice.line.ask(
            "POST", "/posts", Post, NewPost(content="hello", audience="public")
        )
        note = mallory.note("1", to=[PUBLIC])
        comment = mallory.note("2", to=[PUBLIC], inReplyTo=mine.id)
        for one in (note, comment):
            said = mallory.says("Create", one, f"{one['id']}/create", to=[PUBLIC, alice.actor])
            assert (await below.say(alpha, mallory, said)).status == 202
        await town.settle()

        async def seen() -> list[str]:
            found = []
            for path in ("/feed", "/feed?of=following", f"/comments?of={mine.id}"):
                listed = await alice.line.ask("GET", path, PostList)
                found += [each.id for each in listed.items]
            for each in (note, comment):
                with suppress(Missing):
                    one = await alice.line.ask("GET", f"/posts/one?id={each['id']}", Post)
                    found.append(one.id)
            return found

        everything = await seen()
        assert everything == [note["id"], note["id"], comment["id"], note["id"], comment["id"]]
        for now in (True, False):
            await alpha.node.stores.units.run(
                FederationUnit, lambda unit, now=now: unit.suspend(host, suspended=now)
            )
            town.clock.pass_(timedelta(seconds=10))
            assert await seen() == (everything if shown or not now else [])
        await below.close()


@pytest.mark.clause("FED-11.2", "FED-11.1")
async def test_the_actor_of_a_server_sees_no_more_than_anybody(town: Town) -> None:
    """Group 25: a server fetches in its own name what was for a friend there."""
    async with person(town, "alice", "alpha.test") as alice:
        far = Stranger(town, "gts.test")
        guy, server = far.character("guy"), far.character("instance")
        far.put(server.id, server.document(type="Application"))
        rows = Rows()
        rows.database = alice.harness.node.stores.database
        await alice.harness.node.lines.discovery.actor(guy.id)
        await rows.put_friendship(alice.actor, guy.id)
        said = [
            await alice.line.ask("POST", "/posts", Post, NewPost(content="hello", audience=who))
            for who in ("friends", "followers")
        ]
        nothing = "https://alpha.test/o/01890a5d-ac96-774b-bcce-b302099a8057"
        absent = await far.send(alice.harness, far.asks(server, nothing))
        for post in said:
            for behind in ("", "/replies", "/likes", "/comments"):
                heard = await far.send(alice.harness, far.asks(server, post.id + behind))
                assert (heard.status, heard.clause) == (404, absent.clause)
                assert heard.document == absent.document, "as what is not there"
        assert (await far.send(alice.harness, far.asks(guy, said[0].id))).status == 200
        shown = await far.send(alice.harness, far.asks(server, alice.actor))
        assert shown.status == 200, "whom it needs to know it may ask for"
        for collection in ("friends", "followers", "following"):
            heard = await far.send(alice.harness, far.asks(server, f"{alice.actor}/{collection}"))
            assert not {"items", "orderedItems", "totalItems", "first"} & set(heard.document)
        await far.close()


@pytest.mark.clause("GRA-5.2", "INB-3.3")
async def test_who_flaps_leaves_nothing_and_is_told_of_once(town: Town) -> None:
    """Group 51: Follow, Offer and Like, each with its Undo, many times and all in one batch."""
    async with person(town, "alice", "alpha.test") as alice:
        far = Stranger(town, "gts.test")
        guy, alpha = far.character("guy"), alice.harness
        rows = Rows()
        rows.database = alpha.node.stores.database
        post = await alice.line.ask(
            "POST", "/posts", Post, NewPost(content="hello", audience="public")
        )
        relationship = {
            "type": "Relationship", "subject": guy.id, "object": alice.actor,
            "relationship": "http://purl.org/vocab/relationship/friendOf",
        }  # fmt: skip
        things = {"Follow": alice.actor, "Like": post.id, "Offer": relationship}
        for number in range(20):
            for kind, what in things.items():
                id = f"https://gts.test/t/{kind}-{number}"
                said = guy.says(kind, what, id, to=[alice.actor])
                undo = guy.says("Undo", said, f"{id}/undo", to=[alice.actor])
                for one in (said, undo):
                    assert (await far.say(alpha, guy, one)).status == 202
        await town.settle()
        assert await rows.rows(tables.follows) == []
        assert await rows.rows(tables.reactions) == []
        theirs = await rows.rows(tables.friendships)
        assert [row.theirs for row in theirs] in ([], ["none"])
        kinds = tables.events.c.kind.in_(("notice", VOID))
        told = await rows.rows(tables.events, kinds)
        assert len(told) <= len(things), "each rings once"
        await far.close()

"""A node that was put back asks for what it was sent since, and says what is lost (spec FED-13)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Table

from node.client.conversation_events import NodeRestored
from node.federation import catching_up
from node.federation.activities.shapes import PUBLIC, Held, Resend, Resent
from node.federation.catching_up import LOST, MOST_RUNG, RESTORED, Asked
from node.federation.resending import MOST_TOLD
from node.graph import befriending
from node.store import tables
from node.store.catching_up import CatchingUpUnit
from node.store.graph import GraphUnit
from node.testing.town import Town
from node.testing.weather import Stranger
from node.wire.api.graph import Relation, Whom
from node.wire.api.inbox import ObjectRef, Post, PostList
from node.wire.times import rfc3339
from tests.stories.copies import copy_of, put_back
from tests.stories.people import Person, befriend, person
from tests.stories.test_posts import feed, notices, publish
from tests.stories.test_sealed import heard, texts


async def words(one: Person) -> list[str]:
    return sorted(post.content for post in await feed(one.line))


async def deliveries(one: Person) -> list[Any]:
    """Of this person's node: what, to whom, and how it went."""
    database = one.harness.node.stores.database
    async with database.read() as connection:
        return (await connection.exec_driver_sql("SELECT * FROM deliveries ORDER BY seq")).all()


@pytest.mark.clause("FED-13.1", "FED-13.2", "FED-13.4", "FED-13.5", "E2E-4.8")
async def test_what_came_since_the_backup_comes_again_and_what_is_lost_is_named(
    town: Town,
) -> None:
    async with (
        person(town, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
    ):
        await befriend(town, alice, bob)
        group = await alice.talk.with_actor(bob.actor)
        await alice.talk.say(group, "hello")
        await publish(bob, "before")
        old = await publish(alice, "old")
        await town.settle(timedelta(hours=1))
        for one in (alice, bob):
            await one.talk.pull()
        copy = await copy_of(town, "alpha.test")
        await town.settle(timedelta(hours=1))
        await publish(bob, "in the gap")
        await publish(alice, "mine in the gap")
        await bob.line.ask("POST", "/posts/like", Post, ObjectRef(object=old.id))
        await bob.talk.say(group, "sealed in the gap")
        await town.settle(timedelta(hours=1))

        await put_back(town, "alpha.test", copy)
        assert await words(alice) == ["<p>before</p>"]
        await town.settle(timedelta(minutes=1))
        assert await words(alice) == ["<p>before</p>", "<p>in the gap</p>"]
        (mine,) = await posts(alice)
        assert (mine.content, mine.likes) == ("<p>old</p>", 1)
        told = [one for one in await notices(alice) if one.kind == RESTORED]
        assert len(told) == 1 and told[0].object.endswith("Z")
        assert not [one for one in await notices(bob) if one.kind == RESTORED]

        # The talk goes on, nothing of it is lost, and nothing is heard twice.
        heard(alice)
        await alice.talk.prepare()
        await alice.talk.pull()
        events = heard(alice)
        assert any(isinstance(one, NodeRestored) for one in events)
        assert [row.text for row in alice.talk.device.history(group)].count(
            "sealed in the gap"
        ) == 1
        await bob.talk.say(group, "after")
        await town.settle(timedelta(minutes=1))
        await alice.talk.pull()
        assert texts(alice) == ["after"]
        await alice.talk.say(group, "and back")
        await town.settle(timedelta(minutes=1))
        await bob.talk.pull()
        assert "and back" in texts(bob)


async def posts(one: Person) -> list[Post]:
    """What they said themselves."""
    return (await one.line.ask("GET", "/posts", PostList)).items


@pytest.mark.clause("FED-13.9", "FED-13.8")
async def test_who_lost_posts_is_told_how_many_and_which(town: Town) -> None:
    """Bob's server holds two posts of Alice's since the copy; what Carol said it never had."""
    async with (
        person(town, "alice", "alpha.test") as alice,
        person(town, "carol", "alpha.test") as carol,
        person(town, "bob", "beta.test") as bob,
    ):
        await befriend(town, alice, bob)
        old = await publish(alice, "old")
        await town.settle(timedelta(hours=1))
        copy = await copy_of(town, "alpha.test")
        await town.settle(timedelta(hours=1))
        lost = [await publish(alice, f"{n} in the gap") for n in range(2)]
        taken_back = await publish(alice, "taken back")
        await publish(carol, "for nobody elsewhere")
        await town.settle(timedelta(minutes=5))
        await alice.line.ask("DELETE", "/posts/one", object, query={"id": taken_back.id})
        await town.settle(timedelta(hours=1))
        await put_back(town, "alpha.test", copy)
        await town.settle(timedelta(minutes=2))
        told = [one.object for one in await notices(alice) if one.kind == LOST]
        assert sorted(told) == sorted(one.id for one in lost)
        assert not [one for one in await notices(carol) if one.kind == LOST]
        assert [one.id for one in await posts(alice)] == [old.id], "their words are not taken"


class Answer:
    """What a node makes of a `Resent`; evil.test was asked by the `Resend` `asked`."""

    def __init__(self, alice: Person) -> None:
        self.alice, self.node = alice, alice.harness.node

    async def ask(self, to: str) -> str:
        """The node was restored now, from a copy of an hour ago."""

        async def ask(unit: CatchingUpUnit) -> str:
            asked = Asked(unit.mint_activity(), to, unit.now - timedelta(hours=1), unit.now)
            await unit.keep_asked(asked)
            await unit.owe(Resend(asked.id, await unit.instance(), to, asked.since), to=[to])
            return asked.id

        return await self.node.stores.units.run(CatchingUpUnit, ask)

    async def say(self, by: str, resend: str, *items: Held) -> None:
        said = Resent(f"{by}/again", by, self.alice.actor, resend, items)
        await self.node.stores.units.run(
            CatchingUpUnit, lambda unit: catching_up.on_resent(said, unit)
        )

    async def hear(self, by: str, resend: str, *items: Held) -> list[str]:
        await self.say(by, resend, *items)
        return [one.object for one in await notices(self.alice) if one.kind == LOST]

    def held(self, first: int, count: int) -> list[Held]:
        """Posts that alice may have lost: different ones for different numbers."""
        return [Held(lost(n), self.alice.actor, self.now) for n in range(first, first + count)]

    @property
    def now(self) -> datetime:
        return self.alice.harness.system.clock.now()

    async def table(self, table: Table) -> list[Any]:
        async with self.node.stores.database.read() as connection:
            return list((await connection.execute(table.select())).all())


def lost(number: int) -> str:
    """An id that alpha.test may have given to a post."""
    return f"https://alpha.test/o/019b0000-0000-7000-8000-{number:012x}"


@pytest.mark.clause("FED-13.9")
async def test_a_server_that_answers_tells_people_of_their_own_posts_alone(
    town: Town, refused: Any
) -> None:
    async with (
        person(town, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
    ):
        await befriend(town, alice, bob)
        kept, now = await publish(alice, "kept"), town.clock.now()
        answer, home = Answer(alice), "https://alpha.test"
        asked = await answer.ask(bob.actor)
        mine = Held(lost(1), alice.actor, now)
        with refused("FED-13.9"):
            await answer.hear("https://evil.test/a/x", asked, mine)
        with refused("FED-13.9"):
            await answer.hear(bob.actor, f"{home}/t/none", mine)
        others = [
            Held(kept.id, alice.actor, now),
            Held(lost(1).replace("alpha", "evil"), alice.actor, now),
            Held(lost(2), "https://evil.test/a/x", now),
            Held(lost(3), f"{home}/a/nobody", now),
            # What no post of this node is called, or what was not said in the gap.
            Held(f"{home}/o/lost", alice.actor, now),
            Held(lost(4).upper().replace("HTTPS://ALPHA.TEST/O", f"{home}/o"), alice.actor, now),
            *(Held(f"{lost(5)}{more}", alice.actor, now) for more in ("?x", "#x", "/", "0", "/x")),
            Held(lost(6).replace("/o/", "/t/"), alice.actor, now),
            Held(lost(6).replace("/o/", ":443/o/"), alice.actor, now),
            Held(lost(7), alice.actor, now - timedelta(hours=1, seconds=1)),
            Held(lost(8), alice.actor, now + timedelta(seconds=1)),
        ]
        assert await answer.hear(bob.actor, asked, *others) == []
        assert await answer.hear(bob.actor, asked, *others, mine) == [mine.id]
        assert await answer.hear(bob.actor, asked, mine) == [mine.id], "once"


@pytest.mark.clause("FED-13.9")
async def test_only_who_was_asked_answers_wherever_their_servers_inbox_is(
    town: Town, refused: Any
) -> None:
    async with (
        person(town, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
        person(town, "carol", "beta.test") as carol,
    ):
        await befriend(town, alice, bob)
        answer = Answer(alice)
        elsewhere = tables.actors.update().where(tables.actors.c.id == bob.actor)
        elsewhere = elsewhere.values(shared_inbox="https://evil.test/inbox")
        await answer.node.stores.database.write(lambda c: c.execute(elsewhere))
        asked, mine = await answer.ask(bob.actor), answer.held(1, 1)
        for stranger in (carol.actor, "https://evil.test/a/x"):
            with refused("FED-13.9"):
                await answer.hear(stranger, asked, *mine)
        assert await answer.hear(bob.actor, asked, *mine) == [mine[0].id]


@pytest.mark.clause("FED-13.9")
async def test_nobody_is_flooded_with_posts_that_they_are_said_to_have_lost(
    town: Town, refused: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = 500
    assert catching_up.MOST_LOST >= 10 * MOST_TOLD, "nine servers that lie leave room for others"
    monkeypatch.setattr(catching_up, "MOST_LOST", most)
    async with (
        person(town, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
        person(town, "carol", "beta.test") as carol,
    ):
        for friend in (bob, carol):
            await befriend(town, alice, friend)
        answer = Answer(alice)
        first, second = await answer.ask(bob.actor), await answer.ask(carol.actor)
        # What can be no post counts, too, for how many a server may name.
        await answer.say(
            bob.actor, first, *[Held("https://evil.test/o", bob.actor, answer.now)] * 9
        )
        for page in range(4):
            await answer.say(bob.actor, first, *answer.held(page * 100, 100))
        with refused("FED-13.9"):
            await answer.say(bob.actor, first, *answer.held(400, 92))
        await answer.say(bob.actor, first, *answer.held(400, 91))
        with refused("FED-13.9"):
            await answer.say(bob.actor, first, *answer.held(491, 1))
        assert await given(answer) == (491, MOST_RUNG)
        # Who else was asked is heard, too, but a person is told no more than so much in all.
        await answer.say(carol.actor, second, *answer.held(480, 100))
        assert await given(answer) == (most, MOST_RUNG)
        # What another restore loses is told anew.
        town.clock.pass_(timedelta(hours=2))
        third = await answer.ask(carol.actor)
        await answer.say(carol.actor, third, *answer.held(1000, 30))
        assert await given(answer) == (most + 30, 2 * MOST_RUNG)


async def given(answer: Answer) -> tuple[int, int]:
    """How many lost posts alice was told of, and how many of those with an event."""
    ids = {row.id for row in await answer.table(tables.notices) if row.kind == LOST}
    events = await answer.table(tables.events)
    return len(ids), sum(row.about in ids for row in events)


@pytest.mark.clause("FED-13.7", "FED-13.8")
async def test_outboxes_of_other_software_are_read_again_once_and_politely(town: Town) -> None:
    async with person(town, "alice", "alpha.test") as alice:
        world = Stranger(town, "gts.test")
        guy = world.character("guy")
        document = guy.document(outbox=f"{guy.id}/outbox")
        del document["generator"]
        world.put(guy.id, document)
        await alice.line.ask("POST", "/follows", Relation, Whom(actor=guy.id))
        stores = alice.harness.node.stores
        accepted = tables.follows.update().values(state="accepted")
        await stores.database.write(lambda c: c.execute(accepted))
        await town.settle(timedelta(hours=1))
        copy = await copy_of(town, "alpha.test")
        await town.settle(timedelta(hours=1))
        mine = await publish(alice, "mine in the gap")
        said = [guy.note(str(n), to=[PUBLIC], content=f"gap {n}") for n in range(2)]
        # It claims to hold what Alice said, too: nobody's word counts for that.
        forged = {**guy.note("3"), "id": mine.id, "attributedTo": alice.actor, "content": "forged"}
        for each in said:
            each["published"] = rfc3339(town.clock.now())
            world.put(each["id"], each)
        items = [guy.says("Create", each) for each in (*said, forged)]
        outbox = {"type": "OrderedCollection", "id": f"{guy.id}/outbox", "orderedItems": items}
        world.put(f"{guy.id}/outbox", outbox)
        world.asked.clear()
        await put_back(town, "alpha.test", copy)
        await town.settle(timedelta(minutes=1))
        assert await words(alice) == ["gap 0", "gap 1"]
        assert await posts(alice) == []
        asked = [one.url for one in world.asked if one.method == "GET"]
        assert asked == [f"{guy.id}/outbox", *(each["id"] for each in said)]
        await town.settle(timedelta(hours=2))
        assert len(await words(alice)) == 2
        await world.close()


@pytest.mark.clause("FED-13.2", "FED-13.3")
async def test_who_asks_gets_no_more_than_their_own_server_took_and_once_an_hour(
    town: Town,
) -> None:
    async with (
        person(town, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
    ):
        await befriend(town, bob, alice)
        await publish(bob, "for alice")
        await town.settle()
        rows = await deliveries(bob)
        known = {row.activity for row in rows}
        since = town.clock.now() - timedelta(hours=1)
        assert {row.state for row in rows} == {"delivered"}

        async def ask(object: str, at: Any = since, by: str = "") -> None:
            async def work(unit: CatchingUpUnit) -> None:
                asker = by or await unit.instance()
                await unit.owe(Resend(unit.mint_activity(), asker, object, at), to=[bob.actor])

            await alice.harness.node.stores.units.run(CatchingUpUnit, work)

        async def again() -> int:
            """How many were sent again by what was just asked."""
            await town.settle(timedelta(seconds=1))
            return sum(row.settled > before for row in await deliveries(bob))

        before = max(row.settled for row in rows)
        town.clock.pass_(timedelta(minutes=1))
        await ask("https://beta.test/a/nobody")
        assert await again() == 0
        await ask(bob.actor, town.clock.now() + timedelta(hours=1))  # it is refused
        assert await again() == 0
        town.clock.pass_(timedelta(minutes=61))
        await ask(bob.actor, by=alice.actor)  # one of the people there, who uses up no turn
        assert await again() == 0
        assert not [row for row in await deliveries(bob) if row.activity not in known]
        assert await standing(alice, bob) == "friend"
        await ask(bob.actor)
        assert await again() == len(rows)
        before = max(row.settled for row in await deliveries(bob))
        town.clock.pass_(timedelta(minutes=5))
        await ask(bob.actor)
        assert await again() == 0
        town.clock.pass_(timedelta(minutes=60))
        await ask(bob.actor)
        assert await again() > 0

        assert len(await feed(alice.line)) == 1


@pytest.mark.clause("FED-13.6", "GRA-3.10")
@pytest.mark.parametrize("asks", ["ours", "theirs"])
async def test_a_friendship_that_was_made_since_is_asked_for_by_the_other_side(
    town: Town, asks: str
) -> None:
    async with (
        person(town, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
        person(town, "carol", "beta.test") as carol,
    ):
        await befriend(town, alice, carol)
        await town.settle(timedelta(hours=1))
        copy = await copy_of(town, "alpha.test")
        await town.settle(timedelta(hours=1))
        first, second = (alice, bob) if asks == "ours" else (bob, alice)
        await befriend(town, first, second)
        await put_back(town, "alpha.test", copy)
        assert await standing(alice, bob) == "none"
        await town.settle(timedelta(minutes=1))
        assert await standing(alice, carol) == await standing(carol, alice) == "friend"
        assert await standing(alice, bob) == "incoming"
        if asks == "ours":
            assert await standing(bob, alice) == "requested"
        await answer(town, alice, bob)
        assert await standing(alice, bob) == await standing(bob, alice) == "friend"
        # However it ends, both sides agree.
        await end(town, bob if asks == "ours" else alice, alice if asks == "ours" else bob)
        assert await standing(alice, bob) == await standing(bob, alice) == "none"


async def standing(one: Person, other: Person) -> str:
    said = await one.line.ask("GET", "/relationships", Relation, query={"actor": other.actor})
    return said.state


async def answer(town: Town, one: Person, other: Person) -> None:
    units = one.harness.node.stores.units
    await units.run(GraphUnit, lambda unit: befriending.accept(unit, one.actor, other.actor))
    await town.settle()


async def end(town: Town, one: Person, other: Person) -> None:
    units = one.harness.node.stores.units
    await units.run(GraphUnit, lambda unit: befriending.unfriend(unit, one.actor, other.actor))
    await town.settle()

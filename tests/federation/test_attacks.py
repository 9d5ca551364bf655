"""Each attack of an evil server is refused with its clause, and changes nothing."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from node.e2ee.chain import Conversation
from node.federation.activities.prose import plain
from node.federation.activities.shapes import OfferFriendship
from node.federation.activities.table import render
from node.graph import befriending
from node.store import tables
from node.store.e2ee import E2eeUnit
from node.store.graph import GraphUnit
from node.testing.fakes import FakeEntropy
from node.testing.town import Town, open_town
from node.testing.weather import Storm, Stranger
from node.wire.api.inbox import NewPost, Post, PostList
from tests.e2ee.harness import welcome
from tests.federation.attacks import ATTACKS, EPOCH, GROUP, Scene
from tests.stories.people import befriend, person

# What a node may note of an attack: that it came, and whose document was read for its key.
NOTED = {"arrivals", "actors", "keys", "peers", "jobs", "devices", "sessions", "settings"}


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_town(tmp_path, "alpha.test") as town, person(town, "alice", "alpha.test") as me:
        alpha, evil, beta = town.nodes["alpha.test"], *strangers(town, "evil.test", "beta.test")
        bob, mallory, eve = (
            beta.character("bob"), evil.character("mallory"), evil.character("eve"),
        )  # fmt: skip
        carol = beta.character("carol")
        offer = OfferFriendship("https://beta.test/t/offer", bob.id, me.actor)
        another = OfferFriendship("https://beta.test/t/another", carol.id, me.actor)
        await beta.say(alpha, bob, render(offer))
        await beta.say(alpha, carol, render(another))
        await town.settle()
        units = alpha.node.stores.units
        for friend in (bob, carol):
            await units.run(
                GraphUnit, lambda unit, who=friend.id: befriending.accept(unit, me.actor, who)
            )
        public, secret = [
            await me.line.ask("POST", "/posts", Post, NewPost(content="hello", audience=who))
            for who in ("public", "friends")
        ]
        note = bob.note("1", to=[me.actor, f"{bob.id}/friends"])
        await beta.say(alpha, bob, bob.says("Create", note, to=[me.actor]))
        like = bob.says("Like", public.id, to=[me.actor])
        await beta.say(alpha, bob, like)
        eves = eve.says("Like", public.id, to=[me.actor])
        await evil.say(alpha, eve, eves)
        talk = await converse(alpha.node, me.actor, bob.id, carol.id)
        await town.settle()
        yield Scene(
            town, alpha, evil, beta, me.actor, bob, mallory, eve,
            public.id, secret.id, offer.id, note["id"], like["id"], eves["id"], talk, carol,
        )  # fmt: skip
        for each in (evil, beta):
            await each.close()


def strangers(town: Town, *domains: str) -> list[Stranger]:
    return [Stranger(town, domain) for domain in domains]


async def converse(node: Any, alice: str, bob: str, carol: str) -> str:
    """A conversation of the two, some epochs old, whose relay is here; Carol was removed."""

    async def begin(unit: E2eeUnit) -> str:
        id = unit.mint_object()
        await unit.open_conversation(Conversation(id, GROUP, alice, True))
        await unit.keep_head(Conversation(id, GROUP, alice, True, EPOCH))
        (device,) = await unit.devices_of(alice)
        await unit.join(id, alice, device)
        await unit.join(id, bob, "")
        await unit.join(id, carol, "")
        await unit.leave(id, carol)
        return id

    return str(await node.stores.units.run(E2eeUnit, begin))


async def rows(scene: Scene) -> dict[str, list[Any]]:
    """All that a node keeps for people."""
    async with scene.alpha.node.stores.database.read() as connection:
        kept = [table for name, table in tables.METADATA.tables.items() if name not in NOTED]
        found = {t.name: (await connection.execute(select(t))).all() for t in kept}
        known = tables.actors
        ours = await connection.execute(select(known).where(known.c.local.is_(True)))
        bob = await connection.execute(select(known).where(known.c.id == scene.bob.id))
    # What somebody says that they ended stands under their own name: nobody else's is touched.
    graves = [row for row in found["tombstones"] if row.actor != scene.mallory.id]
    found["tombstones"] = graves
    return {**found, "ours": list(ours.all()), "bob": list(bob.all())}


async def refusal(scene: Scene) -> str:
    """The clause by which the newest arrival was refused; "" if it was not."""
    t = tables.arrivals.c
    async with scene.alpha.node.stores.database.read() as connection:
        query = select(t.state, t.reason).order_by(t.seq.desc()).limit(1)
        row = (await connection.execute(query)).one()
    return str(row.reason).partition(":")[0] if row.state == "refused" else ""


@pytest.mark.clause(
    "E2E-2.7",
    "E2E-3.2",
    "E2E-3.3",
    "E2E-3.5",
    "E2E-3.7",
    "E2E-4.2",
    "E2E-4.4",
    "FED-2.1",
    "FED-2.2",
    "FED-4.1",
    "FED-4.4",
    "FED-4.5",
    "FED-4.7",
    "FED-5.2",
    "FED-5.8",
    "FED-5.10",
    "FED-6.10",
    "FED-6.13",
    "FED-6.14",
    "FED-6.2",
    "FED-6.5",
    "FED-6.7",
    "FED-7.3",
    "FED-7.5",
    "GRA-3.4",
    "INB-1.3",
    "INB-3.2",
)
@pytest.mark.parametrize("name", ATTACKS)
async def test_an_attack_is_refused_and_changes_nothing(scene: Scene, name: str) -> None:
    clause, do = ATTACKS[name]
    before = await rows(scene)
    heard = await do(scene)
    await scene.town.settle()
    found = heard.clause or await refusal(scene)
    assert (found, heard.status < 500) == (clause, True), heard
    assert await rows(scene) == before


def test_every_clause_that_an_attack_names_stands_in_the_mark() -> None:
    marks: list[Any] = test_an_attack_is_refused_and_changes_nothing.pytestmark  # type: ignore[attr-defined]
    (named,) = [mark.args for mark in marks if mark.name == "clause"]
    assert set(named) == {clause for clause, _ in ATTACKS.values() if clause}
    assert len(ATTACKS) >= 25


@pytest.mark.clause("INB-8.1", "INB-8.3", "INB-5.3")
async def test_a_mention_by_a_stranger_is_no_way_into_a_feed(scene: Scene) -> None:
    before = await rows(scene)
    mention = {"type": "Mention", "href": scene.alice}
    note = scene.mallory.note(to=[scene.alice], tag=[mention])
    assert (await scene.mallory_says("Create", note)).status == 202
    await scene.town.settle()
    after = await rows(scene)
    changed = {name for name in after if after[name] != before[name]}
    # Neither `timeline`, nor `events` (of which pushes are made), nor anything else.
    assert changed == {"posts", "audiences", "notices"}
    (told,) = [row for row in after["notices"] if row not in before["notices"]]
    assert (told.kind, told.actor, told.object) == (
        "mention_request",
        scene.mallory.id,
        note["id"],
    )


@pytest.mark.clause("INB-3.3")
async def test_a_like_that_was_taken_back_is_not_brought_back_by_a_replay(scene: Scene) -> None:
    like = scene.bob.says("Like", scene.public, to=[scene.alice])
    old = scene.beta.signed(scene.bob.ed25519, like, scene.inbox)
    await scene.bob_says("Undo", like, id="https://beta.test/t/undo")
    await scene.town.settle()
    before = await rows(scene)
    assert [row.actor for row in before["reactions"]] == [scene.eve.id]
    assert (await scene.evil.send(scene.alpha, old)).status == 202
    await scene.town.settle()
    assert await rows(scene) == before


@pytest.mark.clause("E2E-4.1")
async def test_a_welcome_that_a_friend_replays_waits_once(scene: Scene) -> None:
    body = welcome(await scene.package_of_alice())
    letter = scene.letter(scene.bob, body, "Welcome")
    for number in range(3):
        said = {**letter, "conversation": "https://beta.test/o/talk"}
        await scene.bob_says("Create", said, id=f"https://beta.test/t/welcome-{number}")
        await scene.town.settle()
    assert [row.kind for row in (await rows(scene))["mailbox"]] == ["welcome"]


@pytest.mark.clause("FED-11.2")
async def test_what_is_for_friends_is_not_there_for_an_evil_server(scene: Scene) -> None:
    scene.town.sent.clear()
    for one, status in ((scene.mallory, 404), (scene.bob, 200)):
        server = scene.evil if one is scene.mallory else scene.beta
        request = server.asks(one, scene.secret)
        assert (await server.send(scene.alpha, request)).status == status


@pytest.mark.clause("GRA-3.10", "FED-8.8")
@pytest.mark.parametrize("seed", range(3))
async def test_friends_find_each_other_through_a_storm(tmp_path: Path, seed: int) -> None:
    async with (
        open_town(tmp_path, "alpha.test", "beta.test") as town,
        person(town, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
    ):
        for one, other in ((alice, bob), (bob, alice)):
            await one.harness.node.lines.discovery.find(other.handle)
        storm = Storm(FakeEntropy(f"storm {seed}"), 40)
        town.weather = storm
        await befriend(town, alice, bob)
        for number in range(6):
            body = NewPost(content=f"post {number}")
            await alice.line.ask("POST", "/posts", Post, body)
            await town.settle(timedelta(seconds=30))
        for _ in range(8):
            await town.settle(timedelta(hours=3))
        assert len(storm.met) > 1
        feed = await bob.line.ask("GET", "/feed", PostList)
        assert sorted(plain(one.content) for one in feed.items) == [f"post {n}" for n in range(6)]

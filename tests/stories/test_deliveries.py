"""What is on its way is seen by who said it, and troubles by who runs the node."""

from datetime import timedelta

import pytest

from node.client.api_client import ApiClient
from node.errors import Conflict, Forbidden
from node.graph import befriending
from node.net.courier import Courier, Outcome
from node.store import tables
from node.store.graph import GraphUnit
from node.testing.town import Town
from node.wire.api.deliveries import DeliveryList, DeliveryView, NodeHealth, Retried, Retry
from node.wire.api.graph import Relation, Whom
from node.wire.api.inbox import NewPost, NoticeList, Post
from node.wire.api.servers import ServerChoice, ServerList


async def list_of(line: ApiClient, of: str = "") -> list[DeliveryView]:
    pages = line.pages("/deliveries", DeliveryList, {"limit": "2", **({"of": of} if of else {})})
    return [item async for page in pages for item in page.items]


async def befriended(town: Town) -> tuple[str, str]:
    """Tokens of alice (administrator) and carol at alpha; bob at beta is alice's friend."""
    alice = await town.sign_up("alice", "alpha.test")
    carol = await town.sign_up("carol", "alpha.test")
    bob = (await town.sign_up("bob", "beta.test")).account.actor
    mine, one = alice.account.actor, town.nodes["alpha.test"].node
    other = town.nodes["beta.test"].node
    await one.lines.discovery.find("@bob@beta.test")
    await one.stores.units.run(GraphUnit, lambda unit: befriending.request(unit, mine, bob))
    await town.settle()
    await other.stores.units.run(GraphUnit, lambda unit: befriending.accept(unit, bob, mine))
    await town.settle()
    return alice.token or "", carol.token or ""


@pytest.mark.clause("FED-8.7", "API-11.1")
async def test_who_said_it_sees_where_it_is(town: Town) -> None:
    alice, carol = await befriended(town)
    harness = town.nodes["alpha.test"]
    async with harness.line(alice) as hers, harness.line(carol) as another:
        assert await list_of(hers) == []
        town.down.add("beta.test")
        said = await hers.ask("POST", "/posts", Post, NewPost(content="are you there?"))
        await town.settle()
        (due,) = await list_of(hers)
        assert [due] == await list_of(hers, said.id)
        assert (due.object, due.host, due.state) == (said.id, "beta.test", "due")
        assert (due.failures, due.settled) == (1, None)
        assert "does not answer" in due.reason
        assert due.next_try is not None
        assert due.next_try > town.clock.now()
        assert await list_of(another) == []
        assert await list_of(another, said.id) == []

        town.down.clear()
        await town.settle(timedelta(minutes=1))
        assert await list_of(hers) == []
        (arrived,) = await list_of(hers, said.id)
        assert (arrived.state, arrived.reason, arrived.next_try) == ("delivered", "", None)
        assert arrived.settled is not None

        town.down.add("beta.test")
        for content in ("one", "two", "three"):
            await hers.ask("POST", "/posts", Post, NewPost(content=content))
        assert len({one.activity for one in await list_of(hers)}) == 3
        for _ in range(8 * 4):
            await town.settle(timedelta(hours=6))
        assert {one.state for one in await list_of(hers)} == {"gave_up"}


@pytest.mark.clause("API-11.2", "VID-4.4")
async def test_an_administrator_sees_bounds_queues_and_troubles(town: Town) -> None:
    alice, _ = await befriended(town)
    harness = town.nodes["alpha.test"]
    town.down.add("beta.test")
    broken = tables.arrivals.insert().values(
        actor="https://beta.test/a/x",
        activity="https://beta.test/t/1",
        body=b"{}",
        received=1,
        due=1,
        state="broken",
        reason="ValueError",
    )
    await harness.node.stores.database.write(lambda connection: connection.execute(broken))
    async with harness.line(alice) as line:
        await line.ask("POST", "/posts", Post, NewPost(content="hello"))
        await town.settle()
        health = await line.ask("GET", "/admin/health", NodeHealth)
    assert health.media_bounds.time
    assert health.media_bounds.core
    assert (health.arrivals_waiting, health.deliveries_due, health.deliveries_given_up) == (0, 1, 0)
    assert [one.host for one in health.failing_peers] == ["beta.test"]
    assert [one.activity for one in health.broken_arrivals] == ["https://beta.test/t/1"]


@pytest.mark.clause("API-11.3", "FED-7.7")
async def test_an_administrator_suspends_a_server_and_takes_it_back(town: Town) -> None:
    alice, carol = await befriended(town)
    harness = town.nodes["alpha.test"]
    choice = ServerChoice(host="BETA.test", suspended=True)
    async with harness.line(alice) as line, harness.line(carol) as another:
        with pytest.raises(Forbidden, match="admin"):
            await another.ask("PUT", "/admin/servers", ServerList, choice)
        for host in ("alpha.test", "test"):
            own = ServerChoice(host=host, suspended=True)
            with pytest.raises(Conflict) as refusal:
                await line.ask("PUT", "/admin/servers", ServerList, own)
            assert refusal.value.clause == "API-11.3"
        town.down.add("beta.test")
        await line.ask("POST", "/posts", Post, NewPost(content="before"))
        await town.settle()
        said = await line.ask("PUT", "/admin/servers", ServerList, choice)
        assert said.suspended == ["beta.test"]
        town.down.clear()
        town.sent.clear()
        await line.ask("POST", "/posts", Post, NewPost(content="after"))
        await town.settle(timedelta(hours=1))
        assert not [one for one in town.sent if one.url.startswith("https://beta.test")]
        assert {one.state for one in await list_of(line)} == {"gave_up"}
        back = await line.ask(
            "PUT", "/admin/servers", ServerList, ServerChoice(host="beta.test", suspended=False)
        )
        assert back.suspended == []
        await town.settle(timedelta(seconds=6))
        heard = await line.ask("POST", "/posts", Post, NewPost(content="again"))
        await town.settle()
        assert [(one.state, one.reason) for one in await list_of(line, heard.id)] == [
            ("delivered", "")
        ]


@pytest.mark.clause("API-11.5", "API-11.6", "FED-8.4")
async def test_what_is_given_up_is_told_to_its_author_and_can_be_retried(town: Town) -> None:
    alice, carol = await befriended(town)
    harness = town.nodes["alpha.test"]
    async with harness.line(alice) as hers, harness.line(carol) as another:
        town.down.add("beta.test")
        said = await hers.ask("POST", "/posts", Post, NewPost(content="are you there?"))
        for _ in range(18):
            await town.settle(timedelta(hours=12))
        (gone,) = await list_of(hers)
        assert (gone.state, gone.object) == ("gave_up", said.id) and "7 days" in gone.reason
        notices = (await hers.ask("GET", "/notices", NoticeList)).items
        told = [one for one in notices if one.kind == "delivery_failed"]
        assert [one.object for one in told] == [said.id]
        assert "delivery_failed" not in [
            one.kind for one in (await another.ask("GET", "/notices", NoticeList)).items
        ]

        town.down.clear()
        retried = await another.ask("POST", "/deliveries/retry", Retried, Retry(of=said.id))
        assert retried.count == 0, "another's"
        retried = await hers.ask("POST", "/deliveries/retry", Retried, Retry(of=said.id))
        assert retried.count == 1
        await town.settle()
        assert await list_of(hers) == []

        town.down.add("beta.test")
        await hers.ask("POST", "/posts", Post, NewPost(content="and now?"))
        for _ in range(4):
            await town.settle(timedelta(minutes=1))
        town.down.clear()
        await town.settle()
        assert len(await list_of(hers)) == 1, "it waits for its next try"
        assert (await hers.ask("POST", "/deliveries/retry", Retried, Retry())).count == 1
        await town.settle()
        assert await list_of(hers) == []


@pytest.mark.clause("API-11.7", "API-11.6")
async def test_what_is_taken_back_from_who_blocks_one_is_no_loss(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As GoToSocial does, beta answers 403 to whom its people block."""
    alice, _ = await befriended(town)
    harness, blocked = town.nodes["alpha.test"], Outcome(403)

    async def carry(_courier: Courier, _inbox: str, _body: bytes, _actor: str) -> Outcome:
        return blocked

    bob = "@bob@beta.test"
    async with harness.line(alice) as hers:
        await hers.ask("POST", "/follows", Relation, Whom(actor=bob))
        await town.settle()
        monkeypatch.setattr(Courier, "carry", carry)
        await hers.ask("DELETE", "/follows", Relation, query={"actor": bob})
        await town.settle()
        assert await list_of(hers) == []
        query = tables.deliveries.select().where(tables.deliveries.c.state == "needless")
        async with harness.node.stores.database.read() as connection:
            (kept,) = (await connection.execute(query)).all()
        assert "you may be blocked there" in kept.reason
        told = (await hers.ask("GET", "/notices", NoticeList)).items
        assert "delivery_failed" not in [one.kind for one in told]

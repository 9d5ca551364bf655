"""The worker: handlers in one unit, lanes in order, retries by the clock, a graceful stop."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from node.accounts.push import Kind, Subscription
from node.app.opening import make_sender, make_worker
from node.app.parts import Stores, System
from node.errors import Forbidden, NoRoom
from node.federation.activities.shapes import CreateSealed, Delete, Follow
from node.net.courier import Outcome
from node.store import tables
from node.store.dates import Dates
from node.store.delivery_queue import DeliveryQueue, QueuedDelivery
from node.store.jobs import Job, Jobs, add_job
from node.store.notices import Notices
from node.store.push import PushUnit
from node.store.queue import Arrival, QueueUnit, Waiting
from node.store.unit import Unit
from node.testing.fakes import FakeClock, FakeEntropy, proven_activity
from node.testing.rows import Rows
from node.testing.stores import open_new_stores
from node.worker import jobs as worker_jobs
from node.worker import loop
from node.worker.arrivals import TRIES, Applier
from node.worker.delivery_queue import AHEAD, Lane, _finished
from node.worker.handlers import Handlers, on
from node.worker.jobs import Jobber, JobKind
from node.worker.push import Handed, Pusher

US = "https://a.test"
BOB = "https://b.test/a/bob"


class Road:
    """A courier whose peers answer as a test says; hosts in `slow` answer when released."""

    def __init__(self) -> None:
        self.carried: list[tuple[str, bytes]] = []
        self.answers: dict[str, list[int | None]] = {}
        self.slow: dict[str, asyncio.Event] = {}
        self.posted = asyncio.Event()
        self.under_way = 0  # how many were begun
        self.begun = asyncio.Event()

    async def carry(self, inbox: str, body: bytes, actor: str) -> Outcome:
        host = inbox.split("/")[2]
        self.under_way += 1
        self.begun.set()
        if host in self.slow:
            await self.slow[host].wait()
        self.carried.append((host, json.loads(body)["id"].encode()))
        self.posted.set()
        answers = self.answers.get(host, [])
        return Outcome(answers.pop(0) if answers else 202)

    def to(self, host: str) -> list[bytes]:
        return [body for each, body in self.carried if each == host]


class NoBrowser:
    """Nobody is told by Web Push."""

    async def hand(self, subscription: Subscription, _kind: Kind) -> Handed:
        raise AssertionError(subscription.id)


class Shop:
    """The worker of a node's stores, with handlers, jobs and a road of the test's own."""

    def __init__(self, stores: Stores, clock: FakeClock) -> None:
        self.stores, self.database, self.units = stores, stores.database, stores.units
        self.arrivals = stores.door
        self.clock = clock
        self.road = Road()
        self.handled: list[str] = []
        self.handle: Callable[[Follow, Unit], Awaitable[None]] = self.note
        self.jobs: dict[str, JobKind] = {}
        handlers = Handlers(on(Follow, Unit, self._first), on(Follow, Unit, self._second))
        system = System(self.clock, FakeEntropy())
        sender = make_sender(system, stores, self.road)
        self.worker = make_worker(system, stores, handlers, sender, self.jobs, NoBrowser())

    async def note(self, follow: Follow, _unit: Unit) -> None:
        self.handled.append(follow.id)

    async def _first(self, follow: Follow, unit: Unit) -> None:
        await unit.connection.execute(
            tables.settings.insert().values(key=follow.id, value="handled")
        )

    async def _second(self, follow: Follow, unit: Unit) -> None:
        await self.handle(follow, unit)

    async def arrive(self, n: int = 1, actor: str = BOB) -> str:
        id = f"{actor.rpartition('/a/')[0]}/t/{n}"
        said = {"id": id, "type": "Follow", "actor": actor, "object": f"{US}/a/alice"}
        await self.arrivals.add(proven_activity(actor, id, json.dumps(said).encode()), again=True)
        return id

    async def know(self, *hosts: str) -> None:
        async def write(unit: Unit) -> None:
            for host in hosts:
                await unit.connection.execute(
                    tables.actors.insert().values(
                        id=f"https://{host}/a/bob", local=False, inbox=f"https://{host}/inbox"
                    )
                )

        await self.units.run(Unit, write)

    async def owe(self, n: int, *hosts: str) -> None:
        said = Follow(f"{US}/t/{n}", f"{US}/a/alice", "x")
        to = [f"https://{host}/a/bob" for host in hosts]
        await self.units.run(Unit, lambda unit: unit.owe(said, to))

    async def state(self, activity: str) -> tuple[str, str]:
        t = tables.arrivals.c
        async with self.database.read() as connection:
            row = (
                await connection.execute(select(t.state, t.reason).where(t.activity == activity))
            ).one()
        return row.state, row.reason

    async def delivery(self, n: int) -> tuple[str, str]:
        """State and reason of what was owed as number `n`."""
        t = tables.deliveries.c
        query = select(t.state, t.reason).where(t.activity == f"{US}/t/{n}")
        async with self.database.read() as connection:
            row = (await connection.execute(query)).one()
        return row.state, row.reason

    async def told(self) -> list[tuple[str, str, str]]:
        """The notices: account, kind and object."""
        t = tables.notices.c
        async with self.database.read() as connection:
            rows = (await connection.execute(select(t.account, t.kind, t.object))).all()
        return [tuple(row) for row in rows]

    async def settings(self) -> list[str]:
        async with self.database.read() as connection:
            return list((await connection.execute(select(tables.settings.c.key))).scalars())


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    clock = FakeClock()
    stores = await open_new_stores("a.test", tmp_path, clock)
    yield Shop(stores, clock)
    await stores.database.close()


@pytest.mark.clause("FED-7.13")
async def test_all_handlers_of_an_activity_and_its_mark_are_one_commit(shop: Shop) -> None:
    id = await shop.arrive()
    assert await shop.worker.step()
    assert shop.handled == [id]
    assert await shop.settings() == [id]
    assert await shop.state(id) == ("applied", "")
    assert not await shop.worker.step()


@pytest.mark.clause("FED-7.13")
async def test_a_refusal_is_kept_with_its_reason_and_nothing_else(shop: Shop) -> None:
    async def refuse(_follow: Follow, _unit: Unit) -> None:
        raise Forbidden("FED-7.7", "no")

    shop.handle = refuse
    id = await shop.arrive()
    await shop.worker.step()
    assert await shop.state(id) == ("refused", "FED-7.7: no")
    assert await shop.settings() == [], "the first handler's change is rolled back"


@pytest.mark.clause("FED-7.13")
async def test_what_does_not_parse_is_refused(shop: Shop) -> None:
    unread = proven_activity(BOB, "https://b.test/t/1", b'{"type":"Follow"}')
    await shop.arrivals.add(unread, again=True)
    await shop.worker.step()
    assert (await shop.state("https://b.test/t/1"))[0] == "refused"


@pytest.mark.clause("FED-7.13")
async def test_a_fault_is_tried_again_and_then_shown(shop: Shop) -> None:
    async def break_(_follow: Follow, _unit: Unit) -> None:
        raise RuntimeError("disk full")

    shop.handle = break_
    id = await shop.arrive()
    for _ in range(TRIES - 1):
        await shop.worker.step()
        assert (await shop.state(id))[0] == "new"
        shop.clock.pass_(timedelta(hours=1))
    await shop.worker.step()
    assert await shop.state(id) == ("broken", "RuntimeError: disk full")
    assert await shop.settings() == []


async def test_a_fault_that_passes_leaves_no_trace(shop: Shop) -> None:
    async def break_(_follow: Follow, _unit: Unit) -> None:
        raise RuntimeError

    shop.handle = break_
    id = await shop.arrive()
    await shop.worker.step()
    shop.handle = shop.note
    shop.clock.pass_(timedelta(seconds=10))
    await shop.worker.step()
    assert shop.handled == [id]


@pytest.mark.clause("FED-8.2")
async def test_a_lane_keeps_its_order_through_a_failure(shop: Shop) -> None:
    await shop.know("b.test", "c.test")
    shop.road.answers["b.test"] = [503, None, 202]
    for n in range(3):
        await shop.owe(n, "b.test", "c.test")
    await shop.worker.step()
    assert shop.road.to("c.test") == [f"{US}/t/{n}".encode() for n in range(3)]
    assert shop.road.to("b.test") == [f"{US}/t/0".encode()]
    for _ in range(2):
        shop.clock.pass_(timedelta(minutes=1))
        await shop.worker.step()
    first = f"{US}/t/0".encode()
    assert shop.road.to("b.test") == [
        first,
        first,
        first,
        f"{US}/t/1".encode(),
        f"{US}/t/2".encode(),
    ]


@pytest.mark.clause("FED-8.2")
async def test_a_slow_host_delays_only_itself(shop: Shop) -> None:
    await shop.know("slow.test", "c.test")
    shop.road.slow["slow.test"] = asyncio.Event()
    running = asyncio.create_task(shop.worker.run())
    for n in range(5):
        await shop.owe(n, "slow.test", "c.test")
    while len(shop.road.to("c.test")) < 5:
        shop.road.posted.clear()
        await shop.road.posted.wait()
    assert shop.road.to("slow.test") == []
    shop.road.slow["slow.test"].set()
    while len(shop.road.to("slow.test")) < 5:
        shop.road.posted.clear()
        await shop.road.posted.wait()
    shop.worker.stop()
    await running
    assert shop.road.to("slow.test") == [f"{US}/t/{n}".encode() for n in range(5)]


@pytest.mark.clause("FED-8.4")
async def test_a_peer_that_is_away_for_a_day_gets_everything_once_it_is_back(shop: Shop) -> None:
    await shop.know("b.test")
    shop.road.answers["b.test"] = [None] * 100
    await shop.owe(1, "b.test")
    await shop.owe(2, "b.test")
    for _ in range(24):
        await shop.worker.step()
        shop.clock.pass_(timedelta(hours=1))
    tries = len(shop.road.carried)
    assert 5 < tries < 25, "each wait is longer than the one before"
    shop.road.answers.clear()
    shop.clock.pass_(timedelta(hours=15))
    await shop.worker.step()
    assert shop.road.to("b.test")[tries:] == [f"{US}/t/1".encode(), f"{US}/t/2".encode()]


@pytest.mark.clause("FED-8.4")
async def test_after_seven_days_it_gives_up_and_says_why(shop: Shop) -> None:
    await shop.know("b.test")
    shop.road.answers["b.test"] = [None] * 100
    await shop.owe(1, "b.test")
    for _ in range(20):
        await shop.worker.step()
        shop.clock.pass_(timedelta(hours=10))
    assert await shop.delivery(1) == ("gave_up", "no answer, for 7 days")


@pytest.mark.clause("API-11.6", "FED-8.8")
async def test_what_is_given_up_is_told_with_its_settlement_or_not_at_all(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that ends between the two would tell it twice, or never."""
    await shop.know("b.test")
    alice = tables.actors.insert().values(
        id=f"{US}/a/alice", local=True, account="one", inbox=f"{US}/inbox"
    )
    await shop.database.write(lambda connection: connection.execute(alice))
    shop.road.answers["b.test"] = [410, 410]
    await shop.owe(1, "b.test")
    add = Notices.add

    async def die(notices: Notices, *said: str, once: bool) -> None:
        await add(notices, *said, once=once)
        raise RuntimeError("the process ends here")

    monkeypatch.setattr(Notices, "add", die)
    with pytest.raises(RuntimeError):
        await shop.worker.step()
    assert (await shop.delivery(1), await shop.told()) == (("due", ""), [])
    monkeypatch.setattr(Notices, "add", add)
    await shop.worker.step()
    assert (await shop.delivery(1))[0] == "gave_up"
    assert await shop.told() == [("one", "delivery_failed", f"{US}/t/1")]


@pytest.mark.clause("FED-8.4")
async def test_what_waited_behind_others_ends_with_them(shop: Shop) -> None:
    await shop.know("b.test")
    shop.road.answers["b.test"] = [None] * 200
    await shop.owe(1, "b.test")
    await shop.owe(2, "b.test")
    for step in range(28):
        if step == 12:  # five days later
            await shop.owe(3, "b.test")
        await shop.worker.step()
        shop.clock.pass_(timedelta(hours=10))
        if step == 18:
            stands = [await shop.delivery(n) for n in (1, 2, 3)]
            assert [state for state, _ in stands] == ["gave_up", "gave_up", "due"]
    assert (await shop.delivery(3))[0] == "due", "not yet seven days"
    shop.clock.pass_(timedelta(days=2))
    await shop.worker.step()
    assert (await shop.delivery(3))[0] == "gave_up"


async def test_a_host_that_speaks_again_is_tried_at_once(shop: Shop) -> None:
    await shop.know("b.test")
    shop.road.answers["b.test"] = [None] * 6
    await shop.owe(1, "b.test")
    for _ in range(6):
        await shop.worker.step()
        shop.clock.pass_(timedelta(minutes=10))
    await shop.worker.step()
    tries = len(shop.road.carried)
    shop.road.answers["b.test"] = [None]
    shop.clock.pass_(timedelta(hours=2))
    await shop.worker.step()
    assert len(shop.road.carried) in (tries, tries + 1)
    tries = len(shop.road.carried)
    shop.road.answers.clear()
    await shop.arrive()
    await shop.worker.step()
    assert (await shop.delivery(1))[0] == "delivered"


@pytest.mark.clause("FED-8.8")
async def test_a_stop_by_force_loses_nothing(shop: Shop) -> None:
    await shop.know("b.test")
    shop.road.slow["b.test"] = asyncio.Event()
    running = asyncio.create_task(shop.worker.run())
    for n in range(3):
        await shop.owe(n, "b.test")
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    restarted = Shop(shop.stores, shop.clock)
    await restarted.worker.step()
    assert restarted.road.to("b.test") == [f"{US}/t/{n}".encode() for n in range(3)]


async def test_jobs_are_done_and_failures_tried_again(shop: Shop) -> None:
    done: list[str] = []

    async def do(subject: str) -> None:
        done.append(subject)
        if len(done) == 1:
            raise RuntimeError("once")

    shop.jobs["work"] = JobKind(do)
    await shop.units.run(Unit, lambda unit: add_job(unit, "work", "s"))
    await shop.worker.step()
    assert done == ["s"]
    shop.clock.pass_(timedelta(minutes=1))
    await shop.worker.step()
    await shop.worker.step()
    assert done == ["s", "s"]


async def test_a_running_worker_is_woken_by_bells_and_stops_gracefully(shop: Shop) -> None:
    handled = asyncio.Event()
    worked = asyncio.Event()

    async def handle(follow: Follow, _unit: Unit) -> None:
        shop.handled.append(follow.id)
        handled.set()

    async def do(_subject: str) -> None:
        worked.set()

    shop.handle = handle
    shop.jobs["work"] = JobKind(do)
    running = asyncio.create_task(shop.worker.run())
    await shop.arrive()
    await handled.wait()
    await shop.units.run(Unit, lambda unit: add_job(unit, "work", "s"))
    await worked.wait()
    shop.worker.stop()
    await running


@pytest.mark.clause("FED-7.3")
async def test_what_speaks_for_another_than_its_signer_is_not_handled(shop: Shop) -> None:
    """A sealed object without its Create, with a neighbour as its author."""
    carol = "https://b.test/a/carol"
    heard: list[str] = []

    async def hear(sealed: CreateSealed, _unit: Unit) -> None:
        heard.append(sealed.actor)

    handlers = Handlers(on(CreateSealed, Unit, hear))
    waiting = Waiting(shop.database, shop.clock)
    applier = Applier(waiting, shop.units, handlers, shop.clock)
    for n, author in enumerate((carol, BOB)):
        said = {
            "id": f"https://b.test/t/{n}",
            "type": ["Add", "PrivateMessage"],
            "actor": BOB,
            "attributedTo": author,
            "to": [f"{US}/a/alice"],
            "mediaType": "message/mls",
            "encoding": "base64",
            "content": "AAEC",
        }
        await shop.arrivals.add(
            proven_activity(BOB, f"https://b.test/t/{n}", json.dumps(said).encode()), again=True
        )
    await applier.step()
    assert heard == [BOB]


@pytest.mark.clause("FED-8.13")
@pytest.mark.parametrize("restarted", [False, True])
async def test_what_waits_for_a_host_is_sent_when_it_speaks(shop: Shop, restarted: bool) -> None:
    """Also by a process that was started in the meantime, and so saw no failure of its own."""
    await shop.know("b.test")
    shop.road.answers["b.test"] = [None]
    await shop.owe(1, "b.test")
    await shop.owe(2, "b.test")
    await shop.worker.step()
    assert len(shop.road.to("b.test")) == 1, "the first was lost, the second waits behind it"
    if restarted:
        shop = Shop(shop.stores, shop.clock)
    shop.road.carried.clear()
    await shop.arrive()
    await shop.worker.step()
    assert len(shop.road.to("b.test")) == 2


@pytest.mark.clause("FED-7.17")
async def test_one_that_fails_takes_none_of_its_batch_with_it(shop: Shop) -> None:
    async def handle(follow: Follow, unit: Unit) -> None:
        # It asks after it has written: the savepoint has gone out.
        await unit.connection.execute(
            tables.settings.insert().values(key=f"{follow.id}/second", value="handled")
        )
        await unit.connection.execute(select(tables.settings))
        if follow.id.endswith("/2"):
            raise Forbidden("FED-7.7", "no")
        if follow.id.endswith("/3"):
            raise RuntimeError("a fault of ours")

    shop.handle = handle
    ids = [await shop.arrive(n) for n in range(5)]
    assert await shop.worker.step()
    applied = [ids[0], ids[1], ids[4]]
    assert sorted(await shop.settings()) == sorted([*applied, *(f"{id}/second" for id in applied)])
    states = [(await shop.state(id))[0] for id in ids]
    assert states == ["applied", "applied", "refused", "new", "applied"]


@pytest.mark.clause("FED-7.17")
async def test_what_the_database_does_not_take_keeps_nothing_else_from_it(shop: Shop) -> None:
    async def handle(follow: Follow, unit: Unit) -> None:
        if follow.id.endswith("/1"):
            await unit.connection.execute(tables.settings.insert().values(key=follow.id, value=""))

    shop.handle = handle
    ids = [await shop.arrive(n) for n in range(3)]
    await shop.worker.step()
    assert [(await shop.state(id))[0] for id in ids] == ["applied", "new", "applied"]
    assert sorted(await shop.settings()) == [ids[0], ids[2]]


async def test_what_another_worker_is_at_is_left_to_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look that finds nothing of ours is no work: the loop waits for the next wake-up."""

    async def nothing(_unit: QueueUnit, _arrivals: Sequence[Arrival]) -> list[Arrival]:
        return []

    id = await shop.arrive()
    monkeypatch.setattr(QueueUnit, "claim", nothing)
    assert not await shop.worker.step()
    assert (await shop.state(id))[0] == "new"
    monkeypatch.undo()
    assert await shop.worker.step()
    assert (await shop.state(id))[0] == "applied"


@pytest.mark.clause("FED-8.14")
async def test_people_are_sent_to_side_by_side_and_before_posts(shop: Shop) -> None:
    await shop.know("b.test")
    shop.road.slow["b.test"] = asyncio.Event()

    async def owe(unit: Unit) -> None:
        to = ["https://b.test/a/bob"]
        await unit.owe(Delete(f"{US}/t/post", f"{US}/a/alice", f"{US}/o/1"), to)
        for who in ("alice", "carol"):
            for n in range(2):
                await unit.owe(Follow(f"{US}/t/{who}{n}", f"{US}/a/{who}", "x"), to)

    await shop.units.run(Unit, owe)
    running = asyncio.create_task(shop.worker.run())
    while shop.road.under_way < 2:
        shop.road.begun.clear()
        await shop.road.begun.wait()
    assert shop.road.to("b.test") == []
    shop.road.slow["b.test"].set()
    while len(shop.road.to("b.test")) < 5:
        shop.road.posted.clear()
        await shop.road.posted.wait()
    shop.worker.stop()
    await running
    names = [body.decode().rpartition("/")[2] for body in shop.road.to("b.test")]
    assert names[-1] == "post"
    assert [name for name in names if "alice" in name] == ["alice0", "alice1"]
    assert [name for name in names if "carol" in name] == ["carol0", "carol1"]


@pytest.mark.clause("FED-8.2")
@pytest.mark.clause("FED-8.14")
async def test_who_speaks_to_a_busy_host_waits_for_nobody_but_themselves(shop: Shop) -> None:
    """While Alice's first is on its way Carol's goes out beside it, and Alice's next does not."""
    await shop.know("b.test")
    shop.road.slow["b.test"] = asyncio.Event()

    async def say(*names: str) -> None:
        async def owe(unit: Unit) -> None:
            for name in names:
                said = Follow(f"{US}/t/{name}", f"{US}/a/{name[:-1]}", "x")
                await unit.owe(said, ["https://b.test/a/bob"])

        await shop.units.run(Unit, owe)

    async def begun(count: int) -> None:
        while shop.road.under_way < count:
            shop.road.begun.clear()
            await shop.road.begun.wait()

    running = asyncio.create_task(shop.worker.run())
    await say("alice0")
    await begun(1)
    await say("alice1", "carol0")
    await begun(2)
    assert shop.road.to("b.test") == []
    shop.road.slow["b.test"].set()
    await begun(3)
    await say("alice2")
    await begun(4)
    shop.worker.stop()
    await running
    names = [body.decode().rpartition("/")[2] for body in shop.road.to("b.test")]
    assert sorted(names) == ["alice0", "alice1", "alice2", "carol0"]  # each of them once
    assert [name for name in names if "alice" in name] == ["alice0", "alice1", "alice2"]


@pytest.mark.clause("FED-8.14")
async def test_however_much_goes_to_people_posts_go_too(shop: Shop) -> None:
    """Each of them brings more than are read at a time, until the post is there."""
    await shop.know("b.test")
    to, said = ["https://b.test/a/bob"], 0

    async def say(unit: Unit) -> None:
        nonlocal said
        for _ in range(AHEAD):
            said += 1
            await unit.owe(Follow(f"{US}/t/{said}", f"{US}/a/alice", "x"), to)

    async def post(unit: Unit) -> None:
        await unit.owe(Delete(f"{US}/t/post", f"{US}/a/alice", f"{US}/o/1"), to)

    carry = shop.road.carry

    async def carry_on(inbox: str, body: bytes, actor: str) -> Outcome:
        if f"{US}/t/post".encode() not in shop.road.to("b.test"):
            assert said < 20 * AHEAD, "the post is held back"
            await shop.units.run(Unit, say)
        return await carry(inbox, body, actor)

    shop.road.carry = carry_on  # type: ignore[method-assign]
    await shop.units.run(Unit, say)
    await shop.units.run(Unit, post)
    await shop.worker.step()
    assert len(shop.road.to("b.test")) == said + 1


@pytest.mark.clause("FED-8.9")
async def test_a_lane_of_which_all_was_seen_is_not_read_again_and_loses_nothing(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    hosts = [f"h{number}.test" for number in range(100)]
    await shop.know(*hosts)
    await shop.worker.step()
    system, read = System(shop.clock, FakeEntropy()), list[str]()
    sender = make_sender(system, shop.stores, shop.road)
    await sender.look(everything=True)
    lane = DeliveryQueue.queued

    async def counted(self: DeliveryQueue, host: str, most: int) -> list[QueuedDelivery]:
        read.append(host)
        return await lane(self, host, most)

    monkeypatch.setattr(DeliveryQueue, "queued", counted)
    await shop.owe(1, *hosts)
    await sender.look(everything=False)
    await sender.settle()
    assert sorted(read) == sorted(hosts), "what a lane held before its first round nobody knows"
    read.clear()

    shop.road.slow["h1.test"] = asyncio.Event()
    await shop.owe(2, *hosts)
    await sender.look(everything=False)
    await shop.owe(3, "h1.test", "h2.test")  # to one that is busy, and to one that is done
    await sender.look(everything=False)
    shop.road.slow["h1.test"].set()
    while await sender.settle():
        pass
    assert read == []
    expected = [f"{US}/t/{number}".encode() for number in (1, 2, 3)]
    assert shop.road.to("h1.test") == shop.road.to("h2.test") == expected
    assert shop.road.to("h3.test") == expected[:2]


async def test_a_lane_is_given_up_when_nothing_of_it_is_under_way(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of two deliveries side by side fails as it should not: the other is not sent twice."""
    await shop.know("b.test")

    async def owe(unit: Unit) -> None:
        for who in ("alice", "carol"):
            await unit.owe(Follow(f"{US}/t/{who}", f"{US}/a/{who}", "x"), ["https://b.test/a/bob"])

    under_way, given_up = set[str](), list[set[str]]()
    carry = shop.road.carry

    async def carry_on(inbox: str, body: bytes, actor: str) -> Outcome:
        under_way.add(actor)
        try:
            if actor.endswith("alice"):
                raise RuntimeError("a fault of ours")
            for _ in range(20):
                await asyncio.sleep(0)  # others have their turn
            return await carry(inbox, body, actor)
        finally:
            under_way.discard(actor)

    async def release(_lanes: DeliveryQueue, _host: str) -> None:
        given_up.append(set(under_way))

    shop.road.carry = carry_on  # type: ignore[method-assign]
    monkeypatch.setattr(DeliveryQueue, "release", release)
    await shop.units.run(Unit, owe)
    with pytest.raises(RuntimeError, match="a fault of ours"):
        await shop.worker.step()
    assert given_up == [set()]
    assert shop.road.to("b.test") == [f"{US}/t/carol".encode()]


@pytest.mark.clause("FED-12.14")
async def test_a_fault_at_its_beginning_does_not_end_the_worker(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = [NoRoom("full"), OSError("the disk"), RuntimeError("ours")]
    begin, begun = Jobber.begin, asyncio.Event()

    async def faulty(jobber: Jobber) -> None:
        if failures:
            raise failures.pop()
        await begin(jobber)
        begun.set()

    monkeypatch.setattr(Jobber, "begin", faulty)
    monkeypatch.setattr(loop, "PAUSE_SECONDS", 0.0)
    running = asyncio.create_task(shop.worker.run())
    await shop.arrive()
    await begun.wait()
    shop.worker.stop()
    await running
    assert not failures


@pytest.mark.clause("FED-12.8")
async def test_a_lane_that_finds_the_disk_full_is_no_fault_of_ours(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await shop.know("b.test")
    await shop.owe(1, "b.test")
    for error, level in ((NoRoom("full"), "WARNING"), (RuntimeError("ours"), "ERROR")):

        async def lease(_lanes: DeliveryQueue, _host: str, error: Exception = error) -> bool:
            raise error

        caplog.clear()
        with monkeypatch.context() as patch, pytest.raises(type(error)):
            patch.setattr(DeliveryQueue, "lease", lease)
            await shop.worker.step()
        (told,) = caplog.records
        assert (told.levelname, told.host) == (level, "b.test")  # type: ignore[attr-defined]
        assert (told.exc_info is None) == (level == "WARNING")
    await shop.worker.step()
    assert await shop.delivery(1) == ("delivered", "")


@pytest.mark.clause("FED-12.8", "FED-12.14")
async def test_a_lane_asks_after_all_that_it_began_also_behind_a_fault() -> None:
    """What joins while others fail fails on a full disk, too: nobody else would ask after it."""
    lane = Lane("b.test", 0.0, 0)

    async def send(more: int) -> None:
        settled: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        settled.set_exception(NoRoom("full"))
        lane.settling.append(settled)
        if more:
            lane.going.append(asyncio.create_task(send(more - 1)))
        raise NoRoom(f"full {more}")

    lane.going.append(asyncio.create_task(send(3)))
    with pytest.raises(NoRoom, match="full 3"):
        await _finished(lane)
    assert not lane.going and not lane.settling


@pytest.mark.clause("FED-12.14")
async def test_a_job_that_comes_again_and_again_does_so_though_it_was_refused(shop: Shop) -> None:
    done: list[str] = []

    async def do(_subject: str) -> None:
        done.append("")
        if len(done) == 1:
            raise Forbidden("FED-12.14", "once")

    kinds = {"tidy": JobKind(do, every=timedelta(minutes=10))}
    jobber = Jobber(Jobs(shop.database, shop.clock), kinds, shop.clock, shop.stores.wakeups)
    await jobber.begin()
    for _ in range(3):
        shop.clock.pass_(timedelta(minutes=11))
        await jobber.look()
        await jobber.settle()
    assert len(done) == 3


@pytest.mark.clause("FED-12.8")
async def test_a_job_that_finds_no_room_has_not_failed(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    full, done = [True], []

    async def do(subject: str) -> None:
        if full[0]:
            raise NoRoom("full")
        done.append(subject)

    shop.jobs["work"] = JobKind(do, tries=2)
    await shop.units.run(Unit, lambda unit: add_job(unit, "work", "s"))
    for _ in range(5):
        await shop.worker.step()
        shop.clock.pass_(timedelta(minutes=1))
    assert [(one.levelname, one.exc_info) for one in caplog.records] == [("WARNING", None)] * 5
    full[0] = False
    await shop.worker.step()
    assert done == ["s"]


@pytest.mark.clause("FED-12.8", "FED-12.14")
async def test_a_job_of_which_nothing_could_be_written_down_is_done_anew(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    done: list[str] = []

    async def do(subject: str) -> None:
        done.append(subject)

    async def write(_jobs: Jobs, _job: Job) -> None:
        raise NoRoom("full")

    shop.jobs["work"] = JobKind(do)
    await shop.units.run(Unit, lambda unit: add_job(unit, "work", "s"))
    with monkeypatch.context() as patch:
        patch.setattr(Jobs, "done", write)
        await shop.worker.step()
    assert [(one.levelname, one.exc_info) for one in caplog.records] == [("WARNING", None)]
    await shop.worker.step()
    assert done == ["s"], "its lease still runs"
    shop.clock.pass_(timedelta(minutes=2))
    await shop.worker.step()
    await shop.worker.step()
    assert done == ["s", "s"]


@pytest.mark.clause("FED-12.8")
async def test_a_job_whose_lease_could_not_be_renewed_is_not_begun_twice(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What is renewed when, and how long a lease runs, is decided here alone."""
    begun: list[str] = []
    claimed: list[str | None] = []
    failures = [NoRoom("full"), RuntimeError("ours")]
    failed, room, renewed, over = (asyncio.Event() for _ in range(4))
    renew, claim = Jobs.renew, Jobs.claim

    async def do(subject: str) -> None:
        begun.append(subject)
        await over.wait()

    async def faulty(jobs: Jobs, job: Job) -> None:
        if failures:
            raise failures.pop(0)
        failed.set()
        await (over if renewed.is_set() else room).wait()
        await renew(jobs, job)
        renewed.set()

    async def claims(jobs: Jobs, kinds: list[str]) -> Job | None:
        job = await claim(jobs, kinds)
        claimed.append(None if job is None else job.subject)
        return job

    monkeypatch.setattr(Jobs, "renew", faulty)
    monkeypatch.setattr(Jobs, "claim", claims)
    monkeypatch.setattr(worker_jobs, "RENEW_SECONDS", 0.0)
    kinds = {"work": JobKind(do, at_once=2)}
    jobs = Jobs(shop.database, shop.clock)
    jobber = Jobber(jobs, kinds, shop.clock, shop.stores.wakeups)
    await shop.units.run(Unit, lambda unit: add_job(unit, "work", "s"))
    assert (await jobber.look(), claimed) == (1, ["s", None])
    await failed.wait()
    shop.clock.pass_(timedelta(minutes=2))
    assert (await jobber.look(), claimed[2:]) == (0, ["s", None]), "its lease had run out"
    room.set()
    await renewed.wait()
    assert [one.levelname for one in caplog.records] == ["WARNING", "ERROR"]
    over.set()
    await jobber.settle()
    assert begun == ["s"] and await jobber.look() == 0


@pytest.mark.clause("FED-12.14")
async def test_a_job_ends_where_the_end_of_its_renewals_comes_out_as_an_error(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    at_work = asyncio.Event()

    async def do(_subject: str) -> None:
        await at_work.wait()

    async def renew(_jobs: Jobs, _job: Job) -> None:
        at_work.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise RuntimeError("the database was stopped at work") from None

    monkeypatch.setattr(Jobs, "renew", renew)
    monkeypatch.setattr(worker_jobs, "RENEW_SECONDS", 0.0)
    jobs = Jobs(shop.database, shop.clock)
    jobber = Jobber(jobs, {"work": JobKind(do)}, shop.clock, shop.stores.wakeups)
    await shop.units.run(Unit, lambda unit: add_job(unit, "work", "s"))
    assert await jobber.look() == 1
    async with asyncio.timeout(5):
        await jobber.settle()
    assert await jobber.look() == 0 and not caplog.records


@pytest.mark.clause("FED-12.8")
async def test_an_arrival_that_finds_no_room_waits_however_long(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    full = [True]

    async def handle(follow: Follow, _unit: Unit) -> None:
        if full[0]:
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorname = "SQLITE_FULL"
            raise OperationalError("INSERT", None, error)
        shop.handled.append(follow.id)

    shop.handle = handle
    arrived = [await shop.arrive(number) for number in (1, 2)]
    for _ in range(TRIES + 1):
        with pytest.raises(NoRoom):
            await shop.worker.step()
        shop.clock.pass_(timedelta(minutes=10))
    assert {(await shop.state(one))[0] for one in arrived} == {"new"}
    full[0] = False
    await shop.worker.step()
    assert shop.handled == arrived and not caplog.records


class Bell:
    """A browser that takes whatever it is told."""

    def __init__(self) -> None:
        self.rings = 0

    async def hand(self, _subscription: Subscription, _kind: Kind) -> Handed:
        self.rings += 1
        return Took(201)


class Took(Struct):
    status: int
    retry_after: str | None = None
    trouble: str = ""


@pytest.mark.clause("FED-12.8")
async def test_a_browser_rings_once_however_long_there_is_no_room_to_say_so(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rows = Rows()
    rows.database = shop.database
    await rows.account("bob", BOB, f"{BOB}/channel")
    session = {"id": "s", "digest": b"s", "created": 0, "last_seen": 0}
    await rows.insert(tables.sessions, account="bob", **session)
    browser = {"endpoint": "https://push.test", "public": b"", "auth": b"", "kinds": "comments"}
    await rows.insert(
        tables.push_subscriptions, id="s", account="bob", session="s", created=0, **browser
    )
    notice = {"kind": "notice", "data": '{"kind": "comment"}', "created": 0}
    await rows.insert(tables.events, account="bob", **notice)
    bell = Bell()
    pusher = Pusher(shop.units, bell, shop.clock, FakeEntropy(), shop.stores.wakeups)

    async def no_room(_unit: PushUnit, _one: Subscription) -> None:
        raise NoRoom("full")

    with monkeypatch.context() as patch:
        patch.setattr(PushUnit, "keep_outcome", no_room)
        for _ in range(3):
            assert await pusher.look() == 1
            await pusher.settle()
            shop.clock.pass_(timedelta(minutes=1))
    assert [(one.levelname, one.exc_info) for one in caplog.records] == [("WARNING", None)] * 3
    for expected in (1, 0):
        assert await pusher.look() == expected
        await pusher.settle()
    assert bell.rings == 1


@pytest.mark.clause("FED-8.15")
async def test_what_a_wrong_clock_dated_is_due_when_the_clock_is_set(shop: Shop) -> None:
    shop.road.answers["c.test"] = [503]
    shop.clock.pass_(timedelta(days=2))  # wrong by as much
    await shop.know("c.test", "d.test")
    await shop.owe(1, "c.test")
    await shop.worker.step()
    arrived = await shop.arrive()
    shop.clock.pass_(timedelta(days=-2))
    await shop.worker.step()
    assert shop.handled == [] and len(shop.road.carried) == 1
    await shop.worker.clock_was_set()
    await shop.worker.step()
    assert shop.handled == [arrived] and len(shop.road.carried) == 2


@pytest.mark.clause("FED-8.15")
async def test_a_start_hurries_only_what_no_right_clock_can_have_dated(shop: Shop) -> None:
    shop.road.answers = {"c.test": [503], "d.test": [503]}
    await shop.know("c.test", "d.test")
    shop.clock.pass_(timedelta(days=2))
    await shop.owe(2, "d.test")
    await shop.worker.step()
    shop.clock.pass_(timedelta(days=-2))
    await shop.owe(1, "c.test")
    await shop.worker.step()
    dates = Dates(shop.database, shop.clock)
    await dates.begin()
    due = {
        each.host: each.due
        for each in await DeliveryQueue(shop.database, shop.units, shop.clock, "w").queued_since(
            0, 9
        )
    }
    assert due["c.test"] > shop.clock.now() and due["d.test"] == shop.clock.now()

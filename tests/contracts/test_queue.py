"""The queue keeps its promises on the fake and on every database."""

import asyncio
import json
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from node.federation.activities import render
from node.federation.activities.shapes import CreateNote, Delete, Follow, Note
from node.federation.priority import Priority
from node.federation.sending import Delivered, GaveUp, Later, Needless
from node.federation.trust import ProvenActivity
from node.store import tables
from node.store.database import Database
from node.store.delivery_queue import DeliveryQueue
from node.store.graph import GraphUnit
from node.store.jobs import Jobs, add_job
from node.store.queue import Arrival, Arrivals, QueueUnit, Waiting
from node.store.unit import Unit, UnitContext
from node.store.wakeups import Wakeups
from node.testing.fakes import FakeClock, FakeEntropy, proven_activity
from node.testing.memory import MemoryTables
from node.testing.memory import queue as memory
from node.testing.memory.tables import Actor, Task
from node.wire.times import from_micros, micros
from tests.contracts.stores import Store, open_units

BOB = "https://b.test/a/bob"


class Room:
    """All that these tests work with."""

    arrivals: Arrivals | memory.Arrivals
    waiting: Waiting | memory.Waiting
    jobs: Jobs | memory.Jobs

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = FakeClock()
        self.wakeups = Wakeups()
        self.units = open_units(
            store,
            UnitContext("https://a.test", self.clock, FakeEntropy(), lambda _: b"{}"),
            self.wakeups,
        )
        self.lanes = self.lanes_of("one")
        if isinstance(store, MemoryTables):
            self.arrivals = memory.Arrivals(store, self.wakeups, self.clock)
            self.waiting = memory.Waiting(store, self.clock)
            self.jobs = memory.Jobs(store, self.clock)
        else:
            self.arrivals = Arrivals(store, self.wakeups, self.clock)
            self.waiting = Waiting(store, self.clock)
            self.jobs = Jobs(store, self.clock)

    def lanes_of(self, worker: str) -> DeliveryQueue | memory.DeliveryQueue:
        """The lanes, as the process `worker` sees them."""
        if isinstance(self.store, MemoryTables):
            return memory.DeliveryQueue(self.store, self.clock, worker)
        return DeliveryQueue(self.store, self.units, self.clock, worker)

    async def due(self, most: int) -> list[Arrival]:
        """What is to be applied now, people first."""
        due = await self.waiting.due(dict.fromkeys(Priority, most))
        return [arrival for lane in due.values() for arrival in lane]

    async def owed(self, *said: tuple[str, str]) -> None:
        """Activities by Alice, each owed to somebody of a host, in this order."""

        async def write(unit: GraphUnit) -> None:
            for activity, host in said:
                there = f"https://{host}/a/bob"
                await unit.owe(Follow(activity, "https://a.test/a/1", there), [there])

        for host in {host for _, host in said}:
            await self.known(host)
        await self.units.run(GraphUnit, write)

    async def known(self, host: str, name: str = "bob", shared: str = "") -> str:
        """Somebody of this host, with an inbox, and the one that their server has for all."""
        id, inbox = f"https://{host}/a/{name}", f"https://{host}/{name}/inbox"
        if isinstance(self.store, MemoryTables):
            self.store.actors[id] = Actor(id, inbox=inbox, shared_inbox=shared)
            return id
        row = tables.actors.insert().values(
            id=id, kind="Person", local=False, inbox=inbox, shared_inbox=shared
        )
        await self.store.write(lambda connection: connection.execute(row))
        return id

    async def failing(self, host: str) -> tuple[bool, str]:
        """Whether the peer is noted as failing, and why."""
        if isinstance(self.store, MemoryTables):
            kept = self.store.hosts[host]
            return kept.failing is not None, kept.reason
        async with self.store.read() as connection:
            query = select(tables.peers).where(tables.peers.c.host == host)
            peer = (await connection.execute(query)).one()
        return peer.failing_since is not None, peer.reason

    async def stands(self, activity: str) -> tuple[str, int, str, datetime, bool]:
        """How the one delivery of `activity` stands: state, failures, reason, due, settled now."""
        if isinstance(self.store, MemoryTables):
            (one,) = (d for d in self.store.deliveries.values() if d.activity == activity)
            return one.state, one.failures, one.reason, one.due, one.settled == self.clock.now()
        t, now = tables.deliveries, micros(self.clock.now())
        async with self.store.read() as connection:
            row = (await connection.execute(select(t).where(t.c.activity == activity))).one()
        return row.state, row.attempts, row.reason, from_micros(row.due), row.settled == now

    async def job(self) -> None:
        """A job that is due."""
        if isinstance(self.store, MemoryTables):
            self.store.jobs["1"] = Task("transcode", "v1", self.clock.now())
        else:
            await self.units.run(Unit, lambda unit: add_job(unit, "transcode", "v1"))


@pytest.fixture
def room(store: Store) -> Room:
    return Room(store)


@pytest.mark.clause("FED-7.8")
async def test_concurrent_arrivals_are_all_kept_and_in_order(room: Room) -> None:
    rang = room.wakeups.listen("arrivals")
    await asyncio.gather(
        *(
            room.arrivals.add(proven_activity(BOB, f"https://b.test/t/{n}", b"{}"), again=True)
            for n in range(200)
        )
    )
    due = await room.due(1000)
    assert [each.activity for each in due] == [f"https://b.test/t/{n}" for n in range(200)]
    assert rang.done()


@pytest.mark.clause("LIM-3.2", "LIM-3.3")
async def test_what_is_held_of_an_actor_is_what_is_not_applied(room: Room) -> None:
    for number in range(4):
        id = f"https://b.test/t/{number}"
        await room.arrivals.add(proven_activity(BOB, id, b"x" * 10**number), again=True)
    assert await room.arrivals.held() == {BOB: 1111}
    ends = ("applied", "refused", "broken")

    async def work(unit: QueueUnit) -> None:
        for arrival, state in zip(due, ends, strict=False):
            await unit.mark(arrival, state)

    due = await room.due(100)
    await room.units.run(QueueUnit, work)
    assert await room.arrivals.held() == {BOB: 1100}, "what is broken is kept for its operator"


@pytest.mark.clause("FED-7.8")
async def test_a_repeat_is_silence_or_goes_to_the_end_of_the_queue(room: Room) -> None:
    async def apply_all() -> list[str]:
        applied = []
        for arrival in await room.due(100):

            async def work(unit: QueueUnit, arrival: Arrival = arrival) -> bool:
                if not await unit.claim([arrival]):
                    return False
                await unit.mark(arrival, "applied")
                return True

            if await room.units.run(QueueUnit, work):
                applied.append(arrival.activity)
        return applied

    await room.arrivals.add(proven_activity(BOB, "https://b.test/t/follow", b"1"), again=True)
    await room.arrivals.add(proven_activity(BOB, "https://b.test/t/create", b"1"), again=False)
    assert len(await apply_all()) == 2
    room.clock.pass_(timedelta(seconds=1))
    await room.arrivals.add(proven_activity(BOB, "https://b.test/t/undo", b"1"), again=True)
    room.clock.pass_(timedelta(seconds=1))
    await room.arrivals.add(proven_activity(BOB, "https://b.test/t/create", b"2"), again=False)
    await room.arrivals.add(proven_activity(BOB, "https://b.test/t/follow", b"2"), again=True)
    due = await room.due(10)
    assert [each.activity for each in due] == ["https://b.test/t/undo", "https://b.test/t/follow"]
    assert due[1].body == b"2"


@pytest.mark.clause("FED-7.19")
async def test_what_waits_now_is_counted_by_class_up_to_a_bound(room: Room) -> None:
    for n, priority in enumerate((Priority.PEOPLE, Priority.POSTS, Priority.POSTS)):
        said = proven_activity("https://b.test/a/bob", f"https://b.test/t/{n}")
        await room.arrivals.add(said, False, priority)
    counted = await room.arrivals.waiting(dict.fromkeys(Priority, 9))
    assert counted == {Priority.PEOPLE: 1, Priority.POSTS: 2, Priority.REACTIONS: 0}
    assert (await room.arrivals.waiting({Priority.POSTS: 1})) == {Priority.POSTS: 1}


@pytest.mark.clause("FED-7.17")
async def test_people_come_before_posts_and_posts_before_reactions(room: Room) -> None:
    said = {"like": Priority.REACTIONS, "post": Priority.POSTS, "words": Priority.PEOPLE}
    for number in range(3):
        for name, priority in said.items():
            await room.arrivals.add(
                proven_activity(BOB, f"https://b.test/t/{name}{number}", b""), True, priority
            )
    due = await room.waiting.due({Priority.PEOPLE: 9, Priority.POSTS: 2, Priority.REACTIONS: 1})
    found = {p: [one.activity.rpartition("/")[2] for one in lane] for p, lane in due.items()}
    assert found == {
        Priority.PEOPLE: ["words0", "words1", "words2"],
        Priority.POSTS: ["post0", "post1"],
        Priority.REACTIONS: ["like0"],
    }


async def test_an_arrival_that_failed_waits_for_its_time(room: Room) -> None:
    await room.arrivals.add(proven_activity(BOB, "https://b.test/t/1", b"{}"), again=True)
    [arrival] = await room.due(10)
    later = room.clock.now() + timedelta(minutes=1)
    await room.units.run(QueueUnit, lambda unit: unit.again(arrival, later, "disk"))
    assert await room.due(10) == []
    assert await room.waiting.next_due() == later
    room.clock.pass_(timedelta(minutes=1))
    [again] = await room.due(10)
    assert again.failures == 1


async def test_two_claims_of_one_arrival_yield_one(room: Room) -> None:
    await room.arrivals.add(proven_activity(BOB, "https://b.test/t/1", b"{}"), again=True)
    [arrival] = await room.due(10)

    async def take(unit: QueueUnit) -> bool:
        if not await unit.claim([arrival]):
            return False
        await unit.mark(arrival, "applied")
        return True

    taken = await asyncio.gather(*(room.units.run(QueueUnit, take) for _ in range(4)))
    assert sorted(taken) == [False, False, False, True]


@pytest.mark.clause("FED-1.4")
async def test_what_comes_is_applied_at_once_unless_something_is_in_the_way(room: Room) -> None:
    first, second = (proven_activity(BOB, f"https://b.test/t/{n}") for n in (1, 2))
    people, posts = Priority.PEOPLE, Priority.POSTS

    async def may(activity: ProvenActivity, rank: Priority) -> bool | None:
        return await room.units.run(QueueUnit, lambda unit: unit.may_apply(activity, rank))

    async def applied(unit: QueueUnit) -> None:
        await unit.applied(first, people)

    assert await may(first, people) is True
    await room.units.run(QueueUnit, applied)
    assert await may(first, people) is None, "it came before"
    assert await may(second, people) is True, "what was applied is in nobody's way"
    assert await room.due(10) == []
    await room.arrivals.add(proven_activity(BOB, "https://b.test/t/3"), False, posts)
    assert await may(second, people) is True, "a post does not keep people waiting"
    await room.arrivals.add(proven_activity(BOB, "https://b.test/t/4"), False, people)
    assert await may(second, people) is False


async def test_what_is_minted_is_of_its_node_and_of_its_time_and_never_twice(room: Room) -> None:
    async def mint(unit: Unit) -> list[str]:
        return [unit.mint_activity(), unit.mint_object(), unit.mint_activity(), unit.mint_object()]

    minted = await room.units.run(Unit, mint)
    for id, place in zip(minted, "toto", strict=True):
        opaque = UUID(id.removeprefix(f"https://a.test/{place}/"))
        assert (opaque.version, opaque.int >> 80) == (7, micros(room.clock.now()) // 1000)
    assert len(set(minted)) == 4


@pytest.mark.clause("FED-8.1")
async def test_what_is_owed_to_many_of_one_server_is_sent_there_once(room: Room) -> None:
    shared = "https://b.test/inbox"
    to = [await room.known("b.test", name, shared) for name in ("bob", "bea", "ben")]
    to += [await room.known("c.test", name) for name in ("carol", "cleo")]
    said = Follow("t1", "https://a.test/a/1", "x")
    await room.units.run(GraphUnit, lambda unit: unit.owe(said, to))
    await room.units.run(GraphUnit, lambda unit: unit.owe(said, to[:1]))
    assert [one.inbox for one in await room.lanes.queued("b.test", 10)] == [shared]
    apart = [one.inbox for one in await room.lanes.queued("c.test", 10)]
    assert sorted(apart) == ["https://c.test/carol/inbox", "https://c.test/cleo/inbox"]


@pytest.mark.clause("INB-2.5", "FED-8.1")
async def test_a_copy_names_those_of_its_inbox_alone(room: Room) -> None:
    note = Note("https://a.test/o/1", "https://a.test/a/1", "hi", room.clock.now(), to=("f",))
    said = CreateNote("https://a.test/t/1", note.author, note)
    named = {"https://b.test/inbox": ["https://b.test/bob", "https://b.test/bea"]}
    inboxes = ["https://b.test/inbox", "https://c.test/inbox"]
    context = UnitContext("https://a.test", room.clock, FakeEntropy(), render)

    async def owe(unit: GraphUnit) -> None:
        unit.say(said)
        for _ in range(2):
            unit.deliver(said.id, note.author, Priority.POSTS, inboxes, named)

    await open_units(room.store, context, room.wakeups).run(GraphUnit, owe)
    for host, people in (("b.test", named[inboxes[0]]), ("c.test", [])):
        (one,) = await room.lanes.queued(host, 10)
        activity = json.loads(one.body)
        for part in (activity, activity["object"]):
            assert (part["to"], part["cc"]) == (["f"], people)
        assert [tag["href"] for tag in activity["object"]["tag"]] == people


@pytest.mark.clause("FED-8.2")
async def test_a_lane_is_in_order_and_apart_from_others(room: Room) -> None:
    await room.owed(("t1", "b.test"), ("t2", "c.test"), ("t3", "b.test"))
    hosts, newest = await room.lanes.hosts_since(0)
    assert sorted(hosts) == ["b.test", "c.test"]
    assert newest == await room.lanes.newest()
    assert [p.activity for p in await room.lanes.queued("b.test", 10)] == ["t1", "t3"]
    assert await room.lanes.queued("d.test", 10) == []


@pytest.mark.clause("FED-8.14")
async def test_what_goes_to_people_does_not_hide_the_rest_of_a_lane(room: Room) -> None:
    bob = await room.known("b.test", "bob")

    async def owe(unit: GraphUnit) -> None:
        await unit.owe(Delete("post", "https://a.test/a/1", "https://a.test/o/1"), [bob])
        for n in range(3):
            await unit.owe(Follow(f"t{n}", "https://a.test/a/1", "x"), [bob])

    await room.units.run(GraphUnit, owe)
    lane = await room.lanes.queued("b.test", 2)
    assert [one.activity for one in lane] == ["t0", "t1", "post"]


@pytest.mark.clause("FED-8.7", "API-11.7")
async def test_what_became_of_a_delivery_is_shown(room: Room) -> None:
    await room.owed(("t1", "b.test"), ("t2", "b.test"), ("t3", "b.test"), ("t4", "b.test"))
    now = room.clock.now()
    first, second, third, fourth = await room.lanes.queued("b.test", 10)
    await room.lanes.settle(fourth, Needless("you are blocked there"), now)
    assert await room.stands("t4") == ("needless", 0, "you are blocked there", now, True)
    assert await room.failing("b.test") == (False, "")
    await room.lanes.settle(first, Delivered(), now)
    await room.lanes.settle(second, GaveUp("answered 410", gone=True), now)
    await room.lanes.settle(third, Later(now + timedelta(seconds=10), "no answer"), now)
    later = now + timedelta(seconds=10)
    assert await room.stands("t1") == ("delivered", 0, "", now, True)
    assert await room.stands("t2") == ("gave_up", 1, "answered 410", now, True)
    assert await room.stands("t3") == ("due", 1, "no answer", later, False)
    assert await room.failing("b.test") == (True, "no answer")
    assert await room.lanes.hosts_due() == await room.lanes.hosts_again() == []
    await room.lanes.hurry("b.test")
    assert await room.lanes.hosts_due() == await room.lanes.hosts_again() == ["b.test"]


@pytest.mark.clause("FED-8.6")
async def test_what_stepped_aside_no_longer_holds_the_lane(room: Room) -> None:
    await room.owed(("t1", "b.test"), ("t2", "b.test"))
    now = room.clock.now()
    first, _ = await room.lanes.queued("b.test", 10)
    await room.lanes.settle(first, Later(now + timedelta(hours=1), "answered 500", False), now)
    assert [p.activity for p in await room.lanes.queued("b.test", 10)] == ["t2"]
    room.clock.pass_(timedelta(hours=1))
    assert [p.activity for p in await room.lanes.queued("b.test", 10)] == ["t1", "t2"]


@pytest.mark.clause("FED-8.9")
async def test_one_process_at_a_time_sends_to_a_host(room: Room) -> None:
    if isinstance(room.store, Database) and room.store.is_sqlite:
        assert await room.lanes.lease("b.test"), "SQLite has one process: nothing to ask"
        return
    other = room.lanes_of("two")
    assert await room.lanes.lease("b.test")
    assert await room.lanes.lease("b.test"), "renewed"
    assert not await other.lease("b.test")
    await room.lanes.release("b.test")
    assert await other.lease("b.test")
    room.clock.pass_(timedelta(seconds=61))
    assert await room.lanes.lease("b.test"), "a process that died holds nothing for long"


async def test_a_job_is_claimed_once_and_can_be_tried_again(room: Room) -> None:
    await room.job()
    assert await room.jobs.claim(["other"]) is None
    claims = await asyncio.gather(*(room.jobs.claim(["transcode"]) for _ in range(3)))
    [job] = [each for each in claims if each]
    assert (job.kind, job.subject, job.failures) == ("transcode", "v1", 0)
    later = room.clock.now() + timedelta(minutes=5)
    await room.jobs.again(job, later, "ffmpeg")
    assert await room.jobs.claim(["transcode"]) is None
    assert await room.jobs.next_due(["transcode"]) == later
    room.clock.pass_(timedelta(minutes=5))
    again = await room.jobs.claim(["transcode"])
    assert again is not None
    assert again.failures == 1
    await room.jobs.done(again)
    assert await room.jobs.next_due(["transcode"]) is None


async def test_a_job_whose_worker_died_is_claimed_again_after_a_minute(room: Room) -> None:
    await room.job()
    assert await room.jobs.claim(["transcode"]) is not None
    room.clock.pass_(timedelta(seconds=61))
    assert await room.jobs.claim(["transcode"]) is not None


async def test_a_recurring_job_exists_once(room: Room) -> None:
    await room.jobs.ensure("purge", room.clock.now())
    await room.jobs.ensure("purge", room.clock.now())
    job = await room.jobs.claim(["purge"])
    assert job is not None
    await room.jobs.repeat(job, room.clock.now() + timedelta(days=1))
    assert await room.jobs.claim(["purge"]) is None

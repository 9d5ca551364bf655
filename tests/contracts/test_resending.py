"""What a server that was restored is sent again, and how often it may ask."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Table, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from node.errors import Malformed
from node.federation import resending
from node.federation.activities.shapes import Activity, Resend, Resent
from node.federation.backoff import LIFETIME
from node.graph import confirming
from node.store import tables
from node.store.database import Database
from node.store.graph import GraphUnit
from node.store.resending import ResendingUnit
from node.store.unit import UnitContext, Units
from node.store.wakeups import Wakeups
from node.testing.fakes import FakeClock, FakeEntropy
from node.wire.times import micros

ALICE, EVIL = "https://alpha.test/a/alice", "https://evil.test/a/mallory"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Place:
    """A node that said things to evil.test and to beta.test."""

    def __init__(self, database: Database) -> None:
        self.database, self.clock = database, FakeClock()
        context = UnitContext("https://alpha.test", self.clock, FakeEntropy(), self._render)
        self.answers: list[Resent] = []
        self.units = Units(database, context, Wakeups())

    def _render(self, activity: Activity) -> bytes:
        if isinstance(activity, Resent):
            self.answers.append(activity)
        return b"{}"

    async def begin(self) -> None:
        alice = {"id": ALICE, "number": 1, "local": True}
        await self._insert(tables.actors, [alice])

    async def _insert(self, table: Any, rows: list[dict[str, Any]]) -> None:
        async def work(connection: AsyncConnection) -> None:
            await connection.execute(table.insert(), rows)

        await self.database.write(work)

    async def said(
        self, name: str, created: datetime, taken: datetime, host: str = "evil.test"
    ) -> None:
        id = f"https://alpha.test/t/{name}"
        body = {"actor": ALICE, "body": b"{}", "created": micros(created)}
        await self._insert(tables.outbox, [{"id": id, **body}])
        lane = {
            "host": host,
            "inbox": f"https://{host}/inbox",
            "actor": ALICE,
            "state": "delivered",
        }
        at = {"due": micros(created), "settled": micros(taken), "priority": len(name) % 3}
        await self._insert(tables.deliveries, [{"activity": id, **lane, **at}])

    async def hold(self, host: str, *names: str) -> None:
        """Posts of people there, said one after the other."""
        before = await self._count(tables.posts)
        rows = [
            {
                "id": f"https://{host}/o/{name}",
                "author": f"https://{host}/a/{name}",
                "published": micros(self.clock.now() - HOUR) + number,
                "number": number,
            }
            for number, name in enumerate(names, before)
        ]
        if rows:
            await self._insert(tables.posts, rows)

    async def deliveries(self) -> int:
        return await self._count(tables.deliveries)

    async def _count(self, table: Table) -> int:
        async with self.database.read() as connection:
            return (await connection.execute(select(func.count()).select_from(table))).scalar_one()

    async def ask(self, since: datetime) -> set[str]:
        """What is due after evil.test asked."""
        said = Resend("https://evil.test/t/again", EVIL, ALICE, since)
        await self.units.run(ResendingUnit, lambda unit: resending.on_resend(said, unit))
        return await self.due()

    async def due(self) -> set[str]:
        d = tables.deliveries
        async with self.database.read() as connection:
            query = select(d.c.activity).where(d.c.state == "due")
            return {id.rpartition("/")[2] for id in (await connection.execute(query)).scalars()}

    async def jobs(self) -> list[str]:
        j = tables.jobs
        async with self.database.read() as connection:
            query = select(j.c.subject).where(j.c.kind == resending.RESEND)
            return list((await connection.execute(query)).scalars())

    async def taken(self) -> None:
        async def work(connection: AsyncConnection) -> None:
            d = tables.deliveries
            values = {"state": "delivered", "settled": micros(self.clock.now())}
            await connection.execute(d.update().where(d.c.state == "due").values(**values))

        await self.database.write(work)


@pytest.fixture
async def place(database: Database) -> Place:
    place = Place(database)
    await place.begin()
    return place


@pytest.mark.clause("FED-13.2")
async def test_what_was_said_long_before_is_not_renewed_by_asking(place: Place) -> None:
    now = place.clock.now()
    await place.said("old", now - 40 * DAY, now - 2 * HOUR)
    await place.said("late", now - LIFETIME, now - 2 * HOUR)  # they were away for a week
    await place.said("before", now - 5 * HOUR, now - 4 * HOUR)
    await place.said("new", now - 2 * HOUR, now - 2 * HOUR)
    await place.said("others", now - 2 * HOUR, now - 2 * HOUR, "beta.test")
    assert await place.ask(now - 3 * HOUR) == {"late", "new"}
    await place.taken()
    place.clock.pass_(DAY)
    # An instant of long ago is taken as of 30 days ago.
    assert await place.ask(datetime.fromisoformat("1970-01-01T00:00:00Z")) == {
        "late",
        "before",
        "new",
    }


@pytest.mark.clause("FED-13.2")
async def test_a_server_that_asks_on_and_on_waits_a_day(place: Place) -> None:
    now = place.clock.now()
    await place.said("one", now - DAY, now - DAY)
    heard = []
    for wait in (timedelta(), HOUR - timedelta(minutes=1), HOUR, HOUR, DAY, HOUR, 30 * DAY, HOUR):
        place.clock.pass_(wait)
        if wait == 30 * DAY:
            await place.said("two", place.clock.now(), place.clock.now() - DAY)
        lately = await place.units.look(GraphUnit, lambda unit: unit.resent_lately("evil.test"))
        due = await place.ask(place.clock.now() - 2 * DAY)
        assert bool(due) is not lately, "friendships are asked for anew as often"
        heard.append(bool(due))
        await place.taken()
    assert heard == [True, False, True, False, True, False, True, True]


@pytest.mark.clause("FED-13.2")
async def test_much_is_sent_again_in_pages(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resending, "PAGE", 2)
    now = place.clock.now()
    names = {"a" * length for length in range(1, 8)}
    for name in sorted(names):
        await place.said(name, now - HOUR, now - HOUR)
    sizes = [len(await place.ask(now - DAY))]
    done: set[str] = set()
    while left := set(await place.jobs()) - done:
        (subject,) = left
        done.add(subject)
        # What is sent again meanwhile was taken later, and does not come once more.
        await place.taken()
        place.clock.pass_(timedelta(minutes=1))
        await place.units.run(
            ResendingUnit, lambda unit, subject=subject: resending.go_on(subject, unit)
        )
        sizes.append(len(await place.due()))
    assert sizes == [2, 2, 2, 1]


@pytest.mark.clause("FED-13.3")
@pytest.mark.parametrize("ahead", [timedelta(minutes=11), DAY, None])
async def test_an_instant_in_the_future_is_refused(place: Place, ahead: timedelta | None) -> None:
    now = place.clock.now()
    await place.said("one", now - HOUR, now - HOUR)
    since = datetime.fromisoformat("9999-12-31T23:59:59Z") if ahead is None else now + ahead
    said = Resend("https://evil.test/t/again", EVIL, ALICE, since)
    with pytest.raises(Malformed, match=r"FED-13\.3"):
        await place.units.run(GraphUnit, lambda unit: confirming.on_resend(said, unit))
    with pytest.raises(Malformed, match=r"FED-13\.3"):
        await place.ask(since)
    assert await place.due() == set()


@pytest.mark.usefixtures("sorts_by_language")
@pytest.mark.clause("FED-13.9", "FED-12.22")
async def test_what_is_held_of_a_host_is_its_own_alone(place: Place) -> None:
    """In a database that sorts as a language does, a range would hold others, or none."""
    names = ("0", "Zoe", "zoe", "z-oe")
    for host in ("evil.test", "evil.tes", "evil.test0", "evil.test.b", "evil-test", "evilatest"):
        await place.hold(host, *names)
    now = place.clock.now()
    found = await place.units.look(
        ResendingUnit, lambda unit: unit.held("evil.test", now - HOUR, 99)
    )
    assert {one.id for one in found} == {f"https://evil.test/o/{name}" for name in names}


@pytest.mark.clause("FED-13.9")
@pytest.mark.parametrize(
    ("posts", "named"), [(0, []), (100, [100]), (101, [100, 1]), (501, [100] * 5)]
)
async def test_what_is_held_is_named_in_pages(place: Place, posts: int, named: list[int]) -> None:
    evil = {"id": EVIL, "number": 2, "inbox": "https://evil.test/inbox"}
    await place._insert(tables.actors, [evil])
    await place.hold("evil.test", *(f"{number:03}" for number in range(posts)))
    await place.ask(place.clock.now() - DAY)
    assert all((one.actor, one.asker) == (ALICE, EVIL) for one in place.answers)
    assert [len(one.items) for one in place.answers] == named
    told = [held.id for one in place.answers for held in one.items]
    oldest = [f"https://evil.test/o/{number:03}" for number in range(min(posts, 500))]
    assert told == oldest, "what was lost comes before what was said since"
    assert await place.deliveries() == len(named)

"""Sealed messages are applied as they come; what cannot be so waits like any other (FED-7.18)."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from node.errors import Forbidden, Unreachable
from node.federation.activities.shapes import CreateSealed, Follow
from node.federation.priority import Priority
from node.federation.trust import ProvenActivity
from node.store import tables
from node.store.database import Database
from node.store.queue import Arrivals, Waiting
from node.store.unit import Unit, UnitContext, Units
from node.store.wakeups import Wakeups
from node.testing.fakes import FakeClock, FakeEntropy
from node.testing.stores import make_tables
from node.worker.arrivals import Applier
from node.worker.at_once import AtOnce
from node.worker.handlers import Handlers, on

US, BOB = "https://a.test", "https://b.test/a/bob"
PUT = tables.settings.insert()


class Gate:
    """A door with its queue and the worker's hand behind it. `hear` is what a handler does."""

    def __init__(self, database: Database) -> None:
        self.database, self.clock = database, FakeClock()
        context = UnitContext(US, self.clock, FakeEntropy(), lambda one: one.id.encode())
        wakeups = Wakeups()
        units = Units(database, context, wakeups)
        handlers = Handlers(on(CreateSealed, Unit, self._hear), on(Follow, Unit, self._hear))
        self.applier = Applier(Waiting(database, self.clock), units, handlers, self.clock)
        queue = Arrivals(database, wakeups, self.clock)
        self.spoke: list[str] = []
        self.door = AtOnce(queue, units, handlers, self.clock, self.spoke.append)
        self.hear: Callable[[], Awaitable[None]] = self.quietly
        self.heard: list[str] = []

    async def quietly(self) -> None:
        """Nothing is wrong with it."""

    async def _hear(self, said: CreateSealed | Follow, unit: Unit) -> None:
        unit.connection.later(PUT, {"key": said.id, "value": "heard"})
        await self.hear()
        self.heard.append(said.id.rpartition("/")[2])

    async def comes(self, name: str, verb: str = "Create", **more: object) -> None:
        id = f"https://b.test/t/{name}"
        said = {"id": id, "type": verb, "actor": BOB, "object": f"{US}/a/alice", **more}
        if verb == "Create":
            sealed = {"type": ["Object", "PrivateMessage"], "attributedTo": BOB}
            sealed |= {"id": f"https://b.test/o/{name}", "to": [f"{US}/a/alice"]}
            sealed |= {"mediaType": "message/mls", "encoding": "base64", "content": "c2VhbGVk"}
            said |= {"object": sealed, "to": [f"{US}/a/alice"]} | more
        activity = ProvenActivity(id, verb, BOB, said, json.dumps(said).encode())
        await self.door.add(activity, again=False, priority=Priority.PEOPLE)

    async def stands(self, name: str) -> tuple[str, bool]:
        """Its state, and whether its body is kept."""
        t = tables.arrivals.c
        query = select(t.state, t.body).where(t.activity == f"https://b.test/t/{name}")
        async with self.database.read() as connection:
            row = (await connection.execute(query)).one()
        return row.state, bool(row.body)

    async def left(self) -> set[str]:
        """The traces that handlers left."""
        async with self.database.read() as connection:
            found = (await connection.execute(select(tables.settings.c.key))).scalars()
            return {key.rpartition("/")[2] for key in found}


@pytest.fixture
async def gate(tmp_path: Path) -> AsyncIterator[Gate]:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'kith.sqlite3'}")
    await make_tables(database)
    yield Gate(database)
    await database.close()


@pytest.mark.clause("FED-7.18")
async def test_a_sealed_message_is_applied_before_the_door_answers(gate: Gate) -> None:
    await gate.comes("one")
    assert gate.heard == ["one"] and await gate.left() == {"one"}
    assert await gate.stands("one") == ("applied", False), "what was in it is not kept here"
    assert gate.spoke == ["b.test"], "who waits for that host hears of it"
    assert not await gate.applier.step()


@pytest.mark.clause("FED-7.8", "FED-7.18")
async def test_what_comes_again_is_silence(gate: Gate) -> None:
    await gate.comes("one")
    await gate.comes("one")
    assert gate.heard == ["one"]


@pytest.mark.clause("FED-7.18", "FED-7.17")
async def test_it_waits_behind_what_its_actor_said_before(gate: Gate) -> None:
    await gate.comes("asks", "Follow")
    await gate.comes("one")
    assert gate.heard == [] and await gate.stands("one") == ("new", True)
    await gate.applier.step()
    await gate.comes("two")
    assert gate.heard == ["asks", "one", "two"]


@pytest.mark.clause("FED-7.18", "FED-7.13")
@pytest.mark.parametrize(
    ("error", "state"),
    [
        (Forbidden("E2E-3.2", "no"), "refused"),
        (Unreachable("its Welcome is on the way"), "new"),
        (RuntimeError("a fault"), "new"),
    ],
)
async def test_what_fails_leaves_nothing_and_is_left_to_the_queue(
    gate: Gate, error: Exception, state: str
) -> None:
    async def fail() -> None:
        raise error

    gate.hear = fail
    await gate.comes("one")
    assert await gate.stands("one") == ("new", True) and await gate.left() == set()
    await gate.applier.step()
    assert (await gate.stands("one"))[0] == state
    gate.hear = gate.quietly
    gate.clock.pass_(timedelta(hours=1))
    await gate.applier.step()
    assert gate.heard == ([] if state == "refused" else ["one"])


@pytest.mark.clause("FED-7.18")
async def test_what_speaks_for_another_or_cannot_be_read_is_left_to_the_queue(gate: Gate) -> None:
    await gate.comes("cut", object={"type": "PrivateMessage", "id": "https://b.test/o/cut"})
    assert await gate.stands("cut") == ("new", True)
    await gate.applier.step()
    assert (await gate.stands("cut"))[0] == "refused" and gate.heard == []

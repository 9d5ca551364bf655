"""Two processes draw the same number: the second one draws another."""

import pytest
from sqlalchemy import select

from node.federation.peers import Actor, Found
from node.store import tables
from node.store.database import Database
from node.store.federation import FederationUnit
from node.store.unit import UnitContext, Units
from node.store.wakeups import Wakeups
from node.testing.fakes import FakeClock


class OneChance:
    """As if both processes had drawn the same."""

    def draw(self, size: int) -> bytes:
        return bytes(size)


def process(database: Database) -> Units:
    """Each has the same chance at the same instant."""
    context = UnitContext("https://a.test", FakeClock(), OneChance(), lambda _activity: b"")
    return Units(database, context, Wakeups())


@pytest.mark.clause("API-5.6")
async def test_a_number_that_is_taken_is_not_given_again(database: Database) -> None:
    for host in ("b.test", "c.test"):
        actor = Actor(f"https://{host}/a", "Person", f"https://{host}/inbox")
        found = Found(actor, (), b"{}")
        await process(database).run(FederationUnit, lambda unit, f=found: unit.put_found(f))  # type: ignore[misc]
        # Fetched again it stays who it is.
        await process(database).run(FederationUnit, lambda unit, f=found: unit.put_found(f))  # type: ignore[misc]
    async with database.read() as connection:
        numbers = (await connection.execute(select(tables.actors.c.number))).scalars().all()
    assert len(set(numbers)) == 2
    assert max(numbers) == min(numbers) + 1, "the two drew the same one at first"

"""What people keep here does not get into the log by way of an error."""

import pytest
from sqlalchemy.exc import IntegrityError

from node.store import tables
from node.store.database import Database
from node.store.unit import Unit, UnitContext, Units
from node.store.wakeups import Wakeups
from node.testing.fakes import FakeClock, FakeEntropy


@pytest.mark.clause("API-2.3")
async def test_an_error_of_the_database_holds_none_of_the_values(database: Database) -> None:
    units = Units(
        database,
        UnitContext("https://a.test", FakeClock(), FakeEntropy(), lambda _: b""),
        Wakeups(),
    )

    async def twice(unit: Unit) -> None:
        for _ in range(2):
            await unit.connection.execute(
                tables.settings.insert().values(key="name", value="open sesame")
            )

    with pytest.raises(IntegrityError) as caught:
        await units.run(Unit, twice)
    assert "sesame" not in f"{caught.value} {caught.value!r}"

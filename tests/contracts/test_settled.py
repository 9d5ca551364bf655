"""What is fixed at the first start stays, on every database."""

import pytest

from node.errors import Malformed
from node.store.database import Database
from node.store.settled import SettledUnit
from node.store.unit import UnitContext, Units
from node.store.wakeups import Wakeups
from node.testing.fakes import FakeClock, FakeEntropy


@pytest.mark.clause("FED-12.3")
async def test_a_node_does_not_start_under_another_name(database: Database) -> None:
    context = UnitContext("https://a.test", FakeClock(), FakeEntropy(), lambda _: b"")
    units = Units(database, context, Wakeups())

    async def settle(origin: str, domain: str) -> None:
        await units.run(SettledUnit, lambda unit: unit.settle(origin=origin, account_domain=domain))

    await settle("https://a.test", "a.test")
    await settle("https://a.test", "a.test")
    for other in (("https://b.test", "a.test"), ("https://a.test", "b.test")):
        with pytest.raises(Malformed) as caught:
            await settle(*other)
        assert caught.value.clause == "FED-12.3"

"""A node's stores as the app makes them, over a new database: for tests of single rooms."""

from pathlib import Path
from typing import Any

from node.app.handlers import handlers
from node.app.parts import Stores, System, open_stores
from node.config import Config
from node.e2ee.arriving import Arrivals
from node.federation.activities import Activity
from node.store.database import Database
from node.store.queue import QueueUnit
from node.store.tables import METADATA
from node.store.unit import Units
from node.testing import memory
from node.testing.fakes import FakeClock, FakeEntropy
from node.wire.keys import ed25519_from_seed
from node.worker.handlers import Handlers

RELAY = ed25519_from_seed(bytes(32), "https://relay.test/a/node#key", "https://relay.test/a/node")
HANDLERS = handlers(Arrivals(RELAY))


async def make_tables(database: Database) -> None:
    """Every table, without the migrations: those have tests of their own."""
    await database.write(lambda connection: connection.run_sync(METADATA.create_all))


async def open_new_stores(
    domain: str, folder: Path, clock: FakeClock, url: str = "", **settings: Any
) -> Stores:
    """The stores of `domain` in `folder`, or in the database at `url`."""
    folder.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - a test waits for its own disk
    config = Config(origin=f"https://{domain}", data_dir=str(folder), database=url, **settings)
    stores = open_stores(config, System(clock, FakeEntropy(domain)))
    await make_tables(stores.database)
    return stores


async def hear(units: Units, activity: Activity, table: Handlers = HANDLERS) -> None:
    """Apply `activity` as the worker does: all that hear it, in one unit. Raises what they raise.

    Over tables in memory those rooms hear it that have a fake.
    """

    async def work(unit: Any) -> None:
        heard = table.of(activity)
        if isinstance(unit, memory.Unit):
            for handler in (each for each in heard if each.unit in memory.STANDS_FOR):
                await handler.hear(activity, unit.beside(handler.unit))
            return
        for handler in heard:
            await unit.beside(handler.unit).prepare([activity])
        for handler in heard:
            await handler.hear(activity, unit.beside(handler.unit))

    await units.run(QueueUnit, work)

"""Copies of what should be one: a vault that was copied, a node that is put back from a backup."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from node.client.device import Device
from node.client.messenger import Messenger
from node.client.vault import Vault
from node.store import tables
from node.store.incarnation import IncarnationUnit
from node.testing.town import Town
from tests.stories.people import Person

Copy = dict[str, list[dict[str, Any]]]
NUMBERED = ("mailbox", "events")  # tables whose numbers the database draws


async def copy_of(town: Town, domain: str) -> Copy:
    """All that a node's database holds."""
    async with town.nodes[domain].node.stores.database.read() as connection:
        return {
            table.name: [dict(row._mapping) for row in await connection.execute(select(table))]
            for table in tables.METADATA.sorted_tables
        }


async def put_back(town: Town, domain: str, copy: Copy, told: bool = True) -> None:
    """The node's database is as it was then, and its numbers are drawn from there again.

    `told`: as `kith restore` does it; else somebody only put the files back.
    """
    stores = town.nodes[domain].node.stores

    async def work(connection: AsyncConnection) -> None:
        for table in reversed(tables.METADATA.sorted_tables):
            await connection.execute(table.delete())
        for table in tables.METADATA.sorted_tables:
            if rows := copy[table.name]:
                await connection.execute(table.insert(), rows)
        for name in NUMBERED:
            last = max((row["seq"] for row in copy[name]), default=0)
            await connection.execute(text(_numbers(stores.database.is_sqlite, name, last)))

    await stores.database.write(work)
    stores.wakeups.wake({"tokens"})
    if told:
        await stores.units.run(IncarnationUnit, lambda unit: unit.renew_incarnation())


def _numbers(is_sqlite: bool, name: str, last: int) -> str:
    if is_sqlite:
        return f"UPDATE sqlite_sequence SET seq = {last} WHERE name = '{name}'"
    return f"SELECT setval(pg_get_serial_sequence('{name}', 'seq'), {last + 1}, false)"


def copy_vault(town: Town, one: Person, name: str) -> None:
    """Copy the files of a vault, as a backup program does."""
    one.vault.settle()
    here, there = town.folder / one.name, town.folder / name
    shutil.copytree(here, there)
    (there / "vault.lock").unlink(missing_ok=True)


@asynccontextmanager
async def opened_copy(town: Town, one: Person, name: str) -> AsyncIterator[Person]:
    """The copy of that name as a device beside the one it was copied from."""
    entropy = one.harness.system.entropy
    vault = Vault.open(town.folder / name / "vault.sqlite3", "passphrase", entropy)
    async with one.harness.line(one.line._token) as line:
        device = Device(vault, entropy, one.actor)
        talk = Messenger(line, device, town.clock, vault.settle)
        yield Person(one.name, one.actor, one.harness, line, talk, vault)
        await talk.close()
    vault.close()

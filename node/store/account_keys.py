"""The keys of accounts as rows: whose they are, how new, and the signed bytes (KEY-7)."""

from datetime import datetime

from sqlalchemy import select, update

from node.e2ee.account_keys import KeptKeys, NewKeys
from node.store.tables import account_keys, accounts, sessions
from node.store.unit import Unit
from node.store.upserts import insert_ignore
from node.wire.times import from_micros, micros


class AccountKeysUnit(Unit):
    """A transaction of the keys of accounts."""

    async def account_keys(self, actor: str) -> KeptKeys | None:
        """What the account of this Person published and put."""
        found = await self.connection.execute(
            select(account_keys).where(account_keys.c.actor == actor)
        )
        row = found.one_or_none()
        if row is None:
            return None
        keys = NewKeys(row.delegation, row.devices, row.box)
        return KeptKeys((row.d, row.n, row.b), row.root, keys)

    async def identity_key(self, account: str) -> bytes | None:
        found = await self.connection.execute(
            select(accounts.c.identity_key).where(accounts.c.id == account)
        )
        key: bytes | None = found.scalar_one_or_none()
        return key

    async def publish_identity_key(self, account: str, root: bytes) -> None:
        await self.connection.execute(
            update(accounts).where(accounts.c.id == account).values(identity_key=root)
        )

    async def session_began(self, session: str) -> datetime | None:
        found = await self.connection.execute(
            select(sessions.c.created).where(sessions.c.id == session)
        )
        created: int | None = found.scalar_one_or_none()
        return None if created is None else from_micros(created)

    async def put_account_keys(
        self, account: str, actor: str, kept: KeptKeys, before: KeptKeys | None
    ) -> bool:
        d, n, b = kept.number
        values = {
            "d": d,
            "n": n,
            "b": b,
            "root": kept.root,
            "delegation": kept.keys.delegation,
            "devices": kept.keys.devices,
            "box": kept.keys.box,
            "changed": micros(self.now),
        }
        if before is None:
            done = await self.connection.execute(
                insert_ignore(self.connection, account_keys).values(
                    actor=actor, account=account, **values
                )
            )
        else:
            there = account_keys.c
            old_d, old_n, old_b = before.number
            done = await self.connection.execute(
                update(account_keys)
                .where(there.actor == actor, there.root == before.root)
                .where(there.d == old_d, there.n == old_n, there.b == old_b)
                .values(**values)
            )
        return bool(done.rowcount == 1)

"""The keys of accounts over a `MemoryTables`."""

from msgspec.structs import replace

from node.e2ee.account_keys import NONE, KeptKeys, Number
from node.testing.memory.unit import Unit


class AccountKeysUnit(Unit):
    """A transaction of the keys of accounts."""

    async def account_keys(self, actor: str) -> KeptKeys | None:
        return self.tables.account_keys.get(actor)

    async def identity_key(self, account: str) -> bytes | None:
        return self.tables.accounts[account].identity_key

    async def publish_identity_key(self, account: str, root: bytes) -> None:
        known = self.tables.accounts[account]
        self.tables.accounts[account] = replace(known, identity_key=root)

    async def put_account_keys(
        self, account: str, actor: str, kept: KeptKeys, before: Number
    ) -> bool:
        there = self.tables.account_keys.get(actor)
        if before != (NONE if there is None else there.number):
            return False
        self.tables.account_keys[actor] = kept
        return True

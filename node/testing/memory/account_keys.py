"""The keys of accounts over a `MemoryTables`."""

from datetime import datetime

from msgspec.structs import replace

from node.e2ee.account_keys import KeptKeys
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

    async def session_began(self, session: str) -> datetime | None:
        kept = self.tables.sessions.get(session)
        return None if kept is None else kept.session.created

    async def put_account_keys(
        self, account: str, actor: str, kept: KeptKeys, before: KeptKeys | None
    ) -> bool:
        if self.tables.account_keys.get(actor) != before:
            return False
        self.tables.account_keys[actor] = kept
        return True

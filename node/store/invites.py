"""Invites, and the settings of sign-up, as rows (ACC-2)."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select, update

from node.accounts.account import Role
from node.accounts.invites import Invite
from node.accounts.sign_up import Registration, watched
from node.graph.befriending import introduce
from node.store import tables
from node.store.accounts import AccountsUnit
from node.store.graph import GraphUnit
from node.store.sessions import ADMIN_SEEN
from node.store.upserts import put
from node.wire.times import from_micros, micros


def _invite(row: Any) -> Invite:
    return Invite(
        digest=row.digest,
        id=row.id,
        account=row.account,
        role=Role(row.role),
        befriends=row.befriends,
        uses_left=row.uses_left,
        created=from_micros(row.created),
        expires=from_micros(row.expires),
    )


class InvitesUnit(AccountsUnit):
    """Queries over `invites`, beside those over accounts."""

    async def _setting(self, key: str) -> str:
        table = tables.settings
        found = await self.connection.execute(select(table.c.value).where(table.c.key == key))
        return found.scalar_one_or_none() or ""

    async def domain(self) -> str:
        """The part after the @ of our people's addresses, as fixed at the first start."""
        return await self._setting("account_domain") or urlsplit(self.origin).netloc

    async def unwatched(self) -> bool:
        """Whether sign-up is open, but for want of an administrator who looks (ACC-2.13)."""
        opened = await self._setting("registration") == Registration.OPEN
        return opened and await self.registration() is not Registration.OPEN

    async def registration(self) -> Registration:
        """How people sign up now (ACC-2.13)."""
        chosen = Registration(await self._setting("registration") or Registration.INVITE)
        if chosen is not Registration.OPEN:
            return chosen
        seen = await self._setting(ADMIN_SEEN)
        return watched(chosen, from_micros(int(seen)) if seen else None, self.now)

    async def put_registration(self, registration: Registration) -> None:
        await self.connection.execute(
            put(self.connection, tables.settings, key="registration", value=str(registration))
        )
        # Chosen on the machine, it counts as a look of an administrator who was here before. Where
        # there is none, there is nobody to miss (ACC-2.13).
        if await self.admins():
            await self.admin_was_here()
        else:
            await self.miss_no_admin()

    async def miss_no_admin(self) -> None:
        table = tables.settings
        await self.connection.execute(table.delete().where(table.c.key == ADMIN_SEEN))

    async def invite(self, digest: bytes) -> Invite | None:
        table = tables.invites
        found = await self.connection.execute(select(table).where(table.c.digest == digest))
        row = found.one_or_none()
        return _invite(row) if row else None

    async def invites(self, account: str | None) -> Sequence[Invite]:
        """Those that `account` made (None: the node) and that have uses left, newest first."""
        table = tables.invites
        made_by = table.c.account.is_(None) if account is None else table.c.account == account
        found = await self.connection.execute(
            select(table)
            .where(made_by, table.c.uses_left > 0)
            .order_by(table.c.created.desc(), table.c.id.desc())
        )
        return [_invite(row) for row in found]

    async def add_invite(self, invite: Invite) -> None:
        await self.connection.execute(
            tables.invites.insert().values(
                digest=invite.digest,
                id=invite.id,
                account=invite.account,
                role=invite.role,
                befriends=invite.befriends,
                uses_left=invite.uses_left,
                created=micros(invite.created),
                expires=micros(invite.expires),
            )
        )

    async def use_invite(self, digest: bytes) -> bool:
        """Take one use, if one is left; the row decides, not what was read before."""
        table = tables.invites
        done = await self.connection.execute(
            update(table)
            .where(
                table.c.digest == digest,
                table.c.uses_left > 0,
                table.c.expires > micros(self.now),
            )
            .values(uses_left=table.c.uses_left - 1)
        )
        return bool(done.rowcount == 1)

    async def drop_invite(self, account: str | None, id: str) -> bool:
        table = tables.invites
        done = await self.connection.execute(
            table.delete().where(table.c.id == id, table.c.account.is_not_distinct_from(account))
        )
        return bool(done.rowcount)

    async def befriend(self, inviter: str, newcomer: str) -> None:
        """Make the two friends, in the words of friendship's own room."""
        await introduce(self.beside(GraphUnit), inviter, newcomer)

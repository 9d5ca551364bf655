"""The queries of mutes (spec INB-11)."""

from collections.abc import Iterable, Sequence

from sqlalchemy import bindparam, delete, select

from node.inbox.mutes import Mute, MuteKind
from node.store.hushed import LIVE
from node.store.inbox import InboxUnit
from node.store.people import people
from node.store.tables import mutes
from node.store.upserts import put
from node.wire.api.inbox import Person
from node.wire.times import from_micros, micros

_M = mutes.c
OF_ACCOUNT = (
    select(mutes)
    .where(_M.account == bindparam("account"), LIVE)
    .order_by(_M.created.desc(), _M.kind, _M.ref)
)


class MutesUnit(InboxUnit):
    """What `inbox.mutes` asks for."""

    async def mutes(self, account: str) -> Sequence[Mute]:
        asked = {"account": account, "now": micros(self.now)}
        rows = await self.connection.fetch(OF_ACCOUNT, asked)
        return [
            Mute(
                MuteKind(row.kind),
                row.ref,
                from_micros(row.created),
                from_micros(row.until) if row.until is not None else None,
            )
            for row in rows
        ]

    async def put_mute(self, account: str, mute: Mute) -> None:
        key = {"account": account, "kind": str(mute.kind), "ref": mute.ref}
        until = micros(mute.until) if mute.until else None
        at = {"created": micros(mute.created), "until": until}
        await self.connection.execute(put(self.connection, mutes, **key, **at))

    async def drop_mute(self, account: str, kind: MuteKind, ref: str) -> None:
        await self.connection.execute(
            delete(mutes).where(_M.account == account, _M.kind == str(kind), _M.ref == ref)
        )

    async def people(self, ids: Iterable[str]) -> dict[str, Person]:
        """The actors, as the API shows them."""
        return await people(self.connection, ids)

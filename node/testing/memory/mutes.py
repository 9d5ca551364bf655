"""Mutes, as in `store.mutes`."""

from collections.abc import Iterable, Sequence

from node.inbox.mutes import Mute, MuteKind
from node.testing.memory.hushed import live
from node.testing.memory.inbox import InboxUnit
from node.testing.memory.paging import shown
from node.wire.api.inbox import Person


class MutesUnit(InboxUnit):
    """What `inbox.mutes` asks for."""

    async def mutes(self, account: str) -> Sequence[Mute]:
        return sorted(
            live(self, account), key=lambda one: (-one.created.timestamp(), one.kind, one.ref)
        )

    async def put_mute(self, account: str, mute: Mute) -> None:
        self.tables.mutes[account, mute.kind, mute.ref] = mute

    async def drop_mute(self, account: str, kind: MuteKind, ref: str) -> None:
        self.tables.mutes.pop((account, kind, ref), None)

    async def people(self, ids: Iterable[str]) -> dict[str, Person]:
        return {id: shown(self.tables, id) for id in ids}

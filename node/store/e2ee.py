"""The queries of sealed messages: what `node.e2ee` reads and writes. Ciphertext only."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, bindparam, select, update

from node.e2ee.chain import Conversation, Item
from node.e2ee.envelope import Kind
from node.e2ee.mailbox import Box
from node.e2ee.members import Entry, Member
from node.store.key_packages import KeyPackagesUnit
from node.store.mailbox import MailboxUnit
from node.store.tables import (
    actors,
    conversations,
    devices,
    key_packages,
    outbox,
    participants,
    relay_items,
)
from node.store.upserts import put
from node.wire.times import micros

_HEAD = [
    conversations.c[name]
    for name in ("id", "mls_group", "creator", "hosted", "epoch", "seq", "head", "term")
]
_ITEM_NAMES = ("epoch", "attempt", "kind", "sha256", "seq", "prev", "term", "signature")
_ITEM = [relay_items.c[name].label(f"item_{name}") for name in _ITEM_NAMES]
# All that a message needs in one statement: each costs about a millisecond. An outer join stands
# for each fact that may be missing.
_ENTRY = (
    select(
        *_HEAD,
        participants.c.actor.label("member"),
        participants.c.device.label("member_device"),
        devices.c.id.label("standing"),
        devices.c.account,
        actors.c.id.label("known"),
        *_ITEM,
    )
    .join(
        participants,
        and_(participants.c.conversation == conversations.c.id, participants.c.left.is_(None)),
        isouter=True,
    )
    .join(
        devices,
        and_(devices.c.id == participants.c.device, devices.c.revoked.is_(None)),
        isouter=True,
    )
    .join(actors, actors.c.id == participants.c.actor, isouter=True)
    .join(
        relay_items,
        and_(
            relay_items.c.conversation == conversations.c.id,
            relay_items.c.sha256 == bindparam("sha256"),
        ),
        isouter=True,
    )
    .order_by(participants.c.actor, participants.c.device)
)
ENTRY_BY_ID = _ENTRY.where(conversations.c.id == bindparam("which"))
ENTRY_BY_GROUP = _ENTRY.where(conversations.c.mls_group == bindparam("which"))
KEEP_HEAD = update(conversations).where(conversations.c.id == bindparam("which"))
ITEM = relay_items.insert()


def named(what: bytes, digest: bytes) -> UUID:
    """A UUID of version 8 (RFC 9562 §5.8) for the thing of kind `what` with this digest."""
    number = int.from_bytes(hashlib.sha256(what + digest).digest()[:16], "big")
    number = number & ~(0xF << 76) | 8 << 76
    return UUID(int=number & ~(3 << 62) | 2 << 62)


class E2eeUnit(KeyPackagesUnit, MailboxUnit):
    """A transaction of sealed messages."""

    @property
    def origin(self) -> str:
        return self.context.origin

    def name_activity(self, digest: bytes) -> str:
        return f"{self.context.origin}/t/{named(b'activity', digest)}"

    def name_object(self, digest: bytes) -> str:
        return f"{self.context.origin}/o/{named(b'object', digest)}"

    async def owed(self, activity: str) -> bool:
        found = await self.connection.execute(select(outbox.c.id).where(outbox.c.id == activity))
        return found.first() is not None

    async def locals_of(self, ids: Iterable[str]) -> set[str]:
        wanted = set(ids)
        # Ours all begin with our origin: most calls need no query.
        if not any(id.startswith(f"{self.context.origin}/") for id in wanted):
            return set()
        found = await self.connection.execute(
            select(actors.c.id).where(actors.c.id.in_(wanted), actors.c.local.is_(True))
        )
        return set(found.scalars())

    async def strangers(self, ids: Iterable[str]) -> list[str]:
        wanted = set(ids)
        if not wanted:
            return []
        found = await self.connection.execute(select(actors.c.id).where(actors.c.id.in_(wanted)))
        return sorted(wanted - set(found.scalars()))

    # -- conversations ---------------------------------------------------------------------------

    async def entry(self, id: str, sha256: bytes = b"") -> Entry | None:
        return await self._entry(ENTRY_BY_ID, id, sha256)

    async def entry_of(self, group: bytes, sha256: bytes = b"") -> Entry | None:
        return await self._entry(ENTRY_BY_GROUP, group, sha256)

    async def _entry(self, query: "Select[Any]", which: str | bytes, sha256: bytes) -> Entry | None:
        found = await self.connection.execute(query, {"which": which, "sha256": sha256})
        rows = found.all()
        if not rows:
            return None
        members = (_member(row) for row in rows if row.member)
        conversation = _conversation(rows[0])
        item = _item(rows[0]) if rows[0].item_seq is not None else None
        return Entry(conversation, tuple(m for m in members if m is not None), item)

    async def open_conversation(self, conversation: Conversation) -> None:
        await self.connection.execute(
            conversations.insert().values(
                id=conversation.id,
                mls_group=conversation.group or None,
                creator=conversation.creator,
                hosted=conversation.hosted,
                epoch=conversation.epoch,
                # Said here: a default that the database sets is text to SQLite, not bytes.
                head=b"",
                group_info=b"",
                created=micros(self.now),
            )
        )

    async def keep_head(self, conversation: Conversation) -> None:
        await self.connection.execute(
            KEEP_HEAD,
            {
                "which": conversation.id,
                "mls_group": conversation.group or None,
                "epoch": conversation.epoch,
                "seq": conversation.seq,
                "head": conversation.head,
                "term": conversation.term,
            },
        )

    async def keep_group_info(self, conversation: str, group_info: bytes) -> None:
        await self.connection.execute(
            update(conversations)
            .where(conversations.c.id == conversation)
            .values(group_info=group_info)
        )

    async def group_info(self, conversation: str) -> bytes:
        found = await self.connection.execute(
            select(conversations.c.group_info).where(conversations.c.id == conversation)
        )
        return bytes(found.scalar_one())

    async def conversations_of(self, device: str) -> list[Conversation]:
        found = await self.connection.execute(
            select(*conversations.c)
            .join(participants, participants.c.conversation == conversations.c.id)
            .where(participants.c.device == device, participants.c.left.is_(None))
            .order_by(conversations.c.created, conversations.c.id)
        )
        return [_conversation(row) for row in found]

    async def join(self, conversation: str, actor: str, device: str) -> None:
        await self.connection.execute(
            put(
                self.connection,
                participants,
                conversation=conversation,
                actor=actor,
                device=device,
                joined=micros(self.now),
                left=None,
            )
        )

    async def leave(self, conversation: str, actor: str) -> None:
        await self.connection.execute(
            update(participants)
            .where(participants.c.conversation == conversation, participants.c.actor == actor)
            .values(left=micros(self.now))
        )

    async def boxes_for(self, refs: Sequence[bytes], actor: str) -> list[Box]:
        if not refs:
            return []
        found = await self.connection.execute(
            select(devices.c.id, devices.c.account)
            .join(key_packages, key_packages.c.device == devices.c.id)
            .where(
                key_packages.c.ref.in_(refs),
                key_packages.c.actor == actor,
                devices.c.revoked.is_(None),
            )
            .distinct()
            .order_by(devices.c.id)
        )
        return [Box(row.id, row.account, actor) for row in found]

    # -- the chain -------------------------------------------------------------------------------

    async def items(self, conversation: str, after: int, count: int) -> list[Item]:
        """The chain behind the item `after`, the oldest first."""
        found = await self.connection.execute(
            select(conversations.c.mls_group, *_ITEM)
            .join(relay_items, relay_items.c.conversation == conversations.c.id)
            .where(conversations.c.id == conversation, relay_items.c.seq > after)
            .order_by(relay_items.c.seq)
            .limit(count)
        )
        return [_item(row) for row in found]

    async def add_item(self, conversation: str, item: Item, actor: str) -> None:
        await self.connection.execute(
            ITEM,
            {
                "conversation": conversation,
                "seq": item.seq,
                "epoch": item.epoch,
                "attempt": item.attempt,
                "kind": item.kind,
                "sha256": item.sha256,
                "actor": actor,
                "prev": item.prev,
                "term": item.term,
                "signature": item.signature,
                "commit_epoch": item.epoch if item.kind == Kind.COMMIT else None,
                "created": micros(self.now),
            },
        )

    async def winner(self, conversation: str, epoch: int) -> bytes:
        found = await self.connection.execute(
            select(relay_items.c.sha256).where(
                relay_items.c.conversation == conversation, relay_items.c.commit_epoch == epoch
            )
        )
        return bytes(found.scalar_one_or_none() or b"")


def _conversation(row: Any) -> Conversation:
    names = ("id", "creator", "hosted", "epoch", "seq", "head", "term")
    facts = {name: getattr(row, name) for name in names}
    return Conversation(group=row.mls_group or b"", **facts)


def _member(row: Any) -> Member | None:
    """Who takes part; None for a device of ours that was revoked."""
    if row.member_device and row.standing is None:
        return None
    return Member(row.member, row.member_device, row.account or "", row.known is not None)


def _item(row: Any) -> Item:
    facts = {name: getattr(row, f"item_{name}") for name in _ITEM_NAMES}
    return Item(group=row.mls_group, **facts)

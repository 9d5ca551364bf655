"""The queries of sealed messages: what `node.e2ee` reads and writes. Ciphertext only."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from msgspec.structs import replace
from sqlalchemy import bindparam, select, update

from node.e2ee import envelope
from node.e2ee.chain import Conversation, Item
from node.e2ee.envelope import Kind, Sealed
from node.e2ee.mailbox import Box
from node.e2ee.members import MOST_BESIDE, Entry
from node.errors import Refused
from node.federation.activities.shapes import Activity, CreateSealed
from node.store.conversation_rows import (
    ENTRIES_BY_GROUP,
    ENTRIES_BY_ID,
    ITEM_COLUMNS,
    ITEMS_BY_GROUP,
    ITEMS_BY_ID,
    STANDING,
    conversation_of,
    item_of,
    member_of,
)
from node.store.incarnation import IncarnationUnit
from node.store.key_packages import KeyPackagesUnit
from node.store.mailbox import MailboxUnit
from node.store.pipeline import Pipeline, Step
from node.store.tables import (
    actors,
    conversations,
    devices,
    key_packages,
    outbox,
    participants,
    relay_items,
)
from node.store.unit import ADDRESS_NAMES, Address, UnitContext
from node.store.upserts import put
from node.wire.times import micros

EXPECTED = select(participants.c.actor).where(
    participants.c.conversation == bindparam("conversation"),
    participants.c.actor == bindparam("actor"),
    participants.c.device == "",
)
LOCALS = select(actors.c.id).where(
    actors.c.id.in_(bindparam("ids", expanding=True)), actors.c.local.is_(True)
)
OWED = select(outbox.c.id).where(outbox.c.id == bindparam("activity"))
CATCHING_UP_MICROS: Final = 86_400_000_000
TOLD_LATELY_MICROS: Final = 3_600_000_000
KEEP_HEAD = update(conversations).where(conversations.c.id == bindparam("which"))
ITEM = relay_items.insert()
LET_GO = (
    update(relay_items)
    .where(
        relay_items.c.conversation == bindparam("whose"),
        relay_items.c.commit_epoch > bindparam("after"),
    )
    .values(commit_epoch=None)
)


def named(what: bytes, digest: bytes) -> UUID:
    """A UUID of version 8 (RFC 9562 §5.8) for the thing of kind `what` with this digest."""
    number = int.from_bytes(hashlib.sha256(what + digest).digest()[:16], "big")
    number = number & ~(0xF << 76) | 8 << 76
    return UUID(int=number & ~(3 << 62) | 2 << 62)


class E2eeUnit(KeyPackagesUnit, MailboxUnit):
    """A transaction of sealed messages. What it read of conversations it knows to its end."""

    def __init__(self, connection: Pipeline, context: UnitContext) -> None:
        super().__init__(connection, context)
        self.read_anew()

    def read_anew(self) -> None:
        """Read anew: what was written may have been taken back."""
        self._entries: dict[str, Entry | None] = {}
        self._groups: dict[bytes, list[str]] = {}
        self._placed: dict[tuple[str, bytes], Item] = {}
        self._looked: set[tuple[str | bytes, bytes]] = set()
        self._known_addresses: dict[str, Address] = {}

    @property
    def origin(self) -> str:
        return self.context.origin

    def name_activity(self, digest: bytes) -> str:
        return f"{self.context.origin}/t/{named(b'activity', digest)}"

    def name_object(self, digest: bytes) -> str:
        return f"{self.context.origin}/o/{named(b'object', digest)}"

    async def owed(self, activity: str) -> bool:
        return bool(await self.connection.fetch(OWED, {"activity": activity}))

    async def locals_of(self, ids: Iterable[str]) -> set[str]:
        wanted = set(ids)
        # Ours all begin with our origin: most calls need no query.
        if not any(id.startswith(f"{self.context.origin}/") for id in wanted):
            return set()
        found = await self.connection.fetch(LOCALS, {"ids": sorted(wanted)})
        return {row.id for row in found}

    async def strangers(self, ids: Iterable[str]) -> list[str]:
        wanted = set(ids)
        if not wanted:
            return []
        found = await self.connection.execute(select(actors.c.id).where(actors.c.id.in_(wanted)))
        return sorted(wanted - set(found.scalars()))

    # -- conversations ---------------------------------------------------------------------------

    async def entry(self, id: str, sha256: bytes = b"") -> Entry | None:
        if (id, sha256) not in self._looked:
            asked = {"ids": [id], "digests": [sha256]}
            await self._read((ENTRIES_BY_ID, asked), (ITEMS_BY_ID, asked))
            self._looked.add((id, sha256))
        return self._entry(id, sha256)

    async def entries_of(self, group: bytes, sha256: bytes = b"") -> list[Entry]:
        if (group, sha256) not in self._looked:
            await self._look_up([(group, sha256)])
        known = (self._entry(id, sha256) for id in self._groups.get(group, ()))
        found = [one for one in known if one is not None]
        return sorted(found, key=lambda one: one.conversation.beside)

    async def entries_at(self, url: str) -> list[Entry]:
        if (url, url.encode()) not in self._looked:
            may_be = [url, *(f"{url}#{number}" for number in range(1, MOST_BESIDE))]
            # Nearly always one: the whole entries are asked for by the ids that there are.
            there = [row.id for row in await self.connection.fetch(STANDING, {"ids": may_be})]
            asked = {"ids": there or [url], "digests": [b""]}
            await self._read((ENTRIES_BY_ID, asked), (ITEMS_BY_ID, asked))
            self._looked.add((url, url.encode()))
        known = (self._entry(id, b"") for id in sorted(self._entries))
        return [one for one in known if one is not None and one.conversation.address == url]

    async def prepare(self, activities: Sequence[Activity]) -> None:
        said = [one.content for one in activities if isinstance(one, CreateSealed)]
        if asked := [(one.group, one.sha256) for one in _readable(said) if one.group]:
            await self._look_up(asked)

    async def _look_up(self, asked: Sequence[tuple[bytes, bytes]]) -> None:
        values = {"groups": [g for g, _ in asked], "digests": [sha256 for _, sha256 in asked]}
        await self._read((ENTRIES_BY_GROUP, values), (ITEMS_BY_GROUP, values))
        self._looked.update(asked)

    async def _read(self, entries: Step, items: Step) -> None:
        rows, placed = await self.connection.fetch_all(entries, items)
        for id, own in groupby(rows, lambda row: row.id):
            if id not in self._entries:  # what this unit changed is newer than its question
                self._keep(id, list(own))
        for row in placed:
            self._placed.setdefault((row.id, bytes(row.item_sha256)), item_of(row))

    def _keep(self, id: str, rows: Sequence[Any]) -> None:
        found = [(row.member, member_of(row)) for row in rows if row.member]
        conversation = conversation_of(rows[0])
        members = tuple(member for _, member in found if member is not None)
        lost = {actor for actor, member in found if member is None}
        lost -= {member.actor for member in members}
        self._entries[id] = Entry(conversation, members, lost=tuple(sorted(lost)))
        if conversation.group:
            self._groups.setdefault(conversation.group, []).append(id)
        for row in rows:
            if row.actor_id is not None:
                facts = (getattr(row, f"actor_{name}") for name in ADDRESS_NAMES)
                self._known_addresses[row.actor_id] = Address(*facts)

    def _entry(self, id: str, sha256: bytes) -> Entry | None:
        known = self._entries.get(id)
        return replace(known, item=self._placed.get((id, sha256))) if known else None

    async def _addresses(self, actors: Sequence[str]) -> Sequence[Any]:
        known = self._known_addresses
        if all(actor in known for actor in actors):
            return [known[actor] for actor in actors]
        return await super()._addresses(actors)

    async def open_conversation(self, conversation: Conversation) -> None:
        await self.connection.execute(
            conversations.insert().values(
                id=conversation.id,
                mls_group=conversation.group or None,
                creator=conversation.creator,
                hosted=conversation.hosted,
                epoch=conversation.epoch,
                term=conversation.term,
                beside=conversation.beside,
                # Said here: a default that the database sets is text to SQLite, not bytes.
                head=b"",
                group_info=b"",
                created=micros(self.now),
            )
        )
        self.read_anew()

    async def keep_head(self, conversation: Conversation) -> None:
        known = self._entries.get(conversation.id)
        if known is not None:
            self._entries[conversation.id] = replace(known, conversation=conversation)
            if known.conversation.group != conversation.group:
                ids = self._groups.get(known.conversation.group, [])
                self._groups[known.conversation.group] = [id for id in ids if id != conversation.id]
                if conversation.group:
                    self._groups.setdefault(conversation.group, []).append(conversation.id)
        self.connection.later(
            KEEP_HEAD,
            {
                "which": conversation.id,
                "mls_group": conversation.group or None,
                "epoch": conversation.epoch,
                "seq": conversation.seq,
                "head": conversation.head,
                "term": conversation.term,
                "beside": conversation.beside,
            },
        )

    async def keep_group_info(self, conversation: str, group_info: bytes) -> None:
        kept = update(conversations).where(conversations.c.id == conversation)
        await self.connection.execute(kept.values(group_info=group_info))

    async def group_info(self, conversation: str) -> bytes:
        asked = select(conversations.c.group_info).where(conversations.c.id == conversation)
        found = await self.connection.execute(asked)
        return bytes(found.scalar_one())

    async def conversations_of(self, device: str) -> list[Conversation]:
        found = await self.connection.execute(
            select(*conversations.c)
            .join(participants, participants.c.conversation == conversations.c.id)
            .where(participants.c.device == device, participants.c.left.is_(None))
            .order_by(conversations.c.created, conversations.c.id)
        )
        return [conversation_of(row) for row in found]

    async def join(self, conversation: str, actor: str, device: str, share: str = "") -> None:
        await self.connection.execute(
            put(
                self.connection,
                participants,
                conversation=conversation,
                actor=actor,
                device=device,
                share=share or actor,
                gone="",
                joined=micros(self.now),
                left=None,
            )
        )
        self.read_anew()

    async def tell_gone(self, conversation: str, actor: str, by: Sequence[str]) -> None:
        await self.connection.execute(
            update(participants)
            .where(participants.c.conversation == conversation, participants.c.actor == actor)
            .values(gone="\n".join(by))
        )
        self.read_anew()

    async def leave(self, conversation: str, actor: str, device: str = "") -> None:
        mine = [participants.c.conversation == conversation, participants.c.actor == actor]
        if device:
            mine.append(participants.c.device == device)
        await self.connection.execute(
            update(participants).where(*mine).values(left=micros(self.now))
        )
        self.read_anew()

    async def restored(self) -> bool:
        return bool(await self.beside(IncarnationUnit).restored_at())

    async def restored_lately(self) -> bool:
        restored = await self.beside(IncarnationUnit).restored_at()
        return bool(restored) and micros(self.now) - restored < CATCHING_UP_MICROS

    async def may_be_named(self, conversation: str) -> bool:
        restored = await self.beside(IncarnationUnit).restored_at()
        asked = select(conversations.c.created).where(conversations.c.id == conversation)
        created = (await self.connection.execute(asked)).scalar_one_or_none() or 0
        if created < restored:
            return micros(self.now) - restored < CATCHING_UP_MICROS
        return bool(micros(self.now) - created < TOLD_LATELY_MICROS)

    async def expect(self, conversation: str, actor: str) -> None:
        # As one who has left, and without a device: nothing is sent to such a row.
        now = micros(self.now)
        await self.connection.execute(
            put(
                self.connection,
                participants,
                conversation=conversation,
                actor=actor,
                device="",
                share=actor,
                joined=now,
                left=now,
            )
        )

    async def expected(self, conversation: str, actor: str) -> bool:
        asked = {"conversation": conversation, "actor": actor}
        return bool(await self.connection.fetch(EXPECTED, asked))

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

    async def published(self, refs: Sequence[bytes], actor: str) -> bool:
        if not refs:
            return False
        asked = select(key_packages.c.ref).where(
            key_packages.c.ref.in_(refs), key_packages.c.actor == actor
        )
        return (await self.connection.execute(asked.limit(1))).first() is not None

    # -- the chain -------------------------------------------------------------------------------

    async def items(self, conversation: str, after: int, count: int) -> list[Item]:
        """The chain behind the item `after`, the oldest first."""
        found = await self.connection.execute(
            select(conversations.c.mls_group, *ITEM_COLUMNS)
            .join(relay_items, relay_items.c.conversation == conversations.c.id)
            .where(conversations.c.id == conversation, relay_items.c.seq > after)
            .order_by(relay_items.c.seq)
            .limit(count)
        )
        return [item_of(row) for row in found]

    async def add_item(self, conversation: str, item: Item, actor: str) -> None:
        self._placed[conversation, item.sha256] = item
        self.connection.later(
            ITEM,
            {
                "conversation": conversation,
                "seq": item.seq,
                "epoch": item.epoch,
                "attempt": item.attempt,
                "kind": str(item.kind),
                "sha256": item.sha256,
                "actor": actor,
                "prev": item.prev,
                "term": item.term,
                "signature": item.signature,
                "commit_epoch": item.epoch if item.kind == Kind.COMMIT else None,
                "created": micros(self.now),
            },
        )

    async def let_go(self, conversation: str, epoch: int) -> None:
        self.connection.later(LET_GO, {"whose": conversation, "after": epoch})

    async def forgetful(self, conversation: Conversation) -> bool:
        restored = await self.beside(IncarnationUnit).restored_at()
        if not restored or conversation.term:
            return bool(restored)  # a later term begins where something was forgotten
        asked = select(conversations.c.created).where(conversations.c.id == conversation.id)
        found = await self.connection.execute(asked)
        return (found.scalar_one_or_none() or 0) <= restored

    async def winner(self, conversation: str, epoch: int) -> bytes:
        found = await self.connection.execute(
            select(relay_items.c.sha256).where(
                relay_items.c.conversation == conversation, relay_items.c.commit_epoch == epoch
            )
        )
        return bytes(found.scalar_one_or_none() or b"")


def _readable(contents: Iterable[bytes]) -> Iterator[Sealed]:
    for content in contents:
        with suppress(Refused):
            yield envelope.read(content)

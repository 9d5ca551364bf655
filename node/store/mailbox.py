"""The queries of the mailbox. Ciphertext only, and each once, whoever waits for it."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from msgspec.structs import replace
from sqlalchemy import and_, bindparam, delete, exists, func, literal, or_, select, update

from node.e2ee.envelope import Kind, Sealed
from node.e2ee.mailbox import SENDERS_SHARE, Box, Room, Waiting
from node.e2ee.returning import Unread
from node.store.tables import ciphertexts, devices, events, mailbox, participants
from node.store.unit import Unit
from node.store.upserts import insert_ignore
from node.wire.times import day_of, micros

MAIL_KEPT = timedelta(days=30)
UNFETCHED_AFTER = timedelta(days=3)
SEALED = "sealed"  # the kind of the event that tells of an item

_M, _E, _C = mailbox.c, events.c, ciphertexts.c
_MINE = _M.device == bindparam("device")
_UPTO = _M.seq <= bindparam("upto")
_WITH_BODY = mailbox.join(ciphertexts, _C.sha256 == _M.sha256)
_ITEM = (_M.seq, _M.conversation, _M.actor, _M.kind, _M.created, _C.body)
SIZES = (
    select(_M.seq, _M.size)
    .where(_MINE, _M.seq > bindparam("after"), _M.created > bindparam("kept"))
    .order_by(_M.seq)
    .limit(bindparam("count"))
)
CHOSEN = (
    select(*_ITEM)
    .select_from(_WITH_BODY)
    .where(_M.seq.in_(bindparam("chosen", expanding=True)))
    .order_by(_M.seq)
)
HELD = select(_M.device).where(
    _M.sha256 == bindparam("sha256"), _M.device.in_(bindparam("devices", expanding=True))
)
# The event takes the item's number from the row that was just put.
TELL = events.insert().from_select(
    ["account", "device", "kind", "item", "created"],
    select(
        bindparam("account", type_=_E.account.type),
        _M.device,
        literal(SEALED),
        _M.seq,
        _M.created,
    ).where(_MINE, _M.sha256 == bindparam("sha256")),
)
_OTHER = mailbox.alias("other").c
# Before the items themselves: a ciphertext goes with the last who waited for it.
FORGET = delete(ciphertexts).where(
    _C.sha256.in_(select(_M.sha256).where(_MINE, _UPTO)),
    ~exists().where(
        _OTHER.sha256 == _C.sha256,
        or_(_OTHER.device != bindparam("device"), _OTHER.seq > bindparam("upto")),
    ),
)
DROP = delete(mailbox).where(_MINE, _UPTO)
# The newest event of all stays: by its number a stream knows that it was not set back.
DROP_EVENTS = delete(events).where(
    _E.account == bindparam("account"),
    _E.device == bindparam("device"),
    _E.item <= bindparam("upto"),
    _E.seq < select(func.max(_E.seq)).scalar_subquery(),
)

# All shares in which the sender has a part, whatever their conversation is said to be.
_SHARES = select(participants.c.share).where(participants.c.actor == bindparam("sender"))
_THEIRS = or_(_M.share == bindparam("sender"), _M.share.in_(_SHARES))
# Of a revoked device too: its mail is given back.
_UNREAD = select(
    _M.seq, _M.device, _M.conversation, _M.actor, _M.kind, _M.sha256,
    _M.created, devices.c.account, devices.c.actor.label("owner"),
).join(devices, devices.c.id == _M.device).limit(bindparam("count"))  # fmt: skip
UNREAD_OF = _UNREAD.where(_MINE).order_by(_M.seq)
CHANGES = (
    select(_M.seq)
    .where(
        _MINE,
        _M.seq > bindparam("after"),
        _M.conversation == bindparam("conversation"),
        _M.kind.in_((Kind.COMMIT.value, Kind.WELCOME.value)),
    )
    .limit(1)
)
MUCH_RETURNED = (
    select(_M.device)
    .where(
        _M.device.in_(bindparam("devices", expanding=True)),
        _M.conversation == bindparam("conversation"),
        _M.actor == bindparam("actor"),
        _M.kind == Kind.RETURNED.value,
    )
    .group_by(_M.device)
    .having(func.count() >= bindparam("most"))
    .limit(1)
)
EXPIRED = _UNREAD.where(_M.created < bindparam("kept")).order_by(_M.created, _M.seq)
# Of a sender the newest stands for all that waits there. Each old row is passed once: two
# conversations of thousands of words are no more than one of all of them.
_NEWEST, _NEWEST_TOLD = func.max(_M.seq), func.coalesce(func.max(_M.seq).filter(_M.told), 0)
_HEADS = (
    select(_NEWEST.label("newest"), func.min(_M.created).label("first"), _NEWEST_TOLD.label("told"))
    .where(_M.kind == Kind.APPLICATION.value, _M.created < bindparam("kept"))
    .group_by(_M.device, _M.conversation, _M.actor)
    .having(_NEWEST > _NEWEST_TOLD)
    .subquery()
)
UNFETCHED = (
    select(
        _M.seq, _M.device, _M.conversation, _M.actor, _M.kind, _M.sha256,
        _HEADS.c.first.label("created"), devices.c.account, devices.c.actor.label("owner"),
        (_HEADS.c.told > 0).label("told"),
    )
    .select_from(_HEADS)
    .join(mailbox, _M.seq == _HEADS.c.newest)
    .join(devices, and_(devices.c.id == _M.device, devices.c.revoked.is_(None)))
    .order_by(_HEADS.c.told > 0, _M.seq)
    .limit(bindparam("count"))
)  # fmt: skip
KEEP_TOLD = update(mailbox).where(_M.seq == bindparam("one")).values(told=True)
HOLDS = (
    select(
        devices.c.actor,
        func.sum(_M.size).label("bytes"),
        func.sum(_M.size).filter(_THEIRS).label("theirs"),
    )
    .select_from(mailbox)
    .join(devices, and_(devices.c.id == _M.device, devices.c.revoked.is_(None)))
    .where(devices.c.actor.in_(bindparam("recipients", expanding=True)))
    .group_by(_M.device, devices.c.actor)
)


class MailboxUnit(Unit):
    """A transaction of the mailbox."""

    async def put_mail(
        self, boxes: Sequence[Box], conversation: str, actor: str, sealed: Sealed, share: str = ""
    ) -> None:
        asked = {"sha256": sealed.sha256, "devices": [box.device for box in boxes]}
        held = {row.device for row in await self.connection.fetch(HELD, asked)}
        wanted = [box for box in boxes if box.device not in held]
        if not wanted:
            return
        self.connection.later(
            insert_ignore(self.connection, ciphertexts),
            {"sha256": sealed.sha256, "body": sealed.body},
        )
        for box in wanted:
            self.connection.later(
                insert_ignore(self.connection, mailbox),
                {
                    "device": box.device,
                    "conversation": conversation,
                    "actor": actor,
                    "share": share or actor,
                    "kind": str(sealed.kind),
                    "sha256": sealed.sha256,
                    "size": len(sealed.body),
                    "created": micros(self.now),
                },
            )
        for box in wanted:
            self._in_order(box.account)
            told = {"account": box.account, "device": box.device, "sha256": sealed.sha256}
            self.connection.later(TELL, told)

    async def mail_of(self, device: str, after: int, count: int, most: int) -> list[Waiting]:
        kept = micros(self.now - MAIL_KEPT)
        sizes = await self.connection.fetch(
            SIZES, {"device": device, "after": after, "kept": kept, "count": count}
        )
        chosen: list[int] = []
        total = 0
        for row in sizes:
            total += row.size
            if chosen and total > most:
                break
            chosen.append(row.seq)
        return [_waiting(row) for row in await self.connection.fetch(CHOSEN, {"chosen": chosen})]

    async def full(self, actors: Iterable[str], sender: str) -> bool:
        return any(room.none for room in (await self.rooms(actors, sender)).values())

    async def rooms(self, actors: Iterable[str], sender: str) -> dict[str, Room]:
        limit = self.context.mailbox_limit_bytes
        asked = {"recipients": list(actors), "sender": sender}
        found = {actor: Room(limit, limit // SENDERS_SHARE) for actor in asked["recipients"]}
        for row in await self.connection.fetch(HOLDS, asked):
            # The device that has least: what is for one of them is for all.
            found[row.actor] = found[row.actor].least(
                Room(limit - int(row.bytes), limit // SENDERS_SHARE - int(row.theirs or 0))
            )
        return found

    async def drop_mail(self, box: Box, upto: int) -> None:
        mine = {"device": box.device, "upto": upto}
        self.connection.later(FORGET, mine)
        self.connection.later(DROP, mine)
        self.connection.later(DROP_EVENTS, {**mine, "account": box.account})

    async def changes_wait(self, device: str, conversation: str, after: int) -> bool:
        asked = {"device": device, "conversation": conversation, "after": after}
        return bool(await self.connection.fetch(CHANGES, asked))

    async def holders(self, sha256: bytes, devices: Sequence[str]) -> set[str]:
        if not devices:
            return set()
        asked = {"sha256": sha256, "devices": list(devices)}
        return {row.device for row in await self.connection.fetch(HELD, asked)}

    async def much_returned(
        self, devices: Sequence[str], conversation: str, actor: str, most: int
    ) -> bool:
        asked = {"devices": list(devices), "conversation": conversation, "actor": actor}
        return bool(await self.connection.fetch(MUCH_RETURNED, {**asked, "most": most}))

    async def unread_of(self, device: str, count: int) -> list[Unread]:
        found = await self.connection.fetch(UNREAD_OF, {"device": device, "count": count})
        return [_unread(row) for row in found]

    async def expired_mail(self, count: int) -> list[Unread]:
        kept = micros(self.now - MAIL_KEPT)
        found = await self.connection.fetch(EXPIRED, {"kept": kept, "count": count})
        return [_unread(row) for row in found]

    async def unfetched_mail(self, count: int) -> list[Unread]:
        kept = micros(day_of(self.now) - UNFETCHED_AFTER)
        found = await self.connection.fetch(UNFETCHED, {"kept": kept, "count": count})
        return [replace(_unread(row), told=bool(row.told)) for row in found]

    async def keep_told(self, seqs: Sequence[int]) -> None:
        for seq in seqs:
            self.connection.later(KEEP_TOLD, {"one": seq})

    async def received_by(self, account: str, count: int) -> tuple[int, list[Waiting]]:
        """How many messages wait for the devices of `account`; the latest, once each."""
        ours = select(devices.c.id).where(devices.c.account == account)
        newest = (
            select(func.max(_M.seq).label("seq"))
            .where(_M.device.in_(ours), _M.kind != Kind.RETURNED.value)
            .group_by(_M.sha256)
            .subquery()
        )
        total = await self.connection.execute(select(func.count()).select_from(newest))
        found = await self.connection.execute(
            select(*_ITEM)
            .select_from(_WITH_BODY)
            .join(newest, newest.c.seq == _M.seq)
            .order_by(_M.seq.desc())
            .limit(count)
        )
        return int(total.scalar_one()), [_waiting(row) for row in found]


def _unread(row: Any) -> Unread:
    box = Box(row.device, row.account, row.owner)
    sha256 = bytes(row.sha256)
    return Unread(row.seq, box, row.conversation, row.actor, row.kind, sha256, row.created)


def _waiting(row: Any) -> Waiting:
    return Waiting(row.seq, row.conversation, row.actor, row.kind, row.created, row.body)

"""The queries of the mailbox. Ciphertext only."""

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import and_, bindparam, delete, func, or_, select

from node.e2ee.envelope import Sealed
from node.e2ee.mailbox import SENDERS_SHARE, Box, Waiting
from node.store.tables import devices, events, mailbox
from node.store.unit import Unit
from node.store.upserts import insert_ignore
from node.wire.times import micros

MAIL_KEPT = timedelta(days=30)

_M, _E = mailbox.c, events.c
_MINE = _M.device == bindparam("device")
_UPTO = _M.seq <= bindparam("upto")
SIZES = (
    select(_M.seq, func.length(_M.body).label("size"))
    .where(_MINE, _M.seq > bindparam("after"), _M.created > bindparam("kept"))
    .order_by(_M.seq)
    .limit(bindparam("count"))
)
CHOSEN = select(mailbox).where(_M.seq.in_(bindparam("chosen", expanding=True))).order_by(_M.seq)
NEWEST = select(func.max(_M.created)).where(_MINE, _UPTO)
OLDEST = select(func.min(_M.created)).where(_MINE)
DROP = delete(mailbox).where(_MINE, _UPTO)
# The newest event of all stays: by its number a stream knows that it was not set back.
DROP_EVENTS = delete(events).where(
    _E.account == bindparam("account"),
    _E.device == bindparam("device"),
    _E.kind == "sealed",
    _E.created < bindparam("end"),
    _E.seq < select(func.max(_E.seq)).scalar_subquery(),
)

FULL = (
    select(_M.device)
    .join(devices, and_(devices.c.id == _M.device, devices.c.revoked.is_(None)))
    .where(devices.c.actor.in_(bindparam("recipients", expanding=True)))
    .group_by(_M.device)
    .having(
        or_(
            func.sum(_M.size) >= bindparam("limit"),
            func.sum(_M.size).filter(_M.actor == bindparam("sender")) >= bindparam("share"),
        )
    )
    .limit(1)
)


class MailboxUnit(Unit):
    """A transaction of the mailbox."""

    async def put_mail(
        self, device: str, conversation: str, actor: str, sealed: Sealed
    ) -> Waiting | None:
        at = micros(self.now)
        added = await self.connection.execute(
            insert_ignore(self.connection, mailbox, _M.seq),
            {
                "device": device,
                "conversation": conversation,
                "actor": actor,
                "kind": str(sealed.kind),
                "body": sealed.body,
                "sha256": sealed.sha256,
                "size": len(sealed.body),
                "created": at,
            },
        )
        seq = added.scalar_one_or_none()
        if seq is None:
            return None
        return Waiting(seq, conversation, actor, str(sealed.kind), at, sealed.body)

    async def mail_of(self, device: str, after: int, count: int, most: int) -> list[Waiting]:
        kept = micros(self.now - MAIL_KEPT)
        sizes = await self.connection.execute(
            SIZES, {"device": device, "after": after, "kept": kept, "count": count}
        )
        chosen: list[int] = []
        total = 0
        for row in sizes:
            total += row.size
            if chosen and total > most:
                break
            chosen.append(row.seq)
        found = await self.connection.execute(CHOSEN, {"chosen": chosen})
        return [
            Waiting(row.seq, row.conversation, row.actor, row.kind, row.created, row.body)
            for row in found
        ]

    async def full(self, actors: Iterable[str], sender: str) -> bool:
        limit = self.context.mailbox_limit_bytes
        found = await self.connection.execute(
            FULL,
            {
                "recipients": list(actors),
                "sender": sender,
                "limit": limit,
                "share": limit // SENDERS_SHARE,
            },
        )
        return found.first() is not None

    async def drop_mail(self, box: Box, upto: int) -> None:
        device = {"device": box.device}
        found = await self.connection.execute(NEWEST, {**device, "upto": upto})
        newest = found.scalar_one_or_none()
        if newest is None:
            return
        await self.connection.execute(DROP, {**device, "upto": upto})
        left = await self.connection.execute(OLDEST, device)
        oldest = left.scalar_one_or_none()
        # One unit gives several items one instant: the event of one that still waits stays.
        end = newest + 1 if oldest is None else min(newest + 1, oldest)
        await self.connection.execute(DROP_EVENTS, {**device, "account": box.account, "end": end})

    async def received_by(self, account: str, count: int) -> tuple[int, list[Waiting]]:
        """How many messages wait for the devices of `account`; the latest, once each."""
        ours = select(devices.c.id).where(devices.c.account == account)
        newest = (
            select(func.max(mailbox.c.seq).label("seq"))
            .where(mailbox.c.device.in_(ours))
            .group_by(mailbox.c.sha256)
            .subquery()
        )
        total = await self.connection.execute(select(func.count()).select_from(newest))
        found = await self.connection.execute(
            select(mailbox)
            .join(newest, newest.c.seq == mailbox.c.seq)
            .order_by(mailbox.c.seq.desc())
            .limit(count)
        )
        waiting = [
            Waiting(row.seq, row.conversation, row.actor, row.kind, row.created, row.body)
            for row in found
        ]
        return int(total.scalar_one()), waiting

"""The queries of the mailbox. Ciphertext only."""

from datetime import timedelta

from sqlalchemy import delete, func, select

from node.e2ee.envelope import Sealed
from node.e2ee.mailbox import Box, Waiting
from node.store.tables import devices, events, mailbox
from node.store.unit import Unit
from node.store.upserts import insert_ignore
from node.wire.times import micros

MAIL_KEPT = timedelta(days=30)


class MailboxUnit(Unit):
    """A transaction of the mailbox."""

    async def put_mail(
        self, device: str, conversation: str, actor: str, sealed: Sealed
    ) -> Waiting | None:
        at = micros(self.now)
        added = await self.connection.execute(
            insert_ignore(self.connection, mailbox)
            .values(
                device=device,
                conversation=conversation,
                actor=actor,
                kind=str(sealed.kind),
                body=sealed.body,
                sha256=sealed.sha256,
                created=at,
            )
            .returning(mailbox.c.seq)
        )
        seq = added.scalar_one_or_none()
        if seq is None:
            return None
        return Waiting(seq, conversation, actor, str(sealed.kind), at, sealed.body)

    async def mail_of(self, device: str, after: int, count: int, most: int) -> list[Waiting]:
        kept = micros(self.now - MAIL_KEPT)
        sizes = await self.connection.execute(
            select(mailbox.c.seq, func.length(mailbox.c.body).label("size"))
            .where(mailbox.c.device == device, mailbox.c.seq > after, mailbox.c.created > kept)
            .order_by(mailbox.c.seq)
            .limit(count)
        )
        chosen: list[int] = []
        total = 0
        for row in sizes:
            total += row.size
            if chosen and total > most:
                break
            chosen.append(row.seq)
        found = await self.connection.execute(
            select(mailbox).where(mailbox.c.seq.in_(chosen)).order_by(mailbox.c.seq)
        )
        return [
            Waiting(row.seq, row.conversation, row.actor, row.kind, row.created, row.body)
            for row in found
        ]

    async def drop_mail(self, box: Box, upto: int) -> None:
        mine = mailbox.c.device == box.device
        found = await self.connection.execute(
            select(func.max(mailbox.c.created)).where(mine, mailbox.c.seq <= upto)
        )
        newest = found.scalar_one_or_none()
        if newest is None:
            return
        await self.connection.execute(delete(mailbox).where(mine, mailbox.c.seq <= upto))
        left = await self.connection.execute(select(func.min(mailbox.c.created)).where(mine))
        oldest = left.scalar_one_or_none()
        # One unit gives several items one instant: the event of one that still waits stays.
        end = newest + 1 if oldest is None else min(newest + 1, oldest)
        # The newest event of all stays: by its number a stream knows that it was not set back.
        tail = select(func.max(events.c.seq)).scalar_subquery()
        await self.connection.execute(
            delete(events).where(
                events.c.account == box.account,
                events.c.device == box.device,
                events.c.kind == "sealed",
                events.c.created < end,
                events.c.seq < tail,
            )
        )

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

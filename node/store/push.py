"""The queries of Web Push: subscriptions, and the events that they were not told of (spec PSH)."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, exists, func, or_, select, update

from node.accounts.push import Kind, News, Subscription, kind_of
from node.store.hushed import of_sender
from node.store.tables import accounts, events, mailbox, push_subscriptions, sessions
from node.store.unit import Unit
from node.wire.times import from_micros, micros

MOST_NEWS = 200  # events of one look; what is behind them is found by the next
_P, _E, _S, _A = push_subscriptions.c, events.c, sessions.c, accounts.c
STANDING = (
    select(push_subscriptions)
    .join(sessions, _S.id == _P.session)
    .join(accounts, _A.id == _P.account)
    .where(_P.account == bindparam("account"), _S.revoked.is_(None), _A.state == "active")
    .order_by(_P.created.desc(), _P.id.desc())
)
ACCOUNTS = (
    select(_P.account)
    .where(_P.account > bindparam("after"))
    .order_by(_P.account)
    .distinct()
    .limit(bindparam("most"))
)
NEWEST = select(func.max(_E.seq).label("seq")).where(_E.account == bindparam("account"))
NEWS = (
    select(_E.seq, _E.kind, _E.data)
    .where(
        _E.account == bindparam("account"),
        _E.seq > bindparam("after"),
        _E.kind.in_(("sealed", "notice")),
        or_(_E.device == "", _E.device == bindparam("device")),
        # The event of an item may outlive it; what the device took is no news.
        # So it is where its sender is muted.
        or_(
            _E.item.is_(None),
            exists().where(mailbox.c.seq == _E.item, ~of_sender(bindparam("account"))),
        ),
    )
    .order_by(_E.seq)
    .limit(MOST_NEWS)
)


class PushUnit(Unit):
    """A transaction of subscriptions."""

    async def newest_event(self, account: str) -> int:
        [row] = await self.connection.fetch(NEWEST, {"account": account})
        return row.seq or 0

    async def subscriptions(self, account: str) -> Sequence[Subscription]:
        rows = await self.connection.fetch(STANDING, {"account": account})
        found = [_subscription(row) for row in rows]
        return [one for one in found if one.expires is None or one.expires > self.now]

    async def accounts_after(self, after: str, most: int) -> list[str]:
        """Accounts of which a browser is told."""
        rows = await self.connection.fetch(ACCOUNTS, {"after": after, "most": most})
        return [row.account for row in rows]

    async def news(self, subscription: Subscription) -> list[News]:
        """What it was not told of, the oldest first. What was seen meanwhile is none."""
        rows = await self.connection.fetch(
            NEWS,
            {
                "account": subscription.account,
                "after": subscription.pushed,
                "device": subscription.device,
                "now": micros(self.now),
            },
        )
        return [News(row.seq, kind_of(row.kind, _notice(row.data))) for row in rows]

    async def put_subscription(self, subscription: Subscription) -> None:
        await self.connection.execute(
            delete(push_subscriptions).where(_P.session == subscription.session)
        )
        await self.connection.execute(
            push_subscriptions.insert().values(
                id=subscription.id,
                account=subscription.account,
                session=subscription.session,
                device=subscription.device,
                endpoint=subscription.endpoint,
                public=subscription.public,
                auth=subscription.auth,
                kinds=" ".join(subscription.kinds),
                created=micros(subscription.created),
                expires=_micros(subscription.expires),
                pushed=subscription.pushed,
            )
        )
        self.wakes.add("push")

    async def keep_outcome(self, subscription: Subscription) -> None:
        """How far it was told, and how its push service took it."""
        await self.connection.execute(
            update(push_subscriptions)
            .where(_P.id == subscription.id)
            .values(
                pushed=subscription.pushed,
                told=_micros(subscription.told),
                failures=subscription.failures,
                failing=_micros(subscription.failing),
                due=_micros(subscription.due),
            )
        )

    async def drop_subscriptions(self, account: str, ids: Sequence[str]) -> int:
        gone = await self.connection.execute(
            delete(push_subscriptions).where(_P.account == account, _P.id.in_(list(ids)))
        )
        self.wakes.add("push")
        return int(gone.rowcount)


def _micros(at: datetime | None) -> int | None:
    return None if at is None else micros(at)


def _instant(at: int | None) -> datetime | None:
    return None if at is None else from_micros(at)


def _notice(data: str) -> str:
    return str(json.loads(data).get("kind", ""))


def _subscription(row: Any) -> Subscription:
    return Subscription(
        id=row.id,
        account=row.account,
        session=row.session,
        device=row.device,
        endpoint=row.endpoint,
        public=bytes(row.public),
        auth=bytes(row.auth),
        kinds=tuple(Kind(word) for word in row.kinds.split()),
        created=from_micros(row.created),
        pushed=row.pushed,
        expires=_instant(row.expires),
        told=_instant(row.told),
        failures=row.failures,
        failing=_instant(row.failing),
        due=_instant(row.due),
    )

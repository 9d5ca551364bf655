"""The purge: one rule per table that forgets, in the words of its `keep` in `tables`.

`RULES` repeats these words, and a test compares them: nobody changes one of the two alone.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from node.ports import Clock
from node.store import tables
from node.store.database import Database
from node.wire.times import micros

Ago: TypeAlias = Callable[[timedelta], int]
Rule: TypeAlias = Callable[[Ago], ColumnElement[bool]]

GROUP = 500  # rows of one transaction: the writer is not held for long
DAY = timedelta(days=1)


def _actors(ago: Ago) -> ColumnElement[bool]:
    a = tables.actors.c
    references = (
        tables.follows.c.follower,
        tables.follows.c.followed,
        tables.friendships.c.other,
        tables.posts.c.author,
        tables.reactions.c.actor,
        tables.participants.c.actor,
        tables.key_packages.c.actor,
        tables.audiences.c.ref,
        tables.notices.c.actor,
        tables.arrivals.c.actor,
    )
    unused = [~exists().where(column == a.id) for column in references]
    return and_(a.local.is_(False), a.suspended.is_(None), a.fetched < ago(90 * DAY), *unused)


def _keys(_ago: Ago) -> ColumnElement[bool]:
    k = tables.keys.c
    return and_(k.private.is_(None), ~exists().where(tables.actors.c.id == k.actor))


def _peers(ago: Ago) -> ColumnElement[bool]:
    p, d = tables.peers.c, tables.deliveries.c
    owed = exists().where(d.host == p.host, d.state == "due")
    return and_(p.suspended.is_(None), p.last_success < ago(180 * DAY), ~owed)


def _arrivals(ago: Ago) -> ColumnElement[bool]:
    t = tables.arrivals.c
    return and_(t.state.in_(("applied", "refused")), t.received < ago(30 * DAY))


def _outbox(ago: Ago) -> ColumnElement[bool]:
    o, d = tables.outbox.c, tables.deliveries.c
    # Deliveries go 30 days after they are settled, so what has none left is past its time.
    return and_(o.public.is_(False), o.created < ago(30 * DAY), ~exists().where(d.activity == o.id))


def _tombstones(ago: Ago) -> ColumnElement[bool]:
    t, a = tables.tombstones.c, tables.actors.c
    ours = exists().where(a.id == t.actor, a.local.is_(True))
    return and_(t.deleted < ago(365 * DAY), ~ours)


def _jobs(ago: Ago) -> ColumnElement[bool]:
    t = tables.jobs.c
    return and_(t.state.in_(("done", "failed")), t.created < ago(30 * DAY))


def _key_packages(ago: Ago) -> ColumnElement[bool]:
    t = tables.key_packages.c
    return or_(t.claimed < ago(30 * DAY), t.expires < ago(30 * DAY))


def _ciphertexts(_ago: Ago) -> ColumnElement[bool]:
    return ~exists().where(tables.mailbox.c.sha256 == tables.ciphertexts.c.sha256)


def _uploads(ago: Ago) -> ColumnElement[bool]:
    t = tables.uploads.c
    # One that still has a blob is dropped by the video room, blob first.
    return and_(t.expires < ago(timedelta()), t.blob == "")


# table: (its `keep`, which rows are past it)
RULES: Mapping[str, tuple[str, Rule]] = {
    "actors": ("remote ones 90 days after fetched when nothing refers to them", _actors),
    "keys": ("remote ones with their actor", _keys),
    "peers": ("180 days after last_success when nothing is owed", _peers),
    "arrivals": ("applied and refused ones 30 days after received", _arrivals),
    "deliveries": (
        "30 days after settled",
        lambda ago: tables.deliveries.c.settled < ago(30 * DAY),
    ),
    "outbox": ("non-public ones 30 days after the last delivery is settled", _outbox),
    "tombstones": ("365 days after deleted; ours forever", _tombstones),
    "sessions": ("90 days after revoked", lambda ago: tables.sessions.c.revoked < ago(90 * DAY)),
    "invites": ("90 days after expires", lambda ago: tables.invites.c.expires < ago(90 * DAY)),
    "idempotency": ("24 hours after created", lambda ago: tables.idempotency.c.created < ago(DAY)),
    "notices": ("180 days after created", lambda ago: tables.notices.c.created < ago(180 * DAY)),
    "events": ("7 days after created", lambda ago: tables.events.c.created < ago(7 * DAY)),
    "uploads": ("until expires", _uploads),
    "media_grants": (
        "until expires",
        lambda ago: tables.media_grants.c.expires < ago(timedelta()),
    ),
    "jobs": ("30 days after created when done or failed", _jobs),
    "key_packages": (
        "30 days after claimed or expires: claimed ones stay resolvable by id",
        _key_packages,
    ),
    "mailbox": (
        "until acknowledged, at most 30 days after created",
        lambda ago: tables.mailbox.c.created < ago(30 * DAY),
    ),
    "ciphertexts": ("as long as a mailbox holds it", _ciphertexts),
}


class Purge:
    """Forgets what is past its time."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def __call__(self, _subject: str = "") -> None:
        """One round over every table: the job `purge`."""
        now = self._clock.now()
        for name, (_, rule) in RULES.items():
            condition = rule(lambda span: micros(now - span))
            while await self._delete(name, condition) == GROUP:
                pass

    async def _delete(self, name: str, condition: Any) -> int:
        table = tables.METADATA.tables[name]
        key = next(iter(table.primary_key))
        if len(table.primary_key) == 1:
            # A sub-select of its own, so that a rule may look at the table's other rows.
            group = select(key).where(condition).limit(GROUP)
            statement = delete(table).where(key.in_(group))
        else:
            statement = delete(table).where(condition)

        async def run(connection: AsyncConnection) -> int:
            count: int = (await connection.execute(statement)).rowcount
            return count if len(table.primary_key) == 1 else 0

        return await self._database.write(run)

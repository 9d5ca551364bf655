"""The purge: what is past its time goes, in slices between which others have their turn.

`RULES` repeats the words of each table's `keep`, and a test compares them: nobody changes one of
the two alone. Each slice finds its rows beside the writer and is committed by itself, so that a
purge that is stopped goes on where it was.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import (
    Column,
    ColumnElement,
    Delete,
    Update,
    and_,
    case,
    delete,
    exists,
    or_,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from node.e2ee.archive import ROW_BYTES
from node.ports import Clock
from node.store import tables
from node.store.database import Database
from node.wire.times import micros

SLICE = 200  # rows that one transaction looks at: the writer is held for a few milliseconds
DAY = timedelta(days=1)


class Rule(Struct, frozen=True):
    """Rows go when `age` is longer ago than `span`.

    `which` bounds the rows that are looked at, by columns that stand in an index before `age`.
    `but` is asked of each of them once more, when it is to go.
    """

    age: "Column[Any]"
    span: timedelta
    which: ColumnElement[bool] = true()
    but: ColumnElement[bool] = true()


class Keep(Struct, frozen=True):
    """The rules of one table, and its words for them."""

    words: str
    rules: tuple[Rule, ...]


def _nothing_refers_to(actor: "Column[Any]") -> ColumnElement[bool]:
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
        tables.reports.c.about,
        tables.arrivals.c.actor,
    )
    return and_(*(~exists().where(column == actor) for column in references))


_A, _P, _D = tables.actors.c, tables.peers.c, tables.deliveries.c
_OWED_TO_PEER = exists().where(_D.host == _P.host, _D.state == "due")
_DELIVERIES_LEFT = exists().where(_D.activity == tables.outbox.c.id)
_OURS = exists().where(_A.id == tables.tombstones.c.actor, _A.local.is_(True))
_ARRIVALS, _JOBS, _OUTBOX = tables.arrivals.c, tables.jobs.c, tables.outbox.c

RULES: Mapping[str, Keep] = {
    "actors": Keep(
        "remote ones 90 days after fetched when nothing refers to them",
        (
            Rule(
                _A.fetched,
                90 * DAY,
                which=_A.local.is_(False),
                but=and_(_A.suspended.is_(None), _nothing_refers_to(_A.id)),
            ),
        ),
    ),
    "peers": Keep(
        "180 days after last_success when nothing is owed",
        (Rule(_P.last_success, 180 * DAY, but=and_(_P.suspended.is_(None), ~_OWED_TO_PEER)),),
    ),
    "arrivals": Keep(
        "applied and refused ones 30 days after they were due",
        tuple(
            Rule(_ARRIVALS.due, 30 * DAY, which=_ARRIVALS.state == state)
            for state in ("applied", "refused")
        ),
    ),
    "resends": Keep("30 days after restored", (Rule(tables.resends.c.restored, 30 * DAY),)),
    "deliveries": Keep("30 days after settled", (Rule(_D.settled, 30 * DAY),)),
    "outbox": Keep(
        "non-public ones 30 days after the last delivery is settled",
        # Deliveries go 30 days after they are settled, so what has none left is past its time.
        (
            Rule(
                _OUTBOX.created,
                30 * DAY,
                which=_OUTBOX.public.is_(False),
                but=~_DELIVERIES_LEFT,
            ),
        ),
    ),
    "tombstones": Keep(
        "365 days after deleted; ours forever",
        (Rule(tables.tombstones.c.deleted, 365 * DAY, but=~_OURS),),
    ),
    "sessions": Keep("90 days after revoked", (Rule(tables.sessions.c.revoked, 90 * DAY),)),
    "invites": Keep("90 days after expires", (Rule(tables.invites.c.expires, 90 * DAY),)),
    "resets": Keep("until expires", (Rule(tables.resets.c.expires, timedelta()),)),
    "links": Keep("until expires", (Rule(tables.links.c.expires, timedelta()),)),
    "homes": Keep("180 days after seen", (Rule(tables.homes.c.seen, 180 * DAY),)),
    "friend_codes": Keep("until expires", (Rule(tables.friend_codes.c.expires, timedelta()),)),
    "idempotency": Keep("24 hours after created", (Rule(tables.idempotency.c.created, DAY),)),
    "notices": Keep("180 days after created", (Rule(tables.notices.c.created, 180 * DAY),)),
    "shares_taken": Keep("24 hours after at", (Rule(tables.shares_taken.c.at, DAY),)),
    "mutes": Keep("until until, where it has one", (Rule(tables.mutes.c.until, timedelta()),)),
    "reports": Keep(
        "90 days after closed; open ones 365 days after created",
        (
            Rule(tables.reports.c.closed, 90 * DAY),
            Rule(tables.reports.c.created, 365 * DAY, which=tables.reports.c.state == "open"),
        ),
    ),
    "events": Keep("7 days after created", (Rule(tables.events.c.created, 7 * DAY),)),
    "uploads": Keep(
        "until expires",
        # One that still has a blob is dropped by the video room, blob first.
        (Rule(tables.uploads.c.expires, timedelta(), but=tables.uploads.c.blob == ""),),
    ),
    "attachments": Keep(
        "30 days after expires",
        # So long its address says that it is gone; its bytes went before.
        (Rule(tables.attachments.c.expires, 30 * DAY, but=tables.attachments.c.blob == ""),),
    ),
    "media_grants": Keep("until expires", (Rule(tables.media_grants.c.expires, timedelta()),)),
    # Longer than any grant lasts: of what ended since one was made, all is here while it lasts.
    "grant_ends": Keep("24 hours after at", (Rule(tables.grant_ends.c.at, DAY),)),
    "jobs": Keep(
        "30 days after they were due when done or failed",
        tuple(
            Rule(_JOBS.due, 30 * DAY, which=_JOBS.state == state) for state in ("done", "failed")
        ),
    ),
    "key_packages": Keep(
        "30 days after claimed or expires: claimed ones stay resolvable by id",
        (
            Rule(tables.key_packages.c.claimed, 30 * DAY),
            Rule(tables.key_packages.c.expires, 30 * DAY),
        ),
    ),
    "archive_records": Keep(
        "until ends, where it has one", (Rule(tables.archive_records.c.ends, timedelta()),)
    ),
    "mailbox": Keep(
        "until acknowledged, at most 30 days after created",
        (Rule(tables.mailbox.c.created, 30 * DAY),),
    ),
}
# These have no age of their own.
WITH_ANOTHER: Mapping[str, str] = {
    "keys": "remote ones with their actor",
    "ciphertexts": "as long as a mailbox holds it",
}


class Purge:
    """Forgets what is past its time."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def __call__(self, _subject: str = "") -> None:
        """One round over every table: the job `purge`."""
        for name, keep in RULES.items():
            for rule in keep.rules:
                last: Sequence[Any] = ()
                while found := await self._past(name, rule, last):
                    await self._drop(name, rule, found)
                    last = found[-1]
                    if len(found) < SLICE:
                        break

    async def _past(self, name: str, rule: Rule, last: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """The next rows that are old enough behind `last`: age and primary key."""
        place = (rule.age, *tables.METADATA.tables[name].primary_key)
        query = (
            select(*place)
            .where(rule.which, rule.age < micros(self._clock.now() - rule.span))
            .order_by(*place)
            .limit(SLICE)
        )
        if last:
            query = query.where(tuple_(*place) > tuple_(*last))
        async with self._database.read() as connection:
            return (await connection.execute(query)).all()

    async def _drop(self, name: str, rule: Rule, found: Sequence[Sequence[Any]]) -> None:
        table = tables.METADATA.tables[name]
        keys = [tuple(row[1:]) for row in found]
        # Asked again: since they were found, one may have been used.
        old = and_(rule.which, rule.age < micros(self._clock.now() - rule.span), rule.but)

        async def run(connection: AsyncConnection) -> None:
            gone = await connection.execute(
                delete(table).where(_among(table.primary_key, keys), old).returning(*table.c)
            )
            if name in ALSO:
                rows = gone.all()
                if rows:
                    await connection.execute(ALSO[name](rows))

        await self._database.write(run)


def _keys_of(actors: Sequence[Any]) -> Delete:
    k = tables.keys.c
    return delete(tables.keys).where(k.actor.in_([row.id for row in actors]), k.private.is_(None))


def _ciphertexts_of(items: Sequence[Any]) -> Delete:
    digest = tables.ciphertexts.c.sha256
    held = exists().where(tables.mailbox.c.sha256 == digest)
    return delete(tables.ciphertexts).where(digest.in_([row.sha256 for row in items]), ~held)


def _room_of(records: Sequence[Any]) -> Update:
    """What is kept of each account has become less; nothing counts where its archive is off."""
    a = tables.archives.c
    gone: dict[str, list[int]] = {}
    for row in records:
        gone.setdefault(row.account, []).append(row.size + ROW_BYTES)
    return (
        update(tables.archives)
        .where(a.account.in_(gone), a.off.is_(False))
        .values(
            bytes=_less(a.bytes, {one: sum(sizes) for one, sizes in gone.items()}),
            records=_less(a.records, {one: len(sizes) for one, sizes in gone.items()}),
        )
    )


def _less(column: "Column[Any]", by: Mapping[str, int]) -> ColumnElement[int]:
    less = case(by, value=tables.archives.c.account)
    return case((column > less, column - less), else_=0)


# table: what goes with its rows that went.
ALSO: Mapping[str, Callable[[Sequence[Any]], Delete | Update]] = {
    "actors": _keys_of,
    "archive_records": _room_of,
    "mailbox": _ciphertexts_of,
}


def _among(columns: Any, keys: Sequence[tuple[Any, ...]]) -> ColumnElement[bool]:
    """Whether the primary key is one of `keys`."""
    if len(columns) == 1:
        among: ColumnElement[bool] = next(iter(columns)).in_([key for (key,) in keys])
        return among
    one = [and_(*(c == part for c, part in zip(columns, key, strict=True))) for key in keys]
    return or_(*one)

"""What a post or an actor leaves when they are gone: removed in slices, for the inbox's unit.

The words go at once. Of what tells of them (lines of feeds, likes, notices) a first slice goes with
them and a job does the rest, so that the writer is not held however much was written or read.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    LargeBinary,
    Table,
    and_,
    bindparam,
    delete,
    func,
    select,
    text,
    tuple_,
    update,
)

from node.federation.activities.shapes import Delete
from node.inbox.reports import NOTICE
from node.store.jobs import add_job
from node.store.near import near_author
from node.store.notices import Notices
from node.store.tables import (
    accounts,
    archive_records,
    archive_tombstones,
    archives,
    arrivals,
    deliveries,
    notices,
    outbox,
    posts,
    reactions,
    reports,
    timeline,
)
from node.store.unit import Unit
from node.store.versions import Versions
from node.wire.times import micros

ERASE_POST = "erase_post"  # the kinds of the jobs; each subject is an id
ERASE_ACTOR = "erase_actor"
ERASE_ARCHIVE = "erase_archive"
ERASE_SHARED = "erase_shared"
POSTS = 20  # of one slice
ROWS = 200

_P, _T, _R, _N, _A = posts.c, timeline.c, reactions.c, notices.c, arrivals.c
SHARES = select(_R.actor).where(_R.object == bindparam("post"), _R.kind == "share").limit(1)


class Erasing:
    """The erasing of one unit. What may leave more says so: True."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._connection = unit.connection

    async def post(self, id: str) -> None:
        """Remove the words and every trace; the row stays so that replies keep a root."""
        found = await self._connection.execute(
            select(_P.id, _P.author, _P.video, _P.local).where(_P.id == id)
        )
        row = found.first()
        if row is None:
            return
        await self._connection.execute(
            update(arrivals)
            .where(_A.actor == row.author, _A.state == "applied", self._holds(id))
            .values(body=b"")
        )
        await self._words([row])

    async def actor(self, id: str) -> None:
        """Everything of an actor who is gone; of one of ours also what was shown to them."""
        if await self.actor_slice(id):
            await add_job(self._unit, ERASE_ACTOR, id)

    async def actor_slice(self, id: str) -> bool:
        """Remove some of what the actor left, the words first."""
        written = await self._connection.execute(
            select(_P.id, _P.author, _P.video, _P.local)
            .where(_P.author == id, _P.deleted.is_(None))
            .limit(POSTS)
        )
        rows = written.all()
        if rows:
            await self._words(rows)
        if len(rows) == POSTS:
            return True
        more = await self._bodies(id)
        more |= await self._drop(reactions, _R.object, _R.actor == id)
        # A report of who left is for the administrators still (INB-10.4).
        more |= await self._notices(and_(_N.actor == id, _N.kind != NOTICE))
        account = await self._unit.account_of(id)
        if account is not None:
            more |= await self._reports(id)
            more |= await self._drop(timeline, _T.post, _T.account == account)
            more |= await self._drop(notices, _N.id, _N.account == account)
            more |= await self.archive_slice(account)
            await self._connection.execute(delete(archives).where(archives.c.account == account))
        return more

    async def _reports(self, reporter: str) -> bool:
        """Their name and words go out of what they reported, and out of what is to be forwarded."""
        r = reports.c
        found = await self._connection.execute(
            select(r.id, r.flag).where(r.reporter == reporter).limit(ROWS)
        )
        rows = found.all()
        if not rows:
            return False
        flags = [row.flag for row in rows if row.flag]
        await self._connection.execute(delete(deliveries).where(deliveries.c.activity.in_(flags)))
        await self._connection.execute(delete(outbox).where(outbox.c.id.in_(flags)))
        await self._connection.execute(
            update(reports).where(r.id.in_([row.id for row in rows])).values(reporter="", text="")
        )
        return len(rows) == ROWS

    async def archive_slice(self, account: str) -> bool:
        """Remove some of the sealed records of an account, and of their tombstones."""
        r, t = archive_records.c, archive_tombstones.c
        more = await self._drop(archive_records, r.pos, r.account == account)
        return await self._drop(archive_tombstones, t.name, t.account == account) or more

    async def traces_slice(self, *ids: str) -> bool:
        """Remove some of what tells of posts that have no words any more."""
        some = select(_T.account, _T.post).where(_T.post.in_(ids)).limit(ROWS).subquery()
        told = await self._connection.execute(
            delete(timeline)
            .where(tuple_(_T.account, _T.post).in_(select(some.c.account, some.c.post)))
            .returning(_T.account, _T.post)
        )
        lines = told.all()
        for line in lines:
            await self._unit.tell(line.account, "post_deleted", {"id": line.post})
        more = len(lines) == ROWS
        more |= await self._drop(reactions, _R.actor, _R.object.in_(ids))
        more |= await self._notices(_N.object.in_(ids))
        more |= await self._notices(_N.object.in_(select(_P.id).where(_P.thread.in_(ids))))
        return more

    async def shared(self, post: str) -> None:
        """Once nobody shares it any more: the lines in which it stands for that alone."""
        if await self.shared_slice(post):
            await add_job(self._unit, ERASE_SHARED, post)

    async def shared_slice(self, post: str) -> bool:
        """Remove some of these lines. Who stands near the author keeps theirs."""
        if await self._connection.fetch(SHARES, {"post": post}):
            return False
        some = (
            select(_T.account)
            .join(accounts, accounts.c.id == _T.account)
            .join(posts, _P.id == _T.post)
            .where(_T.post == post, _T.shared == 1, ~near_author(accounts.c.actor))
            .limit(ROWS)
        )
        gone = await self._connection.execute(
            delete(timeline).where(_T.post == post, _T.account.in_(some)).returning(_T.account)
        )
        lines = gone.scalars().all()
        for account in lines:
            await self._unit.tell(account, "post_deleted", {"id": post})
        return len(lines) == ROWS

    async def _words(self, rows: Sequence[Any]) -> None:
        """No words stay; what is kept to be sent or served becomes a Delete."""
        ids = [row.id for row in rows]
        await self._connection.execute(
            update(posts)
            .where(_P.id.in_(ids), _P.deleted.is_(None))
            .values(
                content="",
                content_map="{}",
                name="",
                summary="",
                attachments="[]",
                deleted=micros(self._unit.now),
            )
        )
        await Versions(self._unit).erase(ids)
        for row in rows:
            if row.local:
                await self._withdraw(row)
        if await self.traces_slice(*ids):
            for id in ids:
                await add_job(self._unit, ERASE_POST, id)

    async def _withdraw(self, row: Any) -> None:
        activity = Delete(self._unit.mint_activity(), row.author, row.id)
        named = [one for one in (row.id, row.video) if one]
        await self._connection.execute(
            update(outbox)
            .where(outbox.c.actor == row.author, outbox.c.object.in_(named))
            .values(body=self._unit.context.render(activity), public=False)
        )

    async def _bodies(self, actor: str) -> bool:
        """No words stay in what arrived from somebody who is gone."""
        some = (
            select(_A.seq)
            .where(_A.actor == actor, _A.state == "applied", func.length(_A.body) > 0)
            .limit(ROWS)
        )
        emptied = await self._connection.execute(
            update(arrivals).where(_A.seq.in_(some)).values(body=b"")
        )
        return int(emptied.rowcount) == ROWS

    async def _notices(self, which: ColumnElement[bool]) -> bool:
        some = select(_N.id).where(which).limit(ROWS)
        return await Notices(self._unit).take_back(_N.id.in_(some)) == ROWS

    async def _drop(self, table: Table, key: Any, which: ColumnElement[bool]) -> bool:
        """Rows of `table`; `key` is the part of the primary key that `which` leaves open."""
        some = select(key).where(which).limit(ROWS)
        gone = await self._connection.execute(delete(table).where(which, key.in_(some)))
        return int(gone.rowcount) >= ROWS

    def _holds(self, id: str) -> ColumnElement[bool]:
        """Whether the bytes of an arrival hold the id."""
        if self._connection.dialect.name == "sqlite":
            return func.instr(_A.body, id.encode()) > 0
        bytes_of_id = bindparam("bytes_of_id", id.encode(), LargeBinary)
        return and_(text("position(:bytes_of_id in arrivals.body) > 0").bindparams(bytes_of_id))

"""How a database and its queues stand, counted for those who run the node (spec OPS-3, OPS-4)."""

from typing import Any

from msgspec import Struct
from sqlalchemy import func, or_, select, text

from node.store.tables import accounts, arrivals, deliveries, jobs, peers, uploads
from node.store.unit import Unit
from node.wire.times import micros

FEW = 5
SQLITE_SAYS = text("SELECT sqlite_version() AS version, encoding FROM pragma_encoding")
POSTGRES_SAYS = text(
    "SELECT current_setting('server_version') AS version,"
    " current_setting('server_encoding') AS encoding"
)
# "default" is the database's own order: by bytes if its language is C, in which C.UTF-8 knows more
# letters and sorts no other way. Before 15 all are libc's; since 17 PostgreSQL has its own, too.
SORTED_BY_LANGUAGE = text("""
    SELECT count(*) FROM pg_attribute a
    JOIN pg_class c ON c.oid = a.attrelid AND c.relkind = 'r'
    JOIN pg_collation o ON o.oid = a.attcollation
    JOIN pg_database d ON d.datname = current_database()
    WHERE c.relnamespace = current_schema()::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
      AND c.relname <> 'alembic_version' AND o.collname NOT IN
          ('C', 'POSIX', 'C.UTF-8', 'C.utf8', 'ucs_basic', 'pg_c_utf8', 'pg_unicode_fast')
      AND NOT (o.collname = 'default' AND CASE coalesce(to_jsonb(d) ->> 'datlocprovider', 'c')
          WHEN 'c' THEN d.datcollate IN ('C', 'POSIX', 'C.UTF-8', 'C.utf8')
          WHEN 'b' THEN coalesce(to_jsonb(d) ->> 'datlocale', '')
              IN ('C', 'C.UTF-8', 'PG_UNICODE_FAST')
          ELSE false END)
""")


class Waiting(Struct, frozen=True):
    """How many rows wait, and since when the first does (microseconds, None: there is none)."""

    count: int
    oldest: int | None


class Engine(Struct, frozen=True):
    """What the database says of itself. `sorted_by_language`: columns not sorted by their bytes."""

    version: tuple[int, ...]
    encoding: str
    sorted_by_language: int = 0


class HealthUnit(Unit):
    """Counts. Each statement reads what waits or failed, never a whole table."""

    async def engine(self) -> Engine:
        dialect = self.connection.dialect.name
        asked = SQLITE_SAYS if dialect == "sqlite" else POSTGRES_SAYS
        row = (await self.connection.execute(asked)).one()
        numbers = row.version.split(" ")[0].split(".")
        version = tuple(int(one) for one in numbers if one.isdigit())
        if dialect == "sqlite":
            return Engine(version, row.encoding)
        return Engine(version, row.encoding, await self._count(SORTED_BY_LANGUAGE))

    async def arrivals_waiting(self) -> Waiting:
        a = arrivals.c
        return await self._waiting(
            select(func.count(), func.min(a.received)).where(a.state == "new")
        )

    async def arrivals_broken(self) -> int:
        return await self._count(select(func.count()).where(arrivals.c.state == "broken"))

    async def deliveries_waiting(self) -> Waiting:
        """`oldest`: since when the first try of one has failed."""
        d = deliveries.c
        return await self._waiting(
            select(func.count(), func.min(d.first_tried)).where(d.state == "due")
        )

    async def deliveries_given_up(self) -> int:
        return await self._count(select(func.count()).where(deliveries.c.state == "gave_up"))

    async def jobs_overdue(self) -> Waiting:
        """Those that are due and that nobody works on."""
        j, now = jobs.c, micros(self.now)
        free = or_(j.leased_until.is_(None), j.leased_until < now)
        due = select(func.count(), func.min(j.due)).where(j.state == "due", j.due <= now, free)
        return await self._waiting(due)

    async def jobs_failed(self) -> int:
        return await self._count(select(func.count()).where(jobs.c.state == "failed"))

    async def accounts_pending(self) -> int:
        return await self._count(select(func.count()).where(accounts.c.state == "pending"))

    async def silent_hosts(self) -> list[str]:
        """Servers that do not take what is sent to them, the latest first."""
        p = peers.c
        asked = (
            select(p.host).where(p.failing_since > 0).order_by(p.failing_since.desc()).limit(100)
        )
        return list((await self.connection.execute(asked)).scalars())

    async def lively_hosts(self) -> list[str]:
        """A few servers that took something lately."""
        p = peers.c
        asked = select(p.host).where(p.last_success > 0).order_by(p.last_success.desc()).limit(FEW)
        return list((await self.connection.execute(asked)).scalars())

    async def upload_blobs(self, after: str = "", limit: int = 500) -> list[tuple[str, str]]:
        """Ids of uploads behind `after`, and their blobs."""
        u = uploads.c
        asked = select(u.id, u.blob).where(u.id > after).order_by(u.id).limit(limit)
        return [(row.id, row.blob) for row in await self.connection.execute(asked)]

    async def _waiting(self, asked: Any) -> Waiting:
        row: Any = (await self.connection.execute(asked)).one()
        return Waiting(int(row[0]), row[1] or None)

    async def _count(self, asked: Any) -> int:
        return int((await self.connection.execute(asked)).scalar_one())

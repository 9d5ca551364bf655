"""Opens units over a `MemoryTables`, under the names of those that have SQL."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping
from typing import Any, TypeVar

from node.store import account_keys as sql_account_keys
from node.store import accounts as sql_accounts
from node.store import archive as sql_archive
from node.store import audit as sql_audit
from node.store import e2ee as sql_e2ee
from node.store import edits as sql_edits
from node.store import feeds as sql_feeds
from node.store import friends as sql_friends
from node.store import graph as sql_graph
from node.store import idempotency as sql_idempotency
from node.store import inbox as sql_inbox
from node.store import incarnation as sql_incarnation
from node.store import invites as sql_invites
from node.store import links as sql_links
from node.store import mutes as sql_mutes
from node.store import queue as sql_queue
from node.store import reports as sql_reports
from node.store import sessions as sql_sessions
from node.store import streams as sql_streams
from node.store import unit as sql
from node.store.idempotency import Kept
from node.store.idempotency_marks import IdempotencyMark
from node.store.wakeups import Wakeups
from node.testing.memory.account_keys import AccountKeysUnit
from node.testing.memory.accounts import AccountsUnit, IdempotencyUnit, InvitesUnit, StreamsUnit
from node.testing.memory.archive import ArchiveUnit
from node.testing.memory.audit import AuditUnit
from node.testing.memory.e2ee import E2eeUnit
from node.testing.memory.edits import EditsUnit
from node.testing.memory.feeds import FeedUnit
from node.testing.memory.friends import FriendsUnit
from node.testing.memory.graph import GraphUnit
from node.testing.memory.inbox import InboxUnit
from node.testing.memory.incarnation import IncarnationUnit
from node.testing.memory.links import LinksUnit
from node.testing.memory.mutes import MutesUnit
from node.testing.memory.queue import QueueUnit
from node.testing.memory.reports import ReportsUnit
from node.testing.memory.sessions import SessionsUnit
from node.testing.memory.tables import MemoryTables
from node.testing.memory.unit import Unit
from node.wire.times import micros

T = TypeVar("T")
U = TypeVar("U", bound=sql.Unit)
STANDS_FOR: Mapping[type[sql.Unit], type[Unit]] = {
    sql.Unit: Unit,
    sql_account_keys.AccountKeysUnit: AccountKeysUnit,
    sql_accounts.AccountsUnit: AccountsUnit,
    sql_archive.ArchiveUnit: ArchiveUnit,
    sql_audit.AuditUnit: AuditUnit,
    sql_e2ee.E2eeUnit: E2eeUnit,
    sql_edits.EditsUnit: EditsUnit,
    sql_feeds.FeedUnit: FeedUnit,
    sql_friends.FriendsUnit: FriendsUnit,
    sql_graph.GraphUnit: GraphUnit,
    sql_idempotency.IdempotencyUnit: IdempotencyUnit,
    sql_incarnation.IncarnationUnit: IncarnationUnit,
    sql_inbox.InboxUnit: InboxUnit,
    sql_invites.InvitesUnit: InvitesUnit,
    sql_links.LinksUnit: LinksUnit,
    sql_mutes.MutesUnit: MutesUnit,
    sql_queue.QueueUnit: QueueUnit,
    sql_reports.ReportsUnit: ReportsUnit,
    sql_sessions.SessionsUnit: SessionsUnit,
    sql_streams.StreamsUnit: StreamsUnit,
}
Unit.stands_for = STANDS_FOR


class Units(sql.Units):
    """As those of a database: all of a unit stays, or nothing."""

    def __init__(self, tables: MemoryTables, context: sql.UnitContext, wakeups: Wakeups) -> None:
        self.tables = tables
        self._context = context
        self._wakeups = wakeups

    async def run(
        self,
        kind: type[U],
        work: Callable[[U], Awaitable[T]],
        once: IdempotencyMark | None = None,
        undecided: tuple[type, ...] = (),
    ) -> T:
        await asyncio.sleep(0)  # as with a database, others have their turn before
        unit: Any = STANDS_FOR[kind](self.tables, self._context)
        before = self.tables.cut()
        try:
            result = at_once(work(unit))
            if once is not None and not isinstance(result, undecided):
                self._put_mark(once, unit)
        except BaseException:
            self.tables.back(before)
            raise
        self._wakeups.wake(unit.wakes)
        return result

    async def rehearse(
        self, kind: type[U], work: Callable[[U], Awaitable[Any]], way: Hashable = None
    ) -> None:
        """Nothing is made here that would take long the first time."""

    async def join(
        self,
        kind: type[U],
        work: Callable[[U], Awaitable[T]],
        once: IdempotencyMark | None = None,
        undecided: tuple[type, ...] = (),
    ) -> T:
        return await self.run(kind, work, once, undecided)

    async def glance(self, kind: type[U], work: Callable[[U], Awaitable[T]]) -> T:
        return await self.look(kind, work)

    async def look(self, kind: type[U], work: Callable[[U], Awaitable[T]]) -> T:
        await asyncio.sleep(0)
        unit: Any = STANDS_FOR[kind](self.tables, self._context)
        return at_once(work(unit))

    def _put_mark(self, mark: IdempotencyMark, unit: Unit) -> None:
        mark.check_unmade()
        key = (mark.token, mark.key)
        if key in self.tables.marks:
            raise mark.taken()
        self.tables.marks[key] = Kept(mark.request, 0, b""), micros(unit.now)
        mark.made = True


def at_once(work: Awaitable[T]) -> T:
    """What `work` returns. Inside a unit nothing is awaited but the unit, and this one is here."""
    running = work.__await__()
    try:
        next(running)
    except StopIteration as end:
        result: T = end.value
        return result
    raise AssertionError("a unit waited for something that is not its unit")

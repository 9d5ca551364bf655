"""No statement of the store reads a growing table from one end to the other, on either database.

Every method of every unit, and of whatever else is made of a database, is called with samples;
every statement is explained before it runs. A place in `node/store` that executes something and
was not reached fails too: so nobody forgets a statement.
"""

import ast
import importlib
import inspect
import pkgutil
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_origin, get_type_hints

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

import node.store
from node.e2ee.chain import Conversation
from node.e2ee.mailbox import Box
from node.errors import Broken, Refused
from node.federation.activities.shapes import CreateNote
from node.federation.sending import GaveUp
from node.graph.friendship_states import View
from node.ports import Clock
from node.store.catching_up import CatchingUpUnit
from node.store.database import Database
from node.store.delivery_queue import DeliveryQueue, QueuedDelivery
from node.store.e2ee import E2eeUnit
from node.store.federation import FederationUnit
from node.store.friends import FriendsUnit
from node.store.idempotency import IdempotencyUnit
from node.store.idempotency_marks import IdempotencyMark, put_mark
from node.store.inbox import InboxUnit
from node.store.incarnation import RESTORED, IncarnationUnit
from node.store.invites import InvitesUnit
from node.store.keyring import Keyring, NodeKey
from node.store.mailbox import MailboxUnit
from node.store.notifications import Notifications
from node.store.pipeline import Pipeline
from node.store.purge import Purge
from node.store.reports import ReportsUnit
from node.store.sharers import sharers
from node.store.tables import METADATA
from node.store.unit import Unit, UnitContext, Units
from node.store.upserts import put
from node.store.versions import MOST_KEPT, WORDS, Versions
from node.store.visibility import VisibilityUnit
from node.store.wakeups import Wakeups
from node.testing.fakes import FakeClock, FakeEntropy
from node.wire.times import from_micros
from tests.contracts import samples
from tests.contracts.plans import EVERY_ROW, explaining
from tests.contracts.samples import ANY

STORE = Path(node.store.__file__).parent
OTHER = "https://beta.test/o/other"
# They open a database or build its tables; what they say is not asked of a row.
APART = {
    "database.py",
    "migrate.py",
    "notifications.py",
    "pipeline.py",
    "postgres_driver.py",
    "schema.py",
    "sqlite_driver.py",
}
# How a statement is said.
EXECUTES = ("execute", "fetch", "fetch_all", "later")
# Asked once, when a node opens: whether its key opens what is sealed here.
AT_THE_START = ("SELECT keys.private FROM keys",)
VIEWS = (View.FRIEND, View.REQUESTED, View.INCOMING, View.DECLINED, View.BLOCKED)


class Undone(Exception):
    """Ends a transaction without a trace."""


async def _words(unit: FederationUnit) -> None:
    for collection in ("followers", "following", "friends"):
        await unit.members(ANY, collection, "", 5)


async def _views(unit: FriendsUnit) -> None:
    for each in VIEWS:
        await unit.standing(ANY, each, 5, None)


async def _said_twice(unit: InboxUnit) -> None:
    await unit.react(ANY, ANY, "like", OTHER)
    await unit.react(ANY, ANY, "like", f"{OTHER}/again")
    await unit.unreact_by_id(ANY, OTHER)
    await unit.react(ANY, ANY, "share", OTHER)
    await unit.unreact(ANY, ANY, "share")


async def _shared(unit: VisibilityUnit) -> None:
    await sharers(unit, [SimpleNamespace(id=ANY, author=ANY, shared=1)], ANY)


async def _befriended(unit: InvitesUnit) -> None:
    await unit.befriend(ANY, OTHER)


async def _comment(unit: VisibilityUnit) -> None:
    row = SimpleNamespace(id=OTHER, author=ANY, thread=ANY, deleted=None)
    await unit.seen(ANY, [row])


async def _by_others(unit: ReportsUnit) -> None:
    await unit.open_by_others("", 5)


async def _many_posts(unit: InboxUnit) -> None:
    await unit.prepare([samples.sample(CreateNote)] * 2)
    unit.read_anew()


async def _often_changed(unit: InboxUnit) -> None:
    before = SimpleNamespace(
        content="", content_map="{}", lang="", summary="", sensitive=False, published=1, updated=1
    )
    after = dict.fromkeys(WORDS, "more")
    for _ in range(MOST_KEPT):
        await Versions(unit).keep(ANY, before, after)


async def _lost(unit: CatchingUpUnit) -> None:
    await unit.notices_since([ANY, OTHER], "post_lost", from_micros(samples.PAST))


async def _new_mail(unit: MailboxUnit) -> None:
    given = samples.arguments(unit.put_mail)
    await unit.put_mail(**{**given, "boxes": [Box(OTHER, ANY, ANY)]})


# What the samples do not reach, as their words mean something or two calls belong together.
async def _lives(unit: IncarnationUnit) -> None:
    for _ in range(2):
        await unit.renew_incarnation()


async def _restored(unit: E2eeUnit) -> None:
    await _lives(unit.beside(IncarnationUnit))
    told = Conversation("a", b"", "b", True)
    await unit.forgetful(told)
    long_ago = put(unit.connection, METADATA.tables["settings"], key=RESTORED, value="1")
    await unit.connection.execute(long_ago)
    await unit.forgetful(told)


async def _marked(unit: IdempotencyUnit) -> None:
    await put_mark(unit.connection, IdempotencyMark(b"token", ANY, b"request"), 0)


CALLS: Mapping[type[Unit], Sequence[Callable[[Any], Awaitable[object]]]] = {
    CatchingUpUnit: (_lost,),
    E2eeUnit: (_restored,),
    FederationUnit: (_words,),
    FriendsUnit: (_views,),
    IdempotencyUnit: (_marked,),
    IncarnationUnit: (_lives,),
    InboxUnit: (_said_twice, _many_posts, _often_changed),
    InvitesUnit: (_befriended,),
    MailboxUnit: (_new_mail,),
    ReportsUnit: (_by_others,),
    VisibilityUnit: (_comment, _shared),
}


def _sites() -> set[tuple[str, int, int]]:
    """Where something is executed that looks for rows: page, first and last line."""
    found = set()
    for page in STORE.glob("*.py"):
        for one in ast.walk(ast.parse(page.read_text())):
            called = isinstance(one, ast.Call) and getattr(one.func, "attr", "") in EXECUTES
            if not called or page.name in APART or "insert" in ast.dump(one.args[0]):
                continue
            found.add((page.name, one.lineno, one.end_lineno or one.lineno))
    return found


def _pages() -> None:
    """Import every page of the store, so that every unit is known."""
    for page in pkgutil.iter_modules(node.store.__path__):
        importlib.import_module(f"node.store.{page.name}")


def _units(parent: type[Unit] = Unit) -> Iterator[type[Unit]]:
    yield parent
    for kind in parent.__subclasses__():
        yield from _units(kind)


class Tour:
    """Calls everything that has a statement."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = FakeClock()
        self.context = UnitContext(
            "https://alpha.test", self.clock, FakeEntropy(), lambda _activity: b"{}"
        )

    async def fill(self, local: bool) -> None:
        async def work(connection: AsyncConnection) -> None:
            for table in METADATA.sorted_tables:
                # With a condition, as what has none is the mistake that is looked for.
                await connection.execute(table.delete().where(text(f"{EVERY_ROW} = {EVERY_ROW}")))
            await samples.fill(connection, local)
            stranger = {"id": OTHER, "fetched": samples.PAST, "number": 1}
            await connection.execute(METADATA.tables["actors"].insert(), stranger)

        await self.database.write(work)

    async def units(self) -> None:
        called: set[Any] = set()
        for kind in sorted(set(_units()), key=lambda each: each.__name__):
            for more in CALLS.get(kind, ()):
                await self._within(kind, more)
            for name, method in inspect.getmembers(kind, inspect.iscoroutinefunction):
                if name.startswith("_") or method in called:
                    continue
                called.add(method)
                await self._call(kind, method)

    async def _call(self, kind: type[Unit], method: Any) -> None:
        """With all that it takes, and with no more than it must have."""
        try:
            full, bare = samples.arguments(method), samples.arguments(method, full=False)
        except samples.NoSample:
            return  # if something was to be executed there, its place is missed at the end
        await self._within(kind, lambda unit: method(unit, **full))
        if bare != full:
            await self._within(kind, lambda unit: method(unit, **bare))

    async def _within(self, kind: type[Unit], work: Callable[[Any], Awaitable[object]]) -> None:
        """In a transaction that leaves nothing."""

        async def run(connection: AsyncConnection) -> None:
            # A sample may be there already, or mean nothing: it was explained all the same.
            with suppress(Refused, IntegrityError, KeyError, ValueError):
                pipeline = Pipeline(connection)
                await work(kind(pipeline, self.context))
                await pipeline.flush()
            raise Undone

        with suppress(Undone):
            await self.database.write(run)

    async def stores(self, local: bool) -> None:
        """What is made of a database, such as the queues."""
        for page in (each for name, each in sys.modules.items() if name.startswith("node.store.")):
            for _, kind in inspect.getmembers(page, inspect.isclass):
                if kind.__module__ != page.__name__ or issubclass(kind, Units | Notifications):
                    continue
                hints = get_type_hints(kind.__init__)
                if hints.get("database") is Database:
                    await self.fill(local)
                    await self._store(kind, hints)

    async def keys(self, folder: Path) -> None:
        units, entropy = Units(self.database, self.context, Wakeups()), FakeEntropy()
        keyring = Keyring(NodeKey(folder, entropy), units, entropy)
        with suppress(Broken):  # the sample is no key
            await keyring.check()
        with suppress(Broken):
            await keyring.public(ANY)

    async def _store(self, kind: type, hints: Mapping[str, Any]) -> None:
        parts = {Database: self.database, Clock: self.clock, Wakeups: Wakeups(), str: "worker"}
        parts[Units] = Units(self.database, self.context, Wakeups())
        asked = inspect.signature(kind.__init__).parameters.values()
        needs = [one.name for one in asked if one.name in hints and one.default is one.empty]
        made = kind(**{name: parts[hints[name]] for name in needs})
        for name, method in inspect.getmembers(made, inspect.ismethod):
            waits = get_origin(get_type_hints(method).get("return")) is Awaitable
            if not name.startswith("_") and (waits or inspect.iscoroutinefunction(method)):
                await method(**samples.arguments(method))
        if isinstance(made, DeliveryQueue):
            await made.settle(samples.sample(QueuedDelivery), GaveUp("nobody"), self.clock.now())
        if isinstance(made, Purge):
            long_after = FakeClock()
            long_after.pass_(timedelta(days=400))
            await Purge(self.database, long_after)()


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch) -> set[tuple[str, int]]:
    """The lines from which something was executed."""
    seen: set[tuple[str, int]] = set()
    monkeypatch.setattr(Pipeline, "together", False)

    def note(kind: type, name: str) -> None:
        method = getattr(kind, name)

        def noted(self: Any, *given: Any, **named: Any) -> Any:
            frame = sys._getframe(1)
            seen.add((Path(frame.f_code.co_filename).name, frame.f_lineno))
            return method(self, *given, **named)

        monkeypatch.setattr(kind, name, noted)

    note(AsyncConnection, "execute")
    for name in EXECUTES:
        note(Pipeline, name)
    return seen


async def test_no_statement_reads_a_growing_table_through(
    database: Database, tmp_path: Path, reached: set[tuple[str, int]]
) -> None:
    _pages()
    tour = Tour(database)
    with explaining(database) as plans:
        for local in (True, False):
            await tour.fill(local)
            await tour.units()
            await tour.stores(local)
            await tour.keys(tmp_path)
    missed = {
        (page, first)
        for page, first, last in _sites()
        if not any(page == one and first <= line <= last for one, line in reached)
    }
    # Some is said to PostgreSQL only, as SQLite has one process.
    assert database.is_sqlite or not missed, (
        f"call these in CALLS, with values that reach them: {sorted(missed)}"
    )
    scans = [scan for scan in sorted(plans.scans) if not scan.statement.startswith(AT_THE_START)]
    assert not scans, f"give the table an index, or say in AT_THE_START why it may be read: {scans}"

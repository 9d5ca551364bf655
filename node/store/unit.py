"""The unit: a change, what it owes to others and what it tells our people, in one commit.

Each room has its own subclass on its own page (`store/graph.py`: `GraphUnit`) with the room's
queries; the room knows only the small Protocol it declares. Nothing is awaited but the unit.
"""

import json
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

from msgspec import Struct, field
from sqlalchemy import bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from node.errors import Broken
from node.federation import priority
from node.federation.activities.shapes import (
    Activity,
    CreateNote,
    CreateVideo,
    UpdateActor,
    UpdateNote,
    UpdateVideo,
)
from node.federation.priority import Priority
from node.ports import Clock, Entropy
from node.store import tables
from node.store.database import Database
from node.store.group_commit import GroupCommit
from node.store.idempotency_marks import IdempotencyMark, put_mark
from node.store.joined import Joined
from node.store.pipeline import Pipeline
from node.store.rehearsal import Rehearsals
from node.store.upserts import insert_ignore
from node.store.wakeups import Wakeups
from node.wire.ids import uuid7
from node.wire.numbers import CHANCE_BYTES, Numbers
from node.wire.suffixes import Suffixes
from node.wire.times import micros

T = TypeVar("T")
U = TypeVar("U", bound="Unit")
Work = Callable[[U], Awaitable[Any]]

JOINED_AT_ONCE = 50  # units of one transaction: the writer is held for a fiftieth of a second
NOBODY: Mapping[str, Sequence[str]] = {}
VOID = "void"  # the kind of an event that was taken back; no stream shows it

_A = tables.actors.c
ADDRESS_NAMES = ("id", "local", "inbox", "shared_inbox", "suspended")
ADDRESSES = select(*(_A[name] for name in ADDRESS_NAMES)).where(
    _A.id.in_(bindparam("recipients", expanding=True))
)
ACCOUNT_OF = select(_A.account).where(_A.id == bindparam("actor"), _A.local.is_(True))
_E = tables.events.c
EVENT = tables.events.insert()
RETRACT = (
    update(tables.events)
    .where(
        _E.account == bindparam("whose"), _E.kind == bindparam("of"), _E.about == bindparam("it")
    )
    .values(kind=VOID, data="{}", about=None)
)
IN_ORDER = select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("account"), 0)))


class Address(NamedTuple):
    """Where an actor is reached."""

    id: str
    local: bool
    inbox: str
    shared_inbox: str
    suspended: int | None


class UnitContext(Struct, frozen=True):
    """What every unit works with. `render` gives an activity's bytes as they go out.

    `mailbox_limit_bytes` is what may wait for one device (E2E-4.7).
    """

    origin: str
    clock: Clock
    entropy: Entropy
    render: Callable[[Activity], bytes]
    mailbox_limit_bytes: int = 256 * 2**20
    numbers: Numbers = field(default_factory=Numbers)
    suffixes: Suffixes = field(default_factory=Suffixes)


class Unit:
    """One open transaction at one instant."""

    def __init__(self, connection: Pipeline, context: UnitContext) -> None:
        self.connection = connection
        self.context = context
        self.now: datetime = context.clock.now()
        self.wakes: set[str] = set()
        self._family: dict[type[Unit], Unit] = {type(self): self}

    def beside(self, kind: type[U]) -> U:
        """The unit of another room in the same transaction, at the same instant."""
        other = self._family.get(kind)
        if other is None:
            other = self._family[kind] = kind(self.connection, self.context)
            other.now = self.now
            other.wakes = self.wakes
            other._family = self._family
        return other  # type: ignore[return-value]

    async def prepare(self, activities: Sequence[Activity]) -> None:
        """Read what handlers will ask about all these, in few statements, if that is worth it."""

    def read_anew(self) -> None:
        """Ask the database anew: what was read may have been taken back."""

    # -- names for new things ------------------------------------------------------------------

    def fresh(self) -> str:
        """A new uuid7, as text."""
        return str(uuid7(self.now, self.context.entropy.draw(10)))

    def mint_activity(self) -> str:
        """A new activity id, unique per event."""
        return f"{self.context.origin}/t/{self.fresh()}"

    def mint_object(self) -> str:
        """A new object id."""
        return f"{self.context.origin}/o/{self.fresh()}"

    def fresh_number(self, made: datetime | None = None) -> int:
        """A new number for clients; `made` is when that came to be which is not of now."""
        chance = self.context.entropy.draw(CHANCE_BYTES)
        return self.context.numbers.draw_for(made or self.now, self.now, chance)

    # -- what others are to be told ------------------------------------------------------------

    async def owe(self, activity: Activity, to: Iterable[str], public: bool = False) -> None:
        """Owe `activity` to the actors `to`: an arrival for ours, a row per inbox for others.

        Every remote actor must be known (discovered before the unit began). `public` lists
        the activity in its actor's outbox collection. Who owes a thing to its own actor makes
        it arrive at home too: so does a Block reach every room.
        """
        recipients = sorted(set(to))
        body = self.say(activity, public)
        if not recipients:
            return
        rows = await self._addresses(recipients)
        if missing := set(recipients) - {row.id for row in rows}:
            raise Broken(f"{len(missing)} recipients were not discovered before the unit")
        if any(row.local for row in rows):
            self._arrive(activity, body)
        rank = priority.of_activity(activity)
        self.deliver(activity.id, activity.actor, rank, self._inboxes(rows))

    def say(self, activity: Activity, public: bool = False) -> bytes:
        """Keep `activity` as it goes out, for whoever will be owed it; its bytes."""
        body = self.context.render(activity)
        self.connection.later(
            insert_ignore(self.connection, tables.outbox),
            {
                "id": activity.id,
                "actor": activity.actor,
                "body": body,
                "public": public,
                "object": _words_of(activity),
                "created": micros(self.now),
            },
        )
        return body

    async def send_on(
        self, activity: str, actor: str, to: Iterable[str], priority: int = Priority.POSTS
    ) -> None:
        """Owe an activity, which was said before, to those of `to` who are elsewhere."""
        self.deliver(activity, actor, priority, self._inboxes(await self._addresses(list(to))))

    def deliver(
        self,
        activity: str,
        actor: str,
        priority: int,
        inboxes: Iterable[str],
        named: Mapping[str, Sequence[str]] = NOBODY,
    ) -> None:
        """Owe what was said to `inboxes`; `named`: whom the copy of one names as well (INB-2.5)."""
        for inbox in sorted(set(inboxes)):
            self.connection.later(
                insert_ignore(self.connection, tables.deliveries),
                {
                    "activity": activity,
                    "host": urlsplit(inbox).netloc,
                    "inbox": inbox,
                    "actor": actor,
                    "priority": int(priority),
                    "state": "due",
                    "due": micros(self.now),
                    "named": " ".join(named.get(inbox, ())),
                },
            )
            self.wakes.add("deliveries")

    async def _addresses(self, actors: Sequence[str]) -> Sequence[Any]:
        """Each of `actors` that is known, as `Address` has it."""
        return await self.connection.fetch(ADDRESSES, {"recipients": actors}) if actors else ()

    @staticmethod
    def _inboxes(rows: Iterable[Any]) -> set[str]:
        wanted = (row for row in rows if not row.local and row.suspended is None)
        return {row.shared_inbox or row.inbox for row in wanted}

    def _arrive(self, activity: Activity, body: bytes) -> None:
        """What is owed to one of ours goes through the same handlers, without HTTP."""
        at = micros(self.now)
        self.connection.later(
            insert_ignore(self.connection, tables.arrivals),
            {
                "actor": activity.actor,
                "activity": activity.id,
                "body": body,
                "priority": int(priority.of_activity(activity)),
                "received": at,
                "due": at,
            },
        )
        self.wakes.add("arrivals")

    # -- what our people are told --------------------------------------------------------------

    async def tell(
        self, account: str, kind: str, data: Mapping[str, object], device: str = ""
    ) -> None:
        """Add an event to the stream of `account` (every device, or one)."""
        self.tell_each([account], kind, data, device)

    def tell_each(
        self,
        accounts: Iterable[str],
        kind: str,
        data: Mapping[str, object],
        device: str = "",
        about: str | None = None,
    ) -> None:
        """The same event for each of `accounts`; `about`: by what `retract_events` finds it."""
        row = {
            "device": device,
            "kind": kind,
            "data": json.dumps(data, separators=(",", ":")),
            "about": about,
            "created": micros(self.now),
        }
        for account in accounts:
            self._in_order(account)
        for account in accounts:
            self.connection.later(EVENT, {"account": account, **row})

    def _in_order(self, account: str) -> None:
        """The account's events appear in the order of their numbers.

        PostgreSQL draws numbers before commits: a reader might see 6 before 5, and go on.
        """
        if self.connection.dialect.name != "sqlite":
            self.connection.later(IN_ORDER, {"account": account})
        self.wakes.add(f"events:{account}")

    def retract_events(self, account: str, kind: str, about: Iterable[str]) -> None:
        """Make the events of `kind` that were told `about` one of these void, as if never told.

        Their rows stay, empty: by the numbers a stream knows that nothing is missing (API-7).
        """
        for one in about:
            self.connection.later(RETRACT, {"whose": account, "of": kind, "it": one})

    async def account_of(self, actor: str) -> str | None:
        """The account behind one of our actors (its Person or its Group)."""
        found = await self.connection.fetch(ACCOUNT_OF, {"actor": actor})
        return found[0].account if found else None


def _words_of(activity: Activity) -> str:
    """The post, video or actor whose words the activity holds: they go when it is deleted."""
    if isinstance(activity, CreateNote | UpdateNote):
        return activity.note.id
    if isinstance(activity, UpdateActor):
        return activity.actor
    return activity.video.id if isinstance(activity, CreateVideo | UpdateVideo) else ""


class Units:
    """Opens units, and wakes who waits when they are committed."""

    def __init__(self, database: Database, context: UnitContext, wakeups: Wakeups) -> None:
        self._database = database
        self._context = context
        self._wakeups = wakeups
        self._joined: GroupCommit[Joined[Any]] = GroupCommit(self._join, most=JOINED_AT_ONCE)
        self._rehearsals = Rehearsals(database)

    @property
    def have_room(self) -> bool:
        """Whether the last change found room on the disk of the database."""
        return self._database.has_room

    async def run(
        self,
        kind: type[U],
        work: Callable[[U], Awaitable[T]],
        once: IdempotencyMark | None = None,
        undecided: tuple[type, ...] = (),
    ) -> T:
        """Run `work` on a fresh unit of `kind`; all of it is committed, or nothing is.

        `once` is the mark of the request that this unit decides, committed with it: a repetition
        finds it done. Not when the result is one of `undecided`: then there is more to learn first.
        """
        unit: U | None = None

        async def write(connection: AsyncConnection) -> tuple[T, IdempotencyMark | None]:
            nonlocal unit
            unit = kind(Pipeline(connection), self._context)
            result = await work(unit)
            mark = None if isinstance(result, undecided) else once
            if mark is not None:
                await put_mark(unit.connection, mark, micros(unit.now))
            await unit.connection.flush()
            return result, mark

        result, mark = await self._database.write(write)
        if mark is not None:
            mark.made = True
        if unit is not None:
            self._wakeups.wake(unit.wakes)
        return result

    async def rehearse(self, kind: type[U], work: Work[U], way: Hashable = None) -> None:
        """See `Rehearsals.before`: ahead of a `run` for which people wait."""
        await self._rehearsals.before(lambda pipeline: kind(pipeline, self._context), work, way)

    async def join(
        self,
        kind: type[U],
        work: Callable[[U], Awaitable[T]],
        once: IdempotencyMark | None = None,
        undecided: tuple[type, ...] = (),
    ) -> T:
        """As `run`, but in one transaction with what else waits for the one writer of SQLite.

        For small units of which many come at once: each is done whole or refused by itself.
        """
        if not self._database.is_sqlite:
            return await self.run(kind, work, once, undecided)
        asked: Joined[T] = Joined(kind, work, once, undecided)
        await self._joined.add(asked)
        if asked.error is not None:
            raise asked.error
        if asked.mark is not None:
            asked.mark.made = True
        return asked.result[0]

    async def _join(self, group: Sequence["Joined[Any]"]) -> None:
        async def write(connection: AsyncConnection) -> None:
            pipeline = Pipeline(connection)
            for one in group:
                one.error = await pipeline.attempt(partial(self._attempt, one, pipeline))
            await pipeline.flush()

        await self._database.write(write, here=True)
        done = [one for one in group if one.error is None]
        self._wakeups.wake({name for one in done for name in one.wakes})

    async def _attempt(self, one: "Joined[Any]", pipeline: Pipeline) -> None:
        unit = one.kind(pipeline, self._context)
        result = await one.work(unit)
        one.mark = None if isinstance(result, one.undecided) else one.once
        if one.mark is not None:
            await put_mark(pipeline, one.mark, micros(unit.now))
        one.result, one.wakes = [result], unit.wakes

    async def inside(
        self, pipeline: Pipeline, kind: type[U], work: Callable[[U], Awaitable[None]]
    ) -> Callable[[], None]:
        """Run `work` in another page's transaction; call the answer once that is committed."""
        await work(unit := kind(pipeline, self._context))
        await pipeline.flush()
        return lambda: self._wakeups.wake(unit.wakes)

    async def glance(self, kind: type[U], work: Callable[[U], Awaitable[T]]) -> T:
        """As `look`, for what is asked at each message: a few rows by key, with `fetch` alone."""
        async with self._database.glance() as pipeline:
            return await work(kind(pipeline, self._context))

    async def look(self, kind: type[U], work: Callable[[U], Awaitable[T]]) -> T:
        """Run `work`, which only reads, beside the writer."""
        async with self._database.read() as connection:
            return await work(kind(Pipeline(connection), self._context))

"""One node's posts, on a database or in memory: its people, people elsewhere, and what arrives."""

import json
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

from msgspec.structs import replace

from node.accounts.account import Account, Role, State
from node.accounts.names import INSTANCE
from node.federation.activities import parse, render
from node.federation.activities.shapes import PUBLIC, Activity, CreateNote, Note
from node.graph.friendship import Friendship
from node.graph.friendship_states import Pair, Stance
from node.graph.friendship_unit import Following, FollowState
from node.inbox import publishing
from node.inbox.audiences import Choice
from node.inbox.publishing import Draft
from node.store import tables
from node.store.database import Database
from node.store.feeds import FeedUnit
from node.store.inbox import InboxUnit
from node.store.unit import UnitContext
from node.testing.fakes import NEW_YEAR, FakeClock, FakeEntropy
from node.testing.memory import MemoryTables
from node.testing.memory.tables import Actor, Arrived, Host
from node.testing.rows import Rows
from node.testing.stores import hear
from node.wire.api.inbox import Post
from tests.contracts.stores import Store, open_units

T = TypeVar("T")
HERE = "https://alpha.test"


def actor_id(name: str, domain: str) -> str:
    return f"https://{domain}/a/{name}"


ALICE, CAROL = actor_id("alice", "alpha.test"), actor_id("carol", "alpha.test")
BOB, DORA = actor_id("bob", "beta.test"), actor_id("dora", "beta.test")
EVE = actor_id("eve", "gamma.test")


def note(author: str = BOB, name: str = "1", **given: Any) -> Note:
    """A post of `author` for their friends."""
    origin = author.partition("/a/")[0]
    given.setdefault("to", (f"{author}/friends",))
    given.setdefault("content", "<p>hello</p>")
    given.setdefault("published", NEW_YEAR)
    return Note(id=f"{origin}/o/{name}", author=author, **given)


def create(made: Note) -> CreateNote:
    return CreateNote(f"{made.id}/create", made.author, made)


class Harness(ABC):
    """A node. `sent` holds what was owed to others, as (activity, inbox)."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = FakeClock()
        self.sent: list[tuple[Activity, str]] = []
        self.named: dict[str, set[str]] = {}  # whom the last copy for an inbox names (INB-2.5)
        self.context = UnitContext(HERE, self.clock, FakeEntropy(), render)
        self.units = open_units(store, self.context)

    @abstractmethod
    async def person(self, id: str) -> str:
        """Someone; of ours when the id is."""

    @abstractmethod
    async def put_friendship(self, actor: str, other: str, ours: str, theirs: str) -> None:
        """How one of ours stands to somebody."""

    @abstractmethod
    async def follow(self, follower: str, followed: str) -> None: ...

    @abstractmethod
    async def make_admin(self, id: str) -> None:
        """One of ours is an administrator from now on."""

    @abstractmethod
    async def name_instance(self, id: str) -> None:
        """This is the node's own actor."""

    @abstractmethod
    async def suspend(self, host: str, suspended: bool) -> None:
        """A server is suspended here, or no more."""

    @abstractmethod
    async def take_owed(self) -> list[tuple[bytes, str]]:
        """What was owed to others since the last call, with the inbox."""

    @abstractmethod
    async def take_arrived(self) -> list[bytes]:
        """What arrived from our own people since the last call."""

    @abstractmethod
    async def put_arrival(self, actor: str, activity: str, body: bytes, state: str) -> None:
        """Something that came from elsewhere."""

    @abstractmethod
    async def arrivals(self) -> dict[str, bytes]:
        """The bodies that are kept of what arrived, by activity."""

    @abstractmethod
    async def told(self) -> list[str]:
        """The kinds of all events, in order."""

    @abstractmethod
    async def readers(self, post: str) -> list[str]:
        """The accounts in whose feed the post stands."""

    async def friendship(
        self, one: str, other: str, ours: str = "accepted", theirs: str = ""
    ) -> None:
        """How the two stand to each other, as each of ours has it on disk."""
        for actor, them, said, heard in (
            (one, other, ours, theirs or ours),
            (other, one, theirs or ours, ours),
        ):
            if actor.startswith(HERE):
                await self.put_friendship(actor, them, said, heard)

    async def do(self, work: Callable[[InboxUnit], Awaitable[T]]) -> T:
        """A command, and all that arrives at home because of it."""
        result = await self.units.run(InboxUnit, work)
        await self.settle()
        return result

    async def look(self, work: Callable[[FeedUnit], Awaitable[T]]) -> T:
        return await self.units.look(FeedUnit, work)

    async def hear(self, *activities: Activity) -> None:
        """Arrivals, applied in this order. Raises `Refused`."""
        for activity in activities:
            self.clock.pass_(timedelta(seconds=1))
            await hear(self.units, activity)

    async def settle(self) -> None:
        """What is owed to our own people arrives; what is owed to others is noted in `sent`."""
        for body, inbox in await self.take_owed():
            self.sent.append((parse(json.loads(body)), inbox))
        for body in await self.take_arrived():
            await self.hear(parse(json.loads(body)))

    # -- what our people do and see ----------------------------------------------------------------

    async def publish(
        self,
        actor: str,
        content: str = "hello",
        choice: Choice | None = Choice.FRIENDS,
        **more: Any,
    ) -> Note:
        self.clock.pass_(timedelta(seconds=1))
        draft = Draft(content, choice, **more)
        return await self.do(lambda unit: publishing.publish(unit, actor, draft))

    async def comment(self, actor: str, on: str, content: str = "nice") -> Note:
        return await self.publish(actor, content, None, in_reply_to=on)

    async def feed(self, reader: str) -> list[str]:
        name = reader.rpartition("/")[2]
        items, _ = await self.look(lambda unit: unit.feed(name, reader, 40, None))
        return [one.id for one in items]

    async def comments(self, reader: str, root: str) -> list[str]:
        async def look(unit: FeedUnit) -> list[Post]:
            await publishing.seen(unit, reader, root)
            return (await unit.comments(root, reader, 40, None))[0]

        return [one.id for one in await self.look(look)]

    async def shown(self, reader: str, id: str) -> Post:
        async def look(unit: FeedUnit) -> Post:
            found = await unit.one((await publishing.seen(unit, reader, id)).id, reader)
            assert found is not None
            return found

        return await self.look(look)

    async def sees(self, viewer: str, id: str) -> bool:
        return await self.look(lambda unit: unit.sees(viewer, id))

    async def notices(self, reader: str) -> list[tuple[str, str, str]]:
        name = reader.rpartition("/")[2]
        items, _ = await self.look(lambda unit: unit.noticed(name, 40, None))
        return [(one.kind, one.actor.id, one.object) for one in items]


class DatabaseHarness(Rows, Harness):
    """A harness whose rows are in a database."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.database = database

    async def person(self, id: str) -> str:
        name = id.rpartition("/")[2]
        local = {"account": name} if id.startswith(HERE) else {}
        await self.knows(id, shared_inbox="", **local)
        if local:
            await self.account(name, id, f"{id}-c")
        return id

    async def make_admin(self, id: str) -> None:
        a = tables.accounts
        await self.write(a.update().where(a.c.actor == id).values(role="admin"))

    async def name_instance(self, id: str) -> None:
        await self.insert(tables.names, name=INSTANCE, actor=id, created=0)

    async def suspend(self, host: str, suspended: bool) -> None:
        await self.write(tables.peers.delete().where(tables.peers.c.host == host))
        if suspended:
            await self.insert(tables.peers, host=host, suspended=1)

    async def take_owed(self) -> list[tuple[bytes, str]]:
        box, out = tables.deliveries, tables.outbox
        owed = []
        for row in await self.rows(box):
            (kept,) = await self.rows(out, out.c.id == row.activity)
            self.named[row.inbox] = set(row.named.split())
            owed.append((kept.body, row.inbox))
        await self.write(box.delete())
        return owed

    async def take_arrived(self) -> list[bytes]:
        arrived = await self.rows(tables.arrivals)
        await self.write(tables.arrivals.delete())
        return [row.body for row in arrived]

    async def put_arrival(self, actor: str, activity: str, body: bytes, state: str) -> None:
        row = {"actor": actor, "activity": activity, "body": body, "state": state}
        await self.insert(tables.arrivals, received=0, due=0, **row)

    async def arrivals(self) -> dict[str, bytes]:
        return {row.activity: row.body for row in await self.rows(tables.arrivals)}

    async def told(self) -> list[str]:
        events = sorted(await self.rows(tables.events), key=lambda row: int(row.seq))
        return [row.kind for row in events]

    async def readers(self, post: str) -> list[str]:
        lines = await self.rows(tables.timeline, tables.timeline.c.post == post)
        return [row.account for row in lines]


class MemoryHarness(Harness):
    """A harness whose rows are on tables in memory: no file, no waiting."""

    def __init__(self, tables: MemoryTables) -> None:
        super().__init__(tables)
        self.tables = tables

    async def person(self, id: str) -> str:
        local, name = id.startswith(HERE), id.rpartition("/")[2]
        self.tables.actors[id] = Actor(
            id,
            local=local,
            account=name if local else None,
            name=name,
            domain=id.split("/")[2],
            inbox=f"{id}/inbox",
            followers=f"{id}/followers",
            friends=f"{id}/friends",
        )
        if local:
            self.tables.accounts[name] = Account(
                name, name, id, f"{id}-c", "", Role.MEMBER, State.ACTIVE, self.clock.now()
            )
        return id

    async def put_friendship(self, actor: str, other: str, ours: str, theirs: str) -> None:
        friendship = Friendship(actor, other, Pair(Stance(ours), Stance(theirs)))
        self.tables.friendships[actor, other] = friendship, 0

    async def follow(self, follower: str, followed: str) -> None:
        row = Following(follower, followed, (), FollowState.ACCEPTED)
        self.tables.follows[follower, followed] = row, 0

    async def make_admin(self, id: str) -> None:
        name = id.rpartition("/")[2]
        self.tables.accounts[name] = replace(self.tables.accounts[name], role=Role.ADMIN)

    async def name_instance(self, id: str) -> None:
        self.tables.names[INSTANCE] = id

    async def suspend(self, host: str, suspended: bool) -> None:
        self.tables.hosts[host] = Host(suspended=suspended)

    async def take_owed(self) -> list[tuple[bytes, str]]:
        rows = self.tables.deliveries.values()
        owed = [(self.tables.outbox[row.activity].body, row.inbox) for row in rows]
        self.named |= {row.inbox: set(row.named) for row in rows}
        self.tables.deliveries.clear()
        return owed

    async def take_arrived(self) -> list[bytes]:
        arrived = [row.body for row in self.tables.arrivals.values()]
        self.tables.arrivals.clear()
        return arrived

    async def put_arrival(self, actor: str, activity: str, body: bytes, state: str) -> None:
        now = self.clock.now()
        self.tables.arrivals[actor, activity] = Arrived(0, body, now, now, state)

    async def arrivals(self) -> dict[str, bytes]:
        return {activity: row.body for (_, activity), row in self.tables.arrivals.items()}

    async def told(self) -> list[str]:
        return [event.kind for _, event in sorted(self.tables.events.items())]

    async def readers(self, post: str) -> list[str]:
        return [account for account, id in self.tables.timeline if id == post]


async def open_harness(database: Database) -> DatabaseHarness:
    """As `settled`, on a database."""
    harness = DatabaseHarness(database)
    await settled(harness)
    return harness


async def any_harness(store: Store) -> Harness:
    """As `settled`, wherever the rows are."""
    harness = MemoryHarness(store) if isinstance(store, MemoryTables) else DatabaseHarness(store)
    await settled(harness)
    return harness


async def settled(harness: Harness) -> None:
    """Alice and Carol live here; Bob and Dora elsewhere, and Eve, whom nobody knows.

    Alice is a friend of Bob, Dora and Carol; nobody else is of anybody.
    """
    for id in (ALICE, CAROL, BOB, DORA, EVE):
        await harness.person(id)
    for other in (BOB, DORA, CAROL):
        await harness.friendship(ALICE, other)


PUBLIC_TO = (PUBLIC,)

"""One node's posts on a real database: its people, people elsewhere, and what arrives."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from node.federation.activities import parse, render
from node.federation.activities.shapes import (
    PUBLIC,
    Activity,
    Announce,
    Block,
    CreateNote,
    Delete,
    Like,
    Note,
    Undo,
    UpdateNote,
)
from node.inbox import posts, publishing
from node.inbox.audiences import Choice
from node.inbox.publishing import Draft
from node.store import tables
from node.store.bells import Bells
from node.store.database import Database
from node.store.feeds import FeedUnit
from node.store.inbox import InboxUnit
from node.store.unit import Desk, Units
from node.testing.fakes import NEW_YEAR, FakeClock, FakeEntropy
from node.wire.api.inbox import Post

T = TypeVar("T")
HERE = "https://alpha.test"
HANDLERS: Mapping[type, Callable[[Any, Any], Awaitable[None]]] = {
    CreateNote: posts.on_create_note,
    UpdateNote: posts.on_update_note,
    Like: posts.on_like,
    Announce: posts.on_announce,
    Undo: posts.on_undo,
    Delete: posts.on_delete,
    Block: posts.on_block,
}


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


@dataclass
class House:
    """A node. `sent` holds what was owed to others, as (activity, inbox)."""

    database: Database
    clock: FakeClock = field(default_factory=FakeClock)
    sent: list[tuple[Activity, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.units = Units(self.database, Desk(HERE, self.clock, FakeEntropy(), render), Bells())

    async def write(self, *statements: Any) -> None:
        async def work(connection: AsyncConnection) -> None:
            for statement in statements:
                await connection.execute(statement)

        await self.database.write(work)

    async def insert(self, table: Any, **values: Any) -> None:
        await self.write(table.insert().values(**values))

    async def rows(self, table: Any, *where: Any) -> list[Any]:
        async with self.database.read() as connection:
            return list((await connection.execute(select(table).where(*where))).all())

    async def person(self, id: str) -> str:
        """Someone; of ours when the id is."""
        local, name = id.startswith(HERE), id.rpartition("/")[2]
        await self.insert(
            tables.actors,
            id=id,
            kind="Person",
            local=local,
            account=name if local else None,
            name=name,
            domain=id.split("/")[2],
            inbox=f"{id}/inbox",
            followers=f"{id}/followers",
            friends=f"{id}/friends",
        )
        if local:
            await self.insert(
                tables.accounts, id=name, name=name, actor=id, channel=f"{id}-c", created=0
            )
        return id

    async def tie(self, one: str, other: str, ours: str = "accepted", theirs: str = "") -> None:
        """How the two stand to each other, as each of ours has it on disk."""
        for actor, them, said, heard in (
            (one, other, ours, theirs or ours),
            (other, one, theirs or ours, ours),
        ):
            if actor.startswith(HERE):
                table = tables.friendships
                old = table.delete().filter_by(actor=actor, other=them)
                new = table.insert().values(
                    actor=actor, other=them, ours=said, theirs=heard, updated=0
                )
                await self.write(old, new)

    async def follow(self, follower: str, followed: str) -> None:
        await self.insert(
            tables.follows, follower=follower, followed=followed, state="accepted", updated=0
        )

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
            handler = HANDLERS[type(activity)]
            await self.units.run(InboxUnit, lambda unit, a=activity, h=handler: h(a, unit))  # type: ignore[misc]

    async def settle(self) -> None:
        """What is owed to our own people arrives; what is owed to others is noted in `sent`."""
        box, out = tables.deliveries, tables.outbox
        for row in await self.rows(box):
            (kept,) = await self.rows(out, out.c.id == row.activity)
            self.sent.append((parse(json.loads(kept.body)), row.inbox))
        await self.write(box.delete())
        arrived = await self.rows(tables.arrivals)
        await self.write(tables.arrivals.delete())
        for row in arrived:
            await self.hear(parse(json.loads(row.body)))

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


async def open_house(database: Database) -> House:
    """Alice and Carol live here; Bob and Dora elsewhere, and Eve, whom nobody knows.

    Alice is a friend of Bob, Dora and Carol; nobody else is of anybody.
    """
    house = House(database)
    for id in (ALICE, CAROL, BOB, DORA, EVE):
        await house.person(id)
    for other in (BOB, DORA, CAROL):
        await house.tie(ALICE, other)
    return house


PUBLIC_TO = (PUBLIC,)

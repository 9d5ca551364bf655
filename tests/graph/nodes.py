"""Nodes with a real SQLite file each; between them go the bytes that go over the wire."""

import json
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from node.errors import Refused
from node.federation.activities import parse
from node.federation.activities.shapes import Activity
from node.federation.capabilities import FRIENDSHIP
from node.graph.visibility import Audience, Viewer, may_see
from node.store import tables
from node.store.database import Database
from node.store.friends import FriendsUnit
from node.store.unit import Units
from node.testing.fakes import FakeClock
from node.testing.rows import Rows
from node.testing.stores import hear, open_new_stores
from node.wire.times import micros

Work = Callable[[FriendsUnit], Coroutine[Any, Any, Any]]


@dataclass
class Node(Rows):
    """One node. `heard` keeps what arrived, `refused` the clauses of what was refused."""

    domain: str
    database: Database
    units: Units
    clock: FakeClock
    heard: list[Activity]
    refused: list[str]

    async def do(self, work: Work) -> Any:
        return await self.units.run(FriendsUnit, work)

    async def look(self, work: Work) -> Any:
        return await self.units.look(FriendsUnit, work)

    async def hear(self, activity: Activity) -> None:
        """One arrival, applied. Raises `Refused`."""
        await hear(self.units, activity)

    async def state(self, actor: str, other: str) -> str:
        relation = await self.look(lambda unit: unit.relation(actor, other))
        return str(relation.state)

    async def sees(self, actor: str, author: str, audience: Iterable[Audience]) -> bool:
        """Whether `actor` may see what `author` meant for `audience`, by what this node knows."""
        viewer: Viewer = await self.look(lambda unit: unit.viewer(actor, author))
        return may_see(viewer, audience)

    async def take(self, table: Any) -> list[bytes]:
        """The bodies that wait in `arrivals` or `deliveries`, once."""

        async def work(connection: AsyncConnection) -> list[bytes]:
            if table is tables.arrivals:
                query = select(table.c.body).order_by(table.c.seq)
            else:
                query = (
                    select(tables.outbox.c.body)
                    .join(table, table.c.activity == tables.outbox.c.id)
                    .order_by(table.c.seq)
                )
            bodies = [bytes(body) for body in (await connection.execute(query)).scalars()]
            await connection.execute(table.delete())
            return bodies

        return await self.database.write(work)


class System:
    """Some nodes, and people on each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.nodes: dict[str, Node] = {}
        self.sent: list[dict[str, Any]] = []  # to servers that are none of ours

    async def node(self, domain: str) -> Node:
        clock = FakeClock()
        stores = await open_new_stores(domain, self.folder / domain, clock)
        node = Node(domain, stores.database, stores.units, clock, [], [])
        self.nodes[domain] = node
        return node

    async def person(self, name: str, domain: str) -> str:
        """Someone of `domain`, known everywhere; on one of our nodes they have an account."""
        id = f"https://{domain}/a/{name}"
        for node in self.nodes.values():
            kith = [FRIENDSHIP] if domain in self.nodes else []
            own = {"account": name} if node.domain == domain else {}
            await node.knows(id, shared_inbox="", capabilities=json.dumps(kith), **own)
            if own:
                await node.account(name, id, f"{id}-channel", created=micros(node.clock.now()))
        return id

    async def settle(self) -> None:
        """All that is owed arrives, in order, until nobody owes anything."""
        while True:
            said: list[tuple[Node, bytes]] = []
            for node in self.nodes.values():
                said += [(node, body) for body in await node.take(tables.arrivals)]
                for body in await node.take(tables.deliveries):
                    document = json.loads(body)
                    others = [each for each in self.nodes.values() if each is not node]
                    named = [each for each in others if f"https://{each.domain}/" in body.decode()]
                    said += [(each, body) for each in named]
                    self.sent += [] if named else [document]
            if not said:
                return
            for node, body in said:
                activity = parse(json.loads(body))
                node.heard.append(activity)
                try:
                    await node.hear(activity)
                except Refused as refusal:
                    node.refused.append(refusal.clause)

    async def close(self) -> None:
        for node in self.nodes.values():
            await node.database.close()

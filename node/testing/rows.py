"""The rows of a node as a test puts, changes and reads them, and people who are there already."""

from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from node.store import tables
from node.store.database import Database


class Rows:
    """What harnesses with a `database` have in common."""

    database: Database

    async def write(self, *statements: Any) -> None:
        """All of them, in one transaction."""

        async def work(connection: AsyncConnection) -> None:
            for statement in statements:
                await connection.execute(statement)

        await self.database.write(work)

    async def insert(self, table: Any, **values: Any) -> None:
        """A row."""
        await self.write(table.insert().values(**values))

    async def change(self, table: Any, where: Any, **values: Any) -> None:
        """New values in the rows of which `where` holds."""
        await self.write(update(table).where(where).values(**values))

    async def rows(self, table: Any, *where: Any) -> list[Any]:
        """The rows of which all of `where` holds."""
        async with self.database.read() as connection:
            return list((await connection.execute(select(table).where(*where))).all())

    async def knows(self, id: str, kind: str = "Person", **more: Any) -> None:
        """The row of an actor; one of ours when it has an `account`."""
        host = urlsplit(id).netloc
        values = {
            "local": "account" in more,
            "name": id.rpartition("/")[2],
            "domain": host,
            "inbox": f"{id}/inbox",
            "shared_inbox": f"https://{host}/inbox",
            "followers": f"{id}/followers",
            "friends": f"{id}/friends",
        }
        await self.insert(tables.actors, id=id, kind=kind, **{**values, **more})

    async def account(self, id: str, actor: str, channel: str, **more: Any) -> None:
        """The row of an account; its actors' rows are apart."""
        values = {"name": actor.rpartition("/")[2], "created": 0, **more}
        await self.insert(tables.accounts, id=id, actor=actor, channel=channel, **values)

    async def follow(self, follower: str, followed: str) -> None:
        """One follows the other."""
        await self.insert(
            tables.follows, follower=follower, followed=followed, state="accepted", updated=0
        )

    async def put_friendship(
        self, actor: str, other: str, ours: str = "accepted", theirs: str = "accepted"
    ) -> None:
        """How one of ours stands to somebody, whatever it was before."""
        table = tables.friendships
        old = table.delete().filter_by(actor=actor, other=other)
        new = table.insert().values(actor=actor, other=other, ours=ours, theirs=theirs, updated=0)
        await self.write(old, new)

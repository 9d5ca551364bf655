"""What is fixed at the first start and checked at every other: origin and account domain."""

from sqlalchemy import select

from node.errors import Malformed
from node.store import tables
from node.store.unit import Unit

FIXED = ("origin", "account_domain")


class SettledUnit(Unit):
    """Queries over `settings`."""

    async def settle(self, **values: str) -> None:
        """Keep `values` at the first start. Raises `Malformed` (FED-12.3) when they changed."""
        found = await self.connection.execute(
            select(tables.settings).where(tables.settings.c.key.in_(FIXED))
        )
        kept = {row.key: row.value for row in found.all()}
        for key in FIXED:
            if key not in kept:
                await self.connection.execute(
                    tables.settings.insert().values(key=key, value=values[key])
                )
            elif kept[key] != values[key]:
                raise Malformed(
                    "FED-12.3",
                    f"this node's {key} is {kept[key]} since its first start and stands in every "
                    f"id that peers keep; it cannot become {values[key]}",
                )

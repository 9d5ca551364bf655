"""What is fixed at the first start and checked at every other: origin and account domain."""

from collections.abc import Mapping

from sqlalchemy import select

from node.errors import Malformed
from node.store import tables
from node.store.unit import Unit

FIXED = ("origin", "account_domain")


class SettledUnit(Unit):
    """Queries over `settings`."""

    async def names(self) -> dict[str, str]:
        """What was fixed at the first start; nothing before it."""
        found = await self.connection.execute(
            select(tables.settings).where(tables.settings.c.key.in_(FIXED))
        )
        return {row.key: row.value for row in found.all()}

    async def settle(self, **values: str) -> None:
        """Keep `values` at the first start. Raises `Malformed` (FED-12.3) when they changed."""
        kept = await self.names()
        check_names(kept, **values)
        for key in (key for key in FIXED if key not in kept):
            await self.connection.execute(
                tables.settings.insert().values(key=key, value=values[key])
            )


def check_names(kept: Mapping[str, str], **given: str) -> None:
    """Raises `Malformed` (FED-12.3) when a name that was `given` is another than the one kept."""
    for key, value in given.items():
        if kept.get(key, value) != value:
            raise Malformed(
                "FED-12.3",
                f"this node's {key} is {kept[key]} since its first start and stands in every "
                f"id that peers keep; it cannot become {value}",
            )

"""Whether the process lives, and whether it is ready for requests: for those who run the node."""

from collections.abc import Callable

from aiohttp import web
from msgspec import Struct, field
from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError

from node.errors import NoRoom
from node.store import tables
from node.store.unit import Unit, Units
from node.web.disk_shares import Disk

ALIVE = "/livez"  # counted for nobody: who watches a node asks while it is under attack
MAKE_ROOM = "make room; reads are answered meanwhile, and the node goes on by itself afterwards"


class Health(Struct):
    """`stopping` makes the node unready, so that a proxy sends no one here any more.

    Each of `doubts` says in words why the node cannot do its work, or nothing; each of `warnings`
    what its operator is to look at.
    """

    units: Units
    disk: Disk
    doubts: list[Callable[[], str]] = field(default_factory=list)
    warnings: list[Callable[[], str]] = field(default_factory=list)
    stopping: bool = False

    def told(self) -> list[str]:
        """All that is not as it should be, a sentence each."""
        return [told for one in (*self.doubts, *self.warnings) if (told := one())]

    @property
    def well(self) -> bool:
        """Whether nothing that is known keeps the node from its work."""
        doubts = any(doubt() for doubt in self.doubts)
        return not (doubts or self.stopping or self.disk.short) and self.units.have_room

    def extras(self) -> tuple[web.RouteDef, ...]:
        """Routes outside the API."""
        return (
            web.get(ALIVE, self.live, allow_head=False),
            web.get("/readyz", self.ready, allow_head=False),
        )

    async def live(self, _request: web.Request) -> web.Response:
        return _plain("alive")

    async def ready(self, _request: web.Request) -> web.Response:
        if self.stopping:
            return _plain("stopping", 503)
        try:
            await self.units.look(Unit, _look)
        except (SQLAlchemyError, OSError):
            return _plain("the database does not answer", 503)
        if not self.units.have_room:
            try:
                await self.units.run(Unit, _touch)
            except NoRoom:
                return _plain(f"the disk of the database is full: {MAKE_ROOM}", 503)
        if self.disk.short:
            return _plain(f"the disk is almost full: {MAKE_ROOM}", 503)
        if told := "; ".join(filter(None, [doubt() for doubt in self.doubts])):
            return _plain(told, 503)
        return _plain("ready")


def _plain(text: str, status: int = 200) -> web.Response:
    return web.Response(text=text + "\n", status=status, headers={"Cache-Control": "no-store"})


async def _touch(unit: Unit) -> None:
    """A change that changes nothing, and needs room as any other does."""
    key = tables.settings.c.key
    await unit.connection.execute(update(tables.settings).values(key=key))


async def _look(unit: Unit) -> None:
    await unit.connection.execute(select(tables.settings.c.key).limit(1))

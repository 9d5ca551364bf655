"""Whether the process lives, and whether it is ready for requests: for those who run the node."""

from aiohttp import web
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from node.store import tables
from node.store.unit import Unit, Units
from node.web.disk_shares import Disk


class Health(Struct):
    """`stopping` makes the node unready, so that a proxy sends no one here any more."""

    units: Units
    disk: Disk
    stopping: bool = False

    def extras(self) -> tuple[web.RouteDef, ...]:
        """Routes outside the API."""
        return (
            web.get("/livez", self.live, allow_head=False),
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
        if self.disk.short:
            return _plain("the disk is almost full: what is there is read, no more is taken", 503)
        return _plain("ready")


def _plain(text: str, status: int = 200) -> web.Response:
    return web.Response(text=text + "\n", status=status, headers={"Cache-Control": "no-store"})


async def _look(unit: Unit) -> None:
    await unit.connection.execute(select(tables.settings.c.key).limit(1))

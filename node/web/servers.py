"""Routes by which administrators suspend other servers (spec API-11.3, FED-7.7)."""

from msgspec import Struct

from node.errors import Conflict
from node.store.federation import FederationUnit
from node.store.unit import Units
from node.web.routes import Call, Reply, Route, Scope
from node.wire import ids
from node.wire.api.servers import ServerChoice, ServerList


class Servers(Struct, frozen=True):
    """`origin` is our own, which is not to be suspended."""

    units: Units
    origin: str

    async def list(self, _call: Call) -> Reply:
        hosts = await self.units.look(FederationUnit, FederationUnit.suspended_hosts)
        return Reply(ServerList(suspended=sorted(hosts)))

    async def choose(self, call: Call) -> Reply:
        asked: ServerChoice = call.body
        host = ids.origin(f"https://{asked.host}").authority
        if host == ids.origin(self.origin).authority:
            raise Conflict("API-11.3", "a node does not suspend itself")
        await self.units.run(FederationUnit, lambda unit: unit.suspend(host, asked.suspended))
        return await self.list(call)


def routes(units: Units, origin: str) -> tuple[Route, ...]:
    """The routes of this room."""
    servers = Servers(units, origin)
    return (
        Route(
            "GET",
            "/admin/servers",
            servers.list,
            "Which servers are suspended here.",
            Scope.ADMIN,
            answers=ServerList,
            admin=True,
        ),
        Route(
            "PUT",
            "/admin/servers",
            servers.choose,
            "Suspend a server: neither hear it nor send to it; or take that back.",
            Scope.ADMIN,
            ServerChoice,
            ServerList,
            admin=True,
        ),
    )

"""Routes by which administrators suspend other servers and their people (spec API-11, FED-7.7)."""

from collections.abc import Awaitable, Callable

from msgspec import Struct

from node.accounts.audit import Deed
from node.errors import Conflict
from node.store.federation import FederationUnit
from node.store.unit import Units
from node.web.api.logged import logged
from node.web.api.scopes import Scope
from node.web.routes import Call, Reply, Route
from node.wire import ids
from node.wire.api.servers import ActorChoice, ActorList, ServerChoice, ServerList


class Servers(Struct, frozen=True):
    """`origin` is our own, which is not to be suspended. `whom` knows actors by handle or id."""

    units: Units
    origin: str
    whom: Callable[[str], Awaitable[str]]

    async def list(self, _call: Call) -> Reply:
        hosts = await self.units.look(FederationUnit, FederationUnit.suspended_hosts)
        return Reply(ServerList(suspended=sorted(hosts)))

    async def choose(self, call: Call) -> Reply:
        asked: ServerChoice = call.body
        host = ids.origin(f"https://{asked.host}").authority
        if host in ids.covering(ids.origin(self.origin).authority):
            raise Conflict("API-11.3", "a node does not suspend itself, nor a name above its own")
        deed = Deed.SUSPEND_SERVER if asked.suspended else Deed.ALLOW_SERVER
        await self.units.run(
            FederationUnit,
            logged(call, deed, host, lambda unit: unit.suspend(host, asked.suspended)),
        )
        return await self.list(call)

    async def actors(self, _call: Call) -> Reply:
        found = await self.units.look(FederationUnit, FederationUnit.suspended_actors)
        return Reply(ActorList(suspended=sorted(found)))

    async def choose_actor(self, call: Call) -> Reply:
        asked: ActorChoice = call.body
        id = await self.whom(asked.actor)
        if ids.same_origin(id, self.origin):
            raise Conflict("API-11.4", "one of ours is suspended by their account")
        deed = Deed.SUSPEND_ACTOR if asked.suspended else Deed.ALLOW_ACTOR
        await self.units.run(
            FederationUnit,
            logged(call, deed, id, lambda unit: unit.suspend_actor(id, asked.suspended)),
        )
        return await self.actors(call)


def routes(units: Units, origin: str, whom: Callable[[str], Awaitable[str]]) -> tuple[Route, ...]:
    """The routes of this room."""
    servers = Servers(units, origin, whom)
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
        Route(
            "GET",
            "/admin/actors",
            servers.actors,
            "Which actors of other servers are suspended here.",
            Scope.ADMIN,
            answers=ActorList,
            admin=True,
        ),
        Route(
            "PUT",
            "/admin/actors",
            servers.choose_actor,
            "Suspend one actor of another server: neither hear nor show them; or take that back.",
            Scope.ADMIN,
            ActorChoice,
            ActorList,
            admin=True,
        ),
    )

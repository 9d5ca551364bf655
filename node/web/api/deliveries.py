"""Routes of what is on its way to other servers, and of the node's health (spec API-11)."""

from collections.abc import Awaitable, Callable, Mapping

from msgspec import Struct

from node.federation.clocks import Clocks
from node.store.deliveries import DeliveriesUnit
from node.store.unit import Units
from node.web.api.scopes import Scope
from node.web.routes import Call, Reply, Route
from node.wire.api.deliveries import DeliveryList, MediaBounds, NodeHealth, Retried, Retry

Tries = Callable[[], Awaitable[MediaBounds]]
Refused = Callable[[], Mapping[str, int]]
Warnings = Callable[[], list[str]]


class Deliveries(Struct, frozen=True):
    """`tries` finds out which bounds hold around media programs, by trying them.

    `refused` says how often this process refused something, by clause; `warnings` what is amiss,
    a sentence each.
    """

    units: Units
    tries: Tries
    refused: Refused
    clocks: Clocks
    warnings: Warnings

    async def list(self, call: Call) -> Reply:
        account, of = call.caller.account, call.query.get("of", "")
        items, after = await self.units.look(
            DeliveriesUnit, lambda unit: unit.deliveries(account, of, call.limit, call.after)
        )
        return Reply(DeliveryList(items=items), after=after)

    async def retry(self, call: Call) -> Reply:
        account, asked = call.caller.account, call.body
        count = await self.units.run(
            DeliveriesUnit, lambda unit: unit.retry(account, asked.of), once=call.once
        )
        return Reply(Retried(count=count))

    async def health(self, _call: Call) -> Reply:
        bounds = await self.tries()
        offset = self.clocks.offset()

        async def look(unit: DeliveriesUnit) -> NodeHealth:
            waiting, due, given_up = await unit.counts()
            return NodeHealth(
                warnings=self.warnings(),
                clock_offset_seconds=None if offset is None else offset.total_seconds(),
                clock_servers=self.clocks.hosts,
                media_bounds=bounds,
                arrivals_waiting=waiting,
                deliveries_due=due,
                deliveries_given_up=given_up,
                broken_arrivals=await unit.broken(),
                failing_peers=await unit.failing(),
                refused=dict(self.refused()),
            )

        return Reply(await self.units.look(DeliveriesUnit, look))


def routes(
    units: Units, tries: Tries, refused: Refused, clocks: Clocks, warnings: Warnings
) -> tuple[Route, ...]:
    """The routes of this room."""
    ways = Deliveries(units, tries, refused, clocks, warnings)
    return (
        Route(
            "GET",
            "/deliveries",
            ways.list,
            "What you said that is on its way to other servers, and what could not be delivered.",
            Scope.READ,
            answers=DeliveryList,
            paged=True,
            query={"of": "a post or video of yours: then all its deliveries, the arrived ones too"},
        ),
        Route(
            "POST",
            "/deliveries/retry",
            ways.retry,
            "Try now what has not arrived, also what was given up.",
            Scope.WRITE,
            Retry,
            Retried,
        ),
        Route(
            "GET",
            "/admin/health",
            ways.health,
            "How the node stands: bounds of media programs, queues, what failed; takes a second.",
            Scope.ADMIN,
            answers=NodeHealth,
            admin=True,
        ),
    )

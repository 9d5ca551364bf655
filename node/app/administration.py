"""What administrators do, over a node's database, beside the node or while it is stopped (OPS-2).

The routes are the API's own, so that what one way does the other does too. Nothing is settled,
swept or listened to here: that is the running node's.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from node.accounts.names import INSTANCE
from node.app.application import actor_finder
from node.app.lost import restored
from node.app.parts import System, make_media, make_sign_up, open_lines, open_stores, store_of
from node.config import Config
from node.errors import Broken
from node.operation.keeping import UNWATCHED, WATCH
from node.store.graph import GraphUnit
from node.store.invites import InvitesUnit
from node.web.api import deliveries, graph, invites, reports, servers
from node.web.disk_shares import Disk
from node.web.routes import Caller, Route

OPERATOR = Caller(
    account="",
    actor="",
    name="",
    role="admin",
    session="",
    device="",
    token=b"",
    scopes=frozenset(),
)


def _nothing_refused() -> Mapping[str, int]:
    return {}


@asynccontextmanager
async def open_administration(config: Config, system: System) -> AsyncIterator[tuple[Route, ...]]:
    """The routes of invites and of the node's administrators. Closed at the end of the block.

    Only a process that serves knows what it refused and whose clocks it heard.
    """
    stores = open_stores(config, system)
    try:
        domain = config.account_domain
        instance = await stores.units.look(GraphUnit, lambda unit: unit.named(INSTANCE, domain))
        if instance is None:
            raise Broken("this database holds no actor of the node: start it first with kith serve")
        lines = open_lines(config, system, stores, instance)
        try:
            media = make_media(config, store_of(config))
            disk = Disk(config.data_dir, config.disk_reserve_bytes, system.clock)
            lost = await restored(system, stores)
            alone = await stores.units.look(InvitesUnit, InvitesUnit.unwatched)
            units, find = stores.units, actor_finder(lines.discovery)

            async def find_id(text: str) -> str:
                return (await find(text)).id

            def warnings() -> list[str]:
                short = ["the disk is almost full"] if disk.short else []
                return [*short, *filter(None, [lost(), f"{UNWATCHED}. {WATCH}" if alone else ""])]

            signing_up = make_sign_up(config, system, stores)
            friends = graph.Friends(units, find_id)
            yield (
                *invites.routes(units, signing_up, system.entropy, config),
                *servers.routes(units, config.origin, friends.whom),
                *reports.routes(units, friends.whom),
                *deliveries.routes(units, media.bounds, _nothing_refused, lines.clocks, warnings),
            )
        finally:
            await lines.close()
    finally:
        await stores.database.close()

"""`kith invite`: make an invite link on the node's own machine, beside a running node or not."""

import argparse
import asyncio
import sys
from datetime import timedelta

from node.cli.migrate import migrate
from node.cli.starting import read_config
from node.config import Config
from node.errors import NodeError
from node.federation.activities import render
from node.graph.accounts import Role
from node.graph.invites import Invite
from node.store.bells import Bells
from node.store.database import Database
from node.store.invites import InvitesUnit
from node.store.unit import Desk, Units
from node.web.invites import invite_url, new_secret
from node.web.signup import digest_of_invite
from node.world import SystemClock, SystemEntropy


async def make(config: Config, role: Role, uses: int, days: int) -> str:
    """A fresh link."""
    entropy, database = SystemEntropy(), Database(config.database_url)
    units = Units(database, Desk(config.origin, SystemClock(), entropy, render), Bells())
    secret = new_secret(entropy)

    async def write(unit: InvitesUnit) -> None:
        span = timedelta(days=days)
        digest = digest_of_invite(secret)
        await unit.add_invite(
            Invite(digest, unit.fresh(), None, role, False, uses, unit.now, unit.now + span)
        )

    try:
        await units.run(InvitesUnit, write)
    finally:
        await database.close()
    return invite_url(config.origin, secret)


def main(argv: list[str]) -> int:
    """Print one link; 1 with a sentence when it cannot be made."""
    parser = argparse.ArgumentParser(prog="kith invite", description=__doc__, add_help=False)
    parser.add_argument("--admin", action="store_true", help="who comes by it administers the node")
    parser.add_argument("--uses", type=int, default=1)
    parser.add_argument("--days", type=int, default=7)
    found, rest = parser.parse_known_args(argv)
    try:
        config = read_config(rest, "invite", __doc__)
        migrate(config, "pre")
        role = Role.ADMIN if found.admin else Role.MEMBER
        sys.stdout.write(asyncio.run(make(config, role, found.uses, found.days)) + "\n")
    except NodeError as error:
        sys.stderr.write(f"kith invite: {error}\n")
        return 1
    return 0

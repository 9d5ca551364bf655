"""`kith invite`: make an invite link on the node's own machine, beside a running node or not."""

import asyncio
import sys
from dataclasses import replace

from sqlalchemy.exc import DBAPIError

from node.accounts import invites
from node.accounts.account import Role
from node.cli.migrate import migrate
from node.cli.no_room import full, is_full
from node.cli.probes import check_not_lost, database_file, is_missing
from node.cli.starting import NAMELESS, options, read_config
from node.cli.streams import put
from node.config import Config
from node.errors import Missing, NodeError, Unreachable
from node.federation.activities import render
from node.store.database import Database
from node.store.invites import InvitesUnit
from node.store.settled import SettledUnit, check_names
from node.store.unit import UnitContext, Units
from node.store.wakeups import Wakeups
from node.system import SystemClock, SystemEntropy

UNDEFINED_TABLE = "42P01"  # of PostgreSQL


async def named(config: Config) -> Config:
    """`config` with the names that the first start fixed.

    Raises `Missing` (FED-12.9) when no node was started here, `Malformed` (FED-12.3) when
    another name was given.
    """
    if is_missing(config):  # to look into it would make it
        check_not_lost(config, new=False)
        raise absent(config)
    database = Database(config.database_url)
    context = UnitContext(config.origin, SystemClock(), SystemEntropy(), render)
    try:
        names = await Units(database, context, Wakeups()).look(
            SettledUnit, lambda unit: unit.names()
        )
    except DBAPIError as error:
        raise _unread(config, error) from None
    except OSError as error:
        raise Unreachable(f"the database cannot be reached: {error}") from None
    finally:
        await database.close()
    if not names:
        raise absent(config)
    if config.origin != NAMELESS:
        check_names(names, origin=config.origin)
    return replace(
        config, origin=names["origin"], account_domain=names["account_domain"], media_origin=""
    )


def _unread(config: Config, error: DBAPIError) -> NodeError:
    """Why nothing could be read: there is no such table, or it is no database that can be used."""
    found, file = error.orig, database_file(config)
    if "no such table" in str(found) or getattr(found, "sqlstate", None) == UNDEFINED_TABLE:
        return absent(config)
    if file is not None and is_full(found):
        return full("FED-12.8", file.parent)
    return Unreachable(f"the database cannot be used: {found}")


def absent(config: Config) -> Missing:
    """No node was started with this database."""
    where = "this database" if config.database else config.data_dir
    return Missing("FED-12.9", f"there is no node in {where} yet: start it first with kith serve")


async def make(config: Config, role: Role, uses: int, days: int) -> str:
    """A fresh link. Raises `Malformed` (ACC-2.3) for uses or days beyond what an invite has."""
    entropy, database = SystemEntropy(), Database(config.database_url)
    units = Units(database, UnitContext(config.origin, SystemClock(), entropy, render), Wakeups())
    secret = invites.new_secret(entropy)

    digest = invites.digest_of(secret)
    try:
        await units.run(
            InvitesUnit,
            lambda unit: invites.make_invite(None, digest, uses, days, False, role, unit),
        )
    finally:
        await database.close()
    return invites.url_of(config.reached_at, secret)


def main(argv: list[str]) -> int:
    """Print one link; 1 with a sentence when it cannot be made."""
    parser = options("invite", __doc__)
    parser.add_argument("--admin", action="store_true", help="who comes by it administers the node")
    parser.add_argument("--uses", type=int, default=1, help="how many may come by it")
    parser.add_argument("--days", type=int, default=7, help="how long it is good")
    found = parser.parse_args(argv)
    try:
        config = asyncio.run(named(read_config(found, named=False)))
        migrate(config, "pre")
        role = Role.ADMIN if found.admin else Role.MEMBER
        link = asyncio.run(make(config, role, found.uses, found.days))
    except NodeError as error:
        sys.stderr.write(f"kith invite: {error}\n")
        return 1
    return put(f"{link}\n")

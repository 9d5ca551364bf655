"""What `kith doctor` looks at: a node's settings, its process and, if it answers, its database."""

import dataclasses
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy.exc import DBAPIError

from node.cli.probes import is_missing
from node.cli.starting import LOCK_FILE, NAMELESS
from node.config import Config
from node.errors import NodeError
from node.federation.activities import render
from node.operation.findings import Finding, unknown
from node.store.database import Database
from node.store.settled import SettledUnit
from node.store.unit import UnitContext, Units
from node.store.wakeups import Wakeups
from node.system import SystemClock, SystemEntropy


class Subject(Struct, frozen=True):
    """`units` None: the database cannot be asked, for the reason `fault`. `pid`: the node runs."""

    config: Config
    clock: SystemClock
    given: str  # the name that the settings say, "" when they say none
    kept: str  # the name in the database, "" when it has none
    pid: int | None = None
    units: Units | None = None
    database: Database | None = None
    fault: str = ""

    @property
    def data(self) -> Path:
        return Path(self.config.data_dir)

    @property
    def origin(self) -> str:
        """The node's name, as far as it is known."""
        return self.kept or self.given

    @property
    def asked(self) -> Units:
        """The database. Raises `Unasked` when it cannot be asked."""
        if self.units is None:
            raise Unasked("the database cannot be asked")
        return self.units


class Unasked(NodeError):
    """What a look needs is not there; another look says why."""


class Look(Struct, frozen=True):
    """One look, and the checks that it answers: each of them always has a finding."""

    checks: tuple[str, ...]
    run: Callable[[Subject], Awaitable[Sequence[Finding]]]

    async def findings(self, subject: Subject) -> list[Finding]:
        """What it finds. A look that fails is no finding about the node."""
        why = "it was not looked at"
        found: list[Finding] = []
        try:
            found = list(await self.run(subject))
        except NodeError as error:
            why = str(error)
        except (OSError, DBAPIError, TimeoutError) as error:
            why = f"it could not be looked at: {str(error).partition(chr(10))[0]}"
        told = {one.check: one for one in found}
        return [told.get(check) or unknown(check, why) for check in self.checks]


def process_of(data: Path) -> int | None:
    """The process that holds the data folder, if it lives and is a node's."""
    with suppress(OSError, ValueError):
        pid = int((data / LOCK_FILE).read_text())
        if b"serve" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0") or not _has_proc():
            os.kill(pid, 0)
            return pid
    return None


def _has_proc() -> bool:
    return Path("/proc/self/cmdline").exists()


@asynccontextmanager
async def looking_at(config: Config) -> AsyncIterator[Subject]:
    """The node of `config`, running or not. Nothing is made where nothing is."""
    given = "" if config.origin == NAMELESS else config.origin
    clock, pid = SystemClock(), process_of(Path(config.data_dir))
    bare = Subject(config, clock, given, "", pid)
    if is_missing(config):
        yield replace(bare, fault="there is no such file, or it is empty")
        return
    database = Database(config.database_url)
    context = UnitContext(config.origin, clock, SystemEntropy(), render)
    units = Units(database, context, Wakeups())
    try:
        try:
            names = await units.look(SettledUnit, lambda unit: unit.names())
        except (DBAPIError, OSError) as error:
            told = str(getattr(error, "orig", error)).partition("\n")[0]
            yield replace(bare, database=database, fault=told)
            return
        if not names:
            yield replace(bare, database=database, fault="no node was started with it yet")
            return
        settled = dataclasses.replace(
            config, origin=names["origin"], account_domain=names["account_domain"], media_origin=""
        )
        yield replace(bare, config=settled, kept=settled.origin, units=units, database=database)
    finally:
        await database.close()

"""Looks at what the node keeps: database, keys, blobs, backups, accounts (spec OPS-3)."""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from sqlalchemy.engine import make_url

from node.app.parts import store_of
from node.cli.backup import MARK
from node.cli.doctor.subject import Look, Subject, Unasked
from node.cli.probes import damage, database_file
from node.errors import NodeError
from node.operation import keeping
from node.operation.findings import Finding, unknown
from node.operation.keeping import BlobCount
from node.operation.name import names
from node.store import schema
from node.store.blob_names import BlobNamesUnit, NamedBlob
from node.store.health import HealthUnit
from node.store.incarnation import IncarnationUnit
from node.store.invites import InvitesUnit
from node.store.keyring import KEY_FILE, Keyring, NodeKey
from node.store.unit import Units
from node.system import SystemEntropy
from node.wire.times import from_micros, parse_rfc3339

PAGE = 500
EXAMPLES = 3
YOUNG = timedelta(days=1)  # an upload, or a video that is being made
MOST_ASKED = 1000  # of an object store: each costs a request


async def database(subject: Subject) -> Sequence[Finding]:
    """Whether it answers, what it is, whether it is whole and of this version."""
    config, file = subject.config, database_file(subject.config)
    where = str(file) if file else make_url(config.database_url).render_as_string()
    found = [keeping.database(where, subject.fault)]
    if subject.kept:
        found.append(names(subject.kept, subject.given))
    if file is not None and file.exists():
        found.append(keeping.integrity(await asyncio.to_thread(damage, file)))
        log = file.with_name(f"{file.name}-wal")
        found.append(keeping.log_size(log.stat().st_size if log.exists() else None))
    if subject.units is None:
        return found
    if file is None:
        found += [keeping.integrity(None), unknown("database-log", "PostgreSQL keeps its own log")]
    engine = await subject.units.look(HealthUnit, lambda unit: unit.engine())
    assert subject.database is not None
    return (
        *found,
        keeping.version(file is not None, engine.version),
        keeping.encoding(engine.encoding),
        keeping.migrations(await schema.version(subject.database), schema.newest()),
    )


async def node_key(subject: Subject) -> Sequence[Finding]:
    """Whether the key opens what is in the database. It is not made where it is not there."""
    if not (subject.data / KEY_FILE).exists():
        raise Unasked("node.key is not there")
    fault, entropy = "", SystemEntropy()
    try:
        await Keyring(NodeKey(subject.data, entropy), subject.asked, entropy).check()
    except Unasked:
        raise
    except NodeError as error:
        fault = str(error)
    return (keeping.node_key(fault),)


async def accounts(subject: Subject) -> Sequence[Finding]:
    """Who administers, who may come, whether this is another life of the node."""
    now = subject.clock.now()

    async def look(unit: InvitesUnit) -> Sequence[Finding]:
        health, life = unit.beside(HealthUnit), unit.beside(IncarnationUnit)
        restored = await life.restored_at()
        return (
            keeping.administrators(await unit.admins()),
            keeping.sign_up(str(await unit.registration()), await health.accounts_pending()),
            keeping.restored(from_micros(restored) if restored else None, now),
        )

    return await subject.asked.look(InvitesUnit, look)


async def backup(subject: Subject) -> Sequence[Finding]:
    """When the last one was made."""
    made: datetime | None = None
    with suppress(OSError, ValueError):
        made = parse_rfc3339((subject.data / MARK).read_text().strip())
    return (keeping.backup(made, subject.clock.now()),)


async def object_store(subject: Subject) -> Sequence[Finding]:
    """Asked for something that is not there: nothing is written."""
    if not subject.config.blob_store:
        return (keeping.store(None),)
    try:
        await store_of(subject.config).size("doctor")
    except NodeError as error:
        return (keeping.store(str(error)),)
    return (keeping.store(""),)


async def blobs(subject: Subject) -> Sequence[Finding]:
    """Whether all that the database names is there, and what is there that it does not name."""
    store, remote = store_of(subject.config), bool(subject.config.blob_store)
    named: set[str] = set()
    examples: list[str] = []
    missing = cut = 0
    async for one in _named(subject.asked, MOST_ASKED if remote else sys.maxsize):
        named.add(one.blob)
        size = await store.size(one.blob)
        missing, cut = missing + (size is None), cut + (size not in (None, one.size))
        if size != one.size and len(examples) < EXAMPLES:
            examples.append(one.blob)
    found = keeping.blobs(BlobCount(len(named), missing, cut, examples))
    if remote:
        return (found, unknown("orphans", "an object store is not listed here"))
    named |= await _uploads(subject.asked)
    old = subject.clock.now() - YOUNG
    left = await asyncio.to_thread(_orphans, subject.data / "blobs", named, old.timestamp())
    return (found, keeping.orphans(*left))


async def _named(units: Units, most: int) -> AsyncIterator[NamedBlob]:
    """The first `most` files of videos of ours; of peers' only the address is kept."""
    video = name = ""
    while most > 0:
        page = await units.look(BlobNamesUnit, partial(_page, video=video, name=name))
        for one in page[:most]:
            if one.blob:
                yield one
        most = most - PAGE if len(page) == PAGE else 0
        video, name = (page[-1].video, page[-1].name) if page else ("", "")


async def _page(unit: BlobNamesUnit, video: str, name: str) -> list[NamedBlob]:
    return await unit.named_blobs(video, name, PAGE)


async def _uploads(units: Units) -> set[str]:
    found: set[str] = set()
    after: str | None = ""
    while after is not None:
        page = await units.look(HealthUnit, partial(_upload_page, after=after))
        found.update(blob for _, blob in page)
        after = page[-1][0] if len(page) == PAGE else None
    return found


async def _upload_page(unit: HealthUnit, after: str) -> list[tuple[str, str]]:
    return await unit.upload_blobs(after, PAGE)


def _orphans(folder: Path, named: set[str], before: float) -> tuple[int, int]:
    """How many, and their bytes together."""
    count = total = 0
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            found = path.stat()
            known = str(path.relative_to(folder)) in named
            if path.is_file() and not known and found.st_mtime < before:
                count, total = count + 1, total + found.st_size
    return count, total


LOOKS = (
    Look(
        ("database", "name", "integrity", "database-log", "database-version",
         "database-encoding", "migrations"),
        database,
    ),
    Look(("node-key",), node_key),
    Look(("administrator", "sign-up", "restored"), accounts),
    Look(("backup",), backup),
    Look(("blob-store",), object_store),
    Look(("blobs", "orphans"), blobs),
)  # fmt: skip

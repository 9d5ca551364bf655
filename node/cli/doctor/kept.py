"""Looks at what the node keeps: database, keys, blobs, backups, accounts (spec OPS-3)."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

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
from node.ports import Blobs
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
MOST_ASKED = 1000  # one by one


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
        keeping.order(engine.sorted_by_language),
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
            keeping.sign_up(
                str(await unit.registration()),
                await health.accounts_pending(),
                await unit.unwatched(),
            ),
            keeping.restored(from_micros(restored) if restored else None, await life.as_of(), now),
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
    """Whether all that the database names is there, and what is there that it does not name.

    By one list of all that is there: to ask an object store for each would take hours.
    """
    store = store_of(subject.config)
    named = {one.blob: one.size async for one in _named(subject.asked)}
    uploads, old = await _uploads(subject.asked), subject.clock.now() - YOUNG
    missing, cut, left = {*named}, set[str](), list[int]()
    try:
        async for one in store.listed():
            missing.discard(one.name)
            if one.name in named:
                if one.size != named[one.name]:
                    cut.add(one.name)
            elif one.name not in uploads and one.changed < old:
                left.append(one.size)
        missing -= await _come_since(store, missing)
    except NodeError as error:
        return (unknown("blobs", str(error)), unknown("orphans", str(error)))
    examples = sorted({*missing, *cut})[:EXAMPLES]
    found = keeping.blobs(BlobCount(len(named), len(missing), len(cut), examples))
    return (found, keeping.orphans(len(left), sum(left)))


async def _come_since(store: Blobs, missing: set[str]) -> set[str]:
    """Those that were put there while the list was made."""
    asked = sorted(missing)[:MOST_ASKED]
    return {name for name in asked if await store.size(name) is not None}


async def _named(units: Units) -> AsyncIterator[NamedBlob]:
    """The files of videos, pictures and messages of ours; of peers' only the address is kept."""
    video = name = picture = ""
    while page := await units.look(BlobNamesUnit, partial(_page, video=video, name=name)):
        for one in page:
            if one.blob:
                yield one
        video, name = page[-1].of, page[-1].name
    while page := await units.look(BlobNamesUnit, partial(_pictures, after=picture)):
        for one in page:
            yield one
        picture = page[-1].of
    attachment = ""
    while page := await units.look(BlobNamesUnit, partial(_sealed, after=attachment)):
        for one in page:
            yield one
        attachment = page[-1].of


async def _sealed(unit: BlobNamesUnit, after: str) -> list[NamedBlob]:
    return await unit.attachment_blobs(after, PAGE)


async def _page(unit: BlobNamesUnit, video: str, name: str) -> list[NamedBlob]:
    return await unit.named_blobs(video, name, PAGE)


async def _pictures(unit: BlobNamesUnit, after: str) -> list[NamedBlob]:
    return await unit.picture_blobs(after, PAGE)


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


LOOKS = (
    Look(
        ("database", "name", "integrity", "database-log", "database-version",
         "database-encoding", "database-order", "migrations"),
        database,
    ),
    Look(("node-key",), node_key),
    Look(("administrator", "sign-up", "restored"), accounts),
    Look(("backup",), backup),
    Look(("blob-store",), object_store),
    Look(("blobs", "orphans"), blobs),
)  # fmt: skip

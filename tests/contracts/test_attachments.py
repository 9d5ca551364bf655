"""The rows of sealed files on both databases: found, listed, counted, ended (ATT-3)."""

from datetime import timedelta

import pytest
from sqlalchemy import insert

from node.federation.activities import render
from node.store import tables
from node.store.attachments import AttachmentsUnit
from node.store.blob_names import BlobNamesUnit
from node.store.database import Database
from node.store.unit import UnitContext, Units
from node.store.uploads import ATTACHMENT_BYTES
from node.store.wakeups import Wakeups
from node.testing.fakes import FakeClock, FakeEntropy
from node.video.attachments import Attachment, digest_of
from node.wire.api.cursor import Cursor

ALICE = "https://a.test/a/alice"


@pytest.mark.clause("ATT-3.1", "ATT-3.2", "ATT-3.3", "ATT-3.4")
async def test_sealed_files_are_kept_alike(database: Database) -> None:
    clock = FakeClock()
    context = UnitContext("https://a.test", clock, FakeEntropy("files"), render)
    units = Units(database, context, Wakeups())
    row = {"id": "alice", "name": "alice", "actor": ALICE, "channel": f"{ALICE}-tv"}
    more = {"password": "", "state": "active", "created": 0}
    await database.write(lambda c: c.execute(insert(tables.accounts).values(**row, **more)))

    def made(number: int, days: int) -> Attachment:
        now = clock.now() + timedelta(seconds=number)
        ends, name = now + timedelta(days=days), digest_of(f"name {number}")
        blob, digest = f"upload/{number}", bytes(32)
        return Attachment(f"u{number}", "alice", name, blob, 613, digest, now, ends)

    kept = [made(number, days) for number, days in enumerate((1, 2, 3))]

    async def put(unit: AttachmentsUnit) -> None:
        for one in (*kept, kept[0]):  # the same again changes nothing
            await unit.put_attachment(one)

    await units.run(AttachmentsUnit, put)

    async def look(unit: AttachmentsUnit) -> None:
        assert await unit.attachment("u1") == kept[1]
        assert await unit.attachment("u9") is None
        assert await unit.attachment_by(kept[2].digest) == kept[2]
        assert await unit.attachment_by(bytes(32)) is None
        assert (await unit.is_active("alice"), await unit.is_active("bob")) == (True, False)
        first, after = await unit.attachments_of("alice", 2, None)
        assert [one.id for one in first] == ["u2", "u1"] and isinstance(after, Cursor)
        rest, end = await unit.attachments_of("alice", 2, after)
        assert ([one.id for one in rest], end) == (["u0"], None)
        assert await unit.attachments_of("bob", 2, None) == ([], None)
        assert {one.id for one in await unit.attachments_of_actor(ALICE, 9)} == {"u0", "u1", "u2"}
        assert (await unit.use_of("alice")).kept_bytes == 3 * (613 + ATTACHMENT_BYTES)
        assert await unit.late_attachments(9) == []

    await units.look(AttachmentsUnit, look)
    named = await units.look(BlobNamesUnit, lambda unit: unit.attachment_blobs("u0", 1))
    assert [(one.of, one.blob, one.size) for one in named] == [("u1", "upload/1", 613)]
    clock.pass_(timedelta(days=2, hours=1))
    late = await units.look(AttachmentsUnit, lambda unit: unit.late_attachments(9))
    assert late == ["u0", "u1"]

    async def empty(unit: AttachmentsUnit) -> None:
        for id in late:
            await unit.emptied(id)

    await units.run(AttachmentsUnit, empty)

    async def later(unit: AttachmentsUnit) -> None:
        assert await unit.late_attachments(9) == []
        gone = await unit.attachment("u0")
        assert gone is not None and gone.blob == ""
        assert [one.id for one in (await unit.attachments_of("alice", 9, None))[0]] == ["u2"]
        assert (await unit.use_of("alice")).kept_bytes == 613 + ATTACHMENT_BYTES

    await units.look(AttachmentsUnit, later)

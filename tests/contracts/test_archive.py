"""The archive's rules over the fake and both databases (spec ARC-7)."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from node.e2ee import archive
from node.e2ee.account_keys import KeptKeys, NewKeys
from node.e2ee.archive import MOST_BYTES, ROW_BYTES, Answer, Kept, Offered, Shelf, today_of
from node.e2ee.keys.private.box_secret import ArchiveKey
from node.errors import Conflict, Forbidden, Full, Malformed, Refused, TooMuch
from node.store import tables
from node.store.account_keys import AccountKeysUnit
from node.store.archive import ArchiveUnit
from node.store.database import Database
from node.store.erasing import ERASE_ARCHIVE
from node.store.jobs import Jobs
from node.store.purge import Purge
from node.store.uploads import IntakeUnit
from node.testing.fakes import FakeEntropy
from node.worker.erasing import Eraser
from tests.contracts.stores import Store
from tests.e2ee.keys.accounts import new_account
from tests.inbox.harness import ALICE, Harness, any_harness

ROOM = 10_000
STORED, KNOWN = Answer("stored"), Answer("known")


class Archive:
    """One account's archive, as its devices use it."""

    def __init__(self, harness: Harness, account: str = "alice", room: int = ROOM) -> None:
        self.harness, self.account, self.room = harness, account, room

    async def _run(self, work: Any) -> Any:
        return await self.harness.units.run(ArchiveUnit, work)

    async def keep(self, *offered: Offered) -> list[Answer]:
        found = await self._run(lambda u: archive.keep(u, self.account, offered, self.room))
        return list(found)

    async def forget(self, *names: bytes) -> None:
        await self._run(lambda u: archive.forget(u, self.account, names, self.room))

    async def switch(self, on: bool) -> Shelf:
        shelf: Shelf = await self._run(lambda u: archive.switch(u, self.account, on))
        archive.check_switched(shelf, on)
        return shelf

    async def has_keys(self, count: int) -> None:
        """A device put a key box with so many archive keys."""
        one = new_account(actor=ALICE)
        more = tuple(ArchiveKey(g, bytes(32)) for g in range(1, count + 1))
        box = replace(one, archive=more).box(FakeEntropy("box")).encode()
        kept = KeptKeys((1, 1, 1), b"root", NewKeys(b"", b"", box))

        async def put(unit: AccountKeysUnit) -> None:
            assert await unit.put_account_keys(self.account, ALICE, kept, None)

        await self.harness.units.run(AccountKeysUnit, put)

    async def page(
        self, since: int | None = None, place: int | None = None, count: int = 100
    ) -> list[Kept]:
        async def look(unit: ArchiveUnit) -> list[Kept]:
            return await archive.read(unit, self.account, since, place, count)

        return await self.harness.units.look(ArchiveUnit, look)

    async def bodies(self, since: int | None = None) -> list[bytes]:
        return [one.body for one in await self.page(since)]

    async def shelf(self) -> Shelf:
        async def look(unit: ArchiveUnit) -> Shelf:
            return await unit.shelf_as_it_is(self.account)

        return await self.harness.units.look(ArchiveUnit, look)

    @property
    def today(self) -> int:
        return today_of(self.harness.clock.now())


def name(number: int) -> bytes:
    return number.to_bytes(32, "big")


def record(number: int, body: bytes = b"body", **more: Any) -> Offered:
    return Offered(name(number), more.get("g", 1), more.get("day", 0), body, more.get("was"))


def digest(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()


@pytest.fixture
async def mine(store: Store) -> Archive:
    return Archive(await any_harness(store))


@pytest.mark.clause("ARC-7.1")
async def test_who_comes_first_has_written_it(mine: Archive) -> None:
    assert await mine.keep(record(1, b"one"), record(2), record(1, b"other")) == [
        STORED, STORED, KNOWN,
    ]  # fmt: skip
    assert await mine.keep(record(1, b"another"), record(3)) == [KNOWN, STORED]
    found = await mine.page()
    assert [one.name for one in found] == [name(3), name(2), name(1)]
    assert found[2] == Kept(found[2].pos, name(1), 1, 0, b"one")
    assert await mine.shelf() == Shelf(1, 11 + 3 * ROW_BYTES, 3)
    assert await mine.keep() == []


@pytest.mark.clause("ARC-7.2")
@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (Offered(b"short", 1, 0, b"body"), Malformed),
        (record(2, b""), Malformed),
        (record(2, b"." * (96 * 1024 + 1)), TooMuch),
        (record(2, g=0), Malformed),
        (record(2, g=257), Malformed),
        (record(2, day=-1), Malformed),
        (record(2, day=60_000), Malformed),
    ],
)
async def test_what_is_wrong_is_refused_with_all_beside_it(
    mine: Archive, wrong: Offered, error: type[Refused]
) -> None:
    with pytest.raises(error, match=r"ARC-7\.2"):
        await mine.keep(record(1), wrong)
    assert await mine.page() == []


@pytest.mark.clause("ARC-7.2")
async def test_a_request_is_bounded(mine: Archive) -> None:
    mine.room = 10 * MOST_BYTES
    many: Sequence[Offered] = [record(number) for number in range(101)]
    large = [record(number, b"." * 96_000) for number in range(11)]
    for wrong in (many, large):
        with pytest.raises(TooMuch, match=r"ARC-7\.2"):
            await mine.keep(*wrong)
    with pytest.raises(TooMuch, match=r"ARC-7\.2"):
        await mine.forget(*map(name, range(1001)))
    with pytest.raises(Malformed, match=r"ARC-7\.2"):
        await mine.forget(b"short")
    assert len(await mine.keep(*many[1:])) == 100


@pytest.mark.clause("ARC-7.2")
@pytest.mark.clause("ARC-7.9")
async def test_what_is_over_is_not_kept(mine: Archive) -> None:
    today = mine.today
    kept = [record(1, day=today - 1), record(2, day=today), record(3, day=today + 367)]
    assert await mine.keep(*kept) == [KNOWN, STORED, STORED]
    store = mine.harness.store
    if isinstance(store, Database):
        mine.harness.clock.pass_(timedelta(days=1))
        await Purge(store, mine.harness.clock)()
        assert len(await mine.page()) == 2  # somewhere it is still that day
        mine.harness.clock.pass_(timedelta(days=1, hours=1))
        await Purge(store, mine.harness.clock)()
        assert [one.name for one in await mine.page()] == [name(3)]
        assert await mine.shelf() == Shelf(1, 4 + ROW_BYTES, 1)


@pytest.mark.clause("ARC-7.3")
async def test_an_older_generation_is_refused(mine: Archive) -> None:
    await mine.has_keys(2)
    assert await mine.keep(record(1), record(2, g=2)) == [STORED, STORED]
    with pytest.raises(Conflict, match=r"ARC-7\.3.*generation 2"):
        await mine.keep(record(3, g=2), record(4))
    assert await mine.keep(record(3, g=2)) == [STORED]
    assert (await mine.shelf()).generation == 2


@pytest.mark.clause("ARC-7.3")
@pytest.mark.parametrize("count", [0, 1, 2, 40, 256])
async def test_a_generation_without_its_key_is_refused(mine: Archive, count: int) -> None:
    """Else one record of the last generation that there may be ends the archive for all."""
    if count:
        await mine.has_keys(count)
    newest = count or 1
    for ahead in {newest + 1, 256} - {newest, 257}:
        with pytest.raises(Conflict, match=r"ARC-7\.3"):
            await mine.keep(record(1), record(2, g=ahead))
    assert await mine.page() == []
    assert await mine.keep(record(1), record(2, g=newest)) == [STORED, STORED]
    assert (await mine.shelf()).generation == newest


@pytest.mark.clause("ARC-7.4")
async def test_a_state_comes_in_the_place_of_the_one_that_its_device_knows(mine: Archive) -> None:
    assert await mine.keep(record(1, b"first", was=b"")) == [STORED]
    [first] = await mine.page()
    assert await mine.keep(record(1, b"mine", was=b"")) == [Answer("conflict", b"first")]
    assert await mine.keep(record(1, b"lost", was=digest(b"?"))) == [Answer("conflict", b"first")]
    assert await mine.keep(record(1, b"next!", was=digest(b"first"))) == [STORED]
    assert await mine.keep(record(1, b"late", was=digest(b"first"))) == [
        Answer("conflict", b"next!")
    ]
    # Without `was` it is a record as any other.
    assert await mine.keep(record(1, b"again")) == [KNOWN]
    [second] = await mine.page()
    assert second.body == b"next!" and second.pos > first.pos
    assert await mine.shelf() == Shelf(1, 5 + ROW_BYTES, 1)
    assert await mine.keep(record(2, b"state", was=digest(b"never there"))) == [Answer("conflict")]


@pytest.mark.clause("ARC-7.5")
async def test_pages_lead_through_all_both_ways(mine: Archive) -> None:
    theirs = Archive(mine.harness, "bob")
    await theirs.keep(record(99, b"theirs"))
    for number in range(5):
        await mine.keep(record(number, b"%d" % number))
    backwards, place = [], None
    while page := await mine.page(place=place, count=2):
        place = page[-1].pos
        backwards += [one.body for one in page]
    assert backwards == [b"4", b"3", b"2", b"1", b"0"]
    whole = await mine.page(since=0)
    assert [one.body for one in whole] == backwards[::-1]
    later = await mine.page(since=whole[1].pos, count=2)
    assert [one.body for one in later] == [b"2", b"3"]
    last = await mine.page(since=whole[1].pos, place=later[-1].pos)
    assert [one.body for one in last] == [b"4"]
    assert await theirs.bodies() == [b"theirs"]


@pytest.mark.clause("ARC-7.5")
async def test_a_page_ends_by_bytes(mine: Archive) -> None:
    mine.room = 10 * MOST_BYTES
    for number in range(50):
        await mine.keep(record(number, b"." * 95_000))
    assert len(await mine.page()) == len(await mine.page(since=0)) == 44


@pytest.mark.clause("ARC-7.6")
async def test_what_was_deleted_does_not_come_back(mine: Archive) -> None:
    await mine.keep(record(1), record(2, b"state", was=b""))
    await mine.forget(name(1), name(2), name(3), name(3))
    assert await mine.page() == []
    assert await mine.shelf() == Shelf(1, 3 * ROW_BYTES, 0)
    again = (record(1), record(2, was=b""), record(2, was=digest(b"state")), record(3))
    assert await mine.keep(*again) == [KNOWN] * 4
    await mine.forget(name(1), name(3))
    assert await mine.shelf() == Shelf(1, 3 * ROW_BYTES, 0)
    # What another account deleted is another's.
    assert await Archive(mine.harness, "bob").keep(record(1)) == [STORED]


@pytest.mark.clause("ARC-7.7")
async def test_a_full_archive_is_told_and_makes_room(mine: Archive) -> None:
    mine.room = 3 * (4 + ROW_BYTES)
    await mine.keep(record(1), record(2))
    with pytest.raises(Full, match=r"ARC-7\.7") as full:
        await mine.keep(record(3), record(4))
    assert full.value.retry_after_seconds
    assert await mine.keep(record(3)) == [STORED]
    assert await mine.keep(record(3)) == [KNOWN], "what is there takes no room"
    with pytest.raises(Full, match=r"ARC-7\.7"):
        await mine.forget(name(4), name(5))
    # Who has more than there may be now can still make room.
    mine.room = 1
    await mine.forget(name(1))
    assert (await mine.shelf()).records == 2
    with pytest.raises(Full):
        await mine.keep(record(6))


@pytest.mark.clause("ARC-7.7")
async def test_it_counts_for_what_the_account_keeps(mine: Archive) -> None:
    if isinstance(mine.harness.store, Database):
        await mine.keep(record(1, b"." * 1000))
        used = await mine.harness.units.look(IntakeUnit, lambda unit: unit.use_of("alice"))
        assert used.kept_bytes == 1000 + ROW_BYTES


@pytest.mark.clause("ARC-7.8")
async def test_switched_off_all_goes_and_nothing_comes(mine: Archive) -> None:
    await mine.has_keys(3)
    await mine.keep(record(1), record(2, g=3))
    await mine.forget(name(1))
    assert await mine.switch(False) == Shelf(off=True)
    assert await mine.switch(False) == Shelf(off=True)
    with pytest.raises(Forbidden, match=r"ARC-7\.8"):
        await mine.keep(record(3, g=3))
    if isinstance(mine.harness.store, Database):
        with pytest.raises(Conflict, match=r"ARC-7\.8"):
            await mine.switch(True)
        await Eraser(mine.harness.units).archive("alice")
    assert await mine.page() == []
    assert await mine.switch(True) == Shelf()
    assert await mine.keep(record(1, g=2)) == [STORED], "the generation is forgotten"


@pytest.mark.clause("ARC-7.8")
async def test_what_is_deleted_while_it_is_off_leaves_nothing(mine: Archive) -> None:
    await mine.keep(record(1))
    await mine.switch(False)
    if isinstance(mine.harness.store, Database):
        await Eraser(mine.harness.units).archive("alice")
    await mine.forget(name(1), name(2))
    assert await mine.switch(True) == Shelf()
    assert await mine.keep(record(1)) == [STORED]


@pytest.mark.clause("ARC-7.8")
async def test_what_is_left_is_removed_once_it_is_to_be_on_again(database: Database) -> None:
    """Also where the job failed for good."""
    mine = Archive(await any_harness(database))
    jobs = Jobs(database, mine.harness.clock)
    await mine.keep(record(1))
    await mine.switch(False)
    job = await jobs.claim([ERASE_ARCHIVE])
    assert job is not None
    await jobs.failed(job, "again and again")
    assert await jobs.claim([ERASE_ARCHIVE]) is None
    for _ in range(2):
        with pytest.raises(Conflict, match=r"ARC-7\.8"):
            await mine.switch(True)
    job = await jobs.claim([ERASE_ARCHIVE])
    assert job is not None and await jobs.claim([ERASE_ARCHIVE]) is None, "one is enough"
    await Eraser(mine.harness.units).archive(job.subject)
    assert await mine.switch(True) == Shelf()


@pytest.mark.clause("ARC-7.7")
@pytest.mark.clause("ARC-7.8")
async def test_what_ends_while_it_is_off_makes_nothing_of_less_than_nothing(
    database: Database,
) -> None:
    mine = Archive(await any_harness(database))
    theirs = Archive(mine.harness, "bob")
    for one in (mine, theirs):
        await one.keep(record(1, day=mine.today), record(2))
    await mine.switch(False)
    mine.harness.clock.pass_(timedelta(days=3))
    await Purge(database, mine.harness.clock)()
    assert await mine.shelf() == Shelf(off=True)
    assert await theirs.shelf() == Shelf(1, 4 + ROW_BYTES, 1)
    used = await mine.harness.units.look(IntakeUnit, lambda unit: unit.use_of("alice"))
    assert used.kept_bytes == 0


@pytest.mark.clause("ARC-7.9")
@pytest.mark.clause("ARC-7.10")
async def test_with_an_account_its_archive_goes(database: Database) -> None:
    mine = Archive(await any_harness(database))
    theirs = Archive(mine.harness, "bob")
    await mine.keep(record(1), record(2))
    await mine.forget(name(2))
    await theirs.keep(record(1))
    columns = {column.name for column in tables.archive_records.columns}
    assert columns == {"pos", "account", "name", "generation", "day", "ends", "size", "body"}
    await Eraser(mine.harness.units).actor(ALICE)
    assert await mine.page() == [] and await mine.shelf() == Shelf()
    async with database.read() as connection:
        for table in (tables.archive_records, tables.archive_tombstones, tables.archives):
            owners = (await connection.execute(table.select())).all()
            assert all(row.account == "bob" for row in owners)
    assert await theirs.bodies() == [b"body"]

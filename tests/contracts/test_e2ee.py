"""Key packages, conversations, the chain and mailboxes, on the fake and both databases."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta

import pytest
from msgspec.structs import replace

from node.accounts.account import account_of
from node.accounts.devices import Device
from node.e2ee.chain import Conversation, Item
from node.e2ee.envelope import Sealed, read
from node.e2ee.key_packages import PublishedKeyPackage, Stock
from node.e2ee.mailbox import Box, Room
from node.e2ee.members import Entry, Member
from node.e2ee.returning import notice
from node.federation.activities.shapes import CreateSealed
from node.store.accounts import AccountsUnit
from node.store.e2ee import E2eeUnit
from node.store.incarnation import IncarnationUnit
from node.wire.times import day_of, micros
from tests.contracts.stores import Store, open_units
from tests.e2ee.harness import GROUP, commit, words
from tests.inbox.harness import ALICE, BOB, CAROL, HERE, Harness, any_harness

TALK = f"{HERE}/o/talk"
STRANGER = "https://delta.test/a/stranger"
PHONE, TABLET = Box("phone", "alice", ALICE), Box("tablet", "carol", CAROL)


@pytest.fixture
async def harness(store: Store) -> Harness:
    """Alice's phone and Carol's tablet are logged in."""
    harness = await any_harness(store)

    async def log_in(unit: AccountsUnit) -> None:
        for box in (PHONE, TABLET):
            account = await account_of(box.account, unit)
            await unit.add_device(account, Device(box.device, box.device, unit.now))

    await harness.units.run(AccountsUnit, log_in)
    return harness


def offer(
    harness: Harness, number: int, box: Box = PHONE, last: bool = False, days: int = 9
) -> PublishedKeyPackage:
    expires = micros(harness.clock.now() + timedelta(days=days))
    id = f"{HERE}/o/{number}"
    return PublishedKeyPackage(
        id, box.actor, box.device, b"%d" % number, 1, b"package", last, expires
    )


@pytest.mark.clause("API-7.2", "E2E-4.8")
async def test_another_life_has_another_name_and_hands_out_no_single_use_package(
    harness: Harness,
) -> None:
    async def live(unit: E2eeUnit) -> None:
        lives = unit.beside(IncarnationUnit)
        assert await lives.incarnation() == ""
        first = await lives.renew_incarnation()
        await unit.put_package(offer(harness, 1))
        await unit.put_package(last := offer(harness, 2, last=True))
        assert await lives.incarnation() == first != await lives.renew_incarnation()
        assert len(bytes.fromhex(await lives.incarnation())) == 16
        assert await unit.stock_of("phone") == [Stock(1, 0, last.id, last.expires)]

    await harness.units.run(E2eeUnit, live)


@pytest.mark.clause("E2E-2.6", "E2E-2.9")
async def test_a_package_is_taken_once(harness: Harness) -> None:
    first, second, last = offer(harness, 1), offer(harness, 2), offer(harness, 3, last=True)

    async def publish(unit: E2eeUnit) -> None:
        for one in (first, second, last, offer(harness, 4, days=-1), offer(harness, 5, TABLET)):
            await unit.put_package(one)
        assert await unit.stock_of("phone") == [Stock(1, 2, last.id, last.expires)]
        assert await unit.devices_of(ALICE) == ["phone"]
        assert (await unit.holder_of(b"5"), await unit.holder_of(b"6")) == ("tablet", None)
        assert (await unit.sample("phone", 1), await unit.sample("phone", 2)) == (b"package", None)

    await harness.units.run(E2eeUnit, publish)
    taken = await asyncio.gather(
        *[
            harness.units.run(
                E2eeUnit, lambda unit: unit.take_single_use("phone", 1, BOB, "laptop")
            )
            for _ in range(3)
        ]
    )
    assert sorted(one.id for one in taken if one) == [first.id, second.id]

    async def look(unit: E2eeUnit) -> None:
        since = micros(unit.now) - 1
        assert await unit.claims_of("phone", BOB, since) == 2
        assert await unit.claims_of("phone", CAROL, since) == 0
        assert await unit.claims_of("phone", BOB, since + 1) == 0
        assert await unit.claims_of("phone", BOB, since, "laptop") == 2
        assert await unit.claims_of("phone", BOB, since, "") == 0
        assert await unit.last_resorts(ALICE) == [last]
        assert await unit.boxes_for([b"1", b"5"], ALICE) == [PHONE]
        assert await unit.boxes_for([], ALICE) == []
        # What was claimed stays to be read by its id, for whoever was given the id.
        assert await unit.readable_package(first.id) == first
        assert await unit.readable_package(f"{HERE}/o/5") is None

    await harness.units.look(E2eeUnit, look)
    await harness.units.run(E2eeUnit, lambda unit: unit.retire_last_resort("phone", 1))
    assert await harness.units.look(E2eeUnit, lambda unit: unit.last_resorts(ALICE)) == []


@pytest.mark.clause("E2E-3.2", "E2E-3.3")
async def test_who_takes_part_and_where_each_item_stands(harness: Harness) -> None:
    opened = Conversation(TALK, GROUP, ALICE, True)
    item = Item(GROUP, 0, 0, "commit", b"digest", 1, b"", 0, b"signed")
    talk = replace(opened, epoch=1, seq=1, head=item.hash())

    async def begin(unit: E2eeUnit) -> None:
        await unit.open_conversation(opened)
        for actor, device in ((ALICE, "phone"), (CAROL, "tablet"), (BOB, ""), (STRANGER, "")):
            await unit.join(TALK, actor, device)
        await unit.add_item(TALK, item, ALICE)
        await unit.keep_head(talk)
        await unit.keep_group_info(TALK, b"info")

    async def look(unit: E2eeUnit) -> None:
        entry = await unit.entry(TALK, b"digest")
        assert entry is not None and [entry] == await unit.entries_of(GROUP, b"digest")
        assert (entry.conversation, entry.item) == (talk, item)
        known = {one: one.known for one in entry.members}
        assert known == {
            Member(ALICE, "phone"): True,
            Member(CAROL, "tablet"): True,
            Member(BOB): True,
            Member(STRANGER): False,
        }
        assert {one.account for one in entry.members} == {"alice", "carol", ""}
        assert (await unit.entry(TALK, b"other")).item is None  # type: ignore[union-attr]
        assert await unit.entry("elsewhere") is None
        assert (await unit.winner(TALK, 0), await unit.winner(TALK, 1)) == (b"digest", b"")
        assert await unit.items(TALK, 0, 9) == [item]
        assert await unit.items(TALK, 1, 9) == []
        assert await unit.group_info(TALK) == b"info"
        assert await unit.conversations_of("phone") == [talk]
        assert await unit.locals_of([ALICE, BOB, STRANGER]) == {ALICE}
        assert await unit.strangers([ALICE, BOB, STRANGER]) == [STRANGER]
        assert await unit.befriended(ALICE, BOB)
        assert not await unit.befriended(CAROL, BOB)

    async def part(unit: E2eeUnit) -> None:
        await unit.leave(TALK, BOB, "elsewhere")
        members = (await unit.entry(TALK)).members  # type: ignore[union-attr]
        assert Member(BOB) in members, "which of their devices take part is for their node to say"
        await unit.leave(TALK, BOB, "")
        await unit.leave(TALK, STRANGER, "")
        await unit.join(TALK, ALICE, "other")
        await unit.leave(TALK, ALICE, "other")

    await harness.units.run(E2eeUnit, begin)
    await harness.units.look(E2eeUnit, look)
    await harness.units.run(E2eeUnit, part)
    await harness.units.run(AccountsUnit, lambda unit: unit.revoke_devices("carol"))
    entry = await harness.units.look(E2eeUnit, lambda unit: unit.entry(TALK))
    assert entry is not None and entry.members == (Member(ALICE, "phone"),)


@pytest.mark.clause("E2E-4.1", "E2E-4.5")
async def test_mail_waits_until_it_is_acknowledged(harness: Harness) -> None:
    sealed = [read(words(1, b"%d" % n)) for n in range(4)]

    async def put(one: Sealed, *boxes: Box) -> None:
        await harness.units.run(E2eeUnit, lambda unit: unit.put_mail(boxes, TALK, BOB, one))

    for one in sealed:
        await put(one, PHONE)
    await put(sealed[0], PHONE, TABLET)
    size = len(sealed[0].body)
    waiting = await harness.units.look(E2eeUnit, lambda unit: unit.mail_of("phone", 0, 9, 10**6))
    seqs = [one.seq for one in waiting]
    assert [one.body for one in waiting] == [one.body for one in sealed]

    async def seen(after: int, count: int, most: int) -> list[int]:
        found = await harness.units.look(
            E2eeUnit, lambda unit: unit.mail_of("phone", after, count, most)
        )
        return [one.seq for one in found]

    assert await seen(0, 9, 10**6) == seqs
    assert await seen(seqs[0], 2, 10**6) == seqs[1:3]
    assert await seen(0, 9, 2 * size) == seqs[:2]
    assert await seen(0, 9, 1) == seqs[:1]
    await harness.units.run(E2eeUnit, lambda unit: unit.drop_mail(PHONE, seqs[1]))
    assert await seen(0, 9, 10**6) == seqs[2:]
    others = await harness.units.look(E2eeUnit, lambda unit: unit.mail_of("tablet", 0, 9, 10**6))
    assert [one.body for one in others] == [sealed[0].body], "it goes with the last who waits"
    harness.clock.pass_(timedelta(days=31))
    assert await seen(0, 9, 10**6) == []


@pytest.mark.clause("E2E-4.7")
async def test_a_mailbox_is_full_for_one_sender_and_then_for_all(harness: Harness) -> None:
    size = len(words(1, b"0"))
    harness.context = replace(harness.context, mailbox_limit_bytes=8 * size)
    units = open_units(harness.store, harness.context)

    async def put(unit: E2eeUnit, actor: str, text: bytes) -> None:
        await unit.put_mail([PHONE], TALK, actor, read(words(1, text)))

    async def full(*actors: str, sender: str = BOB) -> bool:
        return await units.look(E2eeUnit, lambda unit: unit.full(actors, sender))

    async def rooms(*actors: str, sender: str = BOB) -> dict[str, Room]:
        return await units.look(E2eeUnit, lambda unit: unit.rooms(actors, sender))

    assert not await full(ALICE, CAROL, BOB)
    await units.run(E2eeUnit, lambda unit: put(unit, BOB, b"0"))
    assert not await full(ALICE)
    all_of_it = Room(8 * size, 2 * size)
    assert await rooms(ALICE, CAROL) == {ALICE: Room(7 * size, size), CAROL: all_of_it}
    assert await rooms(ALICE, sender=CAROL) == {ALICE: Room(7 * size, 2 * size)}
    await units.run(E2eeUnit, lambda unit: put(unit, BOB, b"1"))
    assert await full(CAROL, ALICE)
    assert not await full(CAROL)
    assert not await full(ALICE, sender=CAROL)
    for number in range(2, 8):
        sender = f"https://b.test/a/{number}"
        await units.run(E2eeUnit, lambda unit, s=sender, n=number: put(unit, s, b"%d" % n))
    assert await full(ALICE, sender=CAROL)
    seqs = await units.look(E2eeUnit, lambda unit: unit.mail_of("phone", 0, 9, 10**6))
    await units.run(E2eeUnit, lambda unit: unit.drop_mail(PHONE, seqs[0].seq))
    assert not await full(ALICE)
    assert not await full(ALICE, sender=CAROL)
    await units.run(E2eeUnit, lambda unit: put(unit, BOB, b"8"))
    assert await full(ALICE)


@pytest.mark.clause("E2E-4.9", "E2E-3.16")
async def test_what_nobody_has_taken_is_found_by_device_and_by_age(harness: Harness) -> None:
    said, change = read(words(1)), read(commit(1))

    async def put(unit: E2eeUnit) -> None:
        for box, sealed in ((PHONE, said), (TABLET, said), (PHONE, change)):
            await unit.put_mail([box], TALK, STRANGER, sealed)

    async def look(unit: E2eeUnit) -> None:
        first, second = await unit.unread_of("phone", 9)
        assert (first.conversation, first.actor, first.sha256) == (TALK, STRANGER, said.sha256)
        assert [first.kind, second.kind] == ["application", "commit"]
        assert [one.seq for one in await unit.unread_of("phone", 1)] == [first.seq]
        assert await unit.holders(said.sha256, ["phone", "tablet", "other"]) == {"phone", "tablet"}
        assert await unit.holders(change.sha256, []) == set()
        assert await unit.changes_wait("phone", TALK, first.seq)
        assert not await unit.changes_wait("phone", TALK, second.seq)
        assert not await unit.changes_wait("phone", HERE, 0)
        assert not await unit.changes_wait("tablet", TALK, 0)
        assert await unit.expired_mail(9) == []

    await harness.units.run(E2eeUnit, put)
    await harness.units.run(E2eeUnit, look)
    harness.clock.pass_(timedelta(days=31))
    found = await harness.units.run(E2eeUnit, lambda unit: unit.expired_mail(2))
    assert [one.box.device for one in found] == ["phone", "tablet"]


@pytest.mark.clause("E2E-4.11")
async def test_of_what_nobody_fetches_the_newest_is_found_until_one_is_told(
    harness: Harness,
) -> None:
    first, second, third = (read(words(1, text)) for text in (b"one", b"two", b"three"))
    taken, change = read(words(1, b"of Bob")), read(commit(1))

    async def put(unit: E2eeUnit) -> None:
        for sealed in (change, first):
            await unit.put_mail([PHONE, TABLET], TALK, STRANGER, sealed)
        await unit.put_mail([PHONE], TALK, BOB, taken)

    async def found() -> list[tuple[str, bytes, int]]:
        rows = await harness.units.look(E2eeUnit, lambda unit: unit.unfetched_mail(9))
        return [(one.box.device, one.sha256, one.received) for one in rows]

    clock = harness.clock
    clock.pass_(day_of(clock.now()) + timedelta(days=1, hours=7) - clock.now())
    at = micros(clock.now())
    await harness.units.run(E2eeUnit, put)
    clock.pass_(timedelta(hours=16))  # of the same day
    await harness.units.run(
        E2eeUnit, lambda unit: unit.put_mail([PHONE, TABLET], TALK, STRANGER, second)
    )
    clock.pass_(timedelta(days=3))
    assert await found() == [], "whole days are waited for: no hour is told by when it is told"
    await harness.units.run(E2eeUnit, lambda unit: unit.put_mail([PHONE], TALK, STRANGER, third))
    clock.pass_(timedelta(hours=1))
    assert await found() == [("phone", taken.sha256, at), ("phone", second.sha256, at),
                             ("tablet", second.sha256, at)]  # fmt: skip

    async def tell(unit: E2eeUnit) -> None:
        rows = await unit.unfetched_mail(2)
        await unit.keep_told([one.seq for one in rows])

    await harness.units.run(E2eeUnit, tell)
    assert await found() == [("tablet", second.sha256, at)], "one stands for all that waits"

    async def upto(body: bytes) -> None:
        async def fetch(unit: E2eeUnit) -> None:
            rows = await unit.unread_of("phone", 9)
            await unit.drop_mail(PHONE, next(one.seq for one in rows if one.sha256 == body))

        await harness.units.run(E2eeUnit, fetch)

    clock.pass_(timedelta(days=3))
    rows = await harness.units.look(E2eeUnit, lambda unit: unit.unfetched_mail(9))
    assert [(one.box.device, one.sha256, one.told) for one in rows] == [
        ("tablet", second.sha256, False), ("phone", third.sha256, True),
    ]  # fmt: skip
    await upto(second.sha256)
    assert ("phone", third.sha256) in [one[:2] for one in await found()]
    await harness.units.run(AccountsUnit, lambda unit: unit.revoke_devices("alice", "phone"))
    assert [one[0] for one in await found()] == ["tablet"], "of a revoked one it is returned"


@pytest.mark.clause("E2E-4.10")
async def test_what_one_returned_is_counted_for_each_device(harness: Harness) -> None:
    async def put(unit: E2eeUnit) -> None:
        for number in range(2):
            told = notice(BOB, b"%d" % number, "no_device")
            await unit.put_mail([PHONE, TABLET][: 2 - number], TALK, BOB, told)
        await unit.put_mail([PHONE], TALK, STRANGER, notice(STRANGER, b"1", "no_device"))
        await unit.put_mail([PHONE], HERE, BOB, notice(BOB, b"2", "no_device"))
        await unit.put_mail([PHONE], TALK, BOB, read(words(1)))

    async def look(unit: E2eeUnit) -> None:
        assert await unit.much_returned(["tablet", "phone"], TALK, BOB, 2)
        assert not await unit.much_returned(["phone"], TALK, BOB, 3)
        assert not await unit.much_returned(["tablet"], TALK, BOB, 2)
        assert not await unit.much_returned([], TALK, BOB, 1)

    await harness.units.run(E2eeUnit, put)
    await harness.units.look(E2eeUnit, look)


@pytest.mark.clause("E2E-3.14")
async def test_a_commit_that_is_let_go_has_won_nothing(harness: Harness) -> None:
    def won(seq: int, epoch: int) -> Item:
        return Item(GROUP, epoch, 0, "commit", b"%d" % seq, seq, b"", 1, b"signed")

    async def order(unit: E2eeUnit) -> None:
        await unit.open_conversation(Conversation(TALK, GROUP, ALICE, True))
        for item in (won(1, 0), won(2, 1), won(3, 2)):
            await unit.add_item(TALK, item, ALICE)

    async def go_back(unit: E2eeUnit) -> None:
        await unit.let_go(TALK, 0)
        await unit.add_item(TALK, won(4, 1), ALICE)

    async def look(unit: E2eeUnit) -> None:
        assert [await unit.winner(TALK, epoch) for epoch in range(3)] == [b"1", b"4", b""]
        assert len(await unit.items(TALK, 0, 9)) == 4

    await harness.units.run(E2eeUnit, order)
    await harness.units.run(E2eeUnit, go_back)
    await harness.units.look(E2eeUnit, look)


@pytest.mark.clause("E2E-3.15")
async def test_conversations_stand_beside_each_other(harness: Harness) -> None:
    """Of one group at two addresses, and of two groups at one; found by either, in their order."""
    first, apart = Conversation(TALK, GROUP, ALICE, True), "https://c.test/o/1"
    of_group = Conversation(apart, GROUP, BOB, False, beside=1)
    at_address = Conversation(f"{TALK}#1", b"", CAROL, True)

    async def tell(unit: E2eeUnit) -> None:
        for one in (of_group, at_address, first):
            await unit.open_conversation(one)
        assert await names(unit.entries_of(GROUP)) == [TALK, apart]

    async def show(unit: E2eeUnit) -> None:
        assert await names(unit.entries_of(b"another")) == []
        assert await names(unit.entries_at(TALK)) == [TALK, f"{TALK}#1"]
        await unit.keep_head(replace(at_address, group=GROUP, beside=2))
        await unit.keep_head(replace(first, group=b""))
        assert await names(unit.entries_of(GROUP)) == [apart, f"{TALK}#1"]

    async def look(unit: E2eeUnit) -> None:
        assert await names(unit.entries_of(GROUP)) == [apart, f"{TALK}#1"]
        assert await names(unit.entries_of(b"")) == []
        assert await names(unit.entries_at(TALK)) == [TALK, f"{TALK}#1"]
        assert await names(unit.entries_at(f"{TALK}0")) == []

    async def names(found: Awaitable[list[Entry]]) -> list[str]:
        return [one.conversation.id for one in await found]

    await harness.units.run(E2eeUnit, tell)
    await harness.units.run(E2eeUnit, show)
    await harness.units.look(E2eeUnit, look)


@pytest.mark.clause("E2E-3.15")
async def test_whom_a_member_named_is_expected_and_takes_no_part(harness: Harness) -> None:
    async def name(unit: E2eeUnit) -> None:
        await unit.open_conversation(Conversation(TALK, GROUP, ALICE, True))
        await unit.join(TALK, ALICE, "phone")
        await unit.expect(TALK, CAROL)

    async def look(unit: E2eeUnit) -> None:
        entry = await unit.entry(TALK)
        assert entry is not None
        assert [member.actor for member in entry.members] == [ALICE] and entry.lost == ()
        assert [await unit.expected(TALK, one) for one in (CAROL, BOB)] == [True, False]
        assert not await unit.restored() and not await unit.restored_lately()

    await harness.units.run(E2eeUnit, name)
    await harness.units.run(E2eeUnit, look)


@pytest.mark.clause("E2E-3.16")
async def test_who_told_that_somebody_left_is_known_until_they_join(harness: Harness) -> None:
    async def name(unit: E2eeUnit) -> None:
        await unit.open_conversation(Conversation(TALK, GROUP, ALICE, True))
        await unit.join(TALK, ALICE, "phone")
        await unit.join(TALK, BOB, "")
        await unit.tell_gone(TALK, BOB, [ALICE, CAROL])

    async def marks(unit: E2eeUnit) -> dict[str, tuple[str, ...]]:
        entry = await unit.entry(TALK)
        assert entry is not None
        return {member.actor: member.gone for member in entry.members}

    await harness.units.run(E2eeUnit, name)
    assert await harness.units.look(E2eeUnit, marks) == {ALICE: (), BOB: (ALICE, CAROL)}
    await harness.units.run(E2eeUnit, lambda unit: unit.join(TALK, BOB, ""))
    assert await harness.units.look(E2eeUnit, marks) == {ALICE: (), BOB: ()}


@pytest.mark.clause("E2E-3.4")
async def test_the_same_message_is_owed_under_the_same_id(harness: Harness) -> None:
    sealed = read(commit(0))

    async def owe(unit: E2eeUnit) -> str:
        id = unit.name_activity(sealed.sha256)
        said = CreateSealed(
            id, ALICE, unit.name_object(sealed.sha256), sealed.label, sealed.body, (BOB,), TALK
        )
        await unit.owe(said, [BOB])
        return id

    first = await harness.units.run(E2eeUnit, owe)
    assert first == await harness.units.run(E2eeUnit, owe)
    assert await harness.units.look(E2eeUnit, lambda unit: unit.owed(first))
    assert not await harness.units.look(E2eeUnit, lambda unit: unit.owed(first + "0"))
    assert len(await harness.take_owed()) == 1

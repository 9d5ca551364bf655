"""Linking at the home node, on the fake and both databases (spec LNK-5)."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

import pytest

from node.accounts.account import Account as Home
from node.accounts.sign_up import Registration
from node.e2ee import account_keys, links
from node.e2ee.account_keys import NONE, NewKeys
from node.e2ee.linking.public.sides import commitment
from node.e2ee.links import Approver, Link
from node.errors import Conflict, Forbidden, Malformed, Missing, Refused, TooMuch
from node.store.account_keys import AccountKeysUnit
from node.store.links import LinksUnit
from node.store.unit import UnitContext, Units
from node.testing.fakes import FakeClock, FakeEntropy
from tests.contracts.stores import Store, open_units
from tests.contracts.test_accounts import ORIGIN, join, switch
from tests.e2ee.keys.accounts import Account, lives
from tests.e2ee.linking.links import Linked, all_linked

ALICE = f"{ORIGIN}/a/1alice"
CODE = "ABCDEFGH"
NEW, OLD = b"the new device's", b"the old device's"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def units(store: Store, clock: FakeClock) -> Units:
    context = UnitContext(ORIGIN, clock, FakeEntropy(), lambda activity: repr(activity).encode())
    return open_units(store, context)


@dataclass
class Mailbox:
    """Alice's account with a device, and a linking whose new device shows."""

    units: Units
    alice: Home
    before: Account
    linked: Linked

    @property
    def new(self) -> bytes:
        return self.linked.new.encode()

    @property
    def old(self) -> bytes:
        return self.linked.old.encode()

    @property
    def who(self) -> Approver:
        return Approver(self.alice.id, ALICE, "messages read write")

    async def start(self, commit: bytes = b"", code: str = CODE) -> Link:
        commit = commit or commitment(self.new)
        return await self.units.run(LinksUnit, lambda unit: links.start(unit, code, commit, NEW))

    async def read(self, side: bytes = b"", digest: bytes = OLD) -> None:
        side = side or self.old
        await self.units.run(LinksUnit, lambda unit: links.read(unit, CODE, side, digest))

    async def show(self, side: bytes = b"", digest: bytes = NEW) -> None:
        side = side or self.new
        await self.units.run(LinksUnit, lambda unit: links.show(unit, CODE, digest, side))

    async def find(self) -> Link:
        return await self.units.look(LinksUnit, lambda unit: links.find(unit, CODE))

    async def look(self, digest: bytes) -> Link:
        return await self.units.look(LinksUnit, lambda unit: links.look(unit, CODE, digest))

    async def approve(
        self, grant: bytes = b"grant", digest: bytes = OLD, who: Approver | None = None
    ) -> None:
        by = who or self.who
        await self.units.run(LinksUnit, lambda unit: links.approve(unit, by, CODE, digest, grant))

    async def speak(self) -> None:
        await self.start()
        await self.read()
        await self.show()

    async def put(self, one: Account, expected: account_keys.Number) -> None:
        keys = NewKeys(
            one.sign_delegation().encode(),
            one.sign_list().encode(),
            one.box(FakeEntropy("box")).encode(),
        )
        who = account_keys.Putter(self.alice.id, ALICE, "", proved=True)
        await self.units.run(
            AccountKeysUnit, lambda unit: account_keys.put(unit, who, keys, expected)
        )

    async def list_new(self) -> None:
        entry = replace(
            self.linked.held, device=replace(self.linked.held.device, added=self.before.now)
        )
        after = self.before.with_devices(*self.before.held, entry, n=self.before.n + 1)
        await self.put(after, (self.before.d, self.before.n, self.before.b))

    async def devices(self) -> list[str]:
        found = await self.units.look(LinksUnit, lambda unit: unit.devices(self.alice.id))
        return [one.id for one in found]


@pytest.fixture
async def box(units: Units, clock: FakeClock) -> Mailbox:
    await switch(units, Registration.OPEN)
    alice = await join(units, "alice")
    before = replace(lives()[0], actor=ALICE, now=int(clock.now().timestamp()))
    one = all_linked()[0]
    old = replace(one.old, actor=ALICE)
    made = Mailbox(units, alice, before, replace(one, old=old, account=before))
    await made.put(before, NONE)
    return made


@pytest.mark.clause("LNK-5.1", "LNK-5.2", "LNK-5.3", "LNK-5.6")
async def test_a_new_device_is_let_in(box: Mailbox, clock: FakeClock) -> None:
    await box.start()
    assert (await box.find()).commit == commitment(box.new)
    await box.read()
    assert (await box.look(NEW)).of_other(NEW) == (OLD, box.old)
    assert (await box.look(OLD)).of_other(OLD) == (NEW, b"")
    await box.show()
    assert (await box.look(OLD)).of_other(OLD) == (NEW, box.new)
    await box.list_new()
    assert await box.units.look(LinksUnit, lambda unit: unit.bearer(NEW)) is None
    await box.approve()
    assert (await box.look(NEW)).grant == b"grant"
    device = str(UUID(bytes=box.linked.new.device.id))
    bearer = await box.units.look(LinksUnit, lambda unit: unit.bearer(NEW))
    assert bearer is not None
    assert (bearer.account, bearer.actor, bearer.device) == (box.alice.id, ALICE, device)
    assert bearer.scopes == "messages read write"
    assert await box.units.look(LinksUnit, lambda unit: unit.bearer(OLD)) is None
    (known,) = await box.units.look(LinksUnit, lambda unit: unit.devices(box.alice.id))
    assert (known.id, known.name) == (device, box.linked.new.name)
    await box.approve()  # the answer was lost: the same again
    clock.pass_(11 * MINUTE)
    assert await box.units.look(LinksUnit, lambda unit: unit.bearer(NEW)) == bearer


@pytest.mark.clause("LNK-5.6")
async def test_the_old_device_may_show_too(box: Mailbox) -> None:
    await box.start(commitment(box.old))
    await box.read(box.new)
    await box.show(box.old)
    await box.list_new()
    with pytest.raises(Forbidden, match=r"LNK-5\.6: only a device that is logged in"):
        await box.approve()  # by who read, which is the new one
    await box.approve(digest=NEW)  # by who shows
    assert await box.units.look(LinksUnit, lambda unit: unit.bearer(OLD)) is not None


@pytest.mark.clause("LNK-5.3", "LNK-5.4")
async def test_each_slot_is_written_once_and_in_order(box: Mailbox) -> None:
    await box.start()
    with pytest.raises(Conflict, match=r"LNK-5\.3: nobody has read"):
        await box.show()
    await box.read()
    with pytest.raises(Missing, match=r"LNK-5\.5"):
        await box.show(box.old, OLD)  # who reads does not show
    with pytest.raises(Forbidden, match=r"LNK-5\.3: that is not the side"):
        await box.show(replace(box.linked.new, name="another").encode())
    await box.show()
    await box.show()
    await box.list_new()
    await box.approve()
    with pytest.raises(Conflict, match=r"LNK-5\.4"):
        await box.approve(b"another grant")
    assert (await box.look(NEW)).grant == b"grant"


@pytest.mark.clause("LNK-5.5")
@pytest.mark.parametrize(("minutes", "is_read"), [(5, False), (10, True)])
async def test_a_linking_ends(box: Mailbox, clock: FakeClock, minutes: int, is_read: bool) -> None:
    await box.start()
    clock.pass_(4 * MINUTE)
    if is_read:
        await box.read()
    clock.pass_((minutes - 4) * MINUTE - timedelta(microseconds=1))
    assert (await box.look(NEW)).commit
    clock.pass_(timedelta(microseconds=1))
    said = set()
    for ask in (box.read, box.show, box.approve, lambda: box.look(NEW), box.find):
        with pytest.raises(Missing) as absent:
            await ask()
        said.add(str(absent.value))
    assert len(said) == 1


@pytest.mark.clause("LNK-5.2", "LNK-5.5")
async def test_absent_used_and_foreign_are_answered_alike(box: Mailbox) -> None:
    said = set()

    async def note(ask: Callable[[], Awaitable[object]]) -> None:
        with pytest.raises(Missing) as absent:
            await ask()
        said.add((absent.value.clause, absent.value.reason))

    await note(box.find)  # never given
    await note(box.read)
    await box.start()
    await box.read()
    await note(box.find)  # read by somebody
    await note(lambda: box.read(digest=b"another's"))
    await note(lambda: box.look(b"another's"))
    await note(lambda: box.show(digest=b"another's"))
    await note(lambda: box.approve(digest=b"another's"))
    await note(lambda: box.look(b""))
    assert len(said) == 1


@pytest.mark.clause("LNK-5.2")
async def test_of_two_readers_at_once_one_reads(box: Mailbox) -> None:
    await box.start()
    found = await asyncio.gather(
        *[box.read(digest=b"reader %d" % n) for n in range(3)], return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in found) == ["Missing", "Missing", "NoneType"]


@pytest.mark.clause("LNK-5.6")
async def test_what_must_not_be_approved_is_not_and_nothing_changes(
    box: Mailbox, units: Units
) -> None:
    await box.start()
    with pytest.raises(Conflict, match=r"LNK-5\.6: the two devices have not spoken"):
        await box.approve(digest=NEW)
    await box.read()
    with pytest.raises(Conflict, match=r"LNK-5\.6"):
        await box.approve()
    await box.show()
    with pytest.raises(Forbidden, match=r"LNK-5\.6: put the new device on"):
        await box.approve()
    await box.list_new()
    bob = await join(units, "bob")
    foreign = Approver(bob.id, f"{ORIGIN}/a/1bob", "messages")
    with pytest.raises(Forbidden, match=r"LNK-5\.6: this linking is of another account"):
        await box.approve(who=foreign)
    with pytest.raises(Malformed, match=r"LNK-5\.6"):
        await box.approve(b"")
    assert await box.devices() == []
    assert await units.look(LinksUnit, lambda unit: unit.bearer(NEW)) is None
    assert (await box.look(NEW)).grant == b""
    await box.approve()
    assert len(await box.devices()) == 1


@pytest.mark.clause("LNK-5.6")
async def test_a_device_that_is_known_is_not_made_again(box: Mailbox, units: Units) -> None:
    await box.speak()
    await box.list_new()
    await box.approve()
    other = "BCDEFGHJ"
    await units.run(LinksUnit, lambda unit: links.start(unit, other, commitment(box.new), b"again"))
    await units.run(LinksUnit, lambda unit: links.read(unit, other, box.old, b"and again"))
    await units.run(LinksUnit, lambda unit: links.show(unit, other, b"again", box.new))
    with pytest.raises(Conflict, match=r"LNK-5\.6: there is a device with that id"):
        await units.run(
            LinksUnit, lambda unit: links.approve(unit, box.who, other, b"and again", b"grant")
        )
    assert len(await box.devices()) == 1


@pytest.mark.clause("LNK-5.1", "LNK-5.2", "LNK-5.7")
async def test_what_is_malformed_is_refused(box: Mailbox) -> None:
    for commit in (bytes(31), bytes(33)):
        with pytest.raises(Malformed, match=r"LNK-5\.1"):
            await box.start(commit)
    await box.start()
    with pytest.raises(Conflict, match=r"LNK-5\.1: that code was given"):
        await box.start()
    for side in (bytes(2049), b"x"):
        with pytest.raises(Refused):
            await box.read(side)
    assert (await box.find()).read == b""
    with pytest.raises(TooMuch, match=r"LNK-5\.7"):
        await box.approve(bytes(262145))

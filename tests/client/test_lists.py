"""Conversations follow the lists of devices: who is on one comes in, who is off it is out."""

import asyncio
from collections.abc import Collection
from typing import Any

import pytest

from node.client import linking
from node.client.api_client import ApiClient
from node.client.following import Following
from node.client.key_rows import AccountKeysRow
from node.client.kith import Kith
from node.client.rows import ACCOUNT_KEYS
from node.errors import Forbidden, NodeError, TooMuch, Unreachable
from tests.client.certified import Light, Owner
from tests.client.conftest import Square
from tests.client.devices import ALICE, BOB, CAROL, MICROS, NOW, befriend
from tests.client.test_keys import friends
from tests.client.test_linking import at_phone, link


@pytest.fixture(autouse=True)
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linking, "LOOK_SECONDS", 0.01)


async def everybody_reads(square: Square, *people: Kith) -> None:
    for _ in range(2):
        for one in people:
            await one.catch_up()
            await square.town.settle()


async def texts(one: Kith, who: Kith) -> list[str]:
    return [row.text for row in await one.history(who.handle)]


@pytest.mark.clause("DEV-17.1", "DEV-16.5", "DEV-16.3")
async def test_a_linked_device_is_in_old_conversations_and_a_revoked_one_is_out(
    square: Square,
) -> None:
    async with (
        await square.join("alice", "alpha.test") as alice,
        await square.join("bob", "beta.test") as bob,
    ):
        await friends(square, alice, bob)
        await alice.say(bob.handle, "before the phone came")
        await everybody_reads(square, bob)
        await link(square, alice)
        async with at_phone(square) as phone:
            await phone.talk()
            await everybody_reads(square, alice, bob, phone)
            await alice.say(bob.handle, "we are two now")
            await everybody_reads(square, bob, phone)
            assert await texts(phone, bob) == ["we are two now"]
            assert (await phone.say(bob.handle, "from the phone")).sent
            await everybody_reads(square, bob, alice)
            for one, other in ((alice, bob), (bob, alice)):
                found = await texts(one, other)
                assert found == ["before the phone came", "we are two now", "from the phone"]
                assert len(await one.conversations_with(other.handle)) == 1
            await alice.unlist(phone.profile.device, " ".join((await alice.recovery()).words))
            assert (await alice.say(bob.handle, "not for the phone")).sent
            await everybody_reads(square, bob, phone)
            assert "not for the phone" in await texts(bob, alice)
            assert "not for the phone" not in await texts(phone, bob)
            assert (await bob.say(alice.handle, "nor this")).sent
            await everybody_reads(square, alice, phone)
            assert "nor this" in await texts(alice, bob)
            assert "nor this" not in await texts(phone, bob)


def packages_of(one: Light) -> dict[str, Any]:
    return {one.actor: one.packages()}


@pytest.mark.clause("DEV-17.2", "DEV-16.8")
def test_of_whom_no_device_is_left_the_listed_ones_are_missing() -> None:
    alice, bob, phone = Light("alice", ALICE), Light("bob", BOB), Light("phone", BOB)
    owner = Owner(BOB).lists(bob.device)
    group = befriend(alice, bob)
    alice.device.trust.answered(BOB, owner.shown, NOW)
    assert alice.device.trust.lacking(NOW) == []
    owner.lists(phone.device)
    alice.device.trust.answered(BOB, owner.shown, NOW + 1)
    alice.device.say(group, "for the new phone", MICROS)
    alice.send()
    assert alice.device.trust.lacking(NOW) == [(group, BOB)]
    assert len(alice.device.trust.missing(group, BOB)) == 1
    alice.device.add(group, packages_of(phone), NOW)
    added, words = alice.send()
    phone.get(added.welcomes[0].content)
    assert [one.text for one in phone.get(words.content)] == ["for the new phone"]
    assert alice.device.trust.lacking(NOW) == []


@pytest.mark.clause("DEV-17.2")
def test_nobody_is_added_by_a_list_that_is_not_to_be_believed() -> None:
    alice, bob, phone = Light("alice", ALICE), Light("bob", BOB), Light("phone", BOB)
    owner = Owner(BOB).lists(bob.device)
    group = befriend(alice, bob)
    alice.device.trust.answered(BOB, owner.shown, NOW)
    alice.device.trust.answered(BOB, owner.lists(phone.device).shown, NOW + 1)
    alice.device.say(group, "kept", MICROS)
    alice.send()
    alice.device.trust.answered(BOB, Owner(BOB, "anew").lists(phone.device).shown, NOW + 2)
    assert alice.device.trust.lacking(NOW + 2) == []
    assert alice.device.trust.lacking(NOW + 40 * 86_400) == []


async def quietly() -> None:
    """The account's list is read, and is the one that is known."""


class Shelf:
    """What a home node answers to a claim: the packages of one device, or what it says instead."""

    def __init__(self, says: NodeError | None = None, *devices: Light) -> None:
        self.says, self.devices, self.asked = says, devices, 0

    async def claim(self, actor: str, devices: Collection[str]) -> list[bytes]:
        assert devices, "those that are missing are named, and nobody else's are taken"
        self.asked += 1
        if self.says is not None:
            raise self.says
        return [data for one in self.devices for data in one.packages()]


def has_a_part(owner: Owner, one: Light) -> None:
    """The device has its part in its account's keys, and knows its list."""
    shown, state = owner.shown, one.device.state
    with state.step():
        part = AccountKeysRow(
            id=bytes(16),
            seal=bytes(32),
            list_private=owner.account.list_key.private,
            rk=b"",
            delegation=shown.delegation,
            list=shown.list,
            box=b"",
            accepted=True,
        )
        state.put(ACCOUNT_KEYS, part)
    one.device.trust.seen_own(shown, NOW)


def left_alone(alice: Light, bob: Light, phone: Light) -> None:
    """Three conversations in which Bob has no device left, and his listed phone is missing."""
    owner = Owner(BOB).lists(bob.device)
    groups = [befriend(alice, bob) for _ in range(3)]
    alice.device.trust.answered(BOB, owner.shown, NOW)
    alice.device.trust.answered(BOB, owner.lists(phone.device).shown, NOW + 1)
    for group in groups:
        alice.device.say(group, "for the new phone", MICROS)
        alice.send()
    assert len(alice.device.trust.lacking(NOW + 1)) == 3


def following(alice: Light, shelf: Shelf, clock: list[int]) -> Following:
    return Following(alice.device, shelf.claim, quietly, lambda: clock[0])


@pytest.mark.clause("DEV-17.1")
@pytest.mark.parametrize(
    "says", [None, Unreachable("their server is away", beyond=True), TooMuch("LIM-2.1", "later")]
)
async def test_a_device_without_packages_costs_the_others_one_of_theirs_now_and_then(
    says: NodeError | None,
) -> None:
    alice, bob, phone = Light("alice", ALICE), Light("bob", BOB), Light("phone", BOB)
    left_alone(alice, bob, phone)
    shelf, clock = Shelf(says), [NOW + 2]
    follower = following(alice, shelf, clock)
    for _ in range(5):
        await follower.round()
    assert shelf.asked == 1, "for all three conversations together"
    await following(alice, shelf, clock).round()
    assert shelf.asked == 1, "that is on disk"
    for passed in range(60, 24 * 3600, 60):
        clock[0] = NOW + 2 + passed
        await follower.round()
    assert 25 <= shelf.asked <= 32, "ever more seldom, at last once an hour"
    shelf.says, shelf.devices = None, (phone,)
    clock[0] += 3600
    await follower.round()
    await follower.round()
    assert shelf.asked <= 35, "once for each conversation, and not again while its commit waits"
    assert len(alice.device.state.groups_with("owed")) == 3


@pytest.mark.clause("DEV-17.1")
async def test_a_linked_device_comes_in_once_a_stop_is_over() -> None:
    alice, phone, bob = Light("alice", ALICE), Light("phone", ALICE), Light("bob", BOB)
    his = Owner(BOB).lists(bob.device)
    befriend(alice, bob)
    alice.device.trust.answered(BOB, his.shown, NOW)
    has_a_part(Owner(ALICE).lists(alice.device, phone.device), alice)
    anew = Owner(BOB, "anew").lists(bob.device)
    alice.device.trust.answered(BOB, anew.shown, NOW + 1)
    shelf, clock = Shelf(None, phone), [NOW + 2]
    follower = following(alice, shelf, clock)
    await follower.round()
    assert shelf.asked == 0 and not alice.device.trust.is_followed
    alice.device.trust.accept(BOB, anew.account.rk.root.public, NOW + 3)
    await follower.round()
    added, *_ = alice.send()
    assert shelf.asked == 1 and phone.get(added.welcomes[0].content)
    await follower.round()
    assert alice.device.trust.is_followed


@pytest.mark.clause("DEV-17.1", "E2E-2.11")
async def test_a_linked_device_is_asked_for_again_as_soon_as_it_has_packages() -> None:
    alice, phone, bob = Light("alice", ALICE), Light("phone", ALICE), Light("bob", BOB)
    group = befriend(alice, bob)
    alice.device.trust.answered(BOB, Owner(BOB).lists(bob.device).shown, NOW)
    has_a_part(Owner(ALICE).lists(alice.device, phone.device), alice)
    shelf, clock = Shelf(), [NOW + 2]
    follower = following(alice, shelf, clock)
    await follower.round()
    shelf.devices = (phone,)
    follower.ready("00000000-0000-4000-8000-000000000000")
    await follower.round()
    assert shelf.asked == 1, "another one has some"
    (id,) = alice.device.trust.missing(group, ALICE).values()
    follower.ready(id)
    await follower.round()
    added, *_ = alice.send()
    assert shelf.asked == 2 and phone.get(added.welcomes[0].content)


def one_missing() -> tuple[Light, Light, str]:
    """Alice's phone is on her list, and not in her conversation with Bob."""
    alice, phone, bob = Light("alice", ALICE), Light("phone", ALICE), Light("bob", BOB)
    group = befriend(alice, bob)
    has_a_part(Owner(ALICE).lists(alice.device, phone.device), alice)
    return alice, phone, group


@pytest.mark.clause("DEV-17.1")
async def test_a_device_whose_add_was_refused_is_not_out_for_good() -> None:
    alice, phone, group = one_missing()
    shelf, clock = Shelf(None, phone), [NOW]
    follower = following(alice, shelf, clock)
    asked_at = list[int]()
    for minute in range(12):
        clock[0] = NOW + 60 * minute
        await follower.round()
        assert not alice.device.trust.is_followed, "what is only owed may be refused"
        if shelf.asked > len(asked_at):
            asked_at.append(minute)
            refused = Forbidden("E2E-3.8", "not now")
            assert alice.device.tell(alice.next(), refused, clock[0]) == [], "no person wished it"
        if minute == 3:  # what was refused is on disk
            alice.reopen()
            follower = following(alice, shelf, clock)
    assert asked_at == [0, 1, 3, 7], "ever more seldom, for each takes a key package"
    clock[0] += 3600
    await follower.round()
    (added,) = alice.send()
    assert phone.get(added.welcomes[0].content)
    await follower.round()
    assert alice.device.trust.is_followed and alice.device.state.names("declined", group) == []


@pytest.mark.clause("DEV-17.1")
async def test_a_package_that_cannot_be_added_is_not_asked_for_each_minute() -> None:
    alice, phone, _ = one_missing()
    shelf, clock = Shelf(None, phone), [NOW]
    old = phone.packages()

    async def claim(actor: str, devices: Collection[str]) -> list[bytes]:
        await shelf.claim(actor, devices)
        return old

    follower = Following(alice.device, claim, quietly, lambda: clock[0])
    for minute in range(60):
        clock[0] = NOW + 30 * 86_400 + 7200 + 60 * minute
        await follower.round()
    assert 5 <= shelf.asked <= 7 and not alice.device.trust.is_followed


@pytest.mark.clause("DEV-17.1")
async def test_no_words_wait_for_a_claim(square: Square, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, ask = asyncio.Event(), ApiClient.ask

    async def hold(self: ApiClient, method: str, path: str, *rest: Any, **more: Any) -> Any:
        if path == "/key-packages/claim":
            begun.set()
            await asyncio.Event().wait()
        return await ask(self, method, path, *rest, **more)

    async with (
        await square.join("alice", "alpha.test") as alice,
        await square.join("bob", "beta.test") as bob,
    ):
        await friends(square, alice, bob)
        await alice.say(bob.handle, "before the phone came")
        await link(square, alice)
        messenger = await alice.talk()
        (group,) = await alice.conversations_with(bob.handle)
        said = messenger.device.say(group, "kept from an earlier run", MICROS)
        monkeypatch.setattr(ApiClient, "ask", hold)
        running = asyncio.create_task(alice.catch_up())
        await begun.wait()
        assert messenger.device.said(group, said.id).sent
        running.cancel()
        await asyncio.wait([running])


@pytest.mark.clause("DEV-17.1")
async def test_an_absent_home_node_says_nothing_of_the_devices() -> None:
    alice, bob, phone = Light("alice", ALICE), Light("bob", BOB), Light("phone", BOB)
    left_alone(alice, bob, phone)
    shelf, clock = Shelf(Unreachable("our node is away")), [NOW + 2]
    follower = following(alice, shelf, clock)
    await follower.round()
    shelf.says, shelf.devices = None, (phone,)
    await follower.round()
    assert shelf.asked == 4 and len(alice.device.state.groups_with("owed")) == 3


@pytest.mark.clause("DEV-17.1")
async def test_a_claim_that_is_held_open_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("node.client.following.PATIENCE_SECONDS", 0.01)
    alice, bob, phone = Light("alice", ALICE), Light("bob", BOB), Light("phone", BOB)
    left_alone(alice, bob, phone)
    asked = list[str]()

    async def hold(actor: str, devices: Collection[str]) -> list[bytes]:
        asked.append(actor)
        await asyncio.Event().wait()
        return []

    follower = Following(alice.device, hold, quietly, lambda: NOW + 2)
    await follower.round()
    await follower.round()
    assert asked == [BOB]


@pytest.mark.clause("DEV-17.1")
async def test_our_own_devices_wait_for_nobody_elses_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("node.client.following.PATIENCE_SECONDS", 0.01)
    alice, phone, bob = Light("alice", ALICE), Light("phone", ALICE), Light("bob", BOB)
    tablet, watch = Light("tablet", BOB), Light("watch", BOB)
    owner = Owner(BOB).lists(bob.device)
    groups = [befriend(alice, bob) for _ in range(2)]
    alice.device.trust.answered(BOB, owner.shown, NOW)
    owner.lists(tablet.device, watch.device)
    alice.device.trust.answered(BOB, owner.shown, NOW + 1)
    for group in groups:
        alice.device.say(group, "for the new ones", MICROS)
        alice.send()
    has_a_part(Owner(ALICE).lists(alice.device, phone.device), alice)
    theirs = alice.device.trust.missing(groups[0], BOB)
    alice.device.trust.claimed((), theirs, NOW - 60)  # each is asked for alone
    asked = list[str]()

    async def claim(actor: str, devices: Collection[str]) -> list[bytes]:
        asked.append(actor)
        if actor == BOB:
            await asyncio.Event().wait()
        return phone.packages()

    follower, clock = Following(alice.device, claim, quietly, lambda: clock[0]), [NOW + 2]
    await follower.round()
    assert asked == [ALICE, ALICE, BOB] and len(theirs) == 2
    await follower.round()
    assert asked == [ALICE, ALICE, BOB], "their server is silent for each of them"
    clock[0] += 120
    await follower.round()
    assert asked[3:] == [BOB], "ever more seldom"


@pytest.mark.clause("DEV-17.1")
async def test_a_program_that_ends_says_nothing_of_the_devices() -> None:
    alice, bob, phone = Light("alice", ALICE), Light("bob", BOB), Light("phone", BOB)
    left_alone(alice, bob, phone)
    begun = asyncio.Event()

    async def hold(actor: str, devices: Collection[str]) -> list[bytes]:
        begun.set()
        await asyncio.Event().wait()
        return []

    running = asyncio.create_task(Following(alice.device, hold, quietly, lambda: NOW + 2).round())
    await begun.wait()
    running.cancel()
    await asyncio.wait([running])
    assert not alice.device.state.groups_with("packageless")


@pytest.mark.clause("DEV-17.3")
def test_where_nobody_speaks_one_device_after_the_other_takes_out_who_is_on_no_list() -> None:
    alice, bob, gone, carol = (
        Light("alice", ALICE),
        Light("bob", BOB),
        Light("gone", BOB),
        Light("carol", CAROL),
    )
    owner = Owner(BOB).lists(bob.device, gone.device)
    packages = {BOB: [*bob.packages(), *gone.packages()], CAROL: carol.packages()}
    group = alice.device.start(packages, NOW)
    (founding,) = alice.send()
    for one in (bob, gone, carol):
        one.get(founding.welcomes[0].content)
    after = owner.lists(bob.device).shown
    for one in (alice, carol):
        one.device.trust.answered(BOB, after, NOW)
    has_a_part(owner, bob)

    def turns(seconds: int) -> list[str]:
        return [one.actor for one in (alice, bob, carol) if one.device.trust.overdue(NOW + seconds)]

    assert turns(-1) == [] and turns(0) == turns(599) == [BOB], "his own device, which is alone"
    second = turns(600)
    assert len(second) == 2 and turns(629) == second and turns(630) == [ALICE, BOB, CAROL]
    bob.device.refresh(group, NOW)
    (commit,) = bob.send()
    for one in (alice, carol):
        one.get(commit.content)
    assert turns(630) == [] and gone.get(commit.content)
    assert gone.device.conversations()[group].left


@pytest.mark.clause("DEV-17.3")
def test_what_is_owed_there_takes_them_out_and_a_stop_waits_for_a_person() -> None:
    alice, bob, gone = Light("alice", ALICE), Light("bob", BOB), Light("gone", BOB)
    owner = Owner(BOB).lists(bob.device, gone.device)
    group = alice.device.start({BOB: [*bob.packages(), *gone.packages()]}, NOW)
    (founding,) = alice.send()
    bob.get(founding.welcomes[0].content)
    before = owner.account
    alice.device.trust.answered(BOB, owner.lists(bob.device).shown, NOW)
    assert alice.device.trust.overdue(NOW + 600) == [group]
    alice.device.say(group, "words", MICROS)
    assert alice.device.trust.overdue(NOW + 600) == []
    owner.account = before.with_devices(owner._of(gone.device), n=owner.account.n)
    alice.device.trust.answered(BOB, owner.shown, NOW)
    alice.send()
    assert alice.device.trust.overdue(NOW + 9000) == [], "two lists of one number"

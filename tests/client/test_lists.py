"""Conversations follow the lists of devices: who is on one comes in, who is off it is out."""

from typing import Any

import pytest

from node.client import linking
from node.client.kith import Kith
from tests.client.certified import Light, Owner
from tests.client.conftest import Square
from tests.client.devices import ALICE, BOB, MICROS, NOW, befriend
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

"""Key packages: published by their device, handed out once, to friends."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import update

from node.e2ee import key_packages
from node.e2ee.mls.public import key_package
from node.errors import Forbidden, Missing
from node.store import tables
from node.store.incarnation import IncarnationUnit
from node.testing.fakes import FakeClock
from node.wire.api.e2ee import ClaimRequest, NewKeyPackages, PublishedPackage
from tests.e2ee.harness import Harness, Person, at_once, befriend, package


async def publish(who: Person, *bodies: bytes, last: bytes | None = None):
    packages = [PublishedPackage(content=body) for body in bodies]
    if last is not None:
        packages.append(PublishedPackage(content=last, last_resort=True))
    reply = await who.call("POST", "/key-packages", NewKeyPackages(packages=packages))
    return reply.value.stock


async def fill(who: Person, count: int = 3) -> list[bytes]:
    bodies = [who.package() for _ in range(count)]
    await publish(who, *bodies, last=who.package())
    return bodies


async def claim(who: Person, whose: str, suite: int = 1, devices: Sequence[str] = ()):
    asked = ClaimRequest(actor=whose, suite=suite, devices=[*devices])
    reply = await who.call("POST", "/key-packages/claim", asked)
    return reply.value.packages


def wrapped(body: bytes) -> bytes:
    return b"\x00\x01\x00\x05" + body


async def test_published_is_counted(alpha: Harness) -> None:
    alice = await alpha.person("alice")
    stock = await publish(alice, alice.package(), wrapped(alice.package()), last=alice.package())
    assert [(s.suite, s.single_use) for s in stock] == [(1, 2)]
    assert stock[0].last_resort.startswith("https://alpha.test/o/")
    again = (await alice.call("GET", "/key-packages")).value.stock
    assert again == stock


@pytest.mark.clause("E2E-1.1")
async def test_a_package_for_another_actor_is_refused(alpha: Harness, refused) -> None:
    alice = await alpha.person("alice")
    for actor in (f"{alpha.origin}/a/bob", alice.actor + "/", alice.actor.upper()):
        with refused("E2E-1.1"):
            await publish(alice, last=package(actor, alice.key, alpha.clock.now()))
    assert await alpha.rows(tables.key_packages) == []


@pytest.mark.clause("E2E-2.1")
@pytest.mark.parametrize(
    ("how", "clause"),
    [
        ({"spoil": True}, "MLS-10.1b"),
        ({"start": timedelta(days=-31)}, "MLS-7.3f"),
        ({"start": timedelta(days=1)}, "MLS-7.3f"),
        ({"days": 401}, "MLS-7.2c"),
        ({"suite": 2}, "MLS-5.1"),
    ],
)
async def test_a_package_that_is_not_valid_is_refused(alpha, refused, how, clause) -> None:
    alice = await alpha.person("alice")
    with refused(clause):
        await publish(alice, alice.package(**how), last=alice.package())
    assert await alpha.rows(tables.key_packages) == []


@pytest.mark.clause("E2E-2.1")
async def test_a_year_is_accepted_and_garbage_is_not(alpha: Harness, refused) -> None:
    alice = await alpha.person("alice")
    await publish(alice, last=alice.package(days=400))
    with refused("E2E-2.1"):
        await publish(alice, b"x" * 20_000)


@pytest.mark.clause("E2E-2.2")
async def test_a_device_has_one_signature_key(alpha: Harness, refused) -> None:
    alice = await alpha.person("alice")
    await fill(alice)
    alice.key = Ed25519PrivateKey.generate()
    with refused("E2E-2.2"):
        await publish(alice, alice.package())


@pytest.mark.clause("E2E-2.3")
async def test_the_pool_has_a_limit_and_a_last_resort(alpha: Harness, refused) -> None:
    alice = await alpha.person("alice")
    with refused("E2E-2.3"):
        await publish(alice, alice.package())
    await fill(alice, 99)
    with refused("E2E-2.3"):
        await publish(alice, alice.package(), alice.package())
    first = (await publish(alice, alice.package()))[0]
    second = (await publish(alice, last=alice.package()))[0]
    assert first.single_use == second.single_use == 100
    assert first.last_resort != second.last_resort


@pytest.mark.clause("E2E-2.4")
async def test_the_same_again_changes_nothing_and_is_nobody_elses(alpha: Harness, refused) -> None:
    alice = await alpha.person("alice")
    other = await alpha.device("alice", "tablet")
    bodies = await fill(alice)
    assert (await publish(alice, *bodies))[0].single_use == 3
    with refused("E2E-2.4"):
        await publish(other, bodies[0])


@pytest.mark.clause("E2E-2.5")
async def test_the_collection_lists_the_last_resort_alone(alpha: Harness) -> None:
    alice = await alpha.person("alice")
    await fill(alice)
    listed = await alpha.pages.key_packages(alice.actor)
    assert listed["totalItems"] == 1
    assert listed["id"] == f"{alice.actor}/key_packages"
    shown = await alpha.pages.object(listed["items"][0], None)
    assert shown["type"] == "KeyPackage"
    assert shown["attributedTo"] == alice.actor
    assert shown["ciphersuite"] == "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519"
    assert (
        key_packages.read_document(shown, alice.actor, alpha.clock.now()).id == listed["items"][0]
    )
    for row in await alpha.rows(tables.key_packages):
        assert (await alpha.pages.object(row.id, None) is not None) is row.last_resort
    with pytest.raises(Missing):
        await alpha.pages.key_packages("https://alpha.test/a/nobody")


@pytest.mark.clause("E2E-2.6", "E2E-2.9")
async def test_ten_claims_at_once_get_ten_packages(either: Harness) -> None:
    alice, bob = await either.person("alice"), await either.person("bob")
    await befriend(alice, bob)
    bodies = await fill(bob, 12)
    answers = await asyncio.gather(*(claim(alice, bob.actor) for _ in range(10)))
    contents = [found.content for (found,) in answers]
    assert len(set(contents)) == 10
    assert set(contents) <= set(bodies)
    for (found,) in answers:
        assert (await either.pages.object(found.id, None))["id"] == found.id
    assert (await bob.call("GET", "/key-packages")).value.stock[0].single_use == 2


@pytest.mark.clause("E2E-2.6")
async def test_an_empty_pool_falls_back_to_the_last_resort(alpha: Harness) -> None:
    alice, bob = await alpha.person("alice"), await alpha.person("bob")
    await befriend(alice, bob)
    last = bob.package()
    await publish(bob, bob.package(), last=last)
    assert (await claim(alice, bob.actor))[0].content != last
    for _ in range(2):
        assert (await claim(alice, bob.actor))[0].content == last
    told = [row for row in await alpha.rows(tables.events) if row.kind == "key_packages"]
    assert {row.device for row in told} == {bob.caller.device}
    assert '"last_resort_used":true' in told[-1].data


@pytest.mark.clause("E2E-2.11")
async def test_all_devices_are_told_when_one_has_its_first_packages(alpha: Harness) -> None:
    alice = await alpha.person("alice")
    tablet = await alpha.device("alice", "tablet")
    for who in (alice, tablet):
        for _ in range(2):
            await fill(who)
    told = [row for row in await alpha.rows(tables.events) if row.kind == "device_ready"]
    assert [(row.account, row.device) for row in told] == [(alice.caller.account, "")] * 2
    assert [alice.caller.device in told[0].data, tablet.caller.device in told[1].data] == [True] * 2
    alpha.clock.pass_(timedelta(days=400))
    await fill(tablet)
    again = [row for row in await alpha.rows(tables.events) if row.kind == "device_ready"]
    assert len(again) == 2, "all that it had have ended, and it says nothing new"


async def test_each_device_gives_one_but_the_asking_one(alpha: Harness) -> None:
    alice = await alpha.person("alice")
    tablet = await alpha.device("alice", "tablet")
    await fill(alice)
    await fill(tablet)
    bob = await alpha.person("bob")
    await befriend(alice, bob)
    assert len(await claim(bob, alice.actor)) == 2
    (mine,) = await claim(alice, alice.actor)
    assert key_package.parse(mine.content).leaf.signature_key == (
        tablet.key.public_key().public_bytes_raw()
    )
    assert await claim(bob, alice.actor, suite=3) == []


@pytest.mark.clause("E2E-2.7")
async def test_a_stranger_gets_none(alpha: Harness, beta: Harness, refused) -> None:
    alice, mallory = await alpha.person("alice"), await alpha.person("mallory")
    eve = await beta.person("eve")
    await fill(alice)
    for stranger in (mallory, eve):
        with refused("E2E-2.7"):
            await claim(stranger, alice.actor)
    with pytest.raises(Forbidden):
        await alpha.pages.claim(alice.actor, eve.actor, {"suite": 1})
    await befriend(alice, mallory)
    friendships = tables.friendships
    await alpha.write(
        update(friendships).where(friendships.c.actor == alice.actor).values(ours="blocked")
    )
    with refused("E2E-2.7"):
        await claim(mallory, alice.actor)
    stock = (await alice.call("GET", "/key-packages")).value.stock
    assert stock[0].single_use == 3


@pytest.mark.clause("E2E-2.8")
async def test_a_friend_cannot_empty_the_pool(alpha: Harness, clock: FakeClock, refused) -> None:
    alice, bob = await alpha.person("alice"), await alpha.person("bob")
    await befriend(alice, bob)
    await fill(bob, 30)
    for _ in range(20):
        await claim(alice, bob.actor)
    with refused("E2E-2.8"):
        await claim(alice, bob.actor)
    clock.pass_(timedelta(hours=1, seconds=1))
    assert len(await claim(alice, bob.actor)) == 1


@pytest.mark.clause("E2E-2.6")
async def test_a_claim_takes_of_the_devices_that_it_names_and_of_no_other(
    alpha: Harness, beta: Harness
) -> None:
    alice, bob = await alpha.person("alice"), await alpha.person("bob")
    tablet, carol = await alpha.device("bob", "tablet"), await beta.person("carol")
    await befriend(alice, bob)
    await befriend(carol, bob)
    await fill(bob, 5)
    taken = await fill(tablet, 5)
    for who in (alice, carol):
        (one,) = await claim(who, bob.actor, devices=[tablet.caller.device, "no device of his"])
        assert one.content in taken
        assert await claim(who, bob.actor, devices=["no device of his"]) == []
    assert (await bob.call("GET", "/key-packages")).value.stock[0].single_use == 5
    assert (await tablet.call("GET", "/key-packages")).value.stock[0].single_use == 3


@pytest.mark.clause("E2E-2.10")
@pytest.mark.parametrize("devices", ["one", {}, 5, None, [1], [None], ["x"] * 17])
async def test_a_claim_that_names_no_devices_is_refused(alpha: Harness, refused, devices) -> None:
    alice, bob = await alpha.person("alice"), await alpha.person("bob")
    await befriend(alice, bob)
    await fill(bob)
    with refused("E2E-2.10"):
        await alpha.pages.claim(bob.actor, alice.actor, {"suite": 1, "devices": devices})
    if devices == ["x"] * 17:
        with refused("E2E-2.10"):
            await claim(alice, bob.actor, devices=devices)
    assert (await bob.call("GET", "/key-packages")).value.stock[0].single_use == 3


@pytest.mark.clause("E2E-2.8")
async def test_ones_own_devices_have_a_limit_too(alpha: Harness, clock: FakeClock, refused) -> None:
    """Each conversation takes one of a device that was linked; one that claims for ever ends."""
    alice = await alpha.person("alice")
    tablet = await alpha.device("alice", "tablet")
    for _ in range(2):
        await fill(tablet, 100)
        for _ in range(100):
            assert len(await claim(alice, alice.actor)) == 1
    await fill(tablet, 5)
    with refused("E2E-2.8"):
        await claim(alice, alice.actor)
    # A device in a thief's hands uses up its own share, and nobody else's.
    laptop = await alpha.device("alice", "laptop")
    named = [tablet.caller.device]
    assert len(await claim(laptop, alice.actor, devices=named)) == 1
    with refused("E2E-2.8"):
        await claim(alice, alice.actor, devices=named)
    clock.pass_(timedelta(hours=1, seconds=1))
    assert len(await claim(alice, alice.actor, devices=named)) == 1


@pytest.mark.clause("E2E-2.9")
async def test_expired_and_revoked_are_not_handed_out(alpha, clock, refused) -> None:
    alice, bob = await alpha.person("alice"), await alpha.person("bob")
    await befriend(alice, bob)
    await publish(bob, bob.package(days=2), bob.package(days=9), last=bob.package(days=9))
    clock.pass_(timedelta(days=3))
    assert (await bob.call("GET", "/key-packages")).value.stock[0].single_use == 1
    (first,) = await claim(alice, bob.actor)
    lifetime = key_package.parse(first.content).leaf.lifetime
    assert lifetime.not_after > clock.now().timestamp()
    await alpha.revoke(bob)
    assert await claim(alice, bob.actor) == []
    assert (await alpha.pages.key_packages(bob.actor))["items"] == []


@pytest.mark.clause("E2E-2.10")
async def test_a_friends_node_is_asked(alpha: Harness, beta: Harness, refused) -> None:
    alice, bob = await alpha.person("alice"), await beta.person("bob")
    bodies = await fill(bob)
    with refused("E2E-2.7"):
        await claim(alice, bob.actor)
    assert alpha.asked == []
    await befriend(alice, bob)
    found = [(await claim(alice, bob.actor))[0] for _ in range(3)]
    assert {package.content for package in found} == set(bodies)
    assert found[0].id.startswith("https://beta.test/o/")


@pytest.mark.clause("E2E-2.10")
async def test_what_a_peer_hands_out_is_checked(alpha, beta, monkeypatch, refused) -> None:
    alice, bob = await alpha.person("alice"), await beta.person("bob")
    await befriend(alice, bob)
    eve = await beta.person("eve")
    await fill(bob)

    async def swapped(owner: str, asker: str, said: object):
        offer = key_packages.PublishedKeyPackage("id", owner, "", b"", 1, eve.package(), False, 0)
        return key_packages.claimed(owner, [offer])

    monkeypatch.setattr(beta.pages, "claim", swapped)
    with refused("E2E-1.1"):
        await claim(alice, bob.actor)


@pytest.mark.clause("E2E-2.10")
async def test_what_is_not_right_among_what_a_peer_hands_out_is_left_out(
    alpha, beta, monkeypatch
) -> None:
    alice, bob = await alpha.person("alice"), await beta.person("bob")
    await befriend(alice, bob)
    eve = await beta.person("eve")
    good = bob.package()

    async def mixed(owner: str, asker: str, said: object):
        offers = [
            key_packages.PublishedKeyPackage("id", owner, "", b"", 1, one, False, 0)
            for one in (eve.package(), good[:-1], good)
        ]
        return key_packages.claimed(owner, offers)

    monkeypatch.setattr(beta.pages, "claim", mixed)
    assert [one.content for one in await claim(alice, bob.actor)] == [good]


@pytest.mark.clause("E2E-2.10")
async def test_a_peer_that_hands_out_nothing_lists(alpha, beta, monkeypatch) -> None:
    alice, bob = await alpha.person("alice"), await beta.person("bob")
    await befriend(alice, bob)
    last = bob.package()
    await publish(bob, bob.package(), last=last)

    async def unknown(owner: str, asker: str, said: object):
        raise Missing("E2E-2.5", "no such page")

    monkeypatch.setattr(beta.pages, "claim", unknown)
    (found,) = await claim(alice, bob.actor)
    assert found.content == last


async def test_claims_for_one_package_are_not_doubled(either: Harness) -> None:
    alice, bob = await either.person("alice"), await either.person("bob")
    await befriend(alice, bob)
    single, last = bob.package(), bob.package()
    await publish(bob, single, last=last)
    answers = await at_once(*(claim(alice, bob.actor) for _ in range(4)))
    assert sorted(found.content == single for (found,) in answers) == [False] * 3 + [True]


@pytest.mark.clause("E2E-4.8")
async def test_a_restored_node_hands_out_no_package_twice(either: Harness) -> None:
    """What was in the pool may have been claimed since the copy; the last resort stands."""
    alice, bob = await either.person("alice"), await either.person("bob")
    await befriend(alice, bob)
    await fill(bob)
    units = either.units
    before = await units.look(IncarnationUnit, lambda unit: unit.incarnation())
    renewed = await units.run(IncarnationUnit, lambda unit: unit.renew_incarnation())
    assert len(renewed) == 32 and renewed != before
    assert (await bob.call("GET", "/mailbox")).value.incarnation == renewed
    (stock,) = (await bob.call("GET", "/key-packages")).value.stock
    assert stock.single_use == 0

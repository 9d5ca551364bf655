"""Who takes part in a conversation: only members change it, and guests share one place."""

import pytest
from msgspec.structs import replace

from node.errors import Unreachable
from node.store import tables
from node.store.mailbox import MailboxUnit
from node.wire.api.e2ee import RemovedDevice
from tests.e2ee.harness import Harness, Person, befriend, commit, words
from tests.e2ee.test_relay import create, fill, invitation, mail, pair, send

SIZE = 1000


def share_is(harness: Harness, size: int) -> None:
    """A quarter of a mailbox is `size` bytes now."""
    units = harness.units
    units._context = replace(units._context, mailbox_limit_bytes=4 * size)


async def full(who: Person, sender: str) -> bool:
    units = who.harness.units
    return await units.look(MailboxUnit, lambda unit: unit.full([who.actor], sender))


async def there(harness: Harness) -> set[str]:
    rows = await harness.rows(tables.participants)
    return {row.actor for row in rows if row.left is None}


@pytest.mark.clause("E2E-3.2")
async def test_a_friend_who_takes_no_part_changes_nothing(alpha, beta, refused) -> None:
    alice, bob, ref = await pair(alpha, beta)
    carol = await beta.person("carol")
    await befriend(alice, carol)
    url = (await alice.call("GET", f"/conversations/{ref}")).value.url
    before = await mail(alice)
    for number, body in enumerate([commit(1, b"junk"), commit(9, b"junk"), words(1, b"hello")]):
        with refused("E2E-3.2"):
            await alpha.receive(create(carol, body, alice, conversation=url, number=number))
    assert await there(alpha) == {alice.actor, bob.actor}
    assert await mail(alice) == before
    assert (await send(alice, ref, commit(1))).epoch == 2, "the group lives"


@pytest.mark.clause("E2E-3.2")
async def test_who_was_removed_is_out_until_a_member_commits(alpha, beta, refused) -> None:
    alice, bob, ref = await pair(alpha, beta)
    url = (await alice.call("GET", f"/conversations/{ref}")).value.url
    await send(alice, ref, commit(1), removed=[RemovedDevice(actor=bob.actor)])
    with refused("E2E-3.2"):
        await alpha.receive(create(bob, commit(2, b"junk"), alice, conversation=url))
    await fill(alice)
    (_, back), *_ = await invitation(bob, alice)
    with refused("E2E-3.2"):
        await alpha.receive(create(bob, back, alice, bob, conversation=url, number=2))
    assert await there(alpha) == {alice.actor}
    await send(alice, ref, commit(2), await invitation(alice, bob))
    assert await there(alpha) == {alice.actor, bob.actor}


@pytest.mark.clause("E2E-3.2")
async def test_words_bring_nobody_in(alpha, beta) -> None:
    alice, bob, ref = await pair(alpha, beta)
    url = (await alice.call("GET", f"/conversations/{ref}")).value.url
    puppet = await beta.person("puppet")
    said = create(bob, words(1), alice, puppet, conversation=url)
    await alpha.receive(said)
    lost = create(bob, commit(0, b"lost"), alice, puppet, conversation=url, number=2)
    await alpha.receive(lost)
    assert await there(alpha) == {alice.actor, bob.actor}
    await alpha.receive(create(bob, commit(1), alice, puppet, conversation=url, number=3))
    assert await there(alpha) == {alice.actor, bob.actor, puppet.actor}


@pytest.mark.clause("E2E-3.2")
async def test_at_a_node_that_is_no_relay_junk_is_refused_and_a_newcomer_waits(
    alpha, beta, refused
) -> None:
    alice, bob, ref = await pair(alpha, beta)
    carol = await alpha.person("carol")
    await befriend(bob, carol)
    url = (await alice.call("GET", f"/conversations/{ref}")).value.url
    await send(bob, ref, words(1, b"here I am"))
    with refused("E2E-3.2"):
        await beta.receive(create(carol, words(1, b"me too"), bob, conversation=url))
    with refused("E2E-3.2"):
        await beta.receive(create(carol, commit(1, b"junk"), bob, conversation=url))
    early = create(carol, words(2, b"hello"), bob, conversation=url, number=2)
    with pytest.raises(Unreachable):
        await beta.receive(early)
    await beta.receive(create(alice, commit(1), bob, carol, conversation=url, number=3))
    await beta.receive(early)
    assert [item.kind for item in await mail(bob)] == ["welcome", "commit", "application"]


@pytest.mark.clause("E2E-3.2")
async def test_a_group_is_not_passed_off_as_another_conversation(alpha, beta) -> None:
    """Mallory knows the group's id, and has her own conversation with Bob."""
    alice, bob, ref = await pair(alpha, beta)
    mallory = await alpha.person("mallory")
    await befriend(mallory, bob)
    url = (await alice.call("GET", f"/conversations/{ref}")).value.url
    (_, invited), *_ = await invitation(mallory, bob)
    hers = f"{alpha.origin}/o/hers"
    await beta.receive(create(mallory, invited + b"", bob, conversation=hers))
    await beta.receive(create(mallory, words(5), bob, conversation=hers, number=2))
    await beta.receive(create(alice, words(1, b"hi"), bob, conversation=url, number=3))
    await send(bob, ref, words(1, b"hello alice"))
    assert (await mail(bob))[-1].content == words(1, b"hi")


@pytest.mark.clause("E2E-4.7")
async def test_puppets_share_the_place_of_a_friends_guests(alpha, beta) -> None:
    """Mallory, a friend, brings invented members in, and they write: a quarter for all of them."""
    alice, mallory = await alpha.person("alice"), await beta.person("mallory")
    other = await beta.person("other")
    await befriend(alice, mallory)
    await befriend(alice, other)
    await fill(alice)
    url = f"{beta.origin}/o/conversation"
    puppets = [await beta.person(f"puppet{n}") for n in range(6)]
    (_, invited), *_ = await invitation(mallory, alice)
    await alpha.receive(create(mallory, invited, alice, *puppets[:3], conversation=url))
    # One puppet brings in another: they are still hers.
    more = create(puppets[0], commit(1), alice, *puppets, other, conversation=url, number=2)
    await alpha.receive(more)
    share_is(alpha, 4 * SIZE)
    for number, puppet in enumerate(puppets):
        if await full(alice, puppet.actor):
            break
        body = words(1, bytes(SIZE) + bytes([number]))
        await alpha.receive(create(puppet, body, alice, conversation=url, number=number))
    assert number == 4, "together they have a quarter"
    assert all([await full(alice, puppet.actor) for puppet in puppets])
    assert not await full(alice, mallory.actor), "whom she brings in takes nothing of her own"
    assert not await full(alice, other.actor), "who is a friend stands for herself"


@pytest.mark.clause("E2E-4.7")
async def test_nobody_gets_past_the_door_by_naming_others(alpha, beta, refused) -> None:
    """The door looks at whom a message names; so nobody else gets it."""
    alice, mallory = await alpha.person("alice"), await beta.person("mallory")
    carol = await alpha.person("carol")
    for friend in (alice, carol):
        await befriend(friend, mallory)
        await fill(friend)
    url = f"{beta.origin}/o/conversation"
    for number, friend in enumerate((alice, carol)):
        (_, invited), *_ = await invitation(mallory, friend)
        await alpha.receive(create(mallory, invited, friend, conversation=url, number=number))
    share_is(alpha, SIZE)
    await alpha.receive(create(mallory, words(1, bytes(SIZE)), carol, conversation=url, number=3))
    assert [item.kind for item in await mail(alice)] == ["welcome"]
    assert len(await mail(carol)) == 2
    with refused("E2E-4.7"):
        await alpha.receive(create(mallory, commit(1), alice, conversation=url, number=4))

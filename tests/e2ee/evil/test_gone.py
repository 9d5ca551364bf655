"""A device tells who left, and may lie: it shuts them out from its own words alone (E2E-3.16)."""

import pytest

from node.wire.api.e2ee import GoneMembers
from tests.e2ee.evil.test_returned_words import kinds, url_of
from tests.e2ee.harness import Harness, Person, commit, words
from tests.e2ee.test_key_packages import claim, fill
from tests.e2ee.test_membership import there
from tests.e2ee.test_relay import befriend, begin, create, invitation, mail, send


async def told(who: Person, ref: str, *gone: Person) -> None:
    seq = max([item.seq for item in await mail(who)], default=0)
    body = GoneMembers(actors=[one.actor for one in gone], seq=seq)
    await who.call("POST", f"/conversations/{ref}/gone", body)


async def four(alpha: Harness, beta: Harness) -> tuple[Person, Person, Person, Person, str]:
    """Alice, whose node is the relay, her neighbour Dan, and Bob and Carol on another node."""
    alice, dan = await alpha.person("alice"), await alpha.person("dan")
    others = [await beta.person(name) for name in ("bob", "carol")]
    for one in (dan, *others):
        await befriend(alice, one)
        await fill(one)
    for one in others:
        await claim(alice, one.actor)
        await beta.meet(alice.actor)
        await beta.meet(dan.actor)
        await alpha.meet(one.actor)
    begun = await begin(alice, dan, *others)
    await send(alice, begun.ref, commit(0), await invitation(alice, dan, *others))
    await alpha.carry()
    return alice, dan, *others, begun.ref


@pytest.mark.clause("E2E-3.16")
async def test_a_lie_shuts_out_from_ones_own_words_alone(alpha, beta) -> None:
    alice, dan, bob, carol, ref = await four(alpha, beta)
    await told(carol, ref, bob, dan)
    await send(carol, ref, words(1, b"not for him"))
    (carried,) = await beta.carry()
    assert {*carried.to} == {alice.actor}, "neither for Bob nor Dan"
    await send(bob, ref, words(1, b"for the rest"))
    (carried,) = await beta.carry()
    assert {*carried.to} == {alice.actor, dan.actor, carol.actor}
    await send(alice, ref, words(1, b"for all"))
    await alpha.carry()
    assert (await kinds(bob))[-1:] == (await kinds(carol))[-1:] == ["application"]
    assert (await kinds(bob)).count("application") == 1
    assert (await kinds(carol)).count("application") == 2, "nobody's words are kept from her"
    assert await there(beta) == {alice.actor, dan.actor, bob.actor, carol.actor}


@pytest.mark.clause("E2E-3.16")
async def test_whom_all_of_ours_told_takes_part_no_more_until_named_again(
    alpha, beta, refused
) -> None:
    alice, dan, bob, carol, ref = await four(alpha, beta)
    await told(carol, ref, dan)
    await told(bob, ref, dan)
    assert await there(beta) == {alice.actor, bob.actor, carol.actor}
    await told(carol, ref, bob)
    url = await url_of(alice, ref)
    await beta.receive(create(alice, commit(1), carol, conversation=url))
    assert (await kinds(bob)).count("commit") == 0, "he is not named, and told gone"
    with refused("E2E-3.16"):
        unread = GoneMembers(actors=[alice.actor], seq=0)
        await carol.call("POST", f"/conversations/{ref}/gone", unread)
    again = create(alice, commit(2), carol, bob, dan, conversation=url, number=2)
    await beta.receive(again)
    assert await there(beta) == {alice.actor, dan.actor, bob.actor, carol.actor}
    await send(carol, ref, words(1))
    (carried,) = await beta.carry()
    assert {*carried.to} == {alice.actor, dan.actor, bob.actor}
    assert (await kinds(bob)).count("application") == 1


@pytest.mark.clause("E2E-3.16")
async def test_at_the_relay_requests_alone_say_who_takes_part(alpha, beta, refused) -> None:
    alice, dan, bob, carol, ref = await four(alpha, beta)
    for one in (alice, dan):
        await told(one, ref, bob)
    assert await there(alpha) == {alice.actor, dan.actor, bob.actor, carol.actor}
    assert (await send(bob, ref, commit(1))).epoch == 2
    await told(dan, ref, dan)
    assert await there(alpha) == {alice.actor, bob.actor, carol.actor}, "a device tells of itself"
    eve = await alpha.person("eve")
    with refused("E2E-3.2"):
        await told(eve, ref, bob)

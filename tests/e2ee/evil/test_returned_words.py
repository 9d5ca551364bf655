"""Who returns what nobody sent, tells what never was, or has others shut out: refused."""

import hashlib
import json
from datetime import timedelta

import pytest
from msgspec.structs import replace

from node.e2ee import returning
from node.errors import Malformed, TooMuch
from node.federation.activities import parse, render
from node.federation.activities.shapes import RejectSealed
from node.store import tables
from node.store.incarnation import IncarnationUnit
from node.wire import json as wire
from node.wire.api.e2ee import Acknowledgement, NewConversation, RemovedDevice
from node.wire.times import day_of
from tests.e2ee.harness import GROUP, Harness, Person, befriend, commit, words
from tests.e2ee.test_membership import full, share_is, there
from tests.e2ee.test_relay import create, mail, pair, send


def returned(who: Person, of: Person, url: str, body: bytes, number: int = 1) -> RejectSealed:
    id = f"{who.harness.origin}/t/returned-{number}"
    digest = hashlib.sha256(body).digest()
    return RejectSealed(id, who.actor, of.actor, url, digest, "no_device")


async def url_of(who: Person, ref: str) -> str:
    return str((await who.call("GET", f"/conversations/{ref}")).value.url)


async def put_back(harness: Harness) -> None:
    """As a node that was restored from before the conversation began."""
    for table in (tables.conversations, tables.participants, tables.relay_items, tables.mailbox):
        await harness.write(table.delete())
    await new_life(harness)


@pytest.mark.clause("E2E-4.10")
async def test_only_a_member_returns_words_and_only_as_themselves(alpha, beta, refused) -> None:
    alice, bob, ref = await pair(alpha, beta)
    url = await url_of(alice, ref)
    eve = await beta.person("eve")
    await befriend(alice, eve)
    before = await mail(alice)
    for who in (eve, alice):  # a friend who takes no part; and one of ours, whom nobody asks
        with refused("E2E-4.10"):
            await alpha.receive(returned(who, alice, url, words(1)))
    with refused("E2E-4.10"):
        await alpha.receive(returned(bob, alice, f"{alpha.origin}/o/none", words(1)))
    await alpha.receive(returned(bob, eve, url, words(1)))
    assert await mail(alice) == before
    await alpha.receive(returned(bob, alice, url, words(1)))
    (told,) = [item for item in await mail(alice) if item.kind == "returned"]
    said = json.loads(told.content)
    assert (said["type"], said["actor"], said["reason"]) == ("Reject", bob.actor, "no_device")
    assert said["digest"] == hashlib.sha256(words(1)).hexdigest()
    assert await there(alpha) == {alice.actor, bob.actor}, "nothing else has changed"
    assert (await send(alice, ref, commit(1))).epoch == 2


@pytest.mark.clause("E2E-4.10", "E2E-4.7")
async def test_returned_words_fill_no_more_than_ones_part_of_a_mailbox(
    alpha, beta, refused
) -> None:
    alice, bob, ref = await pair(alpha, beta)
    url = await url_of(alice, ref)
    share_is(alpha, 500)
    with refused("E2E-4.7"):
        for number in range(20):
            await alpha.receive(returned(bob, alice, url, b"%d" % number, number))
    assert (await send(bob, ref, commit(1))).epoch == 2, "his commits pass"


@pytest.mark.clause("E2E-4.10", "E2E-4.7")
async def test_invented_members_return_words_into_one_part_of_a_mailbox(
    alpha, beta, refused
) -> None:
    alice, bob, ref = await pair(alpha, beta)
    url = await url_of(alice, ref)
    invented = [await beta.person(f"nobody{number}") for number in range(4)]
    named = [alice.actor, *(one.actor for one in invented)]
    await alpha.receive(replace(create(bob, commit(1), alice, conversation=url), to=tuple(named)))
    share_is(alpha, 1000)
    with refused("E2E-4.7"):
        for number in range(40):
            await alpha.receive(returned(invented[number % 4], alice, url, b"%d" % number, number))
    carol = await beta.person("carol")
    await befriend(alice, carol)
    assert not await full(alice, carol.actor), "they have not filled it for the others"


@pytest.mark.clause("E2E-4.10", "E2E-4.7")
async def test_somebody_returns_so_many_words_and_no_more(
    alpha, beta, refused, monkeypatch
) -> None:
    monkeypatch.setattr(returning, "MOST_RETURNED", 3)
    alice, bob, ref = await pair(alpha, beta)
    url = await url_of(alice, ref)
    for number in range(3):
        await alpha.receive(returned(bob, alice, url, b"%d" % number, number))
    with refused("E2E-4.7"):
        await alpha.receive(returned(bob, alice, url, b"3", 3))
    seq = max(item.seq for item in await mail(alice))
    await alice.call("POST", "/mailbox/ack", Acknowledgement(seq=seq))
    await alpha.receive(returned(bob, alice, url, b"3", 3))


@pytest.mark.clause("E2E-4.10")
@pytest.mark.parametrize(
    "change",
    [
        {"summary": "because"},
        {"summary": None},
        {"digestMultibase": "f1220" + "0" * 63},
        {"digestMultibase": "z" + "0" * 64},
        {"digestMultibase": None},
    ],
)
def test_what_is_returned_is_named_in_one_way(change: dict[str, str | None]) -> None:
    said = RejectSealed(
        "https://b.test/t/1", "https://b.test/a/bob", "https://a.test/a/alice",
        "https://a.test/o/1", bytes(32), "no_device",
    )  # fmt: skip
    document = wire.document(render(said))
    assert parse(document) == said
    for name, value in change.items():
        place = document if name == "summary" else document["object"]
        assert isinstance(place, dict)
        place[name] = value
    with pytest.raises(Malformed) as caught:
        parse(document)
    assert caught.value.clause == "E2E-4.10"


@pytest.mark.clause("E2E-4.11")
async def test_since_when_nothing_was_fetched_is_a_day_that_has_begun(
    alpha, beta, clock, refused
) -> None:
    alice, bob, ref = await pair(alpha, beta)
    said = replace(returned(bob, alice, await url_of(alice, ref), words(1)), reason="unfetched")
    with refused("E2E-4.11"):
        await alpha.receive(replace(said, published=clock.now() + timedelta(days=1, hours=1)))
    assert await mail(alice) == []
    at = day_of(clock.now()) + timedelta(hours=7, minutes=9)
    await alpha.receive(replace(said, published=at))
    (item,) = await mail(alice)
    assert json.loads(item.content)["since"] == int(day_of(at).timestamp()), "no hour is passed on"
    document = wire.document(render(replace(said, published=at)))
    assert parse(document) == replace(said, published=at)
    for early in ("1969-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "yesterday"):
        with refused("E2E-4.11"):
            parse({**document, "published": early})


@pytest.mark.clause("E2E-3.15")
async def test_a_conversation_is_told_anew_only_to_a_node_that_forgot(
    alpha, beta, clock, refused
) -> None:
    alice, bob, ref = await pair(alpha, beta)
    url = await url_of(alice, ref)
    eve = await alpha.person("eve")
    told = NewConversation(group_id=GROUP, members=[bob.actor], epoch=1, url=url)
    other = NewConversation(group_id=b"another", members=[bob.actor], epoch=7, url=url)
    assert (await alice.call("POST", "/conversations", told)).value.url == url
    for body in (told, other, NewConversation(group_id=b"made up", url=f"{alpha.origin}/o/1")):
        with refused("E2E-3.11"):
            await eve.call("POST", "/conversations", body)
    await put_back(alpha)
    assert (await alice.call("POST", "/conversations", told)).value.epoch == 1
    assert await there(alpha) == {alice.actor, bob.actor}
    with refused("E2E-3.15"):
        await eve.call("POST", "/conversations", told)
    clock.pass_(timedelta(hours=1))
    apart = (await eve.call("POST", "/conversations", told)).value
    assert apart.members == sorted([eve.actor, bob.actor]), "what she tells is hers alone"
    with refused("E2E-3.1"):
        await eve.call("POST", "/conversations", other)
    assert (await send(alice, ref, commit(1))).epoch == 2
    assert (await send(bob, ref, commit(2))).epoch == 3, "the relay knows its other members"


@pytest.mark.clause("E2E-3.15")
async def test_another_of_ours_comes_back_if_a_member_named_them(alpha, refused) -> None:
    alice, bob, ref = await pair(alpha)
    url = await url_of(alice, ref)
    eve = await alpha.person("eve")
    await put_back(alpha)
    told = NewConversation(group_id=GROUP, members=[bob.actor], epoch=1, url=url)
    await alice.call("POST", "/conversations", told)
    back = replace_members(told, alice.actor)
    with refused("E2E-3.15"):
        await eve.call("POST", "/conversations", back)
    await bob.call("POST", "/conversations", back)
    await send(alice, ref, words(1))
    assert [item.kind for item in await mail(bob)] == ["application"]


@pytest.mark.clause("E2E-3.15")
async def test_who_came_since_the_copy_is_a_member_again(alpha, beta, refused) -> None:
    """The copy knows the conversation: of Alice's phone and Bob, and of nobody else."""
    alice, bob, ref = await pair(alpha, beta)
    url = await url_of(alice, ref)
    tablet = await alpha.device("alice", "tablet")
    carol, dan = await alpha.person("carol"), await beta.person("dan")
    await alpha.meet(dan.actor)
    await new_life(alpha)
    named = [alice.actor, bob.actor, carol.actor, dan.actor]
    told = NewConversation(group_id=GROUP, members=named, epoch=1, url=url)
    with pytest.raises(TooMuch) as caught:
        await carol.call("POST", "/conversations", told)
    assert caught.value.retry_after_seconds, "her device asks again, and loses nothing"
    assert (await alice.call("POST", "/conversations", told)).value.url == url
    for late in (carol, tablet):
        assert (await late.call("POST", "/conversations", told)).value.url == url
    assert await there(alpha) == {*named}
    await send(alice, ref, words(1))
    assert [await kinds(who) for who in (carol, tablet)] == [["application"]] * 2
    (carried,) = await alpha.carry()
    assert {bob.actor, dan.actor} <= {*carried.to}
    await alpha.receive(create(dan, words(1, b"I am here"), alice, conversation=url))


@pytest.mark.clause("E2E-3.15")
async def test_a_node_that_was_never_put_back_takes_no_members_by_telling(alpha, beta) -> None:
    alice, bob, ref = await pair(alpha, beta)
    named = [bob.actor, f"{beta.origin}/a/dan"]
    told = NewConversation(group_id=GROUP, members=named, epoch=1, url=await url_of(alice, ref))
    await alice.call("POST", "/conversations", told)
    assert await there(alpha) == {alice.actor, bob.actor}


@pytest.mark.clause("E2E-3.15")
async def test_no_more_are_told_than_a_conversation_has(alpha, beta, refused) -> None:
    alice, bob, ref = await pair(alpha, beta)
    url = await url_of(alice, ref)
    await new_life(alpha)
    many = [f"{beta.origin}/a/{number}" for number in range(400)]
    with refused("E2E-3.7"):
        told = NewConversation(group_id=GROUP, members=many, epoch=1, url=url)
        await alice.call("POST", "/conversations", told)
    assert await there(alpha) == {alice.actor, bob.actor}


async def kinds(who: Person) -> list[str]:
    return [item.kind for item in await mail(who)]


async def new_life(harness: Harness) -> None:
    """It was put back from a copy which has all that is there."""
    for _ in range(2):
        await harness.units.run(IncarnationUnit, lambda unit: unit.renew_incarnation())


def replace_members(told: NewConversation, *members: str) -> NewConversation:
    return NewConversation(
        group_id=told.group_id, members=[*members], epoch=told.epoch, url=told.url
    )


@pytest.mark.clause("E2E-3.13", "E2E-4.9")
async def test_words_of_a_removed_member_are_not_returned_for_them(alpha, beta) -> None:
    alice, bob, ref = await pair(alpha, beta)
    await send(alice, ref, commit(1), removed=[RemovedDevice(actor=bob.actor)])
    await alpha.carry()
    await beta.revoke(bob)
    await send(alice, ref, words(2))
    assert await alpha.carry() == [] and await beta.carry() == []

"""The relay: one commit for each epoch, signed and chained, and carried to all who take part."""

import base64
import json as plain_json

import pytest
from sqlalchemy import update

from node.e2ee.chain import Item
from node.errors import Conflict, Missing, Refused, Unreachable
from node.federation.activities.shapes import CreateSealed, SealedKind
from node.store import tables
from node.store.streams import Place, StreamsUnit
from node.wire.api.e2ee import (
    Acknowledgement,
    NewConversation,
    NewSealed,
    RemovedDevice,
    SealedWelcome,
)
from tests.e2ee.harness import (
    GROUP,
    Harness,
    Person,
    at_once,
    befriend,
    commit,
    proposal,
    sealed,
    welcome,
    words,
)
from tests.e2ee.test_key_packages import claim, fill


async def begin(who: Person, *friends: Person, group: bytes = GROUP):
    body = NewConversation(group_id=group, members=[friend.actor for friend in friends])
    return (await who.call("POST", "/conversations", body)).value


async def send(who: Person, ref: str, content: bytes, welcomes=(), **more):
    invited = [SealedWelcome(to=[to], content=body) for to, body in welcomes]
    body = NewSealed(content=content, welcomes=invited, **more)
    return (await who.call("POST", f"/conversations/{ref}/messages", body)).value


async def invitation(who: Person, *friends: Person) -> list[tuple[str, bytes]]:
    """A Welcome for all devices of each friend, on claimed packages."""
    found = []
    for friend in friends:
        refs = [
            row.ref
            for row in await friend.harness.rows(tables.key_packages)
            if row.actor == friend.actor and not row.last_resort
        ]
        found.append((friend.actor, welcome(*refs)))
    return found


async def mail(who: Person, after: int = 0):
    return (await who.call("GET", "/mailbox", query={"limit": "100"})).value.items


async def pair(harness: Harness, other: Harness | None = None) -> tuple[Person, Person, str]:
    """Alice and Bob, friends, in a conversation at epoch 1 whose relay is Alice's node."""
    alice, bob = await harness.person("alice"), await (other or harness).person("bob")
    await befriend(alice, bob)
    await fill(bob)
    if other is not None:
        await claim(alice, bob.actor)
        await other.meet(alice.actor)
        await harness.meet(bob.actor)
    begun = await begin(alice, bob)
    await send(alice, begun.ref, commit(0), await invitation(alice, bob))
    if other is not None:
        await harness.carry()
    return alice, bob, begun.ref


# -- conversations ---------------------------------------------------------------------------------


@pytest.mark.clause("E2E-3.7")
async def test_a_stranger_starts_no_conversation(alpha: Harness, refused) -> None:
    alice, bob = await alpha.person("alice"), await alpha.person("bob")
    with refused("E2E-3.7"):
        await begin(alice, bob)
    await fill(bob)
    begun = await begin(alice)
    with refused("E2E-3.7"):
        await send(alice, begun.ref, commit(0), await invitation(alice, bob))
    assert await mail(bob) == []
    assert await alpha.rows(tables.relay_items) == []


@pytest.mark.clause("E2E-3.7")
async def test_a_block_ends_invitations_but_not_a_conversation(alpha: Harness, refused) -> None:
    alice, bob, ref = await pair(alpha)
    rows = tables.friendships
    await alpha.write(update(rows).where(rows.c.actor == bob.actor).values(ours="blocked"))
    await alpha.write(update(rows).where(rows.c.actor == alice.actor).values(theirs="blocked"))
    with refused("E2E-3.7"):
        await begin(alice, bob, group=b"another")
    await send(alice, ref, commit(1))
    assert [item.kind for item in await mail(bob)] == ["welcome", "commit"]


@pytest.mark.clause("E2E-3.1")
async def test_a_group_has_one_conversation(alpha: Harness, refused) -> None:
    alice, mallory = await alpha.person("alice"), await alpha.person("mallory")
    begun = await begin(alice)
    assert (await begin(alice)).url == begun.url
    assert begun.hosted
    with refused("E2E-3.1"):
        await begin(mallory)
    with refused("E2E-3.1"):
        await begin(alice, group=b"")
    listed = (await alice.call("GET", "/conversations")).value.items
    assert [c.ref for c in listed] == [begun.ref]
    assert (await mallory.call("GET", "/conversations")).value.items == []


@pytest.mark.clause("E2E-3.2")
async def test_who_does_not_take_part_cannot_send(alpha: Harness, refused) -> None:
    alice, _bob, ref = await pair(alpha)
    mallory = await alpha.person("mallory")
    tablet = await alpha.device("alice", "tablet")
    await befriend(alice, mallory)
    for outsider in (mallory, tablet):
        with refused("E2E-3.2"):
            await send(outsider, ref, commit(1))
    with refused("E2E-3.2"):
        await send(alice, ref, words(1, group=b"mls://g/another"))
    with refused("E2E-3.11"):
        await send(alice, "bm93aGVyZQ", commit(1))


@pytest.mark.clause("E2E-3.2")
async def test_who_is_removed_no_longer_takes_part(alpha: Harness, refused) -> None:
    alice, bob, ref = await pair(alpha)
    await send(alice, ref, commit(1), removed=[RemovedDevice(actor=bob.actor)])
    assert [item.kind for item in await mail(bob)] == ["welcome", "commit"]
    await send(alice, ref, words(2))
    assert len(await mail(bob)) == 2
    with refused("E2E-3.2"):
        await send(bob, ref, words(2))


@pytest.mark.clause("E2E-3.13")
async def test_one_device_is_removed_and_the_others_stay(alpha: Harness) -> None:
    alice, bob, ref = await pair(alpha)
    tablet = await alpha.device("bob", "tablet")
    await fill(tablet)
    rows = await alpha.rows(tables.key_packages)
    refs = [row.ref for row in rows if row.device == tablet.caller.device]
    await send(alice, ref, commit(1), [(bob.actor, welcome(*refs))])
    assert [item.kind for item in await mail(tablet)] == ["welcome"]
    gone = RemovedDevice(actor=bob.actor, device=bob.caller.device)
    await send(alice, ref, commit(2), removed=[gone])
    await send(alice, ref, words(3))
    assert [item.kind for item in await mail(bob)] == ["welcome", "commit", "commit"]
    assert [item.kind for item in await mail(tablet)] == ["welcome", "commit", "application"]
    shown = (await alice.call("GET", f"/conversations/{ref}")).value
    assert shown.members == sorted({alice.actor, bob.actor})


@pytest.mark.clause("E2E-3.11")
async def test_an_outsider_sees_no_conversation(alpha: Harness, beta: Harness, refused) -> None:
    alice, _bob, ref = await pair(alpha)
    mallory, eve = await alpha.person("mallory"), await beta.person("eve")
    url = (await alice.call("GET", f"/conversations/{ref}")).value.url
    for path in (f"/conversations/{ref}", f"/conversations/{ref}/items"):
        assert (await alice.call("GET", path)).value
        with refused("E2E-3.11"):
            await mallory.call("GET", path)
    for asker in (None, eve.actor, mallory.actor):
        assert await alpha.pages.object(url, asker) is None


# -- order -----------------------------------------------------------------------------------------


@pytest.mark.clause("E2E-3.3")
async def test_of_two_commits_at_once_one_wins(either: Harness) -> None:
    alice, bob, ref = await pair(either)
    tries = [send(alice, ref, commit(1, b"hers")), send(bob, ref, commit(1, b"his"))]
    answers = await at_once(*tries)
    (won,) = [answer for answer in answers if not isinstance(answer, Exception)]
    (lost,) = [answer for answer in answers if isinstance(answer, Exception)]
    assert isinstance(lost, Conflict)
    assert lost.clause == "E2E-3.3"
    assert lost.params["epoch"] == won.epoch == 2
    assert lost.params["seq"] == won.item.seq
    assert lost.params["sha256"] == won.item.sha256.hex()
    commits = [r for r in await either.rows(tables.relay_items) if r.commit_epoch == 1]
    assert len(commits) == 1
    told = [len(await mail(alice)), len(await mail(bob))]
    assert sum(told) == 2  # the Welcome, and the winner at the other device


@pytest.mark.clause("E2E-3.3", "E2E-3.5")
async def test_twenty_at_once_leave_one_chain(alpha: Harness) -> None:
    alice, bob, ref = await pair(alpha)
    sends = [
        send(who, ref, make(1, f"{number} {who.actor}".encode()))
        for number in range(5)
        for who in (alice, bob)
        for make in (commit, words)
    ]
    answers = await at_once(*sends)
    lost = [answer for answer in answers if isinstance(answer, Exception)]
    assert {answer.clause for answer in lost} <= {"E2E-3.3", "E2E-3.5"}
    items = (await alice.call("GET", f"/conversations/{ref}/items")).value.items
    assert [item.seq for item in items] == list(range(1, len(items) + 1))
    assert sum(item.kind == "commit" and item.epoch == 1 for item in items) == 1
    assert len(items) == 1 + len(answers) - len(lost)


@pytest.mark.clause("E2E-3.4")
async def test_the_same_bytes_get_the_same_answer(alpha: Harness) -> None:
    alice, bob, ref = await pair(alpha)
    first = await send(alice, ref, commit(1, b"x"))
    second = await send(alice, ref, commit(1, b"x"))
    await send(alice, ref, commit(2))
    third = await send(alice, ref, commit(1, b"x"))
    assert first.item == second.item == third.item
    assert first == second
    assert [item.kind for item in await mail(bob)] == ["welcome", "commit", "commit"]


@pytest.mark.clause("E2E-3.4")
async def test_the_same_bytes_at_once_are_one_item(either: Harness) -> None:
    alice, bob, ref = await pair(either)
    answers = await at_once(*(send(alice, ref, commit(1, b"x")) for _ in range(4)))
    assert {answer.item.seq for answer in answers} == {2}
    assert len(await mail(bob)) == 2


@pytest.mark.clause("E2E-3.5")
async def test_an_old_message_is_a_conflict_with_the_head(alpha: Harness, refused) -> None:
    alice, bob, ref = await pair(alpha)
    await send(alice, ref, commit(1))
    for late in (words(1), proposal(1), words(3), words(0)):
        with pytest.raises(Conflict) as caught:
            await send(bob, ref, late)
        assert caught.value.clause == "E2E-3.5"
        assert caught.value.params["epoch"] == 2
    assert (await send(bob, ref, words(2))).item.kind == "application"


@pytest.mark.clause("E2E-3.6", "E2E-4.2")
async def test_welcomes_leave_with_an_accepted_commit_only(alpha: Harness, refused) -> None:
    alice, _bob, ref = await pair(alpha)
    carol = await alpha.person("carol")
    await befriend(alice, carol)
    await fill(carol)
    invited = await invitation(alice, carol)
    with refused("E2E-3.6"):
        await send(alice, ref, words(1), invited)
    with refused("E2E-3.6"):
        await send(alice, ref, commit(1), [(carol.actor, words(1))])
    with refused("E2E-3.3"):
        await send(alice, ref, commit(0, b"late"), invited)
    with refused("E2E-4.2"):
        await send(alice, ref, commit(1), [(carol.actor, welcome(b"nobody's"))])
    with refused("E2E-1.4"):
        await send(alice, ref, invited[0][1])
    assert await mail(carol) == []
    await send(alice, ref, commit(1), invited)
    assert [item.kind for item in await mail(carol)] == ["welcome"]
    await send(carol, ref, words(2))


@pytest.mark.clause("E2E-3.8")
async def test_the_chain_is_signed_and_linked(alpha: Harness, beta: Harness) -> None:
    alice, bob, ref = await pair(alpha, beta)
    for body in (proposal(1), commit(1), words(2)):
        await send(alice, ref, body)
    url = (await alice.call("GET", f"/conversations/{ref}")).value.url
    shown = await alpha.pages.object(url, bob.actor)
    assert shown["totalItems"] == 4
    key, prev = alpha.instance.public_key(), b""
    found = await alpha.pages.items(url, bob.actor, 0, 50)
    for number, said in enumerate([item.document() for item in found], 1):
        raw = {
            name: base64.b64decode(value)
            if name in ("group", "sha256", "prev", "signature")
            else value
            for name, value in said.items()
        }
        item = Item(**raw)
        key.verify(item.signature, item.signed())
        assert (item.seq, item.prev, item.attempt, item.term) == (number, prev, 0, 0)
        prev = item.hash()
    assert (await alice.call("GET", f"/conversations/{ref}")).value.head == prev


# -- between nodes ---------------------------------------------------------------------------------


@pytest.mark.clause("E2E-1.6", "E2E-3.10")
async def test_messages_cross_both_ways(alpha: Harness, beta: Harness) -> None:
    alice, bob, ref = await pair(alpha, beta)
    (item,) = await mail(bob)
    assert (item.kind, item.actor, item.conversation) == ("welcome", alice.actor, ref)
    sent = await send(bob, ref, words(1, b"hello"))
    assert sent.item is None
    (carried,) = await beta.carry()
    assert (carried.to, carried.actor) == ((alice.actor,), bob.actor)
    (got,) = await mail(alice)
    assert got.content == words(1, b"hello")
    await send(alice, ref, words(1, b"and you"))
    await alpha.carry()
    assert (await mail(bob))[-1].content == words(1, b"and you")
    kinds = [row.kind for row in await alpha.rows(tables.relay_items)]
    assert kinds == ["commit", "application", "application"]


@pytest.mark.clause("E2E-3.9")
async def test_a_commit_is_ruled_by_the_relay_elsewhere(alpha: Harness, beta: Harness) -> None:
    alice, bob, ref = await pair(alpha, beta)
    won = await send(bob, ref, commit(1, b"bob's"))
    assert (won.epoch, won.item.seq) == (2, 2)
    assert [item.content for item in await mail(alice)] == [commit(1, b"bob's")]
    assert await beta.carry() == []  # the relay has handed it out itself
    again = await send(bob, ref, commit(1, b"bob's"))
    assert again.item == won.item
    with pytest.raises(Conflict) as caught:
        await send(bob, ref, commit(1, b"another"))
    assert caught.value.clause == "E2E-3.3"
    assert caught.value.params["epoch"] == 2
    assert caught.value.params["sha256"] == won.item.sha256.hex()
    assert len(await mail(alice)) == 1


@pytest.mark.clause("E2E-3.9")
async def test_nothing_leaves_while_the_relay_is_away(alpha: Harness, beta: Harness) -> None:
    alice, bob, ref = await pair(alpha, beta)
    tablet = await beta.device("bob", "tablet")
    await fill(tablet)
    await send(bob, ref, commit(1), await invitation(bob, tablet))
    before, hers = len(await mail(tablet)), await mail(alice)
    beta.cut = True
    with pytest.raises(Unreachable):
        await send(bob, ref, commit(2))
    assert len(await mail(tablet)) == before
    assert await mail(alice) == hers
    beta.cut = False
    assert (await send(bob, ref, commit(2))).epoch == 3
    assert len(await mail(tablet)) == before + 1


@pytest.mark.clause("E2E-3.9", "E2E-3.2")
async def test_only_members_nodes_may_forward(alpha: Harness, beta: Harness, refused) -> None:
    alice, _bob, ref = await pair(alpha, beta)
    eve = await beta.person("eve")
    url = (await alice.call("GET", f"/conversations/{ref}")).value.url
    said = {"content": base64.b64encode(commit(1)).decode(), "welcomes": [], "removed": []}
    with refused("E2E-3.2"):
        await alpha.pages.order(url, eve.actor, said)
    with refused("E2E-3.11"):
        await alpha.pages.order(f"{url}0", eve.actor, said)
    for bad in ({}, {"content": 3}, {"content": "??"}, {**said, "welcomes": [3]}):
        with pytest.raises(Refused):
            await alpha.pages.order(url, eve.actor, bad)


@pytest.mark.clause("E2E-3.10")
async def test_an_old_message_is_refused_at_home(alpha: Harness, beta: Harness, refused) -> None:
    _alice, bob, ref = await pair(alpha, beta)
    await send(bob, ref, commit(1))
    with refused("E2E-3.10"):
        await send(bob, ref, words(1))
    await send(bob, ref, words(2))


@pytest.mark.clause("E2E-3.4")
async def test_words_sent_twice_from_elsewhere_arrive_once(alpha: Harness, beta: Harness) -> None:
    alice, bob, ref = await pair(alpha, beta)
    for _ in range(2):
        await send(bob, ref, words(1, b"once"))
    assert len(await beta.carry()) == 1
    assert len(await mail(alice)) == 1


@pytest.mark.clause("E2E-1.6")
async def test_members_who_are_not_friends_hear_each_other(alpha, beta, clock, tmp_path) -> None:
    alice, bob, ref = await pair(alpha, beta)
    carol = await beta.person("carol")
    await befriend(alice, carol)
    await fill(carol)
    await alpha.meet(carol.actor)
    await send(alice, ref, commit(1), await invitation(alice, carol))
    await alpha.carry()
    assert [item.kind for item in await mail(bob)] == ["welcome", "commit"]
    assert [item.kind for item in await mail(carol)] == ["welcome"]
    await send(carol, ref, words(2, b"hi all"))
    await beta.carry()
    assert (await mail(bob))[-1].content == words(2, b"hi all")
    assert (await mail(alice))[-1].content == words(2, b"hi all")


# -- what arrives ----------------------------------------------------------------------------------


def create(who: Person, content: bytes, *to: Person, conversation: str = "", number: int = 1):
    return CreateSealed(
        f"{who.harness.origin}/t/{number}",
        who.actor,
        f"{who.harness.origin}/o/{number}",
        SealedKind.GROUP_INFO,
        content,
        tuple(person.actor for person in to),
        conversation or f"{who.harness.origin}/o/conversation",
    )


@pytest.mark.clause("E2E-3.7", "E2E-4.4")
async def test_a_stranger_elsewhere_reaches_nobody(alpha: Harness, beta: Harness, refused) -> None:
    alice, eve = await alpha.person("alice"), await beta.person("eve")
    await fill(alice)
    (_, invited), *_ = await invitation(eve, alice)
    with refused("E2E-3.7"):
        await alpha.receive(create(eve, invited, alice))
    with refused("E2E-4.4"):
        await alpha.receive(create(eve, words(1), alice))
    assert await alpha.rows(tables.mailbox) == []
    assert await alpha.rows(tables.conversations) == []


@pytest.mark.clause("E2E-4.4")
async def test_a_friends_message_waits_for_its_welcome(alpha: Harness, beta: Harness) -> None:
    alice, bob = await alpha.person("alice"), await beta.person("bob")
    await befriend(alice, bob)
    with pytest.raises(Unreachable):
        await alpha.receive(create(bob, words(1), alice))
    await fill(alice)
    (_, invited), *_ = await invitation(bob, alice)
    await alpha.receive(create(bob, invited, alice))
    await alpha.receive(create(bob, words(1), alice))
    assert [item.kind for item in await mail(alice)] == ["welcome", "application"]


@pytest.mark.clause("E2E-1.2", "E2E-4.3")
async def test_a_commit_under_any_label_is_delivered(alpha: Harness, beta: Harness) -> None:
    alice, bob, ref = await pair(alpha, beta)
    url = (await alice.call("GET", f"/conversations/{ref}")).value.url
    await send(alice, ref, commit(1))
    for number, body in enumerate([commit(1, b"lost"), commit(2)]):
        await alpha.receive(create(bob, body, alice, conversation=url, number=number))
    assert [item.content for item in await mail(alice)] == [commit(1, b"lost"), commit(2)]
    chain = [(r.seq, r.epoch) for r in await alpha.rows(tables.relay_items)]
    assert chain == [(1, 0), (2, 1), (3, 2)]  # only what was in turn has a place


@pytest.mark.clause("E2E-4.2", "E2E-3.1", "E2E-1.4")
async def test_what_arrives_wrong_is_refused(alpha: Harness, beta: Harness, refused) -> None:
    alice, bob = await alpha.person("alice"), await beta.person("bob")
    await befriend(alice, bob)
    await fill(alice)
    (_, invited), *_ = await invitation(bob, alice)
    with refused("E2E-4.2"):
        await alpha.receive(create(bob, welcome(b"other"), alice))
    with refused("E2E-1.4"):
        await alpha.receive(create(bob, b"garbage", alice))
    with refused("E2E-3.1"):
        ours = f"{alpha.origin}/o/chosen"
        await alpha.receive(create(bob, invited, alice, conversation=ours))
    eve = await beta.person("eve")
    await befriend(alice, eve)
    await alpha.receive(create(bob, invited, alice))
    with refused("E2E-3.2"):
        url = f"{beta.origin}/o/conversation"
        await alpha.receive(create(eve, invited, alice, conversation=url))


async def test_a_hostile_epoch_does_not_shut_our_devices_out(alpha: Harness, beta: Harness) -> None:
    alice, bob, ref = await pair(alpha, beta)
    url = (await alice.call("GET", f"/conversations/{ref}")).value.url
    await beta.receive(create(alice, commit(1), bob, conversation=url, number=1))
    await beta.receive(create(alice, commit(2**52), bob, conversation=url, number=2))
    assert (await send(bob, ref, words(2))).epoch == 2
    for number, epoch in enumerate((1, 2, 3), start=3):
        junk = create(alice, commit(epoch, b"junk"), bob, conversation=url, number=number)
        await beta.receive(junk)
    assert (await send(bob, ref, words(2, b"still"))).epoch == 2


# -- the mailbox -----------------------------------------------------------------------------------


@pytest.mark.clause("E2E-4.1")
async def test_every_device_but_the_sender_gets_it_once(alpha: Harness, beta: Harness) -> None:
    alice, bob, ref = await pair(alpha, beta)
    tablet = await alpha.device("alice", "tablet")
    await fill(tablet)
    await send(alice, ref, commit(1), await invitation(alice, tablet))
    url = (await alice.call("GET", f"/conversations/{ref}")).value.url
    for number in range(2):
        await alpha.receive(create(bob, words(2), alice, conversation=url, number=number))
    await send(tablet, ref, words(2, b"mine"))
    assert [item.content for item in await mail(alice)] == [words(2), words(2, b"mine")]
    assert [item.kind for item in await mail(tablet)] == ["welcome", "application"]
    await alpha.revoke(tablet)
    await send(alice, ref, words(2, b"later"))
    assert len(await mail(tablet)) == 2


@pytest.mark.clause("E2E-4.5")
async def test_what_waits_is_the_devices_own(alpha: Harness) -> None:
    alice, bob, ref = await pair(alpha)
    mallory = await alpha.person("mallory")
    await send(alice, ref, words(1))
    first, second = await mail(bob)
    assert await mail(mallory) == []
    await mallory.call("POST", "/mailbox/ack", Acknowledgement(seq=second.seq))
    assert len(await mail(bob)) == 2
    await bob.call("POST", "/mailbox/ack", Acknowledgement(seq=first.seq))
    assert [item.seq for item in await mail(bob)] == [second.seq]


async def test_the_mailbox_is_read_by_pages(alpha: Harness) -> None:
    alice, bob, ref = await pair(alpha)
    for number in range(4):
        await send(alice, ref, words(1, bytes([65 + number])))
    seen, query = [], {"limit": "2"}
    while True:
        reply = await bob.call("GET", "/mailbox", query=query)
        if reply.after is None:
            break
        seen += [item.seq for item in reply.value.items]
        query = {"limit": "2", "after": cursor(reply)}
    assert seen == [item.seq for item in await mail(bob)]
    assert len(seen) == 5


def cursor(reply) -> str:
    raw = f"{reply.after.at} {reply.after.id}".encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@pytest.mark.clause("E2E-4.6")
async def test_the_event_carries_the_item(alpha: Harness) -> None:
    alice, bob, ref = await pair(alpha)
    await send(alice, ref, words(1, b"small"))
    await send(alice, ref, words(1, b"x" * 70_000))
    rows = [row for row in await alpha.rows(tables.events) if row.kind == "sealed"]
    assert {row.device for row in rows} == {bob.caller.device}

    async def told() -> list[dict[str, object]]:
        who = bob.caller
        told = await alpha.units.look(
            StreamsUnit, lambda unit: unit.behind(Place(0, 0), who.account, who.device)
        )
        return [plain_json.loads(one.data) for one in told if one.kind == "sealed"]

    data, waiting = await told(), await mail(bob)
    assert [event["seq"] for event in data] == [item.seq for item in waiting]
    assert base64.b64decode(data[1]["content"]) == words(1, b"small")
    assert data[2]["content"] is None
    await bob.call("POST", "/mailbox/ack", Acknowledgement(seq=waiting[1].seq))
    assert await told() == data[2:]
    left = [row for row in await alpha.rows(tables.events) if row.kind == "sealed"]
    assert len(left) <= len(rows)
    await bob.call("POST", "/mailbox/ack", Acknowledgement(seq=waiting[2].seq))
    left = [row for row in await alpha.rows(tables.events) if row.kind == "sealed"]
    assert [row.seq for row in left] == [rows[-1].seq]
    assert await told() == [], "what was acknowledged is not told again"


@pytest.mark.clause("E2E-1.7")
async def test_messages_are_shown_to_their_owner_alone(alpha: Harness) -> None:
    alice, bob, ref = await pair(alpha)
    await send(alice, ref, words(1, b"latest"))
    shown = await alpha.pages.messages(bob.actor, bob.actor)
    assert shown["totalItems"] == 2
    assert base64.b64decode(shown["orderedItems"][0]["content"]) == words(1, b"latest")
    for asker in (None, alice.actor):
        with pytest.raises(Missing):
            await alpha.pages.messages(bob.actor, asker)


@pytest.mark.clause("E2E-1.5")
async def test_tables_hold_ciphertext_and_header_only(alpha: Harness, beta: Harness) -> None:
    """Every cell of both databases: what a message says stands only inside its own bytes."""
    alice, _bob, ref = await pair(alpha, beta)
    await send(alice, ref, words(1, b"PLAINTEXT-MARK"))
    await alpha.carry()
    holders = {"ciphertexts": {"body"}, "outbox": {"body"}, "arrivals": {"body"}}
    mark = base64.b64encode(b"PLAINTEXT-MARK")[1:-3]
    for harness in (alpha, beta):
        for table in tables.METADATA.sorted_tables:
            for row in await harness.rows(table):
                for name, value in row._mapping.items():
                    text = value if isinstance(value, bytes) else str(value).encode()
                    clear = b"PLAINTEXT-MARK" in text or mark in text
                    assert not clear or name in holders.get(table.name, set()), table.name
    (item,) = [r for r in await beta.rows(tables.mailbox) if r.kind == "application"]
    (row,) = [r for r in await beta.rows(tables.ciphertexts) if r.sha256 == item.sha256]
    assert row.body == words(1, b"PLAINTEXT-MARK")
    assert sealed(1, 1, b"PLAINTEXT-MARK") == row.body


async def test_a_message_is_one_unit(alpha: Harness) -> None:
    alice, _bob, ref = await pair(alpha)
    opened = 0
    join = alpha.units.join

    async def counted(kind, work, *more, **named):
        nonlocal opened
        opened += 1
        return await join(kind, work, *more, **named)

    alpha.units.join = counted
    await send(alice, ref, words(1))
    assert opened == 1

"""Devices and nodes that are behind come back by themselves: never silent, always a way back."""

import asyncio
from datetime import timedelta

import pytest

from node.client import behind
from node.client.conversation_events import (
    ConversationBehind,
    ConversationCaughtUp,
    ConversationUnanswered,
    MessageReceived,
    MessageUndelivered,
    MessageUnreadable,
)
from node.client.exchange import Accepted, Send
from node.e2ee.mls.public.framing import COMMIT, PrivateMessage, encode_message
from node.testing.town import Town
from tests.stories.copies import copy_of, put_back
from tests.stories.people import Person, befriend, new_phone, person
from tests.stories.test_missed import BACKOFF, commit
from tests.stories.test_new_phone import log_out
from tests.stories.test_sealed import heard, texts

# To come back takes a question, a commit and a word sealed anew, each a round or two on its way.
QUIET_ROUNDS = 6


async def catch_up(town: Town, *people: Person) -> list[object]:
    """All read and send until nobody has more to say; what they were told."""
    found: list[object] = []
    quiet = 0
    while quiet < QUIET_ROUNDS:
        told: list[object] = []
        for one in people:
            await one.talk.pull()
            told += heard(one)
        await town.settle(timedelta(seconds=15))
        quiet = 0 if told else quiet + 1
        found += told
    return found


@pytest.mark.clause("E2E-5.11", "DEV-9.1", "DEV-9.3")
@pytest.mark.parametrize("relay", ["his friend's node", "his own node"])
async def test_who_was_away_for_35_days_is_taken_back(town: Town, relay: str) -> None:
    """120 words and a commit pass; the mailbox keeps them for 30 days."""
    async with (
        person(town, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
    ):
        await befriend(town, alice, bob)
        one, other = (alice, bob) if relay == "his friend's node" else (bob, alice)
        group = await one.talk.with_actor(other.actor)
        await town.settle()
        await other.talk.pull()
        for number in range(120):
            await alice.talk.say(group, str(number))
        await town.settle()
        await town.settle(timedelta(days=35))
        await alice.talk.prepare()
        await bob.talk.prepare()
        await alice.talk.say(group, "are you there?")
        await town.settle(BACKOFF)
        heard(bob)
        said = await bob.talk.say(group, "I was on the sea")
        found = await catch_up(town, bob, alice)
        assert ConversationBehind(group) in found
        assert [one for one in found if isinstance(one, ConversationCaughtUp)]
        assert bob.talk.device.authenticator(group) == alice.talk.device.authenticator(group)
        assert bob.talk.device.said(group, said.id).sent
        words = [one.text for one in found if isinstance(one, MessageReceived)]
        assert "are you there?" in words and "I was on the sea" in words
        assert (await bob.talk.say(group, "back again")).sent
        await town.settle()
        await alice.talk.pull()
        assert texts(alice) == ["back again"]


@pytest.mark.clause("E2E-3.15", "DEV-11.2")
@pytest.mark.parametrize("domain", ["alpha.test", "beta.test"], ids=["relay", "other"])
async def test_a_conversation_that_is_newer_than_the_copy_goes_on_by_itself(
    town: Town, domain: str
) -> None:
    """Its node has never heard of it: the devices of its own people tell it."""
    async with (
        person(town, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
    ):
        await befriend(town, alice, bob)
        copy = await copy_of(town, domain)
        group = await alice.talk.with_actor(bob.actor)
        await alice.talk.say(group, "since the copy")
        await town.settle()
        await bob.talk.pull()
        await commit(town, bob, group)
        await town.settle()
        await alice.talk.pull()
        await put_back(town, domain, copy)
        for one in (alice, bob):
            heard(one)
            await one.talk.prepare()
        ours = alice if domain == "alpha.test" else bob
        theirs = bob if ours is alice else alice
        await theirs.talk.say(group, f"before {ours.name} knows of it")
        await ours.talk.say(group, "after it")
        found = await catch_up(town, alice, bob)
        await commit(town, bob, group)
        await theirs.talk.say(group, "all as it was")
        found += await catch_up(town, alice, bob)
        words = [one.text for one in found if isinstance(one, MessageReceived)]
        assert words.count("after it") == words.count("all as it was") == 1
        assert f"before {ours.name} knows of it" in words
        assert not [one for one in found if isinstance(one, MessageUndelivered)]
        assert bob.talk.device.authenticator(group) == alice.talk.device.authenticator(group)
        assert bob.talk.device.owed() == alice.talk.device.owed() == []


@pytest.mark.clause("E2E-3.14", "E2E-5.11")
@pytest.mark.parametrize("domain", ["alpha.test", "beta.test"])
async def test_a_conversation_goes_on_after_a_node_was_put_back(town: Town, domain: str) -> None:
    """Words and commits are in the gap, at the relay or at the other node."""
    async with (
        person(town, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
    ):
        await befriend(town, alice, bob)
        group = await alice.talk.with_actor(bob.actor)
        await alice.talk.say(group, "before")
        await town.settle()
        copy = await copy_of(town, domain)
        for one, other in ((alice, bob), (bob, alice)):
            await commit(town, one, group)
            await one.talk.say(group, f"in the gap, says {one.name}")
            await town.settle()
            await other.talk.pull()
        await alice.talk.pull()
        await commit(town, alice, group)
        await alice.talk.say(group, "nobody has read this")
        await town.settle(timedelta(minutes=1))
        await put_back(town, domain, copy)
        for one in (alice, bob):
            heard(one)
            await one.talk.prepare()
        found = await catch_up(town, alice, bob)
        for one in (bob, alice):
            await one.talk.say(group, f"after it, says {one.name}")
            found += await catch_up(town, alice, bob)
        words = [one.text for one in found if isinstance(one, MessageReceived)]
        assert {"after it, says alice", "after it, says bob"} <= {*words}
        assert not [one for one in found if isinstance(one, MessageUndelivered)]
        assert bob.talk.device.authenticator(group) == alice.talk.device.authenticator(group)
        assert bob.talk.device.owed() == alice.talk.device.owed() == []


async def spoil(one: Person, group: str) -> None:
    """A commit of a member that nobody can apply: the relay cannot tell, and takes it."""
    epoch = one.talk.device.epoch(group)
    junk = encode_message(PrivateMessage(bytes.fromhex(group), epoch, COMMIT, b"", b"who", b"?"))
    ref = one.talk.device.conversations()[group].ref
    assert isinstance(await one.talk._carrier.carry(Send("", group, ref, junk)), Accepted)


@pytest.mark.clause("DEV-9.6", "DEV-9.7", "E2E-3.12")
@pytest.mark.parametrize("relay", ["his friend's node", "his own node"])
async def test_a_conversation_that_a_member_spoilt_goes_on_by_a_word(
    town: Town, relay: str
) -> None:
    """At the group's real epoch, so that each device is behind and nobody can take another back."""
    async with (
        person(town, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
    ):
        await befriend(town, alice, bob)
        one, other = (alice, bob) if relay == "his friend's node" else (bob, alice)
        group = await one.talk.with_actor(other.actor)
        await one.talk.say(group, "before")
        await town.settle()
        await other.talk.pull()
        await spoil(one, group)
        found = await catch_up(town, alice, bob)
        assert [each for each in found if isinstance(each, MessageUnreadable)], "it is told at once"
        for each in (alice, bob):
            await each.talk.say(group, f"{each.name} is here")
        found = await catch_up(town, alice, bob)
        assert found.count(ConversationBehind(group)) == 2
        for _ in range(2):
            await town.settle(timedelta(minutes=61))
            found += await catch_up(town, alice, bob)
        assert found.count(ConversationUnanswered(group)) == 2
        assert alice.talk.device.between(bob.actor) == [group], "nothing begins by itself"
        at_once = await asyncio.gather(*(alice.talk.go_on(bob.actor) for _ in range(2)))
        assert len({new for new, _ in at_once}) == 1, "two words at once begin one"
        found += await catch_up(town, alice, bob)
        new, count = await bob.talk.go_on(alice.actor)
        assert new == at_once[0][0]
        assert sum(kept for _, kept in at_once) + count == 1, "of the other it was still read"
        found += await catch_up(town, alice, bob)
        words = sorted(each.text for each in found if isinstance(each, MessageReceived))
        assert words == ["alice is here", "bob is here"]
        await alice.talk.say(alice.talk.device.between(bob.actor)[0], "all as it was")
        await town.settle()
        await bob.talk.pull()
        assert texts(bob) == ["all as it was"]
        past = bob.talk.device.history(*bob.talk.device.between(alice.actor))
        assert [row.text for row in past].count("alice is here") == 1
        assert alice.talk.device.waiting(group) == bob.talk.device.waiting(group) == []


@pytest.mark.clause("DEV-9.6")
async def test_a_program_that_runs_finds_out_though_nothing_comes(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        person(town, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
    ):
        await befriend(town, alice, bob)
        group = await alice.talk.with_actor(bob.actor)
        await spoil(alice, group)
        await alice.talk.say(group, "hello?")
        assert ConversationBehind(group) in await catch_up(town, alice)
        await town.settle(timedelta(minutes=61))
        heard(alice)
        # The town's clock stands still while a program waits.
        monkeypatch.setattr(behind, "rest", lambda _state, _now: 0.01)
        runs = asyncio.create_task(alice.talk.keep_sending())
        try:
            async with asyncio.timeout(60):
                while await alice.talk.heard.get() != ConversationUnanswered(group):
                    pass
        finally:
            runs.cancel()
            await asyncio.gather(runs, return_exceptions=True)


@pytest.mark.clause("DEV-9.7", "DEV-10.4")
async def test_it_goes_on_with_the_device_that_they_have_now_by_a_word(town: Town) -> None:
    """Bob's server, or a thief of his password, has another device: that is for Alice to say."""
    async with (
        person(town, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
    ):
        await befriend(town, alice, bob)
        group = await alice.talk.with_actor(bob.actor)
        await town.settle()
        await bob.talk.pull()
        await spoil(alice, group)
        async with new_phone(town, bob) as phone:
            await log_out(town, bob)
            await alice.talk.say(group, "for Bob alone")
            await catch_up(town, alice)
            for _ in range(2):
                await town.settle(timedelta(minutes=61))
                await catch_up(town, alice, phone)
            assert alice.talk.device.between(bob.actor) == [group]
            assert [row.text for row in alice.talk.device.waiting(group)] == ["for Bob alone"]
            new, count = await alice.talk.go_on(bob.actor)
            assert new != group and count == 1
            await town.settle()
            await phone.talk.pull()
            assert texts(phone) == ["for Bob alone"]

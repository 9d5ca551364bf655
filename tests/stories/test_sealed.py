"""Two friends on two nodes talk, and the nodes cannot read it."""

from datetime import timedelta

import pytest

from node.client.happenings import Joined, Said
from node.testing.town import Town
from tests.stories.people import Person, befriend, person

WORDS = "the blackbird sings at the north window"


def heard(one: Person) -> list[object]:
    found = []
    while not one.talk.heard.empty():
        found.append(one.talk.heard.get_nowait())
    return found


@pytest.mark.clause("E2E-3.9", "E2E-3.10")
async def test_friends_talk_and_the_nodes_store_only_ciphertext(town: Town) -> None:
    async with (
        person(town, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
    ):
        await befriend(town, alice, bob)
        group = await alice.talk.with_actor(bob.actor)
        await alice.talk.say(group, WORDS)
        await town.settle()
        await bob.talk.pull()
        joined, said = heard(bob)
        assert isinstance(joined, Joined)
        assert isinstance(said, Said)
        assert (said.actor, said.text) == (alice.actor, WORDS)
        await bob.talk.say(said.conversation, "and at mine")
        await town.settle()
        await alice.talk.pull()
        (answer,) = heard(alice)
        assert (answer.actor, answer.text) == (bob.actor, "and at mine")
        await bob.talk.close()
        await alice.talk.close()
    for house in town.houses.values():
        for file in house.folder.rglob("*"):
            if file.is_file():
                assert WORDS.encode() not in file.read_bytes(), file


@pytest.mark.clause("E2E-3.3")
async def test_a_message_waits_for_a_node_that_is_down(town: Town) -> None:
    async with (
        person(town, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
    ):
        await befriend(town, alice, bob)
        group = await alice.talk.with_actor(bob.actor)
        town.down.add("beta.test")
        for number in range(5):
            await alice.talk.say(group, str(number))
        await town.settle(timedelta(hours=1))
        town.down.clear()
        for _ in range(3):
            await town.settle(timedelta(hours=8))
        await bob.talk.pull()
        assert [one.text for one in heard(bob) if isinstance(one, Said)] == list("01234")


@pytest.mark.clause("E2E-3.9")
async def test_both_commit_at_once_and_both_go_on(town: Town) -> None:
    async with (
        person(town, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
    ):
        await befriend(town, alice, bob)
        group = await alice.talk.with_actor(bob.actor)
        await town.settle()
        await bob.talk.pull()
        now = int(town.clock.now().timestamp())
        alice.talk.device.commit(group, now)
        bob.talk.device.commit(group, now)
        await alice.talk.flush()
        await bob.talk.flush()
        await town.settle()
        await bob.talk.pull()
        await alice.talk.pull()
        await bob.talk.say(group, "still here")
        await town.settle()
        await alice.talk.pull()
        assert "still here" in [one.text for one in heard(alice) if isinstance(one, Said)]
        assert alice.talk.device.authenticator(group) == bob.talk.device.authenticator(group)


@pytest.mark.clause("E2E-3.5", "E2E-5.4")
async def test_words_that_waited_are_sealed_anew_and_read_in_their_order(town: Town) -> None:
    """The group went on while they waited, and the device was stopped in the middle of mending."""
    async with (
        person(town, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
    ):
        await befriend(town, alice, bob)
        group = await alice.talk.with_actor(bob.actor)
        await town.settle()
        await bob.talk.pull()
        device = alice.talk.device
        for number in range(5):
            device.say(group, str(number), number)
        bob.talk.device.commit(group, int(town.clock.now().timestamp()))
        await bob.talk.flush()
        await town.settle()
        await alice.talk.pull()
        for name, _ in device.owed()[:2]:
            device.lost(name)
        await alice.talk.say(group, "5")
        await town.settle()
        await bob.talk.pull()
        assert [one.text for one in heard(bob) if isinstance(one, Said)] == list("012345")
        assert device.owed() == []

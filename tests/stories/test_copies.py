"""Vaults that are copied or put back, and nodes that are put back from a copy: never silent."""

from datetime import timedelta

import pytest

from node.client.conversation_events import MessageReceived, MessageUndelivered, NodeRestored
from node.errors import Conflict
from node.testing.town import Town
from tests.stories.copies import copy_of, copy_vault, opened_copy, put_back
from tests.stories.people import befriend, person
from tests.stories.test_sealed import heard, texts


@pytest.mark.clause("ACC-4.4", "ACC-4.5", "DEV-8.1", "DEV-8.2")
async def test_of_two_copies_of_a_vault_one_goes_on_and_the_other_is_told(town: Town) -> None:
    async with (
        person(town, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
    ):
        await befriend(town, alice, bob)
        group = await alice.talk.with_actor(bob.actor)
        await alice.talk.say(group, "before the copy")
        await town.settle()
        copy_vault(town, alice, "copy")
        async with opened_copy(town, alice, "copy") as copy:
            await copy.talk.prepare()
            with pytest.raises(Conflict) as caught:
                await alice.talk.say(group, "from the one that was copied")
            assert caught.value.clause == "ACC-4.4"
            assert "log in again" in caught.value.reason
            assert (await copy.talk.say(group, "from the copy")).sent
        assert alice.talk.device.frozen
        (told,) = [one for one in heard(alice) if isinstance(one, MessageUndelivered)]
        assert told.text == "from the one that was copied"
        with pytest.raises(Conflict):
            await alice.talk.say(group, "once more")
        assert [row.text for row in alice.talk.device.history(group)][:1] == ["before the copy"]
        assert alice.vault.names("group/") == [], "its keys are gone"
        await town.settle()
        await bob.talk.pull()
        assert texts(bob) == ["before the copy", "from the copy"]


@pytest.mark.clause("ACC-4.4", "DEV-8.2")
async def test_an_older_copy_of_a_vault_is_refused_before_it_sends_anything(town: Town) -> None:
    async with (
        person(town, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
    ):
        await befriend(town, alice, bob)
        group = await alice.talk.with_actor(bob.actor)
        copy_vault(town, alice, "old")
        copy_vault(town, alice, "new")
        async with opened_copy(town, alice, "new") as new:
            await new.talk.say(group, "today")
        async with opened_copy(town, alice, "old") as old:
            with pytest.raises(Conflict) as caught:
                await old.talk.prepare()
            assert caught.value.clause == "ACC-4.4"
            with pytest.raises(Conflict):
                await old.talk.say(group, "as if nothing were")
        await town.settle()
        await bob.talk.pull()
        assert texts(bob) == ["today"]


@pytest.mark.clause("ACC-4.4", "E2E-4.8", "DEV-5.1")
@pytest.mark.parametrize("told", [True, False], ids=["kith restore", "files put back"])
async def test_no_word_is_dropped_after_a_node_was_put_back(town: Town, told: bool) -> None:
    """60 words come in the gap and are read; the next 90 have numbers that were used before."""
    async with (
        person(town, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
    ):
        await befriend(town, alice, bob)
        group = await alice.talk.with_actor(bob.actor)
        await alice.talk.say(group, "hello")
        await town.settle()
        copy = await copy_of(town, "beta.test")
        for number in range(20):
            await alice.talk.say(group, f"in the gap {number}")
        await town.settle(timedelta(minutes=10))
        await bob.talk.prepare()
        await bob.talk.pull()
        assert len(texts(bob)) == 21
        await bob.talk.close()
        copy_vault(town, bob, "bob's next start")
        await put_back(town, "beta.test", copy, told)
        later = [f"after it {number}" for number in range(30)]
        for text in later:
            await alice.talk.say(group, text)
        await town.settle()
        async with opened_copy(town, bob, "bob's next start") as again:
            await again.talk.prepare()
            await again.talk.pull()
            found = heard(again)
            assert [one for one in found if isinstance(one, NodeRestored)] == [NodeRestored()]
            assert [one.text for one in found if isinstance(one, MessageReceived)] == later
            assert (await again.talk.say(group, "all there")).sent
        await town.settle()
        await alice.talk.pull()
        assert texts(alice) == ["all there"]


@pytest.mark.clause("DEV-8.2", "ACC-4.4", "ACC-4.5")
@pytest.mark.parametrize("told", [True, False], ids=["kith restore", "files put back"])
async def test_a_node_that_forgot_the_seat_it_gave_a_moment_ago_ends_no_device(
    town: Town, told: bool
) -> None:
    """Its backup is from before the last seat, and whoever talks goes on talking."""
    async with (
        person(town, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
    ):
        await befriend(town, alice, bob)
        group = await alice.talk.with_actor(bob.actor)
        await town.settle()
        await alice.talk.pull()
        copy = await copy_of(town, "alpha.test")
        await town.settle(timedelta(minutes=11))
        await alice.talk.say(group, "with another seat")
        await town.settle()
        await put_back(town, "alpha.test", copy, told)
        assert (await alice.talk.say(group, "a moment later")).sent
        await town.settle(timedelta(minutes=1))
        await alice.talk.pull()
        assert not alice.talk.device.frozen
        assert [one for one in heard(alice) if isinstance(one, NodeRestored)] == [NodeRestored()]
        await bob.talk.pull()
        assert texts(bob) == ["with another seat", "a moment later"]

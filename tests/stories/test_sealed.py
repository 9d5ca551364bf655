"""Two friends on two nodes talk, and the nodes cannot read it."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from node.client.conversation_events import (
    ConversationJoined,
    ConversationLeft,
    MembersChanged,
    MessageReceived,
)
from node.client.device import Device
from node.client.exchange import LostRace
from node.errors import Full
from node.store import tables
from node.testing.town import Town, open_town
from tests.stories.conftest import DOMAINS
from tests.stories.people import Person, befriend, person

WORDS = "the blackbird sings at the north window"


def heard(one: Person) -> list[object]:
    found = []
    while not one.talk.heard.empty():
        found.append(one.talk.heard.get_nowait())
    return found


def texts(one: Person) -> list[str]:
    return [found.text for found in heard(one) if isinstance(found, MessageReceived)]


def restart(one: Person) -> Device:
    """As after a kill: what was not on disk is gone."""
    one.talk.device = Device(one.vault, one.harness.system.entropy, one.actor)
    return one.talk.device


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
        assert isinstance(joined, ConversationJoined)
        assert isinstance(said, MessageReceived)
        assert (said.actor, said.text) == (alice.actor, WORDS)
        await bob.talk.say(said.conversation, "and at mine")
        await town.settle()
        await alice.talk.pull()
        (answer,) = heard(alice)
        assert (answer.actor, answer.text) == (bob.actor, "and at mine")
        await bob.talk.close()
        await alice.talk.close()
    for harness in town.nodes.values():
        for file in harness.folder.rglob("*"):
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
        assert texts(bob) == list("01234")


@pytest.mark.clause("E2E-4.7", "FED-8.6")
async def test_who_sends_to_a_full_mailbox_waits_and_nothing_is_lost(
    tmp_path: Path, database: Callable[[str], str]
) -> None:
    async with (
        open_town(tmp_path, *DOMAINS, database=database, mailbox_limit_bytes=32_000) as town,
        person(town, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
        person(town, "carol", "beta.test") as carol,
    ):
        await befriend(town, alice, bob)
        await befriend(town, carol, bob)
        group = await alice.talk.with_actor(bob.actor)
        said = [f"{number} " + "x" * 1500 for number in range(9)]
        for words in said:
            await alice.talk.say(group, words)
            await town.settle()
        async with alice.harness.node.stores.database.read() as connection:
            rows = (await connection.execute(select(tables.deliveries))).all()
        assert "answered 507" in {row.reason for row in rows if row.state == "due"}
        # One who fills their own share shuts nobody else out.
        await carol.talk.say(await carol.talk.with_actor(bob.actor), "hello from next door")
        found = []
        for _ in range(6):
            await town.settle(timedelta(minutes=20))
            await bob.talk.pull()
            await bob.talk.close()
            found += texts(bob)
        assert [text for text in found if text in said] == said
        assert "hello from next door" in found


@pytest.mark.clause("E2E-4.7")
async def test_at_home_the_device_is_told_to_wait(
    tmp_path: Path, database: Callable[[str], str]
) -> None:
    async with (
        open_town(tmp_path, "alpha.test", database=database, mailbox_limit_bytes=16_000) as town,
        person(town, "alice", "alpha.test") as alice,
        person(town, "bob", "alpha.test") as bob,
    ):
        await befriend(town, alice, bob)
        group = await alice.talk.with_actor(bob.actor)
        for number in range(9):
            said = await alice.talk.say(group, f"{number} " + "x" * 1500)
        told = alice.talk.held(group)
        assert not said.sent and isinstance(told, Full)
        assert (told.clause, told.retry_after_seconds) == ("E2E-4.7", 600)
        with pytest.raises(Full):
            await alice.talk.flush()
        texts: list[str] = []
        for _ in range(9):
            await bob.talk.pull()
            await bob.talk.close()
            texts += [one.text[0] for one in heard(bob) if isinstance(one, MessageReceived)]
            with suppress(Full):
                await alice.talk.flush()
        assert texts == list("012345678")


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
        alice.talk.device.refresh(group, now)
        bob.talk.device.refresh(group, now)
        await alice.talk.flush()
        await bob.talk.flush()
        await town.settle()
        await bob.talk.pull()
        await alice.talk.pull()
        await bob.talk.say(group, "still here")
        await town.settle()
        await alice.talk.pull()
        assert "still here" in texts(alice)
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
        device, now = alice.talk.device, int(town.clock.now().timestamp())
        for number in range(5):
            device.say(group, str(number), number)
        bob.talk.device.refresh(group, now)
        await bob.talk.flush()
        await town.settle()
        await alice.talk.pull()
        device.tell(device.next(now), LostRace(), now)
        device = restart(alice)
        await alice.talk.say(group, "5")
        await town.settle()
        await bob.talk.pull()
        assert texts(bob) == list("012345")
        assert device.owed() == []


@pytest.mark.clause("DEV-4.2", "DEV-4.7", "E2E-3.6")
async def test_a_third_comes_and_goes_and_another_is_let_go(town: Town) -> None:
    async with (
        person(town, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
        person(town, "carol", "beta.test") as carol,
        person(town, "dave", "alpha.test") as dave,
    ):
        for other in (bob, carol, dave):
            await befriend(town, alice, other)
        group = await alice.talk.with_actor(bob.actor)
        await alice.talk.add(group, carol.actor, dave.actor)
        await town.settle()
        everybody = (alice, bob, carol, dave)

        async def hear() -> dict[str, list[object]]:
            for _ in range(2):
                for one in everybody:
                    await one.talk.pull()
                await town.settle()
            return {one.name: heard(one) for one in everybody}

        await hear()
        assert len({one.talk.device.authenticator(group) for one in everybody}) == 1
        await carol.talk.say(group, "hello, all")
        await town.settle()
        found = await hear()
        for name in ("alice", "bob", "dave"):
            assert [one.text for one in found[name]] == ["hello, all"]

        await carol.talk.leave(group)
        await town.settle()
        found = await hear()
        assert found["carol"] == [ConversationLeft(group, carol.actor)]
        assert found["bob"] == [MembersChanged(group, (), (carol.actor,))]
        await bob.talk.remove(group, dave.actor)
        await town.settle()
        found = await hear()
        assert found["dave"] == [ConversationLeft(group, bob.actor)]
        await alice.talk.say(group, "just us")
        await town.settle()
        found = await hear()
        assert [one.text for one in found["bob"]] == ["just us"]
        assert found["carol"] == found["dave"] == []
        assert alice.talk.device.authenticator(group) == bob.talk.device.authenticator(group)

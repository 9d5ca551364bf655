"""Groups of several people: begun, changed and left, by the library and by commands (DEV-19)."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from node.client import linking
from node.client.kith import Kith
from node.errors import Conflict, Forbidden, Malformed, Missing, NodeError
from node.testing.town import open_town
from tests.client.conftest import Square
from tests.client.test_linking import at_phone, link

NAME = "Sunday walk"


@pytest.fixture
async def square(tmp_path: Path) -> AsyncIterator[Square]:
    """Three nodes."""
    domains = ("alpha.test", "beta.test", "gamma.test")
    async with open_town(tmp_path / "town", *domains, api_requests_per_minute=1_000_000) as town:
        yield Square(town, tmp_path / "homes")


async def said_to(square: Square, one: Kith, who: str) -> list[str]:
    await square.town.settle()
    await one.catch_up()
    return [row.text for row in await one.history(who)]


@pytest.mark.clause("DEV-19.1", "DEV-19.2", "DEV-19.3", "E2E-8.2", "E2E-8.5")
async def test_a_group_over_several_nodes(square: Square) -> None:
    async with AsyncExitStack() as stack:

        async def come(name: str, domain: str) -> Kith:
            kith = await stack.enter_async_context(await square.join(name, domain))
            await kith.talk()
            return kith

        alice, bob = await come("alice", "alpha.test"), await come("bob", "beta.test")
        carol, dave = await come("carol", "gamma.test"), await come("dave", "beta.test")
        for other in (bob, carol, dave):
            await square.befriend(alice, other)
        group = await alice.new_group(NAME, "@bob@beta.test", carol.handle)
        await alice.say(NAME, "who comes?")
        assert await said_to(square, bob, NAME) == ["who comes?"]
        assert await said_to(square, carol, group) == ["who comes?"]
        (asked,) = await bob.history(NAME)
        await bob.say(NAME, "I do", asked.id, alice.actor)
        await carol.react(NAME, asked.id, "👍")
        assert await said_to(square, alice, NAME) == ["who comes?", "I do"]
        (_, answer) = await alice.messages(NAME)
        assert answer.answers is not None and answer.answers.text == "who comes?"
        assert await said_to(square, carol, NAME) == ["who comes?", "I do"]

        await alice.add_people(NAME, dave.handle)
        await alice.say(NAME, "hello, Dave")
        assert await said_to(square, dave, NAME) == ["hello, Dave"]
        await alice.remove_people(NAME, carol.handle)
        await alice.say(NAME, "without Carol")
        assert "without Carol" not in await said_to(square, carol, NAME)
        assert "without Carol" in await said_to(square, bob, NAME)
        with pytest.raises(Missing):
            await carol.say(NAME, "let me in")
        with pytest.raises(Forbidden, match="owners and admins"):
            await bob.rename_group(NAME, "Mine")
        await alice.give_role(NAME, bob.handle, "admin")
        await said_to(square, bob, NAME)
        await bob.rename_group(NAME, "Sunday swim")
        await said_to(square, alice, group)
        with pytest.raises(Malformed, match="owner"):
            await alice.leave_group("Sunday swim")
        await alice.give_role("Sunday swim", bob.handle, "owner")
        await alice.leave_group("Sunday swim")
        await said_to(square, bob, group)
        await said_to(square, dave, group)
        await bob.say(group, "just us")
        assert "just us" in await said_to(square, dave, group)
        assert "just us" not in await said_to(square, alice, group)
        shape = await dave.group(group)
        assert shape is not None and shape.people == {bob.actor: "owner", dave.actor: "member"}
        assert [one.went for one in await bob.group_lines(group)][-1] == [alice.actor]


@pytest.mark.clause("DEV-19.2")
async def test_nobody_is_added_where_one_cannot_be(square: Square) -> None:
    async with (
        await square.join("alice", "alpha.test") as alice,
        await square.join("bob", "beta.test") as bob,
        await square.join("carol", "gamma.test") as carol,
        await square.join("dave", "beta.test") as dave,
    ):
        for other in (alice, bob, dave):
            await other.talk()
        for other in (bob, carol):
            await square.befriend(alice, other)
        await carol.log_out()
        with pytest.raises(NodeError, match=r"@carol@gamma\.test: .*no device"):
            await alice.new_group(NAME, bob.handle, carol.handle)
        with pytest.raises(NodeError, match=r"@dave@beta\.test: "):
            await alice.new_group(NAME, bob.handle, dave.handle)
        square.town.down.add("gamma.test")
        with pytest.raises(NodeError, match=r"@carol@gamma\.test: "):
            await alice.new_group(NAME, bob.handle, carol.handle)
        assert await alice.conversations() == {}
        with pytest.raises(Missing, match="no group called"):
            await alice.rename_group(NAME, "x")
        await alice.new_group(NAME, bob.handle)
        await alice.new_group(NAME, bob.handle)
        with pytest.raises(Conflict, match="several groups"):
            await alice.say(NAME, "to which?")
        assert len(await alice.chats()) == 2
        await alice.say(bob.handle, "between us")
        assert len(await alice.chats()) == 3


@pytest.mark.clause("DEV-17.1", "E2E-8.2")
async def test_a_second_device_comes_in_by_its_list_and_goes_with_its_person(
    square: Square, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linking, "LOOK_SECONDS", 0.01)
    async with (
        await square.join("alice", "alpha.test") as alice,
        await square.join("bob", "beta.test") as bob,
        await square.join("carol", "gamma.test") as carol,
    ):
        for other in (bob, carol):
            await other.talk()
            await square.befriend(alice, other)
        await alice.new_group(NAME, bob.handle, carol.handle)
        await said_to(square, bob, NAME)
        await link(square, bob)
        async with at_phone(square) as phone:
            await phone.talk()
            for one in (bob, phone, bob, phone):  # a member's device adds it, and so says its list
                await said_to(square, one, NAME)
            with pytest.raises(Missing, match="no group and no friend"):
                await carol.say("no such walk", "?")
            await said_to(square, carol, NAME)
            await carol.say(NAME, "to all devices")
            assert await said_to(square, phone, NAME) == ["to all devices"]
            await phone.say(NAME, "from the phone")
            assert "from the phone" in await said_to(square, alice, NAME)
            assert "from the phone" in await said_to(square, bob, NAME)
            await alice.remove_people(NAME, bob.handle)
            await alice.say(NAME, "without Bob")
            assert "without Bob" in await said_to(square, carol, NAME)
            for one in (bob, phone):
                assert "without Bob" not in await said_to(square, one, NAME)
                assert (await one.group_lines(NAME))[-1].went == [bob.actor]

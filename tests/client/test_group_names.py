"""Whom a name means: a group is called like nobody, and what asks begins nothing (DEV-19)."""

from collections.abc import Sequence
from contextlib import AsyncExitStack

import pytest
from msgspec.structs import replace

from node.client import rows
from node.client.people import People, Relation
from node.errors import Conflict, Malformed, Missing, TooMuch
from tests.client.conftest import Square
from tests.client.test_groups import said_to, square

__all__ = ["square"]


@pytest.mark.clause("DEV-19.3", "E2E-8.1")
async def test_a_group_is_not_taken_for_a_person_nor_for_another_group(square: Square) -> None:
    async with AsyncExitStack() as stack:
        alice, bob, mallory, dora = [
            await stack.enter_async_context(await square.join(name, domain))
            for name, domain in (
                ("alice", "alpha.test"), ("bob", "beta.test"),
                ("mallory", "gamma.test"), ("dora", "beta.test"),
            )
        ]  # fmt: skip
        for one in (alice, bob, mallory, dora):
            await one.talk()
        for one in (bob, mallory, dora):
            await square.befriend(alice, one)
        await alice.say(bob.handle, "hi")
        with pytest.raises(Malformed, match="as people's are"):
            await mallory.new_group("bob@beta.test", alice.handle)
        await mallory.new_group("BOB", alice.handle)
        await mallory.new_group("dora", alice.handle)
        await mallory.new_group("Family", alice.handle)
        await alice.new_group("family", bob.handle)
        await said_to(square, alice, bob.handle)
        for name in ("bob", "dora"):
            with pytest.raises(Conflict, match=f"write @{name}"):
                await alice.say(name, "to whom?")
        with pytest.raises(Conflict, match="several groups"):
            await alice.say("Family", "to which?")
        await alice.say("@bob", "to Bob")
        assert await said_to(square, bob, alice.handle) == ["hi", "to Bob"]


@pytest.mark.clause("DEV-19.2", "DEV-19.3")
async def test_what_cannot_be_asks_nobody_and_begins_nothing(
    square: Square, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        await square.join("alice", "alpha.test") as alice,
        await square.join("bob", "beta.test") as bob,
    ):
        await bob.talk()
        messenger = await alice.talk()
        await square.befriend(alice, bob)
        asked: list[str] = []

        async def claim(actor: str, _devices: Sequence[str] = ()) -> list[bytes]:
            asked.append(actor)
            return []

        monkeypatch.setattr(messenger.grouping, "_claim", claim)
        for name in ("@bad", "x" * 1_000_000, "two\nlines", " "):
            with pytest.raises((Malformed, TooMuch)):
                await alice.new_group(name, bob.handle)
        assert asked == []
        with pytest.raises(Missing, match="no group called"):
            await alice.group_id(bob.handle)
        with pytest.raises(Missing, match="no group called"):
            await alice.leave_group(bob.handle)
        assert await alice.conversations() == {}


@pytest.mark.clause("DEV-19.7")
async def test_who_has_no_name_keeps_nobody_from_theirs(
    square: Square, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        await square.join("alice", "alpha.test") as alice,
        await square.join("bob", "beta.test") as bob,
    ):
        await bob.talk()
        device = (await alice.talk()).device
        await square.befriend(alice, bob)
        group = await alice.new_group("Walk", bob.handle)
        gone, silent = "https://beta.test/a/nobody", "https://down.test/a/silent"
        with device.state.step():
            row = device.state.conversation(group)
            members = sorted([*row.members, gone, silent])
            device.state.put(rows.conversation_row(group), replace(row, members=members))
        asked: list[str] = []
        relation = People.relation

        async def ask(people: People, who: str) -> Relation:
            asked.append(who)
            return await relation(people, who)

        monkeypatch.setattr(People, "relation", ask)
        for _ in range(2):
            names = await alice.names()
            assert names[bob.actor] == bob.handle and gone not in names
        assert asked == [gone, silent]

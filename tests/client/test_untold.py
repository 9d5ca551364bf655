"""Whenever a program ends, what is told and no other row says is kept until it is heard."""

from collections.abc import Iterator
from contextlib import aclosing, contextmanager, suppress
from pathlib import Path

import pytest

from node.client import untold
from node.client.conversation_events import (
    ChangeDropped,
    ConversationEvent,
    MessageUndelivered,
    MessageUnreadable,
    NodeRestored,
)
from node.client.exchange import Accepted, Fetch
from node.client.rows import ParkedRow
from node.errors import Conflict, Forbidden, NoRoom
from tests.client.conftest import Square
from tests.client.devices import (
    ALICE,
    BOB,
    CAROL,
    MICROS,
    NOW,
    Side,
    befriend,
    go_on,
    pass_on,
    side,
)


@contextmanager
def killed_after(side: Side, steps: int) -> Iterator[None]:
    """So many steps are written, and the program ends with the next one."""
    write = side.vault.step

    def step(changes: object) -> None:
        nonlocal steps
        if steps == 0:
            raise NoRoom("killed")
        steps -= 1
        write(changes)  # type: ignore[arg-type]

    side.vault.step = step  # type: ignore[method-assign]
    with suppress(NoRoom):
        yield
    side.reopen()


def happenings(alice: Side, bob: Side, told: list[ConversationEvent]) -> None:
    """Four things that nothing but an event says."""
    group = befriend(alice, bob)
    told += bob.device.receive([bob.item(b"garbage", seq=7)], NOW, "0" * 32)
    told += bob.device.receive([], NOW, "1" * 32)
    bob.device.say(group, "refused", MICROS)
    told += bob.device.tell(bob.next(), Forbidden("E2E-3.2", "no"), NOW)
    bob.device.start({alice.actor: alice.packages()}, NOW)
    told += bob.device.tell(bob.device.next(NOW), Forbidden("E2E-2.7", "no"), NOW)


@pytest.mark.clause("DEV-2.7")
def test_whenever_it_is_killed_all_is_told(tmp_path: Path) -> None:
    kinds: list[type[ConversationEvent]] = []
    for steps in range(10):
        folder = tmp_path / str(steps)
        for name in ("alice", "bob"):
            (folder / name).mkdir(parents=True)
        with side(folder / "alice", ALICE) as alice, side(folder / "bob", BOB) as bob:
            told: list[ConversationEvent] = []
            with killed_after(bob, steps):
                happenings(alice, bob, told)  # and nobody had time to hear it
            assert bob.device.untold.events() == told
            bob.device.untold.heard(told)
            bob.device.settle()
            bob.reopen()
            assert bob.device.untold.events() == []
            kinds = [type(one) for one in told]
    assert kinds == [MessageUnreadable, NodeRestored, MessageUndelivered, ChangeDropped]


@pytest.mark.clause("DEV-2.7")
def test_a_wish_that_can_never_be_done_is_told_after_a_kill(
    alice: Side, bob: Side, carol: Side
) -> None:
    group = befriend(alice, bob)
    bob.device.add(group, {CAROL: carol.packages()}, NOW)
    pass_on(bob, alice)
    for one in (alice, bob):
        one.device.remove(group, [CAROL], NOW)
    alice.lose(alice.next())
    asked = alice.device.next(NOW)
    assert isinstance(asked, Fetch)
    pass_on(bob, alice)
    alice.device.tell(asked, Accepted(), NOW)
    alice.send()
    assert [type(one) for one in alice.told] == [ChangeDropped]
    alice.reopen()
    assert alice.device.untold.events() == alice.told


@pytest.mark.clause("DEV-2.7")
def test_equal_ones_are_heard_one_by_one_and_words_are_in_the_history(
    alice: Side, bob: Side
) -> None:
    group = befriend(alice, bob)
    alice.device.say(group, "in the history", MICROS)
    (words,) = alice.send()
    (one,), (other,) = bob.get(b"garbage"), bob.get(b"garbage")
    (heard,) = bob.get(words.content)
    assert one == other
    for left in (2, 1, 0, 0):
        assert bob.device.untold.events() == [one] * left
        bob.device.untold.heard([heard, one])
        assert bob.device.waits == (left > 0)
        bob.device.settle()


@pytest.mark.clause("DEV-2.7")
def test_nobody_fills_the_vault_with_what_cannot_be_read(
    alice: Side, bob: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(untold, "MOST", 3)
    group = befriend(alice, bob)
    bob.device.say(group, "ours", MICROS)
    undelivered = bob.device.tell(bob.next(), Conflict("E2E-3.2", "no"), NOW)
    for text in ("1", "2", "3", "4", "5"):
        alice.device.say(group, text, MICROS)
    late = [each.content for each in alice.send()]
    go_on(bob, alice, group)
    told = [one for each in late for one in bob.get(each)]
    bob.reopen()
    assert bob.device.untold.events() == [*undelivered, *told[2:]]


async def junk(square: Square, seq: int) -> ConversationEvent:
    """Something unreadable is taken in, and the program ends before anybody was told."""
    async with square.at_home("alice") as alice:
        item = ParkedRow(seq=seq, ref="", url="", content=b"junk", at=MICROS)
        (told,) = (await alice.talk()).device.receive([item], NOW)
    return told


@pytest.mark.clause("DEV-2.7")
async def test_the_next_program_tells_what_the_one_before_had_no_time_for(square: Square) -> None:
    async with await square.join("alice", "alpha.test") as alice:
        await alice.talk()
    told = await junk(square, 1)
    for heard in ([told], []):
        async with square.at_home("alice") as alice:
            assert await alice.told() == heard


@pytest.mark.clause("DEV-2.7")
async def test_who_listens_has_heard_it_when_they_ask_for_more(square: Square) -> None:
    async with await square.join("alice", "alpha.test") as alice:
        await alice.talk()
    told = await junk(square, 1)
    for listens in (1, 2):
        async with square.at_home("alice") as alice, aclosing(alice.listen()) as events:
            assert await anext(events) == told, "nobody knows what came of it before"
            if listens == 2:
                await anext(events)
    async with square.at_home("alice") as alice:
        assert await alice.told() == []

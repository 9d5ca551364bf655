"""Few pictures are made at a time, and nobody's wait fills the node (PIC-1.8)."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from node.web.turns import IN_ALL, OF_ACCOUNT, Turns

Refusal = Callable[[str], AbstractContextManager[None]]


@pytest.mark.clause("PIC-1.8")
async def test_who_has_ten_under_way_and_a_full_node_are_refused(refused: Refusal) -> None:
    turns, go, at_work = Turns(), asyncio.Event(), 0

    async def make(account: str) -> None:
        nonlocal at_work
        async with turns.turn(account):
            at_work += 1
            await go.wait()
            at_work -= 1

    makers = [asyncio.create_task(make(f"a{n % 6}")) for n in range(IN_ALL - OF_ACCOUNT)]
    makers += [asyncio.create_task(make("ann")) for _ in range(OF_ACCOUNT)]
    for _ in makers:
        await asyncio.sleep(0)
    for account in ("ann", "somebody else"):
        with refused("PIC-1.8"):
            await make(account)
    assert at_work == 2
    go.set()
    await asyncio.gather(*makers)
    await make("ann")


@pytest.mark.clause("PIC-1.8")
async def test_ten_of_one_account_do_not_keep_another_waiting() -> None:
    turns, made, go = Turns(), list[str](), asyncio.Semaphore(0)

    async def make(account: str) -> None:
        async with turns.turn(account):
            made.append(account)
            await go.acquire()

    makers = [asyncio.create_task(make("ann")) for _ in range(OF_ACCOUNT)]
    await asyncio.sleep(0)
    makers += [asyncio.create_task(make(name)) for name in ("bob", "cleo", "bob")]
    for _ in makers:
        await asyncio.sleep(0)
    assert made == ["ann", "ann"]
    for _ in makers:
        go.release()
        for _ in range(9):
            await asyncio.sleep(0)
    await asyncio.gather(*makers)
    assert made[2:6] == ["bob", "ann", "cleo", "bob"]
    assert len(made) == len(makers)


@pytest.mark.clause("PIC-1.8")
async def test_who_goes_away_leaves_the_place_to_others() -> None:
    turns, made, go = Turns(at_once=1), list[str](), asyncio.Event()

    async def make(account: str) -> None:
        async with turns.turn(account):
            made.append(account)
            await go.wait()

    first, waits, granted, last = (asyncio.create_task(make(name)) for name in "abcd")
    for _ in range(5):
        await asyncio.sleep(0)
    waits.cancel()
    await asyncio.sleep(0)
    first.cancel()
    for _ in range(2):
        await asyncio.sleep(0)
    granted.cancel()
    for _ in range(5):
        await asyncio.sleep(0)
    go.set()
    await last
    assert made[0] == "a" and made[-1] == "d"
    await make("a")
    assert made[-1] == "a"

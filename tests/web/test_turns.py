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

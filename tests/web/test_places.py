"""How many files may be under way at the same time (VID-9.6)."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager, AsyncExitStack

import pytest

from node.errors import TooMuch
from node.web.places import PlaceLimits, Places
from node.web.problems import Busy, kind_of

Refuses = Callable[[str], AbstractContextManager[None]]
LIMITS = PlaceLimits(account=2, host=3, node=4, waiting=1)


@pytest.mark.clause("VID-9.6")
async def test_an_account_a_host_and_the_node_have_their_share() -> None:
    places = Places(LIMITS, wait_seconds=0.01)
    async with AsyncExitStack() as stack:
        for _ in range(2):
            await stack.enter_async_context(places.place("alice", "b.test"))
        with pytest.raises(TooMuch) as mine:
            await stack.enter_async_context(places.place("alice", "c.test"))
        assert kind_of(mine.value).status == 429
        await stack.enter_async_context(places.place("bob", "b.test"))
        with pytest.raises(Busy):
            await stack.enter_async_context(places.place("bob", "b.test"))
        await stack.enter_async_context(places.place("bob", "c.test"))
        with pytest.raises(Busy):
            await stack.enter_async_context(places.place("carol", "d.test"))
        assert places.taken == 4
    assert places.taken == 0
    async with places.place("alice", "b.test"):
        assert places.taken == 1


@pytest.mark.clause("VID-9.6")
async def test_who_waits_a_little_gets_the_place_that_is_left() -> None:
    places = Places(LIMITS, wait_seconds=30)

    async def next_one() -> None:
        async with places.place("alice", "b.test"):
            pass

    async with AsyncExitStack() as stack:
        for _ in range(2):
            await stack.enter_async_context(places.place("alice", "b.test"))
        waits = asyncio.create_task(next_one())
        await asyncio.sleep(0)  # it begins, and finds no place
        assert places.waiting == 1
        # Only so many may wait.
        with pytest.raises(TooMuch):
            await stack.enter_async_context(places.place("alice", "b.test"))
        assert not waits.done()
    await waits
    assert (places.taken, places.waiting) == (0, 0)


@pytest.mark.clause("VID-9.6")
async def test_a_slow_host_leaves_an_account_places_for_others() -> None:
    places = Places(wait_seconds=0.01)
    async with AsyncExitStack() as stack:
        for _ in range(3):
            await stack.enter_async_context(places.place("alice", "slow.test"))
        with pytest.raises(TooMuch) as mine:
            await stack.enter_async_context(places.place("alice", "slow.test"))
        assert kind_of(mine.value).status == 429
        await stack.enter_async_context(places.place("alice", "friend.test"))

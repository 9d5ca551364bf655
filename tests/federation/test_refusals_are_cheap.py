"""What strangers ask of us is refused before it costs: all at once as one by one (LIM-4)."""

import asyncio
import gc
import threading
import weakref
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from publicsuffixlist import PublicSuffixList

from node.errors import (
    Forbidden,
    Malformed,
    Missing,
    NoRoom,
    TooMuch,
    Unproven,
    Unreachable,
)
from node.net.resolver import THREADS, THREADS_OF_SLOW, PooledResolver
from node.testing.fakes import FakeClock
from node.web.limits import MemoryBuckets
from node.web.peer_rate_limits import (
    FETCHES_OF_ADDRESS,
    FETCHES_OF_DOMAIN,
    FETCHES_OF_NODE,
    PeerRateLimits,
    RateLimitedKeys,
)
from node.web.problems import Busy
from node.wire.keys import PublicKey, ed25519_from_seed
from node.wire.suffixes import Suffixes

KEY = ed25519_from_seed(bytes(32), "https://known.test/a#main-key", "https://known.test/a").public


class SlowKeys:
    """Keys of hosts that answer when they are let, or never."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answering = asyncio.Event()
        self.error: Exception = Unreachable("no answer in time")

    async def key(self, id: str) -> PublicKey:
        if id == KEY.id:
            return KEY
        self.asked.append(id)
        await self.answering.wait()
        raise self.error

    async def again(self, id: str) -> PublicKey | None:
        return None

    async def held(self, id: str) -> PublicKey | None:
        return KEY if id == KEY.id else None


class Door:
    def __init__(self, per_minute: int = 100_000) -> None:
        self.clock = FakeClock()
        suffixes = Suffixes()
        suffixes.read()
        self.limits = PeerRateLimits(MemoryBuckets(self.clock), suffixes, per_minute)
        self.keys = SlowKeys()
        self.limited = RateLimitedKeys(self.keys, self.limits, self.clock)

    async def knock(self, id: str, address: str = "192.0.2.1") -> PublicKey:
        return await self.limits.judged(address, lambda: self.limited.key(id))

    async def knock_all(self, *knocks: tuple[str, str]) -> list[Any]:
        """All at once; those who wait are let go when nobody starts any more."""
        tasks = [asyncio.ensure_future(self.knock(id, address)) for id, address in knocks]
        for _ in range(10):
            await asyncio.sleep(0)
        self.keys.answering.set()
        return await asyncio.gather(*tasks, return_exceptions=True)


def of(host: int, number: int = 0) -> str:
    return f"https://dead{host}.test/a/{number}#main-key"


async def test_the_list_of_suffixes_is_read_once_and_holds_up_nobody() -> None:
    readers: list[int] = []

    class Watched(Suffixes):
        def read(self) -> PublicSuffixList:
            readers.append(threading.get_ident())
            return super().read()

    async def prove() -> str:
        return "https://a.test/a/1"

    suffixes = Watched()
    limits = PeerRateLimits(MemoryBuckets(FakeClock()), suffixes, 100)
    await asyncio.gather(*(limits.judged("192.0.2.1", prove) for _ in range(5)))
    assert limits.domain("https://x.b.co.uk/1") == "b.co.uk"
    assert len(readers) == 1 and threading.get_ident() not in readers


class Body:
    """What a request brought."""


@pytest.mark.parametrize("error", [Unreachable, Unproven])
@pytest.mark.clause("LIM-4.2", "LIM-5.5")
async def test_a_key_that_could_not_be_had_is_remembered_without_the_request(
    error: type[Unreachable] | type[Unproven],
) -> None:
    door = Door()

    async def key(id: str) -> PublicKey:
        door.keys.asked.append(id)
        raise error("FED-4.7", "no") if error is Unproven else error("no")

    door.keys.key = key  # type: ignore[method-assign]

    async def bring() -> weakref.ref[Body]:
        body = Body()
        with suppress(Unreachable, Unproven):
            await door.knock(of(1))
        return weakref.ref(body)

    kept = await bring()
    gc.collect()
    assert kept() is None
    with pytest.raises(error):
        await door.knock(of(1))
    assert len(door.keys.asked) == 1


@pytest.mark.clause("FED-7.16")
async def test_as_many_at_once_as_one_after_another() -> None:
    door = Door(per_minute=500)  # and so 5 that do not hold
    entered: list[int] = []
    gate = asyncio.Event()

    async def prove() -> None:
        entered.append(1)
        await gate.wait()
        raise Unproven("FED-4.7", "no")

    tasks = [asyncio.ensure_future(door.limits.judged("192.0.2.1", prove)) for _ in range(50)]
    for _ in range(5):
        await asyncio.sleep(0)
    assert len(entered) == 5
    gate.set()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert sum(isinstance(each, TooMuch) for each in ended) == 45


@pytest.mark.clause("FED-7.16")
@pytest.mark.parametrize(
    ("error", "counts"),
    [
        (Malformed("FED-2.1", "brackets"), True),
        (Unproven("FED-4.7", "no"), True),
        (Unreachable("dead"), True),
        (TooMuch("FED-2.1", "too large"), True),
        (TooMuch("FED-7.16", "wait", 5), False),
        (Forbidden("FED-6.2", "an id of another origin"), True),
        (Forbidden("FED-5.8", "a proof of another origin"), True),
        (Missing("FED-1.1", "no"), True),
        (Forbidden("FED-7.3", "another's"), False),
        (Unproven("FED-5.10", "another's"), False),
        (NoRoom("full"), False),
        (ZeroDivisionError(), False),
    ],
)
async def test_what_is_refused_before_it_is_proven_counts(error: Exception, counts: bool) -> None:
    door = Door(per_minute=200)

    async def prove() -> None:
        raise error

    async def held() -> int:
        return 1

    for _ in range(2):
        with pytest.raises(type(error)):
            await door.limits.judged("192.0.2.1", prove)
    if counts:
        with pytest.raises(TooMuch):
            await door.limits.judged("192.0.2.1", held)
    else:
        assert await door.limits.judged("192.0.2.1", held) == 1
    assert await door.limits.judged("192.0.2.2", held) == 1


@pytest.mark.clause("FED-7.16")
@pytest.mark.parametrize("how", ["another's", "nobody's", "unsigned"])
async def test_what_honest_servers_bring_too_counts_ten_times_less(how: str) -> None:
    door = Door(per_minute=200)  # 2 that do not hold, 20 that prove nothing

    async def prove() -> str:
        if how == "another's":
            raise Forbidden("FED-7.3", "the key belongs to another than the activity's actor")
        return ""

    async def ask() -> None:
        if how == "unsigned":
            await door.limits.unproven("192.0.2.1")
        else:
            with suppress(Forbidden):
                await door.limits.judged("192.0.2.1", prove, by=lambda sender: sender)

    for _ in range(20):
        await ask()
    for _ in range(3):
        with pytest.raises(TooMuch):
            await ask()
    with pytest.raises(TooMuch):
        await door.knock(KEY.id)
    assert await door.knock(KEY.id, "192.0.2.2") == KEY
    door.clock.pass_(timedelta(seconds=3))
    assert await door.knock(KEY.id) == KEY, "and what was refused since took no place"


@pytest.mark.clause("FED-7.16")
async def test_what_is_refused_of_who_has_proven_themselves_counts_for_their_domain() -> None:
    door = Door(per_minute=10)

    async def prove() -> None:
        error = Forbidden("FED-7.7", "suspended")
        error.sender = KEY.owner
        raise error

    for number in range(10):
        with pytest.raises(Forbidden):
            await door.limits.judged(f"192.0.2.{number % 2}", prove)
    with pytest.raises(TooMuch):
        await door.limits.admit(KEY.id)
    assert await door.limits.judged("192.0.2.1", _nobody_asked) is None


async def _nobody_asked() -> None:
    return None


@pytest.mark.clause("LIM-4.1")
async def test_one_address_has_so_many_fetches_under_way() -> None:
    door = Door()
    ended = await door.knock_all(*((of(host), "192.0.2.1") for host in range(30)))
    assert len(door.keys.asked) == FETCHES_OF_ADDRESS
    assert sum(isinstance(each, TooMuch) for each in ended) == 30 - FETCHES_OF_ADDRESS
    assert await door.knock(KEY.id) == KEY


@pytest.mark.clause("LIM-4.1")
async def test_who_names_a_key_that_is_being_fetched_waits_for_it() -> None:
    """The first words of a stranger may come by many connections at once."""
    door = Door()
    ended = await door.knock_all(*[(of(1), "192.0.2.1")] * 30)
    assert not any(isinstance(each, TooMuch) for each in ended)
    door.keys.answering.clear()
    again = await door.knock_all(*((of(host), "192.0.2.1") for host in range(2, 32)))
    assert sum(isinstance(each, TooMuch) for each in again) == 30 - FETCHES_OF_ADDRESS


@pytest.mark.clause("LIM-4.1")
async def test_one_domain_is_asked_so_often_at_a_time_whoever_makes_us() -> None:
    door = Door()
    names = [f"https://h{each}.example.co.uk/a#k" for each in range(30)]
    await door.knock_all(*((id, f"192.0.2.{each}") for each, id in enumerate(names)))
    assert len(door.keys.asked) == FETCHES_OF_DOMAIN


@pytest.mark.clause("LIM-4.1")
async def test_the_node_has_so_many_fetches_under_way() -> None:
    door = Door()
    ended = await door.knock_all(*((of(host), f"198.51.100.{host}") for host in range(200)))
    assert len(door.keys.asked) == FETCHES_OF_NODE
    assert sum(isinstance(each, Busy) for each in ended) == 200 - FETCHES_OF_NODE


@pytest.mark.clause("LIM-4.2")
async def test_a_silent_host_is_not_asked_again_at_once() -> None:
    door = Door()
    await door.knock_all((of(1), "192.0.2.1"))
    for number in range(10):
        with pytest.raises(Unreachable):
            await door.knock(of(1, number), "192.0.2.2")
    assert len(door.keys.asked) == 1
    door.clock.pass_(timedelta(seconds=31))
    with pytest.raises(Unreachable):
        await door.knock(of(1))
    assert len(door.keys.asked) == 2


@pytest.mark.clause("LIM-4.2")
async def test_a_key_that_is_not_there_is_not_asked_for_again_at_once_but_its_neighbours_are() -> (
    None
):
    door = Door()
    door.keys.error = Unproven("FED-7.5", "the key's owner does not list it")
    await door.knock_all((of(1), "192.0.2.1"))
    with pytest.raises(Unproven):
        await door.knock(of(1))
    with pytest.raises(Unproven):
        await door.knock(of(1, 2))
    assert door.keys.asked == [of(1), of(1, 2)]


@pytest.mark.clause("LIM-4.3")
async def test_dead_names_keep_no_name_that_we_know_from_being_found() -> None:
    hanging, over = threading.Event(), threading.Event()
    seen: list[str] = []

    def look_up(host: str, port: int, _family: int) -> list[Any]:
        seen.append(host)
        if host.startswith("dead"):
            hanging.set()
            over.wait(20)
            raise OSError("no such name")
        return [(2, 1, 6, "", ("192.0.2.7", port))]

    resolver = PooledResolver(look_up, seconds=20)
    try:
        await resolver.resolve("friend.test", 443)
        dead = [asyncio.ensure_future(resolver.resolve(f"dead{each}.test")) for each in range(200)]
        await asyncio.to_thread(hanging.wait, 20)
        found = await resolver.resolve("friend.test", 443)
        assert [each["host"] for each in found] == ["192.0.2.7"]
        for each in dead:
            each.cancel()
        await asyncio.gather(*dead, return_exceptions=True)
        over.set()
        assert sum(host.startswith("dead") for host in seen) <= 16, "what waits is taken back"
    finally:
        over.set()
        await resolver.close()


@pytest.mark.clause("LIM-4.3")
async def test_names_that_hung_once_wait_for_each_other_alone() -> None:
    over = threading.Event()

    def look_up(host: str, port: int, _family: int) -> list[Any]:
        if host.startswith("dead"):
            over.wait(20)
        return [(2, 1, 6, "", ("192.0.2.7", port))]

    dead = [f"dead{each}.test" for each in range(THREADS - 1)]
    resolver = PooledResolver(look_up, seconds=0.01)
    try:
        for host in dead:
            with pytest.raises(OSError, match="did not answer in time"):
                await resolver.resolve(host)
        resolver._seconds = 10
        asked = [asyncio.ensure_future(resolver.resolve(host)) for host in dead]
        await asyncio.sleep(0)
        found = await asyncio.wait_for(resolver.resolve("new.test", 443), 5)
        assert [each["host"] for each in found] == ["192.0.2.7"]
        for each in asked:
            each.cancel()
        await asyncio.gather(*asked, return_exceptions=True)
    finally:
        over.set()
        await resolver.close()


@pytest.mark.clause("LIM-4.3")
async def test_a_name_that_we_know_waits_for_no_dead_ones_though_it_was_slow_once() -> None:
    """A name server that was away for a moment put all that we know among the dead names."""
    over, away, hanging = threading.Event(), {"friend.test"}, threading.Semaphore(0)

    def look_up(host: str, port: int, _family: int) -> list[Any]:
        if host.startswith("dead") or host in away:
            hanging.release()
            over.wait(20)
            raise OSError("no such name")
        return [(2, 1, 6, "", ("192.0.2.7", port))]

    resolver = PooledResolver(look_up, seconds=20)
    try:
        away.clear()
        await resolver.resolve("friend.test", 443)
        away.add("friend.test")
        resolver._seconds = 0.01
        dead = [f"dead{each}.test" for each in range(THREADS - 1)]
        for host in ("friend.test", *dead):
            with pytest.raises(OSError, match="did not answer in time"):
                await resolver.resolve(host)
        away.clear()
        resolver._seconds = 20
        asked = [asyncio.ensure_future(resolver.resolve(host)) for host in dead]
        for _ in range(THREADS + THREADS_OF_SLOW):
            assert await asyncio.to_thread(hanging.acquire, timeout=20)
        found = await asyncio.wait_for(resolver.resolve("friend.test", 443), 5)
        assert [each["host"] for each in found] == ["192.0.2.7"]
        for each in asked:
            each.cancel()
        await asyncio.gather(*asked, return_exceptions=True)
    finally:
        over.set()
        await resolver.close()


@pytest.mark.clause("LIM-4.3")
async def test_names_that_are_slow_once_they_were_found_keep_others_out_for_a_minute() -> None:
    """A stranger has such names too: found, and slow from then on."""
    over, clock, slow = threading.Event(), FakeClock(), set[str]()
    hanging = threading.Semaphore(0)

    def look_up(host: str, port: int, _family: int) -> list[Any]:
        if host in slow:
            hanging.release()
            over.wait(20)
            raise OSError("no such name")
        return [(2, 1, 6, "", ("192.0.2.7", port))]

    resolver = PooledResolver(look_up, ticks=clock.ticks)
    tar = [f"tar{each}.test" for each in range(THREADS_OF_SLOW)]
    try:
        for host in (names := ["friend.test", *tar]):
            await resolver.resolve(host)
        slow.update(names)
        resolver._seconds = 0.01
        for host in names:
            with pytest.raises(OSError, match="did not answer in time"):
                await resolver.resolve(host)
        slow.remove("friend.test")
        resolver._seconds = 20
        asked = [asyncio.ensure_future(resolver.resolve(host)) for host in (*tar, "friend.test")]
        for _ in (*names, *tar):
            assert await asyncio.to_thread(hanging.acquire, timeout=20)
        assert not asked[-1].done()
        clock.pass_(timedelta(seconds=61))
        found = await asyncio.wait_for(resolver.resolve("friend.test", 443), 5)
        assert [each["host"] for each in found] == ["192.0.2.7"]
        for each in asked:
            each.cancel()
        await asyncio.gather(*asked, return_exceptions=True)
    finally:
        over.set()
        await resolver.close()


@pytest.mark.clause("LIM-4.3")
async def test_a_name_server_that_is_silent_is_not_waited_for() -> None:
    over = threading.Event()

    def look_up(_host: str, _port: int, _family: int) -> list[Any]:
        over.wait(20)
        return []

    resolver = PooledResolver(look_up, seconds=0.01)
    try:
        with pytest.raises(OSError, match="did not answer in time"):
            await resolver.resolve("dead.test")
    finally:
        over.set()
        await resolver.close()


async def test_this_machine_is_found_by_its_name() -> None:
    resolver = PooledResolver()
    try:
        found = await resolver.resolve("localhost", 80)
    finally:
        await resolver.close()
    assert {each["host"] for each in found} == {"127.0.0.1"}

"""What strangers lay upon our disk: a share of what waits, short things, nothing once applied."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import select

from node.federation.priority import Priority
from node.federation.trust import ProvenActivity
from node.store import tables
from node.store.unit import Unit
from node.testing.fakes import FakeClock, proven_activity
from node.testing.town import Town, TownNode, open_town
from node.web import disk_shares
from node.web.disk_shares import Disk, DiskShares

SHARE = 100_000


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    domains = ("alpha.test", "one.beta.test", "two.beta.test", "gamma.test")
    async with open_town(tmp_path, *domains, peer_waiting_bytes=SHARE) as town:
        yield town


async def like(
    sender: TownNode, actor: str, about: str, number: int, size: int = 0
) -> tuple[int, str]:
    """A signed Like of `size` bytes: the status, and what is to be waited."""
    body = {"id": f"{actor}#{number}", "type": "Like", "actor": actor, "object": about}
    raw = json.dumps({**body, "content": "x" * size}).encode()
    outcome = await sender.node.lines.courier.carry(f"{_origin(about)}/inbox", raw, actor)
    return outcome.status or 0, outcome.retry_after or ""


def _origin(id: str) -> str:
    return "/".join(id.split("/")[:3])


async def arrivals(node: TownNode) -> list[Any]:
    async def look(unit: Unit) -> list[Any]:
        return list(await unit.connection.execute(select(tables.arrivals)))

    return await node.node.stores.units.look(Unit, look)


@pytest.mark.clause("LIM-3.2", "LIM-3.3")
async def test_a_domain_has_a_share_of_what_waits_and_gets_it_back(town: Town) -> None:
    alpha, one, two, gamma = town.nodes.values()
    about = (await town.sign_up("alice", alpha.domain)).account.actor
    first = (await town.sign_up("bob", one.domain)).account.actor
    second = (await town.sign_up("carol", two.domain)).account.actor
    other = (await town.sign_up("dora", gamma.domain)).account.actor
    assert await like(one, first, about, 0, 40_000) == (202, "")
    assert await like(two, second, about, 1, 40_000) == (202, "")
    assert await like(one, first, about, 2, 40_000) == (429, "600")
    assert await like(two, second, about, 3, 40_000) == (429, "600"), "one share for beta.test"
    assert await like(gamma, other, about, 4, 40_000) == (202, "")
    await town.settle(timedelta(seconds=11))
    kept = await arrivals(alpha)
    assert {row.state for row in kept} <= {"applied", "refused"}
    assert sum(len(row.body) for row in kept) == 0, "what was applied is not kept"
    assert await like(one, first, about, 2, 40_000) == (202, "")


@pytest.mark.clause("LIM-3.2")
async def test_the_domains_that_are_remembered_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    class Nothing:
        async def held(self) -> dict[str, int]:
            return {}

        async def add(self, activity: ProvenActivity, again: bool, priority: Priority) -> None:
            pass

    monkeypatch.setattr(disk_shares, "MOST_DOMAINS", 10)
    clock, nothing = FakeClock(), Nothing()
    shares = DiskShares(nothing, nothing, str, Disk("/", 0, clock), SHARE, clock)
    for number in range(100):
        await shares.add(proven_activity(f"https://{number}.test/a", "x"), False, Priority.POSTS)
        clock.pass_(timedelta(seconds=1))
        assert len(shares._held) <= 10 + 10, "what came since the last count, and no more"


@pytest.mark.clause("LIM-3.1")
async def test_a_like_is_short(town: Town) -> None:
    alpha, one, *_ = town.nodes.values()
    about = (await town.sign_up("alice", alpha.domain)).account.actor
    actor = (await town.sign_up("bob", one.domain)).account.actor
    assert await like(one, actor, about, 1, 64 * 1024) == (413, "")
    assert await arrivals(alpha) == []


@pytest.mark.clause("LIM-3.4")
async def test_the_reserve_of_the_disk_is_no_strangers(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    alpha, one, *_ = town.nodes.values()
    alice = await town.sign_up("alice", alpha.domain)
    actor = (await town.sign_up("bob", one.domain)).account.actor
    about = alice.account.actor
    async with aiohttp.ClientSession(alpha.url) as line:

        async def look(path: str) -> tuple[int, str]:
            async with line.get(path) as answer:
                return answer.status, await answer.text()

        assert await look("/readyz") == (200, "ready\n")
        monkeypatch.setattr(Disk, "free_bytes", lambda _disk: 0)
        town.clock.pass_(timedelta(seconds=1))
        assert await like(one, actor, about, 1) == (507, "600")
        status, why = await look("/readyz")
        assert status == 503 and "disk is almost full" in why
        assert (await look("/@alice"))[0] == 200, "what only reads is answered"
        monkeypatch.undo()
        town.clock.pass_(timedelta(seconds=1))
        assert (await look("/readyz"))[0] == 200
    assert await like(one, actor, about, 1) == (202, "")

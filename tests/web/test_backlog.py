"""What waits to be applied is bounded: by class, and for those who bring much before the others."""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from node.app import System
from node.errors import TooMuch
from node.federation.priority import Priority
from node.federation.trust import ProvenActivity
from node.ports import Request
from node.testing.fakes import FakeClock, FakeEntropy, FakeFetch, proven_activity
from node.testing.new_node import open_new_node
from node.web import backlog
from node.web.backlog import LOOK_SECONDS, RETRY_SECONDS, SHARE, WINDOW_SECONDS, BoundedLog
from node.wire import httpsig
from node.wire.httpsig import Dialect
from node.wire.suffixes import Suffixes
from tests.federation.conftest import Person

BOUND = 300
KIND = "application/activity+json"
ALICE = "https://a.test/a/alice"


class FakeLog:
    """Keeps how much of each class was taken; nothing is applied until the test says so."""

    def __init__(self) -> None:
        self.waits: Counter[Priority] = Counter()
        self.looks = 0

    async def add(self, _activity: ProvenActivity, _again: bool, priority: Priority) -> None:
        self.waits[priority] += 1

    async def waiting(self, most: Mapping[Priority, int]) -> dict[Priority, int]:
        self.looks += 1
        return {priority: min(self.waits[priority], count) for priority, count in most.items()}


class Door:
    """What brings activities to a bounded log."""

    def __init__(self) -> None:
        self.clock, self.kept, self.number = FakeClock(), FakeLog(), 0
        self.log = BoundedLog(self.kept, self.kept, Suffixes(), self.clock)

    async def bring(self, host: str, count: int, priority: Priority = Priority.POSTS) -> int:
        """How many of `count` were taken."""
        for taken in range(count):
            self.number += 1
            said = proven_activity(f"https://{host}/a/b", f"https://{host}/t/{self.number}")
            try:
                await self.log.add(said, False, priority)
            except TooMuch as refusal:
                assert refusal.clause == "FED-7.19"
                assert refusal.retry_after_seconds == RETRY_SECONDS
                return taken
        return count


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Door:
    monkeypatch.setattr(backlog, "BOUNDS", dict.fromkeys(Priority, BOUND))
    return Door()


@pytest.mark.clause("FED-7.19")
async def test_who_fills_the_queue_is_told_to_wait_and_others_are_still_heard(door: Door) -> None:
    assert await door.bring("flood.test", 2 * BOUND) == BOUND
    assert await door.bring("other.test", 1) == 1
    assert await door.bring("a.flood.test", 1) == 0  # of the same domain
    assert door.kept.waits[Priority.POSTS] == BOUND + 1


@pytest.mark.clause("FED-7.19")
async def test_beyond_the_bound_a_domain_has_a_share_in_ten_seconds(door: Door) -> None:
    await door.bring("flood.test", BOUND)
    assert await door.bring("other.test", 2 * SHARE) == SHARE
    assert await door.bring("other.test", 1) == 0
    door.clock.pass_(timedelta(seconds=WINDOW_SECONDS))
    assert await door.bring("other.test", 2 * SHARE) == SHARE


@pytest.mark.clause("FED-7.19")
async def test_beyond_twice_the_bound_nobody_brings_more_of_that_class(door: Door) -> None:
    taken = [await door.bring(f"host{n}.example", SHARE) for n in range(9)]
    assert taken == [SHARE] * 6 + [0] * 3
    assert await door.bring("friend.test", 1, Priority.PEOPLE) == 1
    assert await door.bring("friend.test", 1, Priority.REACTIONS) == 1


@pytest.mark.clause("FED-7.19")
async def test_what_was_applied_makes_room_and_is_counted_once_a_second(door: Door) -> None:
    await door.bring("flood.test", BOUND)
    assert await door.bring("flood.test", 1) == 0
    door.kept.waits.clear()
    assert await door.bring("flood.test", 1) == 0, "the count is believed for a second"
    door.clock.pass_(timedelta(seconds=LOOK_SECONDS))
    assert await door.bring("flood.test", 1) == 1
    assert door.kept.looks == 2


@pytest.mark.clause("FED-7.19")
async def test_a_delivery_beyond_the_bound_is_answered_429_and_not_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quick_secrets: None
) -> None:
    monkeypatch.setattr(backlog, "BOUNDS", {**dict.fromkeys(Priority, BOUND), Priority.POSTS: 0})
    clock, web, bob = FakeClock(), FakeFetch(["b.test"]), Person("https://b.test/a/bob", "bob")
    web.put(bob.id, json.dumps(bob.document()).encode(), content_type=KIND)
    note = {"id": "https://b.test/o/1", "type": "Note", "attributedTo": bob.id, "to": [ALICE]}
    create = bob.says("Create", "https://b.test/t/1", object=note, to=[ALICE])
    follow = bob.says("Follow", "https://b.test/t/2", object=ALICE)
    async with (
        open_new_node("a.test", tmp_path, System(clock, FakeEntropy(), web)) as node,
        TestClient(TestServer(node.application)) as client,
    ):
        for said, told in ((create, (429, str(RETRY_SECONDS))), (follow, (202, None))):
            body = json.dumps(said).encode()
            request = Request("POST", "https://a.test/inbox", {"content-type": KIND}, body)
            signed = httpsig.sign(request, bob.ed25519, clock.now(), Dialect.RFC9421)
            headers = {"content-type": KIND, **signed}
            async with client.post("/inbox", data=body, headers=headers) as answer:
                found = answer.status, answer.headers.get("Retry-After")
                assert found == told, await answer.text()
        waiting = await node.stores.door.waiting(dict.fromkeys(Priority, 9))
    assert waiting == {Priority.PEOPLE: 1, Priority.POSTS: 0, Priority.REACTIONS: 0}

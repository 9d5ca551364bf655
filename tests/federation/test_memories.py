"""What is remembered of strangers is bounded in age and in number."""

from datetime import timedelta

import pytest

from node.federation.discovery import KEY_SECONDS
from node.store import directory
from node.store.federation import FederationUnit
from node.testing.fakes import FakeClock
from node.web import limits
from node.wire import suffixes as suffixes_page
from tests.federation.conftest import ALICE, Person, System


async def test_an_actor_is_read_anew_when_what_is_remembered_is_old(
    system: System, bob: Person
) -> None:
    system.publish(bob)
    await system.discovery.actor(bob.id)
    await system.units.run(FederationUnit, lambda unit: unit.confirm(bob.id, "robert", "b.test"))
    names = []
    for seconds in (directory.SECONDS - 1, 1):
        system.clock.pass_(timedelta(seconds=seconds))
        actor = await system.directory.actor(bob.id)
        assert actor is not None
        names.append(actor.name)
    assert names == ["bob", "robert"]


async def test_a_key_does_not_grow_younger_by_being_used(system: System, bob: Person) -> None:
    """A process that serves one peer without a pause would never hear that its key was revoked."""
    system.publish(bob)
    await system.receiver.receive(system.signed(bob.rsa, bob.says("Follow", object=ALICE)))
    reads = []
    known = system.directory.key

    async def key(id: str) -> object:
        reads.append(id)
        return await known(id)

    system.directory.key = key  # type: ignore[method-assign, assignment]
    for _ in range(10):
        system.clock.pass_(timedelta(seconds=KEY_SECONDS / 4))
        await system.discovery.key(bob.rsa.id)
    assert len(reads) == 2


async def test_buckets_are_bounded_and_those_in_use_stay(monkeypatch) -> None:
    monkeypatch.setattr(limits, "MOST_BUCKETS", 3)
    buckets = limits.MemoryBuckets(FakeClock())
    for key in ("one", "two", "three", "one", "four"):
        await buckets.take(key, 10)
    left = {key: (await buckets.look(key, 10)).remaining for key in ("one", "two", "three", "four")}
    assert left == {"one": 8, "two": 10, "three": 9, "four": 9}


@pytest.mark.clause("LIM-5.5")
async def test_who_has_not_come_for_long_takes_no_memory() -> None:
    clock = FakeClock()
    buckets = limits.MemoryBuckets(clock)
    for number in range(1000):
        await buckets.take(f"address {number}", 10)
    await buckets.take("one who comes often", 1)
    assert len(buckets) == 1001
    for _ in range(130):
        clock.pass_(timedelta(seconds=1))
        await buckets.take("one who comes often", 1)
    assert len(buckets) == 1, "a thousand are gone; whoever is counted is not"
    assert not (await buckets.look("one who comes often", 1)).allowed


def test_domains_are_remembered_in_a_bounded_number(monkeypatch) -> None:
    monkeypatch.setattr(suffixes_page, "MOST_REMEMBERED", 2)
    suffixes = suffixes_page.Suffixes()
    for host in ("a.example.com", "b.example.com", "c.example.co.uk", "a.example.com"):
        assert suffixes.registrable(host) in ("example.com", "example.co.uk")
    assert suffixes._of_short_host.cache_info().currsize == 2


@pytest.mark.clause("LIM-5.5")
def test_what_a_stranger_names_at_length_is_not_remembered() -> None:
    suffixes = suffixes_page.Suffixes()
    long = f"https://{'a.' * 200}example.com/a/{'x' * 2000}"
    assert suffixes.of_id(long) == "example.com"
    assert suffixes.registrable(long.split("/")[2]) == "example.com"
    kept = (suffixes._of_short_host.cache_info(), suffixes._of_short_id.cache_info())
    assert [each.currsize for each in kept] == [0, 0]

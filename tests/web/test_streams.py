"""The event stream loses nothing, repeats nothing, and ends when it must."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import ClientResponse

from node.store import tables
from node.store.incarnation import IncarnationUnit
from node.store.unit import Unit
from node.web.api.surface import API
from tests.web.conftest import PASSWORD, Harness


@dataclass
class Event:
    id: str
    kind: str
    data: Any


class Ended(Exception):
    """The stream is over."""


async def read(answer: ClientResponse) -> Event:
    """The next event; comments are passed over."""
    fields: dict[str, str] = {}
    while line := (await asyncio.wait_for(answer.content.readline(), 20)).decode():
        name, _, value = line.rstrip("\n").partition(": ")
        if not line.strip() and "data" in fields:
            return Event(fields["id"], fields["event"], json.loads(fields["data"]))
        fields[name] = value
    raise Ended


@asynccontextmanager
async def stream(harness: Harness, token: str, last: str = "") -> AsyncIterator[ClientResponse]:
    headers = {"Authorization": f"Bearer {token}"} | ({"Last-Event-ID": last} if last else {})
    async with harness.client.get(f"{API}/events", headers=headers) as answer:
        assert answer.status == 200, await answer.read()
        assert answer.headers["Content-Type"] == "text/event-stream"
        yield answer


async def tell(harness: Harness, token: str, *numbers: int, device: str = "") -> None:
    account = (await harness.ask("GET", "/account", token=token)).body["id"]

    async def work(unit: Unit) -> None:
        for number in numbers:
            await unit.tell(account, "number", {"n": number}, device)

    await harness.units.run(Unit, work)


async def test_a_stream_says_hello_and_then_what_happens(harness: Harness) -> None:
    token = await harness.join("alice")
    await tell(harness, token, 1)
    async with stream(harness, token) as answer:
        assert (await read(answer)).kind == "hello"
        await tell(harness, token, 2, 3)
        assert [(await read(answer)).data["n"] for _ in range(2)] == [2, 3]


@pytest.mark.clause("API-7.3")
async def test_nothing_is_lost_or_repeated_across_a_cut(harness: Harness) -> None:
    token, other = await harness.join("alice"), await harness.join("bob")
    async with stream(harness, token) as answer:
        last = (await read(answer)).id
    await tell(harness, other, 100)
    await tell(harness, token, *range(450))
    harness.clock.pass_(timedelta(seconds=60))
    seen: list[int] = []
    while len(seen) < 451:
        async with stream(harness, token, last) as answer:
            assert (await read(answer)).kind == "hello"
            if len(seen) == 450:
                await tell(harness, token, 450)
            for _ in range(min(90, 451 - len(seen))):
                event = await read(answer)
                last = event.id
                seen.append(event.data["n"])
    assert seen == list(range(451))


@pytest.mark.clause("API-7.3")
@pytest.mark.parametrize("last", ["x", "-1", "1", "1.x", "9" * 40])
async def test_a_wrong_last_event_id_is_refused(harness: Harness, last: str) -> None:
    token = await harness.join("alice")
    said = await harness.ask("GET", "/events", token=token, headers={"Last-Event-ID": last})
    assert (said.status, said.body["clause"]) == (400, "API-7.3")


@pytest.mark.clause("API-7.4")
async def test_who_was_away_too_long_is_told_to_begin_anew(harness: Harness) -> None:
    token = await harness.join("alice")
    async with stream(harness, token) as answer:
        last = (await read(answer)).id
    harness.clock.pass_(timedelta(days=6))
    async with stream(harness, token, last) as answer:
        assert (await read(answer)).kind == "hello"
    harness.clock.pass_(timedelta(days=1))
    async with stream(harness, token, last) as answer:
        assert (await read(answer)).kind == "reset"


@pytest.mark.clause("API-7.4")
async def test_a_place_ahead_of_a_restored_database_begins_anew(harness: Harness) -> None:
    token = await harness.join("alice")
    await tell(harness, token, 1)
    at = (await _hello(harness, token)).partition(".")[2]
    async with stream(harness, token, f"500.{at}") as answer:
        assert (await read(answer)).kind == "reset"


@pytest.mark.clause("API-7.2", "API-7.4", "E2E-4.8")
async def test_a_restored_database_says_that_it_is_another(harness: Harness) -> None:
    """Also when its numbers have grown past those that were read before it was restored."""
    token = await harness.join("alice")
    await tell(harness, token, 1)
    async with stream(harness, token) as answer:
        before = await read(answer)
    renewed = await harness.units.run(IncarnationUnit, lambda unit: unit.renew_incarnation())
    await tell(harness, token, 2, 3)
    async with stream(harness, token, before.id) as answer:
        after = await read(answer)
    assert (before.kind, after.kind) == ("hello", "reset")
    assert after.data == {"incarnation": renewed} != before.data
    async with stream(harness, token, after.id) as answer:
        assert (await read(answer)).kind == "hello"


async def _hello(harness: Harness, token: str) -> str:
    async with stream(harness, token) as answer:
        return (await read(answer)).id


async def test_numbers_of_purged_events_are_not_given_again(harness: Harness) -> None:
    token = await harness.join("alice")
    await tell(harness, token, 1, 2)
    first = int((await _hello(harness, token)).partition(".")[0])

    async def purge(unit: Unit) -> None:
        await unit.connection.execute(tables.events.delete())

    await harness.units.run(Unit, purge)
    await tell(harness, token, 3)
    assert int((await _hello(harness, token)).partition(".")[0]) > first


@pytest.mark.clause("ACC-3.3", "API-7.1")
async def test_an_event_for_one_device_reaches_only_that(harness: Harness) -> None:
    token = await harness.join("alice")
    login = {"name": "alice", "password": PASSWORD, "device_name": "phone"}
    phone = (await harness.ask("POST", "/login", login)).body
    async with stream(harness, token) as here, stream(harness, phone["token"]) as there:
        await read(here)
        await read(there)
        await tell(harness, token, 1, device=phone["device"])
        await tell(harness, token, 2)
        assert (await read(here)).data == {"n": 2}
        assert [(await read(there)).data["n"] for _ in range(2)] == [1, 2]


@pytest.mark.clause("API-7.5", "API-9.2", "ACC-3.5", "ACC-4.3")
@pytest.mark.parametrize("what", ["device", "session"])
async def test_a_stream_ends_with_its_device_or_session(harness: Harness, what: str) -> None:
    token = await harness.join("alice")
    login = {"name": "alice", "password": PASSWORD, "device_name": "lost phone"}
    phone = (await harness.ask("POST", "/login", login)).body
    async with stream(harness, phone["token"]) as lost:
        await read(lost)
        said = await harness.ask("DELETE", f"/{what}s/{phone[what]}", token=token)
        assert said.status == 204
        await tell(harness, token, 1)
        with pytest.raises(Ended):
            await read(lost)


@pytest.mark.clause("API-7.5")
async def test_a_silent_stream_breathes(harness: Harness) -> None:
    token = await harness.join("alice")
    async with stream(harness, token) as answer:
        await read(answer)
        assert (await answer.content.readline()).startswith(b":")


async def test_streams_end_when_the_node_stops(harness: Harness) -> None:
    token = await harness.join("alice")
    async with stream(harness, token) as answer:
        await read(answer)
        await harness.node.streams.close()
        with pytest.raises(Ended):
            await read(answer)

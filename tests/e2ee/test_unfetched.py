"""Of words that a device does not fetch their sender is told, and of nothing else."""

import hashlib
import json
import sqlite3
from datetime import timedelta

import pytest
from sqlalchemy import create_engine

from node.e2ee import returning
from node.store import tables
from node.store.e2ee import E2eeUnit
from node.store.mailbox import UNFETCHED
from node.wire.api.e2ee import Acknowledgement
from node.wire.times import day_of
from node.worker.returning import Returner
from tests.e2ee.harness import Person, words
from tests.e2ee.test_relay import mail, pair, send

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


async def fetch(who: Person) -> None:
    """All that waits for a device."""
    seq = max(item.seq for item in await mail(who))
    await who.call("POST", "/mailbox/ack", Acknowledgement(seq=seq))


async def told(who: Person) -> list[dict[str, object]]:
    return [json.loads(item.content) for item in await mail(who) if item.kind == "returned"]


@pytest.mark.clause("E2E-4.11")
async def test_who_says_a_word_an_hour_learns_the_day_and_no_hour(alpha, clock) -> None:
    alice, bob, ref = await pair(alpha)
    await fetch(bob)
    looking = Returner(alpha.units)
    clock.pass_(day_of(clock.now()) + DAY - clock.now())
    said: list[bytes] = []
    for hour in range(4 * 24 + 2):
        said.append(words(1, b"%d" % hour))
        await send(alice, ref, said[-1])
        if hour == 9:
            await fetch(bob)
        clock.pass_(HOUR)
        await looking.unfetched("")
        if hour < 4 * 24 - 1:
            assert await told(alice) == [], "no hour is told by when it is told"
    newest = hashlib.sha256(said[23]).hexdigest()
    since = int((day_of(clock.now()) - 4 * DAY).timestamp())
    (notice,) = await told(alice)
    assert (notice["digest"], notice["since"]) == (newest, since)
    assert (notice["actor"], notice["reason"]) == (bob.actor, "unfetched")


@pytest.mark.clause("E2E-4.11")
async def test_it_is_told_once_until_all_that_had_waited_so_long_is_fetched(alpha, clock) -> None:
    alice, bob, ref = await pair(alpha)
    await fetch(bob)
    looking = Returner(alpha.units)
    for day in range(9):
        await send(alice, ref, words(1, b"%d" % day))
        clock.pass_(DAY)
        await looking.unfetched("")
    assert len(await told(alice)) == 1
    for _ in range(4):  # back again, word by word
        first, *_ = await mail(bob)
        await bob.call("POST", "/mailbox/ack", Acknowledgement(seq=first.seq))
        await looking.unfetched("")
    assert len(await told(alice)) == 1, "that the device is back is not told within the hour"
    await fetch(bob)
    await send(alice, ref, words(1, b"lost again"))
    clock.pass_(5 * DAY)
    await looking.unfetched("")
    first, second = await told(alice)
    assert str(second["since"]) > str(first["since"])


@pytest.mark.clause("E2E-4.11")
async def test_what_is_fetched_since_it_was_found_is_not_told(alpha, clock) -> None:
    alice, bob, ref = await pair(alpha)
    await fetch(bob)
    await send(alice, ref, words(1))
    clock.pass_(5 * DAY)
    (found,) = await alpha.units.look(E2eeUnit, lambda unit: unit.unfetched_mail(9))
    await fetch(bob)
    await alpha.units.run(E2eeUnit, lambda unit: returning.tell_unfetched(unit, found))
    assert await told(alice) == []


def steps(words_each: int) -> int:
    """How many hundred steps SQLite makes until it has found whom to tell in two conversations."""
    engine = create_engine("sqlite://")
    made = [0]
    with engine.begin() as connection:
        for table in (tables.devices, tables.mailbox):
            table.create(connection)
        connection.execute(
            tables.devices.insert(), {"id": "phone", "account": "a", "actor": "bob", "created": 0}
        )
        connection.execute(
            tables.mailbox.insert(),
            [
                {"device": "phone", "conversation": talk, "actor": "alice", "share": "alice",
                 "kind": "application", "sha256": f"{talk} {number}".encode(), "created": number}
                for talk in ("one", "two")
                for number in range(words_each)
            ],
        )  # fmt: skip

        def count() -> int:
            made[0] += 1
            return 0

        line = connection.connection.dbapi_connection
        assert isinstance(line, sqlite3.Connection)
        line.set_progress_handler(count, 100)
        asked = {"kept": words_each, "count": 9}
        assert len(connection.execute(UNFETCHED, asked).all()) == 2
        line.set_progress_handler(None, 0)
    engine.dispose()
    return made[0]


@pytest.mark.clause("E2E-4.11")
def test_twice_as_many_words_are_looked_through_in_twice_the_time() -> None:
    assert steps(2000) < 3 * steps(1000)

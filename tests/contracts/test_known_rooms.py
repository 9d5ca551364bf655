"""What the door knows of the room in mailboxes, without a look for each message (E2E-4.7)."""

from datetime import timedelta

import pytest

from node.e2ee.mailbox import Room
from node.store.known_rooms import SECONDS, KnownRooms
from node.testing.fakes import FakeClock

ALICE, CAROL = "https://a.test/a/alice", "https://a.test/a/carol"
BOB, MALLORY = "https://b.test/a/bob", "https://c.test/a/mallory"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def rooms(clock: FakeClock) -> KnownRooms:
    return KnownRooms(clock)


@pytest.mark.clause("E2E-4.7")
def test_half_of_what_was_found_is_given_away(rooms: KnownRooms) -> None:
    assert not rooms.takes([ALICE], BOB, 0), "nobody has looked"
    rooms.keep({ALICE: Room(1000, 100)}, BOB)
    assert rooms.takes([ALICE], BOB, 30)
    assert not rooms.takes([ALICE], BOB, 21)
    assert rooms.takes([ALICE], BOB, 20)
    assert not rooms.takes([ALICE], BOB, 1)


@pytest.mark.clause("E2E-4.7")
def test_all_senders_share_what_there_is(rooms: KnownRooms) -> None:
    rooms.keep({ALICE: Room(100, 100)}, BOB)
    rooms.keep({ALICE: Room(100, 100)}, MALLORY)
    assert rooms.takes([ALICE], MALLORY, 40)
    assert not rooms.takes([ALICE], BOB, 20)
    assert rooms.takes([ALICE], BOB, 10)


@pytest.mark.clause("E2E-4.7")
def test_each_recipient_counts_and_nothing_is_taken_of_one_alone(rooms: KnownRooms) -> None:
    rooms.keep({ALICE: Room(100, 100)}, BOB)
    assert not rooms.takes([ALICE, CAROL], BOB, 50)
    rooms.keep({CAROL: Room(100, 100)}, BOB)
    assert rooms.takes([ALICE, CAROL], BOB, 50)


@pytest.mark.clause("E2E-4.7")
def test_a_full_box_is_looked_at_each_time(rooms: KnownRooms) -> None:
    rooms.keep({ALICE: Room(-5, 100)}, BOB)
    assert not rooms.takes([ALICE], BOB, 1)
    rooms.keep({ALICE: Room(100, 1)}, BOB)
    assert not rooms.takes([ALICE], BOB, 1)


@pytest.mark.clause("E2E-4.7")
def test_what_was_found_is_believed_for_seconds_however_much_comes(
    rooms: KnownRooms, clock: FakeClock
) -> None:
    rooms.keep({ALICE: Room(10**6, 10**6)}, BOB)
    clock.pass_(timedelta(seconds=SECONDS - 1))
    assert rooms.takes([ALICE], BOB, 1)
    clock.pass_(timedelta(seconds=1))
    assert not rooms.takes([ALICE], BOB, 1)

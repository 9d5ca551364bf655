"""A seat that is refused: another one is taken once, and then the vault is left behind."""

import asyncio
from collections.abc import Mapping

import pytest

from node.client import api
from node.client.api_client import SEAT_PATH, Answer, ApiClient
from node.client.conversation_events import MessageUndelivered
from node.client.messenger import Messenger
from node.client.seating import Seating
from node.errors import Conflict
from node.testing.fakes import FakeClock, FakeEntropy
from node.wire.api.e2ee import TakenSeat
from tests.client.certified import Light
from tests.client.devices import ALICE, BOB, MICROS, NOW, befriend

LONG = 1  # far more than any of it takes


class Line(ApiClient):
    """A line to a node that takes no seat of this device; `gives`: but gives it others."""

    def __init__(self, gives: bool) -> None:
        super().__init__("https://alpha.test", FakeEntropy("line"))
        self.asked: list[str] = []
        self._gives = gives

    async def _send(
        self,
        method: str,
        path: str,
        body: bytes | None,
        headers: Mapping[str, str] | None,
        query: Mapping[str, str] | None,
    ) -> Answer:
        self.asked.append(path)
        if self._gives and path == SEAT_PATH:
            given = TakenSeat(seat=len(self.asked), incarnation="1")
            return Answer(200, api.encode(given), None)
        raise Conflict("ACC-4.5", "another copy of this vault is in use")


@pytest.mark.clause("DEV-8.2", "ACC-4.5")
async def test_who_is_refused_a_seat_for_its_seat_is_left_behind_and_waits_for_nothing() -> None:
    line, alice = Line(gives=False), Light("alice", ALICE)
    seating = Seating(line, alice.device, lambda: NOW, lambda events: None)
    async with asyncio.timeout(LONG):
        with pytest.raises(Conflict, match="another copy"):
            await seating.take()
    assert alice.device.frozen and line.asked == [SEAT_PATH]


@pytest.mark.clause("DEV-8.2", "ACC-4.5")
async def test_whatever_is_refused_for_its_seat_twice_freezes_the_vault() -> None:
    line, alice = Line(gives=True), Light("alice", ALICE)
    seating = Seating(line, alice.device, lambda: NOW, lambda events: None)
    await seating.take()
    with pytest.raises(Conflict, match="another copy"):
        await line.ask("GET", "/keys", object)
    assert alice.device.frozen
    assert line.asked == [SEAT_PATH, "/keys", SEAT_PATH, "/keys"]


@pytest.mark.clause("DEV-8.2", "ACC-4.5")
async def test_words_that_are_refused_for_the_seat_are_told_once_and_not_as_refused() -> None:
    line, alice = Line(gives=True), Light("alice", ALICE)
    group = befriend(alice, Light("bob", BOB))
    alice.device.say(group, "kept", MICROS)
    messenger = Messenger(line, alice.device, FakeClock(), lambda: None)
    with pytest.raises(Conflict, match="another copy"):
        await messenger.flush()
    assert alice.device.frozen
    told = [messenger.heard.get_nowait() for _ in range(messenger.heard.qsize())]
    assert [one.text for one in told if isinstance(one, MessageUndelivered)] == ["kept"]
    await messenger.close()

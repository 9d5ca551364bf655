"""Beside a talk: one acknowledgement for a burst, and the log settled when there is time."""

import asyncio

import pytest

from node.client import messenger as page
from node.client.messenger import Messenger
from node.testing.fakes import FakeClock
from node.wire.api.e2ee import Acknowledgement, MailboxItem
from tests.client.devices import ALICE, MICROS, Side, befriend


class Talk:
    """Bob's messenger, whose pauses end when it is said, and what comes of them."""

    def __init__(self, alice: Side, bob: Side, monkeypatch: pytest.MonkeyPatch) -> None:
        self.alice, self.bob = alice, bob
        self.group = befriend(alice, bob)
        self.turns: asyncio.Queue[None] = asyncio.Queue()
        self.acknowledged: list[int] = []
        self.settled = 0
        self.messenger = Messenger(self, bob.device, FakeClock(), self.settle)  # type: ignore[arg-type]
        monkeypatch.setattr(self.messenger, "_pause", self.turns.get)

    def settle(self) -> None:
        self.settled += 1

    async def ask(self, method: str, path: str, _answers: object, body: object, once: bool) -> None:
        assert (method, path, once) == ("POST", "/mailbox/ack", False)
        assert isinstance(body, Acknowledgement)
        self.acknowledged.append(body.seq)

    async def say(self) -> None:
        self.alice.device.say(self.group, "more", MICROS)
        for sent in self.alice.send():
            item = self.bob.item(sent.content)
            shown = MailboxItem(
                seq=item.seq,
                conversation=item.ref,
                url=item.url,
                actor=ALICE,
                kind="application",
                received=FakeClock().now(),
                content=item.content,
            )
            await self.messenger.take([shown])
        await self.others()

    async def pause(self) -> None:
        """So long that a burst would be over."""
        self.turns.put_nowait(None)
        await self.others()

    async def others(self) -> None:
        """Let the others have their turn."""
        for _ in range(10):
            await asyncio.sleep(0)


@pytest.fixture
def talk(alice: Side, bob: Side, monkeypatch: pytest.MonkeyPatch) -> Talk:
    return Talk(alice, bob, monkeypatch)


@pytest.mark.clause("DEV-2.6")
async def test_a_burst_is_acknowledged_once_and_then_settled(talk: Talk) -> None:
    await talk.say()
    for _ in range(3):
        await talk.say()
        await talk.pause()
    assert (talk.acknowledged, talk.settled) == ([], 0)
    await talk.pause()
    assert (talk.acknowledged, talk.settled) == ([talk.bob.seq], 1)


@pytest.mark.clause("DEV-2.6", "E2E-6.6")
async def test_a_talk_without_an_end_is_acknowledged_and_settled_meanwhile(talk: Talk) -> None:
    await talk.say()
    for bursts in range(1, page.SETTLED_AFTER + 1):
        assert talk.settled == 0
        for _ in range(page.LONGEST_BURST):
            await talk.say()
            await talk.pause()
        assert (len(talk.acknowledged), talk.acknowledged[-1]) == (bursts, talk.bob.seq)
    assert talk.settled == 1


@pytest.mark.clause("DEV-2.6")
async def test_what_came_is_acknowledged_before_the_end(talk: Talk) -> None:
    await talk.say()
    closing = asyncio.create_task(talk.messenger.close())
    await talk.pause()
    await closing
    assert (talk.acknowledged, talk.settled) == ([talk.bob.seq], 1)


@pytest.mark.clause("DEV-2.5", "DEV-2.6")
async def test_what_is_read_at_the_end_begins_nothing_that_would_meet_a_closed_vault(
    talk: Talk,
) -> None:
    await talk.messenger.close()
    before = asyncio.all_tasks()
    await talk.say()  # the stream had it already when the program ended
    assert asyncio.all_tasks() == before
    assert talk.acknowledged == []

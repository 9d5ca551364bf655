"""Whatever happens to a device is one step: written whole, or it never was."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from node.client import rows
from node.client.conversation_events import MessageReceived, MessageUnreadable
from node.client.device import Device
from node.client.messenger import Messenger
from node.client.rows import PackageRow
from node.errors import TooMuch
from node.testing.fakes import FakeClock, FakeEntropy
from node.wire.api.e2ee import KeyPackageStock, NewKeyPackages, SuiteStock, TakenSeat
from tests.client.devices import ALICE, BOB, MICROS, NOW, Side, befriend
from tests.client.transcripts import ClearRows

DAY = 86400


@pytest.mark.clause("DEV-1.3")
def test_the_order_of_a_history_does_not_ask_the_clock(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    said = [str(number) for number in range(6)]
    for number, text in enumerate(said[:3]):
        alice.device.say(group, text, MICROS - number)
    burst = [bob.item(each.content, at=MICROS - 60) for each in alice.send()]
    assert [one.text for one in bob.device.receive(burst, NOW)] == said[:3]
    bob.reopen()
    for number, text in enumerate(said[3:]):
        bob.device.say(group, text, MICROS - 100 - number)
    assert [row.text for row in bob.device.history(group)] == said
    numbers = [row.number for row in bob.device.history(group)]
    assert numbers == sorted(set(numbers))


@pytest.mark.clause("DEV-2.1", "DEV-5.1")
def test_a_burst_is_one_step_and_a_repeat_is_none(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    for number in range(20):
        alice.device.say(group, str(number), MICROS)
    burst = [bob.item(each.content) for each in alice.send()]
    before = bob.vault.counter
    assert len(bob.device.receive(burst, NOW)) == 20
    assert bob.vault.counter == before + 1
    assert bob.device.cursor == burst[-1].seq
    assert bob.device.receive(burst, NOW) == []
    assert bob.device.receive([], NOW) == []
    assert bob.vault.counter == before + 1


Deed = Callable[[Side, str], object]
DEEDS: dict[str, Deed] = {
    "say": lambda one, group: one.device.say(group, "lost", MICROS),
    "refresh": lambda one, group: one.device.refresh(group, NOW),
    "leave": lambda one, group: one.device.leave(group, NOW),
    "remove": lambda one, group: one.device.remove(group, [BOB], NOW),
    "start": lambda one, group: one.device.new_packages(1, True, NOW),
}


@pytest.mark.clause("DEV-2.2", "E2E-6.7")
@pytest.mark.parametrize("name", DEEDS)
def test_what_cannot_be_written_never_was(
    alice: Side, bob: Side, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = befriend(alice, bob)
    alice.device.say(group, "before", MICROS)
    before = {row: alice.vault.read(row) for row in alice.vault.names()}
    with monkeypatch.context() as broken:
        broken.setattr(alice.vault, "step", lambda _: (_ for _ in ()).throw(OSError("disk full")))
        with pytest.raises(OSError, match="disk full"):
            DEEDS[name](alice, group)
    assert {row: alice.vault.read(row) for row in alice.vault.names()} == before
    alice.device.say(group, "after", MICROS)
    texts = [one.text for sent in alice.send() for one in bob.get(sent.content)]
    assert texts == ["before", "after"]
    assert [row.text for row in alice.device.history(group)] == texts


@pytest.mark.clause("DEV-3.3", "E2E-5.4")
def test_what_is_sent_is_the_same_until_it_is_accepted(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    for deed in (DEEDS["say"], DEEDS["refresh"]):
        deed(alice, group)
        asked = alice.next()
        for _ in range(2):
            alice.device.retry()
            assert alice.next() == asked
            alice.reopen()
        (sent,) = alice.send()
        assert sent == asked
        bob.get(sent.content)


@pytest.mark.clause("DEV-2.5", "E2E-5.4")
def test_that_words_were_accepted_is_written_with_the_next_step(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    before = alice.vault.counter
    said = alice.device.say(group, "one", MICROS)
    (first,) = alice.send()
    assert alice.vault.counter == before + 1
    assert alice.device.said(group, said.id).sent
    alice.reopen()  # a kill in between
    assert alice.next() == first
    alice.accept(first)
    alice.device.say(group, "two", MICROS)
    assert alice.vault.counter == before + 2
    alice.reopen()
    assert alice.device.said(group, said.id).sent
    (second,) = alice.send()
    assert alice.device.waits
    alice.device.settle()
    assert not alice.device.waits
    alice.reopen()
    assert alice.send() == []
    assert [bob.get(each.content)[0].text for each in (first, second)] == ["one", "two"]


@pytest.mark.clause("DEV-2.2", "DEV-2.5")
def test_what_waits_to_be_written_outlives_a_step_that_fails(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    said = alice.device.say(group, "accepted", MICROS)
    alice.send()
    with pytest.raises(TooMuch, match=r"E2E-5\.3"):
        alice.device.say(group, "x" * 65536, MICROS)
    assert alice.device.waits
    assert alice.device.owed() == []
    alice.device.settle()
    alice.reopen()
    assert alice.device.said(group, said.id).sent
    assert alice.device.owed() == []


@pytest.mark.clause("DEV-2.5")
def test_not_too_much_is_postponed(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    for number in range(99):
        alice.device.say(group, str(number), MICROS)
    before = alice.vault.counter
    alice.send()
    assert alice.vault.counter == before + 1


@pytest.mark.clause("DEV-5.3", "E2E-5.5")
def test_what_is_refused_moves_the_cursor_and_nothing_else(alice: Side, bob: Side) -> None:
    group = befriend(alice, bob)
    alice.device.say(group, "true", MICROS)
    (sent,) = alice.send()
    torn = sent.content[:-1] + bytes([sent.content[-1] ^ 1])
    before = {row: bob.vault.read(row) for row in bob.vault.names()}
    for wrong in (b"", b"garbage", torn):
        assert isinstance(bob.get(wrong)[0], MessageUnreadable)
        after = {row: bob.vault.read(row) for row in bob.vault.names() if "untold" not in row}
        assert after.pop(rows.CURSOR) == str(bob.seq).encode()
        assert after == {row: value for row, value in before.items() if row != rows.CURSOR}
    # A wrong one in a burst spoils none of the others.
    burst = [bob.item(torn), bob.item(sent.content), bob.item(b"garbage")]
    told = bob.device.receive(burst, NOW)
    assert [type(one) for one in told] == [MessageUnreadable, MessageReceived, MessageUnreadable]


@pytest.mark.clause("DEV-5.4")
def test_a_key_package_is_gone_with_its_welcome_but_for_the_last_resort(
    alice: Side, bob: Side
) -> None:
    made = bob.device.new_packages(1, True, NOW)
    for package, _ in made:
        alice.device.start({BOB: [package]}, NOW)
        (founding,) = alice.send()
        bob.get(founding.welcomes[0].content)
    (left,) = bob.vault.names("package/")
    assert bob.device.state.get(left, PackageRow).last_resort
    # A former one goes with the next, a week later.
    bob.device.new_packages(0, True, NOW + 6 * DAY)
    assert len(bob.vault.names("package/")) == 2
    bob.device.new_packages(0, True, NOW + 8 * DAY)
    assert len(bob.vault.names("package/")) == 2
    assert left not in bob.vault.names("package/")


class Shop:
    """The home node's side of key packages."""

    def __init__(self, vault: ClearRows) -> None:
        self.vault = vault
        self.left, self.ends = 0, None
        self.published: list[tuple[int, int]] = []

    async def ask(
        self, method: str, path: str, _answers: object, body: Any = None, once: bool = True
    ) -> KeyPackageStock | TakenSeat:
        if path == "/device/seat":
            return TakenSeat(seat=body.have + 1, incarnation="")
        if method == "POST":
            assert isinstance(body, NewKeyPackages)
            last = sum(one.last_resort for one in body.packages)
            self.published.append((len(body.packages) - last, last))
            assert len(self.vault.names("package/")) >= len(body.packages)
        stock = SuiteStock(suite=1, single_use=self.left, last_resort_expires=self.ends)
        return KeyPackageStock(stock=[stock])


@pytest.mark.clause("DEV-6.1", "E2E-2.3")
async def test_packages_are_published_before_they_run_out_and_kept_before_that() -> None:
    vault, clock = ClearRows(), FakeClock()
    shop = Shop(vault)
    device = Device(vault, FakeEntropy(), ALICE)
    messenger = Messenger(shop, device, clock, lambda: None)  # type: ignore[arg-type]
    later = clock.now() + timedelta(days=26)
    for left, ends, published in (
        (0, None, (50, 1)),
        (19, later, (31, 0)),
        (20, later, None),
        (20, clock.now() + timedelta(days=24), (0, 1)),
    ):
        shop.left, shop.ends, shop.published = left, ends, []  # type: ignore[assignment]
        await messenger.prepare()
        assert shop.published == ([published] if published else [])

"""Whose keys are asked for: nobody's server keeps what is said elsewhere waiting."""

import asyncio
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from node.client import lookups, rows, stops
from node.client.api_client import ApiClient
from node.client.cli.advice import advice
from node.client.conversation_events import ConversationEvent, DeviceDoubted
from node.client.exchange import Wait
from node.client.looking import Look
from node.client.lookups import Lookups
from node.client.messenger import Messenger
from node.client.seating import Seating
from node.errors import Forbidden, Missing, Refused, Unproven, Unreachable
from node.testing.fakes import FakeClock
from node.wire.api.e2ee import TakenSeat, TakeSeat
from node.wire.api.keys import ActorKeys
from tests.client.certified import Light, Owner
from tests.client.conftest import Square
from tests.client.devices import ALICE, BOB, CAROL, MICROS, NOW, befriend
from tests.client.test_keys import friends
from tests.client.test_lists import has_a_part, texts

NO_KEYS = Missing("KEY-7.5", "the account has published no keys")


class Node:
    """A home node that answers for some; the servers of all others hold the request open."""

    def __init__(self, bob: Owner) -> None:
        self.shown = {BOB: bob}
        self.asked: list[str] = []

    async def ask(self, method: str, path: str, kind: type, query: dict[str, str]) -> ActorKeys:
        self.asked.append(query["actor"])
        answer = self.shown.get(query["actor"])
        if answer is None:
            await asyncio.Event().wait()
        assert answer is not None
        shown = answer.shown
        return ActorKeys(actor=BOB, root=b"", delegation=shown.delegation, list=shown.list)


class Looks:
    """The lookups of a device, at a time that a test moves."""

    def __init__(self, one: Light, node: Node) -> None:
        self.now = NOW
        self.told: list[ConversationEvent] = []
        keys: Any = None  # nobody asks for our own here
        api: Any = node
        self.of = Lookups(api, one.device, keys, lambda: self.now, self.told.extend)


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookups, "PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(lookups, "MOST_AT_ONCE", 2)


@pytest.mark.clause("DEV-16.1")
async def test_servers_that_hold_requests_open_take_a_moment_in_all_and_are_asked_seldom() -> None:
    alice, bob = Light("alice", ALICE), Light("bob", BOB)
    others = [Light(f"x{n}", f"https://x{n}.evil.example/a/x") for n in range(3)]
    members = {one.actor: one.packages() for one in [*others, bob]}
    group = alice.device.start(members, NOW)
    alice.device.say(group, "is owed to all of them", MICROS)
    node = Node(bob=Owner(BOB).lists(bob.device))
    looks = Looks(alice, node)
    await looks.of.round()
    assert len(node.asked) <= lookups.MOST_AT_ONCE + 1, "the others come later"
    first = {*node.asked}
    alice.reopen()  # who did not answer is remembered
    looks = Looks(alice, node)
    looks.now += lookups.REST_SECONDS - 1
    await looks.of.round()
    assert {*node.asked} == {*members} and len(node.asked) == len(members)
    assert len(first) < len(members)
    counts = []
    for _ in range(6):
        looks.now += lookups.REST_SECONDS
        node.asked.clear()
        await looks.of.round()
        assert BOB not in node.asked, "he answered"
        counts.append(len(node.asked))
    assert sum(counts) < 6 * len(others) / 2, "ever more seldom"


@pytest.mark.clause("DEV-16.1", "DEV-16.2")
async def test_whose_server_shows_a_list_that_is_not_signed_is_as_silent_as_one_that_is_away() -> (
    None
):
    """Others are asked all the same: it says nothing of our own token."""
    mallory = "https://evil.example/a/mallory"
    alice, bob, other = Light("alice", ALICE), Light("bob", BOB), Light("mallory", mallory)
    group = alice.device.start({one.actor: one.packages() for one in (bob, other)}, NOW)
    alice.device.say(group, "is owed to both", MICROS)

    class Shows(Node):
        async def ask(self, method: str, path: str, kind: type, query: dict[str, str]) -> ActorKeys:
            if query["actor"] == mallory:
                raise Unproven("KEY-1.6", "the list is not signed by its key")
            return await super().ask(method, path, kind, query)

    looks = Looks(alice, Shows(bob=Owner(BOB).lists(bob.device)))
    await looks.of.round()
    wanted = {look.actor for look in alice.device.trust.wanted(NOW + 60)}
    assert alice.device.trust.wanted(NOW + 59) == [] and wanted == {mallory}


@pytest.mark.clause("DEV-16.1")
async def test_a_clock_that_is_set_back_keeps_nobody_from_being_asked() -> None:
    alice, bob = Light("alice", ALICE), Light("bob", BOB)
    group = befriend(alice, bob)
    node = Node(bob=Owner(BOB).lists(bob.device))
    looks = Looks(alice, node)
    await looks.of.round()
    assert node.asked == [BOB] and not looks.of.is_due
    looks.now -= 10 * 86_400
    assert looks.of.is_due
    await looks.of.before_words(group)
    await looks.of.before_words(group)
    assert node.asked == [BOB, BOB], "the answer is of now again"


@pytest.mark.clause("DEV-16.1")
async def test_what_was_asked_is_remembered_for_a_minute_and_what_was_in_vain_for_a_day() -> None:
    alice = Light("alice", ALICE)
    looks = Looks(alice, Node(bob=Owner(BOB)))
    others = [Light(f"x{n}", f"https://x{n}.evil.example/a/x") for n in range(3)]
    for one in others:
        group = befriend(alice, one)
        await looks.of.before_words(group)
        looks.now += lookups.REST_SECONDS
    assert len(looks.of._asked) == 1 and len(alice.device.state.names("silent", "https:")) == 3
    last = rows.silent_row(others[2].actor)
    alice.device.trust.seen_own(Owner(ALICE).lists(alice.device).shown, NOW + 86_400 + 61)
    assert alice.device.state.names("silent", "https:") == [last]


@pytest.mark.clause("DEV-16.1")
async def test_words_are_kept_whatever_comes_of_a_look(
    square: Square, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = ApiClient.ask

    async def refuse(self: ApiClient, method: str, path: str, *rest: Any, **more: Any) -> Any:
        if path == "/keys":
            raise Unproven("API-2.1", "this session has ended")
        return await ask(self, method, path, *rest, **more)

    async with (
        await square.join("alice", "alpha.test") as alice,
        await square.join("bob", "beta.test") as bob,
    ):
        await friends(square, alice, bob)
        await alice.say(bob.handle, "one")
        square.town.clock.pass_(timedelta(days=2))
        monkeypatch.setattr(ApiClient, "ask", refuse)
        assert (await alice.say(bob.handle, "two")).text == "two"
        assert await texts(alice, bob) == ["one", "two"]


@pytest.mark.clause("DEV-8.1")
async def test_a_seat_lasts_no_longer_where_the_clock_is_set_back() -> None:
    alice, now, taken = Light("alice", ALICE), [NOW], list[int]()

    class Home:
        seat = 0

        async def ask(self, method: str, path: str, kind: type, body: TakeSeat, **_: Any) -> Any:
            taken.append(now[0])
            return TakenSeat(seat=body.have + 1, incarnation="1")

    api: Any = Home()
    seating = Seating(api, alice.device, lambda: now[0], lambda events: None)
    for at in (NOW, NOW + 599, NOW + 600, NOW - 86_400, NOW - 86_000):
        now[0] = at
        await seating.take()
    assert taken == [NOW, NOW + 600, NOW - 86_400]


@pytest.mark.clause("DEV-16.1")
async def test_who_answers_again_is_asked_as_before() -> None:
    alice, bob = Light("alice", ALICE), Light("bob", BOB)
    befriend(alice, bob)
    away = Unreachable("does not answer", beyond=True)
    trust = alice.device.trust
    for at, wait in ((NOW, 60), (NOW + 60, 120), (NOW + 180, 240)):
        assert trust.wanted(at) == [Look(BOB)]
        trust.answered(BOB, away, at)
        assert trust.wanted(at + wait - 1) == [] and trust.before_adding(BOB, at + wait - 1) == []
    trust.answered(BOB, NO_KEYS, NOW + 500)
    trust.answered(BOB, away, NOW + 90_000)
    assert trust.before_adding(BOB, NOW + 90_060) == [Look(BOB)]


@pytest.mark.clause("DEV-16.1")
async def test_what_is_said_elsewhere_does_not_wait_for_a_look(
    square: Square, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookups, "PATIENCE_SECONDS", 1000)
    begun, ask = asyncio.Event(), ApiClient.ask
    async with (
        await square.join("alice", "alpha.test") as alice,
        await square.join("bob", "beta.test") as bob,
        await square.join("carol", "beta.test") as carol,
    ):
        await friends(square, alice, bob)
        await square.befriend(alice, carol)
        await alice.say(bob.handle, "one")
        await carol.say(alice.handle, "from a server that will not answer")
        await square.town.settle()

        async def hold(self: ApiClient, method: str, path: str, *rest: Any, **more: Any) -> Any:
            if path == "/keys" and more["query"]["actor"] == carol.profile.actor:
                begun.set()
                await asyncio.Event().wait()
            return await ask(self, method, path, *rest, **more)

        async def answer() -> None:
            await alice.catch_up()
            await alice.say(carol.handle, "are you there?")

        monkeypatch.setattr(ApiClient, "ask", hold)
        waiting = asyncio.create_task(answer())
        await begun.wait()
        said = await alice.say(bob.handle, "two")
        assert said.sent and not waiting.done()
        waiting.cancel()
        await asyncio.wait([waiting])
        await square.town.settle()
        await bob.catch_up()
        assert await texts(bob, alice) == ["one", "two"]


class Slow(Node):
    """It answers when a test lets it."""

    def __init__(self, bob: Owner) -> None:
        super().__init__(bob)
        self.begun, self.answers = asyncio.Event(), asyncio.Event()

    async def ask(self, method: str, path: str, kind: type, query: dict[str, str]) -> ActorKeys:
        self.begun.set()
        await self.answers.wait()
        return await super().ask(method, path, kind, query)


@pytest.mark.clause("DEV-16.1")
async def test_who_says_more_waits_for_the_look_that_is_under_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lookups, "PATIENCE_SECONDS", 1000)
    alice, bob = Light("alice", ALICE), Light("bob", BOB)
    group = befriend(alice, bob)
    node = Slow(bob=Owner(BOB).lists(bob.device))
    looks = Looks(alice, node)
    one = asyncio.create_task(looks.of.before_words(group))
    await node.begun.wait()
    more = [asyncio.create_task(looks.of.before_words(group)) for _ in range(2)]
    more.append(asyncio.create_task(looks.of.round()))
    for _ in range(20):  # they go as far as they can
        await asyncio.sleep(0)
    assert not any(each.done() for each in (one, *more))
    more[0].cancel()
    node.answers.set()
    await asyncio.gather(one, *more[1:])
    assert node.asked == [BOB] and alice.device.pin_of(BOB) is not None


@pytest.mark.clause("DEV-16.1")
async def test_who_waits_for_a_look_of_another_has_a_patience_of_their_own() -> None:
    alice, bob = Light("alice", ALICE), Light("bob", BOB)
    group = befriend(alice, bob)
    node = Slow(bob=Owner(BOB))
    looks = Looks(alice, node)
    await asyncio.gather(*[looks.of.before_words(group) for _ in range(2)])
    wanted = alice.device.trust.wanted
    assert (wanted(NOW + 59), wanted(NOW + 60)) == ([], [Look(BOB)]), "it was in vain once"


@pytest.mark.clause("DEV-16.1", "KEY-5.2")
def test_the_first_keys_of_who_had_none_are_no_alarm() -> None:
    alice, bob = Light("alice", ALICE), Light("bob", BOB)
    group = befriend(alice, bob)
    trust = alice.device.trust
    assert trust.answered(BOB, NO_KEYS, NOW) == []
    phone = Light("phone", BOB)
    owner = Owner(BOB).lists(bob.device, phone.device)
    bob.device.add(group, {BOB: phone.packages()}, NOW)
    (asked,) = bob.send()
    assert not any(isinstance(one, DeviceDoubted) for one in alice.get(asked.content))
    assert trust.standing(group, NOW)[BOB].state == "unconfirmed"
    assert trust.wanted(NOW) == [Look(BOB, "1.1")]
    trust.answered(BOB, owner.shown, NOW)
    assert trust.standing(group, NOW)[BOB].state == "known" and trust.wanted(NOW) == []


@pytest.mark.clause("DEV-16.1", "KEY-5.2")
def test_who_publishes_none_still_is_a_ghost() -> None:
    alice, bob = Light("alice", ALICE), Light("bob", BOB)
    group = befriend(alice, bob)
    trust = alice.device.trust
    trust.answered(BOB, NO_KEYS, NOW)
    ghost = Light("ghost", BOB)
    Owner(BOB).lists(ghost.device)
    bob.device.add(group, {BOB: ghost.packages()}, NOW)
    alice.get(bob.send()[0].content)
    (told,) = trust.answered(BOB, NO_KEYS, NOW + 1)
    assert isinstance(told, DeviceDoubted) and "not those that they publish" in told.reason
    assert trust.wanted(NOW + 2) == [], "it was asked for since"


@pytest.mark.clause("DEV-16.1", "DEV-16.6")
async def test_a_package_of_a_device_that_was_listed_just_now_is_taken() -> None:
    alice, bob = Light("alice", ALICE), Light("bob", BOB)
    phone, laptop = Light("phone", BOB), Light("laptop", BOB)
    owner = Owner(BOB).lists(bob.device)
    node = Node(bob=owner)
    looks = Looks(alice, node)
    await looks.of.before_adding(BOB)
    packages = [*phone.packages(), *laptop.packages()]  # without certificates
    owner.lists(phone.device)
    assert await looks.of.sift(BOB, packages) == packages[:1]
    assert [type(one) for one in looks.told][-1] is DeviceDoubted
    assert node.asked == [BOB, BOB]
    with pytest.raises(Refused):
        await looks.of.sift(BOB, packages[1:])
    assert node.asked == [BOB, BOB, BOB], "the list that is known now is no answer"
    with pytest.raises(Refused):
        await looks.of.sift(BOB, packages[1:])
    assert node.asked == [BOB, BOB, BOB], "once a minute"


@pytest.mark.clause("DEV-16.1")
@pytest.mark.parametrize("by", ["a round", "words"])
async def test_what_is_owed_waits_for_the_look_whoever_sends_and_goes_out_with_its_answer(
    monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    monkeypatch.setattr(lookups, "PATIENCE_SECONDS", 1000)
    alice, bob, carol = Light("alice", ALICE), Light("bob", BOB), Light("carol", CAROL)
    group, elsewhere = befriend(alice, bob), befriend(alice, carol)
    alice.device.say(group, "is owed to Bob", MICROS)
    node = Slow(bob=Owner(BOB).lists(bob.device))
    looks = Looks(alice, node)
    asking = looks.of.round() if by == "a round" else looks.of.before_words(group)
    one = asyncio.create_task(asking)
    await node.begun.wait()
    more = asyncio.create_task(looks.of.before_words(group))
    for _ in range(9):
        await asyncio.sleep(0)
    alice.device.retry()
    assert isinstance(alice.device.next(NOW), Wait) and not alice.device.has_work
    alice.device.say(elsewhere, "words in another conversation", MICROS)
    assert [asked.group for asked in alice.send()] == [elsewhere]
    node.answers.set()
    await more
    assert [asked.group for asked in alice.send()] == [group], "at once, whoever asked"
    one.cancel()


@pytest.mark.clause("DEV-16.1")
async def test_a_look_that_comes_to_nothing_holds_what_is_owed_no_longer() -> None:
    alice, bob, carol = Light("alice", ALICE), Light("bob", BOB), Light("carol", CAROL)
    groups = [befriend(alice, one) for one in (bob, carol)]
    for group in groups:
        alice.device.say(group, "is owed", MICROS)
    looks = Looks(alice, Node(bob=Owner(BOB).lists(bob.device)))  # Carol's server holds it open
    await looks.of.round()
    await looks.of.before_words(groups[0])
    assert {asked.group for asked in alice.send()} == {*groups}
    assert not alice.device.outbox.obstacles.some


def damaged(package: bytes) -> bytes:
    return package[:-1] + bytes([package[-1] ^ 1])


@pytest.mark.clause("DEV-16.6", "E2E-2.10")
async def test_a_key_package_that_cannot_be_used_keeps_no_other_device_out() -> None:
    alice, bob, phone = Light("alice", ALICE), Light("bob", BOB), Light("phone", BOB)
    carol = Light("carol", CAROL)
    looks = Looks(alice, Node(bob=Owner(BOB).lists(bob.device, phone.device)))
    (good,), (other,) = bob.packages(), phone.packages()
    bad = [b"no key package", damaged(other), *carol.packages()]
    assert await looks.of.sift(BOB, [*bad[:2], good, *bad[2:]]) == [good]
    (told,) = looks.told
    assert isinstance(told, DeviceDoubted) and (told.conversation, told.actor) == ("", BOB)
    assert told.seen == stops.UNFIT and "cannot be used" in told.reason
    looks.told.clear()
    assert await looks.of.sift(BOB, [*bad, good], meant=False) == [good] and looks.told == []
    for only in bad:
        with pytest.raises(Forbidden, match=r"KEY-5\.2.*cannot be used") as refused:
            await looks.of.sift(BOB, [only])
        assert refused.value.params == {"seen": stops.UNFIT, "actor": BOB}
    assert await looks.of.sift(BOB, []) == []


@pytest.mark.clause("DEV-16.6")
@pytest.mark.parametrize("days", [-400, -2, 200], ids=["year behind", "days behind", "ahead"])
async def test_a_clock_that_is_wrong_is_not_told_as_a_friends_bad_keys(days: int) -> None:
    alice, bob, phone = Light("alice", ALICE), Light("bob", BOB), Light("phone", BOB)
    carol = Light("carol", CAROL)
    looks = Looks(alice, Node(bob=Owner(BOB).lists(bob.device, phone.device)))
    (good,), (other,), (foreign,) = bob.packages(), phone.packages(), carol.packages()
    looks.now = NOW + days * 86_400
    with pytest.raises(Forbidden, match=r"clock of this device: it may be wrong") as refused:
        await looks.of.sift(BOB, [good, other])
    assert refused.value.params == {"seen": stops.CLOCK, "actor": BOB}
    assert "the time of this machine" in advice(refused.value)
    for bad in (b"no key package", damaged(other), foreign):
        with pytest.raises(Forbidden, match="cannot be used"):
            await looks.of.sift(BOB, [good, bad])
    assert looks.told == []


@pytest.mark.clause("DEV-16.6")
async def test_where_one_key_package_has_not_ended_our_clock_is_right() -> None:
    alice, bob, phone = Light("alice", ALICE), Light("bob", BOB), Light("phone", BOB)
    looks = Looks(alice, Node(bob=Owner(BOB).lists(bob.device, phone.device)))
    (new,) = bob.packages()
    ((old, _),) = phone.device.new_packages(1, False, NOW - 60 * 86_400)
    assert await looks.of.sift(BOB, [old, new]) == [new]
    assert [one.seen for one in looks.told if isinstance(one, DeviceDoubted)] == [stops.UNFIT]


@pytest.mark.clause("DEV-16.6")
async def test_a_conversation_begins_though_one_of_their_key_packages_is_bad(
    square: Square, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = ApiClient.ask
    good = True

    async def spoil(self: ApiClient, method: str, path: str, *rest: Any, **more: Any) -> Any:
        found = await ask(self, method, path, *rest, **more)
        if path != "/key-packages/claim":
            return found
        (one,) = found.packages
        bad = replace(one, content=damaged(one.content))
        return replace(found, packages=[bad, one] if good else [bad])

    async with (
        await square.join("alice", "alpha.test") as alice,
        await square.join("bob", "beta.test") as bob,
    ):
        await friends(square, alice, bob)
        monkeypatch.setattr(ApiClient, "ask", spoil)
        good = False
        with pytest.raises(Forbidden, match="cannot be used"):
            await alice.say(bob.handle, "one")
        assert await alice.conversations() == {}
        good = True
        assert (await alice.say(bob.handle, "one")).sent
        told = [one.seen for one in await alice.told() if isinstance(one, DeviceDoubted)]
        assert told == [stops.UNFIT]
        await square.town.settle()
        assert await texts(bob, alice) == ["one"]


@pytest.mark.clause("DEV-17.1")
async def test_a_list_that_did_not_come_true_wakes_whoever_sends() -> None:
    alice, phone = Light("alice", ALICE), Light("phone", ALICE)
    befriend(alice, Light("bob", BOB))
    has_a_part(Owner(ALICE).lists(alice.device, phone.device), alice)
    api: Any = SimpleNamespace()
    messenger = Messenger(api, alice.device, FakeClock(), lambda: None)
    messenger.lookups._last_round = messenger._seconds()
    assert not alice.device.has_work and not messenger.lookups.is_due
    await messenger.take([])
    assert messenger._work.is_set()
    with alice.device.state.step():
        alice.device.state.write(rows.FOLLOWED, b"1.1")
    assert alice.device.trust.is_followed
    messenger._work.clear()
    await messenger.take([])
    assert not messenger._work.is_set()
    await messenger.close()

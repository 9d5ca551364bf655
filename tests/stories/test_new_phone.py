"""A friend's new phone, words that nobody fetched, a server that was silent: told, and kept."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from node.client import unfetched
from node.client.conversation_events import (
    ConversationJoined,
    MessageReturned,
    NoDeviceLeft,
    WordsUnfetched,
)
from node.e2ee.returning import Unread
from node.errors import Missing, NoRoom
from node.ports import Request, Response
from node.store import tables
from node.store.mailbox import MailboxUnit
from node.testing.town import Town
from node.wire.api.accounts import DeviceList
from node.wire.api.inbox import NoticeList
from node.wire.times import day_of
from tests.stories.people import Person, befriend, new_phone, person
from tests.stories.test_sealed import heard, texts

DAY = timedelta(days=1)


async def log_out(town: Town, one: Person) -> None:
    """As `kith logout`: the device is revoked."""
    devices = (await one.line.ask("GET", "/devices", DeviceList)).items
    (device,) = [device for device in devices if device.current]
    await one.line.ask("DELETE", f"/devices/{device.id}", object)
    await town.settle()


async def read(one: Person) -> None:
    """Take in what waits, and acknowledge it."""
    await one.talk.pull()
    assert one.talk._finishing is not None
    await one.talk._finishing


def states(one: Person) -> dict[str, bool]:
    """What a person said, and whether it is sent."""
    device = one.talk.device
    rows = device.history(*device.conversations())
    return {row.text: row.sent for row in rows if row.actor == one.actor}


@pytest.mark.clause("E2E-4.2", "E2E-4.9", "DEV-10.6")
@pytest.mark.parametrize("arrives", [True, False], ids=["unread", "on its way"])
@pytest.mark.parametrize("domain", ["beta.test", "alpha.test"], ids=["elsewhere", "here"])
async def test_who_asks_in_a_phone_that_is_gone_is_told_before_they_say_anything(
    town: Town, domain: str, arrives: bool
) -> None:
    async with person(town, "alice", "alpha.test") as alice, person(town, "bob", domain) as bob:
        await befriend(town, alice, bob)
        group = await alice.talk.with_actor(bob.actor)
        if arrives:
            await town.settle()
        await log_out(town, bob)
        await town.settle()
        await alice.talk.pull()
        told = [one for one in heard(alice) if isinstance(one, NoDeviceLeft)]
        assert told == [NoDeviceLeft(group, bob.actor, has_new=False)]
        said = await alice.talk.say(group, "it is kept")
        assert not said.sent


@pytest.mark.clause("E2E-4.9", "E2E-4.10", "DEV-10.2", "DEV-10.3", "DEV-10.4", "E2E-5.8")
@pytest.mark.parametrize("domain", ["beta.test", "alpha.test"], ids=["elsewhere", "here"])
async def test_words_to_a_former_phone_are_kept_and_go_on_when_one_says_so(
    town: Town, domain: str
) -> None:
    async with person(town, "alice", "alpha.test") as alice, person(town, "bob", domain) as bob:
        await befriend(town, alice, bob)
        group = await alice.talk.with_actor(bob.actor)
        await alice.talk.say(group, "read")
        await town.settle()
        await read(bob)
        await alice.talk.say(group, "waits for the old phone")
        await town.settle()
        await log_out(town, bob)
        await alice.talk.say(group, "nobody is logged in")
        await town.settle()
        await alice.talk.pull()
        told = heard(alice)
        assert [one.has_new for one in told if isinstance(one, NoDeviceLeft)] == [False]
        back = [(one.text, one.reason) for one in told if isinstance(one, MessageReturned)]
        assert back == [("waits for the old phone", "no_device"),
                        ("nobody is logged in", "no_device")]  # fmt: skip
        with pytest.raises(Missing):
            await alice.talk.go_on(bob.actor)
        said = await alice.talk.say(group, "kept at once")
        assert not said.sent and "no device" in str(alice.talk.device.held(group))
        assert states(alice) == {
            "read": True,
            "waits for the old phone": False,
            "nobody is logged in": False,
            "kept at once": False,
        }
        async with new_phone(town, bob) as phone:
            await town.settle(DAY)
            await alice.talk.pull()
            await phone.talk.pull()
            assert texts(phone) == [], "nothing adds a new device by itself"
            fresh, count = await alice.talk.go_on(bob.actor)
            assert (fresh != group, count) == (True, 3)
            await town.settle()
            await phone.talk.pull()
            assert texts(phone) == ["waits for the old phone", "nobody is logged in",
                                    "kept at once"]  # fmt: skip
            assert all(states(alice).values())
            await phone.talk.say(await phone.talk.with_actor(alice.actor), "here I am")
            await town.settle()
            await alice.talk.pull()
            assert texts(alice) == ["here I am"]
            assert alice.talk.device.between(bob.actor)[0] == fresh


@pytest.mark.clause("DEV-10.4", "E2E-5.8")
async def test_when_the_new_phone_begins_what_was_kept_still_waits_for_ones_word(
    town: Town,
) -> None:
    """A node could put a ghost in a friend's place: what was meant for him does not go to it."""
    async with (
        person(town, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
    ):
        await befriend(town, alice, bob)
        group = await alice.talk.with_actor(bob.actor)
        await town.settle()
        await bob.talk.pull()
        await log_out(town, bob)
        async with new_phone(town, bob) as phone:
            await alice.talk.say(group, "for your eyes")
            await town.settle()
            town.clock.pass_(timedelta(minutes=1))
            await phone.talk.say(await phone.talk.with_actor(alice.actor), "my new phone")
            await town.settle()
            await alice.talk.pull()
            told = heard(alice)
            assert [one.has_new for one in told if isinstance(one, NoDeviceLeft)][-1:] == [True]
            assert [one for one in told if isinstance(one, ConversationJoined)]
            fresh = alice.talk.device.between(bob.actor)[0]
            assert (await alice.talk.say(fresh, "is it you?")).sent
            await town.settle(DAY)
            await phone.talk.pull()
            assert texts(phone) == ["is it you?"]
            assert await alice.talk.go_on(bob.actor) == (fresh, 1)
            await town.settle()
            await phone.talk.pull()
            assert texts(phone) == ["for your eyes"]
            rows = alice.talk.device.history(*alice.talk.device.between(bob.actor))
            assert [row.text for row in rows] == ["for your eyes", "my new phone", "is it you?"]


@pytest.mark.clause("E2E-4.9", "DEV-10.5", "API-11.6")
async def test_words_that_a_silent_server_did_not_take_are_told_and_said_again(town: Town) -> None:
    async with (
        person(town, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
    ):
        await befriend(town, alice, bob)
        group = await alice.talk.with_actor(bob.actor)
        await town.settle()
        await bob.talk.pull()
        town.down.add("beta.test")
        await alice.talk.say(group, "are you there?")
        for _ in range(9):
            await town.settle(DAY)
        await alice.talk.pull()
        (told,) = [one for one in heard(alice) if isinstance(one, MessageReturned)]
        assert (told.text, told.reason) == ("are you there?", "not_delivered")
        assert states(alice) == {"are you there?": False}
        notices = (await alice.line.ask("GET", "/notices", NoticeList)).items
        assert [one.kind for one in notices].count("delivery_failed") == 1
        town.down.clear()
        await bob.talk.prepare()
        await bob.talk.say(group, "we had no power")
        await town.settle()
        await alice.talk.pull()
        await town.settle()
        await bob.talk.pull()
        assert texts(bob)[-1:] == ["are you there?"]
        assert states(alice) == {"are you there?": True}


@pytest.mark.clause("E2E-4.9", "DEV-10.5")
@pytest.mark.parametrize("status", [403, 410])
async def test_words_that_a_server_refuses_are_told_as_that_and_not_said_again(
    town: Town, status: int
) -> None:
    async with (
        person(town, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
    ):
        await befriend(town, alice, bob)
        group = await alice.talk.with_actor(bob.actor)
        await town.settle()
        await bob.talk.pull()

        async def refuse(request: Request) -> Response:
            return Response(status, request.url, {}, b"")

        town.strangers["beta.test"] = refuse
        await alice.talk.say(group, "may I?")
        await town.settle()
        await alice.talk.pull()
        (told,) = [one for one in heard(alice) if isinstance(one, MessageReturned)]
        assert (told.text, told.reason) == ("may I?", "refused")
        town.strangers.clear()
        await bob.talk.prepare()
        await bob.talk.say(group, "no")
        await town.settle()
        await alice.talk.pull()
        assert texts(alice)[-1:] == ["no"]
        await town.settle()
        await bob.talk.pull()
        assert texts(bob) == [], "it is not said again"
        assert states(alice) == {"may I?": False}


@pytest.mark.clause("E2E-4.5", "E2E-4.9", "DEV-10.5")
async def test_words_that_nobody_fetched_for_thirty_days_are_told_and_said_again(
    town: Town,
) -> None:
    async with (
        person(town, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
    ):
        await befriend(town, alice, bob)
        group = await alice.talk.with_actor(bob.actor)
        await alice.talk.say(group, "read")
        await town.settle()
        await read(bob)
        await bob.harness.node.worker._jobber.begin()
        for text in ("one", "two"):
            await alice.talk.say(group, text)
        await town.settle()
        await town.settle(31 * DAY)
        await town.settle(timedelta(hours=2))
        await alice.talk.prepare()
        await alice.talk.pull()
        back = [one for one in heard(alice) if isinstance(one, MessageReturned)]
        assert [(one.text, one.reason) for one in back] == [
            ("one", "not_fetched"), ("two", "not_fetched"),
        ]  # fmt: skip
        heard(bob)
        await bob.talk.prepare()
        await bob.talk.say(group, "I was on the sea")
        await town.settle()
        await alice.talk.pull()
        await town.settle()
        await bob.talk.pull()
        assert texts(bob) == ["one", "two"]
        assert all(states(alice).values())


@pytest.mark.clause("E2E-4.11", "DEV-10.7", "E2E-4.10")
@pytest.mark.parametrize("domain", ["beta.test", "alpha.test"], ids=["elsewhere", "here"])
async def test_of_a_lost_phone_that_nobody_revoked_it_is_told_after_three_days(
    town: Town, domain: str
) -> None:
    async with person(town, "alice", "alpha.test") as alice, person(town, "bob", domain) as bob:
        await befriend(town, alice, bob)
        group = await alice.talk.with_actor(bob.actor)
        await alice.talk.say(group, "read")
        await town.settle()
        await read(bob)
        await bob.harness.node.worker._jobber.begin()
        town.clock.pass_(DAY + timedelta(hours=3))
        since = int(day_of(town.clock.now()).timestamp())
        for text in ("one", "two"):
            await alice.talk.say(group, text)
            town.clock.pass_(timedelta(minutes=1))
        await town.settle()
        await town.settle(2 * DAY)
        await alice.talk.pull()
        assert [one for one in heard(alice) if isinstance(one, WordsUnfetched)] == []
        await town.settle(DAY + timedelta(hours=2))
        await town.settle(DAY)
        await alice.talk.prepare()
        await alice.talk.pull()
        late = [one for one in heard(alice) if isinstance(one, WordsUnfetched)]
        assert late == [WordsUnfetched(group, bob.actor, since)], "once, of all that waits"
        assert states(alice) == {"read": True, "one": True, "two": True}
        assert unfetched.of(alice.talk.device.state, group) == {bob.actor: since}
        await bob.talk.prepare()
        await bob.talk.pull()
        assert texts(bob)[-2:] == ["one", "two"]
        await town.settle(4 * DAY)
        await alice.talk.pull()
        assert unfetched.of(alice.talk.device.state, group), "when they fetch is told to nobody"
        await bob.talk.say(group, "it was in the drawer")
        await town.settle()
        await alice.talk.pull()
        assert unfetched.of(alice.talk.device.state, group) == {}


@pytest.mark.clause("E2E-4.11", "E2E-4.9")
async def test_what_cannot_be_told_of_a_lost_phone_keeps_nothing_from_being_returned_and_purged(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(unit: MailboxUnit, count: int) -> list[Unread]:
        raise NoRoom("no disk is left")

    monkeypatch.setattr(MailboxUnit, "unfetched_mail", full)
    async with (
        person(town, "alice", "alpha.test") as alice,
        person(town, "bob", "alpha.test") as bob,
    ):
        await befriend(town, alice, bob)
        group = await alice.talk.with_actor(bob.actor)
        await alice.talk.say(group, "one")
        await bob.harness.node.worker._jobber.begin()
        await town.settle(31 * DAY)
        await town.settle(timedelta(hours=2))
        await alice.talk.prepare()
        await alice.talk.pull()
        back = [one for one in heard(alice) if isinstance(one, MessageReturned)]
        assert [(one.text, one.reason) for one in back] == [("one", "not_fetched")]
        assert await _mail(bob) == []


@pytest.mark.clause("E2E-3.16", "DEV-11.1", "DEV-5.5")
async def test_who_was_taken_out_gets_nothing_more_at_another_home_node(town: Town) -> None:
    async with (
        person(town, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
        person(town, "carol", "beta.test") as carol,
    ):
        for one in (bob, carol):
            await befriend(town, alice, one)
        group = await alice.talk.with_actor(bob.actor)
        await alice.talk.add(group, carol.actor)
        await town.settle()
        for one in (bob, carol):
            await read(one)
        await alice.talk.remove(group, bob.actor)
        await town.settle()
        await carol.talk.pull()
        await carol.talk.flush()
        before = await _mail(bob)
        await carol.talk.say(group, "without him")
        alice.talk.device.refresh(group, int(town.clock.now().timestamp()))
        await alice.talk.flush()
        await town.settle()
        assert await _mail(bob) == before
        await bob.talk.pull()
        await alice.talk.add(group, bob.actor)
        await town.settle()
        await alice.talk.say(group, "with him again")
        await town.settle()
        await bob.talk.pull()
        await bob.talk.flush()
        assert texts(bob)[-1:] == ["with him again"]
        await carol.talk.pull()
        await carol.talk.say(group, "welcome back")
        await town.settle()
        await bob.talk.pull()
        assert texts(bob) == ["welcome back"]


async def _mail(one: Person) -> list[str]:
    m = tables.mailbox.c
    mine = select(tables.devices.c.id).where(tables.devices.c.actor == one.actor)
    query = select(m.kind).where(m.device.in_(mine)).order_by(m.seq)
    async with one.harness.node.stores.database.read() as connection:
        return list((await connection.execute(query)).scalars())

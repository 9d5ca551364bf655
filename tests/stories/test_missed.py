"""Words that cross with commits, in every weather: each is heard once, or it is told why not."""

import random
from collections.abc import Callable
from datetime import timedelta

import pytest

from node.client import message_maker
from node.client.conversation_events import MessageReceived, MessageUndelivered, MessageUnreadable
from node.errors import Forbidden, Unreachable
from node.ports import Request
from node.store.e2ee import E2eeUnit
from node.testing.town import Fate, Town, fair
from tests.stories.people import Person, befriend, person
from tests.stories.test_sealed import heard, restart, texts

# Late words, a complaint, the words anew; and once more for a complaint that was late itself.
EXCHANGES = 6
BACKOFF = timedelta(hours=13)  # longer than any wait before the next try


def lost_on_the_way_to(domain: str) -> Callable[[Request], Fate]:
    return lambda request: Fate.LOST if f"//{domain}" in request.url else Fate.ARRIVES


async def commit(town: Town, one: Person, group: str) -> None:
    one.talk.device.refresh(group, int(town.clock.now().timestamp()))
    await one.talk.flush()


@pytest.mark.clause("E2E-5.9")
async def test_words_that_come_eleven_epochs_late_are_heard(town: Town) -> None:
    """Only what Bob's node sends arrives; he commits, and Alice's words wait for his node."""
    async with (
        person(town, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
    ):
        await befriend(town, alice, bob)
        group = await alice.talk.with_actor(bob.actor)
        await town.settle()
        await bob.talk.pull()
        town.weather = lost_on_the_way_to("beta.test")
        for number in range(3):
            await alice.talk.say(group, str(number))
        await town.settle()
        for _ in range(11):
            await commit(town, bob, group)
            await town.settle()
        await alice.talk.pull()
        assert alice.talk.device.epoch(group) == bob.talk.device.epoch(group)
        town.weather = fair
        await town.settle(BACKOFF)
        heard(bob)
        await bob.talk.pull()  # and it complains
        missed = heard(bob)
        assert [one.asked_again for one in missed if isinstance(one, MessageUnreadable)] == [
            True
        ] * 3
        await town.settle()
        await alice.talk.pull()  # and she seals them anew
        assert heard(alice)[-1:] != []
        await town.settle()
        await bob.talk.pull()
        assert texts(bob) == ["0", "1", "2"]
        assert [row.sent for row in alice.talk.device.history(group)] == [True] * 3


@pytest.mark.clause("E2E-5.7", "E2E-5.10")
async def test_words_wait_while_the_relay_is_away(town: Town) -> None:
    """Bob's commits need Alice's node; his talk with Carol does not."""
    async with (
        person(town, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
        person(town, "carol", "beta.test") as carol,
    ):
        await befriend(town, alice, bob)
        await befriend(town, carol, bob)
        group = await alice.talk.with_actor(bob.actor)
        other = await carol.talk.with_actor(bob.actor)
        await town.settle()
        await bob.talk.pull()
        town.down.add("alpha.test")
        spoken = [str(number) for number in range(message_maker.COMMIT_AFTER_MESSAGES + 3)]
        sent = [(await bob.talk.say(group, text)).sent for text in spoken]
        assert sent == [True] * message_maker.COMMIT_AFTER_MESSAGES + [False] * 3
        assert (await bob.talk.say(other, "we at least")).sent
        with pytest.raises(Unreachable):
            await bob.talk.flush()
        town.down.clear()
        await town.settle(BACKOFF)
        await bob.talk.flush()
        await town.settle()
        for one in (alice, carol):
            await one.talk.pull()
        assert texts(alice) == spoken
        assert texts(carol) == ["we at least"]


@pytest.mark.clause("E2E-5.7")
async def test_a_commit_that_is_still_on_its_way_holds_words_back_and_refuses_none(
    town: Town,
) -> None:
    """Alice's commit came first at the relay, and does not reach Bob."""
    async with (
        person(town, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
    ):
        await befriend(town, alice, bob)
        group = await alice.talk.with_actor(bob.actor)
        await town.settle()
        await bob.talk.pull()
        town.weather = lost_on_the_way_to("beta.test")
        await commit(town, alice, group)
        await commit(town, bob, group)
        spoken = ["first", "second"]
        for text in spoken:
            assert (await bob.talk.say(group, text)).sent
        await commit(town, bob, group)
        await bob.talk.say(group, "third")
        town.weather = fair
        await town.settle(BACKOFF)
        await bob.talk.pull()  # her commit is there: what waited goes out
        await town.settle()
        await alice.talk.pull()
        assert texts(alice) == [*spoken, "third"]
        assert bob.talk.device.owed() == []


@pytest.mark.clause("E2E-5.9", "E2E-5.4", "E2E-5.7")
@pytest.mark.parametrize("seed", (1, 3, 5))
async def test_whatever_the_weather_each_word_is_heard_once(
    town: Town, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both commit all the time while requests are lost, repeated and late, and devices restart."""
    monkeypatch.setattr(message_maker, "COMMIT_AFTER_MESSAGES", 2)
    chance = random.Random(seed)
    async with (
        person(town, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
    ):
        await befriend(town, alice, bob)
        group = await alice.talk.with_actor(bob.actor)
        await town.settle()
        await bob.talk.pull()
        spoken: dict[str, list[str]] = {"alice": [], "bob": []}
        found: dict[str, list[object]] = {"alice": [], "bob": []}
        for turn in range(40):
            bad = chance.choice((0.0, 0.3, 0.9))
            towards = chance.choice(("//alpha", "//beta", "//"))

            def weather(request: Request, bad: float = bad, towards: str = towards) -> Fate:
                if towards not in request.url or chance.random() >= bad:
                    return Fate.ARRIVES
                return chance.choice((Fate.LOST, Fate.UNANSWERED, Fate.TWICE))

            town.weather = weather
            one = chance.choice((alice, bob))
            match chance.randrange(6):
                case 0:
                    await one.talk.pull()
                    found[one.name] += heard(one)
                case 1:
                    restart(one)
                case 2:
                    await town.settle(timedelta(seconds=chance.choice((0, 30, 3600))))
                case _:
                    text = f"{one.name} {turn}"
                    spoken[one.name].append(text)
                    await one.talk.say(group, text)
        town.weather = fair
        for _ in range(EXCHANGES):
            await town.settle(BACKOFF)
            for one in (alice, bob):
                await one.talk.prepare()
                await one.talk.pull()
                found[one.name] += heard(one)
        for one, other in ((alice, bob), (bob, alice)):
            said = [each.text for each in found[other.name] if isinstance(each, MessageReceived)]
            assert sorted(said) == sorted(spoken[one.name])
            missed = [each for each in found[other.name] if isinstance(each, MessageUnreadable)]
            assert all(each.asked_again for each in missed), missed
            assert missed or said == spoken[one.name]
            assert one.talk.device.owed() == []
        assert alice.talk.device.authenticator(group) == bob.talk.device.authenticator(group)


@pytest.mark.clause("E2E-5.10")
async def test_words_that_nobody_takes_are_told(town: Town) -> None:
    """Alice was taken out of the conversation at her node, and her device does not know."""
    async with (
        person(town, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
    ):
        await befriend(town, alice, bob)
        group = await alice.talk.with_actor(bob.actor)
        url = alice.talk.device.conversations()[group].url
        units = alice.harness.node.stores.units
        await units.run(E2eeUnit, lambda unit: unit.leave(url, alice.actor))
        with pytest.raises(Forbidden, match=r"E2E-3\.2"):
            await alice.talk.say(group, "told at once")
        later = alice.talk.device.say(group, "told later", 0)
        await alice.talk.prepare()
        (unsent,) = heard(alice)
        assert isinstance(unsent, MessageUndelivered)
        assert (unsent.id, unsent.text, unsent.clause) == (later.id, "told later", "E2E-3.2")
        alice.talk.device.refresh(group, int(town.clock.now().timestamp()))
        lost = alice.talk.device.say(group, "told with its commit", 0)
        await alice.talk.pull()
        await alice.talk.prepare()
        assert [one.id for one in heard(alice) if isinstance(one, MessageUndelivered)] == [lost.id]
        assert alice.talk.device.owed() == []
        assert [row.sent for row in alice.talk.device.history(group)] == [False] * 3

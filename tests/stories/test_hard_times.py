"""Clocks set wrong and nodes put back from copies, again and again, while two people talk.

`tools/soak clocks` and `tools/soak restores` do so many more times, each day by another seed.
"""

import os
import random
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from node.client.conversation_events import (
    MembersChanged,
    MessageReceived,
    MessageUndelivered,
    NodeRestored,
)
from node.federation.activities.prose import plain
from node.testing.town import Town
from tests.stories.conftest import DOMAINS
from tests.stories.copies import copy_of, put_back
from tests.stories.people import Person, befriend, person
from tests.stories.test_posts import feed, publish
from tests.stories.test_restored import posts
from tests.stories.test_sealed import heard

CLOCKS = int(os.environ.get("SOAK_CLOCKS", "4"))
RESTORES = int(os.environ.get("SOAK_RESTORES", "2"))
SEED = int(os.environ.get("SOAK_SEED", "7"))
# By how many minutes: from what nobody minds to what is more than a day.
WRONG = (2, 20, 59, 61, 180, 24 * 60, 50 * 60)


@dataclass(slots=True)
class Friend:
    """One of the two: what they said and posted, and what they heard."""

    person: Person
    group: str
    said: list[str] = field(default_factory=list)
    posted: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    told: list[object] = field(default_factory=list)

    @property
    def domain(self) -> str:
        return self.person.harness.domain

    async def does_something(self, words: str, chance: random.Random) -> None:
        """Says it sealed, or posts it."""
        if chance.random() < 0.5:
            await self.person.talk.say(self.group, words)
            self.said.append(words)
        else:
            await publish(self.person, words)
            self.posted.append(words)

    async def listens(self) -> None:
        await self.person.talk.prepare()
        await self.person.talk.pull()
        for one in heard(self.person):
            if isinstance(one, MessageReceived):
                self.heard.append(one.text)
            else:
                self.told.append(one)

    async def fed(self) -> list[str]:
        return sorted(plain(post.content) for post in await feed(self.person.line))


async def friends_of(town: Town, alice: Person, bob: Person) -> tuple[Friend, Friend]:
    """Both, in a conversation, at rest."""
    await befriend(town, alice, bob)
    group = await alice.talk.with_actor(bob.actor)
    await town.settle()
    both = Friend(alice, group), Friend(bob, group)
    for one in both:
        await one.listens()
        one.told.clear()
    return both


async def set_clock(town: Town, domain: str, by: timedelta) -> None:
    """The clock of this node is set, and the node notices."""
    town.wrong_clocks[domain] = by
    await town.nodes[domain].node.worker.clock_was_set()


@pytest.mark.slow
@pytest.mark.timeout(120 + 10 * CLOCKS)
@pytest.mark.clause("FED-8.15", "FED-8.8")
async def test_what_is_said_while_clocks_are_wrong_arrives_once_when_they_are_right(
    town: Town,
) -> None:
    chance = random.Random(SEED)
    async with (
        person(town, "alice", DOMAINS[0]) as alice,
        person(town, "bob", DOMAINS[1]) as bob,
    ):
        both = await friends_of(town, alice, bob)
        for turn in range(CLOCKS):
            domain = chance.choice(DOMAINS)
            by = timedelta(minutes=chance.choice(WRONG) * chance.choice((-1, 1)))
            await set_clock(town, domain, by)
            for number in range(chance.randint(2, 5)):
                one = chance.choice(both)
                words = f"{one.person.name} {turn}.{number}: {domain} is wrong by {by}"
                await one.does_something(words, chance)
                await town.settle(timedelta(seconds=chance.randint(0, 300)))
            await set_clock(town, domain, timedelta(0))
            await town.settle(timedelta(minutes=chance.randint(0, 90)))
            for one in both:
                await one.listens()
        await town.settle(timedelta(hours=1))
        for one, other in (both, both[::-1]):
            await one.listens()
            assert one.heard == other.said
            assert await one.fed() == sorted(other.posted)
            assert set(one.told) <= {MembersChanged(one.group, (), ())}, "keys are renewed"


@pytest.mark.slow
@pytest.mark.timeout(120 + 30 * RESTORES)
@pytest.mark.clause("FED-13.1", "FED-13.5", "FED-13.8", "E2E-3.14", "E2E-4.8")
async def test_nodes_that_are_put_back_again_and_again_lose_nothing_in_silence(
    town: Town,
) -> None:
    """The other one's words and posts are had again, once each; what is not is told."""
    chance = random.Random(SEED)
    async with (
        person(town, "alice", DOMAINS[0]) as alice,
        person(town, "bob", DOMAINS[1]) as bob,
    ):
        both = await friends_of(town, alice, bob)
        for turn in range(RESTORES):
            back = chance.choice(both)
            (other,) = (one for one in both if one is not back)
            copy = await copy_of(town, back.domain)
            kept = [one.id for one in await posts(back.person)]
            for number in range(chance.randint(2, 6)):
                one = chance.choice(both)
                await one.does_something(f"{one.person.name} {turn}.{number}", chance)
                await town.settle(timedelta(minutes=chance.randint(0, 30)))
                if chance.random() < 0.3:
                    await one.listens()
            told = sum(isinstance(one, NodeRestored) for one in back.told)
            await put_back(town, back.domain, copy)
            await town.settle(timedelta(minutes=1))
            await back.listens()
            assert sum(isinstance(one, NodeRestored) for one in back.told) == told + 1
            assert await back.fed() == sorted(other.posted)
            assert await other.fed() == sorted(back.posted), "the others keep it"
            assert [one.id for one in await posts(back.person)] == kept, "their own are lost"
            # More than once a day no server sends everything again (FED-13.2).
            await town.settle(timedelta(days=2))
            for one in both:
                await one.listens()
                await one.does_something(f"{one.person.name} after {turn}", chance)
            await town.settle(timedelta(hours=1))
            for one in both:
                await one.listens()
        for one, other in (both, both[::-1]):
            returned = [each for each in other.told if isinstance(each, MessageUndelivered)]
            missing = set(other.said) - set(one.heard)
            assert missing <= {each.text for each in returned}
            assert len(one.heard) == len(set(one.heard)), "once each"

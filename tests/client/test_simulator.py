"""Devices and nodes in virtual time, by seeds: once all has healed nothing is lost or twice."""

import os

import pytest

from node.client.said import Said
from node.client.said_rows import Reaction
from node.testing.memory.archive import ArchiveUnit
from node.testing.simulator import Story, play, random_group_story, random_story, shrunk
from node.testing.simulator.home import HomeNode
from node.testing.simulator.story import (
    KILL,
    LINK,
    PUT_BACK,
    REACT,
    SAY,
    STORM,
    TAKE_BACK,
    Step,
)

FIRST = int(os.environ.get("SIMULATOR_SEED", "0"))
SEEDS = int(os.environ.get("SIMULATOR_SEEDS", "50"))
QUICK = (180.0, 600.0)  # so long is waited for each try at a shorter story
TALK = Story(
    1,
    ("alice-1@alpha.test", "bob-1@beta.test"),
    (
        Step(1.0, SAY, "alice-1@alpha.test"),
        Step(2.0, STORM, count=5, span=1.0),
        Step(9.0, SAY, "bob-1@beta.test"),
        Step(20.0, SAY, "alice-1@alpha.test"),
    ),
)


@pytest.mark.clause("DEV-2.1", "DEV-2.2", "DEV-2.5", "DEV-2.6", "DEV-3.3", "DEV-3.4", "DEV-5.1")
@pytest.mark.clause("DEV-11.3", "DEV-14.7")
@pytest.mark.parametrize("seed", range(FIRST, FIRST + SEEDS))
def test_all_is_as_it_should_be_once_it_has_healed(seed: int) -> None:
    story = random_story(seed)
    if found := play(story):
        shortest = shrunk(story, lambda one: bool(play(one, QUICK)), 40)
        pytest.fail("\n".join([str(shortest), *play(shortest), "", "at first:", *found]))


@pytest.mark.clause("DEV-19.4", "DEV-19.5", "E2E-8.1")
@pytest.mark.parametrize("seed", range(FIRST, FIRST + max(SEEDS // 4, 1)))
def test_a_group_is_as_it_should_be_once_it_has_healed(seed: int) -> None:
    story = random_group_story(seed)
    if found := play(story):
        shortest = shrunk(story, lambda one: bool(play(one, QUICK)), 40)
        pytest.fail("\n".join([str(shortest), *play(shortest), "", "at first:", *found]))


def test_a_story_is_told_twice_alike() -> None:
    assert random_story(7) == random_story(7)
    assert play(TALK) == play(TALK) == []


def test_what_is_lost_for_good_is_noticed_and_the_story_of_it_made_short(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    arrive = HomeNode.arrive

    def forgets(node: HomeNode, body: bytes) -> None:
        """A door that loses what it said it took, while that storm blows."""
        if node.sky.storm != 1:
            arrive(node, body)

    monkeypatch.setattr(HomeNode, "arrive", forgets)

    def goes_wrong(story: Story) -> bool:
        return any("lacks" in one for one in play(story, healing=(60.0,)))

    steps = (*TALK.steps, Step(19.0, STORM, count=1, span=9.0))
    story = Story(1, TALK.devices, tuple(sorted(steps, key=lambda step: step.at)))
    assert goes_wrong(story) and not goes_wrong(TALK)
    shortest = shrunk(story, goes_wrong)
    assert [(step.at, step.kind) for step in shortest.steps] == [(19.0, STORM), (20.0, SAY)]
    assert str(shortest).splitlines() == [
        "seed 1: alice-1@alpha.test, bob-1@beta.test",
        "   19.00 s storm 1 for 9.0 s",
        "   20.00 s say alice-1@alpha.test",
    ]


def test_a_program_dies_at_any_of_its_writes() -> None:
    """Each of the first writes of a device, before it is on disk and after."""
    for count in range(24):
        dies = Step(0.0, KILL, "alice-1@alpha.test", count=count, span=3.0)
        story = Story(count, TALK.devices, (dies, *TALK.steps))
        assert play(story) == [], f"write {count // 2}"


@pytest.mark.clause("DEV-11.3", "DEV-14.7")
def test_a_node_that_is_put_back_has_all_again() -> None:
    """Its conversations, the words that it alone had, its archives without what was taken back."""
    alice, bob = TALK.devices
    steps = (
        Step(1.0, SAY, alice),
        Step(20.0, PUT_BACK, "alpha.test", span=60.0),
        Step(30.0, SAY, alice),
        Step(40.0, TAKE_BACK, alice),
        Step(50.0, SAY, bob),
        Step(60.0, REACT, alice, count=1),
    )
    assert play(Story(3, TALK.devices, steps)) == []


def test_whoever_sees_something_else_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reactions that one device throws away, and records that a node loses."""
    bob, put = TALK.devices[1], Said.put
    story = Story(1, TALK.devices, (*TALK.steps, Step(30.0, REACT, bob)))
    assert play(story) == []

    def throws_away(said: Said, name: str, new: Reaction) -> bool:
        return said._state.actor != "https://alpha.test/a/alice" and put(said, name, new)

    monkeypatch.setattr(Said, "put", throws_away)
    assert any("sees" in one for one in play(story, (60.0,)))
    monkeypatch.undo()

    async def loses(*_given: object) -> None:
        """A node that says that it keeps what it does not."""

    monkeypatch.setattr(ArchiveUnit, "write", loses)
    assert any("the archive of" in one for one in play(TALK, (60.0,)))


@pytest.mark.clause("DEV-17.1")
@pytest.mark.parametrize("begins", ["alice-2", "bob-1"])
def test_all_devices_come_into_a_conversation_that_one_of_them_begins(begins: str) -> None:
    """Also those that were there before it was linked (seed 101)."""
    node = "alpha" if begins.startswith("alice") else "beta"
    steps = (
        Step(60.0, LINK, "alice-2@alpha.test", "alice-1@alpha.test"),
        Step(90.0, SAY, f"{begins}@{node}.test"),
    )
    assert play(Story(101, TALK.devices, steps)) == []

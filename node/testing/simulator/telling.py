"""Pure: a random story."""

from typing import Final

from node.testing.simulator.sky import Dice
from node.testing.simulator.story import (
    EDIT,
    KILL,
    LINK,
    PART,
    PUT_BACK,
    REACT,
    RECOVER,
    RESTORE,
    REVOKE,
    SAY,
    SKEW,
    STOP,
    STORM,
    TAKE_BACK,
    Step,
    Story,
)

ALICE: Final = "alice-1@alpha.test"
BOBS: Final = ("bob-1@beta.test", "bob-1@beta.test", "bob-1@alpha.test")
OTHERS: Final = ("bob", "carol", "dora", "emil", "fred")
NODES: Final = ("alpha.test", "beta.test", "gamma.test", "delta.test")
MOST_DEVICES: Final = 12
LASTS: Final = 240.0
MOST_WRITES: Final = 40


def random_story(seed: int) -> Story:
    """Two to six people on up to four nodes, who talk in bad weather on machines that die, come and
    go."""
    dice = Dice(f"story {seed}")
    devices = (ALICE, dice.one_of(BOBS)) if dice.percent(65) else _crowd(dice)
    steps = _coming_and_going(dice, devices) if dice.percent(60) else []
    everybody = (*devices, *(step.who for step in steps if step.kind in (LINK, RECOVER)))
    steps += [_talk(dice, devices, everybody) for _ in range(_some(dice))]
    steps += [trouble(dice, everybody) for _ in range(dice.below(8))]
    return Story(seed, devices, tuple(sorted(steps, key=lambda step: step.at)))


def _crowd(dice: Dice) -> tuple[str, ...]:
    nodes = NODES[: 2 + dice.below(3)]
    people = OTHERS[: 2 + dice.below(4)]
    return (ALICE, *(f"{name}-1@{dice.one_of(nodes)}" for name in people))


def _talk(dice: Dice, devices: tuple[str, ...], everybody: tuple[str, ...]) -> Step:
    """Somebody says something to somebody, or does something to what was said."""
    who = dice.one_of(everybody)
    others = [one for one in devices if _person(one) != _person(who)]
    kind = dice.one_of((SAY, SAY, SAY, SAY, EDIT, TAKE_BACK, REACT, REACT))
    # What is done is done to something: not at the very beginning.
    begins = 0.0 if kind == SAY else LASTS / 4
    at = begins + dice.seconds(LASTS - begins)
    count = 0 if kind == SAY else dice.below(100)
    return Step(at, kind, who, dice.one_of(others), count=count)


def _person(device: str) -> str:
    return device.partition("-")[0]


def _some(dice: Dice) -> int:
    return 16 + dice.below(24)


def _coming_and_going(dice: Dice, devices: tuple[str, ...]) -> list[Step]:
    """Devices that are linked, some at once, revoked, put back from a copy."""
    found: list[Step] = []
    for first in devices:
        person, _, rest = first.partition("-")
        node = rest.partition("@")[2]
        most = min(3, MOST_DEVICES // len(devices))
        names = [f"{person}-{number}@{node}" for number in range(2, 2 + dice.below(most))]
        at = dice.seconds(LASTS / 2)
        for name in names:
            found.append(Step(at, LINK, name, first))
            at += 0.0 if dice.percent(40) else dice.seconds(30)
        if names and dice.percent(50):
            gone, by = (names[-1], first) if dice.percent(70) else (first, names[0])
            found.append(Step(at + dice.seconds(90), REVOKE, gone, by, count=dice.below(2)))
        elif dice.percent(25):
            found.append(Step(at, RESTORE, first, span=10 + dice.seconds(50)))
            back = f"{person}-9@{node}"
            found.append(Step(at + 70 + dice.seconds(60), RECOVER, back, first))
    return found


def trouble(dice: Dice, devices: tuple[str, ...]) -> Step:
    """Bad weather, or a machine that dies."""
    at, who = dice.seconds(LASTS), dice.one_of(devices)
    nodes = sorted({name.partition("@")[2] for name in devices})
    match dice.one_of((KILL, KILL, STORM, STORM, PART, STOP, SKEW, PUT_BACK)):
        case "kill":
            return Step(at, KILL, who, count=dice.below(MOST_WRITES), span=dice.seconds(60))
        case "storm":
            return Step(at, STORM, count=5 + dice.below(50), span=dice.seconds(90))
        case "part":
            return Step(at, PART, nodes[0], nodes[-1], span=dice.seconds(90))
        case "stop":
            return Step(at, STOP, dice.one_of(nodes), span=dice.seconds(60))
        case "put back":
            return Step(at, PUT_BACK, dice.one_of(nodes), span=dice.seconds(90))
        case _:
            return Step(at, SKEW, who, count=dice.below(7200) - 3600)

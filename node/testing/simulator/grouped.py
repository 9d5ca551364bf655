"""A group of three to five people in bad weather: its story, and what must be true at its end."""

from collections import Counter
from typing import TYPE_CHECKING, Final

from node.client.device import Device
from node.testing.simulator.phone import Phone
from node.testing.simulator.sky import Dice
from node.testing.simulator.story import BEGIN, NAME, ROLE, SAY, Step, Story
from node.testing.simulator.telling import LASTS, trouble

if TYPE_CHECKING:
    from node.testing.simulator.world import World

PEOPLE: Final = ("alice", "bob", "carol", "dave", "erin")
NODES: Final = ("alpha.test", "beta.test", "gamma.test")
BEGINS: Final = 20.0


def random_group_story(seed: int) -> Story:
    """Somebody begins a group with all others; they talk, and some change what it is called and
    who may what, at the same time as others do."""
    dice = Dice(f"group {seed}")
    people = PEOPLE[: 3 + dice.below(3)]
    devices = tuple(f"{one}-1@{dice.one_of(NODES)}" for one in people)
    steps = [Step(BEGINS, BEGIN, devices[0])]
    steps += [
        Step(BEGINS + dice.seconds(LASTS), SAY, dice.one_of(devices))
        for _ in range(14 + dice.below(20))
    ]
    for number in range(dice.below(5)):
        at, who = BEGINS + dice.seconds(LASTS), dice.one_of(devices)
        if dice.percent(50):
            steps.append(Step(at, NAME, who, count=number))
        else:
            steps.append(Step(at, ROLE, devices[0], dice.one_of(devices[1:]), count=1))
    steps += [trouble(dice, devices) for _ in range(dice.below(8))]
    return Story(seed, devices, tuple(sorted(steps, key=lambda step: step.at)))


def group_of(device: Device) -> str:
    """The group that this device is in; "" while it is in none."""
    found = (name.partition("/")[2] for name in device.state.names("roster"))
    return next((one for one in found if not device.conversations()[one].left), "")


def judge_group(world: "World") -> list[str]:
    """All who were in it from its beginning see the same group and the same words, each once."""
    phones = world.living()
    groups = {group_of(_device(phone)) for phone in phones}
    if len(groups) != 1 or "" in groups:
        return [f"not one group: {sorted(groups)}"]
    (group,) = groups
    seen = {phone.name: _seen(phone, group) for phone in phones}
    found = [f"{name} sees another group" for name in seen if seen[name] != seen[phones[0].name]]
    said = {
        row.id
        for phone in phones
        for row in _device(phone).history(group)
        if row.actor == phone.actor
    }
    for phone in phones:
        rows = _device(phone).history(group)
        many = Counter(row.text for row in rows).items()
        found += [f"{phone.name} has {text!r} twice" for text, count in many if count > 1]
        found += [f"{phone.name} lacks {id}" for id in sorted(said - {row.id for row in rows})]
        for row in rows:
            author = row.actor.rpartition("/")[2]
            if row.text not in world.said or not row.text.startswith(f"{author}-"):
                found.append(f"{phone.name} has {row.text!r} as said by {author}")
        found += [f"{phone.name} still owes {owed.intent!r}" for owed in _device(phone).owed()]
    return found


def _device(phone: Phone) -> Device:
    assert phone.program is not None, "every phone was started"
    return phone.program.messenger.device


def _seen(phone: Phone, group: str) -> tuple[object, ...]:
    device = _device(phone)
    members = device.state.groups.session(group).members()
    leaves = frozenset(one.signature_key for one in members)
    return device.rosters.of(group), leaves, device.authenticator(group)

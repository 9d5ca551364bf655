"""What must be true once all has healed: nothing lost, nothing twice, nobody else's words."""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from node.client.content import TOMBSTONE
from node.client.device import Device
from node.client.rows import MessageRow
from node.e2ee import account_keys
from node.testing.simulator import archives, looks
from node.testing.simulator.phone import Phone
from node.testing.simulator.story import AFTER_ALL

if TYPE_CHECKING:
    from node.testing.simulator.world import World


def judge(world: "World") -> list[str]:
    """What is not as it should be."""
    listed = [one for one in world.living() if _is_listed(world, one)]
    found = archives.judge(world, listed)
    for pair in sorted(tuple(sorted(pair)) for pair in world.talks):
        # Of who is off the list and runs yet (a revocation that got half way) nothing is asked.
        phones = [one for one in listed if one.actor in pair]
        histories = {phone.name: list(_history(phone, pair)) for phone in phones}
        said = {
            row.id: row
            for phone in phones
            for row in histories[phone.name]
            if row.actor == phone.actor and row.text.startswith(f"{phone.name} ")
        }
        for phone in phones:
            _let_go(said, phone, pair)
        for phone in phones:
            # Of what was said while nobody had a living device there is no copy.
            late = phone.name in world.recovered
            asked = {id: row for id, row in said.items() if not late or AFTER_ALL in row.text}
            found += _words(world, phone, histories[phone.name], asked)
            found += _rosters(world, phone, pair)
        found += looks.judge(world, phones, histories, {*said})
    actors = {phone.actor for phone in listed}
    for phone in listed:
        found += _owed(phone, actors)
    return found


def _owed(phone: Phone, actors: set[str]) -> list[str]:
    """What does not go out, though somebody is there for whom it is."""
    device, found = _device(phone), list[str]()
    for owed in device.owed():
        others = {*device.state.conversation(owed.group).members} - {phone.actor}
        if others & actors:
            found.append(f"{phone.name} still owes {owed.intent!r}")
    return found


def _is_listed(world: "World", phone: Phone) -> bool:
    return _key(phone) in _listed(world, phone.actor)


def _device(phone: Phone) -> Device:
    assert phone.program is not None, "every phone was started"
    return phone.program.messenger.device


def _history(phone: Phone, pair: tuple[str, ...]) -> Iterator[MessageRow]:
    device = _device(phone)
    (other,) = set(pair) - {phone.actor}
    here = device.between(other)
    past = [group for group in device.archive.between(other) if group not in here]
    yield from device.history(*here, *past)


def _let_go(said: dict[str, MessageRow], phone: Phone, pair: tuple[str, ...]) -> None:
    """What nobody has, as its person was told, is not lost: it goes out when they go on."""
    device = _device(phone)
    (other,) = set(pair) - {phone.actor}
    for row in device.waiting(*device.between(other)):
        said.pop(row.id, None)


def _words(
    world: "World", phone: Phone, rows: list[MessageRow], asked: dict[str, MessageRow]
) -> list[str]:
    many = Counter(row.text for row in rows if row.kind != TOMBSTONE).items()
    found = [f"{phone.name} has {text!r} twice" for text, count in many if count > 1]
    here = {row.id for row in rows}
    found += [f"{phone.name} lacks {row.text!r}" for id, row in asked.items() if id not in here]
    for row in rows:
        author = row.actor.rpartition("/")[2]
        if row.kind == TOMBSTONE:
            continue
        if row.text not in world.said or not row.text.startswith(f"{author}-"):
            found.append(f"{phone.name} has {row.text!r} as said by {author}")
    return found


def _rosters(world: "World", phone: Phone, pair: tuple[str, ...]) -> list[str]:
    """Whoever has a leaf is on a list, and who is listed and lives has one."""
    listed = {key for actor in pair for key in _listed(world, actor)}
    alive = {_key(one) for one in world.living() if one.actor in pair} & listed
    device, found = _device(phone), list[str]()
    (other,) = set(pair) - {phone.actor}
    for group in device.between(other):
        members = device.state.groups.session(group).members()
        leaves = {member.signature_key for member in members}
        for key in sorted(leaves - listed):
            found.append(f"{phone.name} has {_name(world, key)} in a group, who is on no list")
        for key in sorted(alive - leaves):
            found.append(f"{phone.name} lacks {_name(world, key)} in a group")
    return found


def _listed(world: "World", actor: str) -> set[bytes]:
    kept = next(
        node.tables.account_keys.get(actor)
        for node in world.nodes.values()
        if actor.startswith(f"{node.origin}/")
    )
    if kept is None:
        return set()
    devices = account_keys.published(kept.keys, actor).devices.devices
    return {device.keys[0].signature_key for device in devices}


def _key(phone: Phone) -> bytes:
    return _device(phone).state.groups.me.signature.public


def _name(world: "World", key: bytes) -> str:
    started = (phone for phone in world.phones.values() if phone.program is not None)
    return next((phone.name for phone in started if _key(phone) == key), key.hex()[:8])

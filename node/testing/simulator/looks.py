"""Whether people see the same: words as they are now, what was taken back, reactions (E2E-7)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from node.client.content import TOMBSTONE
from node.client.device import Device
from node.client.rows import MessageRow
from node.testing.simulator.phone import Phone

if TYPE_CHECKING:
    from node.testing.simulator.world import World

Look = tuple[str, str, tuple[tuple[str, str], ...]]


def judge(
    world: "World", phones: list[Phone], histories: dict[str, list[MessageRow]], asked: set[str]
) -> list[str]:
    """Of each message of `asked`, where one shows something else than another.

    Whose device is gone may have done something that nobody can be asked for again; and of what was
    done while somebody had no living device there is no copy.
    """
    alive = {phone.name for phone in phones}
    phones = [phone for phone in phones if phone.name not in world.recovered]
    waits = {about for phone in phones for about in _waiting(phone)}
    found: list[str] = []
    for id, by in sorted(world.changed.items()):
        if id not in asked or not by <= alive or id in waits:
            continue
        looks = {phone.name: look for phone in phones if (look := _look(phone, histories, id))}
        for name, look in sorted(looks.items()):
            if look != (first := next(iter(looks.values()))):
                found.append(f"{name} sees {look} where {next(iter(looks))} sees {first}: {id}")
    return found


def _look(phone: Phone, histories: dict[str, list[MessageRow]], id: str) -> Look | None:
    rows = [row for row in histories[phone.name] if row.id == id]
    if not rows:
        return None
    device = _device(phone)
    row = next((one for one in rows if one.kind != TOMBSTONE), rows[0])
    groups = device.state.groups_with("message")
    shown = {(r.actor, r.emoji) for group in groups for r in device.words.reactions(group, row)}
    return row.kind, row.text, tuple(sorted(shown))


def _waiting(phone: Phone) -> Iterator[str]:
    """The messages that something of theirs is about which others have not."""
    device = _device(phone)
    groups = set(device.state.groups_with("owed")) | set(device.state.groups_with("returned"))
    for row in device.waiting(*sorted(groups)):
        yield row.about or row.id


def _device(phone: Phone) -> Device:
    assert phone.program is not None, "every phone was started"
    return phone.program.messenger.device

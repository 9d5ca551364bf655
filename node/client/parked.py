"""Pure: what waits of a group, and what of it a device that comes in can never read (spec DEV-5.2,
DEV-9.4).

A row is named by its epoch and by a number of the device's own, not by that of the mailbox, which a
node that was put back gives again. So its name says most of what is asked of it.
"""

from typing import Final

from msgspec import Struct

from node.client import rows
from node.client.device_state import DeviceState
from node.client.rows import ParkedRow
from node.e2ee.mls.public import framing

MOST: Final = 500
CROWDED: Final = "too many messages wait for what never came"
WORD: Final = "w"
LATEST: Final = 10**16 - 1  # as an epoch later than this one any is written


class Waiting(Struct, frozen=True):
    """What a name says: `came` rises with each that came later."""

    name: str
    epoch: int
    came: int
    is_word: bool


def is_word(item: ParkedRow) -> bool:
    """Whether it can be said anew: a commit that is gone is gone."""
    return framing.header(item.content).content_type == framing.APPLICATION


def epoch_of(item: ParkedRow) -> int:
    """The epoch that it names."""
    return framing.header(item.content).epoch or 0


def waiting(state: DeviceState, group: str) -> list[Waiting]:
    """What waits of the group, by epoch, and then as it came."""
    found = [_waiting(state, name) for name in state.names("parked", group)]
    return sorted(found, key=lambda one: (one.epoch, one.came))


def _waiting(state: DeviceState, name: str) -> Waiting:
    epoch, *more = name.rpartition("/")[2].split(" ")
    if not more:  # a version before this one named it by the number of the mailbox
        item = state.get(name, ParkedRow)
        return Waiting(name, epoch_of(item), item.seq, is_word(item))
    return Waiting(name, int(epoch), int(more[0]), more[1] == WORD)


def rename(state: DeviceState, group: str) -> None:
    """What a version before this one left gets the names of this one: by its own, the number of a
    mailbox would stand for an epoch. Whoever goes through what waits has it done before."""
    if all(" " in name for name in state.names("parked", group)):
        return
    for one in waiting(state, group):
        if " " not in one.name:
            item = state.get(one.name, ParkedRow)
            state.delete(one.name)
            _put(state, group, item)


def _put(state: DeviceState, group: str, item: ParkedRow) -> None:
    epoch = min(epoch_of(item), LATEST)
    state.put(rows.parked_row(group, epoch, state.number(), is_word(item)), item)


def keep(state: DeviceState, group: str, item: ParkedRow, again: bool = False) -> ParkedRow | None:
    """Let it wait. Who finds no room for that, if anybody: words make room for a commit, and what
    is of the latest epoch for what is of an earlier one.

    `again`: it may be one that waits already.
    """
    rename(state, group)
    names = state.names("parked", group)
    if again and any(state.get(name, ParkedRow).content == item.content for name in names):
        return None
    crowded: ParkedRow | None = None
    if len(names) >= MOST:
        name = None if is_word(item) else _gives_way(state, names, epoch_of(item))
        if name is None:
            return item
        crowded = state.get(name, ParkedRow)
        state.delete(name)
    _put(state, group, item)
    return crowded


def was_told(state: DeviceState, group: str, crowded: ParkedRow) -> bool:
    """Whether it is known that commits find no room; else it is told now. Of words each is told."""
    name = rows.crowded_row(group)
    if is_word(crowded) or state.has(name):
        return not is_word(crowded)
    state.write(name, b"1")
    return False


def _gives_way(state: DeviceState, names: list[str], epoch: int) -> str | None:
    """The words that came last, else the commit of the latest epoch, when that is later.

    A flood asks it for each of its messages: the names are looked at as they are.
    """
    words = [name for name in names if name.endswith(f" {WORD}")]
    if words:
        return max(words, key=lambda name: name.split(" ")[1])
    latest = max(names)
    return latest if _waiting(state, latest).epoch > epoch else None


def missed(state: DeviceState, group: str, since: int, until: int) -> list[ParkedRow]:
    """The words that wait from the epochs that this device can never see."""
    return [
        state.get(one.name, ParkedRow)
        for one in waiting(state, group)
        if one.is_word and since <= one.epoch < until
    ]


def forget_before(state: DeviceState, group: str, epoch: int) -> None:
    """What was said before this device came was not for it."""
    for one in waiting(state, group):
        if one.epoch < epoch:
            state.delete(one.name)

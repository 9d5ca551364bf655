"""Pure: what waits of a group, and what of it a device that comes in can never read (spec DEV-5.2,
DEV-9.4)."""

from typing import Final

from node.client import rows
from node.client.device_state import DeviceState
from node.client.rows import ParkedRow
from node.e2ee.mls.public import framing

MOST: Final = 500
CROWDED: Final = "too many messages wait for what never came"


def is_word(item: ParkedRow) -> bool:
    """Whether it can be said anew: a commit that is gone is gone."""
    return framing.header(item.content).content_type == framing.APPLICATION


def keep(state: DeviceState, group: str, item: ParkedRow) -> ParkedRow | None:
    """Let it wait. Who finds no room for that, if anybody: words make room for a commit."""
    crowded: ParkedRow | None = None
    if len(state.names("parked", group)) >= MOST:
        name = None if is_word(item) else _last_word(state, group)
        if name is None:
            return item
        crowded = state.get(name, ParkedRow)
        state.delete(name)
    state.put(rows.parked_row(group, item.seq), item)
    return crowded


def _last_word(state: DeviceState, group: str) -> str | None:
    names = reversed(state.names("parked", group))
    return next((name for name in names if is_word(state.get(name, ParkedRow))), None)


def missed(state: DeviceState, group: str, since: int, until: int) -> list[ParkedRow]:
    """The words that wait from the epochs that this device can never see."""
    found = []
    for name in state.names("parked", group):
        item = state.get(name, ParkedRow)
        if is_word(item) and since <= (framing.header(item.content).epoch or 0) < until:
            found.append(item)
    return found


def forget_before(state: DeviceState, group: str, epoch: int) -> None:
    """What was said before this device came was not for it."""
    for name in state.names("parked", group):
        item = state.get(name, ParkedRow)
        if (framing.header(item.content).epoch or 0) < epoch:
            state.delete(name)

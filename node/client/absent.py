"""Pure: of whom no living device takes part in a group any more (spec DEV-10)."""

from typing import Final

from node.client import rows
from node.client.device_state import DeviceState
from node.client.rows import AbsentRow
from node.errors import Unreachable

NO_DEVICE: Final = "they have no device that could read this conversation: none is logged in"
NEW_DEVICE: Final = "they have a new device, and none that could read this conversation is left"


def is_absent(state: DeviceState, group: str) -> bool:
    """Whether nobody else is left there who could read what is said."""
    absent = set(state.names("absent", group))
    if not absent:
        return False
    others = {*state.conversation(group).members} - {state.actor}
    return bool(others) and {rows.absent_row(group, actor) for actor in others} <= absent


def nobody_there(state: DeviceState, group: str) -> Unreachable:
    """What is in the way of words meanwhile."""
    found = (state.get(name, AbsentRow) for name in state.names("absent", group))
    return Unreachable(NEW_DEVICE if any(row.has_new for row in found) else NO_DEVICE, beyond=True)

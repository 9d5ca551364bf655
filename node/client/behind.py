"""Pure: which groups this device is behind, and whom it is to take back (spec DEV-9)."""

from typing import Final

from node.client import rows
from node.client.device_state import DeviceState
from node.client.intents import Readmit
from node.client.message_maker import MessageMaker
from node.client.rows import AskedRow, OwedRow
from node.errors import Unreachable

CATCHING_UP: Final = "this device missed changes of the conversation and is being taken back in"


def is_behind(state: DeviceState, group: str) -> bool:
    """Whether commits of the group are gone before this device had them (DEV-9.1)."""
    return state.has(rows.asked_row(group))


def catching_up() -> Unreachable:
    """What is in the way of words meanwhile."""
    return Unreachable(CATCHING_UP, beyond=True)


def waits_to_ask(state: DeviceState) -> bool:
    """Whether a question is not out that has to go out: look again."""
    found = (state.get(rows.asked_row(group), AskedRow) for group in state.groups_with("asked"))
    return any(not asked.sent for asked in found)


def postpone(state: DeviceState, group: str, intent: Readmit) -> None:
    """Others are to take the device back; before our next words we do it ourselves."""
    state.put(rows.readmission_row(group, intent.stale), intent)


def take_postponed(state: DeviceState, maker: MessageMaker, group: str) -> list[OwedRow]:
    """What others have not done meanwhile."""
    found = []
    for name in state.names("readmission", group):
        owed = OwedRow(group=group, intent=state.get(name, Readmit))
        state.delete(name)
        if not maker.is_moot(owed):
            found.append(owed)
    return found

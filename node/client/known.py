"""What a device remembers of who is called how, and of its own words."""

from collections.abc import Iterable

from node.client.device_state import DeviceState
from node.client.intents import Say
from node.client.rows import MessageRow, OwedRow, handle_row
from node.client.said_rows import own_row


def handles(state: DeviceState) -> dict[str, str]:
    """The actors that are known by handle."""
    found = state.names("handle")
    return {name.partition("/")[2]: (state.read(name) or b"").decode() for name in found}


def remember(state: DeviceState, handle: str, actor: str) -> None:
    """Remember who `handle` is; a step of its own, if that is new."""
    name = handle_row(handle)
    if state.read(name) != actor.encode():
        with state.step():
            state.write(name, actor.encode())


def is_kept(state: DeviceState, group: str, id: str, owed: Iterable[OwedRow]) -> bool:
    """Whether what this device said under `id` is sent or among what is owed."""
    name = own_row(state, group, id)
    row = state.find(name, MessageRow)
    intents = [one.intent for one in owed]
    is_owed = any(isinstance(one, Say) and one.message == name for one in intents)
    return row is not None and (row.sent or is_owed)

"""Pure: listed devices whose Add is under way, or was refused (spec DEV-17.1)."""

from collections.abc import Iterable

from node.client import key_stock, silence
from node.client.device_state import DeviceState
from node.client.intents import Add
from node.client.rows import OwedRow


def row(group: str, key: bytes) -> str:
    """That an Add of the device with that signature key was refused there; a SilentRow."""
    return f"declined/{group}/{key.hex()}"


def on_their_way(state: DeviceState, group: str) -> set[bytes]:
    """The signature keys of devices of which an Add is owed to a group."""
    owed = (state.get(name, OwedRow).intent for name in state.names("owed", group))
    return {key for one in owed if isinstance(one, Add) for key in key_stock.keys_of(one)}


def refused(state: DeviceState, owed: OwedRow, now: int) -> None:
    """What was owed is refused for good."""
    if isinstance(owed.intent, Add):
        note(state, owed.group, key_stock.keys_of(owed.intent), now)


def note(state: DeviceState, group: str, keys: Iterable[bytes], now: int) -> None:
    """These devices are added there ever more seldom."""
    for key in keys:
        silence.note(state, row(group, key), now)


def came(state: DeviceState, group: str, keys: Iterable[bytes]) -> None:
    """They are in the group."""
    for key in keys:
        state.delete(row(group, key))


def forget(state: DeviceState, group: str) -> None:
    """This device is out of the group, or is taken back into it: who is in it now is not known."""
    for name in state.names("declined", group):
        state.delete(name)

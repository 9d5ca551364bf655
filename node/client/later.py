"""Pure: names of messages that were missed and that it is too early to ask for (spec DEV-5.6).

What found no room to wait is of an epoch in which this device is not yet: who said it would say it
anew in that epoch, and it would find no room again. The epoch stands in a row's name, for what
others claim must cost little to pass over; its value is the message's SHA-256, in hex.
"""

from collections.abc import Callable
from typing import Final

from node.client import rows
from node.client.device_state import DeviceState

MOST: Final = 5000  # in a group: as many as ten `Failure`s name


def _row(group: str, epoch: int, number: int) -> str:
    return f"later/{group}/{epoch:016d} {number:016d}"


def _epoch(name: str) -> int:
    return int(name.rpartition("/")[2].partition(" ")[0])


def digest_of(state: DeviceState, name: str) -> bytes:
    """Of the message that a row names."""
    return bytes.fromhex((state.read(name) or b"").decode())


def add(state: DeviceState, group: str, digest: bytes, epoch: int) -> bool:
    """Keep the name of a message of `epoch` until it can be asked for; False when too many wait."""
    if len(state.names("later", group)) >= MOST:
        return False
    state.write(_row(group, epoch, state.number()), digest.hex().encode())
    return True


def due(state: DeviceState, group: str) -> list[str]:
    """The rows of those of an epoch in which this device is or was, in their order."""
    names = state.names("later", group)
    if not names or group not in state.groups:
        return []
    epoch = state.groups.session(group).epoch
    return sorted(name for name in names if _epoch(name) <= epoch)


def forget(state: DeviceState, group: str, is_over: Callable[[int], bool]) -> None:
    """Of epochs that `is_over` says: before this device came, or of none in which anybody is."""
    for name in [one for one in state.names("later", group) if is_over(_epoch(one))]:
        state.delete(rows.missed_row(group, digest_of(state, name)))
        state.delete(name)

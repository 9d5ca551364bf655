"""Pure: a message that was made is forgotten, and what was meant by it stays (spec DEV-4.4)."""

from node.client.device_state import DeviceState
from node.client.intents import Refresh, Say, is_commit
from node.client.rows import MessageRow, OwedRow
from node.client.said_rows import stands


def is_staged(state: DeviceState, owed: OwedRow) -> bool:
    """Whether it is carried by the commit that is under way."""
    groups = state.groups
    if not is_commit(owed.intent) or owed.group not in groups:
        return False
    staged = groups.session(owed.group).staged
    return staged is not None and staged.commit == owed.content


def unstage(state: DeviceState, owed: OwedRow) -> None:
    """Drop the commit that carries it, if one is under way."""
    if is_staged(state, owed):
        groups = state.groups
        groups.apply(owed.group, groups.session(owed.group).drop())


def unmake(state: DeviceState, name: str, owed: OwedRow) -> None:
    """Forget the message, and keep what was meant; fresh keys alone are not meant, nor is what was
    overtaken (DEV-18.1)."""
    unstage(state, owed)
    if isinstance(owed.intent, Refresh) or not _counts(state, owed):
        state.delete(name)
    else:
        state.put(name, OwedRow(group=owed.group, intent=owed.intent))


def _counts(state: DeviceState, owed: OwedRow) -> bool:
    if not isinstance(owed.intent, Say):
        return True
    return stands(state, owed.group, state.get(owed.intent.message, MessageRow))

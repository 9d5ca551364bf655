"""Pure: by what address the home node knows a conversation, and whether it forgot it (DEV-11.2)."""

from typing import Final

from msgspec.structs import replace

from node.client import rows
from node.client.device_state import DeviceState
from node.client.exchange import Created
from node.client.obstacles import Obstacles
from node.errors import Missing, Refused

UNKNOWN_CONVERSATION: Final = "E2E-3.11"


def known_as(state: DeviceState, group: str, created: Created) -> None:
    """Our node knows the conversation by this address."""
    row = state.conversation(group)
    state.put(rows.conversation_row(group), replace(row, ref=created.ref, url=created.url))


def node_forgot(state: DeviceState, obstacles: Obstacles, group: str, error: Refused) -> bool:
    """Whether our node does not know the conversation any more, and is told anew."""
    known = bool(state.conversation(group).url)
    has_forgotten = isinstance(error, Missing) and error.clause == UNKNOWN_CONVERSATION
    if not known or not has_forgotten or obstacles.lost_again(group):
        return False
    forgotten(state, group)
    return True


def forgotten(state: DeviceState, group: str) -> None:
    """Our node may not know the conversation any more."""
    state.write(rows.forgotten_row(group), b"1")

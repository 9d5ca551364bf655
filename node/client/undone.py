"""Pure: what is told of what will never be done (spec DEV-4.6)."""

from collections.abc import Iterator

from node.client import content as inner
from node.client.conversation_events import ChangeDropped, ConversationEvent, MessageUndelivered
from node.client.device_state import DeviceState
from node.client.intents import Add, Readmit, Refresh, Say, concerned, name_of
from node.client.rows import MessageRow, OwedRow
from node.client.said_rows import stands
from node.errors import Refused


def undone(state: DeviceState, owed: OwedRow, error: Refused) -> Iterator[ConversationEvent]:
    """Our person's words and wishes are told; what the device owes by itself is not."""
    why = error.clause, error.reason
    if isinstance(owed.intent, Say):
        message = state.get(owed.intent.message, MessageRow)
        counts = message.kind != inner.FAILURE and stands(state, owed.group, message)
        if counts:
            yield MessageUndelivered(owed.group, message.id, message.text, *why)
    elif isinstance(owed.intent, Add) and owed.intent.listed:
        return
    elif not isinstance(owed.intent, Refresh | Readmit):
        yield ChangeDropped(owed.group, name_of(owed.intent), concerned(owed.intent), *why)

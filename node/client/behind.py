"""Pure: which groups this device is behind, and whom it is to take back (spec DEV-9)."""

from collections.abc import Iterator
from typing import Final

from msgspec.structs import replace

from node.client import rows
from node.client.device_state import DeviceState
from node.client.intents import Readmit
from node.client.message_maker import MessageMaker
from node.client.rows import AskedRow, OwedRow
from node.errors import Unreachable

PATIENCE_SECONDS: Final = 10  # a commit may still be on its way from another node
ASK_AGAIN_SECONDS: Final = 3600
TRY_AGAIN_SECONDS: Final = 60  # what could not be read
MOST_SELDOM_SECONDS: Final = 86_400
CATCHING_UP: Final = "this device missed changes of the conversation and is being taken back in"
UNANSWERED: Final = (
    "nobody has taken this device back for an hour: they are away, or a change that nobody can read"
    " ended the conversation, and it goes on in a new one"
)


def is_behind(state: DeviceState, group: str) -> bool:
    """Whether this device has asked to be taken back into the group (DEV-9.1), or knows that it
    has to (DEV-9.8)."""
    asked = state.find(rows.asked_row(group), AskedRow)
    return asked is not None and (asked.sent > 0 or asked.proven)


def is_unanswered(state: DeviceState, group: str) -> bool:
    """Whether it was asked in vain for an hour (DEV-9.6)."""
    asked = state.find(rows.asked_row(group), AskedRow)
    return asked is not None and asked.vain


def is_over(state: DeviceState, group: str) -> bool:
    """Whether nothing is asked there any more: the other is heard elsewhere (DEV-9.7)."""
    asked = state.find(rows.asked_row(group), AskedRow)
    return asked is not None and asked.over


def caught_up(state: DeviceState, group: str) -> None:
    """It is behind no more. While it was over no listed device was missed in it: which ones are
    is looked at again (DEV-17.1)."""
    if is_over(state, group):
        state.delete(rows.FOLLOWED)
    state.delete(rows.asked_row(group))


def taken_out(state: DeviceState, group: str, epoch: int, now: int) -> None:
    """A commit took this device out and added it anew: it needs the Welcome (DEV-9.8)."""
    asked = state.find(rows.asked_row(group), AskedRow) or AskedRow(noticed=now)
    asked = replace(asked, head=max(asked.head, epoch), proven=True, over=False)
    state.put(rows.asked_row(group), asked)


def is_due(state: DeviceState, now: int) -> bool:
    """Whether it is time to ask, first or again, for all that was read: then read again."""
    return any(now >= due for due in _dues(state, now))


def rest(state: DeviceState, now: int) -> int:
    """How many seconds until that is so next, or until it is tried again where it is so already:
    an hour at most, for clocks are set."""
    ahead = (due - now if due > now else TRY_AGAIN_SECONDS for due in _dues(state, now))
    return min([*ahead, ASK_AGAIN_SECONDS])


def _dues(state: DeviceState, now: int) -> Iterator[int]:
    for group in state.groups_with("asked"):
        row = state.get(rows.asked_row(group), AskedRow)
        if row.over:
            continue
        if not row.sent:
            yield row.noticed + PATIENCE_SECONDS
        else:
            # Where the clock was set back since, the time is counted from now (DEV-9.6).
            yield row.sent + pause(row) if row.sent <= now else now


def pause(asked: AskedRow) -> int:
    """How long after a question it is asked again: ever more seldom, once a day in the end."""
    return min(ASK_AGAIN_SECONDS << min(max(asked.times - 1, 0), 5), MOST_SELDOM_SECONDS)


def catching_up(state: DeviceState, group: str) -> Unreachable:
    """What is in the way of words meanwhile."""
    if is_unanswered(state, group):
        return Unreachable(UNANSWERED, beyond=True, held="unanswered")
    return Unreachable(CATCHING_UP, beyond=True, held="behind")


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

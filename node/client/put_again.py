"""Pure: the home node was put back from a copy: its archive has again what it lost (spec DEV-14.7),
and so has everybody to whom this device said something meanwhile (DEV-11.3)."""

from collections.abc import Iterator
from heapq import nlargest
from typing import Final

from node.client import content as inner
from node.client import said_rows
from node.client.archiving import Archiving
from node.client.device_outbox import DeviceOutbox
from node.client.device_state import DeviceState
from node.client.intents import Say
from node.client.repair import say_anew
from node.client.rows import MessageRow
from node.client.said_rows import EraseRow, Reaction, ReactionsRow
from node.client.staged import unmake

MICROS_OF_A_DAY: Final = 86_400_000_000
LAST_DAYS: Final = 30
SAID_DAYS: Final = 7
MOST_SAID: Final = 200
MOST: Final = 3_000  # messages: a third of what may be due


def put_again(state: DeviceState, archiving: Archiving, now: int) -> None:
    """Owe the archive what was said in the last days; what it has it answers as known."""
    if not archiving.is_on:
        return
    since = now * 1_000_000 - LAST_DAYS * MICROS_OF_A_DAY
    found = nlargest(MOST, _messages(state, since), key=lambda one: (one[2].at, one[1]))
    for group, name, row in sorted(found, key=lambda one: (one[2].at, one[1])):
        if row.kind == inner.TOMBSTONE:
            erase = said_rows.erase_row(group, state.number())
            state.put(erase, EraseRow(actor=row.actor, id=row.id))
        elif row.actor != state.actor or row.sent:
            archiving.again(group, row)
            if row.edit:
                archiving.again(group, _change(row))
            kept = state.find(said_rows.reaction_row(name), ReactionsRow)
            for one in kept.by if kept else []:
                archiving.again(group, _reaction(row, one))


def say_again(state: DeviceState, outbox: DeviceOutbox, now: int) -> None:
    """Owe anew what was said here of late: nobody but that node may have had it."""
    since = now * 1_000_000 - SAID_DAYS * MICROS_OF_A_DAY
    found = nlargest(MOST_SAID, _said(state, since), key=lambda one: one[2].number)
    for group, name, row in reversed(found):
        say_anew(state, outbox, group, name, row)
    for group in state.groups_with("owed"):
        for name, owed in outbox.owed(group):
            # It may be under way to the life that is over, which takes it in vain.
            if owed.content and isinstance(owed.intent, Say):
                unmake(state, name, owed)


def _said(state: DeviceState, since: int) -> Iterator[tuple[str, str, MessageRow]]:
    """What this device sealed and was accepted, of which nobody came since."""
    for group in state.groups_with("group"):
        grown = state.conversation(group).grown
        for name in (*state.names("message", group), *state.names("act", group)):
            row = state.get(name, MessageRow)
            if row.sent and row.digest and row.at >= since and row.epoch >= grown:
                yield group, name, row


def _messages(state: DeviceState, since: int) -> Iterator[tuple[str, str, MessageRow]]:
    for group in state.groups_with("message"):
        for name in state.names("message", group):
            row = state.get(name, MessageRow)
            if row.at >= since:
                yield group, name, row


def _change(row: MessageRow) -> MessageRow:
    """What made the words what they are."""
    return MessageRow(
        id=row.edit,
        actor=row.actor,
        text=row.text,
        at=row.edited,
        number=row.changed,
        kind=inner.UPDATE,
        about=row.id,
    )


def _reaction(row: MessageRow, one: Reaction) -> MessageRow:
    return MessageRow(
        id=one.id,
        actor=one.actor,
        text=one.emoji,
        at=one.at,
        number=-1,
        kind=inner.UNDO if one.off else inner.LIKE,
        edit=one.id if one.off else "",
        about=row.id,
        author=row.actor,
    )

"""Pure: the rows of what happens to messages, and what each is called (spec DEV-18, DEV-1)."""

import hashlib
from collections.abc import Iterable, Iterator

import msgspec
from msgspec.structs import replace

from node.client import content as inner
from node.client import rows
from node.client.device_state import DeviceState
from node.client.roster_rows import is_group
from node.client.rows import ArchivedRow, MessageRow
from node.wire.times import from_micros

NOT_ERASED = "device/not_erased"


class Reaction(msgspec.Struct, kw_only=True, frozen=True):
    """An emoji of `actor`, put or taken away (`off`) at `at` (microseconds) by the activity `id`.

    Of one person and emoji there is one.
    """

    actor: str
    emoji: str
    id: str
    at: int
    off: bool = False


class ReactionsRow(msgspec.Struct, kw_only=True, frozen=True):
    """The reactions to a message, by time and id."""

    by: list[Reaction]


class EarlyRow(msgspec.Struct, kw_only=True, frozen=True):
    """What is about a message that is not here, and when it came (seconds)."""

    act: MessageRow
    at: int


class NotErasedRow(msgspec.Struct, kw_only=True, frozen=True):
    """By which `clause` the home node removed nothing from the archive; it is asked again at
    `until`."""

    clause: str = ""
    until: int = 0


class EraseRow(msgspec.Struct, kw_only=True, frozen=True):
    """A record that has to go from the archive: who said what."""

    actor: str
    id: str


def act_row(group: str, id: str) -> str:
    """What this device does to a message; its value is a MessageRow."""
    return f"act/{group}/{id}"


def reaction_row(message: str) -> str:
    """`message` is the row of the message."""
    return f"reaction/{message.removeprefix('message/')}"


def early_place(group: str, about: str) -> str:
    """Where all stands that waits for one message."""
    return hashlib.sha256(f"{group} {about}".encode()).hexdigest()[:32]


def early_row(group: str, act: MessageRow, about: str) -> str:
    return f"early/{early_place(group, about)}/{act.actor} {act.id}"


def erase_row(group: str, number: int) -> str:
    return f"erase/{group}/{number:016d}"


def own_row(state: DeviceState, group: str, id: str) -> str:
    """The row of what this device said under that id: words, or what happens to them."""
    name = act_row(group, id)
    return name if state.has(name) else rows.message_row(group, state.actor, id)


def acts_of(state: DeviceState, groups: Iterable[str]) -> Iterator[tuple[str, MessageRow]]:
    """What this device did to messages there."""
    for name in [name for group in groups for name in state.names("act", group)]:
        yield name, state.get(name, MessageRow)


def same_people(state: DeviceState, group: str) -> list[str]:
    """The conversations of the same people, `group` first (E2E-5.8)."""
    members = _members(state, group)
    found = [group]
    if not members or is_group(state, group):
        return found
    for kind in ("conversation", "archived"):
        every = (name.partition("/")[2] for name in state.names(kind))
        alike = (one for one in every if one != group and _members(state, one) == members)
        found += [one for one in alike if not is_group(state, one)]
    return found


def _members(state: DeviceState, group: str) -> set[str]:
    name = rows.conversation_row(group)
    if state.has(name):
        return {*state.conversation(group).members}
    archived = state.find(rows.archived_row(group), ArchivedRow)
    return {*archived.members} if archived else set()


def find(state: DeviceState, group: str, actor: str, id: str) -> str | None:
    """The row of the message that `actor` said under that id, in `group` where it is there."""
    return next(iter(every(state, group, actor, id)), None)


def every(state: DeviceState, group: str, actor: str, id: str) -> list[str]:
    """All rows of it: words that went on in another conversation may be here twice."""
    names = (rows.message_row(one, actor, id) for one in same_people(state, group))
    return [*filter(state.has, names)]


def speakers(state: DeviceState, group: str) -> list[str]:
    """Who may have said something there."""
    return sorted({state.actor, *_members(state, group)})


def meant(state: DeviceState, group: str, id: str, author: str = "") -> str | None:
    """The row of the message that an id means (E2E-7.4)."""
    if author:
        return find(state, group, author, id)
    found = [name for one in speakers(state, group) if (name := find(state, group, one, id))]
    return found[0] if len(found) == 1 else None


def stands(state: DeviceState, group: str, act: MessageRow) -> bool:
    """Whether what this device says still counts: a change that was overtaken does not, nor words
    that were taken back."""
    if act.kind != inner.UPDATE:
        return act.kind != inner.TOMBSTONE
    found = every(state, group, act.actor, act.about)
    return any(state.get(name, MessageRow).edit == act.id for name in found)


def words_of(row: MessageRow) -> inner.Words:
    """What is said of a row: words as they are now."""
    return inner.Words(
        row.id,
        row.text,
        from_micros(row.at),
        row.about,
        row.author,
        edited=row.edited,
        files=inner.files_beside(row.raw),
    )


def taken_back(row: MessageRow) -> MessageRow:
    """What is left of a message."""
    gone = replace(row, kind=inner.TOMBSTONE, text="", about="", author="", markdown=False, html="")
    return replace(gone, edited=0, edit="", changed=0, raw="", sent=True, sealed=False)

"""Pure: what happens to messages: changed, taken back, reacted to (spec E2E-7, DEV-18).

It comes in any order, from others, from devices of our own, and from the archive; all devices show
the same in the end.
"""

from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from node.client import content as inner
from node.client import rows, said_rows
from node.client.archiving import Archiving
from node.client.conversation_events import (
    ConversationEvent,
    MessageChanged,
    MessageUnreadable,
    ReactionChanged,
)
from node.client.device_state import DeviceState
from node.client.intents import Say
from node.client.rows import MessageRow, OwedRow
from node.client.said_rows import EarlyRow, Reaction, ReactionsRow
from node.client.untold import forget_words
from node.e2ee.mls.private.events import ApplicationMessage
from node.errors import Forbidden, Refused, TooMuch

MOST_REACTIONS: Final = 12  # of one person, to one message
MOST_EARLY: Final = 1_000
MOST_EARLY_OF_ONE: Final = 100
EARLY_SECONDS: Final = 7 * 86_400
LOOKED_THROUGH: Final = 500  # messages with reactions, for one that is named by its id alone
MICROS: Final = 1_000_000
OTHERS: Final = "only who said something may change it or take it back"


class Said:
    """The messages of one device, as what happens to them leaves them."""

    def __init__(self, state: DeviceState, archiving: Archiving) -> None:
        self._state = state
        self._archiving = archiving

    def heard(
        self, group: str, event: ApplicationMessage, said: inner.Content, at: int
    ) -> list[ConversationEvent]:
        """Something happened to what was said before, or will be; what counts is archived."""
        act = act_of(said, event.sender.identity.decode(), self._state.number())
        try:
            counts, told = self.take(group, act, at)
        except Refused as error:
            return [MessageUnreadable(group, error.clause, error.reason)]
        if counts:
            self._archiving.heard(group, event, act, at)
        return told

    def take(
        self, group: str, act: MessageRow, at: int, bounded: bool = True
    ) -> tuple[bool, list[ConversationEvent]]:
        """What `act` does, and whether it counts: else it changed nothing. `at` (microseconds) is
        when it came; not `bounded` is what the archive gives back.

        Raises `Forbidden` (E2E-7.5) about the words of others, `TooMuch` (DEV-18.3).
        """
        if act.kind == inner.UPDATE:
            return self._update(group, act, at, bounded)
        if act.kind == inner.DELETE:
            return self._delete(group, act, at)
        return self._react(group, act, at, bounded)

    def came(self, group: str, about: str, at: int) -> list[ConversationEvent]:
        """What waited for what has that id, in its order."""
        if not self._state.groups_with("early"):
            return []
        found: list[tuple[str, MessageRow]] = []
        for one in said_rows.same_people(self._state, group):
            for name in self._state.names("early", said_rows.early_place(one, about)):
                found.append((one, self._state.get(name, EarlyRow).act))
                self._state.delete(name)
        found.sort(key=lambda each: (each[1].at, each[1].id))
        events = []
        for one, act in found:
            events += self.take(one, act, at, bounded=False)[1]
        return events

    # -- words -----------------------------------------------------------------------------------

    def _mine(self, group: str, act: MessageRow) -> str | None:
        """The row of the message, which has to be theirs."""
        name = said_rows.find(self._state, group, act.actor, act.about)
        if name is None and said_rows.meant(self._state, group, act.about) is not None:
            raise Forbidden("E2E-7.5", OTHERS)
        return name

    def _update(
        self, group: str, act: MessageRow, at: int, bounded: bool
    ) -> tuple[bool, list[ConversationEvent]]:
        name = self._mine(group, act)
        if name is None:
            self._wait(group, act, act.about, at, bounded)
            return True, []
        row = self._state.get(name, MessageRow)
        if act.id == row.edit:
            return False, []  # it was said anew
        if row.kind == inner.TOMBSTONE or (act.at, act.id) < (row.edited, row.edit):
            self._erase(group, act.actor, act.id)
            return False, []
        self._overtake(group, row)
        changed = replace(
            row,
            text=act.text,
            markdown=act.markdown,
            html=act.html,
            raw="",
            edited=act.at,
            edit=act.id,
            changed=act.number,
        )
        self._state.put(name, changed)
        self._unindex(name)
        self._blank(group, row.id, but=act.id)
        told = MessageChanged(_group(name), row.id, row.actor, "edited", act.text, at)
        return True, [told]

    def _overtake(self, group: str, row: MessageRow) -> None:
        """The change that counted counts no more: nor is it kept."""
        if row.edit:
            for one in said_rows.same_people(self._state, group):
                self._state.delete(rows.due_row(one, row.changed))
            self._erase(group, row.actor, row.edit)

    def _delete(self, group: str, act: MessageRow, at: int) -> tuple[bool, list[ConversationEvent]]:
        name = self._mine(group, act)
        if name is None:
            name = rows.message_row(group, act.actor, act.about)
            row = MessageRow(id=act.about, actor=act.actor, text="", at=at, number=act.number)
        else:
            row = self._state.get(name, MessageRow)
            if row.kind == inner.TOMBSTONE:
                return False, []
        self.take_back(group, name, row)
        self._erase(group, row.actor, row.id)
        return True, [MessageChanged(_group(name), row.id, row.actor, "deleted", "", at)]

    def take_back(self, group: str, name: str, row: MessageRow) -> None:
        """Nothing of what was said stays here (DEV-18.4)."""
        self._overtake(group, row)
        self._state.put(name, said_rows.taken_back(row))
        self._state.delete(said_rows.reaction_row(name))
        self._state.delete(rows.due_row(_group(name), row.number))
        self._state.delete(rows.returned_row(_group(name), row.id))
        self._unindex(name)
        self._withdraw(group, name)
        self._blank(group, row.id)
        groups = said_rows.same_people(self._state, group)
        acts = said_rows.acts_of(self._state, groups)
        forget_words(self._state, {row.id, *(act.id for _, act in acts if act.about == row.id)})
        for one in said_rows.same_people(self._state, group):
            for early in self._state.names("early", said_rows.early_place(one, row.id)):
                act = self._state.get(early, EarlyRow).act
                if row.actor in (act.actor, act.author):
                    self._state.delete(early)

    def _blank(self, group: str, id: str, but: str = "") -> None:
        """The words of our own changes that count no more."""
        groups = said_rows.same_people(self._state, group)
        for name, act in said_rows.acts_of(self._state, groups):
            if act.kind == inner.UPDATE and act.about == id and act.id != but and act.text:
                self._state.put(name, replace(act, text=""))
                self._withdraw(group, name)

    def _withdraw(self, group: str, name: str) -> None:
        """Of what was not sealed nobody has to know."""
        for one in said_rows.same_people(self._state, group):
            for place in self._state.names("owed", one):
                owed = self._state.get(place, OwedRow)
                is_it = isinstance(owed.intent, Say) and owed.intent.message == name
                if is_it and not owed.content:
                    self._state.delete(place)

    def _unindex(self, name: str) -> None:
        """The parts of the index that are over it are made anew when somebody searches."""
        written = name.encode()
        for part in self._state.names("search"):
            if written in (self._state.read(part) or b""):
                self._state.delete(part)

    def _erase(self, group: str, actor: str, id: str) -> None:
        """It has to go from the archive, in whichever of these conversations it was kept."""
        if self._archiving.is_on:
            for one in said_rows.same_people(self._state, group):
                name = said_rows.erase_row(one, self._state.number())
                self._state.put(name, said_rows.EraseRow(actor=actor, id=id))

    # -- reactions -------------------------------------------------------------------------------

    def _react(
        self, group: str, act: MessageRow, at: int, bounded: bool
    ) -> tuple[bool, list[ConversationEvent]]:
        name: str | None
        if not act.about:
            name, known = self._liked(group, act)
            if known is None:
                self._wait(group, act, act.edit, at, bounded)
                return True, []
            act = replace(act, text=known.emoji)
        else:
            name = said_rows.meant(self._state, group, act.about, act.author)
        if name is None:
            if not act.author and self._is_twice(group, act.about):
                return False, []
            self._wait(group, act, act.about, at, bounded)
            return True, []
        row = self._state.get(name, MessageRow)
        if row.kind == inner.TOMBSTONE or not self.put(name, act):
            return False, []
        off = act.kind == inner.UNDO
        told: list[ConversationEvent] = [
            ReactionChanged(_group(name), row.id, row.actor, act.actor, act.text, not off, at)
        ]
        return True, told if off else [*told, *self.came(group, act.id, at)]

    def _is_twice(self, group: str, id: str) -> bool:
        """Whether several people said something under that id."""
        everybody = said_rows.speakers(self._state, group)
        return any(said_rows.find(self._state, group, one, id) for one in everybody)

    def reactions(self, name: str) -> list[Reaction]:
        """All of them, also those that were undone."""
        found = self._state.find(said_rows.reaction_row(name), ReactionsRow)
        return found.by if found else []

    def put(self, name: str, act: MessageRow) -> bool:
        """Whether it counts: of one person, message and emoji the newest does."""
        before = self.reactions(name)
        new = Reaction(
            actor=act.actor, emoji=act.text, id=act.id, at=act.at, off=act.kind == inner.UNDO
        )
        after = _newest([*before, new])
        if new in before or new not in after:
            return False
        self._state.put(said_rows.reaction_row(name), ReactionsRow(by=after))
        return True

    def _liked(self, group: str, act: MessageRow) -> tuple[str | None, Reaction | None]:
        """What the reaction that is called so is, and under which message."""
        for one in said_rows.same_people(self._state, group):
            for name in reversed(self._state.names("reaction", one)[-LOOKED_THROUGH:]):
                message = f"message/{name.removeprefix('reaction/')}"
                for known in self.reactions(message):
                    if (known.actor, known.id) == (act.actor, act.edit):
                        return message, known
        return None, None

    # -- what comes too early --------------------------------------------------------------------

    def _wait(self, group: str, act: MessageRow, about: str, at: int, bounded: bool) -> None:
        """It is about what is not here yet. Raises `TooMuch` (DEV-18.3)."""
        if bounded and self._state.count("early") >= MOST_EARLY:
            self._make_room(act.actor, at // MICROS)
        name = said_rows.early_row(group, act, about)
        self._state.put(name, EarlyRow(act=act, at=at // MICROS))

    def _make_room(self, actor: str, now: int) -> None:
        theirs = 0
        for place in self._state.groups_with("early"):
            for name in self._state.names("early", place):
                waiting = self._state.get(name, EarlyRow)
                if now - waiting.at > EARLY_SECONDS:
                    self._state.delete(name)
                else:
                    theirs += waiting.act.actor == actor
        if theirs >= MOST_EARLY_OF_ONE:
            raise TooMuch("DEV-18.3", "too much that is about messages which never came")


def _newest(found: Iterable[Reaction]) -> list[Reaction]:
    """What counts, whichever came first: of each emoji of a person the newest, and the newest
    twelve of each person."""
    by: dict[tuple[str, str], Reaction] = {}
    for one in found:
        known = by.get((one.actor, one.emoji))
        if known is None or (known.at, known.id) < (one.at, one.id):
            by[one.actor, one.emoji] = one
    kept, counts = list[Reaction](), dict[str, int]()
    for one in sorted(by.values(), key=_place, reverse=True):
        counts[one.actor] = counts.get(one.actor, 0) + 1
        if counts[one.actor] <= MOST_REACTIONS:
            kept.append(one)
    return kept[::-1]


def _place(one: Reaction) -> tuple[int, str, str]:
    return one.at, one.id, one.actor


def _group(name: str) -> str:
    return name.split("/", 2)[1]


def act_of(said: inner.Content, actor: str, number: int) -> MessageRow:
    """What somebody did to a message, as a row: `at` is the time that it names."""
    about = said.about[0] if said.about else ""
    return MessageRow(
        id=said.id,
        actor=actor,
        text=said.text,
        at=said.time,
        number=number,
        kind=said.kind,
        about=about,
        author=said.author,
        markdown=said.markdown,
        html=said.html,
        edit=said.like,
    )


def message_of(said: inner.Content, actor: str, at: int, number: int, epoch: int = 0) -> MessageRow:
    """What somebody said, as a row. `at` (microseconds) is when it came."""
    return MessageRow(
        id=said.id,
        actor=actor,
        text=said.text,
        at=at,
        number=number,
        kind=said.kind,
        epoch=epoch,
        about=said.about[0] if said.about else "",
        author=said.author,
        markdown=said.markdown,
        html=said.html,
        edited=said.time,
        raw=said.raw,
    )

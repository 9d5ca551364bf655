"""Pure: what happens to messages: changed, taken back, reacted to (spec E2E-7, DEV-18).

It comes in any order, from others, from devices of our own, and from the archive; all devices show
the same in the end.
"""

from collections.abc import Iterator
from typing import Final

import msgspec
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
from node.client.said_order import changed, known_rank, newest, rank, reaction_of, undoing
from node.client.said_rows import EarlyRow, Reaction, ReactionsRow
from node.client.untold import forget_words
from node.e2ee.mls.private.events import ApplicationMessage
from node.errors import Forbidden, Refused, TooMuch

MOST_EARLY: Final = 1_000
MOST_EARLY_OF_ONE: Final = 100
MOST_STALE: Final = 1_000  # changes that never counted here, to be removed from the archive
EARLY_SECONDS: Final = 7 * 86_400
LOOKED_THROUGH: Final = 500  # messages with reactions, for one that is named by its id alone
MICROS: Final = 1_000_000
MILLIS: Final = 1_000  # in microseconds
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
        act = self._timed(group, act, at)
        try:
            counts, told = self.take(group, act, at)
        except Refused as error:
            return [MessageUnreadable(group, error.clause, error.reason)]
        if counts:
            self._archiving.heard(group, event, act, at if said.time else act.at)
        return told

    def _timed(self, group: str, act: MessageRow, at: int) -> MessageRow:
        """What names no time happened when it came, a change after what is here (E2E-7.5)."""
        if act.at or act.kind == inner.DELETE:
            return act
        came = at - at % MILLIS  # the archive knows no less
        is_change = act.kind == inner.UPDATE
        every = said_rows.every(self._state, group, act.actor, act.about) if is_change else []
        for row in (self._state.get(name, MessageRow) for name in every):
            if row.edit == act.id:
                return replace(act, at=row.edited)  # it was said anew
            came = max(came, row.edited - row.edited % MILLIS + MILLIS)
        return replace(act, at=min(came, inner.LATEST))

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
        events = list[ConversationEvent]()
        for one, act in found:
            try:
                events += self.take(one, act, at, bounded=False)[1]
            except Refused as error:  # it stands in the way of nothing else
                events.append(MessageUnreadable(one, error.clause, error.reason))
        return events

    # -- words -----------------------------------------------------------------------------------

    def meet(self, group: str, row: MessageRow) -> MessageRow | None:
        """Words that came, as what happened to them in another conversation of the same people
        leaves them; None where they were taken back there."""
        others = [one for one in self._state.groups_with("message") if one != group]
        named = {one: rows.message_row(one, row.actor, row.id) for one in others}
        here = {one: name for one, name in named.items() if self._state.has(name)}
        for one in here and said_rows.same_people(self._state, group):
            if one not in here:
                continue
            twin = self._state.get(here[one], MessageRow)
            if twin.kind == inner.TOMBSTONE:
                return None
            if twin.edit and known_rank(twin) > known_rank(row):
                row = changed(row, twin, twin.edited, twin.edit, twin.changed)
        return row

    def _mine(self, group: str, act: MessageRow) -> list[str]:
        """The rows of the message, which has to be theirs."""
        names = said_rows.every(self._state, group, act.actor, act.about)
        if not names and said_rows.meant(self._state, group, act.about) is not None:
            raise Forbidden("E2E-7.5", OTHERS)
        return names

    def _update(
        self, group: str, act: MessageRow, at: int, bounded: bool
    ) -> tuple[bool, list[ConversationEvent]]:
        names = self._mine(group, act)
        if not names:
            self._wait(group, act, act.about, at, bounded)
            return True, []
        told = [event for name in names for event in self._change(group, name, act, at)]
        known = (self._state.get(name, MessageRow).edit for name in names)
        # It was not said anew; and another device may have kept it.
        if not told and act.id not in known and self._state.count("erase") < MOST_STALE:
            self._erase(group, act.actor, act.id)
        return bool(told), told

    def _change(
        self, group: str, name: str, act: MessageRow, at: int
    ) -> Iterator[ConversationEvent]:
        row = self._state.get(name, MessageRow)
        if row.kind == inner.TOMBSTONE or rank(act, act.at, act.id) <= known_rank(row):
            return
        self._overtake(group, row)
        self._state.put(name, changed(row, act, act.at, act.id, act.number))
        self.unindex(name)
        self._blank(group, row.id, but=act.id)
        yield MessageChanged(_group(name), row.id, row.actor, "edited", act.text, at)

    def _overtake(self, group: str, row: MessageRow) -> None:
        """The change that counted counts no more: nor is it kept."""
        if row.edit:
            for one in said_rows.same_people(self._state, group):
                self._state.delete(rows.due_row(one, row.changed))
            self._erase(group, row.actor, row.edit)

    def _delete(self, group: str, act: MessageRow, at: int) -> tuple[bool, list[ConversationEvent]]:
        found = {name: self._state.get(name, MessageRow) for name in self._mine(group, act)}
        if not found:
            row = MessageRow(id=act.about, actor=act.actor, text="", at=at, number=act.number)
            found = {rows.message_row(group, act.actor, act.about): row}
        told: list[ConversationEvent] = []
        for name, row in found.items():
            if row.kind != inner.TOMBSTONE:
                self.take_back(group, name, row)
                told.append(MessageChanged(_group(name), row.id, row.actor, "deleted", "", at))
        if told:
            self._erase(group, act.actor, act.about)
        return bool(told), told

    def take_back(self, group: str, name: str, row: MessageRow) -> None:
        """Nothing of what was said stays here (DEV-18.4)."""
        self._overtake(group, row)
        self._state.put(name, said_rows.taken_back(row))
        self._state.delete(said_rows.reaction_row(name))
        self._state.delete(rows.due_row(_group(name), row.number))
        self._state.delete(rows.returned_row(_group(name), row.id))
        self.unindex(name)
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

    def unindex(self, name: str) -> None:
        """The parts of the index that are over it are made anew when somebody searches."""
        written = msgspec.json.encode(name)  # as it stands there (DEV-15.2)
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
        if not act.about:
            name, known = self._liked(group, act)
            if name is None or known is None:
                self._wait(group, act, act.edit, at, bounded)
                return True, []
            # That very reaction, and no later one.
            return self._put(group, name, act, replace(known, off=True), at)
        name = said_rows.meant(self._state, group, act.about, act.author)
        if name is None:
            if not act.author and self._is_twice(group, act.about):
                return False, []
            self._wait(group, act, act.about, at, bounded)
            return True, []
        if act.kind != inner.UNDO or not act.edit:
            return self._put(group, name, act, reaction_of(act), at)
        undone, is_here = undoing(act, self.reactions(name))
        if not is_here:
            self._wait(group, act, act.edit, at, bounded)
        counts, told = self._put(group, name, act, undone, at)
        return counts or not is_here, told

    def _put(
        self, group: str, name: str, act: MessageRow, new: Reaction, at: int
    ) -> tuple[bool, list[ConversationEvent]]:
        row = self._state.get(name, MessageRow)
        if row.kind == inner.TOMBSTONE:
            return False, []
        if not self.put(name, new):
            if not new.off:
                self._forget_undoing(group, act)
            return False, []
        on, where = not new.off, _group(name)
        told = ReactionChanged(where, row.id, row.actor, new.actor, new.emoji, on, at)
        return True, [told, *(self.came(group, act.id, at) if on else [])]

    def _forget_undoing(self, group: str, act: MessageRow) -> None:
        """What would undo a reaction that counts no more."""
        for one in said_rows.same_people(self._state, group):
            for name in self._state.names("early", said_rows.early_place(one, act.id)):
                waiting = self._state.get(name, EarlyRow).act
                if (waiting.actor, waiting.edit) == (act.actor, act.id):
                    self._state.delete(name)

    def _is_twice(self, group: str, id: str) -> bool:
        """Whether several people said something under that id."""
        everybody = said_rows.speakers(self._state, group)
        return any(said_rows.find(self._state, group, one, id) for one in everybody)

    def reactions(self, name: str) -> list[Reaction]:
        """All of them, also those that were undone."""
        found = self._state.find(said_rows.reaction_row(name), ReactionsRow)
        return found.by if found else []

    def put(self, name: str, new: Reaction) -> bool:
        """Whether it counts: of one person, message and emoji the newest does."""
        before = self.reactions(name)
        after = newest([*before, new])
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
        known = self._state.find(name, EarlyRow)
        if known and rank(known.act, known.act.at, act.id) >= rank(act, act.at, act.id):
            return
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
        raw=said.raw,
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

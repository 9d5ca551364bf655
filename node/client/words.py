"""Pure: what a person says, changes, takes back and reacts to (spec DEV-18).

It takes effect here at once and is owed to the others; each deed is one step.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from msgspec.structs import replace

from node.client import content as inner
from node.client import rows, said_rows
from node.client.device_outbox import DeviceOutbox
from node.client.device_state import DeviceState
from node.client.markdown import is_marked
from node.client.rows import MessageRow
from node.client.said import Said
from node.client.said_order import MOST_REACTIONS
from node.client.said_rows import Reaction
from node.errors import Conflict, Forbidden, Malformed, Missing, TooMuch
from node.wire.ids import urn_uuid4

NOT_HERE = "there is no such message in this conversation: kith chat NAME --history --json has ids"
NOT_YOURS = "only who said something may change it or take it back"


class Words:
    """The deeds of one device. Each raises `Conflict` (ACC-4.4) for a vault that was left behind.

    What changes nothing gives None, and is said to nobody.
    """

    def __init__(
        self, state: DeviceState, outbox: DeviceOutbox, said: Said, check: Callable[[], None]
    ) -> None:
        self._state = state
        self._outbox = outbox
        self._said = said
        self._check = check

    @contextmanager
    def _step(self) -> Iterator[None]:
        self._check()
        with self._state.step():
            yield

    def say(
        self,
        group: str,
        text: str,
        micros: int,
        reply: str = "",
        author: str = "",
        raw: str = "",
    ) -> MessageRow:
        """Say `text`, as an answer to `reply`, which `author` said; `raw` are the files that go
        along (`attached.raw_of`). Raises `TooMuch` (E2E-5.3), `Missing` (DEV-18.6)."""
        with self._step():
            if reply:
                author = self._here(group, reply, author)[1].actor
            message = MessageRow(
                id=urn_uuid4(self._state.entropy.draw(16)),
                actor=self._state.actor,
                text=text,
                at=micros,
                number=self._state.number(),
                sent=False,
                about=reply,
                author=author,
                markdown=is_marked(text),
                raw=raw,
            )
            self._outbox.say(group, message)
        return message

    def edit(self, group: str, id: str, text: str, micros: int) -> MessageRow | None:
        """Change own words. Raises `Forbidden`, `Missing`, `Conflict` (DEV-18.6), `TooMuch`."""
        with self._step():
            name, row = self._own(group, id)
            if row.kind == inner.TOMBSTONE:
                raise Conflict("DEV-18.6", "it was taken back: there is nothing to change")
            if not text.strip():
                raise Malformed("DEV-18.6", "nothing is left of it: take it back instead")
            if row.text == text:
                return None
            changed = replace(row, text=text, markdown=is_marked(text))
            if self._is_unsealed(row):
                self._outbox.maker.check_length(changed)
                self._state.put(name, changed)
                self._said.unindex(name)
                return None
            # It has to fit as it is said anew, too (E2E-5.9).
            self._outbox.maker.check_length(replace(changed, edited=max(micros, row.edited)))
            return self._do(group, inner.UPDATE, row, text, micros, after=row.edited)

    def delete(self, group: str, id: str, micros: int) -> MessageRow | None:
        """Take own words back, for everybody. Raises `Forbidden`, `Missing` (DEV-18.6)."""
        with self._step():
            name, row = self._own(group, id)
            if row.kind == inner.TOMBSTONE:
                return None
            if not self._is_unsealed(row):
                return self._do(group, inner.DELETE, row, "", micros)
            self._said.take_back(group, name, row)
            return None

    def react(
        self, group: str, id: str, emoji: str, micros: int, author: str = "", on: bool = True
    ) -> MessageRow | None:
        """Put an emoji under a message; or, not `on`, take it away. Raises `Malformed` (E2E-7.7),
        `Missing`, `Conflict`, `TooMuch` (DEV-18.6)."""
        with self._step():
            inner.check_emoji(emoji)
            name, row = self._here(group, id, author)
            if row.kind == inner.TOMBSTONE:
                raise Conflict("DEV-18.6", "it was taken back: there is nothing to react to")
            own = [one for one in self._said.reactions(name) if one.actor == self._state.actor]
            known = next((one for one in own if one.emoji == emoji), None)
            if (known is not None and not known.off) == on:
                return None
            # The oldest one makes room; not one that stands.
            oldest = own[0] if known is None and len(own) >= MOST_REACTIONS else None
            if oldest and not oldest.off:
                many = f"you reacted to it in {MOST_REACTIONS} ways: there is no room for more"
                raise TooMuch("DEV-18.6", many)
            kind = inner.LIKE if on else inner.UNDO
            after = oldest.at if oldest else 0
            return self._do(group, kind, row, emoji, micros, after=after, known=known)

    # -- how -------------------------------------------------------------------------------------

    def _do(
        self,
        group: str,
        kind: str,
        row: MessageRow,
        text: str,
        micros: int,
        after: int = 0,
        known: Reaction | None = None,
    ) -> MessageRow:
        """It happens here, and is owed. A clock that went back makes nothing older than it is."""
        at = max(micros, after + 1, known.at + 1 if known else 0)
        if at > inner.LATEST:
            raise Conflict("DEV-18.6", "another device did so at a time that is too far ahead")
        act = MessageRow(
            id=urn_uuid4(self._state.entropy.draw(16)),
            actor=self._state.actor,
            text=text,
            at=at,
            number=self._state.number(),
            kind=kind,
            sent=False,
            about=row.id,
            author=row.actor if kind in (inner.LIKE, inner.UNDO) else "",
            markdown=kind == inner.UPDATE and is_marked(text),
            edit=known.id if kind == inner.UNDO and known else "",
        )
        self._said.take(group, act, micros)
        self._outbox.say(group, act, said_rows.act_row(group, act.id))
        return act

    def _here(self, group: str, id: str, author: str) -> tuple[str, MessageRow]:
        name = said_rows.meant(self._state, group, id, author)
        if name is None:
            raise Missing("DEV-18.6", NOT_HERE)
        return name, self._state.get(name, MessageRow)

    def _own(self, group: str, id: str) -> tuple[str, MessageRow]:
        name = said_rows.find(self._state, group, self._state.actor, id)
        if name is not None:
            return name, self._state.get(name, MessageRow)
        if said_rows.meant(self._state, group, id) is not None:
            raise Forbidden("DEV-18.6", NOT_YOURS)
        raise Missing("DEV-18.6", NOT_HERE)

    def _is_unsealed(self, row: MessageRow) -> bool:
        """Whether nobody can have it (DEV-18.2)."""
        return not (row.sent or row.digest or row.mended or row.sealed)

    # -- looking ---------------------------------------------------------------------------------

    def reactions(self, group: str, row: MessageRow) -> list[Reaction]:
        """What stands under a message of that conversation, the first one first."""
        name = rows.message_row(group, row.actor, row.id)
        return [one for one in self._said.reactions(name) if not one.off]

    def meant(self, group: str, id: str, author: str = "") -> MessageRow | None:
        """The message that an id means."""
        name = said_rows.meant(self._state, group, id, author)
        return self._state.get(name, MessageRow) if name else None

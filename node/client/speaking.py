"""Pure: what a device says, in its order: words, and the commits that go before them (spec E2E-5).

Words are sealed at once where nothing has to go before them; else they wait in the vault, and are
sealed when their turn has come. So none is refused for what others do to the group meanwhile.
"""

import hashlib
from datetime import UTC, datetime

import msgspec

from node.client import content as inner
from node.client import rows
from node.client.groups import merge
from node.client.keeping import Keeping
from node.client.rows import Changes, OutRow, SaidRow
from node.e2ee.mls.public import framing
from node.wire.ids import urn_uuid4

# ts-mls looks 200 generations ahead, OpenMLS 1,000; a commit heals a stolen key besides.
COMMIT_AFTER_MESSAGES = 100


class Speaking(Keeping):
    """The outbox of a device."""

    # -- looking ---------------------------------------------------------------------------------

    def owed(self) -> list[tuple[str, OutRow]]:
        """What the home node has not accepted yet, in the order in which it can be sent."""
        found = [(name, self._get(name, OutRow)) for name in self._rows.names("out/")]
        # What is sealed goes before what is not: the commits are in there that have to come first.
        return sorted(found, key=lambda each: not each[1].content)

    def said(self, group: str, id: str) -> SaidRow:
        """What this device said under that id, as it stands now."""
        return self._get(rows.said_row(group, self.actor, id), SaidRow)

    def words_of(self, out: OutRow) -> SaidRow | None:
        """The words that were owed, if it was words."""
        return self._get(out.said, SaidRow) if out.said.startswith("said/") else None

    def epoch(self, group: str) -> int:
        """The epoch in which this device sees the group."""
        return self._session(group).epoch

    def must_commit(self, group: str) -> bool:
        """Whether a commit has to come before the next word (§12.4, E2E-5.7)."""
        session = self._session(group)
        return session.staged is None and (
            session.must_commit or session.generation >= COMMIT_AFTER_MESSAGES
        )

    # -- saying ----------------------------------------------------------------------------------

    def commit(self, group: str, now: int) -> None:
        """Owe a commit of what is pending, with fresh keys."""
        step = self._session(group).stage(now)
        changes: Changes = {}
        merge(changes, group, step.change)
        self._owe(changes, OutRow(group=group, commit=True, content=step.value.commit))
        self._done(group, step.session, changes)

    def say(self, group: str, text: str, micros: int) -> SaidRow:
        """Owe `text`, on disk when this returns. Raises `TooMuch` (E2E-5.3)."""
        id, count = urn_uuid4(self._entropy.draw(16)), self._rows.counter
        said = SaidRow(id=id, actor=self.actor, text=text, at=micros, number=count, sent=False)
        name = rows.said_row(group, self.actor, id)
        data = self._written(said)
        if self._waits(group):
            changes: Changes = {name: msgspec.json.encode(said)}
            self._owe(changes, OutRow(group=group, commit=False, said=name))
            self._rows.step(changes)
        else:
            self._seal(group, name, said, data)
        return said

    def _waits(self, group: str) -> bool:
        """Whether something has to go out before the next word can be sealed."""
        if self._session(group).staged is not None or self.must_commit(group):
            return True
        return any(out.group == group and not out.content for _, out in self.owed())

    def ready(self, name: str, now: int) -> tuple[str, OutRow]:
        """What is owed as `name`, sealed by now; or the commit that has to go before it.

        Raises what the group refuses for good, such as once this device is not in it any more.
        """
        out = self._get(name, OutRow)
        if out.content:
            return name, out
        if self.must_commit(out.group):
            self.commit(out.group, now)
        if self._session(out.group).staged is not None:
            return next(each for each in self.owed() if _is_commit_of(out.group, each[1]))
        said = self._get(out.said, SaidRow)
        return name, self._seal(out.group, out.said, said, self._written(said), name)

    def _written(self, said: SaidRow) -> bytes:
        now = datetime.fromtimestamp(said.at / 1_000_000, UTC)
        if said.kind == inner.FAILURE:
            return inner.write_failure(said.id, self.actor, said.text.split(), now)
        activity = urn_uuid4(self._entropy.draw(16))
        return inner.write_note(said.id, activity, self.actor, said.text, now)

    def _seal(self, group: str, name: str, said: SaidRow, data: bytes, place: str = "") -> OutRow:
        session = self._session(group)
        said.epoch = session.epoch
        step = session.seal(data)
        said.digest = hashlib.sha256(step.value).digest()
        out = OutRow(group=group, commit=False, content=step.value, said=name)
        changes: Changes = {name: msgspec.json.encode(said)}
        merge(changes, group, step.change)
        self._owe(changes, out, place)
        self._done(group, step.session, changes)
        if group in self._words:
            self._words[group][said.digest] = name
        return out

    # -- what became of it -----------------------------------------------------------------------

    def lost(self, name: str) -> bool:
        """Another came first. A commit is dropped; words are sealed anew: same id, same place.

        Whether to try again at once: we have gone on since. Else what came first is not here yet.
        """
        out = self._get(name, OutRow)
        if not out.commit:
            waits = OutRow(group=out.group, commit=False, said=out.said)
            self._rows.step({name: msgspec.json.encode(waits)})
        else:
            self._drop(name, out)
        sealed = framing.header(out.content).epoch if out.content else None
        return not self._takes_part(out.group) or sealed != self._session(out.group).epoch

    def _drop(self, name: str, out: OutRow) -> None:
        changes: Changes = {name: None}
        session = self._session(out.group) if self._takes_part(out.group) else None
        if session is None or session.staged is None or session.staged.commit != out.content:
            return self._rows.step(changes)
        step = session.drop()
        merge(changes, out.group, step.change)
        return self._done(out.group, step.session, changes)

    def abandon(self, name: str) -> None:
        """It will never be taken: forget it. Words stay in the history, unsent.

        A conversation that never began is forgotten too, or the next words would go to nobody.
        """
        out = self._get(name, OutRow)
        if not out.commit:
            self._rows.step({name: None})
            return
        self._drop(name, out)
        if out.welcomes and not self._session(out.group).epoch:
            gone = [*self._rows.names(f"group/{out.group}/"), rows.conversation_row(out.group)]
            self._sessions.pop(out.group)
            self._rows.step(dict.fromkeys(gone))

    def _sealed_as(self, group: str, digest: bytes) -> tuple[str, SaidRow] | None:
        """What we said in the message with this digest, unless it was sealed anew since.

        All that we said is read once, when the first message has to be found.
        """
        if group not in self._words:
            own = self._rows.names(f"said/{group}/{self.actor} ")
            names = [*own, *self._rows.names(f"asked/{group}/")]
            self._words[group] = {self._get(name, SaidRow).digest: name for name in names}
        name = self._words[group].get(digest) if digest else None
        said = self._get(name, SaidRow) if name else None
        return (name, said) if name and said and said.digest == digest else None


def _is_commit_of(group: str, out: OutRow) -> bool:
    return out.commit and out.group == group

"""Pure: what was missed is asked for again, and what others missed is said anew (spec E2E-5.9)."""

import hashlib
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from node.client import content as inner
from node.client import later, parked, rows
from node.client.conversation_events import ConversationEvent, MessageUndelivered
from node.client.device_outbox import DeviceOutbox
from node.client.device_state import DeviceState
from node.client.intents import Say
from node.client.rows import MessageRow, ParkedRow
from node.client.said_rows import stands
from node.e2ee.mls.public import framing
from node.errors import Refused
from node.wire.ids import urn_uuid4

# One complaint may name hundreds: who only complains must not keep us busy for ever.
MOST_MENDED = 20
# `Failure`s of a day in a group; a second more has to pass before each further one.
AT_ONCE = 20
MOST_KEPT = 500  # more than a day has
HOUR_SECONDS = 3600
SECOND_MICROS = 1_000_000
DAY_MICROS = 86_400 * SECOND_MICROS
KEPT_DAYS = 30
# The keys of its epoch, or its own, are gone, or it is too far ahead of what came. What was in such
# a message can be sealed anew.
MISSED = frozenset({"MLS-15.3a", "MLS-9.2a", "MLS-15.3"})


class Repair:
    """Both sides of a `Failure`."""

    def __init__(self, state: DeviceState, outbox: DeviceOutbox) -> None:
        self._state = state
        self._outbox = outbox

    # -- what we missed --------------------------------------------------------------------------

    def missed(self, item: ParkedRow, error: Refused) -> str:
        """The group in which a message can be asked for again, or nothing.

        Not what was said before this device came: that was not for it.
        """
        if error.clause not in MISSED:
            return ""
        header = framing.header(item.content)
        group = (header.group_id or b"").hex()
        if header.content_type != framing.APPLICATION or group not in self._state.groups:
            return ""
        row = self._state.conversation(group)
        return group if (header.epoch or 0) >= row.joined else ""

    def ask(self, group: str, item: ParkedRow, is_early: bool = False) -> bool:
        """Owe a `Failure` about the message, once; many are named in one while none was sealed.

        Its name waits where `is_early`, for it is of an epoch that is still to come, and where it
        is too soon after the `Failure` before. False when no more names may wait.
        """
        if not parked.is_word(item):
            return False
        digest = hashlib.sha256(item.content).digest()
        name = rows.missed_row(group, digest)
        if self._state.has(name):
            return True
        epoch = framing.header(item.content).epoch or 0
        waits = is_early or bool(later.due(self._state, group))
        asked = not waits and self._name(group, [digest], item.at) == 1
        if not asked and not later.add(self._state, group, digest, epoch):
            return False
        self._state.write(name, b"1")
        return True

    def tend(self, now: int) -> None:
        """Time passed: what it was too soon to ask for is asked for."""
        if groups := self._state.groups_with("later"):
            with self._state.step():
                for group in groups:
                    self.ask_now(group, now)

    def rest(self, now: int) -> int:
        """How many seconds until that is worth a try; an hour where nothing waits for it."""
        groups = (g for g in self._state.groups_with("later") if later.due(self._state, g))
        waits = [_wait(self._begun(group), now * SECOND_MICROS) for group in groups]
        return max(1, min(waits, default=HOUR_SECONDS))

    def ask_now(self, group: str, now: int) -> None:
        """What it was too early to ask for may have become due: the group is in another epoch, or
        time has passed."""
        due = later.due(self._state, group)
        if not due:
            return
        digests = [later.digest_of(self._state, name) for name in due]
        for name in due[: self._name(group, digests, now * SECOND_MICROS)]:
            self._state.delete(name)

    def _name(self, group: str, digests: Sequence[bytes], at: int) -> int:
        """Name them in as few `Failure`s as can be; how many were: it may be too soon for more."""
        done = 0
        while done < len(digests):
            asking = self._asking(group) or self._begin(group, at)
            if asking is None:
                break
            known = asking.text.split()
            more = digests[done : done + inner.MOST_NAMED - len(known)]
            text = " ".join([*known, *map(inner.named, more)])
            self._state.put(rows.failure_row(group, asking.id), replace(asking, text=text))
            done += len(more)
        return done

    def _begin(self, group: str, at: int) -> MessageRow | None:
        """A `Failure` that names nothing yet, unless it is too soon."""
        begun = self._begun(group)
        if _wait(begun, at):
            return None
        for place, (name, former) in enumerate(begun):
            is_old = at - former.at > KEPT_DAYS * DAY_MICROS or place < len(begun) - MOST_KEPT
            if is_old and former.sent:  # nobody answers it any more
                self._state.delete(name)
        failure = MessageRow(
            id=urn_uuid4(self._state.entropy.draw(16)),
            actor=self._state.actor,
            text="",
            at=at,
            number=self._state.number(),
            kind=inner.FAILURE,
            sent=False,
        )
        row = rows.failure_row(group, failure.id)
        self._state.put(row, failure)
        self._outbox.owe(group, Say(row))
        return failure

    def _begun(self, group: str) -> list[tuple[str, MessageRow]]:
        """The `Failure`s of a group, in their order."""
        names = self._state.names("failure", group)
        found = [(name, self._state.get(name, MessageRow)) for name in names]
        return sorted(found, key=lambda each: each[1].number)

    def _asking(self, group: str) -> MessageRow | None:
        """The `Failure` of this group that is owed and not sealed yet, if it takes one more."""
        for _, owed in self._outbox.owed(group):
            if isinstance(owed.intent, Say) and not owed.content:
                message = self._state.get(owed.intent.message, MessageRow)
                if message.kind == inner.FAILURE and message.text.count(" ") < inner.MOST_NAMED - 1:
                    return message
        return None

    # -- what others missed ----------------------------------------------------------------------

    def mend(self, group: str, about: Iterable[str]) -> list[ConversationEvent]:
        """Somebody missed what we said: owe it anew, in its order."""
        found: list[ConversationEvent] = []
        for each in dict.fromkeys(about):
            found += self._mend_one(group, each)
        return found

    def _mend_one(self, group: str, about: str) -> list[ConversationEvent]:
        found = self._outbox.maker.sealed_as(group, inner.digest_of(about))
        if found is None:
            return []
        return say_anew(self._state, self._outbox, group, *found)


def _wait(begun: Sequence[tuple[str, MessageRow]], at: int) -> int:
    """How many seconds until a `Failure` may be begun: the more were begun in a day, the more is
    gathered in one."""
    over = sum(at - row.at < DAY_MICROS for _, row in begun) - AT_ONCE
    since = at - begun[-1][1].at if begun else 0
    # A clock that was set back makes nobody wait.
    if over <= 0 or since <= -SECOND_MICROS:
        return 0
    return max(0, over - max(0, since // SECOND_MICROS))


def say_anew(
    state: DeviceState, outbox: DeviceOutbox, group: str, name: str, message: MessageRow
) -> list[ConversationEvent]:
    """Owe what somebody missed anew, under its id; it is told where that may not be."""
    if not stands(state, group, message):
        return []
    if message.epoch < state.conversation(group).grown:
        reason = "somebody missed it, and others came since: say it again if they may read it"
        return _left_alone(group, message, reason)
    if message.mended >= MOST_MENDED:
        return _left_alone(group, message, "somebody misses it again and again")
    state.put(name, replace(message, digest=b"", sent=False, mended=message.mended + 1))
    outbox.owe(group, Say(name))
    return []


def _left_alone(group: str, message: MessageRow, reason: str) -> list[ConversationEvent]:
    """Tell of our words; what is wrong with a complaint of ours is nobody's to know."""
    if message.kind == inner.FAILURE:
        return []
    return [MessageUndelivered(group, message.id, message.text, "E2E-5.9", reason)]

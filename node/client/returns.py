"""Pure: words of ours that somebody's devices did not take (spec DEV-10, E2E-4.9).

They are kept. What waited in vain is said anew, by itself, once the very device is heard again;
what no device of theirs can read goes on in another conversation when our person says so. What they
have not fetched for days stays where it is.
"""

from collections.abc import Iterable
from typing import Annotated, Final, Literal

import msgspec
from msgspec.structs import replace

from node.client import content as inner
from node.client import rows, unfetched
from node.client.conversation_events import ConversationEvent, MessageReturned, NoDeviceLeft
from node.client.device_outbox import DeviceOutbox
from node.client.device_state import DeviceState
from node.client.intents import Say
from node.client.repair import say_anew
from node.client.rows import AbsentRow, InvitedRow, MessageRow, ParkedRow, ReturnedRow
from node.client.said_rows import own_row, stands
from node.errors import Malformed
from node.wire.times import MICROS

GONE = ("no_device", "new_device")
FOR_GOOD = (*GONE, "refused")  # what is not said again by itself
NOT_YET: Final = "unfetched"
LARGEST: Final = 2**53 - 1


class Returned(msgspec.Struct, frozen=True, tag="Reject"):
    """The node's word that `actor` did not take the message with this SHA-256, in hex; or has not
    fetched it yet, `since` that second."""

    actor: str
    digest: str
    reason: Literal[
        "no_device", "new_device", "not_fetched", "not_delivered", "refused", "unfetched"
    ]
    since: Annotated[int, msgspec.Meta(ge=0, le=LARGEST)] | msgspec.UnsetType = msgspec.UNSET


def is_word(item: ParkedRow) -> bool:
    """Whether a mailbox item is a word of the node: no MLSMessage begins so."""
    return item.content.startswith(b"{")


def _read(content: bytes) -> Returned:
    try:
        told = msgspec.json.decode(content, type=Returned)
        bytes.fromhex(told.digest)
        if told.reason != NOT_YET or told.since is not msgspec.UNSET:
            return told
    except (msgspec.DecodeError, ValueError, RecursionError):
        pass
    raise Malformed("DEV-10.1", "our node says something that is not understood")


class Returns:
    """Both ends of it: they come, and go out again."""

    def __init__(self, state: DeviceState, outbox: DeviceOutbox) -> None:
        self._state = state
        self._outbox = outbox

    def take(self, group: str, item: ParkedRow) -> list[ConversationEvent]:
        """Words came back. Raises `Malformed` (DEV-10.1) for what is no such word."""
        told = _read(item.content)
        digest = bytes.fromhex(told.digest)
        row = self._state.conversation(group) if group in self._state.groups else None
        if row is None or told.actor not in row.members or told.actor == self._state.actor:
            return []
        found = self._outbox.maker.sealed_as(group, digest)
        if told.reason == NOT_YET:
            assert told.since is not msgspec.UNSET, "it was read so"
            said = told.since if found is None else found[1].at // MICROS
            since = min(said, told.since, item.at // MICROS)
            return unfetched.note(self._state, group, told.actor, since)
        if found is None:
            return self._not_joined(group, digest, told)
        events = self._absent(group, told) if told.reason in GONE else []
        name, message = found
        if message.kind in (inner.FAILURE, inner.TOMBSTONE):
            return events
        return [*events, *self._keep(group, name, message, told)]

    def _not_joined(self, group: str, digest: bytes, told: Returned) -> list[ConversationEvent]:
        """A Welcome of ours found no device of somebody: nobody waits for their words."""
        name = rows.invited_row(group, digest)
        invited = self._state.find(name, InvitedRow)
        if invited is None or told.actor not in invited.actors or told.reason not in GONE:
            return []
        return self._absent(group, told)

    def _absent(self, group: str, told: Returned) -> list[ConversationEvent]:
        name, has_new = rows.absent_row(group, told.actor), told.reason == "new_device"
        known = self._state.find(name, AbsentRow)
        since = known.since if known else 0
        self._state.put(name, AbsentRow(has_new=has_new, since=since))
        if known is not None and known.has_new >= has_new:
            return []
        return [NoDeviceLeft(group, told.actor, has_new)]

    def _keep(
        self, group: str, name: str, message: MessageRow, told: Returned
    ) -> list[ConversationEvent]:
        place = rows.returned_row(group, message.id)
        known = self._state.find(place, ReturnedRow) or ReturnedRow(reasons={})
        if told.actor in known.reasons:
            return []
        reasons = known.reasons | {told.actor: told.reason}
        self._state.put(place, ReturnedRow(reasons=reasons))
        others = {*self._state.conversation(group).members} - {self._state.actor}
        if others <= set(reasons):
            self._state.put(name, replace(message, sent=False))
        if message.kind in inner.ACTS:
            return []  # it goes out again with the words, or as they do
        return [MessageReturned(group, message.id, message.text, told.actor, told.reason)]

    # -- they go out again -----------------------------------------------------------------------

    def heard(self, group: str, actor: str) -> list[ConversationEvent]:
        """A device of `actor` that takes part is there: what it did not take is said anew, or told.

        Not of whom our node said that no device takes part: that word may be older, or a lie.
        """
        unfetched.forget(self._state, group, [actor])
        if self._state.has(rows.absent_row(group, actor)):
            return []
        found = []
        for place in self._state.names("returned", group):
            row = self._state.get(place, ReturnedRow)
            if row.reasons.get(actor, FOR_GOOD[0]) not in FOR_GOOD:
                self._state.delete(place)
                found.append(self._state.get(self._said(group, place), MessageRow))
        found.sort(key=lambda message: message.number)
        return [event for message in found for event in self._anew(group, message)]

    def _said(self, group: str, place: str) -> str:
        return own_row(self._state, group, place.split("/", 2)[2])

    def _anew(self, group: str, message: MessageRow) -> list[ConversationEvent]:
        """As a `Failure` would have it (E2E-5.9), unless that is owed already."""
        if not message.digest:
            return []
        name = own_row(self._state, group, message.id)
        return say_anew(self._state, self._outbox, group, name, message)

    def waiting(self, group: str) -> list[MessageRow]:
        """What was said in a group and could be read by nobody, in its order."""
        names = {self._said(group, place) for place in self._state.names("returned", group)}
        for _, owed in self._outbox.owed(group):
            if isinstance(owed.intent, Say):
                names.add(owed.intent.message)
        found = (self._state.get(name, MessageRow) for name in names)
        said = (row for row in found if row.kind != inner.FAILURE and not row.sent)
        kept = [row for row in said if stands(self._state, group, row)]
        return sorted(kept, key=lambda row: row.number)

    def go_on(self, groups: Iterable[str], new: str) -> int:
        """Say in `new` what nobody could read in `groups`: it keeps its id and its place."""
        moved = [(old, message) for old in groups for message in self._take(old, old == new)]
        for old, message in sorted(moved, key=lambda each: each[1].number):
            place = own_row(self._state, old, message.id)
            name = place.replace(f"/{old}/", f"/{new}/", 1)
            self._state.delete(place)
            sealed = bool(message.sealed or message.digest or message.mended)
            row = replace(message, digest=b"", epoch=0, mended=0, sealed=sealed)
            self._state.put(name, row)
            self._outbox.owe(new, Say(name))
        return len(moved)

    def _take(self, group: str, stays: bool) -> list[MessageRow]:
        """What waits in a group, which is owed there no more; where it `stays`, what is not owed.

        A `Failure` goes too: nobody is left who could answer it.
        """
        waiting, owed = self.waiting(group), set[str]()
        for name, row in self._outbox.owed(group):
            if isinstance(row.intent, Say) and stays:
                owed.add(row.intent.message)
            elif isinstance(row.intent, Say):
                self._state.delete(name)
        for place in self._state.names("returned", group):
            self._state.delete(place)
        return [row for row in waiting if own_row(self._state, group, row.id) not in owed]

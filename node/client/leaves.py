"""Pure: which leaves of its groups a device speaks to (spec DEV-16, KEY-5.2).

What stands in the way is a row, so that looking at it costs nothing when something is said.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from cachetools import LRUCache
from msgspec.structs import replace

from node.client import rows, stops
from node.client.account_keys import AccountKeys
from node.client.conversation_events import ConversationEvent, DeviceDoubted, DoubtSettled
from node.client.device_state import SUITE, DeviceState
from node.client.intents import Say
from node.client.key_rows import AccountKeysRow
from node.client.pins import Pins
from node.client.rows import LookedRow, MetRow, OwedRow, StoppedRow
from node.client.staged import unmake
from node.e2ee.keys.private.pins import (
    GRACE_SECONDS,
    UNLISTED,
    Deed,
    Line,
    Pin,
    SeenLeaf,
    judge_leaf,
)
from node.e2ee.keys.public.certificate import EXTENSION, Certified, check_in_time, check_leaf
from node.e2ee.keys.public.device_list import SuiteKey
from node.e2ee.mls.public.extensions import find
from node.e2ee.mls.public.leaf import LeafNode
from node.errors import Refused

MOST_CHAINS: Final = 1024
_FINE: Final[Line[SeenLeaf]] = Line("ours", lambda seen: True, Deed.GO_ON)
_OWN_DEVICE: Final[Line[SeenLeaf]] = Line(stops.OWN_DEVICE, lambda seen: True, Deed.STOP)
_THIS_DEVICE: Final[Line[SeenLeaf]] = Line(stops.THIS_DEVICE, lambda seen: True, Deed.STOP)


@dataclass(frozen=True, slots=True)
class Judged:
    """A leaf, what was seen of it, and the line of KEY-5.2 that fits it."""

    actor: str
    key: bytes
    seen: SeenLeaf
    line: Line[SeenLeaf]

    @property
    def why(self) -> str:
        """The line's name, where it is a stop."""
        return self.line.seen if self.line.deed is Deed.STOP else ""

    @property
    def least(self) -> str:
        """The number of its certificate."""
        found = self.seen.certified
        return "" if found is None else "{}.{}".format(*found.certificate.number)


class Leaves:
    """Those of one device's groups. What changes them is called inside a step."""

    def __init__(self, state: DeviceState, keys: AccountKeys, pins: Pins) -> None:
        self._state = state
        self._keys = keys
        self._pins = pins
        self._own: tuple[AccountKeysRow, Pin] | None = None
        # By what a leaf says: its two signatures are checked once.
        self._chains: LRUCache[tuple[bytes, str, bytes], Certified | None] = LRUCache(MOST_CHAINS)

    # -- judging ---------------------------------------------------------------------------------

    def of_group(
        self,
        group: str,
        now: int,
        came: Collection[bytes] = (),
        only: Collection[str] | None = None,
        read: str = "",
    ) -> Iterator[Judged]:
        """Each leaf of the group, or `only` those of some actors; `came` are the signature keys of
        those that came just now, and `read` is the actor whose list was read just now."""
        session = self._state.groups.session(group)
        wanted = None if only is None else {actor.encode() for actor in only}
        for index, leaf in session.group.tree.members():
            if wanted is not None and leaf.credential.identity not in wanted:
                continue
            met = self._state.find(rows.met_row(group, leaf.signature_key), MetRow)
            is_new, is_own = leaf.signature_key in came, index == session.own_leaf
            is_read = leaf.credential.identity.decode() == read if met is None else met.asked
            yield self._judge(leaf, met, is_new, is_own, is_read, now)

    def of_package(self, leaf: LeafNode, now: int) -> Judged:
        """A leaf that is to be added. Whether a newer list has it was asked before."""
        return self._judge(leaf, None, True, False, True, now)

    def _judge(
        self,
        leaf: LeafNode,
        met: MetRow | None,
        is_new: bool,
        is_own: bool,
        is_read: bool,
        now: int,
    ) -> Judged:
        actor, key = leaf.credential.identity.decode(), leaf.signature_key
        pin = self.pin_of(actor)
        looked = self._state.find(rows.looked_row(actor), LookedRow)
        certified = self._chain(leaf, actor, now, is_new)
        # That they publish none was said before this leaf was met: they may have begun since.
        is_older = looked is not None and not looked.shown and not is_read and bool(certified)
        ended = pin is not None and met is not None and met.at > pin.keys.not_after + GRACE_SECONDS
        seen = SeenLeaf(
            pin=pin,
            key=SuiteKey(SUITE, key),
            certified=certified,
            published=None if looked is None or is_older else looked.shown,
            waited=0 if met is None else now - met.at,
            is_new=is_new or ended,
            now=now,
        )
        line = judge_leaf(seen)
        if actor == self._state.actor:
            line = self._of_own(seen, line, is_own)
        return Judged(actor, key, seen, line)

    def _of_own(self, seen: SeenLeaf, line: Line[SeenLeaf], is_own: bool) -> Line[SeenLeaf]:
        """A leaf of our own account: whether it is on our list is all that is asked."""
        if is_own:
            return _THIS_DEVICE if self.is_off_list else _FINE
        if seen.pin is None:
            return _FINE
        return _OWN_DEVICE if line.deed is Deed.STOP and not seen.is_listed else line

    @property
    def is_off_list(self) -> bool:
        """Whether this device is not on its account's list, as far as it knows one."""
        row, pin = self._keys.row, self._pins.of(self._state.actor)
        if row is not None:
            return row.unlisted
        key = self._state.groups.me.signature.public
        return pin is not None and not pin.keys.devices.has(SUITE, key)

    def pin_of(self, actor: str) -> Pin | None:
        """The keys by which leaves of `actor` are judged; for ours what the home node took."""
        row = self._keys.row
        if actor != self._state.actor or row is None:
            return self._pins.of(actor)
        if not row.accepted:
            return None
        if self._own is None or self._own[0] != row:
            self._own = row, Pin(self._keys.published())
        return self._own[1]

    def _chain(self, leaf: LeafNode, actor: str, now: int, is_new: bool) -> Certified | None:
        """The certificate of a leaf; none where it is wrong, or has ended in one that is new."""
        data = find(leaf.extensions, EXTENSION)
        if data is None:
            return None
        place = data, actor, leaf.signature_key
        if place not in self._chains:
            try:
                self._chains[place] = check_leaf(data, actor, SuiteKey(SUITE, leaf.signature_key))
            except Refused:
                self._chains[place] = None
        found = self._chains[place]
        if found is not None and is_new:
            try:
                check_in_time(found, now)
            except Refused:
                return None
        return found

    # -- what is kept of it ----------------------------------------------------------------------

    def look(
        self, group: str, now: int, came: Collection[bytes] = (), read: str = ""
    ) -> list[ConversationEvent]:
        """Judge the leaves of the group; what is to be known of it is told, once.

        `came` are the keys of new ones; where only the list of `read` was read just now it is
        theirs alone that are judged: nobody else's changed by that.
        """
        return self._look(group, now, {read} if read else None, came, read)

    def tend(self, group: str, now: int) -> list[ConversationEvent]:
        """Time passed: judge again whose leaves are met, or stopped at."""
        names = self._state.names("met", group)
        doubted = {self._state.get(name, MetRow).actor for name in names}
        return self._look(group, now, doubted.union(dict(stops.stopped(self._state, group))))

    def _look(
        self,
        group: str,
        now: int,
        only: Collection[str] | None,
        came: Collection[bytes] = (),
        read: str = "",
    ) -> list[ConversationEvent]:
        if group not in self._state.groups:
            return self._forget(group)
        stopped: dict[str, list[Judged]] = {}
        met: set[str] = set()
        for one in self.of_group(group, now, came, only, read):
            met |= self._meet(group, one, now, read)
            if one.line.deed is Deed.STOP:
                stopped.setdefault(one.actor, []).append(one)
        for name in set(self._state.names("met", group)) - met:
            if only is None or self._state.get(name, MetRow).actor in only:
                self._state.delete(name)
        return self._keep(group, stopped, only)

    def _meet(self, group: str, one: Judged, now: int, read: str) -> set[str]:
        """Remember since when there is doubt about a leaf; the name of its row, if there is."""
        never_read = not self._state.has(rows.looked_row(one.actor))
        if never_read or one.line.deed not in (Deed.STOP, Deed.FETCH):
            return set()
        name = rows.met_row(group, one.key)
        known = self._state.find(name, MetRow)
        if known is None:
            asked = one.actor == read
            self._state.put(name, MetRow(actor=one.actor, at=now, least=one.least, asked=asked))
        elif known.at > now:  # the clock was set back
            self._state.put(name, replace(known, at=now))
        return {name}

    def _forget(self, group: str) -> list[ConversationEvent]:
        for kind in ("met", "stopped"):
            for name in self._state.names(kind, group):
                self._state.delete(name)
        return []

    def _keep(
        self, group: str, stopped: dict[str, list[Judged]], only: Collection[str] | None
    ) -> list[ConversationEvent]:
        found: list[ConversationEvent] = []
        known = stops.stopped(self._state, group)
        before = {actor: row for actor, row in known if only is None or actor in only}
        for actor in sorted(before.keys() - stopped.keys()):
            self._state.delete(rows.stopped_row(group, actor))
            found.append(DoubtSettled(group, actor))
        for actor, leaves in sorted(stopped.items()):
            row = self._row(group, leaves)
            if row == (was := before.get(actor)):
                continue
            self._state.put(rows.stopped_row(group, actor), row)
            self._unseal(group)
            if was is None or was.why != row.why:
                said = stops.reason(self._state, actor, row.why)
                found.append(DeviceDoubted(group, actor, row.why, said))
        return found

    def _unseal(self, group: str) -> None:
        """Words that are sealed and still here would go to a leaf that is not spoken to."""
        for name in self._state.names("owed", group):
            owed = self._state.get(name, OwedRow)
            if owed.content and isinstance(owed.intent, Say):
                unmake(self._state, name, owed)

    def _row(self, group: str, leaves: list[Judged]) -> StoppedRow:
        first = next((one for one in leaves if not self._is_revoked(group, one)), None)
        if first is not None:
            return StoppedRow(why=first.why)
        return StoppedRow(why=leaves[0].why, remove=sorted(one.key for one in leaves))

    def _is_revoked(self, group: str, one: Judged) -> bool:
        """Whether a list that counts has no place for the leaf, also asked anew: it may be of a
        device that came since."""
        pin = one.seen.pin
        if pin is None or one.seen.is_ahead or one.line not in (UNLISTED, _OWN_DEVICE):
            return False
        if one.seen.now > pin.keys.not_after + GRACE_SECONDS:
            return False
        met = self._state.find(rows.met_row(group, one.key), MetRow)
        return met is not None and met.asked

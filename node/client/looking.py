"""Pure: whose keys a device asks for, when, and what came of it (spec DEV-16)."""

from collections.abc import Iterable
from dataclasses import dataclass

from msgspec.structs import replace

from node.client import key_stock, rows, silence, stops
from node.client.conversation_events import ConversationEvent, DeviceDoubted, KeysChanged
from node.client.device_state import DeviceState
from node.client.leaves import Leaves
from node.client.pins import Pins
from node.client.rows import LookedRow, MetRow
from node.e2ee.keys.private.pins import Deed, changed
from node.e2ee.keys.public.device_list import check_not_ahead
from node.e2ee.keys.public.published import check_published
from node.e2ee.keys.public.signed import LARGEST_U32
from node.e2ee.mls.public import key_package
from node.errors import NodeError, Refused

FRESH_SECONDS = 86_400
NO_KEYS = "KEY-7.5"


@dataclass(frozen=True, slots=True)
class Look:
    """Ask the home node for the keys of `actor` (KEY-7.7), not older than `least` (d.n, or "")."""

    actor: str
    least: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the actor publishes: a signed delegation and list."""

    delegation: bytes
    list: bytes


class Looking:
    """One device's. What changes something is called inside a step."""

    def __init__(self, state: DeviceState, leaves: Leaves, pins: Pins) -> None:
        self._state = state
        self._leaves = leaves
        self._pins = pins

    # -- whom to ask -----------------------------------------------------------------------------

    def wanted(self, now: int) -> list[Look]:
        """Whose keys were never asked for, and whom a leaf gives reason to ask again."""
        return self._looks(self._state.groups_with("group"), None, now)

    def before_words(self, group: str, now: int) -> list[Look]:
        """The same of one group, and whose keys were not asked for since yesterday (DEV-16.1)."""
        return self._looks([group], FRESH_SECONDS, now)

    def before_adding(self, actor: str, now: int) -> list[Look]:
        """The same of somebody whose devices are to be added."""
        if self._waits(actor, now) or not self._is_due(actor, FRESH_SECONDS, now):
            return []
        return [Look(actor)]

    def _looks(self, groups: Iterable[str], lasts: int | None, now: int) -> list[Look]:
        due, met = set[str](), dict[str, str]()
        for group in groups:
            members = {*self._state.conversation(group).members} - {self._state.actor}
            due |= {actor for actor in members if self._is_due(actor, lasts, now)}
            for name in self._state.names("met", group):
                one = self._state.get(name, MetRow)
                if self._asks_again(one):
                    met[one.actor] = max(met.get(one.actor, ""), one.least, key=_number)
        found = [Look(actor) for actor in due - met.keys()]
        found += [self._anew(actor, least) for actor, least in met.items()]
        return sorted((one for one in found if not self._waits(one.actor, now)), key=self._tried_at)

    def _tried_at(self, look: Look) -> tuple[int, str]:
        return silence.tried(self._state, rows.silent_row(look.actor)).at, look.actor

    def _waits(self, actor: str, now: int) -> bool:
        """Whether nothing came of it lately."""
        return silence.left(self._state, rows.silent_row(actor), now) > 0

    def _anew(self, actor: str, least: str) -> Look:
        """A look that no list answers which this device knows already (KEY-7.7)."""
        pin = self._leaves.pin_of(actor)
        if pin is None:
            return Look(actor, least)
        d, n = pin.keys.number
        return Look(actor, "{}.{}".format(*max(_number(least), (d, min(n + 1, LARGEST_U32)))))

    def _is_due(self, actor: str, lasts: int | None, now: int) -> bool:
        """Whether there never was an answer, or, where one `lasts` so long, none of late."""
        looked = self._state.find(rows.looked_row(actor), LookedRow)
        if looked is None or lasts is None:
            return looked is None
        return not 0 <= now - looked.at <= lasts

    def _asks_again(self, met: MetRow) -> bool:
        """Not answered since it was met, or still of a higher number than what was answered."""
        pin = self._leaves.pin_of(met.actor)
        return not met.asked or (pin is not None and _number(met.least) > pin.keys.number)

    # -- what came of it -------------------------------------------------------------------------

    def answered(self, actor: str, outcome: Shown | NodeError, now: int) -> list[ConversationEvent]:
        """What came of a look. A server that does not answer changes nothing but the time."""
        silent = rows.silent_row(actor)
        if isinstance(outcome, Shown):
            self._state.delete(silent)
            found = self._shown(actor, outcome, now)
        elif self._leaves.pin_of(actor) is None and _says_none(outcome):
            # Who had keys has them still: an older list is worth more than a node's word.
            self._state.delete(silent)
            found = self._looked(actor, now, False, self._were_asked(actor))
        else:
            silence.note(self._state, silent, now)
            found = []
        return [*found, *self.tend(now)]

    def seen_own(self, keys: Shown, now: int) -> list[ConversationEvent]:
        """The keys of the account, as the home node has them; a device that has no part in them
        judges by these."""
        silence.forget(self._state, now)
        if self._state.has(rows.ACCOUNT_KEYS):
            # A device that is off the list keeps the one before, whose number says nothing new.
            is_new = self._were_asked(self._state.actor) or self._leaves.is_off_list
            return self._looked(self._state.actor, now, True, is_new)
        return self._shown(self._state.actor, keys, now)

    def _looked(
        self, actor: str, now: int, shown: bool, changed: bool = False
    ) -> list[ConversationEvent]:
        """Judge all leaves of `actor`, if they have not been by what is known now."""
        name, pin = rows.looked_row(actor), self._leaves.pin_of(actor)
        number = "" if pin is None else "{}.{}".format(*pin.keys.number)
        row = LookedRow(at=now, shown=shown, number=number)
        known = self._state.find(name, LookedRow)
        self._state.put(name, row)
        same = known is not None and (known.shown, known.number) == (shown, number)
        return [] if same and not changed else self.judge(now, actor)

    def _shown(self, actor: str, outcome: Shown, now: int) -> list[ConversationEvent]:
        try:
            keys = check_published(outcome.delegation, outcome.list, actor)
            check_not_ahead(keys.devices, now)
        except Refused:
            # They show something, and it is nothing that a leaf of theirs could stand on.
            return self._looked(actor, now, True)
        before, row = self._pins.of(actor), self._pins.kept(actor)
        line = self._pins.see(actor, keys)
        is_new = self._were_asked(actor) or row != self._pins.kept(actor)
        found: list[ConversationEvent] = []
        if before is not None and line.deed is Deed.TAKE:
            came, went = changed(before.keys, keys)
            found += [KeysChanged(actor, len(came), len(went))] if came or went else []
        return [*found, *self._looked(actor, now, True, is_new)]

    def _were_asked(self, actor: str) -> bool:
        """The list of `actor` was read: whether one of their leaves waited for that."""
        names = [n for group in self._state.groups_with("met")
                 for n in self._state.names("met", group)]  # fmt: skip
        found = [(name, self._state.get(name, MetRow)) for name in names]
        waited = [(name, one) for name, one in found if one.actor == actor and not one.asked]
        for name, one in waited:
            self._state.put(name, replace(one, asked=True))
        return bool(waited)

    def judge(self, now: int, actor: str) -> list[ConversationEvent]:
        """Look again at all groups of an actor."""
        found: list[ConversationEvent] = []
        for group in sorted(self._state.groups_with("group")):
            if actor in {*self._state.conversation(group).members, self._state.actor}:
                found += self._leaves.look(group, now, read=actor)
        return found

    def tend(self, now: int) -> list[ConversationEvent]:
        """Look again at the groups in which something waits or is in the way."""
        groups = {*self._state.groups_with("met"), *self._state.groups_with("stopped")}
        return [event for group in sorted(groups) for event in self._leaves.tend(group, now)]

    # -- who is to be added ----------------------------------------------------------------------

    def ahead_of(self, actor: str, packages: Iterable[bytes], now: int) -> list[Look]:
        """The same where a package is of a device that the list which is known does not have."""
        fit = (data for data in packages if key_stock.is_fit(data, actor, now))
        found = (self._leaves.of_package(key_package.parse(data).leaf, now) for data in fit)
        doubted = [one for one in found if one.line.deed in (Deed.FETCH, Deed.STOP)]
        if not doubted or self._waits(actor, now):
            return []
        return [self._anew(actor, max((one.least for one in doubted), key=_number))]

    def sift(
        self, actor: str, packages: Iterable[bytes], now: int
    ) -> tuple[list[bytes], list[DeviceDoubted]]:
        """The packages that may be added, and what is told of the others, of each kind once
        (DEV-16.6)."""
        kept, seen = list[bytes](), dict[str, None]()
        for data in packages:
            if key_stock.is_fit(data, actor, now):
                why = self.refuses(data, now)
            else:
                is_late = key_stock.is_fit_at_its_time(data, actor)
                why = stops.CLOCK if is_late else stops.UNFIT
            if why:
                seen[why] = None
            else:
                kept.append(data)
        if kept or len(seen) > 1:  # our clock is right by some of them
            seen = dict.fromkeys(stops.UNFIT if why == stops.CLOCK else why for why in seen)
        said = [(why, stops.reason(self._state, actor, why)) for why in seen]
        return kept, [DeviceDoubted("", actor, why, reason) for why, reason in said]

    def refuses(self, package: bytes, now: int) -> str:
        """Why the device of a package is not spoken to; nothing when it may be."""
        return self._leaves.of_package(key_package.parse(package).leaf, now).why


def _says_none(outcome: NodeError) -> bool:
    return isinstance(outcome, Refused) and outcome.clause == NO_KEYS


def _number(text: str) -> tuple[int, int]:
    d, _, n = text.partition(".")
    return int(d or 0), int(n or 0)

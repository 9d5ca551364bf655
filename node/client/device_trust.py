"""Pure: a device and whom it seals to, each happening a step (spec DEV-16)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from node.client import declined, key_stock, silence, stops, untold
from node.client.conversation_events import ConversationEvent, DeviceDoubted
from node.client.device_state import DeviceState
from node.client.intents import Add
from node.client.key_stock import Packages
from node.client.leaves import Leaves
from node.client.lists import Lists
from node.client.looking import Look, Looking, Shown
from node.client.pins import Pins
from node.e2ee.keys.private.pins import Deed
from node.e2ee.keys.public.published import Published
from node.errors import Forbidden, NodeError


@dataclass(frozen=True, slots=True)
class Standing:
    """What this device knows of whom it speaks to: `verified`, `known` (their keys are, and nobody
    compared numbers), `unconfirmed` (their server has not answered yet), `unverifiable`, `expired`
    or `stopped`; the line of KEY-5.2 where it is one of the last four, and in words what that means
    where something is to be done."""

    state: str
    seen: str = ""
    words: str = ""


class DeviceTrust:
    """What the program may ask of a device about the keys of others."""

    def __init__(self, state: DeviceState, leaves: Leaves, pins: Pins) -> None:
        self._state = state
        self._leaves = leaves
        self._pins = pins
        self._looking = Looking(state, leaves, pins)
        self._lists = Lists(state, leaves)

    @property
    def has_doubts(self) -> bool:
        """Whether something waits, or is in the way, that time may change."""
        return bool(self._state.groups_with("met") or self._state.groups_with("stopped"))

    def rest(self, now: int) -> int:
        """How many seconds until time alone may have changed something: what is in the way, or who
        may be added; an hour at most."""
        return silence.SHORTEST_WAIT if self.has_doubts else self._lists.rest(now)

    def wanted(self, now: int) -> list[Look]:
        """Whose keys are to be asked for, whatever is said."""
        return self._looking.wanted(now)

    def before_words(self, group: str, now: int) -> list[Look]:
        """Whose keys are to be asked for before something is said in a group."""
        return self._looking.before_words(group, now)

    def before_adding(self, actor: str, now: int) -> list[Look]:
        """Whose keys are to be asked for before devices of `actor` are added."""
        return self._looking.before_adding(actor, now)

    def ahead_of(self, actor: str, packages: Iterable[bytes], now: int) -> list[Look]:
        """The same once their key packages are here."""
        return self._looking.ahead_of(actor, packages, now)

    def answered(self, actor: str, outcome: Shown | NodeError, now: int) -> list[ConversationEvent]:
        """What came of a look."""
        with self._state.step():
            return untold.keep(self._state, self._looking.answered(actor, outcome, now))

    def seen_own(self, keys: Shown, now: int) -> list[ConversationEvent]:
        """The keys of the account, as the home node has them."""
        with self._state.step():
            return untold.keep(self._state, self._looking.seen_own(keys, now))

    def tend(self, now: int) -> list[ConversationEvent]:
        """Time passed: look again at what is in the way."""
        with self._state.step():
            return self._looking.tend(now)

    def sift(
        self, actor: str, packages: Iterable[bytes], now: int
    ) -> tuple[list[bytes], list[DeviceDoubted]]:
        """The packages of `actor` that may be added, and what is told of the others."""
        return self._looking.sift(actor, packages, now)

    def refusal(self, actor: str, told: Sequence[DeviceDoubted]) -> Forbidden:
        """None of the packages of `actor` may be added, for what would be told of them."""
        if self._leaves.is_off_list:
            return stops.refusal(self._state, self._state.actor, stops.THIS_DEVICE)
        return stops.refusal(self._state, actor, told[0].seen)

    def check(self, actor: str, packages: Iterable[bytes], now: int) -> None:
        """Raises `Forbidden` (KEY-5.2) for a device that is not spoken to, or where this one is on
        no list itself (DEV-16.7)."""
        if self._leaves.is_off_list:
            raise stops.refusal(self._state, self._state.actor, stops.THIS_DEVICE)
        for data in packages:
            if why := self._looking.refuses(data, now):
                raise stops.refusal(self._state, actor, why)

    def adding(self, packages: Packages, now: int, listed: bool = False) -> Add:
        """The wish to add who may be spoken to. Raises as `check`, and as `key_stock.adding`."""
        add = key_stock.adding(packages, listed)
        for actor, found in packages.items():
            self.check(actor, found, now)
        return add

    def lacking(self, now: int) -> list[tuple[str, str]]:
        """The groups in which a listed device is missing that this one adds, and whose."""
        return self._lists.lacking(now)

    def missing(self, group: str, actor: str) -> dict[bytes, str]:
        """The listed devices of `actor` that are not in a group, and not on their way: their ids by
        signature key."""
        return self._lists.missing(group, actor)

    def named(self, actor: str) -> dict[bytes, str]:
        """What their home node calls the listed devices of `actor`, by signature key."""
        return self._lists.named(actor)

    def knows_own(self, group: str, former: list[str]) -> bool:
        """Whether all devices of our own account in a group are listed, or stood in a `former`
        one of the same people (DEV-9.7)."""
        return self._lists.knows_own(group, former)

    def overdue(self, now: int) -> list[str]:
        """The groups in which it is our turn to take out leaves that no list has (DEV-17.3)."""
        return self._lists.overdue(now)

    def to_ask(self, group: str, keys: Iterable[bytes], now: int) -> list[list[bytes]]:
        """Those of these devices whose key packages may be asked for now, to be used in a group:
        together, or alone (DEV-17.1)."""
        return self._lists.to_ask(group, keys, now)

    def claimed(self, came: Iterable[bytes], came_not: Iterable[bytes], now: int) -> None:
        """Of which of the devices that were asked for there was a package, and of which none."""
        with self._state.step():
            self._lists.came(came)
            self._lists.came_not(came_not, now)

    def ready(self, device: str, now: int) -> bool:
        """A device of our account has key packages now. Whether it was asked for in vain, and may
        be again at once (DEV-17.1)."""
        with self._state.step():
            return self._lists.ready(device, now)

    def declined(self, group: str, keys: Iterable[bytes], now: int) -> None:
        """These devices cannot be added to a group with the packages that came."""
        with self._state.step():
            declined.note(self._state, group, keys, now)

    @property
    def is_followed(self) -> bool:
        """Whether all groups were looked at by the account's list as it is."""
        return self._lists.is_followed

    def followed(self) -> None:
        """All groups were looked at by the account's list as it is: where each listed device is in
        each of them, that is kept (DEV-17.1)."""
        if not self._lists.is_followed:
            with self._state.step():
                self._lists.followed()

    def anew(self, actor: str) -> Published | None:
        """The keys of another root that `actor` publishes now, as far as this device saw."""
        return self._pins.anew(actor)

    def accept(self, actor: str, root: bytes, now: int) -> list[ConversationEvent]:
        """Go on, unverified, with who began anew under that root (DEV-13.3)."""
        with self._state.step():
            self._pins.accept(actor, root)
            return self._looking.judge(now, actor)

    def standing(self, group: str, now: int) -> dict[str, Standing]:
        """What is known of everybody in a group but us."""
        found: dict[str, Standing] = {}
        stopped = dict(stops.stopped(self._state, group))
        for one in self._leaves.of_group(group, now):
            if one.actor in stopped:
                seen = stopped[one.actor].why
                words = stops.reason(self._state, one.actor, seen)
                found[one.actor] = Standing("stopped", seen, words)
            elif one.actor == self._state.actor:
                continue
            elif one.line.deed in _STATES:
                words = one.line.words
                name = f"{stops.handle_of(self._state, one.actor)} " if words else ""
                found[one.actor] = Standing(_STATES[one.line.deed], one.line.seen, name + words)
            else:
                found.setdefault(one.actor, self._known(one.actor))
        return found

    def _known(self, actor: str) -> Standing:
        pin = self._pins.of(actor)
        return Standing("verified" if pin is not None and pin.verified else "known")


_STATES: Final = {
    Deed.UNVERIFIABLE: "unverifiable",
    Deed.FETCH: "unconfirmed",
    Deed.TELL: "expired",
}

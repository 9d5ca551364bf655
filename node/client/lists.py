"""Pure: which listed devices are missing in which groups (spec DEV-17)."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Final
from uuid import UUID

from node.client import absent, behind, declined, rows, silence, stops
from node.client.device_state import SUITE, DeviceState
from node.client.leaves import Leaves
from node.client.rows import AbsentRow, MetRow
from node.e2ee.keys.private.pins import GRACE_SECONDS, Pin
from node.wire import tls

# So long after their last leaf went somebody is taken in again by itself; then a person decides.
ADDED_FOR_SECONDS: Final = 7 * 86_400
# So long one device after the other has its turn to take out who is on no list (DEV-17.3).
OWN_SECONDS: Final = 60
OTHERS_SECONDS: Final = 30
OTHERS_BEGIN_SECONDS: Final = 600


def came_into_a_group(state: DeviceState) -> None:
    """This device began it, or was added: its account's other devices may be missing there."""
    state.delete(rows.FOLLOWED)


class Lists:
    """The account's own list, and those of people of whom no device is left in a group."""

    def __init__(self, state: DeviceState, leaves: Leaves) -> None:
        self._state = state
        self._leaves = leaves

    def lacking(self, now: int) -> list[tuple[str, str]]:
        """Where a device is missing that this one adds, and whose: the newest groups first."""
        own = self._state.actor
        found = list[tuple[str, str]]()
        is_new = not self.is_followed
        if not (is_new or self._state.groups_with("absent")):
            return []
        for group in self._newest():
            if is_new and self._may_add(group, own, now):
                found.append((group, own))
            for actor in absent.of(self._state, group):
                if self._went_lately(group, actor, now) and self._may_add(group, actor, now):
                    found.append((group, actor))
        return found

    def _went_lately(self, group: str, actor: str, now: int) -> bool:
        """Whether their last leaf went not long ago, or one of theirs still stands."""
        since = self._state.get(rows.absent_row(group, actor), AbsentRow).since
        return not since or now - since <= ADDED_FOR_SECONDS

    def _newest(self) -> Iterator[str]:
        known = self._state.conversations()
        here = [group for group in self._state.groups_with("group") if not known[group].left]
        yield from sorted(here, key=lambda group: (known[group].created, group), reverse=True)

    def _may_add(self, group: str, actor: str, now: int) -> bool:
        pin = self._pin(actor)
        if pin is None or pin.forked or pin.anew or now > pin.keys.not_after + GRACE_SECONDS:
            return False
        rests = stops.is_stopped(self._state, group) or behind.is_behind(self._state, group)
        return not rests and bool(self.missing(group, actor))

    def missing(self, group: str, actor: str) -> dict[bytes, str]:
        """The listed devices that are not in the group, nor on their way: what their home node
        calls them, by signature key."""
        out = self._out(group, actor)
        coming = declined.on_their_way(self._state, group) if out else set()
        return {key: id for key, id in out.items() if key not in coming}

    def _out(self, group: str, actor: str) -> dict[bytes, str]:
        """Those that are not in it."""
        if group not in self._state.groups:
            return {}
        here = {member.signature_key for member in self._state.groups.session(group).members()}
        return {key: id for key, id in self.named(actor).items() if key not in here}

    def named(self, actor: str) -> dict[bytes, str]:
        """What their home node calls the listed devices of an actor, by signature key."""
        pin = self._pin(actor)
        devices = pin.keys.devices.devices if pin is not None else ()
        return {
            key.signature_key: str(UUID(bytes=device.id))
            for device in devices
            for key in device.keys
            if key.suite == SUITE
        }

    def knows_own(self, group: str, former: list[str]) -> bool:
        """Whether all devices of our own account in a group are listed, or stood in a `former`
        one."""
        known = {*self.named(self._state.actor)}.union(*map(self._own, former))
        return not former or self._own(group) <= known

    def _own(self, group: str) -> set[bytes]:
        """The signature keys of the other devices of our own account there."""
        session, us = self._state.groups.session(group), self._state.actor.encode()
        others = (one for one in session.members() if one.leaf != session.own_leaf)
        return {one.signature_key for one in others if one.identity == us}

    # -- who takes out whom no list has ----------------------------------------------------------

    def overdue(self, now: int) -> list[str]:
        """The groups in which it is this device's turn to take out leaves that no list has, though
        nothing is owed there that would do it: the newest first."""
        doubted = {*self._state.groups_with("stopped")} - {*self._state.groups_with("owed")}
        return [group for group in self._newest() if group in doubted and self._turn(group, now)]

    def _turn(self, group: str, now: int) -> bool:
        if stops.is_stopped(self._state, group) or behind.is_behind(self._state, group):
            return False
        return any(
            now - self._state.get(rows.met_row(group, key), MetRow).at >= wait
            for actor, row in stops.stopped(self._state, group)
            if (wait := self._wait(group, actor)) is not None
            for key in row.remove
        )

    def _wait(self, group: str, actor: str) -> int | None:
        """How long others have their turn before this device, from when a leaf was known."""
        state, pin, is_own = self._state, self._pin(actor), actor == self._state.actor
        gone, me = stops.revoked(state, group), state.groups.me.signature.public
        ranked = [
            member.signature_key
            for member in state.groups.session(group).members()
            if member.signature_key not in gone and (member.identity == actor.encode()) == is_own
        ]
        if pin is None or me not in ranked:
            return None
        said = bytes.fromhex(group) + b"".join(tls.u32(each) for each in pin.keys.number)
        place = sorted(ranked, key=lambda key: hashlib.sha256(key + said).digest()).index(me)
        return OWN_SECONDS * place if is_own else OTHERS_BEGIN_SECONDS + OTHERS_SECONDS * place

    # -- who is asked for ------------------------------------------------------------------------

    def to_ask(self, group: str, keys: Iterable[bytes], now: int) -> list[list[bytes]]:
        """Those of which a key package may come, and may be used: a device that had none is asked
        for ever more seldom, in all groups together, and so is, in a group, one whose Add was
        refused there. Such a one is asked for alone, behind all others: what is wrong with it keeps
        nobody else out."""
        due = sorted(key for key in keys if not self._rests(group, key, now))
        alone = [[key] for key in due if any(map(self._state.has, _in_vain(group, key)))]
        together = [key for key in due if [key] not in alone]
        return [together, *alone] if together else alone

    def _rests(self, group: str, key: bytes, now: int) -> int:
        return max(silence.left(self._state, name, now) for name in _in_vain(group, key))

    def rest(self, now: int) -> int:
        """How many seconds until somebody may be added by time alone; an hour at most."""
        found = (
            self._rests(group, key, now) or silence.SHORTEST_WAIT  # tried just now, or soon
            for group, actor in self.lacking(now)
            for key in self.missing(group, actor)
        )
        return min(found, default=silence.LONGEST_WAIT)

    def came_not(self, keys: Iterable[bytes], now: int) -> None:
        """Their packages were asked for, and there was none."""
        for key in keys:
            silence.note(self._state, rows.packageless_row(key), now)

    def came(self, keys: Iterable[bytes]) -> None:
        """There was a package of each."""
        for key in keys:
            self._state.delete(rows.packageless_row(key))

    def ready(self, device: str, now: int) -> bool:
        """A device of our account says that it has packages: whether it was asked for in vain. How
        often it was is kept: it may say so again and again."""
        own = self.named(self._state.actor).items()
        names = [rows.packageless_row(key) for key, id in own if id == device]
        return any(silence.end(self._state, name, now) for name in names)

    def _pin(self, actor: str) -> Pin | None:
        """Its own account's keys only where this device has a part in them."""
        if actor == self._state.actor and not self._state.has(rows.ACCOUNT_KEYS):
            return None
        return self._leaves.pin_of(actor)

    # -- by which list that was done -------------------------------------------------------------

    @property
    def is_followed(self) -> bool:
        """Whether all groups were looked at by the account's list as it is now."""
        pin = self._pin(self._state.actor)
        return pin is None or self._state.read(rows.FOLLOWED) == _written(pin)

    def followed(self) -> None:
        """Now they were, if each listed device is in each: also in groups where nothing can be
        added for now, stopped ones and those that this device is behind, but not where nothing is
        said any more; an Add that is only owed may be refused."""
        own = self._state.actor
        pin = self._pin(own)
        here = (group for group in self._newest() if not behind.is_over(self._state, group))
        if pin is not None and not any(self._out(group, own) for group in here):
            self._state.write(rows.FOLLOWED, _written(pin))


def _in_vain(group: str, key: bytes) -> tuple[str, str]:
    """The rows that say that a device had no package, or could not be added there."""
    return rows.packageless_row(key), declined.row(group, key)


def _written(pin: Pin) -> bytes:
    return "{}.{}".format(*pin.keys.number).encode()

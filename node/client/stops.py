"""Pure: in which groups nothing is sealed, and whose leaves go first (spec DEV-16)."""

from typing import Final

from node.client import rows
from node.client.device_state import DeviceState
from node.client.rows import StoppedRow
from node.e2ee.keys.private.pins import words_of
from node.errors import Forbidden

OWN_DEVICE: Final = "own device, not listed"
THIS_DEVICE: Final = "this device, not listed"
# What is said of one's own account; of others see KEY-5.2.
OWN: Final = {
    OWN_DEVICE: "your account has a device here that is not on its list of devices: look at"
    " kith devices, and end what is not yours with kith devices revoke",
    THIS_DEVICE: "this device is not on your account's list of devices, so nobody takes it for"
    " yours: let it in from another one (kith link start), or enter the recovery words (kith"
    " recovery use)",
}

UNFIT: Final = "key package that cannot be used"
# Of none of them that were to be added anything is wrong but the time.
CLOCK: Final = "clock of this device"
# What is said of a device that was to be added, beside the lines of KEY-5.2.
SAID: Final = {
    UNFIT: "has a device whose key package cannot be used: it is damaged, has ended, or is not"
    " theirs. Nothing reaches that device until Kith runs there and gives another one",
    CLOCK: "has nothing but key packages of another time, by the clock of this device: it may be"
    " wrong. Set its date and its time, then try again",
}


def is_stopped(state: DeviceState, group: str) -> bool:
    """Whether nothing may be sealed there but a Remove, until somebody decides or is asked."""
    return any(not row.remove for _, row in stopped(state, group))


def stopped(state: DeviceState, group: str) -> list[tuple[str, StoppedRow]]:
    """Whom nothing is sealed to in a group, and why."""
    names = sorted(state.names("stopped", group))
    head = len(rows.stopped_row(group, ""))
    return [(name[head:], state.get(name, StoppedRow)) for name in names]


def revoked(state: DeviceState, group: str) -> set[bytes]:
    """The signature keys of the leaves that are removed before anything is said there."""
    return {key for _, row in stopped(state, group) for key in row.remove}


def reason(state: DeviceState, actor: str, why: str) -> str:
    """What is said of it."""
    return OWN.get(why) or f"{handle_of(state, actor)} {SAID.get(why) or words_of(why)}"


def why(state: DeviceState, group: str) -> Forbidden:
    """What is in the way of words meanwhile."""
    actor, row = next((a, row) for a, row in stopped(state, group) if not row.remove)
    return refusal(state, actor, row.why)


def refusal(state: DeviceState, actor: str, seen: str) -> Forbidden:
    """A device of `actor` is not spoken to; `seen` names the line for programs with other words."""
    return Forbidden("KEY-5.2", reason(state, actor, seen), seen=seen, actor=actor)


def handle_of(state: DeviceState, actor: str) -> str:
    """What our person calls them, if that is known."""
    return state.handles().get(actor, actor)

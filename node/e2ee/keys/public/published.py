"""Pure: an account's keys as a whole, from root to list, and which of two are newer (KEY-4)."""

from dataclasses import dataclass

from node.e2ee.keys.public.delegation import Delegation, check_delegation, parse_delegation
from node.e2ee.keys.public.device_list import DeviceList, check_list, parse_list
from node.e2ee.keys.public.key_box import KeyBox, check_box, parse_box
from node.e2ee.keys.public.signed import LEAP, Signed
from node.errors import Forbidden


@dataclass(frozen=True, slots=True)
class Published:
    """What everybody may see of an account's keys, checked from its root down."""

    delegation: Delegation
    devices: DeviceList
    signed_delegation: Signed
    signed_list: Signed

    @property
    def number(self) -> tuple[int, int]:
        """The newer one has the greater (KEY-4.1)."""
        return self.devices.number

    @property
    def not_after(self) -> int:
        """A list does not outlive its delegation (KEY-4.3)."""
        return min(self.delegation.not_after, self.devices.not_after)


def check_published(delegation: bytes, devices: bytes, actor: str) -> Published:
    """The chain of `actor` in these bytes. Raises `Refused` with the clause (KEY-1, KEY-3)."""
    signed_delegation, signed_list = parse_delegation(delegation), parse_list(devices)
    found = check_delegation(signed_delegation, actor)
    return Published(found, check_list(signed_list, found), signed_delegation, signed_list)


def check_counted_on(new: Published, known: Published) -> None:
    """Lists of one delegation are counted, none leaps ahead. Raises `Forbidden` (KEY-4.6)."""
    if new.delegation.d == known.delegation.d and new.devices.n - known.devices.n > LEAP:
        raise Forbidden(
            "KEY-4.6",
            "a list of devices leaps far ahead of the one before it, so that no other could follow:"
            " somebody else has the list key; enter the recovery words, for another one"
            " (kith recovery renew)",
        )


def check_with_box(published: Published, box: bytes) -> tuple[KeyBox, Signed]:
    """The box that belongs to it."""
    signed = parse_box(box)
    return check_box(signed, published.delegation, published.devices), signed

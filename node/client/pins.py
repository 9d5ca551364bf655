"""Pure: whose keys a device knows, and what becomes of that (spec DEV-13, KEY-5)."""

from msgspec.structs import replace

from node.client import rows
from node.client.device_state import DeviceState
from node.client.rows import PinRow
from node.e2ee.keys.private.pins import Deed, Line, Pin, SeenList, judge_list
from node.e2ee.keys.public.published import Published, check_published
from node.errors import Forbidden, Missing


class Pins:
    """The keys of others, as this device took them. What changes them is called inside a step."""

    def __init__(self, state: DeviceState) -> None:
        self._state = state

    def of(self, actor: str) -> Pin | None:
        """What is pinned of `actor`."""
        row = self._state.find(rows.pin_row(actor), PinRow)
        if row is None:
            return None
        keys = check_published(row.delegation, row.list, actor)
        return Pin(keys, row.verified, bool(row.forked))

    def see(self, actor: str, keys: Published) -> Line[SeenList]:
        """Judge keys that were fetched or shown, and keep what is to be kept of them (KEY-5.1)."""
        pin = self.of(actor)
        line = judge_list(SeenList(pin, keys))
        delegation, listed = keys.signed_delegation.encode(), keys.signed_list.encode()
        if line.deed is Deed.TAKE:
            verified = pin is not None and pin.verified
            row = PinRow(delegation=delegation, list=listed, verified=verified)
            self._state.put(rows.pin_row(actor), row)
        elif line.seen == "equal numbers, other bytes":
            known = self._state.get(rows.pin_row(actor), PinRow)
            self._state.put(rows.pin_row(actor), replace(known, forked=delegation + listed))
        return line

    def verify(self, actor: str) -> None:
        """A person compared the numbers (DEV-13.2). Raises `Missing` for whose keys are unknown."""
        row = self._state.find(rows.pin_row(actor), PinRow)
        if row is None:
            raise Missing("DEV-13.2", "this device knows no keys of theirs yet")
        if row.forked:
            raise Forbidden("DEV-13.2", "two lists of theirs are under one number: ask them first")
        self._state.put(rows.pin_row(actor), replace(row, verified=True))

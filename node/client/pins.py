"""Pure: whose keys a device knows, and what becomes of that (spec DEV-13, KEY-5)."""

from msgspec.structs import replace

from node.client import rows
from node.client.device_state import DeviceState
from node.client.rows import AnewRow, PinRow
from node.e2ee.keys.private.pins import Deed, Line, Pin, SeenList, judge_list
from node.e2ee.keys.public.published import Published, check_published
from node.errors import Forbidden, Missing


class Pins:
    """The keys of others, as this device took them. What changes them is called inside a step."""

    def __init__(self, state: DeviceState) -> None:
        self._state = state
        # Signatures are checked once for each row.
        self._read: dict[str, tuple[PinRow, Published]] = {}

    def row(self, actor: str) -> PinRow | None:
        """What is kept of `actor`."""
        return self._state.find(rows.pin_row(actor), PinRow)

    def kept(self, actor: str) -> tuple[PinRow | None, AnewRow | None]:
        """All that is kept of `actor`: another is another reason to look at their leaves."""
        return self.row(actor), self._state.find(rows.anew_row(actor), AnewRow)

    def of(self, actor: str) -> Pin | None:
        """What is pinned of `actor`."""
        row = self.row(actor)
        if row is None:
            return None
        known = self._read.get(actor)
        if known is None or known[0] != row:
            known = row, check_published(row.delegation, row.list, actor)
            self._read[actor] = known
        anew = self._state.has(rows.anew_row(actor))
        return Pin(known[1], row.verified, bool(row.forked), anew)

    def see(self, actor: str, keys: Published) -> Line[SeenList]:
        """Judge keys that were fetched or shown, and keep what is to be kept of them (KEY-5.1)."""
        pin = self.of(actor)
        line = judge_list(SeenList(pin, keys))
        delegation, listed = keys.signed_delegation.encode(), keys.signed_list.encode()
        if line.seen == "other root":
            row = AnewRow(delegation=delegation, list=listed)
            if self._state.find(rows.anew_row(actor), AnewRow) != row:
                self._state.put(rows.anew_row(actor), row)
            return line
        self._state.delete(rows.anew_row(actor))
        if line.deed is Deed.TAKE:
            self._take(actor, keys, verified=pin is not None and pin.verified)
        elif line.seen == "equal numbers, other bytes":
            known = self._state.get(rows.pin_row(actor), PinRow)
            self._state.put(rows.pin_row(actor), replace(known, forked=delegation + listed))
        return line

    def anew(self, actor: str) -> Published | None:
        """The keys of another root that `actor` publishes now, as far as this device saw."""
        row = self._state.find(rows.anew_row(actor), AnewRow)
        return None if row is None else check_published(row.delegation, row.list, actor)

    def accept(self, actor: str, root: bytes) -> None:
        """A person goes on with who began anew under `root`, unverified (DEV-13.3).

        Raises `Missing` where they publish no such keys, or others since.
        """
        keys = self.anew(actor)
        if keys is None or keys.delegation.root != root:
            raise Missing("DEV-13.3", "they publish no other keys than those that you know")
        self._state.delete(rows.anew_row(actor))
        self._take(actor, keys, verified=False)

    def _take(self, actor: str, keys: Published, verified: bool) -> None:
        delegation, listed = keys.signed_delegation.encode(), keys.signed_list.encode()
        row = PinRow(delegation=delegation, list=listed, verified=verified)
        self._state.put(rows.pin_row(actor), row)

    def verify(self, actor: str) -> None:
        """A person compared the numbers (DEV-13.2). Raises `Missing` for whose keys are unknown."""
        row = self.row(actor)
        if row is None:
            raise Missing("DEV-13.2", "this device knows no keys of theirs yet")
        if row.forked:
            raise Forbidden("DEV-13.2", "two lists of theirs are under one number: ask them first")
        self._state.put(rows.pin_row(actor), replace(row, verified=True))

"""Pure: the key box as the node sees it: sealed entries, one per device (spec KEY-3.7)."""

from dataclasses import dataclass
from typing import Final

from node.e2ee.keys.public.delegation import Delegation
from node.e2ee.keys.public.device_list import NOBODY, DeviceList
from node.e2ee.keys.public.signed import (
    LEAP,
    Signed,
    check_actor,
    head,
    parse_content,
    parse_signed,
    read_actor,
    read_count,
)
from node.errors import Malformed
from node.wire import tls
from node.wire.tls import Reader

LABEL: Final = b"Kith key box 1"
MOST_BYTES: Final = 262144
MOST_BOXES: Final = LEAP  # of one list
_ARCHIVE_KEY_BYTES: Final = 4 + 32
# What else is in the entry of zero: of HPKE 32 bytes before and 16 behind, the list key, and no rk.
# The length before the keys has up to 4 bytes: less than a key, so nothing is miscounted.
_WITHOUT_KEYS: Final = 32 + 16 + 32 + 1


@dataclass(frozen=True, slots=True)
class Entry:
    """The secrets, sealed to the device `to`; zero stands for the recovery key."""

    to: bytes
    sealed: bytes

    def encode(self) -> bytes:
        return self.to + tls.opaque(self.sealed)


@dataclass(frozen=True, slots=True)
class KeyBox:
    """The entries of the list (d, n); `b` counts the boxes of that list."""

    actor: str
    d: int
    n: int
    b: int
    entries: tuple[Entry, ...]

    def encode(self) -> bytes:
        numbers = tls.u32(self.d) + tls.u32(self.n) + tls.u32(self.b)
        return head(self.actor) + numbers + tls.vector(each.encode() for each in self.entries)

    @property
    def number(self) -> tuple[int, int, int]:
        """The newer box has the greater one (KEY-4.1)."""
        return self.d, self.n, self.b

    def entry(self, to: bytes) -> bytes | None:
        """What is sealed to the device with that id."""
        return next((each.sealed for each in self.entries if each.to == to), None)


def check_box_number(b: int) -> None:
    """A list has so many boxes. Raises `Malformed` (KEY-1.8)."""
    if b > MOST_BOXES:
        raise Malformed(
            "KEY-1.8",
            "the numbers of this list's key boxes are used up, which no honest device does: enter"
            " the recovery words, for another delegation (kith recovery renew)",
        )


def _read_entry(reader: Reader) -> Entry:
    return Entry(reader.take(16), reader.opaque())


def _read_box(reader: Reader) -> KeyBox:
    actor, d, n, b = read_actor(reader), read_count(reader), read_count(reader), read_count(reader)
    check_box_number(b)
    return KeyBox(actor, d, n, b, reader.vector(_read_entry))


def check_box(signed: Signed, delegation: Delegation, devices: DeviceList) -> KeyBox:
    """The box of that very list, signed by the list key, with an entry for each (KEY-3.7)."""
    found = parse_content(signed.content, _read_box)
    check_actor(found.actor, delegation.actor)
    if (found.d, found.n) != devices.number:
        raise Malformed("KEY-3.7", "a key box and its list have different numbers")
    if [entry.to for entry in found.entries] != [NOBODY, *(one.id for one in devices.devices)]:
        reason = "a key box has an entry for the recovery key and one for each device of its list"
        raise Malformed("KEY-3.7", reason)
    signed.check(delegation.list_key, LABEL)
    return found


def archive_keys_in(data: bytes) -> int:
    """How many archive keys a signed box holds, by the size of what is sealed (KEY-3.8)."""
    sealed = parse_content(parse_box(data).content, _read_box).entry(NOBODY) or b""
    return max(0, len(sealed) - _WITHOUT_KEYS) // _ARCHIVE_KEY_BYTES


def parse_box(data: bytes) -> Signed:
    """A signed key box that is all of `data`, not checked yet."""
    return parse_signed(data, MOST_BYTES)

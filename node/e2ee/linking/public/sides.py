"""Pure: what each device says of itself, and what both make of it (spec LNK-1, LNK-3)."""

import hashlib
import re
from dataclasses import dataclass, field
from typing import ClassVar, Final

from node.e2ee.keys.public.device_list import Device, read_device
from node.e2ee.keys.public.signed import (
    VERSION,
    parse_content,
    read_actor,
    read_count,
    read_ed25519,
    read_x25519,
)
from node.errors import Malformed, TooMuch
from node.wire import tls
from node.wire.tls import Reader

MOST_BYTES: Final = 2048
NONCE_BYTES: Final = 32
LONGEST_NAME: Final = 64  # characters
DIGITS: Final = 6
NEW: Final = 1
OLD: Final = 2
# Control characters, line breaks, and what turns the direction of what follows.
_UNSHOWN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def _head(side: int, nonce: bytes) -> bytes:
    return tls.u8(VERSION) + tls.u8(side) + nonce


@dataclass(frozen=True, slots=True)
class NewSide:
    """The device that is to be let in. `once_kem` is for this linking alone."""

    side: ClassVar[int] = NEW

    nonce: bytes = field(repr=False)
    device: Device
    once_kem: bytes
    name: str

    def encode(self) -> bytes:
        name = tls.opaque(self.name.encode())
        return _head(NEW, self.nonce) + self.device.encode() + self.once_kem + name


@dataclass(frozen=True, slots=True)
class OldSide:
    """A device of the account, and the newest list that it knows."""

    side: ClassVar[int] = OLD

    nonce: bytes = field(repr=False)
    actor: str
    root: bytes
    d: int
    n: int
    list_hash: bytes

    def encode(self) -> bytes:
        numbers = tls.u32(self.d) + tls.u32(self.n)
        actor = tls.opaque(self.actor.encode())
        return _head(OLD, self.nonce) + actor + self.root + numbers + self.list_hash


LinkSide = NewSide | OldSide


def _read_name(reader: Reader) -> str:
    try:
        name = reader.opaque().decode()
    except UnicodeDecodeError:
        name = ""
    if not 0 < len(name) <= LONGEST_NAME or _UNSHOWN.search(name):
        reason = f"a device's name has 1 to {LONGEST_NAME} characters, none of control or direction"
        raise Malformed("LNK-1.4", reason)
    return name


def _read_side(reader: Reader) -> LinkSide:
    side, nonce = reader.u8(), reader.take(NONCE_BYTES)
    if side == OLD:
        return OldSide(
            nonce,
            actor=read_actor(reader),
            root=read_ed25519(reader),
            d=read_count(reader),
            n=read_count(reader),
            list_hash=reader.take(32),
        )
    if side != NEW:
        raise Malformed("LNK-1.3", "a side of a link is a new device's or an old one's")
    found = NewSide(nonce, read_device(reader), read_x25519(reader), _read_name(reader))
    if found.once_kem == found.device.seal:
        raise Malformed("LNK-1.5", "a key for one linking is none that the device keeps")
    return found


def parse_side(data: bytes) -> LinkSide:
    """The side that is all of `data`. Raises `Refused` with the clause (LNK-1, KEY-1, KEY-3.3)."""
    if len(data) > MOST_BYTES:
        raise TooMuch("LNK-1.2", f"a side of a link has more than {MOST_BYTES} bytes")
    return parse_content(data, _read_side)


def commitment(side: bytes) -> bytes:
    """What who shows says of its side before it knows the other one (LNK-3.1)."""
    return hashlib.sha256(tls.opaque(b"Kith link commit 1") + tls.opaque(side)).digest()


def transcript(code: str, new: bytes, old: bytes) -> bytes:
    """`T`: all that the two said, in one hash (LNK-3.6)."""
    parts = (b"Kith link 1", code.encode(), new, old)
    return hashlib.sha256(b"".join(map(tls.opaque, parts))).digest()


def number(side: int, told: bytes) -> str:
    """The six digits that the device of `side` shows (LNK-3.7)."""
    digest = hashlib.sha256(tls.opaque(b"Kith link number 1") + tls.u8(side) + told).digest()
    return f"{int.from_bytes(digest[:8], 'big') % 10**DIGITS:0{DIGITS}}"

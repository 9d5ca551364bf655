"""Pure: a record of the archive in clear, and its bytes (spec ARC-1)."""

from enum import IntEnum
from typing import Final

import msgspec

from node.errors import Malformed
from node.wire import tls

VERSION: Final = 1
LARGEST_NUMBER: Final = 2**53 - 1  # what JSON and JavaScript tell apart
LONGEST_NAME_BYTES: Final = 2048
LONGEST_KEY_BYTES: Final = 256  # the longest group id that a relay takes (E2E-3.1)


class Kind(IntEnum):
    """What happened. The names are those of ActivityStreams, but for a state (ARC-5)."""

    CREATE = 1
    UPDATE = 2
    LIKE = 3
    UNDO = 4
    DELETE = 5
    STATE = 6


class Record(msgspec.Struct, kw_only=True, frozen=True):
    """An event, or a state. `t` and `received` are in milliseconds since 1970.

    `device` is the signature key of the leaf that said it, `number` which of its words it is; of a
    state, its version. `data` is what stood in the sealed message.
    """

    kind: Kind
    actor: str
    id: str
    group: bytes = b""
    device: bytes = b""
    epoch: int = 0
    t: int = 0
    number: int = 0
    received: int = 0
    data: bytes = b""

    def encode(self) -> bytes:
        return b"".join(
            (
                tls.u8(VERSION),
                tls.u8(self.kind),
                tls.opaque(self.group),
                tls.opaque(self.actor.encode()),
                tls.opaque(self.device),
                tls.opaque(self.id.encode()),
                tls.u64(self.epoch),
                tls.u64(self.t),
                tls.u64(self.number),
                tls.u64(self.received),
                tls.opaque(self.data),
            )
        )

    def checked(self) -> bytes:
        """As `encode`, of a record that everybody reads. Raises `Malformed` as `read`."""
        data = self.encode()
        read(data)
        return data


def read(padded: bytes) -> tuple[Record, int]:
    """The record, and how long it is without its padding. Raises `Malformed` (ARC-1.2, MLS-2.1)."""
    reader = tls.Reader(padded)
    version, kind = reader.u8(), reader.u8()
    if version != VERSION:
        raise Malformed("ARC-1.2", f"a record of version {version}, which this program cannot read")
    if kind not in Kind.__members__.values():
        raise Malformed("ARC-1.2", f"a record of kind {kind}, which this program cannot read")
    record = Record(
        kind=Kind(kind),
        group=_short(reader.opaque()),
        actor=_text(reader.opaque()),
        device=_short(reader.opaque()),
        id=_text(reader.opaque()),
        epoch=_number(reader),
        t=_number(reader),
        number=_number(reader),
        received=_number(reader),
        data=reader.opaque(),
    )
    size = reader.at
    if reader.rest().strip(b"\x00"):
        raise Malformed("ARC-1.2", "bytes that are not zeros follow a record")
    return record, size


def _short(value: bytes) -> bytes:
    if len(value) > LONGEST_KEY_BYTES:
        raise Malformed("ARC-1.2", "a group or device whose name is too long")
    return value


def _text(value: bytes) -> str:
    if not 0 < len(value) <= LONGEST_NAME_BYTES:
        raise Malformed("ARC-1.2", "an actor or id that is absent or too long")
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise Malformed("ARC-1.2", "an actor or id that is not UTF-8") from None


def _number(reader: tls.Reader) -> int:
    value = reader.u64()
    if value > LARGEST_NUMBER:
        raise Malformed("ARC-1.2", "a number above 2^53 - 1")
    return value

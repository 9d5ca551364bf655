"""Pure: how records are named, and sealed under the archive keys (spec ARC-2)."""

import hmac
from collections.abc import Iterable
from typing import Final

import msgspec
from nacl.bindings import (
    crypto_aead_xchacha20poly1305_ietf_decrypt,
    crypto_aead_xchacha20poly1305_ietf_encrypt,
)
from nacl.exceptions import CryptoError

from node.e2ee.mls.private.protect import padded_size
from node.e2ee.records import days, record
from node.e2ee.records.days import DayKey
from node.e2ee.records.record import Kind, Record
from node.errors import Malformed, Missing, TooMuch, Unproven
from node.ports import Entropy
from node.wire import tls

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 24
TAG_BYTES: Final = 16
LARGEST_SEALED: Final = 96 * 1024
_LABEL: Final = tls.opaque(b"Kith archive 1")


class ArchiveKey(msgspec.Struct, frozen=True):
    """`AK_g`: one generation of an account's archive key."""

    generation: int
    key: bytes

    def __repr__(self) -> str:
        return f"<ArchiveKey of generation {self.generation}>"

    def name(self, group: bytes, actor: str, id: str, state: bool = False) -> bytes:
        """What a record, or a state, is called at the node (ARC-2.2)."""
        label = "Kith state name 1" if state else "Kith archive name 1"
        named = tls.opaque(group) + tls.opaque(actor.encode()) + tls.opaque(id.encode())
        return hmac.digest(days.expand(self.key, label), named, "sha256")

    def name_of(self, what: Record) -> bytes:
        return self.name(what.group, what.actor, what.id, what.kind is Kind.STATE)


class Sealed(msgspec.Struct, frozen=True):
    """A record as the node keeps it. `day`: when it disappears, or 0."""

    name: bytes
    generation: int
    day: int
    body: bytes

    def __repr__(self) -> str:
        return f"<Sealed {self.name.hex()[:8]} of {len(self.body)} bytes>"


class Keyring:
    """The archive keys of a device, and its day key if it has one."""

    def __init__(self, keys: Iterable[ArchiveKey], day_key: DayKey | None = None) -> None:
        self._keys = {key.generation: key for key in keys}
        self._day_key = day_key

    @property
    def newest(self) -> ArchiveKey:
        """Under which a device seals now."""
        return self._keys[max(self._keys)]

    def names(self, what: Record) -> list[bytes]:
        """What it may be called, the newest name first: it may stand there already (ARC-6.2)."""
        return [self._keys[g].name_of(what) for g in sorted(self._keys, reverse=True)]

    def seal(self, what: Record, entropy: Entropy, today: int, day: int = days.LASTING) -> Sealed:
        """For the node. Raises `TooMuch` (ARC-2.5), and as `days.sealing_key`."""
        plain = what.encode()
        padded = plain.ljust(padded_size(len(plain)), b"\x00")
        if len(padded) > LARGEST_SEALED - NONCE_BYTES - TAG_BYTES:
            raise TooMuch("ARC-2.5", "this is too long to be kept in the archive")
        key, name = self.newest, self.newest.name_of(what)
        place = _place(key.generation, day, name)
        secret = days.sealing_key(key.key, day, self._day_key, today)
        nonce = entropy.draw(NONCE_BYTES)
        sealed = crypto_aead_xchacha20poly1305_ietf_encrypt(padded, place, nonce, secret)
        return Sealed(name, key.generation, day, nonce + sealed)

    def open(self, sealed: Sealed, today: int) -> Record:
        """What the node kept.

        Raises `Missing` (ARC-2.1) for a generation that this device does not have, `Unproven`
        (ARC-2.4) for what was altered or swapped, `TooMuch` (ARC-2.5), `Malformed` (ARC-1.2), and
        as `days.sealing_key`.
        """
        if len(sealed.body) > LARGEST_SEALED:
            raise TooMuch("ARC-2.5", "a record that is too long")
        key = self._keys.get(sealed.generation)
        if key is None:
            raise Missing("ARC-2.1", "a record under a key that this device does not have")
        secret = days.sealing_key(key.key, sealed.day, self._day_key, today)
        place = _place(sealed.generation, sealed.day, sealed.name)
        nonce, box = sealed.body[:NONCE_BYTES], sealed.body[NONCE_BYTES:]
        try:
            padded = crypto_aead_xchacha20poly1305_ietf_decrypt(box, place, nonce, secret)
        except (CryptoError, ValueError):
            raise Unproven("ARC-2.4", "a record that was altered, or is none of ours") from None
        found, size = record.read(padded)
        if padded_size(size) != len(padded):
            raise Malformed("ARC-2.4", "a record that is padded in another way")
        if not hmac.compare_digest(key.name_of(found), sealed.name):
            raise Unproven("ARC-2.4", "a record that stands in the place of another")
        return found


def _place(generation: int, day: int, name: bytes) -> bytes:
    return _LABEL + tls.u32(generation) + tls.u32(day) + name

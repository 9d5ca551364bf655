"""Pure: what a key box holds for whoever can open an entry of it (spec KEY-3.8, KEY-4.4)."""

from dataclasses import dataclass, field
from typing import Final

from node.e2ee.keys.private.recovery import KEY_BYTES, SigningKey
from node.e2ee.keys.public.device_list import NOBODY, DeviceList
from node.e2ee.keys.public.key_box import LABEL, Entry, KeyBox, check_box_number
from node.e2ee.keys.public.signed import Signed, read_count
from node.e2ee.mls.private import hpke
from node.e2ee.mls.private.entropy import Entropy
from node.e2ee.mls.private.hpke import KeyPair
from node.e2ee.mls.public.suite import X25519_AES128_SHA256_ED25519 as SUITE
from node.errors import Forbidden, Malformed, TooMuch, Unproven
from node.wire import tls
from node.wire.tls import Reader

INFO: Final = b"Kith box 1"
MOST_GENERATIONS: Final = 256


@dataclass(frozen=True, slots=True)
class ArchiveKey:
    """The archive key of generation `g`."""

    g: int
    key: bytes = field(repr=False)

    def encode(self) -> bytes:
        return tls.u32(self.g) + self.key


@dataclass(frozen=True, slots=True)
class BoxSecret:
    """`rk` is there until the recovery key was written down; never for the recovery key itself."""

    list_private: bytes = field(repr=False)
    archive: tuple[ArchiveKey, ...]
    rk: bytes = field(repr=False)

    def encode(self) -> bytes:
        archive = tls.vector(each.encode() for each in self.archive)
        return self.list_private + archive + tls.opaque(self.rk)


def _read_archive_key(reader: Reader) -> ArchiveKey:
    return ArchiveKey(read_count(reader), reader.take(32))


def _check_count(archive: tuple[ArchiveKey, ...]) -> None:
    if len(archive) > MOST_GENERATIONS:
        raise TooMuch("KEY-3.8", "a box has at most 256 archive keys")


def _read_secret(reader: Reader) -> BoxSecret:
    found = BoxSecret(reader.take(32), reader.vector(_read_archive_key), reader.opaque())
    generations = [each.g for each in found.archive]
    if generations != list(range(1, len(generations) + 1)) or not generations:
        raise Malformed("KEY-3.8", "the archive keys of a box are 1, 2 and so on, none missing")
    _check_count(found.archive)
    if len(found.rk) not in (0, KEY_BYTES):
        raise Malformed("KEY-3.8", "a recovery key has 32 bytes")
    return found


def box_info(box: KeyBox, to: bytes) -> bytes:
    """What an entry is bound to: whose box it is in, and whose entry it is."""
    numbers = tls.u32(box.d) + tls.u32(box.n) + tls.u32(box.b)
    return tls.opaque(INFO) + tls.opaque(box.actor.encode()) + numbers + to


def seal_box(
    devices: DeviceList, b: int, recovery_kem: bytes, secret: BoxSecret, entropy: Entropy
) -> Signed:
    """The signed box of a list: an entry for the recovery key, without it, and one per device.

    Raises `TooMuch` (KEY-3.8) for more archive keys than a box holds, `Malformed` (KEY-1.8) for
    more boxes than a list has.
    """
    check_box_number(b)
    _check_count(secret.archive)
    empty = KeyBox(devices.actor, devices.d, devices.n, b, ())
    paper = BoxSecret(secret.list_private, secret.archive, b"").encode()
    to = [(NOBODY, recovery_kem, paper)]
    to += [(device.id, device.seal, secret.encode()) for device in devices.devices]
    entries = tuple(
        Entry(id, hpke.seal(SUITE, key, box_info(empty, id), plain, entropy))
        for id, key, plain in to
    )
    box = KeyBox(empty.actor, empty.d, empty.n, b, entries)
    return SigningKey(secret.list_private).sign(LABEL, box.encode())


def open_box(box: KeyBox, to: bytes, pair: KeyPair, list_key: bytes) -> BoxSecret:
    """What the entry for `to` holds. Raises `Forbidden` (KEY-3.8) where there is none for it.

    `list_key` is that of the delegation: the private half inside has to be of it (KEY-4.4).
    """
    sealed = box.entry(to)
    if sealed is None:
        raise Forbidden("KEY-3.8", "the account's key box has no entry for this device")
    found = tls.parse(hpke.open_sealed(SUITE, pair, box_info(box, to), sealed), _read_secret)
    if to == NOBODY and found.rk:
        raise Malformed("KEY-3.8", "the entry for the recovery key holds the recovery key")
    if SigningKey(found.list_private).public != list_key:
        raise Unproven("KEY-4.4", "the list key in a key box is not the one that signs")
    return found


def check_known(found: BoxSecret, known: tuple[ArchiveKey, ...]) -> None:
    """Each archive key that a device has is in the box, unchanged. Raises `Forbidden` (KEY-4.4)."""
    if any(each not in found.archive for each in known):
        raise Forbidden("KEY-4.4", "a key box leaves out an archive key, or has another one")

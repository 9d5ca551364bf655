"""Pure: what the old device hands to the new one, and what the new one looks at (spec LNK-4)."""

from dataclasses import dataclass, field, replace
from typing import Final

from node.e2ee.keys.private.recovery import SigningKey
from node.e2ee.keys.public.device_list import Device
from node.e2ee.keys.public.published import Published
from node.e2ee.keys.public.signed import (
    VERSION,
    Signed,
    check_actor,
    parse_content,
    parse_signed,
    read_time,
)
from node.e2ee.linking.private.linking import Agreed
from node.e2ee.mls.private import hpke
from node.e2ee.mls.private.hpke import KeyPair
from node.e2ee.mls.public.suite import X25519_AES128_SHA256_ED25519 as SUITE
from node.errors import Forbidden, Malformed, Unproven
from node.ports import Entropy
from node.wire import tls
from node.wire.tls import Reader

LABEL: Final = b"Kith grant 1"
INFO: Final = b"Kith chain 1"
MOST_BYTES: Final = 262144
DAY_KEY_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class StateMark:
    """A state of the archive as the old device knows it."""

    name: bytes
    version: int
    body_hash: bytes

    def encode(self) -> bytes:
        return self.name + tls.u64(self.version) + self.body_hash


@dataclass(frozen=True, slots=True)
class CountMark:
    """The highest number that the old device knows of a device's words in a group."""

    group: bytes
    device: bytes
    number: int

    def encode(self) -> bytes:
        return tls.opaque(self.group) + tls.opaque(self.device) + tls.u64(self.number)


@dataclass(frozen=True, slots=True)
class GrantSecret:
    """`day_key` is `C_day` of ARC-3.1; without one both are empty."""

    day: int = 0
    day_key: bytes = field(default=b"", repr=False)
    states: tuple[StateMark, ...] = ()
    counts: tuple[CountMark, ...] = ()

    def encode(self) -> bytes:
        return (
            tls.u8(VERSION)
            + tls.u32(self.day)
            + tls.opaque(self.day_key)
            + tls.vector(each.encode() for each in self.states)
            + tls.vector(each.encode() for each in self.counts)
        )


def _read_state(reader: Reader) -> StateMark:
    return StateMark(reader.take(32), read_time(reader), reader.take(32))


def _read_count(reader: Reader) -> CountMark:
    return CountMark(reader.opaque(), reader.opaque(), read_time(reader))


def _read_secret(reader: Reader) -> GrantSecret:
    found = GrantSecret(
        reader.u32(), reader.opaque(), reader.vector(_read_state), reader.vector(_read_count)
    )
    if len(found.day_key) != (DAY_KEY_BYTES if found.day else 0):
        raise Malformed("LNK-4.3", "a grant has a day and its key of 32 bytes, or neither")
    return found


def _read_grant(reader: Reader) -> tuple[bytes, bytes]:
    return reader.take(32), reader.opaque()


def _info(told: bytes) -> bytes:
    return tls.opaque(INFO) + told


def seal_grant(
    agreed: Agreed, list_key: SigningKey, secret: GrantSecret, entropy: Entropy
) -> bytes:
    """The grant for the new device. Raises `Forbidden` (LNK-3.8) as long as we are not sure."""
    agreed.check_sure()
    plain = secret.encode()
    sealed = hpke.seal(SUITE, agreed.new.once_kem, _info(agreed.told), plain, entropy)
    content = tls.u8(VERSION) + agreed.told + tls.opaque(sealed)
    return list_key.sign(LABEL, content).encode()


def open_grant(data: bytes, agreed: Agreed, list_key: bytes, once: KeyPair) -> GrantSecret:
    """What the old device granted. Raises `Refused` (LNK-3.8, LNK-4.2, LNK-4.3, KEY-1).

    `list_key` is the one of the account's published delegation, after `check_listed`.
    """
    agreed.check_sure()
    signed: Signed = parse_signed(data, MOST_BYTES)
    told, sealed = parse_content(signed.content, _read_grant)
    if told != agreed.told:
        raise Unproven("LNK-4.2", "that grant is for another linking")
    signed.check(list_key, LABEL)
    return parse_content(hpke.open_sealed(SUITE, once, _info(told), sealed), _read_secret)


def check_listed(agreed: Agreed, there: Published) -> Device:
    """Our entry in the account's keys, which are those of the device before us (LNK-4.4).

    Raises `Forbidden` (LNK-3.8, LNK-4.4, KEY-1.5).
    """
    agreed.check_sure()
    old, mine = agreed.old, agreed.new.device
    check_actor(there.devices.actor, old.actor)
    if there.delegation.root != old.root:
        raise Forbidden("LNK-4.4", "the server shows the keys of another account than the device")
    if there.number <= (old.d, old.n):
        raise Forbidden("LNK-4.4", "the server shows older keys than the device has: try again")
    found = next((each for each in there.devices.devices if each.id == mine.id), None)
    if found is None or replace(found, added=mine.added) != mine:
        raise Forbidden("LNK-4.4", "the account's list does not have this device as it is")
    return found

"""Pure: the list of an account's devices, and what a device is in it (spec KEY-3.2 to KEY-3.4)."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, TypeVar

from node.e2ee.keys.public.delegation import Delegation
from node.e2ee.keys.public.signed import (
    LAST_LIST,
    SPENT,
    Signed,
    check_actor,
    head,
    parse_content,
    parse_signed,
    read_actor,
    read_count,
    read_time,
    read_x25519,
)
from node.e2ee.mls.public.suite import SUITES, check_signature_key
from node.errors import Malformed, TooMuch
from node.wire import tls
from node.wire.tls import Reader

LABEL: Final = b"Kith device list 1"
MOST_BYTES: Final = 32768
MOST_DEVICES: Final = 16
MOST_SUITES: Final = 8
LONGEST_KEY_BYTES: Final = 512
FIRST_SUITE: Final = 1  # every device has a key of it, by which it asks to be taken in
LASTS_SECONDS: Final = 30 * 86400
RENEW_SECONDS: Final = 20 * 86400  # a list that ends sooner is renewed
SKEW_SECONDS: Final = 86400
NOBODY: Final = bytes(16)  # stands for the recovery key in a key box
Ordered = TypeVar("Ordered", int, bytes)


@dataclass(frozen=True, slots=True)
class SuiteKey:
    """By which key a device signs in groups of a cipher suite."""

    suite: int
    signature_key: bytes

    def encode(self) -> bytes:
        return tls.u16(self.suite) + tls.opaque(self.signature_key)


@dataclass(frozen=True, slots=True)
class Device:
    """One device. `seal` is the public key to which it gets its entry of the key box."""

    id: bytes
    seal: bytes
    keys: tuple[SuiteKey, ...]
    added: int

    def encode(self) -> bytes:
        keys = tls.vector(key.encode() for key in self.keys)
        return self.id + self.seal + keys + tls.u64(self.added)


@dataclass(frozen=True, slots=True)
class DeviceList:
    """Who speaks for `actor`; `n` counts the lists of one delegation."""

    actor: str
    d: int
    n: int
    issued: int
    not_after: int
    devices: tuple[Device, ...]

    def encode(self) -> bytes:
        return (
            head(self.actor)
            + tls.u32(self.d)
            + tls.u32(self.n)
            + tls.u64(self.issued)
            + tls.u64(self.not_after)
            + tls.vector(device.encode() for device in self.devices)
        )

    @property
    def number(self) -> tuple[int, int]:
        """The newer list has the greater one (KEY-4.1)."""
        return self.d, self.n

    def has(self, suite: int, signature_key: bytes) -> bool:
        """Whether a device of the list signs with that key."""
        wanted = SuiteKey(suite, signature_key)
        return any(wanted in device.keys for device in self.devices)


def _check_rising(values: Iterable[Ordered], what: str) -> None:
    if any(one >= other for one, other in pairwise(values)):
        raise Malformed("KEY-3.3", f"{what} stand in rising order, none twice")


def _check_once(values: Iterable[Hashable], what: str) -> None:
    found = list(values)
    if len(found) != len(set(found)):
        raise Malformed("KEY-3.3", f"two devices of a list have one {what}")


def read_suite_key(reader: Reader) -> SuiteKey:
    """A suite and a key that can be one of it; of suites not known here, of any sane length."""
    found = SuiteKey(reader.u16(), reader.opaque())
    suite = SUITES.get(found.suite)
    if suite is not None:
        check_signature_key(suite, found.signature_key)
    elif not 0 < len(found.signature_key) <= LONGEST_KEY_BYTES:
        raise Malformed("KEY-3.3", "a signature key has 1 to 512 bytes")
    return found


def read_device(reader: Reader) -> Device:
    """One device (KEY-3.3)."""
    id, seal = reader.take(16), read_x25519(reader)
    keys = reader.vector(read_suite_key)
    if id == NOBODY:
        raise Malformed("KEY-3.3", "a device's id is not zero: that stands for the recovery key")
    _check_rising((key.suite for key in keys), "the suites of a device")
    if len(keys) > MOST_SUITES or not keys or keys[0].suite != FIRST_SUITE:
        raise Malformed("KEY-3.3", "a device has keys of 1 to 8 suites, and one of them is suite 1")
    return Device(id, seal, keys, read_time(reader))


def _read_list(reader: Reader) -> DeviceList:
    actor, d, n = read_actor(reader), read_count(reader), read_count(reader)
    if n > LAST_LIST:
        raise Malformed("KEY-1.8", SPENT)
    issued, not_after = read_time(reader), read_time(reader)
    devices = reader.vector(read_device)
    if not devices:
        raise Malformed("KEY-3.3", "a list has a device")
    if len(devices) > MOST_DEVICES:
        raise TooMuch("KEY-3.3", "a list has at most 16 devices: revoke one that is not used")
    _check_rising((device.id for device in devices), "the devices of a list")
    _check_once((device.seal for device in devices), "key to seal to")
    _check_once((key.signature_key for each in devices for key in each.keys), "signature key")
    if not issued <= not_after <= issued + LASTS_SECONDS:
        raise Malformed("KEY-3.4", "a list lasts 30 days at most, from when it was signed")
    return DeviceList(actor, d, n, issued, not_after, devices)


def check_list(signed: Signed, delegation: Delegation) -> DeviceList:
    """The list of the delegation's actor, signed by its list key under its `d` (KEY-3.2)."""
    found = parse_content(signed.content, _read_list)
    check_actor(found.actor, delegation.actor)
    if found.d != delegation.d:
        raise Malformed("KEY-3.2", "a list and its delegation have different numbers")
    signed.check(delegation.list_key, LABEL)
    return found


def check_not_ahead(found: DeviceList, now: int) -> None:
    """The list was not signed in the future. Raises `Malformed` (KEY-3.4)."""
    if found.issued > now + SKEW_SECONDS:
        raise Malformed(
            "KEY-3.4",
            "a list was signed more than a day ahead of the clock here: set the clock right, "
            f"here or there (here it shows {now}, in seconds since 1970)",
        )


def parse_list(data: bytes) -> Signed:
    """A signed list that is all of `data`, not checked yet."""
    return parse_signed(data, MOST_BYTES)

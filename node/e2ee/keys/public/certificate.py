"""Pure: a device's certificate, and the leaf extension that carries it (spec KEY-3.5, KEY-3.6)."""

from dataclasses import dataclass
from typing import Final

from node.e2ee.keys.public import signed as signing
from node.e2ee.keys.public.delegation import MOST_BYTES as MOST_DELEGATION_BYTES
from node.e2ee.keys.public.delegation import Delegation, check_delegation
from node.e2ee.keys.public.device_list import SuiteKey, read_suite_key
from node.e2ee.keys.public.signed import (
    Signed,
    check_actor,
    head,
    parse_content,
    read_actor,
    read_count,
    read_signed,
    read_time,
)
from node.errors import Malformed, TooMuch
from node.wire import tls
from node.wire.tls import Reader

LABEL: Final = b"Kith device 1"
EXTENSION: Final = 0xF1C0
MOST_BYTES: Final = 4096
LASTS_SECONDS: Final = 3652 * 86400


@dataclass(frozen=True, slots=True)
class Certificate:
    """That a device of `actor` signs with a key, in the list (d, n) or later ones."""

    actor: str
    id: bytes
    key: SuiteKey
    d: int
    n: int
    not_after: int

    def encode(self) -> bytes:
        numbers = tls.u32(self.d) + tls.u32(self.n) + tls.u64(self.not_after)
        return head(self.actor) + self.id + self.key.encode() + numbers

    @property
    def number(self) -> tuple[int, int]:
        """The list in which the device stood when it was certified."""
        return self.d, self.n


def _read_certificate(reader: Reader) -> Certificate:
    return Certificate(
        actor=read_actor(reader),
        id=reader.take(16),
        key=read_suite_key(reader),
        d=read_count(reader),
        n=read_count(reader),
        not_after=read_time(reader),
    )


@dataclass(frozen=True, slots=True)
class LeafExtension:
    """What a leaf of a certified device carries."""

    delegation: Signed
    certificate: Signed

    def encode(self) -> bytes:
        return self.delegation.encode() + self.certificate.encode()


def parse_leaf_extension(data: bytes) -> LeafExtension:
    """The extension that is all of `data`, not checked yet. Raises `TooMuch` (KEY-1.2)."""
    if len(data) > MOST_DELEGATION_BYTES + MOST_BYTES:
        raise TooMuch("KEY-1.2", "a leaf's certificate has more than 8192 bytes")

    def both(reader: Reader) -> LeafExtension:
        return LeafExtension(read_signed(reader), read_signed(reader))

    return tls.parse(data, both)


@dataclass(frozen=True, slots=True)
class Certified:
    """A leaf's chain, checked: whose root, and which device."""

    delegation: Delegation
    delegation_hash: bytes
    certificate: Certificate


def check_leaf(data: bytes, actor: str, key: SuiteKey) -> Certified:
    """The chain in a leaf of `actor` that signs with `key`, from the root down (KEY-3.6).

    Whose root it is, and whether its list still holds the device, is not said by it.
    """
    extension = parse_leaf_extension(data)
    delegation = check_delegation(extension.delegation, actor)
    found = parse_content(extension.certificate.content, _read_certificate)
    check_actor(found.actor, actor)
    if found.d != delegation.d:
        raise Malformed("KEY-3.6", "a certificate and its delegation have different numbers")
    if found.key != key:
        raise Malformed("KEY-3.6", "a certificate is of another key than its leaf")
    extension.certificate.check(delegation.list_key, LABEL)
    return Certified(delegation, extension.delegation.hash(), found)


def check_in_time(found: Certified, now: int) -> None:
    """The certificate of a leaf that is new has not ended. Raises `Malformed` (KEY-3.6)."""
    if now > min(found.certificate.not_after, found.delegation.not_after):
        raise Malformed("KEY-3.6", "the certificate of a new leaf has ended")


def parse_certificate(data: bytes) -> Signed:
    """A signed certificate that is all of `data`, not checked yet."""
    return signing.parse_signed(data, MOST_BYTES)

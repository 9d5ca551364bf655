"""Pure: content and its Ed25519 signature under a label (spec KEY-1.1 to KEY-1.6)."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from node.e2ee.mls.public.suite import X25519_AES128_SHA256_ED25519 as SUITE
from node.e2ee.mls.public.suite import check_hpke_key, check_signature_key
from node.errors import Forbidden, Malformed, TooMuch, Unproven
from node.wire import tls
from node.wire.tls import Reader

VERSION: Final = 1
LARGEST_NUMBER: Final = 2**53 - 1
LONGEST_ACTOR_BYTES: Final = 2048
LARGEST_U32: Final = 2**32 - 1
LEAP: Final = 2**16  # no honest device comes near so many lists, or boxes of one list
LAST_LIST: Final = LARGEST_U32 - LEAP
SPENT: Final = (
    "the numbers of this delegation's lists are used up, which no honest device does: enter the"
    " recovery words, for another delegation (kith recovery renew)"
)

T = TypeVar("T")


def sign_content(label: bytes, content: bytes) -> bytes:
    """What is signed: the label and the content, each behind its length."""
    return tls.opaque(label) + tls.opaque(content)


@dataclass(frozen=True, slots=True)
class Signed:
    """Some content, and its signature as it came. Two are the same when their content is."""

    content: bytes
    signature: bytes

    def encode(self) -> bytes:
        return tls.opaque(self.content) + self.signature

    def hash(self) -> bytes:
        """Names the content; another signature over the same words says nothing else."""
        return hashlib.sha256(self.content).digest()

    def check(self, key: bytes, label: bytes) -> None:
        """`key` signed this under `label`. Raises `Unproven` (KEY-1.6)."""
        if not SUITE.verify(key, sign_content(label, self.content), self.signature):
            said = label.decode()
            raise Unproven("KEY-1.6", f"the signature {said!r} is not by the key that has to sign")


def read_signed(reader: Reader) -> Signed:
    return Signed(reader.opaque(), reader.take(64))


def parse_signed(data: bytes, most: int) -> Signed:
    """A `Signed` that is all of `data`. Raises `TooMuch` (KEY-1.2) above `most` bytes."""
    if len(data) > most:
        raise TooMuch("KEY-1.2", f"a signed structure has more than {most} bytes")
    return tls.parse(data, read_signed)


def parse_content(content: bytes, item: Callable[[Reader], T]) -> T:
    """The structure that begins with the version which is spoken here (KEY-1.3)."""

    def versioned(reader: Reader) -> T:
        if reader.u8() != VERSION:
            raise Malformed("KEY-1.3", "a structure of another version: this program is older")
        return item(reader)

    return tls.parse(content, versioned)


def head(actor: str) -> bytes:
    """What every structure begins with: its version, and whose it is."""
    return tls.u8(VERSION) + tls.opaque(actor.encode())


def read_actor(reader: Reader) -> str:
    """An actor's id (KEY-1.5)."""
    raw = reader.opaque()
    if not 0 < len(raw) <= LONGEST_ACTOR_BYTES:
        raise Malformed("KEY-1.5", "an actor's id has 1 to 2048 bytes")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise Malformed("KEY-1.5", "an actor's id is not UTF-8") from None


def check_actor(said: str, actor: str) -> None:
    """The structure is of `actor`. Raises `Forbidden` (KEY-1.5)."""
    if said != actor:
        raise Forbidden("KEY-1.5", "signed keys are of another account than they are shown for")


def read_count(reader: Reader) -> int:
    """A number that counts from 1 (KEY-1.4)."""
    value = reader.u32()
    if value < 1:
        raise Malformed("KEY-1.4", "delegations, lists, boxes and archive keys count from 1")
    return value


def read_time(reader: Reader) -> int:
    """Seconds since 1970 (KEY-1.4)."""
    value = reader.u64()
    if value > LARGEST_NUMBER:
        raise Malformed("KEY-1.4", "a time is beyond 2^53 - 1")
    return value


def read_x25519(reader: Reader) -> bytes:
    """A public key that something is sealed to (MLS-5.1.1)."""
    key = reader.take(32)
    check_hpke_key(SUITE, key)
    return key


def read_ed25519(reader: Reader) -> bytes:
    """A public key that signs (MLS-5.1.1)."""
    key = reader.take(32)
    check_signature_key(SUITE, key)
    return key

"""Pure: a file sealed in chunks, each of which opens alone: C2SP Cobblestone-128 (spec ATT-1)."""

import hmac
from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from node.errors import Malformed
from node.wire.sealed_sizes import CHUNK, HEAD, LARGEST, TAG, padded_size, sealed_size

KEY_BYTES = 16
SALT_BYTES = 24
ALG = "c2sp.org/chunked-encryption@v1+AEAD_AES_128_GCM"
_NONCE_BYTES = 12
_COMMITMENT_BYTES = 32
_LABEL = b"ap-e2ee-blob-v1"
SEALED_CHUNK = CHUNK + TAG
Read: TypeAlias = Callable[[int], bytes]


def context_of(media_type: str, length: int) -> bytes:
    """What a sealed file is bound to (ATT-1.2)."""
    return b"\0".join((_LABEL, media_type.encode(), str(length).encode()))


class Chunks:
    """The chunks of one file under one key. Whoever seals makes it once only, with fresh chance."""

    def __init__(self, key: bytes, salt: bytes, context: bytes) -> None:
        if len(key) != KEY_BYTES or len(salt) != SALT_BYTES:
            raise Malformed("ATT-1.1", "a key has 16 bytes, and a salt 24")
        length = KEY_BYTES + _NONCE_BYTES + _COMMITMENT_BYTES
        info = ALG.encode() + b"\0" + salt + context
        made = HKDFExpand(SHA512(), length, info).derive(key)
        self._aead = AESGCM(made[:KEY_BYTES])
        self._base = int.from_bytes(made[KEY_BYTES : KEY_BYTES + _NONCE_BYTES])
        self.commitment = made[-_COMMITMENT_BYTES:]
        self.head = salt + self.commitment

    def _nonce(self, number: int) -> bytes:
        return (self._base ^ number).to_bytes(_NONCE_BYTES)

    def seal(self, number: int, data: bytes) -> bytes:
        """One chunk: of 16 KiB, or the last one, which is shorter."""
        return self._aead.encrypt(self._nonce(number), data, None)

    def open(self, number: int, sealed: bytes) -> bytes:
        """The inverse of `seal`. Raises `Malformed` (ATT-1.4), which names the chunk."""
        try:
            return self._aead.decrypt(self._nonce(number), sealed, None)
        except (InvalidTag, ValueError):
            raise Malformed(
                "ATT-1.4", f"part {number} of the file was changed", place=number
            ) from None


def opened(key: bytes, head: bytes, context: bytes) -> Chunks:
    """The chunks of a sealed file that begins with `head`. Raises `Malformed` (ATT-1.4) for another
    key, file or context."""
    if len(head) < HEAD:
        raise Malformed("ATT-1.4", "the file is cut off at its beginning")
    chunks = Chunks(key, head[:SALT_BYTES], context)
    if not hmac.compare_digest(chunks.commitment, head[SALT_BYTES:HEAD]):
        raise Malformed("ATT-1.4", "this is not the file that the message names")
    return chunks


class Layout:
    """Where the parts of a file of `length` bytes lie, sealed. Raises `Malformed` (ATT-1.3)."""

    def __init__(self, length: int) -> None:
        if not 0 <= length <= LARGEST:
            raise Malformed("ATT-1.3", f"a file has at most {LARGEST} bytes", largest=LARGEST)
        self.length = length
        self.padded = padded_size(length)
        self.sealed = sealed_size(self.padded)
        self.count = self.padded // CHUNK + 1  # chunks

    def check(self, sealed: int) -> None:
        """Raises `Malformed` (ATT-1.4) where the sealed file has another length."""
        if sealed != self.sealed:
            raise Malformed("ATT-1.4", "the file is not as long as the message says")

    def size(self, number: int) -> int:
        """Of a chunk, as it is sealed."""
        return SEALED_CHUNK if number < self.count - 1 else self.padded % CHUNK + TAG

    def place(self, number: int) -> tuple[int, int]:
        """Where a chunk begins and ends in the sealed file."""
        start = HEAD + number * SEALED_CHUNK
        return start, start + self.size(number)

    def shown(self, number: int, data: bytes) -> bytes:
        """What of an opened chunk is of the file: not what it was filled up with."""
        return data[: max(0, self.length - number * CHUNK)]

    def covering(self, start: int, stop: int) -> range:
        """The chunks in which these bytes of the file lie."""
        stop = min(stop, self.length)
        return range(start // CHUNK, -(-stop // CHUNK)) if start < stop else range(0)


def seal_all(chunks: Chunks, data: bytes) -> bytes:
    """A small file, whole."""
    layout = Layout(len(data))
    filled = data.ljust(layout.padded, b"\0")
    return chunks.head + b"".join(sealed(chunks, layout, lambda at: filled[at : at + CHUNK]))


def sealed(chunks: Chunks, layout: Layout, read: Read, first: int = 0) -> Iterator[bytes]:
    """The sealed chunks from `first` on; `read` gives 16 KiB of the file from a place on."""
    for number in range(first, layout.count):
        size = layout.size(number) - TAG
        yield chunks.seal(number, read(number * CHUNK)[:size].ljust(size, b"\0"))


def open_all(key: bytes, media_type: str, length: int, data: bytes) -> bytes:
    """A small sealed file, whole. Raises `Malformed` (ATT-1.3, ATT-1.4)."""
    layout = Layout(length)
    layout.check(len(data))
    chunks = opened(key, data, context_of(media_type, length))
    return b"".join(_each(chunks, layout, data))


def _each(chunks: Chunks, layout: Layout, data: bytes) -> Iterable[bytes]:
    for number in range(layout.count):
        start, stop = layout.place(number)
        yield layout.shown(number, chunks.open(number, data[start:stop]))

"""The file of a backup: a tar archive, sealed piece by piece under a passphrase (FED-12.16).

In clear stand only what the file is and how its key is made: the magic, the version, the costs and
the salt of Argon2id, and the header of libsodium's secretstream (XChaCha20-Poly1305). Each piece is
four bytes of length and a ciphertext; the first holds a known word, so that a wrong passphrase is
told from a damaged file; the last bears the final tag, so that a file that was cut off is noticed.
"""

import struct
from typing import IO, Final

from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_ABYTES as OVERHEAD,
)
from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_HEADERBYTES as HEADER_BYTES,
)
from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_init_pull,
    crypto_secretstream_xchacha20poly1305_init_push,
    crypto_secretstream_xchacha20poly1305_pull,
    crypto_secretstream_xchacha20poly1305_push,
    crypto_secretstream_xchacha20poly1305_state,
)
from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_TAG_FINAL as LAST,
)
from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_TAG_MESSAGE as MORE,
)
from nacl.pwhash import argon2id

from node.errors import Malformed, Unproven
from node.ports import Entropy

MAGIC: Final = b"kith-backup\n"
VERSION: Final = 1
KNOWN: Final = b"the passphrase is right"
PIECE: Final = 256 * 1024
# Half a second on a small machine, as for passwords; what a file may ask of us is bounded.
OPSLIMIT, MEMLIMIT = 3, 64 * 1024 * 1024
MOST_OPS, MOST_MEMORY = 16, 1024**3
FIXED = struct.Struct(f">HIQ{argon2id.SALTBYTES}s")
LENGTH = struct.Struct(">I")
CLAUSE = "FED-12.16"


def _key(passphrase: str, salt: bytes, opslimit: int, memlimit: int) -> bytes:
    return argon2id.kdf(32, passphrase.encode(), salt, opslimit, memlimit)


class Sealer:
    """Writes a sealed file; `write` as a file has it. `finish` must be the last."""

    def __init__(self, out: IO[bytes], passphrase: str, entropy: Entropy) -> None:
        self._out = out
        self._state = crypto_secretstream_xchacha20poly1305_state()
        self._left = bytearray()
        salt = entropy.draw(argon2id.SALTBYTES)
        door = MAGIC + FIXED.pack(VERSION, OPSLIMIT, MEMLIMIT, salt)
        key = _key(passphrase, salt, OPSLIMIT, MEMLIMIT)
        header = crypto_secretstream_xchacha20poly1305_init_push(self._state, key)
        out.write(door + header)
        self._push(KNOWN, MORE, door)

    def _push(self, piece: bytes, tag: int, context: bytes | None = None) -> None:
        sealed = crypto_secretstream_xchacha20poly1305_push(self._state, piece, context, tag)
        self._out.write(LENGTH.pack(len(sealed)) + sealed)

    def write(self, data: bytes) -> int:
        self._left += data
        while len(self._left) >= PIECE:
            self._push(bytes(self._left[:PIECE]), MORE)
            del self._left[:PIECE]
        return len(data)

    def finish(self) -> None:
        self._push(bytes(self._left), LAST)
        self._left.clear()


class Opener:
    """Reads a sealed file; `read` as a file has it.

    Raises `Malformed` (FED-12.16) when it is no backup, of a later version, damaged or cut off,
    and `Unproven` (FED-12.16) for another passphrase.
    """

    def __init__(self, source: IO[bytes], passphrase: str) -> None:
        self._source = source
        self._state = crypto_secretstream_xchacha20poly1305_state()
        self._left = bytearray()
        self._ended = False
        if self._exactly(len(MAGIC)) != MAGIC:
            raise Malformed(CLAUSE, "this file is no backup of a Kith node")
        fixed = self._exactly(FIXED.size)
        version, opslimit, memlimit, salt = FIXED.unpack(fixed)
        if version != VERSION:
            raise Malformed(
                CLAUSE, f"this backup is of version {version}, and this Kith reads {VERSION}: "
                "restore it with the Kith that made it, or a newer one"
            )  # fmt: skip
        if not (0 < opslimit <= MOST_OPS and 8192 <= memlimit <= MOST_MEMORY):
            raise Malformed(CLAUSE, "this backup is damaged at its beginning")
        header = self._exactly(HEADER_BYTES)
        key = _key(passphrase, salt, opslimit, memlimit)
        crypto_secretstream_xchacha20poly1305_init_pull(self._state, header, key)
        sealed = self._sealed()
        try:
            known, tag = crypto_secretstream_xchacha20poly1305_pull(
                self._state, sealed, MAGIC + fixed
            )
        except RuntimeError:
            known, tag = b"", LAST
        if (known, tag) != (KNOWN, MORE):
            raise Unproven(
                CLAUSE, "this passphrase does not open the backup, or its beginning is damaged"
            )

    def _exactly(self, count: int) -> bytes:
        found = self._source.read(count)
        if len(found) != count:
            raise Malformed(CLAUSE, "this backup is cut off: copy it again from where it was made")
        return found

    def _sealed(self) -> bytes:
        (length,) = LENGTH.unpack(self._exactly(LENGTH.size))
        if not OVERHEAD <= length <= PIECE + OVERHEAD:
            raise _damaged()
        return self._exactly(length)

    def read(self, count: int) -> bytes:
        while len(self._left) < count and not self._ended:
            try:
                piece, tag = crypto_secretstream_xchacha20poly1305_pull(self._state, self._sealed())
            except RuntimeError:
                raise _damaged() from None
            self._left += piece
            self._ended = tag == LAST
            if self._ended and self._source.read(1):
                raise _damaged()
        found = bytes(self._left[:count])
        del self._left[:count]
        return found

    def finish(self) -> None:
        """Read to the end: only a file that has one is whole."""
        while self.read(PIECE):
            pass


def _damaged() -> Malformed:
    return Malformed(CLAUSE, "this backup is damaged: take another copy of it")

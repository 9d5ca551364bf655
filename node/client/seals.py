"""Pure: how the vault seals: Argon2id wraps a root key, the root key seals key pages, a page
holds one key per row, a row's key seals its value (spec E2E-6). XChaCha20-Poly1305 throughout.

A row that is deleted or replaced loses its key from a page that is written anew, so what the
file system still keeps of the old row cannot be opened from the files as they now are.
"""

import hashlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass

from nacl.bindings import (
    crypto_aead_xchacha20poly1305_ietf_decrypt,
    crypto_aead_xchacha20poly1305_ietf_encrypt,
)
from nacl.exceptions import CryptoError
from nacl.pwhash import argon2id

from node.errors import Broken, Unproven
from node.ports import Entropy

MAGIC = b"kith-vault"
VERSION = 1
KEY_BYTES = 32
NONCE_BYTES = 24
ROW_BYTES = 16
PAGES = 16
# 64 MiB and three passes, as for passwords: half a second on a small machine.
OPSLIMIT = 3
MEMLIMIT = 64 * 1024 * 1024


def seal(key: bytes, plaintext: bytes, context: bytes, entropy: Entropy) -> bytes:
    """Nonce and ciphertext; `context` must be the same when it is opened."""
    nonce = entropy.draw(NONCE_BYTES)
    return nonce + crypto_aead_xchacha20poly1305_ietf_encrypt(plaintext, context, nonce, key)


def open_sealed(key: bytes, sealed: bytes, context: bytes) -> bytes:
    """The inverse of `seal`. Raises `CryptoError` when key, context or bytes are not the same."""
    nonce, ciphertext = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
    return bytes(crypto_aead_xchacha20poly1305_ietf_decrypt(ciphertext, context, nonce, key))


@dataclass(frozen=True, slots=True)
class Header:
    """What stands in clear at the vault's door. `wrapped` is the sealed root key."""

    salt: bytes
    opslimit: int
    memlimit: int
    wrapped: bytes

    def context(self) -> bytes:
        return MAGIC + struct.pack(">HIQ", VERSION, self.opslimit, self.memlimit) + self.salt


def _passphrase_key(header: Header, passphrase: str) -> bytes:
    return argon2id.kdf(
        KEY_BYTES, passphrase.encode(), header.salt, header.opslimit, header.memlimit
    )


def new_root(passphrase: str, entropy: Entropy) -> tuple[Header, bytes]:
    """A fresh root key and the header that gives it to whoever knows `passphrase`."""
    root = entropy.draw(KEY_BYTES)
    door = Header(entropy.draw(argon2id.SALTBYTES), OPSLIMIT, MEMLIMIT, b"")
    wrapped = seal(_passphrase_key(door, passphrase), root, door.context(), entropy)
    return Header(door.salt, door.opslimit, door.memlimit, wrapped), root


def unwrap_root(header: Header, passphrase: str) -> bytes:
    """The root key. Raises `Unproven` (E2E-6.2) for another passphrase."""
    try:
        return open_sealed(_passphrase_key(header, passphrase), header.wrapped, header.context())
    except CryptoError:
        raise Unproven("E2E-6.2", "this passphrase does not open the vault") from None


def row_id(root: bytes, name: str) -> bytes:
    """What a row is called on disk: tells nothing of `name` to who has no root key."""
    return hashlib.blake2b(name.encode(), key=root, digest_size=ROW_BYTES, person=b"row").digest()


def page_of(row: bytes) -> int:
    """Which key page holds the key of this row."""
    return row[0] % PAGES


def seal_page(
    root: bytes, page: int, counter: int, keys: Mapping[bytes, bytes], entropy: Entropy
) -> bytes:
    """A key page: row ids and keys, bound to its number and to the vault's step counter."""
    plaintext = b"".join(row + key for row, key in sorted(keys.items()))
    return seal(root, plaintext, struct.pack(">HBQ", VERSION, page, counter), entropy)


def open_page(root: bytes, page: int, counter: int, sealed: bytes) -> dict[bytes, bytes]:
    """The inverse of `seal_page`. Raises `Broken` when the file was altered or parts of it are
    older than others."""
    try:
        text = open_sealed(root, sealed, struct.pack(">HBQ", VERSION, page, counter))
    except CryptoError:
        raise Broken("the vault's files were altered or restored in part") from None
    size = ROW_BYTES + KEY_BYTES
    return {
        text[i : i + ROW_BYTES]: text[i + ROW_BYTES : i + size] for i in range(0, len(text), size)
    }


def seal_row(key: bytes, name: str, value: bytes, entropy: Entropy) -> bytes:
    """A row: its name and value under its own key."""
    encoded = name.encode()
    return seal(key, struct.pack(">H", len(encoded)) + encoded + value, MAGIC, entropy)


def open_row(key: bytes, sealed: bytes) -> tuple[str, bytes]:
    """(name, value). Raises `Broken` when the row was altered."""
    try:
        text = open_sealed(key, sealed, MAGIC)
    except CryptoError:
        raise Broken("a row of the vault was altered") from None
    (length,) = struct.unpack(">H", text[:2])
    return text[2 : 2 + length].decode(), text[2 + length :]

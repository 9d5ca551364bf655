"""Pure: how the vault seals: Argon2id wraps a root key, which seals the top of the tree of keys;
every page and every row below it has a key of its own, and so has the journal from one settling to
the next (spec E2E-6). XChaCha20-Poly1305 throughout; keyed BLAKE2b proves what stands in clear.
"""

import struct
from dataclasses import dataclass
from hashlib import blake2b
from hmac import compare_digest

from nacl.bindings import (
    crypto_aead_xchacha20poly1305_ietf_decrypt,
    crypto_aead_xchacha20poly1305_ietf_encrypt,
)
from nacl.exceptions import CryptoError
from nacl.pwhash import argon2id

from node.errors import Broken, Unproven
from node.ports import Entropy

MAGIC = b"kith-vault"
VERSION = 3
KEY_BYTES = 32
NONCE_BYTES = 24
AUTHENTICATOR_BYTES = 16
# 64 MiB and three passes, as for passwords: half a second on a small machine.
OPSLIMIT = 3
MEMLIMIT = 64 * 1024 * 1024

# What is sealed, each bound to what it is and to its number.
TOP = b"T"
JOURNAL = b"J"
PAGE = b"P"
ROW = b"R"
# What is proved: the newest step of a vault that is open, or closed; and the same beside the vault.
OPEN = b"O"
CLOSED = b"C"
NEWEST = b"N"
ALTERED = "the vault's files were altered, or restored in part: put the whole of them back"


@dataclass(frozen=True, slots=True)
class Header:
    """What stands in clear at the vault's door. `wrapped` is the sealed root key."""

    salt: bytes
    opslimit: int
    memlimit: int
    wrapped: bytes

    def context(self) -> bytes:
        return MAGIC + struct.pack(">HIQ", VERSION, self.opslimit, self.memlimit) + self.salt


def new_root(passphrase: str, entropy: Entropy) -> tuple[Header, bytes]:
    """A fresh root key and the header that gives it to whoever knows `passphrase`."""
    root = entropy.draw(KEY_BYTES)
    door = Header(entropy.draw(argon2id.SALTBYTES), OPSLIMIT, MEMLIMIT, b"")
    wrapped = _seal(_passphrase_key(door, passphrase), root, door.context(), entropy)
    return Header(door.salt, door.opslimit, door.memlimit, wrapped), root


def unwrap_root(header: Header, passphrase: str) -> bytes:
    """The root key. Raises `Unproven` (E2E-6.2) for another passphrase."""
    try:
        return _open(_passphrase_key(header, passphrase), header.wrapped, header.context())
    except CryptoError:
        raise Unproven("E2E-6.2", "this passphrase does not open the vault") from None


def seal(key: bytes, plaintext: bytes, kind: bytes, number: int, entropy: Entropy) -> bytes:
    """Nonce and ciphertext of the `kind` (`TOP`, `PAGE`, `ROW`, `JOURNAL`) and number."""
    return _seal(key, plaintext, _place(kind, number), entropy)


def open_sealed(key: bytes, sealed: bytes, kind: bytes, number: int) -> bytes:
    """The inverse of `seal`. Raises `Broken` (E2E-6.5) when anything is not as it was sealed."""
    try:
        return _open(key, sealed, _place(kind, number))
    except (CryptoError, ValueError):
        raise Broken(ALTERED) from None


def proof(key: bytes, kind: bytes, number: int, text: bytes = b"") -> bytes:
    """That who has `key` said `text` of the `kind` (`OPEN`, `CLOSED`, `NEWEST`) and number."""
    return blake2b(_place(kind, number) + text, key=key, digest_size=KEY_BYTES).digest()


def check(found: bytes, proved: bytes) -> None:
    """Raises `Broken` (E2E-6.5) where what was found is not what is proved."""
    if not compare_digest(found, proved):
        raise Broken(ALTERED)


def _place(kind: bytes, number: int) -> bytes:
    return MAGIC + struct.pack(">HcQ", VERSION, kind, number)


def _passphrase_key(header: Header, passphrase: str) -> bytes:
    return argon2id.kdf(
        KEY_BYTES, passphrase.encode(), header.salt, header.opslimit, header.memlimit
    )


def _seal(key: bytes, plaintext: bytes, context: bytes, entropy: Entropy) -> bytes:
    nonce = entropy.draw(NONCE_BYTES)
    return nonce + crypto_aead_xchacha20poly1305_ietf_encrypt(plaintext, context, nonce, key)


def _open(key: bytes, sealed: bytes, context: bytes) -> bytes:
    nonce, ciphertext = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
    return bytes(crypto_aead_xchacha20poly1305_ietf_decrypt(ciphertext, context, nonce, key))

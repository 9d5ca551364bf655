"""The private keys of our actors: made in a thread, sealed at rest, parsed once and kept.

The node key that seals them is a file beside the database, never in it (spec FED-8.12).
"""

import asyncio
import hashlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from cachetools import LRUCache
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox
from sqlalchemy import select

from node.errors import Broken, Malformed
from node.ports import Entropy
from node.private_files import check_private
from node.store import tables
from node.store.unit import Unit, Units
from node.store.upserts import insert_ignore
from node.wire.keys import (
    Algorithm,
    PrivateKey,
    PublicKey,
    ed25519_from_seed,
    private_from_material,
    private_from_pem,
    public_from_pem,
)
from node.wire.times import from_micros, micros

KEY_FILE = "node.key"
RSA_BITS = 2048  # what every peer reads
FRAGMENTS = {Algorithm.RSA: "main-key", Algorithm.ED25519: "ed25519-key"}
MakeRsa = Callable[[], rsa.RSAPrivateKey]
KEPT = 2000  # parsed private keys; about 3 KiB each


class NodeKey:
    """The file that opens our private keys: 32 bytes in hex, for this user's eyes only."""

    def __init__(self, data_dir: str | Path, entropy: Entropy) -> None:
        path = Path(data_dir) / KEY_FILE
        self._new = None if path.exists() else path
        if self._new is not None:
            _create(path, entropy.draw(SecretBox.KEY_SIZE).hex())
        check_private(path, "FED-8.12")
        try:
            self._box = SecretBox(bytes.fromhex(path.read_text().strip()))
        except (ValueError, TypeError):
            raise Malformed("FED-8.12", f"{path} does not hold a node key") from None
        self._entropy = entropy

    def seal(self, plain: bytes) -> bytes:
        return bytes(self._box.encrypt(plain, self._entropy.draw(SecretBox.NONCE_SIZE)))

    def unseal(self, sealed: bytes) -> bytes:
        """Raises `Broken` when this is not the key that sealed it."""
        try:
            return bytes(self._box.decrypt(sealed))
        except (CryptoError, ValueError):
            raise Broken(
                f"{KEY_FILE} is not the key that sealed the actors' keys: put back the one that "
                "belongs to this database"
            ) from None

    def secret(self, purpose: str) -> bytes:
        """32 bytes that follow from this key, for one purpose alone."""
        return hashlib.blake2b(purpose.encode(), key=bytes(self._box), digest_size=32).digest()

    def withdraw(self) -> None:
        """Take back a key file that was made for a database that is sealed under another."""
        if self._new is not None:
            self._new.unlink(missing_ok=True)


def _create(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Whole or not at all, whenever we are killed, and never over one that is there.
    draft = path.with_name(f"{KEY_FILE}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileExistsError):  # another process of this node was first
        path.hardlink_to(draft)
    draft.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@dataclass(frozen=True, slots=True)
class SealedKey:
    """A row of `keys` for one of our actors. `public` is SubjectPublicKeyInfo in DER."""

    id: str
    actor: str
    algorithm: Algorithm
    public: bytes = field(repr=False)
    private: bytes = field(repr=False)


async def put_keys(unit: Unit, keys: Iterable[SealedKey]) -> None:
    """Store new keys of ours, in any room's unit. What is there already stays."""
    for key in keys:
        await unit.connection.execute(
            insert_ignore(unit.connection, tables.keys).values(
                id=key.id,
                actor=key.actor,
                algorithm=key.algorithm.value,
                public=key.public,
                private=key.private,
                created=micros(unit.now),
            )
        )


def new_rsa() -> rsa.RSAPrivateKey:
    """Takes a tenth of a second, or three: not on the event loop."""
    return rsa.generate_private_key(65537, RSA_BITS)


class RsaAhead:
    """RSA keys, of which the first is begun at once, in a thread, before anybody asks for it."""

    def __init__(self) -> None:
        thread = ThreadPoolExecutor(1, "rsa")
        self._begun = [thread.submit(new_rsa)]
        thread.shutdown(wait=False)

    def __call__(self) -> rsa.RSAPrivateKey:
        return self._begun.pop().result() if self._begun else new_rsa()


class Keyring:
    """Our actors' keys. `make_rsa` is called in a thread."""

    def __init__(
        self, node_key: NodeKey, units: Units, entropy: Entropy, make_rsa: MakeRsa = new_rsa
    ) -> None:
        self._node_key = node_key
        self._make_rsa = make_rsa
        self._units = units
        self._entropy = entropy
        self._kept: LRUCache[tuple[str, Algorithm], PrivateKey] = LRUCache(KEPT)
        self._shown: LRUCache[str, tuple[PublicKey, ...]] = LRUCache(KEPT)
        self._making = asyncio.Lock()

    async def check(self) -> None:
        """Raises `Broken` when the node key does not open what is in the database."""

        async def newest(unit: Unit) -> bytes | None:
            t = tables.keys.c
            query = select(t.private).where(t.private.is_not(None)).order_by(t.created.desc())
            return (await unit.connection.execute(query.limit(1))).scalar_one_or_none()

        sealed = await self._units.look(Unit, newest)
        if sealed is not None:
            try:
                self._node_key.unseal(sealed)
            except Broken:
                self._node_key.withdraw()
                raise

    def secret(self, purpose: str) -> bytes:
        """See `NodeKey.secret`."""
        return self._node_key.secret(purpose)

    async def make(self, actor: str) -> tuple[SealedKey, ...]:
        """New keys for `actor`, not stored yet: hand them to `put_keys` in the actor's unit."""
        material = await asyncio.to_thread(self._make_rsa)
        seed = self._entropy.draw(32)
        keys = (
            private_from_material(material, f"{actor}#{FRAGMENTS[Algorithm.RSA]}", actor),
            ed25519_from_seed(seed, f"{actor}#{FRAGMENTS[Algorithm.ED25519]}", actor),
        )
        return tuple(
            SealedKey(key.id, actor, key.algorithm, _der(key.public), self._seal(key))
            for key in keys
        )

    async def private(self, actor: str, algorithm: Algorithm) -> PrivateKey:
        """The key with which `actor` signs. An actor without keys gets them now."""
        kept = self._kept.get((actor, algorithm))
        if kept is None:
            kept = await self._open((await self._sealed(actor))[algorithm])
            self._kept[actor, algorithm] = kept
        return kept

    async def public(self, actor: str) -> tuple[PublicKey, ...]:
        """The public keys of one of our actors, as its document lists them."""
        shown = self._shown.get(actor)
        if shown is None:
            rows = await self._sealed(actor)
            wanted = [rows[algorithm] for algorithm in FRAGMENTS]
            shown = tuple(public_key(key.id, key.actor, key.public, None, None) for key in wanted)
            self._shown[actor] = shown
        return shown

    async def _sealed(self, actor: str) -> Mapping[Algorithm, SealedKey]:
        """One key of each kind; raises `Broken` when one is missing."""
        rows = await self._rows(actor)
        if not rows:
            # One maker at a time, so that two requests for a new channel make one pair of keys.
            async with self._making:
                rows = await self._rows(actor) or await self._make_now(actor)
        found = {key.algorithm: key for key in rows}
        if missing := set(FRAGMENTS) - set(found):
            raise Broken(f"{actor} has no {' and no '.join(sorted(missing))} key")
        return found

    async def _make_now(self, actor: str) -> Sequence[SealedKey]:
        keys = await self.make(actor)
        await self._units.run(Unit, lambda unit: put_keys(unit, keys))
        return await self._rows(actor)  # another process may have been first

    async def _rows(self, actor: str) -> Sequence[SealedKey]:
        t = tables.keys.c
        query = (
            select(t.id, t.actor, t.algorithm, t.public, t.private)
            .where(t.actor == actor, t.private.is_not(None), t.revoked.is_(None))
            .order_by(t.created)
        )

        async def read(unit: Unit) -> Sequence[SealedKey]:
            rows = (await unit.connection.execute(query)).all()
            return [
                SealedKey(row.id, row.actor, Algorithm(row.algorithm), row.public, row.private)
                for row in rows
            ]

        return await self._units.look(Unit, read)

    def _seal(self, key: PrivateKey) -> bytes:
        return self._node_key.seal(key.pem())

    async def _open(self, key: SealedKey) -> PrivateKey:
        pem = self._node_key.unseal(key.private)
        # An RSA private key takes tens of milliseconds to load: not on the event loop.
        return await asyncio.to_thread(private_from_pem, pem, key.id, key.actor)


def _der(key: PublicKey) -> bytes:
    return key.material.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def public_row(key: PublicKey) -> dict[str, object]:
    """A foreign key as the columns of `keys`."""
    return {
        "id": key.id,
        "actor": key.owner,
        "algorithm": key.algorithm.value,
        "public": _der(key),
        "expires": None if key.expires is None else micros(key.expires),
        "revoked": None if key.revoked is None else micros(key.revoked),
    }


def public_key(
    id: str, actor: str, public: bytes, expires: int | None, revoked: int | None
) -> PublicKey:
    """A row of `keys` as a value."""
    pem = serialization.load_der_public_key(public).public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return public_from_pem(
        pem.decode("ascii"),
        id,
        actor,
        None if expires is None else from_micros(expires),
        None if revoked is None else from_micros(revoked),
    )

"""Keys and requests that the tests of `wire` share."""

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from node.wire import keys, multibase

ALICE = "https://beta.test/a/alice"
NOW = datetime(2026, 8, 1, 12, 0, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def rsa_key() -> keys.PrivateKey:
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return keys.private_from_material(made, f"{ALICE}#main-key", ALICE)


@pytest.fixture(scope="session")
def ed_key() -> keys.PrivateKey:
    return keys.ed25519_from_seed(bytes(range(32)), f"{ALICE}#ed25519-key", ALICE)


def private_from_multibase(text: str, id: str, owner: str) -> keys.PrivateKey:
    """An Ed25519 private key as vectors give it: a Multikey of type 0x1300."""
    data = multibase.decode(text)
    assert data[:2] == b"\x80\x26" and len(data) == 34
    return keys.ed25519_from_seed(data[2:], id, owner)

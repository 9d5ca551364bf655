"""What all tests share: where vectors are, and how a refusal is expected."""

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import settings
from sqlalchemy import ColumnDefault

from node.errors import Refused
from node.store import keyring, passwords, tables

ROOT = Path(__file__).resolve().parents[1]
# This machine may be busy: how long an example takes says nothing.
settings.register_profile("kith", deadline=None)
settings.load_profile("kith")
IN_CI = os.environ.get("CI") == "true"


# A row that a test writes by hand gets the next number; the program itself names each.
COUNT = itertools.count(1)
for _table in (tables.actors, tables.posts, tables.videos):
    _table.c.number.default = ColumnDefault(lambda: next(COUNT))


@pytest.fixture(scope="session")
def vectors() -> Path:
    """The folder of test data from elsewhere (`KITH_VECTORS`, default ../shared/vectors)."""
    folder = Path(os.environ.get("KITH_VECTORS", ROOT.parent / "shared" / "vectors"))
    if not folder.is_dir():
        reason = f"no test vectors at {folder}: set KITH_VECTORS to their folder"
        if IN_CI:
            pytest.fail(reason)
        pytest.skip(reason)
    return folder


@pytest.fixture
def quick_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a password's hash and an RSA key cost has tests of its own; elsewhere it takes time."""
    monkeypatch.setattr(passwords, "MEMORY_BYTES", 8192)
    monkeypatch.setattr(passwords, "PASSES", 1)
    monkeypatch.setattr(keyring, "new_rsa", one_rsa)


@cache
def one_rsa() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, keyring.RSA_BITS)


@pytest.fixture
def refused() -> Callable[[str], AbstractContextManager[None]]:
    """`with refused("FED-4.2"): …` expects a `Refused` that names exactly this clause."""

    @contextmanager
    def expect(clause: str) -> Iterator[None]:
        with pytest.raises(Refused) as caught:
            yield
        assert caught.value.clause == clause, str(caught.value)

    return expect

"""What fuzzing found once: damaged records of ours that raised something else than `Broken`."""

import pytest

from node.e2ee.mls.private.client import Client, OwnPackage
from node.e2ee.mls.private.state import MAGIC, Staged
from node.errors import Broken
from node.wire import tls
from tests.e2ee.mls.people import Device, People


def test_a_client_with_a_short_key_is_damaged() -> None:
    me = Device("alice", 1).me
    whole = me.dump()
    short = whole.replace(tls.opaque(me.signature.private), tls.opaque(bytes(31)))
    assert short != whole
    with pytest.raises(Broken):
        Client.load(short)


def test_a_key_package_with_a_short_key_is_damaged() -> None:
    own = Device("alice", 1).package()
    short = own.key_package.raw + tls.opaque(bytes(31)) + tls.opaque(own.encryption.private)
    for data in (short, own.dump()[:-1], b""):
        with pytest.raises(Broken):
            OwnPackage.load(data)


def test_a_staged_commit_without_its_records_is_damaged() -> None:
    (alice,) = People(1).group("alice")
    staged = alice.session.stage(1_800_000_000).value
    empty = MAGIC + tls.opaque(staged.commit) + tls.u64(0) + b"\x00" + b"\x00" * 4
    with pytest.raises(Broken):
        Staged.load(empty)

"""Key packages and leaves, wrong in one place and rightly signed, are refused for that place."""

from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import (
    X25519PrivateKey,
    X25519PublicKey,
)

from node.e2ee.mls.private.client import OwnPackage, capabilities, check_capabilities
from node.e2ee.mls.private.crypto import sign_with_label
from node.e2ee.mls.public import key_package
from node.e2ee.mls.public.credentials import Credential, basic, read_credential
from node.e2ee.mls.public.extensions import (
    DEFAULT_EXTENSIONS,
    DEFAULT_PROPOSALS,
    GREASE,
    Extension,
    encode_extensions,
)
from node.e2ee.mls.public.framing import KEY_PACKAGE, encode_message, header, parse_message
from node.e2ee.mls.public.key_package import read_key_package, validate
from node.e2ee.mls.public.leaf import (
    Capabilities,
    LeafNode,
    Lifetime,
    check_leaf_signature,
    leaf_fields,
    read_capabilities,
    read_leaf,
)
from node.e2ee.mls.public.suite import _ED25519_SMALL, _X25519_SMALL, SUITES, suite_of
from node.errors import Broken
from node.wire import tls
from tests.e2ee.mls.insider import resign_leaf, sign_fields
from tests.e2ee.mls.people import GROUP, NOW, Device, People, commit

IDENTITY = b"https://bob.example/a"


@pytest.fixture
def bob(people: People) -> Device:
    return people.device("bob")


def forged(
    bob: Device,
    *,
    version: int = 1,
    suite: int | None = None,
    init: bytes | None = None,
    extensions: tuple[Extension, ...] = (),
    leaf: LeafNode | None = None,
    own: OwnPackage | None = None,
    **fields: Any,
) -> bytes:
    """A key package with these fields, signed as it stands."""
    own = own or bob.package()
    leaf = leaf or resign_leaf(bob, own.key_package.leaf, (1, b"", 0), **fields)
    tbs = (
        tls.u16(version)
        + tls.u16(bob.me.suite.id if suite is None else suite)
        + tls.opaque(own.init.public if init is None else init)
        + leaf.raw
        + encode_extensions(extensions)
    )
    signed = sign_with_label(bob.me.suite, bob.me.signature.private, b"KeyPackageTBS", tbs)
    return tbs + tls.opaque(signed)


def check(data: bytes, now: int = NOW) -> key_package.KeyPackage:
    return validate(data, identity=IDENTITY, now=now)


def changed(bob: Device, **lists: tuple[int, ...]) -> Capabilities:
    return replace(bob.me.capabilities, **lists)


def test_the_twin_is_accepted_bare_and_wrapped(bob: Device) -> None:
    data = forged(bob)
    package = check(data)
    assert check(encode_message(package)) == package
    assert package.encode() == data
    assert header(encode_message(package)).wire_format == KEY_PACKAGE
    assert len(package.reference()) == 32


@pytest.mark.clause("MLS-5.1")
@pytest.mark.parametrize("suite", [0, 2, 7, 0xF1A1])
def test_another_suite(bob: Device, refused, suite: int) -> None:
    with refused("MLS-5.1"):
        check(forged(bob, suite=suite))
    with refused("MLS-5.1"):
        suite_of(suite)


@pytest.mark.clause("MLS-5.1.1")
@pytest.mark.parametrize("length", [0, 31, 33])
def test_keys_of_another_length(bob: Device, refused, length: int) -> None:
    with refused("MLS-5.1.1"):
        check(forged(bob, init=bytes(length)))
    with refused("MLS-5.1.1"):
        check(forged(bob, encryption_key=bytes(length)))
    with refused("MLS-5.1.1"):
        check(forged(bob, signature_key=bytes(length)))


P = 2**255 - 19
SMALL_X25519 = (0, 1, P - 1, P, P + 1, 2**255, 2**255 + P + 1)


@pytest.mark.clause("MLS-5.1.1")
@pytest.mark.parametrize("number", SMALL_X25519)
def test_points_of_small_order(bob: Device, refused, number: int) -> None:
    """The cheap ones; by the arithmetic of the curve the table holds all."""
    key = number.to_bytes(32, "little")
    with refused("MLS-5.1.1"):
        check(forged(bob, encryption_key=key))
    with refused("MLS-5.1.1"):
        check(forged(bob, init=key))
    with refused("MLS-5.1.1"):
        check(forged(bob, signature_key=key))


@pytest.mark.clause("MLS-5.1.1")
def test_each_small_point_gives_a_known_secret() -> None:
    for number in _X25519_SMALL:
        public = X25519PublicKey.from_public_bytes(number.to_bytes(32, "little"))
        with pytest.raises(ValueError):
            X25519PrivateKey.from_private_bytes(b"k" * 32).exchange(public)
    assert {(1 + y) * pow(1 - y, P - 2, P) % P for y in _ED25519_SMALL} <= set(_X25519_SMALL)


@pytest.mark.clause("MLS-5.3")
@pytest.mark.parametrize("type", [0, 3, 0x0A0A])
def test_a_credential_that_cannot_be_read(refused, type: int) -> None:
    with refused("MLS-5.3"):
        tls.parse(tls.u16(type) + tls.opaque(b"x"), read_credential)


def test_both_credentials_read_back() -> None:
    for credential in (basic(b"who"), Credential(2, certificates=(b"one", b"two"))):
        assert tls.parse(credential.encode(), read_credential) == credential


@pytest.mark.clause("MLS-5.3b")
@pytest.mark.parametrize(
    "identity", [b"", b"https://eve.example/a", IDENTITY + b"/", b"HTTPS://bob.example/a"]
)
def test_a_package_of_somebody_else(bob: Device, refused, identity: bytes) -> None:
    with refused("MLS-5.3b"):
        check(forged(bob, credential=basic(identity)))


@pytest.mark.clause("MLS-7.2")
@pytest.mark.parametrize("source", [0, 4, 255])
def test_a_leaf_of_no_known_source(bob: Device, refused, source: int) -> None:
    leaf = bob.package().key_package.leaf
    at = leaf.raw.index(leaf.lifetime.encode()) - 1  # type: ignore[union-attr]
    raw = leaf.raw[:at] + bytes([source]) + leaf.raw[at + 1 :]
    with refused("MLS-7.2"):
        tls.parse(raw, read_leaf)


@pytest.mark.clause("MLS-7.2a")
def test_a_leaf_lists_version_and_suite(bob: Device, refused) -> None:
    others = tuple(id for id in (1, 2, 3) if id != bob.me.suite.id)
    for lists in ({"versions": ()}, {"versions": (2,)}, {"cipher_suites": others}):
        with refused("MLS-7.2a"):
            check(forged(bob, capabilities=changed(bob, **lists)))


@pytest.mark.clause("MLS-7.2b")
def test_a_leaf_lists_its_credential(bob: Device, refused) -> None:
    with refused("MLS-7.2b"):
        check(forged(bob, capabilities=changed(bob, credentials=(2,))))


@pytest.mark.clause("MLS-7.2c")
@pytest.mark.parametrize("span", [(NOW, NOW - 1), (NOW - 1, NOW + 400 * 86400), (0, 2**64 - 1)])
def test_a_lifetime_that_is_none_or_too_long(bob: Device, refused, span: tuple[int, int]) -> None:
    with refused("MLS-7.2c"):
        check(forged(bob, source=Lifetime(*span)))


@pytest.mark.clause("MLS-7.2c")
def test_the_longest_lifetime_is_accepted(bob: Device) -> None:
    check(forged(bob, source=Lifetime(NOW, NOW + 400 * 86400)))


@pytest.mark.clause("MLS-7.3f")
@pytest.mark.parametrize(("now", "good"), [(99, False), (100, True), (200, True), (201, False)])
def test_a_package_is_used_in_its_time(bob: Device, refused, now: int, good: bool) -> None:
    data = forged(bob, source=Lifetime(100, 200))
    if good:
        check(data, now)
        return
    with refused("MLS-7.3f"):
        check(data, now)


@pytest.mark.clause("MLS-7.3b")
def test_the_signature_of_a_leaf(bob: Device, refused) -> None:
    own = bob.package()
    leaf = own.key_package.leaf
    for wrong in (b"", bytes(64), leaf.signature[:-1] + bytes([leaf.signature[-1] ^ 1])):
        bad = tls.parse(leaf.raw[: leaf.tbs_end] + tls.opaque(wrong), read_leaf)
        with refused("MLS-7.3b"):
            check(forged(bob, leaf=bad, own=own))
    elsewhere = sign_fields(bob, leaf.raw[: leaf.tbs_end], (2, b"group", 0))
    with refused("MLS-7.3b"):
        check(forged(bob, leaf=elsewhere, own=own))


@pytest.mark.clause("MLS-7.3g")
def test_a_leaf_lists_its_extensions(bob: Device, refused) -> None:
    extension = (Extension(0xF1C0, b""),)
    with refused("MLS-7.3g"):
        check(_with_leaf_extension(bob, extension, ()))
    check(_with_leaf_extension(bob, extension, (0xF1C0,)))
    check(_with_leaf_extension(bob, (Extension(1, b"app"),), ()))


def _with_leaf_extension(
    bob: Device, extensions: tuple[Extension, ...], listed: tuple[int, ...]
) -> bytes:
    own = bob.package()
    leaf = resign_leaf(
        bob,
        own.key_package.leaf,
        (1, b"", 0),
        extensions=extensions,
        capabilities=changed(bob, extensions=listed),
    )
    return forged(bob, own=own, leaf=leaf)


@pytest.mark.clause("MLS-7.3h")
def test_a_package_holds_a_leaf_made_for_it(bob: Device, refused) -> None:
    own = bob.package()
    for source, place in ((None, (2, b"", 0)), (b"hash", (3, b"", 0))):
        values = own.key_package.leaf
        fields = leaf_fields(
            values.encryption_key,
            values.signature_key,
            values.credential,
            values.capabilities,
            source,
            (),
        )
        leaf = sign_fields(bob, fields, place)
        with refused("MLS-7.3h"):
            check(forged(bob, own=own, leaf=leaf))


@pytest.mark.clause("MLS-10a")
def test_a_package_of_another_version(bob: Device, refused) -> None:
    data = forged(bob, version=2)
    with refused("MLS-10a"):
        check(data)
    with refused("MLS-10a"):
        parse_message(tls.u16(1) + tls.u16(KEY_PACKAGE) + data)


@pytest.mark.clause("MLS-10.1b")
def test_the_signature_of_a_package(bob: Device, refused) -> None:
    package = bob.package().key_package
    for wrong in (b"", bytes(64), package.leaf.signature):
        with refused("MLS-10.1b"):
            check(package.raw[: package.tbs_end] + tls.opaque(wrong))


@pytest.mark.clause("MLS-10.1c")
def test_one_key_for_two_uses(bob: Device, refused) -> None:
    own = bob.package()
    with refused("MLS-10.1c"):
        check(forged(bob, own=own, init=own.encryption.public))


@pytest.mark.clause("MLS-10c")
def test_we_list_the_extensions_of_our_packages(bob: Device, refused) -> None:
    with refused("MLS-10c"):
        bob.me.key_package(bob.entropy, NOW, extensions=(Extension(0xF1C1, b""),))


@pytest.mark.clause("MLS-10d")
def test_our_packages_share_no_init_key(bob: Device) -> None:
    owns = [bob.package() for _ in range(20)]
    assert len({own.init.public for own in owns}) == 20
    assert len({own.encryption.public for own in owns}) == 20


@pytest.mark.clause("MLS-13.4a")
def test_one_extension_of_a_type(bob: Device, refused) -> None:
    twice = (Extension(0x0A0A, b"a"), Extension(0x0A0A, b"b"))
    with refused("MLS-13.4a"):
        check(forged(bob, extensions=twice))


@pytest.mark.clause("MLS-13.4d")
def test_the_unknown_is_ignored(bob: Device) -> None:
    strange = changed(
        bob,
        versions=(0x7F7F, 1),
        cipher_suites=(0x3A3A, *bob.me.capabilities.cipher_suites),
        proposals=(0x4A4A, 0xF123),
        credentials=(0x5A5A, 1),
        extensions=(0x6A6A, 0xF456),
    )
    unknown = (Extension(0x6A6A, b"x"), Extension(0xF456, b""))
    own = bob.package()
    leaf = resign_leaf(
        bob, own.key_package.leaf, (1, b"", 0), capabilities=strange, extensions=unknown
    )
    check(forged(bob, own=own, leaf=leaf, extensions=(Extension(0x7A7A, b"y"),)))


@pytest.mark.clause("MLS-7.2d", "MLS-7.2e", "MLS-13.5a")
def test_our_own_capabilities(bob: Device) -> None:
    ours = capabilities((Extension(0xF1C0, b""), Extension(1, b"app")), bob.entropy)
    assert not DEFAULT_EXTENSIONS & set(ours.extensions)
    assert not DEFAULT_PROPOSALS & set(ours.proposals)
    assert set(SUITES) <= set(ours.cipher_suites)
    assert 0xF1C0 in ours.extensions
    assert (1 in ours.versions, 1 in ours.credentials) == (True, True)
    assert not GREASE & set(ours.versions)
    leaf = bob.package().key_package.leaf
    assert not GREASE & {e.type for e in leaf.extensions}
    assert leaf.credential.type not in GREASE
    for wrong in (replace(ours, extensions=(1,)), replace(ours, proposals=(7,))):
        with pytest.raises(Broken):
            check_capabilities(wrong)


def test_an_own_package_and_a_client_read_back(bob: Device) -> None:
    own = bob.package()
    assert OwnPackage.load(own.dump()) == own
    assert type(bob.me).load(bob.me.dump()) == bob.me
    assert own.init.private.hex() not in repr(own)
    assert bob.me.signature.private.hex() not in repr(bob.me)


def test_capabilities_read_back(bob: Device) -> None:
    ours = bob.me.capabilities
    assert tls.parse(ours.encode(), read_capabilities) == ours
    assert tls.parse(bob.package().package, read_key_package).suite_id == bob.me.suite.id


@pytest.mark.clause("MLS-7.2f")
def test_our_leaf_is_signed_anew(people: People) -> None:
    alice, bob = people.group("alice", "bob")
    seen = [alice.session.group.own]
    commit([alice, bob])
    seen.append(alice.session.group.own)
    sealed = alice.take(alice.session.propose_update(NOW))
    bob.take(bob.session.receive(sealed, NOW))
    commit([bob, alice])
    seen.append(alice.session.group.own)
    assert (
        len({leaf.signature for leaf in seen}) == len({leaf.encryption_key for leaf in seen}) == 3
    )
    for leaf in seen:
        check_leaf_signature(alice.me.suite, leaf, GROUP, 0)

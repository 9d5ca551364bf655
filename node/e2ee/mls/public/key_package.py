"""Pure: the key package: parse, and validate all that needs no group (RFC 9420 §10, §10.1)."""

from dataclasses import field
from typing import Final

from node.e2ee.mls.public.extensions import (
    DEFAULT_EXTENSIONS,
    Extensions,
    encode_extensions,
    read_extensions,
)
from node.e2ee.mls.public.leaf import (
    KEY_PACKAGE,
    LONGEST_LIFETIME_SECONDS,
    LeafNode,
    check_current,
    check_leaf_alone,
    check_leaf_signature,
    read_leaf,
)
from node.e2ee.mls.public.suite import (
    MLS10,
    Suite,
    check_hpke_key,
    ref_hash,
    suite_of,
    verify_with_label,
)
from node.errors import Forbidden, Malformed, Unproven
from node.wire import tls
from node.wire.tls import Reader

WIRE_FORMAT: Final = 5  # mls_key_package, as in `framing`


@tls.structure
class KeyPackage:
    """An offer to be added to a group. Two are equal when their bytes are."""

    version: int = field(compare=False)
    suite_id: int = field(compare=False)
    init_key: bytes = field(compare=False)
    leaf: LeafNode = field(compare=False)
    extensions: Extensions = field(compare=False)
    signature: bytes = field(compare=False)
    raw: bytes
    tbs_end: int = field(compare=False)

    def encode(self) -> bytes:
        return self.raw

    def reference(self) -> bytes:
        """`KeyPackageRef` of §5.2, by the hash of its own suite."""
        return ref_hash(suite_of(self.suite_id), b"MLS 1.0 KeyPackage Reference", self.raw)


def key_package_fields(
    suite_id: int, init_key: bytes, leaf: LeafNode, extensions: Extensions
) -> bytes:
    """The encoded `KeyPackageTBS`."""
    return (
        tls.u16(MLS10)
        + tls.u16(suite_id)
        + tls.opaque(init_key)
        + leaf.raw
        + encode_extensions(extensions)
    )


def read_key_package(reader: Reader) -> KeyPackage:
    start = reader.at
    version, suite_id, init_key = reader.u16(), reader.u16(), reader.opaque()
    leaf = read_leaf(reader)
    extensions = read_extensions(reader)
    tbs_end = reader.at - start
    signature = reader.opaque()
    return KeyPackage(
        version, suite_id, init_key, leaf, extensions, signature, reader.since(start), tbs_end
    )


def parse(data: bytes) -> KeyPackage:
    """A key package, bare or inside an MLSMessage: peers publish either.

    A bare one begins with version and suite, so the wire format 5 could also be suite 5; but then
    a length of 133 or more follows, never the two bytes of a version.
    """
    if data[:6] == tls.u16(MLS10) + tls.u16(WIRE_FORMAT) + tls.u16(MLS10):
        return tls.parse(data[4:], read_key_package)
    return tls.parse(data, read_key_package)


def check_version(package: KeyPackage) -> None:
    """The package is for MLS 1.0, as the message that carries it (MLS-10a)."""
    if package.version != MLS10:
        raise Malformed("MLS-10a", "a key package for another version of MLS")


def check_init_key(suite: Suite, package: KeyPackage) -> None:
    """The init key can be a key of the suite (MLS-10b) and is not the leaf's (MLS-10.1c)."""
    check_hpke_key(suite, package.init_key)
    if package.init_key == package.leaf.encryption_key:
        raise Malformed("MLS-10.1c", "a key package uses one key twice")


def check_source(package: KeyPackage) -> None:
    """The leaf was made for a key package (MLS-7.3h)."""
    if package.leaf.source != KEY_PACKAGE:
        raise Malformed("MLS-7.3h", "the leaf of a key package is of another source")


def check_signature(suite: Suite, package: KeyPackage) -> None:
    """The leaf's signature key signed the package (MLS-10.1b)."""
    signed = package.raw[: package.tbs_end]
    key = package.leaf.signature_key
    if not verify_with_label(suite, key, b"KeyPackageTBS", signed, package.signature):
        raise Unproven("MLS-10.1b", "the signature of a key package is wrong")


def check_extensions_listed(package: KeyPackage) -> None:
    """Each extension of the package is among the leaf's capabilities (MLS-10c).

    A rule for those who make one. A reader has to ignore what it does not know (§13.4), and §13.5
    lets a maker put unlisted GREASE here, so `check_alone` does not ask.
    """
    listed = package.leaf.capabilities.extensions
    for extension in package.extensions:
        if extension.type not in DEFAULT_EXTENSIONS and extension.type not in listed:
            raise Malformed("MLS-10c", "a key package holds an extension that it does not list")


def check_alone(package: KeyPackage, longest_seconds: int = LONGEST_LIFETIME_SECONDS) -> Suite:
    """All that a key package can be asked without a group, a clock or a judge; its suite."""
    check_version(package)
    suite = suite_of(package.suite_id)
    check_init_key(suite, package)
    check_source(package)
    check_leaf_alone(suite, package.version, package.leaf, longest_seconds)
    check_leaf_signature(suite, package.leaf, b"", 0)
    check_signature(suite, package)
    return suite


def check_identity(package: KeyPackage, identity: bytes) -> None:
    """The basic credential is exactly these bytes: the actor's id, in UTF-8 (MLS-5.3b)."""
    credential = package.leaf.credential
    if credential.encode() != tls.u16(1) + tls.opaque(identity):
        raise Forbidden("MLS-5.3b", "a key package speaks for somebody else")


def validate(
    data: bytes,
    *,
    identity: bytes,
    now: int,
    longest_seconds: int = LONGEST_LIFETIME_SECONDS,
) -> KeyPackage:
    """Parse `data` and check all that a directory can: form, signatures, lifetime, whose it is.

    `identity` is the UTF-8 of the actor's id; `now` is in seconds since 1970. Raises `Malformed`,
    `Unproven`, `Forbidden` or `TooMuch` with the clause. `.reference()` names it in a Welcome.
    """
    package = parse(data)
    check_alone(package, longest_seconds)
    check_current(package.leaf, now)
    check_identity(package, identity)
    return package

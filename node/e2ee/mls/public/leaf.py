"""Pure: the leaf node: what it holds, how it is signed, what it proves alone (RFC 9420 §7.2-7.3).

The checks that need a group (its extensions, the other members) are in `private.validation`.
"""

from dataclasses import field
from typing import Final

from node.e2ee.mls.public.credentials import Credential, read_credential
from node.e2ee.mls.public.extensions import (
    DEFAULT_EXTENSIONS,
    Extensions,
    encode_extensions,
    read_extensions,
)
from node.e2ee.mls.public.suite import (
    Suite,
    check_hpke_key,
    check_signature_key,
    verify_with_label,
)
from node.errors import Malformed, Unproven
from node.wire import tls
from node.wire.tls import Reader

KEY_PACKAGE: Final = 1
UPDATE: Final = 2
COMMIT: Final = 3

# e2ee.md §0: issue at most 30 days, accept at most 400 (some peers issue a year).
LONGEST_LIFETIME_SECONDS: Final = 400 * 86400


@tls.structure
class Capabilities:
    """What a client supports, by registry number; defaults are not listed."""

    versions: tuple[int, ...]
    cipher_suites: tuple[int, ...]
    extensions: tuple[int, ...]
    proposals: tuple[int, ...]
    credentials: tuple[int, ...]

    def encode(self) -> bytes:
        return b"".join(
            map(
                tls.u16s,
                (
                    self.versions,
                    self.cipher_suites,
                    self.extensions,
                    self.proposals,
                    self.credentials,
                ),
            )
        )


def read_capabilities(reader: Reader) -> Capabilities:
    return Capabilities(reader.u16s(), reader.u16s(), reader.u16s(), reader.u16s(), reader.u16s())


@tls.structure
class Lifetime:
    """When a key package may be used: seconds since 1970, both ends included."""

    not_before: int
    not_after: int

    def encode(self) -> bytes:
        return tls.u64(self.not_before) + tls.u64(self.not_after)


def read_lifetime(reader: Reader) -> Lifetime:
    return Lifetime(*reader.u64s(2))


@tls.structure
class LeafNode:
    """One client's place in a tree. Two are equal when their bytes are.

    `lifetime` is set for the source key_package, `parent_hash` for commit. `raw` is the encoding
    as it came, of which the first `tbs_end` bytes are signed.
    """

    encryption_key: bytes = field(compare=False)
    signature_key: bytes = field(compare=False)
    credential: Credential = field(compare=False)
    capabilities: Capabilities = field(compare=False)
    source: int = field(compare=False)
    lifetime: Lifetime | None = field(compare=False)
    parent_hash: bytes | None = field(compare=False)
    extensions: Extensions = field(compare=False)
    signature: bytes = field(compare=False)
    raw: bytes
    tbs_end: int = field(compare=False)

    def encode(self) -> bytes:
        return self.raw

    def signed(self, group_id: bytes, leaf_index: int) -> bytes:
        """The encoded `LeafNodeTBS`. The group and index count only where the source says so."""
        return leaf_tbs(self.raw[: self.tbs_end], self.source, group_id, leaf_index)


def leaf_tbs(fields: bytes, source: int, group_id: bytes, leaf_index: int) -> bytes:
    """`LeafNodeTBS`: the encoded fields above the signature, then where the leaf stands."""
    if source == KEY_PACKAGE:
        return fields
    return fields + tls.opaque(group_id) + tls.u32(leaf_index)


def leaf_fields(
    encryption_key: bytes,
    signature_key: bytes,
    credential: Credential,
    capabilities: Capabilities,
    source: Lifetime | bytes | None,
    extensions: Extensions,
) -> bytes:
    """The encoded fields above the signature.

    `source` is the lifetime (key_package), the parent hash (commit) or None (update).
    """
    if isinstance(source, Lifetime):
        origin = tls.u8(KEY_PACKAGE) + source.encode()
    elif source is None:
        origin = tls.u8(UPDATE)
    else:
        origin = tls.u8(COMMIT) + tls.opaque(source)
    return (
        tls.opaque(encryption_key)
        + tls.opaque(signature_key)
        + credential.encode()
        + capabilities.encode()
        + origin
        + encode_extensions(extensions)
    )


def read_leaf(reader: Reader) -> LeafNode:
    start = reader.at
    encryption_key = reader.opaque()
    signature_key = reader.opaque()
    credential = read_credential(reader)
    capabilities = read_capabilities(reader)
    source = reader.u8()
    if not KEY_PACKAGE <= source <= COMMIT:
        raise Malformed("MLS-7.2", "a leaf node source that is not known")
    lifetime = read_lifetime(reader) if source == KEY_PACKAGE else None
    parent_hash = reader.opaque() if source == COMMIT else None
    extensions = read_extensions(reader)
    tbs_end = reader.at - start
    signature = reader.opaque()
    return LeafNode(
        encryption_key,
        signature_key,
        credential,
        capabilities,
        source,
        lifetime,
        parent_hash,
        extensions,
        signature,
        reader.since(start),
        tbs_end,
    )


def check_leaf_keys(suite: Suite, leaf: LeafNode) -> None:
    """Both keys can be keys of the suite (MLS-5.1.1)."""
    check_hpke_key(suite, leaf.encryption_key)
    check_signature_key(suite, leaf.signature_key)


def check_leaf_signature(suite: Suite, leaf: LeafNode, group_id: bytes, leaf_index: int) -> None:
    """The leaf is signed by its own signature key, for this place (MLS-7.3b)."""
    signed = leaf.signed(group_id, leaf_index)
    if not verify_with_label(suite, leaf.signature_key, b"LeafNodeTBS", signed, leaf.signature):
        raise Unproven("MLS-7.3b", "the signature of a leaf node is wrong")


def check_leaf_extensions_listed(leaf: LeafNode) -> None:
    """Each extension of the leaf is among its capabilities, unless a default (MLS-7.3g)."""
    listed = leaf.capabilities.extensions
    for extension in leaf.extensions:
        if extension.type not in DEFAULT_EXTENSIONS and extension.type not in listed:
            raise Malformed("MLS-7.3g", "a leaf holds an extension that it does not list")


def check_leaf_credential_listed(leaf: LeafNode) -> None:
    """The leaf's own credential type is among its capabilities (MLS-7.2b)."""
    if leaf.credential.type not in leaf.capabilities.credentials:
        raise Malformed("MLS-7.2b", "a leaf does not list the type of its own credential")


def check_leaf_suite_listed(suite: Suite, version: int, leaf: LeafNode) -> None:
    """The version and cipher suite in use are among the capabilities (MLS-7.2a)."""
    if version not in leaf.capabilities.versions:
        raise Malformed("MLS-7.2a", "a leaf does not list the protocol version in use")
    if suite.id not in leaf.capabilities.cipher_suites:
        raise Malformed("MLS-7.2a", "a leaf does not list the cipher suite in use")


def check_total_lifetime(leaf: LeafNode, longest_seconds: int) -> None:
    """The lifetime is a span, and no longer than the application accepts (MLS-7.2c)."""
    span = leaf.lifetime
    if span is None:
        return
    if span.not_after < span.not_before:
        raise Malformed("MLS-7.2c", "a lifetime ends before it begins")
    if span.not_after - span.not_before > longest_seconds:
        raise Malformed("MLS-7.2c", "a lifetime is longer than is accepted here")


def check_current(leaf: LeafNode, now: int) -> None:
    """`now`, in seconds since 1970, is within the lifetime (MLS-7.3f)."""
    span = leaf.lifetime
    if span is not None and not span.not_before <= now <= span.not_after:
        when = "not yet" if now < span.not_before else "no longer"
        raise Malformed(
            "MLS-7.3f",
            f"a key package is {when} valid: either it is old, or a clock is wrong (this machine's "
            f"shows {now}, in seconds since 1970; the package holds from {span.not_before} to "
            f"{span.not_after})",
        )


def check_leaf_alone(suite: Suite, version: int, leaf: LeafNode, longest_seconds: int) -> None:
    """All that a leaf can be asked without its group, but its signature."""
    check_leaf_keys(suite, leaf)
    check_leaf_suite_listed(suite, version, leaf)
    check_leaf_credential_listed(leaf)
    check_leaf_extensions_listed(leaf)
    check_total_lifetime(leaf, longest_seconds)

"""Pure: our own client: its signature key, its leaves, its key packages (RFC 9420 §7.2, §10)."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from node.e2ee.mls.private.crypto import SignatureKey, fresh_signature_key, sign_with_label
from node.e2ee.mls.private.crypto import signature_key as signature_pair
from node.e2ee.mls.private.entropy import Entropy
from node.e2ee.mls.private.hpke import KeyPair, fresh_key_pair, key_pair
from node.e2ee.mls.public.credentials import BASIC, Credential, basic, read_credential
from node.e2ee.mls.public.extensions import (
    DEFAULT_EXTENSIONS,
    DEFAULT_PROPOSALS,
    GREASE,
    Extension,
    Extensions,
    encode_extensions,
    read_extensions,
)
from node.e2ee.mls.public.key_package import (
    KeyPackage,
    check_extensions_listed,
    key_package_fields,
    read_key_package,
)
from node.e2ee.mls.public.leaf import (
    Capabilities,
    LeafNode,
    Lifetime,
    check_leaf_extensions_listed,
    leaf_fields,
    leaf_tbs,
    read_capabilities,
    read_leaf,
)
from node.e2ee.mls.public.suite import MLS10, SUITES, Suite, suite_of
from node.errors import Broken, Malformed, Refused
from node.wire import tls
from node.wire.tls import Reader

ISSUE_SECONDS: Final = 30 * 86400
# Peers whose clock is behind ours by less than this can use a package at once.
SKEW_SECONDS: Final = 3600


def _loaded(data: bytes, item: tls.Item[tls.T]) -> tls.T:
    """A record of ours: one that does not read is a fault of the disk, not of a peer."""
    try:
        return tls.parse(data, item)
    except (Refused, ValueError):
        raise Broken("a record of this client is damaged") from None


def _grease(entropy: Entropy) -> int:
    """One of the values that peers have to ignore."""
    return sorted(GREASE)[entropy.draw(1)[0] % len(GREASE)]


def capabilities(extensions: Extensions, entropy: Entropy) -> Capabilities:
    """What this library supports, and a GREASE value in each list that may hold one (§13.5)."""
    types = [e.type for e in extensions if e.type not in DEFAULT_EXTENSIONS]
    return Capabilities(
        versions=(MLS10,),
        cipher_suites=(*SUITES, _grease(entropy)),
        extensions=(*types, _grease(entropy)),
        proposals=(_grease(entropy),),
        credentials=(BASIC, _grease(entropy)),
    )


def check_capabilities(listed: Capabilities) -> None:
    """Defaults are not listed (MLS-7.2d)."""
    if DEFAULT_EXTENSIONS & set(listed.extensions) or DEFAULT_PROPOSALS & set(listed.proposals):
        raise Broken("MLS-7.2d: default extensions and proposals are not listed")


# Best first. A hybrid suite will stand before them.
PREFERRED: Final = (1, 3)


def choose_suite(invited: Iterable[Capabilities]) -> int:
    """The best suite that all `invited` list: what a creator has to take (MLS-11a)."""
    lists = [set(listed.cipher_suites) for listed in invited]
    for id in PREFERRED:
        if all(id in listed for listed in lists):
            return id
    raise Malformed("MLS-11a", "those invited have no cipher suite in common with us")


def signed_leaf(
    suite: Suite, signature: SignatureKey, fields: bytes, place: tuple[int, bytes, int]
) -> LeafNode:
    """The leaf with these `fields`, signed. `place` is (source, group id, leaf index)."""
    tbs = leaf_tbs(fields, *place)
    signed = sign_with_label(suite, signature, b"LeafNodeTBS", tbs)
    leaf = tls.parse(fields + tls.opaque(signed), read_leaf)
    check_leaf_extensions_listed(leaf)
    return leaf


def renewed_leaf(
    suite: Suite,
    signature: SignatureKey,
    old: LeafNode,
    encryption_key: bytes,
    parent_hash: bytes | None,
    place: tuple[int, bytes, int],
) -> LeafNode:
    """`old` with another encryption key, for an Update (parent hash None) or a commit's path."""
    fields = leaf_fields(
        encryption_key,
        signature.public,
        old.credential,
        old.capabilities,
        parent_hash,
        old.extensions,
    )
    return signed_leaf(suite, signature, fields, place)


@dataclass(frozen=True, slots=True)
class OwnPackage:
    """A key package of ours with its private halves: used for one Welcome, then deleted."""

    key_package: KeyPackage
    init: KeyPair = field(repr=False)
    encryption: KeyPair = field(repr=False)

    @property
    def package(self) -> bytes:
        """The bytes to publish: the bare KeyPackage."""
        return self.key_package.raw

    @property
    def reference(self) -> bytes:
        """What a Welcome calls this package."""
        return self.key_package.reference()

    def dump(self) -> bytes:
        secrets = tls.opaque(self.init.private) + tls.opaque(self.encryption.private)
        return self.key_package.raw + secrets

    @classmethod
    def load(cls, data: bytes) -> "OwnPackage":
        """Raises `Broken` when `data` is not what `dump` gave."""
        return _loaded(data, _read_own_package)


def _read_own_package(reader: Reader) -> OwnPackage:
    package = read_key_package(reader)
    suite = suite_of(package.suite_id)
    init = key_pair(suite, reader.opaque())
    return OwnPackage(package, init, key_pair(suite, reader.opaque()))


@dataclass(frozen=True, slots=True)
class Client:
    """Who we are to groups of one suite: a client is its signature key (e2ee.md §0)."""

    suite: Suite
    credential: Credential
    signature: SignatureKey
    capabilities: Capabilities
    extensions: Extensions = ()

    @classmethod
    def fresh(
        cls, suite_id: int, identity: bytes, entropy: Entropy, extensions: Extensions = ()
    ) -> "Client":
        """A new client. `identity` is the UTF-8 of the actor's id; leaves get `extensions`."""
        suite = suite_of(suite_id)
        listed = capabilities(extensions, entropy)
        check_capabilities(listed)
        signature = fresh_signature_key(suite, entropy)
        return cls(suite, basic(identity), signature, listed, extensions)

    def leaf(
        self, encryption_key: bytes, source: Lifetime | bytes, place: tuple[int, bytes, int]
    ) -> LeafNode:
        """A new leaf; `source` is a lifetime or a parent hash, `place` as in `signed_leaf`."""
        fields = leaf_fields(
            encryption_key,
            self.signature.public,
            self.credential,
            self.capabilities,
            source,
            self.extensions,
        )
        return signed_leaf(self.suite, self.signature, fields, place)

    def key_package(
        self,
        entropy: Entropy,
        now: int,
        seconds: int = ISSUE_SECONDS,
        extensions: Extensions = (),
    ) -> OwnPackage:
        """A new key package, valid for `seconds` from `now` (seconds since 1970)."""
        init, encryption = fresh_key_pair(self.suite, entropy), fresh_key_pair(self.suite, entropy)
        lifetime = Lifetime(max(now - SKEW_SECONDS, 0), now + seconds)
        leaf = self.leaf(encryption.public, lifetime, (1, b"", 0))
        tbs = key_package_fields(self.suite.id, init.public, leaf, extensions)
        signed = sign_with_label(self.suite, self.signature, b"KeyPackageTBS", tbs)
        package = tls.parse(tbs + tls.opaque(signed), read_key_package)
        check_extensions_listed(package)
        return OwnPackage(package, init, encryption)

    def of(self, credential: Credential) -> "Client":
        """The same client under another credential; for one that has said nothing yet."""
        return replace(self, credential=credential)

    def carrying(self, extension: Extension) -> "Client":
        """The same client, whose leaves carry `extension`, in place of another of its type."""
        others = tuple(one for one in self.extensions if one.type != extension.type)
        listed = self.capabilities.extensions
        if extension.type not in listed:
            listed = (extension.type, *listed)
        capabilities = replace(self.capabilities, extensions=listed)
        return replace(self, capabilities=capabilities, extensions=(*others, extension))

    def supporting(self, type: int) -> "Client":
        """The same client, whose leaves say that it knows extensions of that type."""
        listed = self.capabilities.extensions
        if type in listed:
            return self
        return replace(self, capabilities=replace(self.capabilities, extensions=(type, *listed)))

    def dressed(self, leaf: LeafNode) -> LeafNode:
        """A leaf of ours with what we support and carry now, to be signed anew."""
        return replace(leaf, capabilities=self.capabilities, extensions=self.extensions)

    def dump(self) -> bytes:
        return (
            tls.u16(self.suite.id)
            + self.credential.encode()
            + tls.opaque(self.signature.private)
            + self.capabilities.encode()
            + encode_extensions(self.extensions)
        )

    @classmethod
    def load(cls, data: bytes) -> "Client":
        """Raises `Broken` when `data` is not what `dump` gave."""
        return _loaded(data, _read_client)


def _read_client(reader: Reader) -> Client:
    suite, credential = suite_of(reader.u16()), read_credential(reader)
    signature = signature_pair(suite, reader.opaque())
    listed = read_capabilities(reader)
    return Client(suite, credential, signature, listed, read_extensions(reader))

"""Pure: whether leaves, key packages and trees fit their group (RFC 9420 §5.3.1, §7.3, §10.1)."""

from collections.abc import Iterable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.x509 import load_der_x509_certificate

from node.e2ee.mls.public.credentials import X509, Claim, Credential, Judge, Occasion
from node.e2ee.mls.public.extensions import (
    DEFAULT_EXTENSIONS,
    DEFAULT_PROPOSALS,
    GREASE,
    Extensions,
    check_group_extensions,
    external_senders,
    required_capabilities,
)
from node.e2ee.mls.public.group_info import GroupContext
from node.e2ee.mls.public.key_package import KeyPackage, check_alone
from node.e2ee.mls.public.leaf import (
    COMMIT,
    UPDATE,
    Capabilities,
    LeafNode,
    check_leaf_alone,
    check_leaf_signature,
)
from node.e2ee.mls.public.suite import check_signature_key
from node.e2ee.mls.public.tree import Tree
from node.e2ee.mls.public.tree_hash import (
    DistinctKeys,
    check_distinct_keys,
    check_parent_hashes,
    check_unmerged_leaves,
)
from node.errors import Forbidden, Malformed


def check_believed(
    judge: Judge, occasion: Occasion, leaf: LeafNode, predecessor: Credential | None = None
) -> None:
    """The device's judge believes the leaf's credential (MLS-5.3.1)."""
    extensions = tuple((e.type, e.data) for e in leaf.extensions)
    claim = Claim(occasion, leaf.credential, leaf.signature_key, extensions, predecessor)
    if judge(claim) is not True:
        raise Forbidden("MLS-5.3.1", "a credential that this device does not accept")


def check_senders_believed(judge: Judge, extensions: Extensions) -> None:
    """The judge believes all who may propose from outside (MLS-5.3.1a)."""
    for sender in external_senders(extensions):
        claim = Claim(Occasion.EXTERNAL_SENDER, sender.credential, sender.signature_key)
        if judge(claim) is not True:
            raise Forbidden("MLS-5.3.1a", "an external sender that this device does not accept")


def check_required(leaf: LeafNode, extensions: Extensions) -> None:
    """The leaf supports what the group requires (MLS-7.3c)."""
    required, has = required_capabilities(extensions), leaf.capabilities
    wanted = (
        (required.extensions, DEFAULT_EXTENSIONS, has.extensions),
        (required.proposals, DEFAULT_PROPOSALS, has.proposals),
        (required.credentials, frozenset[int](), has.credentials),
    )
    for types, default, listed in wanted:
        if not set(types) - default <= set(listed):
            raise Malformed("MLS-7.3c", "a leaf lacks a capability that the group requires")


def check_group_extensions_supported(leaf: LeafNode, extensions: Extensions) -> None:
    """The leaf supports each extension that the group uses (MLS-13.4b)."""
    listed = leaf.capabilities.extensions
    for extension in extensions:
        if extension.type not in DEFAULT_EXTENSIONS and extension.type not in listed:
            raise Malformed("MLS-13.4b", "a leaf does not support an extension of the group")


def check_we_support(own: Capabilities, extensions: Extensions) -> None:
    """We support each extension of the group that we join; GREASE does not count (MLS-13.4c)."""
    ours = (DEFAULT_EXTENSIONS | set(own.extensions)) - GREASE
    if any(extension.type not in ours for extension in extensions):
        raise Malformed("MLS-13.4c", "the group uses an extension that we do not support")


def check_certificate(leaf: LeafNode) -> None:
    """The first certificate of an X.509 credential is of the leaf's key (MLS-5.3a)."""
    if leaf.credential.type != X509:
        return
    if not leaf.credential.certificates:
        raise Malformed("MLS-5.3a", "an X.509 credential without a certificate")
    try:
        key = load_der_x509_certificate(leaf.credential.certificates[0]).public_key()
    except ValueError:
        raise Malformed("MLS-5.3a", "a certificate that cannot be read") from None
    if not isinstance(key, Ed25519PublicKey) or key.public_bytes_raw() != leaf.signature_key:
        raise Malformed("MLS-5.3a", "a certificate of another key than the leaf's")


def check_leaf(
    leaf: LeafNode, context: GroupContext, leaf_index: int, longest_seconds: int
) -> None:
    """All that §7.3 asks of one leaf of the group, but what concerns the other members.

    `context.extensions` are those that hold after the commit.
    """
    check_leaf_fits(leaf, context, longest_seconds)
    check_certificate(leaf)
    check_leaf_signature(context.suite, leaf, context.group_id, leaf_index)


def check_leaf_fits(leaf: LeafNode, context: GroupContext, longest_seconds: int) -> None:
    """What §7.3 asks of a leaf of the group, but who signed it and where it stands."""
    check_leaf_alone(context.suite, context.version, leaf, longest_seconds)
    check_required(leaf, context.extensions)
    check_group_extensions_supported(leaf, context.extensions)


def check_key_package(package: KeyPackage, context: GroupContext, longest_seconds: int) -> None:
    """The package is valid, and for this group (§10.1)."""
    if package.version != context.version or package.suite_id != context.suite_id:
        raise Malformed("MLS-10.1a", "a key package for another version or cipher suite")
    check_alone(package, longest_seconds)
    check_certificate(package.leaf)
    check_required(package.leaf, context.extensions)
    check_group_extensions_supported(package.leaf, context.extensions)


def check_update_source(leaf: LeafNode) -> None:
    """The leaf of an Update was made for one (MLS-7.3k)."""
    if leaf.source != UPDATE:
        raise Malformed("MLS-7.3k", "the leaf of an Update is of another source")


def check_commit_source(leaf: LeafNode) -> None:
    """The leaf of a path was made for a commit (MLS-12.4.2d)."""
    if leaf.source != COMMIT:
        raise Malformed("MLS-12.4.2d", "the leaf of a path is of another source")


def check_new_key(leaf: LeafNode, old: LeafNode) -> None:
    """The leaf of an Update brings a new encryption key (MLS-7.3l)."""
    if leaf.encryption_key == old.encryption_key:
        raise Malformed("MLS-7.3l", "an Update keeps the old encryption key")


def check_credential_types(tree: Tree) -> None:
    """Each member supports the credential types of all (MLS-7.3d)."""
    leaves = [leaf for _, leaf in tree.members()]
    in_use = {leaf.credential.type for leaf in leaves}
    for leaf in leaves:
        if not in_use.issubset(leaf.capabilities.credentials):
            raise Malformed("MLS-7.3d", "a member does not support the credential of another")


def check_extensions_for_all(leaves: Iterable[LeafNode], extensions: Extensions) -> None:
    """All members support new extensions of the group, and what these require (MLS-12.1.7)."""
    try:
        check_group_extensions(extensions)
        for leaf in leaves:
            check_required(leaf, extensions)
            check_group_extensions_supported(leaf, extensions)
    except Malformed as refusal:
        raise Malformed("MLS-12.1.7", refusal.reason) from None


def check_members(tree: Tree) -> None:
    """What §7.3 asks of the members together."""
    check_distinct_keys(tree)
    check_credential_types(tree)


class TreeChecker:
    """Checks a tree that we are given on joining (§12.4.3.1).

    Each leaf is proven and believed as soon as it is read: so a tree that strangers made up costs
    its first leaf, however large it is.
    """

    __slots__ = ("_context", "_judge", "_keys", "_longest")

    def __init__(self, context: GroupContext, judge: Judge, longest_seconds: int) -> None:
        self._context = context
        self._judge = judge
        self._longest = longest_seconds
        self._keys = DistinctKeys()

    def admit(self, index: int, leaf: LeafNode) -> None:
        """The leaf is no copy of another, signed by its own key, and believed."""
        context, suite = self._context, self._context.suite
        self._keys.check_leaf(leaf)
        check_signature_key(suite, leaf.signature_key)
        check_certificate(leaf)
        check_leaf_signature(suite, leaf, context.group_id, index)
        check_believed(self._judge, Occasion.TREE, leaf)

    def check(self, tree: Tree) -> None:
        """The integrity of the tree whose leaves were admitted."""
        check_tree_hash(tree, self._context)
        check_unmerged_leaves(tree)
        self._keys.check_parents(tree)
        check_credential_types(tree)
        check_parent_hashes(tree)
        for _, leaf in tree.members():
            check_leaf_fits(leaf, self._context, self._longest)


def check_tree_hash(tree: Tree, context: GroupContext) -> None:
    """The tree is the one that the GroupContext means (MLS-12.4.3.1e)."""
    if tree.tree_hash() != context.tree_hash:
        raise Malformed("MLS-12.4.3.1e", "a ratchet tree that is not the group's")

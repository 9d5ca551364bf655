"""Pure: TreeKEM: making an UpdatePath, and taking one in (RFC 9420 §7.4-7.6, §7.9.2)."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from node.e2ee.mls.private.crypto import derive_secret
from node.e2ee.mls.private.entropy import Entropy
from node.e2ee.mls.private.hpke import (
    KeyPair,
    decrypt_with_label,
    derive_key_pair,
    encrypt_with_label,
)
from node.e2ee.mls.private.ratchet_tree import PrivateKeys, encryption_key
from node.e2ee.mls.public import tree_math
from node.e2ee.mls.public.commit import HPKECiphertext, UpdatePath, UpdatePathNode
from node.e2ee.mls.public.leaf import LeafNode
from node.e2ee.mls.public.suite import Suite, check_hpke_key
from node.e2ee.mls.public.tree import Node, ParentNode, Tree
from node.e2ee.mls.public.tree_hash import parent_hash
from node.errors import Malformed, Unproven

LABEL: Final = b"UpdatePathNode"


@dataclass(frozen=True, slots=True)
class PathSecrets:
    """The secrets of a filtered direct path, from below: (node index, path secret, key pair)."""

    steps: tuple[tuple[int, bytes, KeyPair], ...] = field(repr=False)
    commit_secret: bytes = field(repr=False)

    def pairs(self) -> dict[int, KeyPair]:
        return {node: pair for node, _, pair in self.steps}

    def at(self, node: int) -> bytes:
        """The path secret of `node`, which is on the path."""
        return next(secret for at, secret, _ in self.steps if at == node)


def path_secrets(suite: Suite, first: bytes, nodes: Collection[int]) -> PathSecrets:
    """The chain that begins with `first` at the first of `nodes` and ends in the commit secret."""
    steps, secret = [], first
    for node in nodes:
        pair = derive_key_pair(suite, derive_secret(suite, secret, b"node"))
        steps.append((node, secret, pair))
        secret = derive_secret(suite, secret, b"path")
    return PathSecrets(tuple(steps), secret)


def with_path_keys(
    tree: Tree, sender: int, path: list[tuple[int, int]], keys: list[bytes]
) -> tuple[Tree, bytes]:
    """The tree with new `keys` on the sender's filtered direct path; the leaf's parent hash.

    `path` is (node, copath child) from below. All other nodes above the sender become blank.
    Parent hashes are computed from the root down, so that each covers all above it.
    """
    changed: dict[int, Node | None] = dict.fromkeys(tree.direct_path(sender))
    above = b""
    for (node, copath), key in reversed(list(zip(path, keys, strict=True))):
        changed[node] = ParentNode(key, above, ())
        above = parent_hash(tree, key, above, tree.hash_of(copath))
    return tree.with_nodes(changed), above


@dataclass(frozen=True, slots=True)
class NewPath:
    """The tree with a new path of our own, what to send, and the secrets that only we know."""

    tree: Tree
    secrets: PathSecrets
    path: list[tuple[int, int]]
    leaf: LeafNode


def make_path(
    tree: Tree, sender: int, entropy: Entropy, leaf_for: Callable[[bytes], LeafNode]
) -> NewPath:
    """Fresh keys from the sender's leaf to the root; `leaf_for(parent hash)` signs the leaf."""
    suite = tree.suite
    path = tree.filtered_direct_path(sender)
    secrets = path_secrets(suite, entropy.draw(suite.nh), [node for node, _ in path])
    keys = [pair.public for _, _, pair in secrets.steps]
    tree, leaf_parent_hash = with_path_keys(tree, sender, path, keys)
    leaf = leaf_for(leaf_parent_hash)
    return NewPath(tree.with_nodes({2 * sender: leaf}), secrets, path, leaf)


def seal_path(
    new: NewPath, context: bytes, newcomers: Collection[int], entropy: Entropy
) -> UpdatePath:
    """The UpdatePath: each path secret sealed to the copath, newcomers left out (§7.5).

    `context` is the encoded provisional GroupContext, `newcomers` the leaf indices just added.
    """
    tree, left_out = new.tree, {2 * leaf for leaf in newcomers}
    nodes = []
    for (_, copath), (_, secret, pair) in zip(new.path, new.secrets.steps, strict=True):
        sealed = tuple(
            encrypt_with_label(
                tree.suite, encryption_key(tree, at), LABEL, context, secret, entropy
            )
            for at in tree.resolution(copath)
            if at not in left_out
        )
        nodes.append(UpdatePathNode(pair.public, sealed))
    return UpdatePath(new.leaf, tuple(nodes))


def check_path_length(path: UpdatePath, filtered: list[tuple[int, int]]) -> None:
    """One node for each of the sender's filtered direct path (MLS-7.6a)."""
    if len(path.nodes) != len(filtered):
        raise Malformed("MLS-7.6a", "an update path of the wrong length")


def check_path_keys_new(suite: Suite, path: UpdatePath, tree: Tree) -> None:
    """The path's public keys are keys, and new to the tree and to each other (MLS-12.4.2f)."""
    known = {node.encryption_key for node in tree.nodes if node is not None}
    for key in (path.leaf.encryption_key, *(node.encryption_key for node in path.nodes)):
        check_hpke_key(suite, key)
        if key in known:
            raise Malformed("MLS-12.4.2f", "an update path brings a key that is in the tree")
        known.add(key)


def merge_path(tree: Tree, sender: int, path: UpdatePath) -> Tree:
    """The tree with a received path in it; the leaf's parent hash is checked (MLS-7.9.2b)."""
    filtered = tree.filtered_direct_path(sender)
    check_path_length(path, filtered)
    keys = [node.encryption_key for node in path.nodes]
    tree, expected = with_path_keys(tree, sender, filtered, keys)
    check_leaf_parent_hash(path.leaf, expected)
    return tree.with_nodes({2 * sender: path.leaf})


def check_leaf_parent_hash(leaf: LeafNode, expected: bytes) -> None:
    """The committer signed the very parents that the path sets (MLS-7.9.2b)."""
    if leaf.parent_hash != expected:
        raise Malformed("MLS-7.9.2b", "the parent hash of a committer's leaf is wrong")


def check_sealed_counts(
    tree: Tree, path: UpdatePath, sender: int, newcomers: Collection[int]
) -> None:
    """Each node has a ciphertext for each of its copath, but newcomers (MLS-7.6b)."""
    left_out = {2 * leaf for leaf in newcomers}
    filtered = tree.filtered_direct_path(sender)
    for (_, copath), node in zip(filtered, path.nodes, strict=True):
        wanted = sum(at not in left_out for at in tree.resolution(copath))
        if len(node.encrypted_path_secret) != wanted:
            raise Malformed("MLS-7.6b", "an update path has the wrong number of ciphertexts")


def _ours(
    tree: Tree, copath: int, keys: PrivateKeys, left_out: Collection[int]
) -> tuple[int, KeyPair]:
    """Which ciphertext of the copath's resolution we can open, and with what."""
    nodes = [at for at in tree.resolution(copath) if at not in left_out]
    for place, at in enumerate(nodes):
        pair = keys.get(at)
        if pair is not None and pair.public == encryption_key(tree, at):
            return place, pair
    raise Malformed("MLS-7.6c", "an update path has nothing for this member")


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who takes a path in: the own leaf index, and the keys held before it."""

    leaf: int
    keys: Mapping[int, KeyPair] = field(repr=False)


def open_path(
    tree: Tree,
    path: UpdatePath,
    sender: int,
    receiver: Receiver,
    newcomers: Collection[int],
    context: bytes,
) -> PathSecrets:
    """The secrets of the sender's path from where it meets ours; `tree` has the path merged.

    Raises `Unproven` (MLS-5.1.3) when the ciphertext does not open and `Malformed` (MLS-7.5a)
    when it holds other keys than the path shows.
    """
    suite = tree.suite
    filtered = tree.filtered_direct_path(sender)
    check_sealed_counts(tree, path, sender, newcomers)
    place = next(
        place
        for place, (_, copath) in enumerate(filtered)
        if tree_math.is_under(receiver.leaf, copath)
    )
    left_out = {2 * leaf for leaf in newcomers}
    which, pair = _ours(tree, filtered[place][1], receiver.keys, left_out)
    sealed: HPKECiphertext = path.nodes[place].encrypted_path_secret[which]
    secret = decrypt_with_label(suite, pair, LABEL, context, sealed)
    check_secret_length(suite, secret)
    secrets = path_secrets(suite, secret, [node for node, _ in filtered[place:]])
    check_derived_keys(secrets, [node.encryption_key for node in path.nodes[place:]])
    return secrets


def check_secret_length(suite: Suite, secret: bytes) -> None:
    """A path secret is as long as the suite's hash (MLS-7.4)."""
    if len(secret) != suite.nh:
        raise Malformed("MLS-7.4", "a path secret has the wrong length")


def check_derived_keys(secrets: PathSecrets, shown: list[bytes]) -> None:
    """The path's public keys are those of its secrets (MLS-7.5a)."""
    if [pair.public for _, _, pair in secrets.steps] != shown:
        raise Unproven("MLS-7.5a", "the keys of an update path are not those of its secrets")

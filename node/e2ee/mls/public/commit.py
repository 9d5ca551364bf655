"""Pure: the commit and its update path, as they travel (RFC 9420 §7.6, §12.4)."""

from dataclasses import dataclass, field

from node.e2ee.mls.public.leaf import LeafNode, read_leaf
from node.e2ee.mls.public.proposals import (
    ProposalOrRef,
    encode_proposal_or_ref,
    read_proposal_or_ref,
)
from node.wire import tls
from node.wire.tls import Reader


@tls.structure
class HPKECiphertext:
    kem_output: bytes
    ciphertext: bytes

    def encode(self) -> bytes:
        return tls.opaque(self.kem_output) + tls.opaque(self.ciphertext)


def read_ciphertext(reader: Reader) -> HPKECiphertext:
    return HPKECiphertext(reader.opaque(), reader.opaque())


@tls.structure
class UpdatePathNode:
    """A parent's new key, and its path secret sealed to each node of the copath's resolution."""

    encryption_key: bytes
    encrypted_path_secret: tuple[HPKECiphertext, ...]

    def encode(self) -> bytes:
        return tls.opaque(self.encryption_key) + tls.vector(
            sealed.encode() for sealed in self.encrypted_path_secret
        )


def _read_path_node(reader: Reader) -> UpdatePathNode:
    return UpdatePathNode(reader.opaque(), reader.vector(read_ciphertext))


@dataclass(frozen=True, slots=True)
class UpdatePath:
    """The committer's new leaf, and a node for each of its filtered direct path, from below."""

    leaf: LeafNode
    nodes: tuple[UpdatePathNode, ...]

    def encode(self) -> bytes:
        return self.leaf.raw + tls.vector(node.encode() for node in self.nodes)


def read_update_path(reader: Reader) -> UpdatePath:
    return UpdatePath(read_leaf(reader), reader.vector(_read_path_node, cost=4))


@dataclass(frozen=True, slots=True)
class Commit:
    """Encoded once, or kept as it came: it is signed, hashed and sealed."""

    proposals: tuple[ProposalOrRef, ...]
    path: UpdatePath | None
    _raw: bytes = field(default=b"", init=False, compare=False, repr=False)

    def encode(self) -> bytes:
        if not self._raw:
            path = None if self.path is None else self.path.encode()
            raw = tls.vector(map(encode_proposal_or_ref, self.proposals)) + tls.optional(path)
            object.__setattr__(self, "_raw", raw)
        return self._raw


def check_readable(commit: Commit) -> None:
    """The commit is not more than is read here: peers would refuse it (MLS-2.1b)."""
    tls.parse(commit.encode(), read_commit)


def read_commit(reader: Reader) -> Commit:
    start = reader.at
    proposals = reader.vector(read_proposal_or_ref, cost=4)
    commit = Commit(proposals, reader.optional(read_update_path))
    object.__setattr__(commit, "_raw", reader.since(start))
    return commit

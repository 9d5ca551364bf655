"""Pure: a group in one epoch, and how the next one is concluded (RFC 9420 §8, §12.4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from node.e2ee.mls.private.crypto import SignatureKey
from node.e2ee.mls.private.hpke import KeyPair
from node.e2ee.mls.private.key_schedule import (
    EpochSecrets,
    confirmation_tag,
    joiner_secret,
    member_secret,
    secrets_of,
)
from node.e2ee.mls.private.psk import psk_secret
from node.e2ee.mls.private.secret_tree import SecretTree
from node.e2ee.mls.private.transcript import confirmed_hash, interim_hash
from node.e2ee.mls.public.framing import FramedContent
from node.e2ee.mls.public.group_info import GroupContext
from node.e2ee.mls.public.leaf import LeafNode
from node.e2ee.mls.public.proposals import PreSharedKeyID, ReInit
from node.e2ee.mls.public.suite import Suite
from node.e2ee.mls.public.tree import Tree
from node.errors import Broken


@dataclass(frozen=True, slots=True)
class Group:
    """All that is public of a group in one epoch. `reinit` is set once it is closed by a ReInit."""

    context: GroupContext
    tree: Tree
    own_leaf: int
    interim_hash: bytes
    confirmation_tag: bytes
    reinit: ReInit | None = None

    @property
    def suite(self) -> Suite:
        return self.tree.suite

    @property
    def own(self) -> LeafNode:
        leaf = self.tree.leaf(self.own_leaf)
        if leaf is None:
            raise Broken("our own leaf is blank")
        return leaf


@dataclass(frozen=True, slots=True)
class Epoch:
    """A group and what this member knows of its secrets. `messages` alone changes, step by step."""

    group: Group
    secrets: EpochSecrets = field(repr=False)
    keys: Mapping[int, KeyPair] = field(repr=False)
    signature: SignatureKey = field(repr=False)
    messages: SecretTree = field(repr=False)


@dataclass(frozen=True, slots=True)
class Entry:
    """What the next epoch's secrets are made of (§8): init and commit secret, and the PSKs."""

    init_secret: bytes = field(repr=False)
    commit_secret: bytes = field(repr=False)
    psks: Sequence[tuple[PreSharedKeyID, bytes]] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Concluded:
    """The next epoch's context and secrets. `joiner` and `member` live only until the Welcome."""

    context: GroupContext
    secrets: EpochSecrets = field(repr=False)
    joiner: bytes = field(repr=False)
    member: bytes = field(repr=False)
    tag: bytes


def conclude(
    interim: bytes,
    provisional: GroupContext,
    entry: Entry,
    commit: tuple[int, FramedContent, bytes],
) -> Concluded:
    """Run the key schedule over a commit: (wire format, content, signature)."""
    suite = provisional.suite
    context = provisional.confirmed(confirmed_hash(suite, interim, *commit))
    joiner = joiner_secret(suite, entry.init_secret, entry.commit_secret, context)
    member = member_secret(suite, joiner, psk_secret(suite, entry.psks))
    secrets = secrets_of(suite, member, context)
    tag = confirmation_tag(suite, secrets, context.confirmed_transcript_hash)
    return Concluded(context, secrets, joiner, member, tag)


def begin_epoch(
    concluded: Concluded,
    tree: Tree,
    own_leaf: int,
    keys: Mapping[int, KeyPair],
    signature: SignatureKey,
    reinit: ReInit | None = None,
) -> Epoch:
    """The epoch that was concluded, with its secret tree begun.

    What has done its work is not kept: the encryption secret lives on in the secret tree only,
    and the confirmation key only in its tag (§9.2).
    """
    context, secrets, suite = concluded.context, concluded.secrets, tree.suite
    interim = interim_hash(suite, context.confirmed_transcript_hash, concluded.tag)
    messages = SecretTree.begin(suite, tree.leaves, secrets.encryption)
    group = Group(context, tree, own_leaf, interim, concluded.tag, reinit)
    kept = replace(secrets, encryption=b"", confirmation_key=b"")
    return Epoch(group, kept, dict(keys), signature, messages)

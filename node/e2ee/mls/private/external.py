"""Pure: joining by one's own commit, and proposing from outside (RFC 9420 §12.1.8, §12.4.3.2)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from node.e2ee.mls.private import protect
from node.e2ee.mls.private.client import Client, OwnPackage
from node.e2ee.mls.private.crypto import SignatureKey
from node.e2ee.mls.private.epoch import Entry, Epoch, begin_epoch, conclude
from node.e2ee.mls.private.events import Joined
from node.e2ee.mls.private.hpke import KeyPair, external_init_sender, fresh_key_pair
from node.e2ee.mls.private.joining import (
    check_group_is_new,
    check_info_suite,
    proven_tree,
)
from node.e2ee.mls.private.means import Means
from node.e2ee.mls.private.proposal_list import (
    Applied,
    Listed,
    Scene,
    apply,
    check_external_list,
    check_external_sender_type,
    check_result,
)
from node.e2ee.mls.private.psk import FindPsk, look_up
from node.e2ee.mls.private.ratchet_tree import place_for
from node.e2ee.mls.private.session import Step, begin
from node.e2ee.mls.private.state import MAGIC, State, epoch_of, epoch_records, load
from node.e2ee.mls.private.transcript import interim_hash
from node.e2ee.mls.private.treekem import NewPath, make_path, seal_path
from node.e2ee.mls.private.validation import check_leaf, check_new_key, check_we_support
from node.e2ee.mls.public import framing
from node.e2ee.mls.public.commit import Commit
from node.e2ee.mls.public.extensions import external_pub
from node.e2ee.mls.public.framing import (
    AuthData,
    AuthenticatedContent,
    FramedContent,
    PublicMessage,
    Sender,
    encode_message,
    parse_message,
)
from node.e2ee.mls.public.group_info import GroupContext, GroupInfo, check_version
from node.e2ee.mls.public.leaf import COMMIT, LeafNode
from node.e2ee.mls.public.proposals import (
    Add,
    ExternalInit,
    PreSharedKey,
    PreSharedKeyID,
    Proposal,
    Remove,
)
from node.e2ee.mls.public.suite import suite_of
from node.e2ee.mls.public.tree import Tree
from node.errors import Malformed, Missing
from node.wire import tls
from node.wire.tls import Reader

JOINER = Sender(framing.NEW_MEMBER_COMMIT)


@dataclass(frozen=True, slots=True)
class Joining:
    """An external commit of ours: send `commit`; enter the group once it is accepted."""

    commit: bytes
    next: Epoch = field(repr=False)

    def accepted(self, means: Means) -> Step[Joined]:
        """The commit was accepted: the session begins."""
        context = self.next.group.context
        psks = {context.epoch: self.next.secrets.resumption_psk}
        event = Joined(context.group_id, context.epoch, None)
        return begin(State(self.next, resumption=psks), means, event)

    def dump(self) -> bytes:
        records = epoch_records(self.next).items()
        items = (tls.opaque(name.encode()) + tls.opaque(value) for name, value in records)
        return MAGIC + tls.opaque(self.commit) + tls.vector(items)

    @classmethod
    def load(cls, data: bytes) -> "Joining":
        """Raises `Broken` when `data` is not what `dump` gave."""
        return load(data, _read_joining)


def _read_joining(reader: Reader) -> Joining:
    commit = reader.opaque()
    records = reader.vector(lambda r: (r.opaque().decode(), r.opaque()))
    return Joining(commit, epoch_of(dict(records)))


def info_of(data: bytes) -> GroupInfo:
    """The GroupInfo that `data` is."""
    body = parse_message(data)
    if not isinstance(body, GroupInfo):
        raise Malformed("MLS-12.4.3.2d", "not a group info")
    return body


def external_key(info: GroupInfo) -> bytes:
    """The key for external commits (MLS-12.4.3.2c)."""
    key = external_pub(info.extensions)
    if key is None:
        raise Missing("MLS-12.4.3.2c", "the group does not take external commits")
    return key


def join_externally(
    data: bytes,
    me: Client,
    means: Means,
    now: int,
    *,
    tree: bytes | None = None,
    known: Collection[bytes] = (),
    replaces: int | None = None,
    psks: Sequence[PreSharedKeyID] = (),
    find: FindPsk | None = None,
) -> Joining:
    """A commit by which we add ourselves to the group of the GroupInfo in `data`.

    `replaces` is the leaf of our own older self, which the commit removes. `psks` go into it;
    `find` looks them up (the former session's `find_psk`), else the device's own store does.
    """
    info = info_of(data)
    context = info.context
    check_version(context)
    check_info_suite(info, me.suite)
    if replaces is None:
        check_group_is_new(context, known)
    old_tree = proven_tree(info, tree, means)
    check_we_support(me.capabilities, context.extensions)
    init_secret, kem_output = external_init_sender(me.suite, external_key(info), means.entropy)
    proposals: list[Proposal] = [ExternalInit(kem_output), *map(PreSharedKey, psks)]
    if replaces is not None:
        proposals.append(Remove(replaces))
    items = [Listed(proposal, JOINER) for proposal in proposals]
    check_external_list(items, Scene(context, old_tree, means, now, sending=True))
    applied = apply(context, old_tree, items)
    new, pair, own_leaf = _own_path(applied, context, me, means)
    _check_own_leaf(new.leaf, own_leaf, old_tree, replaces, context, means)
    found = look_up(find or means.psks, applied.psks)
    entry = Entry(init_secret, new.secrets.commit_secret, found)
    keys = new.secrets.pairs() | {2 * own_leaf: pair}
    return _commit(info, applied, new, entry, (me, own_leaf, keys), means)


def _own_path(
    applied: Applied, context: GroupContext, me: Client, means: Means
) -> tuple[NewPath, KeyPair, int]:
    tree, own_leaf = place_for(applied.tree)
    pair = fresh_key_pair(me.suite, means.entropy)
    place = COMMIT, context.group_id, own_leaf

    def leaf_for(parent_hash: bytes) -> LeafNode:
        return me.leaf(pair.public, parent_hash, place)

    return make_path(tree, own_leaf, means.entropy, leaf_for), pair, own_leaf


def _check_own_leaf(
    leaf: LeafNode,
    own_leaf: int,
    old_tree: Tree,
    replaces: int | None,
    context: GroupContext,
    means: Means,
) -> None:
    """What members will check of our leaf, before we send it."""
    old = None if replaces is None else old_tree.leaf(replaces)
    if old is not None:
        check_new_key(leaf, old)
    check_leaf(leaf, context, own_leaf, means.policy.longest_lifetime_seconds)


def _commit(
    info: GroupInfo,
    applied: Applied,
    new: NewPath,
    entry: Entry,
    own: tuple[Client, int, dict[int, KeyPair]],
    means: Means,
) -> Joining:
    me, own_leaf, keys = own
    context, suite = info.context, me.suite
    check_result(new.tree, applied.extensions, context)
    provisional = context.next(new.tree.tree_hash(), applied.extensions)
    path = seal_path(new, provisional.encode(), (), means.entropy)
    proposals: list[Proposal] = [ExternalInit(applied.kem_output or b"")]
    proposals += map(PreSharedKey, applied.psks)
    proposals += map(Remove, applied.removed)
    commit = Commit(tuple(proposals), path)
    content = FramedContent(context.group_id, context.epoch, JOINER, b"", commit)
    wire_format = framing.PUBLIC_MESSAGE
    signature = protect.sign(suite, me.signature, wire_format, content, context.encode())
    interim = interim_hash(suite, context.confirmed_transcript_hash, info.confirmation_tag)
    concluded = conclude(interim, provisional, entry, (wire_format, content, signature))
    message = PublicMessage(content, AuthData(signature, concluded.tag), None)
    epoch = begin_epoch(concluded, new.tree, own_leaf, keys, me.signature)
    return Joining(encode_message(message), epoch)


def propose_self(own: OwnPackage, me: Client, group_id: bytes, epoch: int) -> bytes:
    """Ask to be added, from outside, to a group in this epoch (new_member_proposal)."""
    sender = Sender(framing.NEW_MEMBER_PROPOSAL)
    content = FramedContent(group_id, epoch, sender, b"", Add(own.key_package))
    return _outside(content, me.suite.id, me.signature)


def propose_from_outside(
    proposal: Proposal, index: int, signature: SignatureKey, context: GroupContext
) -> bytes:
    """Propose as the external sender at `index` of the group's list (MLS-12.1.8a)."""
    check_external_sender_type(proposal)
    sender = Sender(framing.EXTERNAL, index)
    content = FramedContent(context.group_id, context.epoch, sender, b"", proposal)
    return _outside(content, context.suite_id, signature)


def _outside(content: FramedContent, suite_id: int, signature: SignatureKey) -> bytes:
    suite, wire_format = suite_of(suite_id), framing.PUBLIC_MESSAGE
    signed = protect.sign(suite, signature, wire_format, content, b"")
    message = AuthenticatedContent(wire_format, content, AuthData(signed, None))
    return encode_message(PublicMessage(message.content, message.auth, None))

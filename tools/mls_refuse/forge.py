"""A commit made by the book, and bent at any one of its places; all that follows is made anew.

The places stand in the order in which they are made, so that what is bent early is hashed, signed,
sealed and tagged by all that comes later. Only the check of that place can tell.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from node.e2ee.mls.private import crypto, protect
from node.e2ee.mls.private.epoch import Concluded, Entry, Epoch, conclude
from node.e2ee.mls.private.hpke import (
    KeyPair,
    encrypt_with_label,
    external_init_sender,
    fresh_key_pair,
)
from node.e2ee.mls.private.key_schedule import external_key_pair
from node.e2ee.mls.private.proposal_list import Applied, Listed, apply, needs_path
from node.e2ee.mls.private.psk import FindPsk
from node.e2ee.mls.private.ratchet_tree import place_for
from node.e2ee.mls.private.secret_tree import Bounds
from node.e2ee.mls.private.treekem import PathSecrets, path_secrets, with_path_keys
from node.e2ee.mls.public import framing
from node.e2ee.mls.public.commit import Commit, UpdatePath, UpdatePathNode
from node.e2ee.mls.public.framing import (
    AuthData,
    FramedContent,
    Sender,
    encode_message,
)
from node.e2ee.mls.public.leaf import COMMIT, LeafNode, Lifetime, leaf_fields, read_leaf
from node.e2ee.mls.public.proposals import ExternalInit, Proposal, ProposalRef
from node.e2ee.mls.public.tree import Tree
from node.errors import Refused
from node.wire import tls
from tests.e2ee.mls.insider import same
from tests.e2ee.mls.people import Device, Seeded

Edit = Callable[[Any], Any]
FREE = Bounds(forward=2**32)


@dataclass(frozen=True)
class Leaf:
    """Where a leaf is bent: its fields (a dict), their bytes, what is signed, the signature."""

    fields: Edit = same
    raw: Edit = same
    place: Edit = same  # (source, group id, leaf index)
    signer: crypto.SignatureKey | None = None
    label: bytes = b"LeafNodeTBS"
    signature: Edit = same


@dataclass(frozen=True)
class Bend:
    """Where a commit or another message is bent."""

    applied: Edit = same
    first_secret: Edit = same
    keys: Edit = same
    parent_hash: Edit = same
    leaf: Leaf = field(default_factory=Leaf)
    tree: Edit = same
    targets: Edit = same  # (place in the path, all below the copath, those sealed to)
    sealed_key: Callable[[Tree, int], bytes] | None = None
    secret: Edit = same
    label: bytes = b"UpdatePathNode"
    sealed_context: Edit = same
    nodes: Edit = same
    path: Edit = same
    commit_secret: Edit = same
    commit: Edit = same
    content: Edit = same
    signed: Edit = same  # the content as it is signed
    signed_format: Edit = same
    signed_context: Edit = same
    signed_label: bytes = protect.LABEL
    signer: crypto.SignatureKey | None = None
    signature: Edit = same
    psks: Edit = same
    provisional: Edit = same
    tag: Edit = same
    auth: Edit = same  # the encoded FramedContentAuthData
    membership_key: Edit = same
    membership_tag: Edit = same
    plaintext: Edit = same
    public: Edit = same  # the encoded PublicMessage
    message: Edit = same


STRAIGHT = Bend()


class RawLeaf:
    """Makes leaves of any fields."""

    @staticmethod
    def sign(
        suite: Any, key: crypto.SignatureKey, values: dict[str, Any], place: Any, bend: Leaf
    ) -> LeafNode:
        right = leaf_fields(**values)
        values = bend.fields(values)
        source = values["source"]
        kind = 1 if isinstance(source, Lifetime) else 2 if source is None else COMMIT
        fields = bend.raw(leaf_fields(**values))
        kind, group, index = bend.place((kind, *place))
        where = b"" if kind == 1 else tls.opaque(group) + tls.u32(index)
        signed = crypto.sign_with_label(suite, bend.signer or key, bend.label, fields + where)
        end = tls.opaque(bend.signature(signed))
        try:
            return tls.parse(fields + end, read_leaf)
        except Refused:
            # It cannot be read, which is the lie: the rest is taken from the leaf as it should be.
            return replace(tls.parse(right + end, read_leaf), raw=fields + end, tbs_end=len(fields))


def values_of(leaf: LeafNode, **changes: Any) -> dict[str, Any]:
    """The fields of a leaf, as `leaf_fields` takes them."""
    return {
        "encryption_key": leaf.encryption_key,
        "signature_key": leaf.signature_key,
        "credential": leaf.credential,
        "capabilities": leaf.capabilities,
        "source": leaf.lifetime or leaf.parent_hash,
        "extensions": leaf.extensions,
    } | changes


@dataclass(frozen=True)
class RawCommit(Commit):
    """A commit with other bytes than its fields would give."""

    data: bytes = b""

    def encode(self) -> bytes:
        return self.data


@dataclass(frozen=True)
class RawContent(FramedContent):
    """Content whose bytes are changed by `edit` wherever they are signed, hashed or sent."""

    edit: Edit = same

    def encode(self) -> bytes:
        data: bytes = self.edit(super().encode())
        return data


@dataclass(frozen=True)
class RawAuth(AuthData):
    edit: Edit = same

    def encode(self) -> bytes:
        data: bytes = self.edit(super().encode())
        return data


@dataclass(frozen=True)
class RawProposal:
    """A proposal of any type with any body."""

    type: int
    data: bytes

    def body(self) -> bytes:
        return self.data


def raw_content(content: FramedContent, edit: Edit) -> RawContent:
    return RawContent(
        content.group_id,
        content.epoch,
        content.sender,
        content.authenticated_data,
        content.content,
        edit,
    )


class Forger:
    """Speaks for `device` out of its keys; the session stays as it is."""

    def __init__(self, device: Device, seed: str, wire: int = framing.PRIVATE_MESSAGE) -> None:
        self.device, self.wire = device, wire
        self.entropy = Seeded(seed)
        self.leaf = device.session.own_leaf

    @property
    def epoch(self) -> Epoch:
        return self.device.session._live.epoch

    @property
    def sender(self) -> Sender:
        return Sender(framing.MEMBER, self.leaf)

    def listed(self, proposals: Sequence[Proposal | Listed]) -> list[Listed]:
        return [p if isinstance(p, Listed) else Listed(p, self.sender) for p in proposals]

    def placed(self, tree: Tree) -> Tree:
        """The tree in which the path is made; where it begins is `self.leaf`."""
        return tree

    @property
    def init_secret(self) -> bytes:
        return self.epoch.secrets.init

    @property
    def key(self) -> crypto.SignatureKey:
        return self.epoch.signature

    def _leaf(self, bend: Bend, public: bytes, parent_hash: bytes) -> LeafNode:
        group = self.epoch.group
        values = values_of(group.own, encryption_key=public, source=parent_hash)
        place = group.context.group_id, self.leaf
        return RawLeaf.sign(group.suite, self.epoch.signature, values, place, bend.leaf)

    def _path(self, bend: Bend, applied: Applied) -> tuple[Tree, PathSecrets, UpdatePath]:
        group, entropy = self.epoch.group, self.entropy
        suite, tree = group.suite, self.placed(applied.tree)
        pair = fresh_key_pair(suite, entropy)
        filtered = tree.filtered_direct_path(self.leaf)
        first = bend.first_secret(entropy.draw(suite.nh))
        secrets = path_secrets(suite, first, [node for node, _ in filtered])
        right = [pair.public for _, _, pair in secrets.steps]
        keys = bend.keys(right)
        fitting = keys if len(keys) == len(right) else right
        tree, parent_hash = with_path_keys(tree, self.leaf, filtered, fitting)
        leaf = self._leaf(bend, pair.public, bend.parent_hash(parent_hash))
        tree = bend.tree(tree.with_nodes({2 * self.leaf: leaf}))
        provisional = bend.provisional(group.context.next(tree.tree_hash(), applied.extensions))
        left_out = {2 * index for index in applied.newcomers}
        nodes = []
        context = bend.sealed_context(provisional.encode())
        for place, key in enumerate(keys):
            at = min(place, len(filtered) - 1)
            copath, secret = filtered[at][1], secrets.steps[at][1]
            everyone = tuple(tree.resolution(copath))
            wanted = tuple(node for node in everyone if node not in left_out)
            sealed = []
            for node in bend.targets((place, everyone, wanted))[2]:
                public = (
                    self._key_at(tree, node)
                    if bend.sealed_key is None
                    else (bend.sealed_key(tree, node))
                )
                sealed.append(
                    encrypt_with_label(
                        suite, public, bend.label, context, bend.secret(secret), entropy
                    )
                )
            nodes.append(UpdatePathNode(key, tuple(sealed)))
        return tree, secrets, bend.path(UpdatePath(leaf, bend.nodes(tuple(nodes))))

    @staticmethod
    def _key_at(tree: Tree, node: int) -> bytes:
        value = tree.nodes[node]
        assert value is not None
        return value.encryption_key

    def commit(
        self,
        proposals: Sequence[Proposal | Listed] = (),
        bend: Bend = STRAIGHT,
        *,
        shown: Sequence[Proposal | Listed] | None = None,
        path: bool | None = None,
        find: FindPsk | None = None,
    ) -> bytes:
        """An MLSMessage with a commit of `proposals`; `shown` stand in it where they differ."""
        epoch, items = self.epoch, self.listed(proposals)
        group = epoch.group
        applied: Applied = bend.applied(apply(group.context, group.tree, items))
        look = find or self.device.session.find_psk
        psks = tuple((psk, look(psk) or bytes(32)) for psk in bend.psks(applied.psks))
        with_path = needs_path(items) if path is None else path
        tree, sent = applied.tree, None
        secret = bytes(group.suite.nh)
        if with_path:
            tree, secrets, sent = self._path(bend, applied)
            secret = secrets.commit_secret
        provisional = bend.provisional(group.context.next(tree.tree_hash(), applied.extensions))
        entries = items if shown is None else self.listed(shown)
        refs = [i.proposal if i.reference is None else ProposalRef(i.reference) for i in entries]
        content = self.content(bend.commit(Commit(tuple(refs), sent)), bend)
        signature = self.sign(content, bend)
        entry = Entry(self.init_secret, bend.commit_secret(secret), psks)
        concluded: Concluded = conclude(
            group.interim_hash, provisional, entry, (self.wire, content, signature)
        )
        self.concluded = concluded
        return self.protect(content, AuthData(signature, bend.tag(concluded.tag)), bend)

    def content(self, content: framing.Content, bend: Bend = STRAIGHT) -> FramedContent:
        context = self.epoch.group.context
        framed = FramedContent(context.group_id, context.epoch, self.sender, b"", content)
        changed: FramedContent = bend.content(framed)
        return changed

    def sign(self, content: FramedContent, bend: Bend) -> bytes:
        epoch = self.epoch
        wire, context = bend.signed_format(self.wire), epoch.group.context
        encoded = bend.signed_context(context.encode())
        tbs = protect.content_tbs(wire, bend.signed(content), encoded)
        key = bend.signer or self.key
        signature: bytes = bend.signature(
            crypto.sign_with_label(epoch.group.suite, key, bend.signed_label, tbs)
        )
        return signature

    def message(self, content: framing.Content, bend: Bend = STRAIGHT) -> bytes:
        """An MLSMessage with a proposal or application data."""
        framed = self.content(content, bend)
        return self.protect(framed, AuthData(self.sign(framed, bend), None), bend)

    def protect(self, content: FramedContent, auth: AuthData, bend: Bend) -> bytes:
        if bend.auth is not same:
            auth = RawAuth(auth.signature, auth.confirmation_tag, bend.auth)
        if self.wire == framing.PRIVATE_MESSAGE:
            encoded = framing.encode_content(content.content) + auth.encode()
            padded = encoded.ljust(protect.padded_size(len(encoded)), b"\x00")
            return self.private(bend.plaintext(padded), content, bend)
        epoch = self.epoch
        context = epoch.group.context.encode()
        member = content.sender.type == framing.MEMBER
        key = bend.membership_key(epoch.secrets.membership_key)
        tag = protect.membership_tag(epoch.group.suite, key, content, auth, context)
        body = framing.PublicMessage(content, auth, bend.membership_tag(tag) if member else None)
        plain = bend.public(body.encode())
        return bytes(bend.message(tls.u16(1) + tls.u16(framing.PUBLIC_MESSAGE) + plain))

    def private(
        self,
        plaintext: bytes,
        content: FramedContent,
        bend: Bend = STRAIGHT,
        *,
        leaf: int | None = None,
        generation: int | None = None,
        shown_generation: int | None = None,
        ratchet: tuple[int, int] | None = None,
        guarded: bool = True,
        sender_data: Edit = same,
        sender_key: Edit = same,
        frame: Edit = same,
        ciphertext: Edit = same,
    ) -> bytes:
        """A PrivateMessage around any plaintext."""
        epoch = self.epoch
        suite = epoch.group.suite
        kind = content.content_type
        place = ratchet or protect.place_of(self.leaf, kind)
        ahead = epoch.messages.ahead(place, generation, FREE)
        header = tls.opaque(content.group_id) + tls.u64(content.epoch) + tls.u8(kind)
        guard = self.entropy.draw(4)
        nonce = ahead.key.nonce
        if guarded:
            head = int.from_bytes(nonce[:4], "big") ^ int.from_bytes(guard, "big")
            nonce = tls.u32(head) + nonce[4:]
        aad = header + tls.opaque(content.authenticated_data)
        sealed = ciphertext(crypto.seal(suite, ahead.key.key, nonce, plaintext, aad))
        index = self.leaf if leaf is None else leaf
        number = ahead.key.generation if shown_generation is None else shown_generation
        data = sender_data(protect.SenderData(index, number, guard).encode())
        secret = sender_key(epoch.secrets.sender_data)
        key, nonce = protect.sender_data_key(suite, secret, sealed)
        body = framing.PrivateMessage(
            content.group_id,
            content.epoch,
            kind,
            content.authenticated_data,
            crypto.seal(suite, key, nonce, data, header),
            sealed,
        )
        return bytes(bend.message(encode_message(frame(body))))

    def application(self, data: bytes, padding: bytes = b"", **options: Any) -> bytes:
        """Application data with any padding; `options` are those of `private`."""
        bend = options.pop("bend", STRAIGHT)
        content = self.content(data, bend)
        auth = AuthData(self.sign(content, bend), None)
        if bend.auth is not same:
            auth = RawAuth(auth.signature, None, bend.auth)
        plain = framing.encode_content(data) + auth.encode() + padding
        return self.private(bend.plaintext(plain), content, bend, **options)

    def fresh(self) -> KeyPair:
        return fresh_key_pair(self.epoch.group.suite, self.entropy)


class Joiner(Forger):
    """One who comes by their own commit; `device` is the member whose GroupInfo shows the way."""

    def __init__(self, device: Device, joiner: Device, seed: str) -> None:
        super().__init__(device, seed, framing.PUBLIC_MESSAGE)
        self.joiner = joiner
        epoch = self.epoch
        way = external_key_pair(epoch.group.suite, epoch.secrets).public
        self._init, self.kem_output = external_init_sender(epoch.group.suite, way, self.entropy)

    @property
    def sender(self) -> Sender:
        return Sender(framing.NEW_MEMBER_COMMIT)

    @property
    def init_secret(self) -> bytes:
        return self._init

    @property
    def key(self) -> crypto.SignatureKey:
        return self.joiner.me.signature

    def placed(self, tree: Tree) -> Tree:
        tree, self.leaf = place_for(tree)
        return tree

    def _leaf(self, bend: Bend, public: bytes, parent_hash: bytes) -> LeafNode:
        group, me = self.epoch.group, self.joiner.me
        values = {
            "encryption_key": public,
            "signature_key": me.signature.public,
            "credential": me.credential,
            "capabilities": me.capabilities,
            "source": parent_hash,
            "extensions": me.extensions,
        }
        place = group.context.group_id, self.leaf
        return RawLeaf.sign(group.suite, me.signature, values, place, bend.leaf)

    def join(self, proposals: Sequence[Any] = (), bend: Bend = STRAIGHT, **options: Any) -> bytes:
        """The external commit; `proposals` stand beside its ExternalInit."""
        init = options.pop("init", [ExternalInit(self.kem_output)])
        shown = options.pop("shown", None)
        if shown is not None:
            shown = [*init, *shown]
        return self.commit([*init, *proposals], bend, shown=shown, **options)

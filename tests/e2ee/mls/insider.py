"""A member who holds all keys and keeps no rule: makes messages that are wrong in one place.

Everything after the changed place is signed, tagged and sealed again, so that only the check of
that place can refuse it. With nothing changed, its messages are accepted: the twins.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from node.e2ee.mls.private import crypto, protect
from node.e2ee.mls.private.client import signed_leaf
from node.e2ee.mls.private.epoch import Concluded, Entry, Epoch, conclude
from node.e2ee.mls.private.hpke import fresh_key_pair
from node.e2ee.mls.private.proposal_list import Applied, Listed, apply, needs_path
from node.e2ee.mls.private.psk import look_up
from node.e2ee.mls.private.secret_tree import Bounds
from node.e2ee.mls.private.treekem import NewPath, PathSecrets, make_path, seal_path
from node.e2ee.mls.public import framing
from node.e2ee.mls.public.commit import Commit, UpdatePath
from node.e2ee.mls.public.framing import (
    AuthData,
    AuthenticatedContent,
    FramedContent,
    Sender,
    encode_message,
)
from node.e2ee.mls.public.leaf import (
    COMMIT,
    LeafNode,
    Lifetime,
    leaf_fields,
    read_leaf,
)
from node.e2ee.mls.public.proposals import Proposal, ProposalRef
from node.e2ee.mls.public.suite import ref_hash
from node.wire import tls
from tests.e2ee.mls.people import Device

Edit = Callable[[Any], Any]
FREE = Bounds()


def same(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class Lie:
    """Where a commit is wrong: each edit is given the right value and gives the wrong one."""

    leaf: Edit = same  # dict of leaf fields, before signing
    signed_leaf: Edit = same
    tree: Edit = same  # the tree after the proposals, before the path
    path_secret: Edit = same  # what each path secret is sealed as
    path: Edit = same
    commit: Edit = same
    content: Edit = same
    signature: Edit = same
    tag: Edit = same
    wire_format: int = framing.PRIVATE_MESSAGE
    path_wanted: bool | None = None
    membership_tag: Edit = same
    leaf_signed_for: tuple[int, bytes, int] | None = None


HONEST = Lie()


def resign_leaf(
    device: Device, leaf: LeafNode, place: tuple[int, bytes, int], **changes: Any
) -> LeafNode:
    """`leaf` with other fields, signed by `device` for (source, group, index)."""
    values: dict[str, Any] = {
        "encryption_key": leaf.encryption_key,
        "signature_key": leaf.signature_key,
        "credential": leaf.credential,
        "capabilities": leaf.capabilities,
        "source": leaf.lifetime or leaf.parent_hash,
        "extensions": leaf.extensions,
    } | changes
    return sign_fields(device, leaf_fields(**values), place)


def sign_fields(device: Device, fields: bytes, place: tuple[int, bytes, int]) -> LeafNode:
    """A leaf of these encoded fields, with nothing checked."""
    key, where = (
        device.me.signature,
        b"" if place[0] == 1 else tls.opaque(place[1]) + tls.u32(place[2]),
    )
    signed = crypto.sign_with_label(device.me.suite, key.private, b"LeafNodeTBS", fields + where)
    return tls.parse(fields + tls.opaque(signed), read_leaf)


class Insider:
    """Speaks for `device`, out of the keys of its session, which stays as it is."""

    def __init__(self, device: Device) -> None:
        self.device = device

    @property
    def epoch(self) -> Epoch:
        return self.device.session._live.epoch

    @property
    def sender(self) -> Sender:
        return Sender(framing.MEMBER, self.device.session.own_leaf)

    def listed(self, proposals: Sequence[Proposal | Listed]) -> list[Listed]:
        return [p if isinstance(p, Listed) else Listed(p, self.sender) for p in proposals]

    def new_leaf(self, lie: Lie, parent_hash: bytes, public: bytes) -> LeafNode:
        group = self.epoch.group
        values = lie.leaf(
            {
                "encryption_key": public,
                "signature_key": group.own.signature_key,
                "credential": group.own.credential,
                "capabilities": group.own.capabilities,
                "source": parent_hash,
                "extensions": group.own.extensions,
            }
        )
        place = lie.leaf_signed_for or (COMMIT, group.context.group_id, group.own_leaf)
        source = values["source"]
        if isinstance(source, Lifetime):
            place = 1, b"", 0
        return lie.signed_leaf(sign_fields(self.device, leaf_fields(**values), place))

    def path(self, lie: Lie, applied: Applied) -> tuple[NewPath, UpdatePath, Any]:
        epoch, entropy = self.epoch, self.device.entropy
        pair = fresh_key_pair(epoch.group.suite, entropy)
        new = make_path(
            lie.tree(applied.tree),
            epoch.group.own_leaf,
            entropy,
            lambda parent_hash: self.new_leaf(lie, parent_hash, pair.public),
        )
        provisional = epoch.group.context.next(new.tree.tree_hash(), applied.extensions)
        steps = tuple((n, lie.path_secret(s), p) for n, s, p in new.secrets.steps)
        sealing = replace(new, secrets=PathSecrets(steps, b""))
        path = seal_path(sealing, provisional.encode(), applied.newcomers, entropy)
        return new, lie.path(path), provisional

    def commit(self, proposals: Sequence[Proposal | Listed] = (), lie: Lie = HONEST) -> bytes:
        """An MLSMessage with a commit of `proposals`, and the lie in it."""
        epoch, items = self.epoch, self.listed(proposals)
        group = epoch.group
        applied = apply(group.context, group.tree, items)
        psks = look_up(self.device.session.find_psk, applied.psks)
        with_path = needs_path(items) if lie.path_wanted is None else lie.path_wanted
        provisional = group.context.next(applied.tree.tree_hash(), applied.extensions)
        secret, path = bytes(group.suite.nh), None
        if with_path:
            new, path, provisional = self.path(lie, applied)
            secret = new.secrets.commit_secret
        refs = [i.proposal if i.reference is None else ProposalRef(i.reference) for i in items]
        commit = lie.commit(Commit(tuple(refs), path))
        content = self.content(commit, lie)
        signature = lie.signature(self.sign(content, lie.wire_format))
        entry = Entry(epoch.secrets.init, secret, psks)
        concluded: Concluded = conclude(
            group.interim_hash, provisional, entry, (lie.wire_format, content, signature)
        )
        return self.protect(content, AuthData(signature, lie.tag(concluded.tag)), lie)

    def content(self, content: framing.Content, lie: Lie = HONEST) -> FramedContent:
        context = self.epoch.group.context
        return lie.content(
            FramedContent(context.group_id, context.epoch, self.sender, b"", content)
        )

    def sign(self, content: FramedContent, wire_format: int) -> bytes:
        epoch = self.epoch
        context = epoch.group.context.encode()
        private = epoch.signature.private
        return protect.sign(epoch.group.suite, private, wire_format, content, context)

    def message(self, content: framing.Content, lie: Lie = HONEST) -> bytes:
        """An MLSMessage with a proposal or application data."""
        framed = self.content(content, lie)
        signature = lie.signature(self.sign(framed, lie.wire_format))
        return self.protect(framed, AuthData(signature, None), lie)

    def protect(self, content: FramedContent, auth: AuthData, lie: Lie = HONEST) -> bytes:
        epoch = self.epoch
        suite, secrets = epoch.group.suite, epoch.secrets
        message = AuthenticatedContent(lie.wire_format, content, auth)
        if lie.wire_format == framing.PUBLIC_MESSAGE:
            context = epoch.group.context.encode()
            public = protect.protect_public(suite, secrets.membership_key, message, context)
            public = replace(public, membership_tag=lie.membership_tag(public.membership_tag))
            return encode_message(public)
        place = protect.place_of(self.sender.index, content.content_type)
        ahead = epoch.messages.ahead(place, None, FREE)
        sealed = protect.protect_private(
            suite, secrets.sender_data, ahead, message, self.device.entropy
        )
        return encode_message(sealed)

    def private(
        self,
        plaintext: bytes,
        content_type: int = framing.APPLICATION,
        *,
        leaf: int | None = None,
        generation: int | None = None,
        sender_data: Edit = same,
    ) -> bytes:
        """A PrivateMessage around any plaintext."""
        epoch = self.epoch
        suite, context = epoch.group.suite, epoch.group.context
        place = protect.place_of(self.sender.index, content_type)
        ahead = epoch.messages.ahead(place, generation, FREE)
        header = tls.opaque(context.group_id) + tls.u64(context.epoch) + tls.u8(content_type)
        guard = bytes(4)
        ciphertext = crypto.seal(
            suite, ahead.key.key, ahead.key.nonce, plaintext, header + tls.opaque(b"")
        )
        index = self.sender.index if leaf is None else leaf
        data = protect.SenderData(index, ahead.key.generation, guard).encode()
        key, nonce = protect.sender_data_key(suite, epoch.secrets.sender_data, ciphertext)
        sealed = crypto.seal(suite, key, nonce, sender_data(data), header)
        return encode_message(
            framing.PrivateMessage(
                context.group_id, context.epoch, content_type, b"", sealed, ciphertext
            )
        )

    def application(self, data: bytes, padding: bytes = b"", **options: Any) -> bytes:
        """Application data with any padding."""
        content = self.content(data)
        signature = self.sign(content, framing.PRIVATE_MESSAGE)
        plain = framing.encode_content(data) + AuthData(signature, None).encode() + padding
        return self.private(plain, **options)

    def reference(self, message: bytes) -> bytes:
        """The ProposalRef of a proposal sent in a PublicMessage."""
        body = framing.parse_message(message)
        assert isinstance(body, framing.PublicMessage)
        encoded = body.authenticated().encode()
        return ref_hash(self.epoch.group.suite, b"MLS 1.0 Proposal Reference", encoded)


__all__ = ["Insider", "Lie", "resign_leaf", "sign_fields", "signed_leaf"]

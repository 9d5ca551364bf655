"""Pure: vectors of the secret tree, message protection, the ratchet tree, TreeKEM and Welcome."""

from node.e2ee.mls.private import crypto, hpke, protect
from node.e2ee.mls.private.key_schedule import check_confirmation_tag, member_secret, secrets_of
from node.e2ee.mls.private.psk import psk_secret
from node.e2ee.mls.private.ratchet_tree import added, removed, updated
from node.e2ee.mls.private.secret_tree import APPLICATION, HANDSHAKE, Bounds, SecretTree
from node.e2ee.mls.private.treekem import (
    Receiver,
    make_path,
    merge_path,
    open_path,
    path_secrets,
    seal_path,
)
from node.e2ee.mls.private.welcome import find_entry, open_group_info, open_group_secrets
from node.e2ee.mls.public import framing, key_package
from node.e2ee.mls.public.commit import read_update_path
from node.e2ee.mls.public.framing import AuthData, AuthenticatedContent, FramedContent, Sender
from node.e2ee.mls.public.group_info import GroupContext, Welcome
from node.e2ee.mls.public.leaf import (
    COMMIT,
    LeafNode,
    check_leaf_signature,
    leaf_fields,
    leaf_tbs,
    read_leaf,
)
from node.e2ee.mls.public.proposals import Add, Remove, Update, read_proposal
from node.e2ee.mls.public.suite import Suite, suite_of
from node.e2ee.mls.public.tree import Tree, parse_tree
from node.e2ee.mls.public.tree_hash import check_parent_hashes, check_unmerged_leaves
from node.e2ee.mls.vectors.basics import Case, Counter, Differs, same, unhex
from node.wire import tls

FREE = Bounds(forward=2**20, kept=2**10)


def secret_tree_case(case: Case) -> None:
    suite = suite_of(case["cipher_suite"])
    part = case["sender_data"]
    secret, ciphertext = unhex(part["sender_data_secret"]), unhex(part["ciphertext"])
    got = protect.sender_data_key(suite, secret, ciphertext)
    same("sender_data", got, (unhex(part["key"]), unhex(part["nonce"])))
    tree = SecretTree.begin(suite, len(case["leaves"]), unhex(case["encryption_secret"]))
    for leaf, generations in enumerate(case["leaves"]):
        for wanted in generations:
            for kind, name in ((HANDSHAKE, "handshake"), (APPLICATION, "application")):
                ahead = tree.ahead((leaf, kind), wanted["generation"], FREE)
                same(name, ahead.key.key, unhex(wanted[f"{name}_key"]))
                same(name, ahead.key.nonce, unhex(wanted[f"{name}_nonce"]))
                tree.take(ahead, FREE)


def message_protection_case(case: Case) -> None:
    suite = suite_of(case["cipher_suite"])
    hashes = unhex(case["tree_hash"]), unhex(case["confirmed_transcript_hash"])
    context = GroupContext(suite.id, unhex(case["group_id"]), case["epoch"], *hashes, ())
    for name in ("proposal", "commit", "application"):
        wanted = unhex(case[name])
        _unprotect_private(case, suite, context, unhex(case[f"{name}_priv"]), wanted)
        _unprotect_private(case, suite, context, _private(case, suite, context, wanted), wanted)
        if name != "application":
            _unprotect_public(case, suite, context, unhex(case[f"{name}_pub"]), wanted)
            _unprotect_public(case, suite, context, _public(case, suite, context, wanted), wanted)


def _content(data: bytes, case: Case) -> framing.Content:
    """What the vector's raw bytes are, by the field that holds them."""
    for name, type in (("proposal", framing.PROPOSAL), ("commit", framing.COMMIT)):
        if data == unhex(case[name]):
            reader = tls.Reader(data)
            return framing.read_content(reader, type)
    return data


def _unprotect_private(
    case: Case, suite: Suite, context: GroupContext, message: bytes, wanted: bytes
) -> None:
    body = framing.parse_message(message)
    if not isinstance(body, framing.PrivateMessage):
        raise Differs("not a PrivateMessage")
    tree = SecretTree.begin(suite, 2, unhex(case["encryption_secret"]))
    data = protect.open_sender_data(suite, unhex(case["sender_data_secret"]), body)
    content, _ = protect.open_content(suite, tree, body, data, FREE)
    protect.check_signature(suite, unhex(case["signature_pub"]), content, context.encode())
    same("content", content.content.content, _content(wanted, case))


def _unprotect_public(
    case: Case, suite: Suite, context: GroupContext, message: bytes, wanted: bytes
) -> None:
    body = framing.parse_message(message)
    if not isinstance(body, framing.PublicMessage):
        raise Differs("not a PublicMessage")
    key, encoded = unhex(case["membership_key"]), context.encode()
    protect.check_membership_tag(suite, key, body, encoded)
    protect.check_signature(suite, unhex(case["signature_pub"]), body.authenticated(), encoded)
    same("content", body.content.content, _content(wanted, case))


def _signed(
    case: Case, suite: Suite, context: GroupContext, wire_format: int, wanted: bytes
) -> AuthenticatedContent:
    value = _content(wanted, case)
    sender = Sender(framing.MEMBER, 1)
    content = FramedContent(context.group_id, context.epoch, sender, b"", value)
    private, encoded = unhex(case["signature_priv"]), context.encode()
    signature = protect.sign(suite, private, wire_format, content, encoded)
    tag = bytes(suite.nh) if content.content_type == framing.COMMIT else None
    return AuthenticatedContent(wire_format, content, AuthData(signature, tag))


def _public(case: Case, suite: Suite, context: GroupContext, wanted: bytes) -> bytes:
    content = _signed(case, suite, context, framing.PUBLIC_MESSAGE, wanted)
    key = unhex(case["membership_key"])
    return framing.encode_message(protect.protect_public(suite, key, content, context.encode()))


def _private(case: Case, suite: Suite, context: GroupContext, wanted: bytes) -> bytes:
    content = _signed(case, suite, context, framing.PRIVATE_MESSAGE, wanted)
    tree = SecretTree.begin(suite, 2, unhex(case["encryption_secret"]))
    ahead = tree.ahead(protect.place_of(1, content.content.content_type), None, FREE)
    secret = unhex(case["sender_data_secret"])
    return framing.encode_message(protect.protect_private(suite, secret, ahead, content, Counter()))


def tree_operations_case(case: Case) -> None:
    suite = suite_of(case["cipher_suite"])
    tree = parse_tree(suite, unhex(case["tree_before"]))
    same("tree_hash_before", tree.tree_hash(), unhex(case["tree_hash_before"]))
    proposal = tls.parse(unhex(case["proposal"]), read_proposal)
    if isinstance(proposal, Add):
        tree, _ = added(tree, proposal.key_package.leaf)
    elif isinstance(proposal, Update):
        tree = updated(tree, case["proposal_sender"], proposal.leaf)
    elif isinstance(proposal, Remove):
        tree = removed(tree, proposal.removed).truncated()
    same("tree_after", tree.encode(), unhex(case["tree_after"]))
    same("tree_hash_after", tree.tree_hash(), unhex(case["tree_hash_after"]))


def tree_validation_case(case: Case) -> None:
    suite = suite_of(case["cipher_suite"])
    tree = parse_tree(suite, unhex(case["tree"]))
    nodes = range(len(tree.nodes))
    same("resolutions", [tree.resolution(x) for x in nodes], case["resolutions"])
    same("tree_hashes", [tree.hash_of(x) for x in nodes], list(map(unhex, case["tree_hashes"])))
    check_parent_hashes(tree)
    check_unmerged_leaves(tree)
    for index, leaf in tree.members():
        check_leaf_signature(suite, leaf, unhex(case["group_id"]), index)


def _receiver(suite: Suite, tree: Tree, known: Case) -> Receiver:
    index = known["index"]
    keys = {2 * index: hpke.key_pair(suite, unhex(known["encryption_priv"]))}
    for step in known["path_secrets"]:
        secrets = path_secrets(suite, unhex(step["path_secret"]), [step["node"]])
        keys.update(secrets.pairs())
        node = tree.nodes[step["node"]]
        same("path key", secrets.steps[0][2].public, node.encryption_key if node else None)
    return Receiver(index, keys)


def treekem_case(case: Case) -> None:
    suite = suite_of(case["cipher_suite"])
    tree = parse_tree(suite, unhex(case["ratchet_tree"]))
    people = [_receiver(suite, tree, known) for known in case["leaves_private"]]
    signers = {k["index"]: unhex(k["signature_priv"]) for k in case["leaves_private"]}
    for update in case["update_paths"]:
        _process_path(case, tree, people, update)
        _own_path(case, tree, people, update["sender"], signers[update["sender"]])


def _context(case: Case, tree: Tree) -> bytes:
    transcript = unhex(case["confirmed_transcript_hash"])
    group_id = unhex(case["group_id"])
    return GroupContext(
        case["cipher_suite"], group_id, case["epoch"], tree.tree_hash(), transcript, ()
    ).encode()


def _process_path(case: Case, tree: Tree, people: list[Receiver], update: Case) -> None:
    sender, path = update["sender"], tls.parse(unhex(update["update_path"]), read_update_path)
    merged = merge_path(tree, sender, path)
    same("tree_hash_after", merged.tree_hash(), unhex(update["tree_hash_after"]))
    context = _context(case, merged)
    for person in people:
        if person.leaf != sender:
            secrets = open_path(merged, path, sender, person, (), context)
            same("path_secret", secrets.steps[0][1], unhex(update["path_secrets"][person.leaf]))
            same("commit_secret", secrets.commit_secret, unhex(update["commit_secret"]))


def _own_path(case: Case, tree: Tree, people: list[Receiver], sender: int, signer: bytes) -> None:
    suite, group_id = tree.suite, unhex(case["group_id"])
    old = tree.leaf(sender)
    if old is None:
        raise Differs("the sender is blank")
    fresh = hpke.fresh_key_pair(suite, Counter())

    def leaf_for(parent_hash: bytes) -> LeafNode:
        fields = leaf_fields(
            fresh.public,
            old.signature_key,
            old.credential,
            old.capabilities,
            parent_hash,
            old.extensions,
        )
        tbs = leaf_tbs(fields, COMMIT, group_id, sender)
        signature = crypto.sign_with_label(suite, signer, b"LeafNodeTBS", tbs)
        return tls.parse(fields + tls.opaque(signature), read_leaf)

    new = make_path(tree, sender, Counter(), leaf_for)
    context = _context(case, new.tree)
    path = seal_path(new, context, (), Counter())
    merged = merge_path(tree, sender, path)
    same("own tree hash", merged.tree_hash(), new.tree.tree_hash())
    for person in people:
        if person.leaf != sender:
            secrets = open_path(merged, path, sender, person, (), context)
            same("own commit secret", secrets.commit_secret, new.secrets.commit_secret)


def welcome_case(case: Case) -> None:
    suite = suite_of(case["cipher_suite"])
    package = key_package.parse(unhex(case["key_package"]))
    welcome = framing.parse_message(unhex(case["welcome"]))
    if not isinstance(welcome, Welcome):
        raise Differs("not a Welcome")
    init = hpke.key_pair(suite, unhex(case["init_priv"]))
    secrets = open_group_secrets(suite, welcome, find_entry(welcome, package), init)
    member = member_secret(suite, secrets.joiner_secret, psk_secret(suite, []))
    info = open_group_info(suite, welcome, member)
    same("signature", info.verifies(unhex(case["signer_pub"])), True)
    keys, transcript = secrets_of(suite, member, info.context), info.context
    check_confirmation_tag(suite, keys, transcript.confirmed_transcript_hash, info.confirmation_tag)

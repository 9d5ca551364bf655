"""Pure: vectors of the codec, the tree arithmetic and the basic functions of cryptography."""

from collections.abc import Mapping
from itertools import count
from typing import Any

from node.e2ee.mls.private import crypto, hpke
from node.e2ee.mls.private.key_schedule import (
    export,
    external_key_pair,
    joiner_secret,
    member_secret,
    secrets_of,
    welcome_secret,
)
from node.e2ee.mls.private.psk import psk_secret
from node.e2ee.mls.private.transcript import confirmed_hash, interim_hash
from node.e2ee.mls.private.welcome import read_group_secrets
from node.e2ee.mls.public import tree_math
from node.e2ee.mls.public.commit import HPKECiphertext, read_commit
from node.e2ee.mls.public.framing import encode_message, parse_message, read_authenticated_content
from node.e2ee.mls.public.group_info import GroupContext
from node.e2ee.mls.public.proposals import (
    EXTERNAL_PSK,
    PreSharedKeyID,
    encode_proposal,
    read_proposal,
)
from node.e2ee.mls.public.suite import ref_hash, suite_of, verify_with_label
from node.e2ee.mls.public.tree import parse_tree
from node.wire import tls
from node.wire.tls import Reader

Case = Mapping[str, Any]
unhex = bytes.fromhex


class Differs(Exception):
    """A computed value is not the one in the vector."""


def same(what: str, got: object, wanted: object) -> None:
    """Raises `Differs` unless both are equal."""
    if got != wanted:
        raise Differs(what)


class Counter:
    """Not chance at all: entropy for vectors, where no value of ours is compared."""

    def __init__(self) -> None:
        self._numbers = count()

    def draw(self, count: int) -> bytes:
        seed = tls.u64(next(self._numbers))
        out = b""
        while len(out) < count:
            seed = suite_of(1).hash(seed)
            out += seed
        return out[:count]


def tree_math_case(case: Case) -> None:
    leaves = case["n_leaves"]
    nodes = range(tree_math.node_width(leaves))
    same("n_nodes", len(nodes), case["n_nodes"])
    same("root", tree_math.root(leaves), case["root"])
    same("left", [tree_math.left(x) for x in nodes], case["left"])
    same("right", [tree_math.right(x) for x in nodes], case["right"])
    same("parent", [tree_math.parent(x, leaves) for x in nodes], case["parent"])
    same("sibling", [tree_math.sibling(x, leaves) for x in nodes], case["sibling"])


def deserialization_case(case: Case) -> None:
    data, length = unhex(case["vlbytes_header"]), case["length"]
    same("length", Reader(data).length(), length)
    same("header", tls.length(length), data)


def crypto_basics_case(case: Case) -> None:
    suite = suite_of(case["cipher_suite"])
    part = case["ref_hash"]
    got = ref_hash(suite, part["label"].encode(), unhex(part["value"]))
    same("ref_hash", got, unhex(part["out"]))
    part = case["expand_with_label"]
    secret, label = unhex(part["secret"]), part["label"].encode()
    got = crypto.expand_with_label(suite, secret, label, unhex(part["context"]), part["length"])
    same("expand_with_label", got, unhex(part["out"]))
    part = case["derive_secret"]
    got = crypto.derive_secret(suite, unhex(part["secret"]), part["label"].encode())
    same("derive_secret", got, unhex(part["out"]))
    part = case["derive_tree_secret"]
    secret, label = unhex(part["secret"]), part["label"].encode()
    got = crypto.derive_tree_secret(suite, secret, label, part["generation"], part["length"])
    same("derive_tree_secret", got, unhex(part["out"]))
    _signing(case)
    _sealing(case)


def _signing(case: Case) -> None:
    suite, part = suite_of(case["cipher_suite"]), case["sign_with_label"]
    public, label, content = unhex(part["pub"]), part["label"].encode(), unhex(part["content"])
    given = unhex(part["signature"])
    same("given signature", verify_with_label(suite, public, label, content, given), True)
    ours = crypto.sign_with_label(suite, unhex(part["priv"]), label, content)
    same("own signature", verify_with_label(suite, public, label, content, ours), True)


def _sealing(case: Case) -> None:
    suite, part = suite_of(case["cipher_suite"]), case["encrypt_with_label"]
    pair = hpke.key_pair(suite, unhex(part["priv"]))
    same("pub", pair.public, unhex(part["pub"]))
    label, context, plain = part["label"].encode(), unhex(part["context"]), unhex(part["plaintext"])
    given = HPKECiphertext(unhex(part["kem_output"]), unhex(part["ciphertext"]))
    ours = hpke.encrypt_with_label(suite, pair.public, label, context, plain, Counter())
    for sealed in (given, ours):
        got = hpke.decrypt_with_label(suite, pair, label, context, sealed)
        same("plaintext", got, plain)


def psk_secret_case(case: Case) -> None:
    suite = suite_of(case["cipher_suite"])
    psks = [
        (
            PreSharedKeyID(EXTERNAL_PSK, unhex(p["psk_nonce"]), psk_id=unhex(p["psk_id"])),
            unhex(p["psk"]),
        )
        for p in case["psks"]
    ]
    same("psk_secret", psk_secret(suite, psks), unhex(case["psk_secret"]))


# Field of a vector's epoch → field of `EpochSecrets`.
EPOCH_FIELDS = {
    "init_secret": "init",
    "sender_data_secret": "sender_data",
    "encryption_secret": "encryption",
    "exporter_secret": "exporter",
    "external_secret": "external",
    "confirmation_key": "confirmation_key",
    "membership_key": "membership_key",
    "resumption_psk": "resumption_psk",
    "epoch_authenticator": "epoch_authenticator",
}


def key_schedule_case(case: Case) -> None:
    suite = suite_of(case["cipher_suite"])
    init = unhex(case["initial_init_secret"])
    for number, epoch in enumerate(case["epochs"]):
        transcript = unhex(epoch["confirmed_transcript_hash"])
        tree_hash, group_id = unhex(epoch["tree_hash"]), unhex(case["group_id"])
        context = GroupContext(suite.id, group_id, number, tree_hash, transcript, ())
        same("group_context", context.encode(), unhex(epoch["group_context"]))
        joiner = joiner_secret(suite, init, unhex(epoch["commit_secret"]), context)
        same("joiner_secret", joiner, unhex(epoch["joiner_secret"]))
        member = member_secret(suite, joiner, unhex(epoch["psk_secret"]))
        same("welcome_secret", welcome_secret(suite, member), unhex(epoch["welcome_secret"]))
        secrets = secrets_of(suite, member, context)
        for field, name in EPOCH_FIELDS.items():
            same(field, getattr(secrets, name), unhex(epoch[field]))
        same("external_pub", external_key_pair(suite, secrets).public, unhex(epoch["external_pub"]))
        part = epoch["exporter"]
        label, about = part["label"].encode(), unhex(part["context"])
        got = export(suite, secrets, label, about, part["length"])
        same("exporter", got, unhex(part["secret"]))
        init = secrets.init


def transcript_hashes_case(case: Case) -> None:
    suite = suite_of(case["cipher_suite"])
    data = unhex(case["authenticated_content"])
    message = tls.parse(data, read_authenticated_content)
    same("encoding", message.encode(), data)
    before = unhex(case["interim_transcript_hash_before"])
    auth = message.auth
    confirmed = confirmed_hash(suite, before, message.wire_format, message.content, auth.signature)
    same("confirmed", confirmed, unhex(case["confirmed_transcript_hash_after"]))
    tag = crypto.mac(suite, unhex(case["confirmation_key"]), confirmed)
    same("confirmation_tag", tag, auth.confirmation_tag)
    same(
        "interim", interim_hash(suite, confirmed, tag), unhex(case["interim_transcript_hash_after"])
    )


MESSAGES = (
    "mls_welcome",
    "mls_group_info",
    "mls_key_package",
    "public_message_application",
    "public_message_proposal",
    "public_message_commit",
    "private_message",
)
# The vectors hold a proposal's body without its type.
PROPOSALS = {
    "add_proposal": 1,
    "update_proposal": 2,
    "remove_proposal": 3,
    "pre_shared_key_proposal": 4,
    "re_init_proposal": 5,
    "external_init_proposal": 6,
    "group_context_extensions_proposal": 7,
}


def messages_case(case: Case) -> None:
    for name in MESSAGES:
        data = unhex(case[name])
        same(name, encode_message(parse_message(data)), data)
    for name, type in PROPOSALS.items():
        data = tls.u16(type) + unhex(case[name])
        same(name, encode_proposal(tls.parse(data, read_proposal)), data)
    data = unhex(case["ratchet_tree"])
    same("ratchet_tree", parse_tree(suite_of(1), data).encode(), data)
    data = unhex(case["commit"])
    same("commit", tls.parse(data, read_commit).encode(), data)
    data = unhex(case["group_secrets"])
    same("group_secrets", tls.parse(data, read_group_secrets).encode(), data)

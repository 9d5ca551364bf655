"""Pure: the key schedule: from one epoch's init secret to the next one's keys (RFC 9420 §8)."""

from dataclasses import dataclass, field

from node.e2ee.mls.private.crypto import (
    derive_secret,
    expand_with_label,
    extract,
    mac,
    same,
)
from node.e2ee.mls.private.hpke import KeyPair, derive_key_pair
from node.e2ee.mls.public.group_info import GroupContext
from node.e2ee.mls.public.suite import Suite
from node.errors import Unproven


@dataclass(frozen=True, slots=True)
class EpochSecrets:
    """What an epoch keeps of its epoch secret, which itself is gone (Table 4)."""

    init: bytes = field(repr=False)
    sender_data: bytes = field(repr=False)
    encryption: bytes = field(repr=False)
    exporter: bytes = field(repr=False)
    external: bytes = field(repr=False)
    confirmation_key: bytes = field(repr=False)
    membership_key: bytes = field(repr=False)
    resumption_psk: bytes = field(repr=False)
    epoch_authenticator: bytes = field(repr=False)


# Field of `EpochSecrets` → its label in Table 4.
LABELS = {
    "init": b"init",
    "sender_data": b"sender data",
    "encryption": b"encryption",
    "exporter": b"exporter",
    "external": b"external",
    "confirmation_key": b"confirm",
    "membership_key": b"membership",
    "resumption_psk": b"resumption",
    "epoch_authenticator": b"authentication",
}


def epoch_secrets(suite: Suite, epoch_secret: bytes) -> EpochSecrets:
    """All that is derived from the epoch secret."""
    return EpochSecrets(
        **{name: derive_secret(suite, epoch_secret, label) for name, label in LABELS.items()}
    )


def joiner_secret(
    suite: Suite, init_secret: bytes, commit_secret: bytes, context: GroupContext
) -> bytes:
    """What joins the old epoch and the commit; a Welcome carries it."""
    return expand_with_label(
        suite, extract(suite, init_secret, commit_secret), b"joiner", context.encode(), suite.nh
    )


def member_secret(suite: Suite, joiner: bytes, psk_secret: bytes) -> bytes:
    """The joiner secret with the PSKs mixed in: welcome and epoch secret come from it."""
    return extract(suite, joiner, psk_secret)


def welcome_secret(suite: Suite, member: bytes) -> bytes:
    return derive_secret(suite, member, b"welcome")


def secrets_of(suite: Suite, member: bytes, context: GroupContext) -> EpochSecrets:
    """The secrets of the epoch that `context` describes."""
    return epoch_secrets(
        suite, expand_with_label(suite, member, b"epoch", context.encode(), suite.nh)
    )


def external_key_pair(suite: Suite, secrets: EpochSecrets) -> KeyPair:
    """The key pair of the whole group, for external commits."""
    return derive_key_pair(suite, secrets.external)


def confirmation_tag(suite: Suite, secrets: EpochSecrets, transcript_hash: bytes) -> bytes:
    """`transcript_hash` is the confirmed one (§6.1)."""
    return mac(suite, secrets.confirmation_key, transcript_hash)


def check_confirmation_tag(
    suite: Suite, secrets: EpochSecrets, transcript_hash: bytes, tag: bytes | None
) -> None:
    """The sender of the commit arrived where we did (MLS-6.1f)."""
    expected = confirmation_tag(suite, secrets, transcript_hash)
    if tag is None or not same(expected, tag):
        raise Unproven("MLS-6.1f", "a confirmation tag is wrong")


def export(suite: Suite, secrets: EpochSecrets, label: bytes, context: bytes, length: int) -> bytes:
    """`MLS-Exporter` of §8.5."""
    secret = derive_secret(suite, secrets.exporter, label)
    return expand_with_label(suite, secret, b"exported", suite.hash(context), length)

"""Pure: pre-shared keys and how they enter an epoch (RFC 9420 §8.4)."""

from collections.abc import Callable, Sequence
from typing import Final

from node.e2ee.mls.private.crypto import expand_with_label, extract
from node.e2ee.mls.private.entropy import Entropy
from node.e2ee.mls.public.proposals import (
    EXTERNAL_PSK,
    RESUMPTION_PSK,
    USAGE_APPLICATION,
    PreSharedKeyID,
)
from node.e2ee.mls.public.suite import Suite
from node.errors import Missing, TooMuch
from node.wire import tls

# The RFC's count is a uint16; nobody has a use for more than a few.
MOST: Final = 256

FindPsk = Callable[[PreSharedKeyID], bytes | None]
"""The secret that an id names, or None when we do not have it."""


def external_psk(suite: Suite, psk_id: bytes, entropy: Entropy) -> PreSharedKeyID:
    """The id under which to inject a PSK of the application's once (MLS-8.4c)."""
    return PreSharedKeyID(EXTERNAL_PSK, entropy.draw(suite.nh), psk_id=psk_id)


def resumption_psk(
    suite: Suite, group_id: bytes, epoch: int, entropy: Entropy, usage: int = USAGE_APPLICATION
) -> PreSharedKeyID:
    """The id under which to inject the resumption PSK of an epoch once (MLS-8.4c)."""
    nonce = entropy.draw(suite.nh)
    return PreSharedKeyID(RESUMPTION_PSK, nonce, usage=usage, group_id=group_id, epoch=epoch)


def psk_secret(suite: Suite, psks: Sequence[tuple[PreSharedKeyID, bytes]]) -> bytes:
    """The chain over all PSKs, in order; all zero when there are none."""
    zero = bytes(suite.nh)
    secret = zero
    count = tls.u16(len(psks))
    for index, (id, psk) in enumerate(psks):
        extracted = extract(suite, zero, psk)
        label = id.encode() + tls.u16(index) + count
        taken = expand_with_label(suite, extracted, b"derived psk", label, suite.nh)
        secret = extract(suite, taken, secret)
    return secret


def look_up(
    find: FindPsk, ids: Sequence[PreSharedKeyID]
) -> tuple[tuple[PreSharedKeyID, bytes], ...]:
    """The secrets of all `ids`.

    Raises `Missing` (MLS-12.4.2c) when we lack one, `TooMuch` (MLS-8.4d) when there are many.
    """
    if len(ids) > MOST:
        raise TooMuch("MLS-8.4d", "too many pre-shared keys in one epoch")
    found = []
    for id in ids:
        psk = find(id)
        if psk is None:
            raise Missing("MLS-12.4.2c", "a pre-shared key that this device does not have")
        found.append((id, psk))
    return tuple(found)

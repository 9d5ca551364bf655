"""Pure: the transcript hashes, which run over all commits of a group (RFC 9420 §8.2)."""

from node.e2ee.mls.public.framing import FramedContent
from node.e2ee.mls.public.suite import Suite
from node.wire import tls


def confirmed_hash(
    suite: Suite, interim: bytes, wire_format: int, content: FramedContent, signature: bytes
) -> bytes:
    """The confirmed transcript hash with this commit; `interim` is the last epoch's."""
    commit = tls.u16(wire_format) + content.encode() + tls.opaque(signature)
    return suite.hash(interim + commit)


def interim_hash(suite: Suite, confirmed: bytes, confirmation_tag: bytes) -> bytes:
    """The interim transcript hash of the epoch with this confirmation tag."""
    return suite.hash(confirmed + tls.opaque(confirmation_tag))

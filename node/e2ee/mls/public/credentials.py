"""Pure: credentials, and the questions that an authentication service is asked (RFC 9420 §5.3).

The library never decides whom a key belongs to. It asks the `Judge` that the device gave it, at
every introduction and every succession; there is no judge that it would use by itself.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from node.errors import Malformed
from node.wire import tls
from node.wire.tls import Reader

BASIC: Final = 1
X509: Final = 2


@tls.structure
class Credential:
    """Who a signature key claims to belong to. `identity` is the basic one's bytes.

    Encoded once: the members of each past epoch are written down.
    """

    type: int
    identity: bytes = b""
    certificates: tuple[bytes, ...] = ()
    _raw: bytes = field(default=b"", init=False, compare=False, repr=False)

    def encode(self) -> bytes:
        if not self._raw:
            if self.type == BASIC:
                who = tls.opaque(self.identity)
            else:
                who = tls.vector(map(tls.opaque, self.certificates))
            object.__setattr__(self, "_raw", tls.u16(self.type) + who)
        return self._raw


def basic(identity: bytes) -> Credential:
    """The bare assertion of `identity`."""
    return Credential(BASIC, identity)


def read_credential(reader: Reader) -> Credential:
    type = reader.u16()
    if type == BASIC:
        return Credential(type, reader.opaque())
    if type == X509:
        return Credential(type, certificates=reader.vector(Reader.opaque))
    # A credential has no length of its own, so that an unknown one ends the reading.
    raise Malformed("MLS-5.3", "a credential type that is not known here", type=type)


class Occasion(Enum):
    """The events of §5.3.1 at which a credential is judged."""

    KEY_PACKAGE = "a key package that we are about to add"
    ADD = "an Add proposal"
    APPLICANT = "an Add that the newcomer itself proposes"
    UPDATE = "an Update proposal"
    COMMIT = "the path of a commit"
    EXTERNAL_JOIN = "the path of an external commit"
    TREE = "the ratchet tree of a group that we join"
    EXTERNAL_SENDER = "an external_senders extension"
    RESYNC = "an external commit that replaces a member's older leaf"


@dataclass(frozen=True, slots=True)
class Claim:
    """`credential` says that it owns `signature_key`.

    `predecessor` is set when it takes the place of another in the same leaf: then the question is
    also whether the new one may succeed the old. `extensions` are those of the leaf, as
    (type, data), for judges that look at certificates there.
    """

    occasion: Occasion
    credential: Credential
    signature_key: bytes
    extensions: tuple[tuple[int, bytes], ...] = ()
    predecessor: Credential | None = None


Judge = Callable[[Claim], bool]
"""Answers True when the claim is to be believed. Anything else refuses (MLS-5.3.1)."""

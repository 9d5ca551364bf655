"""Pure: the delegation, by which the root lets a list key speak for the account (spec KEY-3.1)."""

from dataclasses import dataclass
from typing import Final

from node.e2ee.keys.public.signed import (
    Signed,
    check_actor,
    head,
    parse_content,
    parse_signed,
    read_actor,
    read_count,
    read_ed25519,
    read_time,
    read_x25519,
)
from node.errors import Malformed
from node.wire import tls
from node.wire.tls import Reader

LABEL: Final = b"Kith delegation 1"
MOST_BYTES: Final = 4096
LASTS_SECONDS: Final = 3652 * 86400  # ten years


@dataclass(frozen=True, slots=True)
class Delegation:
    """`d` counts the delegations of one root. Times are in seconds since 1970."""

    actor: str
    root: bytes
    d: int
    list_key: bytes
    recovery_kem: bytes
    not_after: int

    def encode(self) -> bytes:
        return (
            head(self.actor)
            + self.root
            + tls.u32(self.d)
            + self.list_key
            + self.recovery_kem
            + tls.u64(self.not_after)
        )


def _read_delegation(reader: Reader) -> Delegation:
    found = Delegation(
        actor=read_actor(reader),
        root=read_ed25519(reader),
        d=read_count(reader),
        list_key=read_ed25519(reader),
        recovery_kem=read_x25519(reader),
        not_after=read_time(reader),
    )
    if found.list_key == found.root:
        raise Malformed("KEY-3.1", "a root that delegates to itself would lie on every device")
    return found


def check_delegation(signed: Signed, actor: str) -> Delegation:
    """The delegation of `actor`, signed by the root that it names (KEY-3.1)."""
    found = parse_content(signed.content, _read_delegation)
    check_actor(found.actor, actor)
    signed.check(found.root, LABEL)
    return found


def parse_delegation(data: bytes) -> Signed:
    """A signed delegation that is all of `data`, not checked yet."""
    return parse_signed(data, MOST_BYTES)

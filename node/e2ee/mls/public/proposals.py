"""Pure: the proposals and what they hold (RFC 9420 §12.1), and the identifiers of PSKs (§8.4)."""

from collections.abc import Callable
from typing import ClassVar, Final

from node.e2ee.mls.public.extensions import Extensions, encode_extensions, read_extensions
from node.e2ee.mls.public.key_package import KeyPackage, read_key_package
from node.e2ee.mls.public.leaf import LeafNode, read_leaf
from node.errors import Malformed
from node.wire import tls
from node.wire.tls import Reader

EXTERNAL_PSK: Final = 1
RESUMPTION_PSK: Final = 2

USAGE_APPLICATION: Final = 1
USAGE_REINIT: Final = 2
USAGE_BRANCH: Final = 3

# What counts beyond that of any proposal (MLS-2.1b): a leaf takes long to read, and of pre-shared
# keys an epoch takes few (MLS-8.4d).
LEAF_COST: Final = 8
PSK_COST: Final = 8


@tls.structure
class PreSharedKeyID:
    """Which PSK. External: `psk_id`. Resumption: `usage`, `group_id`, `epoch`."""

    type: int
    nonce: bytes
    psk_id: bytes = b""
    usage: int = 0
    group_id: bytes = b""
    epoch: int = 0

    def encode(self) -> bytes:
        if self.type == EXTERNAL_PSK:
            which = tls.opaque(self.psk_id)
        else:
            which = tls.u8(self.usage) + tls.opaque(self.group_id) + tls.u64(self.epoch)
        return tls.u8(self.type) + which + tls.opaque(self.nonce)


def read_psk_id(reader: Reader) -> PreSharedKeyID:
    type = reader.u8()
    if type == EXTERNAL_PSK:
        psk_id = reader.opaque()
        return PreSharedKeyID(type, reader.opaque(), psk_id=psk_id)
    if type != RESUMPTION_PSK:
        raise Malformed("MLS-8.4", "a type of pre-shared key that is not known")
    usage = reader.u8()
    if not USAGE_APPLICATION <= usage <= USAGE_BRANCH:
        raise Malformed("MLS-8.4", "a use of a resumption key that is not known")
    group_id, epoch = reader.opaque(), reader.u64()
    return PreSharedKeyID(type, reader.opaque(), usage=usage, group_id=group_id, epoch=epoch)


@tls.structure
class Add:
    """Let the client of this key package in."""

    type: ClassVar[int] = 1
    key_package: KeyPackage

    def body(self) -> bytes:
        return self.key_package.raw


@tls.structure
class Update:
    """Put this leaf in the place of the sender's."""

    type: ClassVar[int] = 2
    leaf: LeafNode

    def body(self) -> bytes:
        return self.leaf.raw


@tls.structure
class Remove:
    """Take the member at this leaf index out."""

    type: ClassVar[int] = 3
    removed: int

    def body(self) -> bytes:
        return tls.u32(self.removed)


@tls.structure
class PreSharedKey:
    """Mix this PSK into the next epoch."""

    type: ClassVar[int] = 4
    psk: PreSharedKeyID

    def body(self) -> bytes:
        return self.psk.encode()


@tls.structure
class ReInit:
    """Close the group, to go on in a new one with these parameters."""

    type: ClassVar[int] = 5
    group_id: bytes
    version: int
    suite_id: int
    extensions: Extensions

    def body(self) -> bytes:
        return (
            tls.opaque(self.group_id)
            + tls.u16(self.version)
            + tls.u16(self.suite_id)
            + encode_extensions(self.extensions)
        )


@tls.structure
class ExternalInit:
    """Begin the next epoch from this KEM output: only in an external commit."""

    type: ClassVar[int] = 6
    kem_output: bytes

    def body(self) -> bytes:
        return tls.opaque(self.kem_output)


@tls.structure
class GroupContextExtensions:
    """Replace all extensions of the group by these."""

    type: ClassVar[int] = 7
    extensions: Extensions

    def body(self) -> bytes:
        return encode_extensions(self.extensions)


Proposal = Add | Update | Remove | PreSharedKey | ReInit | ExternalInit | GroupContextExtensions


def _read_reinit(reader: Reader) -> ReInit:
    group_id, version, suite_id = reader.opaque(), reader.u16(), reader.u16()
    return ReInit(group_id, version, suite_id, read_extensions(reader))


def _read_add(reader: Reader) -> Add:
    reader.count(LEAF_COST)
    return Add(read_key_package(reader))


def _read_psk(reader: Reader) -> PreSharedKey:
    reader.count(PSK_COST)
    return PreSharedKey(read_psk_id(reader))


def _read_update(reader: Reader) -> Update:
    reader.count(LEAF_COST)
    return Update(read_leaf(reader))


_READERS: Final[dict[int, Callable[[Reader], Proposal]]] = {
    1: _read_add,
    2: _read_update,
    3: lambda reader: Remove(reader.u32()),
    4: _read_psk,
    5: _read_reinit,
    6: lambda reader: ExternalInit(reader.opaque()),
    7: lambda reader: GroupContextExtensions(read_extensions(reader)),
}


def read_proposal(reader: Reader) -> Proposal:
    read = _READERS.get(reader.u16())
    if read is None:
        # No length stands before a proposal, so that an unknown one ends the reading. We list
        # none in our capabilities: no valid commit in a group of ours holds one (MLS-13.2).
        raise Malformed("MLS-13.2", "a proposal type that is not spoken here")
    return read(reader)


def encode_proposal(proposal: Proposal) -> bytes:
    return tls.u16(proposal.type) + proposal.body()


@tls.structure
class ProposalRef:
    """The hash of the message that carried a proposal."""

    hash: bytes


ProposalOrRef = Proposal | ProposalRef


def read_proposal_or_ref(reader: Reader) -> ProposalOrRef:
    kind = reader.u8()
    if kind == 1:
        return read_proposal(reader)
    if kind != 2:
        raise Malformed("MLS-12.4", "neither a proposal nor a reference")
    return ProposalRef(reader.opaque())


def encode_proposal_or_ref(item: ProposalOrRef) -> bytes:
    if isinstance(item, ProposalRef):
        return b"\x02" + tls.opaque(item.hash)
    return b"\x01" + encode_proposal(item)

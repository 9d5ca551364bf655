"""Pure: all that a device keeps of one group, and its records on disk.

A record is a name and its bytes, small where it changes often: `group` and `secrets` change with
an epoch, `m/<epoch>/…` (the secret tree) with a message, `proposal/…` with a proposal. The vault
that stores them seals them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from node.e2ee.mls.private.crypto import signature_key
from node.e2ee.mls.private.epoch import Epoch, Group
from node.e2ee.mls.private.events import Member
from node.e2ee.mls.private.hpke import KeyPair, key_pair
from node.e2ee.mls.private.info import group_info
from node.e2ee.mls.private.key_schedule import EpochSecrets
from node.e2ee.mls.private.secret_tree import SecretTree
from node.e2ee.mls.public.credentials import read_credential
from node.e2ee.mls.public.framing import Sender, encode_message, read_sender
from node.e2ee.mls.public.group_info import GroupContext, read_group_context
from node.e2ee.mls.public.proposals import (
    Proposal,
    ReInit,
    encode_proposal,
    read_proposal,
)
from node.e2ee.mls.public.tree import parse_tree
from node.errors import Broken, Refused
from node.wire import tls
from node.wire.tls import Reader

MAGIC = b"KITH-MLS" + tls.u16(1)  # and the version of this form

Records = Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Pending:
    """A proposal of this epoch, with our new key pair when it is an Update of ours."""

    order: int
    sender: Sender
    proposal: Proposal
    keys: KeyPair | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Past:
    """What still opens late messages of an older epoch. `closed_at` is in seconds since 1970.

    Only `messages` changes any more: `record` is all the rest, encoded once.
    """

    context: GroupContext
    closed_at: int
    leaves: int
    members: Mapping[int, Member]
    sender_data: bytes = field(repr=False)
    messages: SecretTree = field(repr=False)
    record: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Staged:
    """A commit of ours that is not accepted yet: send `commit`, then merge or drop.

    `entrust` gives the Welcome to a sequencer that itself holds it back until it accepts the
    commit (§14); anyone else gets it from the event of `merge`.
    """

    commit: bytes
    epoch: int
    next: Epoch = field(repr=False)
    withheld: bytes | None = field(repr=False)
    added: tuple[int, ...]
    removed: tuple[int, ...]
    updated: tuple[int, ...]

    def entrust(self) -> bytes | None:
        """The Welcome, for a sequencer that keeps it until the commit is accepted."""
        return self.withheld

    def group_info(self, external: bool = False) -> bytes:
        """The GroupInfo of the epoch that this would begin, as an MLSMessage: to be sealed."""
        return encode_message(group_info(self.next, external))

    def dump(self) -> bytes:
        records = epoch_records(self.next)
        return (
            MAGIC
            + tls.opaque(self.commit)
            + tls.u64(self.epoch)
            + tls.optional(None if self.withheld is None else tls.opaque(self.withheld))
            + b"".join(map(tls.u32s, (self.added, self.removed, self.updated)))
            + tls.vector(
                tls.opaque(name.encode()) + tls.opaque(value) for name, value in records.items()
            )
        )

    @classmethod
    def load(cls, data: bytes) -> "Staged":
        """Raises `Broken` when `data` is not what `dump` gave."""
        return load(data, _read_staged)


@dataclass(frozen=True, slots=True)
class State:
    """One group of this device. `resumption` is by epoch, `pending` by reference.

    `ended` is, by epoch, the hash of the commit that ended it.
    """

    epoch: Epoch
    past: tuple[Past, ...] = ()
    resumption: Mapping[int, bytes] = field(default_factory=dict, repr=False)
    pending: Mapping[bytes, Pending] = field(default_factory=dict)
    ended: Mapping[int, bytes] = field(default_factory=dict)
    staged: Staged | None = None

    def records(self) -> dict[str, bytes]:
        """All records of this group."""
        records = epoch_records(self.epoch)
        for past in self.past:
            number = past.context.epoch
            records[f"past/{number}"] = past.record
            records |= _messages(number, past.messages)
        records |= {f"psk/{number}": psk for number, psk in self.resumption.items()}
        records |= {f"ended/{number}": hash for number, hash in self.ended.items()}
        for reference, pending in self.pending.items():
            records[proposal_name(reference)] = encode_pending(pending)
        if self.staged is not None:
            records["staged"] = self.staged.dump()
        return records


def load(data: bytes, item: tls.Item[tls.T]) -> tls.T:
    """A record of ours; one that does not read is a fault of the disk, not of a peer."""
    if not data.startswith(MAGIC):
        raise Broken("a record of a group is of another version, or not one")
    try:
        # What we wrote ourselves has fewer elements than bytes, and none too many.
        return tls.parse(data[len(MAGIC) :], item, budget=len(data))
    except (Refused, ValueError, LookupError):
        raise Broken("a record of a group is damaged") from None


def proposal_name(reference: bytes) -> str:
    return f"proposal/{reference.hex()}"


def _messages(epoch: int, tree: SecretTree) -> dict[str, bytes]:
    return {f"m/{epoch}/{name}": value for name, value in tree.dump().items()}


def epoch_records(epoch: Epoch) -> dict[str, bytes]:
    """The records of the current epoch."""
    return {
        "group": MAGIC + _encode_group(epoch.group),
        "secrets": MAGIC + _encode_secrets(epoch),
        **_messages(epoch.group.context.epoch, epoch.messages),
    }


def _encode_group(group: Group) -> bytes:
    reinit = None if group.reinit is None else encode_proposal(group.reinit)
    return (
        tls.opaque(group.context.encode())
        + tls.opaque(group.tree.encode())
        + tls.u32(group.own_leaf)
        + tls.opaque(group.interim_hash)
        + tls.opaque(group.confirmation_tag)
        + tls.optional(reinit)
    )


def _read_group(reader: Reader) -> Group:
    context = tls.parse(reader.opaque(), read_group_context)
    encoded = reader.opaque()
    tree = parse_tree(context.suite, encoded, budget=2 * len(encoded))
    own_leaf, interim, tag = reader.u32(), reader.opaque(), reader.opaque()
    reinit = reader.optional(read_proposal)
    closed = reinit if isinstance(reinit, ReInit) else None
    return Group(context, tree, own_leaf, interim, tag, closed)


def _encode_secrets(epoch: Epoch) -> bytes:
    values = (getattr(epoch.secrets, f.name) for f in fields(EpochSecrets))
    keys = (tls.u32(node) + tls.opaque(pair.private) for node, pair in epoch.keys.items())
    return (
        b"".join(map(tls.opaque, values)) + tls.vector(keys) + tls.opaque(epoch.signature.private)
    )


def epoch_of(records: Records) -> Epoch:
    """The current epoch of these records."""
    group = load(records["group"], _read_group)
    suite = group.suite

    def read(reader: Reader) -> Epoch:
        secrets = EpochSecrets(*(reader.opaque() for _ in fields(EpochSecrets)))
        keys = dict(reader.vector(lambda r: (r.u32(), key_pair(suite, r.opaque()))))
        signature = signature_key(suite, reader.opaque())
        messages = _load_messages(group.context.epoch, group, records)
        return Epoch(group, secrets, keys, signature, messages)

    return load(records["secrets"], read)


def _load_messages(epoch: int, group: Group, records: Records) -> SecretTree:
    return _tree(epoch, group.tree.leaves, group.context, records)


def _tree(epoch: int, leaves: int, context: GroupContext, records: Records) -> SecretTree:
    head = f"m/{epoch}/"
    own = {name[len(head) :]: value for name, value in records.items() if name.startswith(head)}
    return SecretTree.load(context.suite, leaves, own)


def past_record(
    context: GroupContext,
    closed_at: int,
    leaves: int,
    members: Mapping[int, Member],
    sender_data: bytes,
) -> bytes:
    """The record of a past epoch, without its messages."""
    there = (
        tls.u32(m.leaf) + tls.opaque(m.signature_key) + m.credential.encode()
        for m in members.values()
    )
    return (
        MAGIC
        + tls.opaque(context.encode())
        + tls.u64(closed_at)
        + tls.u32(leaves)
        + tls.opaque(sender_data)
        + tls.vector(there)
    )


def _read_member(reader: Reader) -> Member:
    leaf, key = reader.u32(), reader.opaque()
    return Member(leaf, read_credential(reader), key)


def _past(number: int, records: Records) -> Past:
    record = records[f"past/{number}"]

    def read(reader: Reader) -> Past:
        context = tls.parse(reader.opaque(), read_group_context)
        closed_at, leaves, sender_data = reader.u64(), reader.u32(), reader.opaque()
        members = {member.leaf: member for member in reader.vector(_read_member)}
        messages = _tree(number, leaves, context, records)
        return Past(context, closed_at, leaves, members, sender_data, messages, record)

    return load(record, read)


def encode_pending(pending: Pending) -> bytes:
    keys = None if pending.keys is None else tls.opaque(pending.keys.private)
    proposal = encode_proposal(pending.proposal)
    head = MAGIC + tls.u32(pending.order) + pending.sender.encode()
    return head + tls.opaque(proposal) + tls.optional(keys)


def _pending(data: bytes, group: Group) -> Pending:
    def read(reader: Reader) -> Pending:
        order, sender = reader.u32(), read_sender(reader)
        proposal = tls.parse(reader.opaque(), read_proposal)
        private = reader.optional(Reader.opaque)
        keys = None if private is None else key_pair(group.suite, private)
        return Pending(order, sender, proposal, keys)

    return load(data, read)


def _read_staged(reader: Reader) -> Staged:
    commit, epoch = reader.opaque(), reader.u64()
    welcome = reader.optional(Reader.opaque)
    added, removed, updated = reader.u32s(), reader.u32s(), reader.u32s()
    records = reader.vector(lambda r: (r.opaque().decode(), r.opaque()))
    return Staged(commit, epoch, epoch_of(dict(records)), welcome, added, removed, updated)


def _numbers(records: Records, kind: str) -> list[int]:
    head = f"{kind}/"
    return sorted(int(name[len(head) :]) for name in records if name.startswith(head))


def load_state(records: Records) -> State:
    """The state whose records these are. Raises `Broken` for a record that is damaged or lacks."""
    try:
        return _load_state(records)
    except (KeyError, IndexError, ValueError):
        raise Broken("the records of a group are not complete") from None


def _load_state(records: Records) -> State:
    epoch = epoch_of(records)
    loaded = {
        bytes.fromhex(name[9:]): _pending(value, epoch.group)
        for name, value in records.items()
        if name.startswith("proposal/")
    }
    staged = records.get("staged")
    return State(
        epoch,
        tuple(_past(number, records) for number in _numbers(records, "past")),
        {number: records[f"psk/{number}"] for number in _numbers(records, "psk")},
        dict(sorted(loaded.items(), key=lambda item: item[1].order)),
        {number: records[f"ended/{number}"] for number in _numbers(records, "ended")},
        None if staged is None else Staged.load(staged),
    )


@dataclass(frozen=True, slots=True)
class Change:
    """One transaction's worth of change to the records of a group."""

    writes: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    deletes: tuple[str, ...] = ()


def between(before: Records, after: Records) -> Change:
    """What has to be written and deleted to come from `before` to `after`."""
    writes = {name: value for name, value in after.items() if before.get(name) != value}
    return Change(writes, tuple(name for name in before if name not in after))

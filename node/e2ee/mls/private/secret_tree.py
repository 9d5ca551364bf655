"""Pure: the secret tree and its sender ratchets, skipped keys bounded (RFC 9420 §9, §15.3).

`ahead` looks without touching; `take` makes what was seen the new state and says which records
change. So a message that does not open moves nothing, and a step writes only what it changed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from node.e2ee.mls.private.crypto import expand, expand_with_label, kdf_label
from node.e2ee.mls.public import tree_math
from node.e2ee.mls.public.suite import Suite
from node.errors import Conflict, TooMuch
from node.wire import tls
from node.wire.tls import Reader

HANDSHAKE: Final = 0
APPLICATION: Final = 1
LAST_GENERATION: Final = 2**32 - 1

Place = tuple[int, int]
"""(leaf index, HANDSHAKE or APPLICATION): whose ratchet."""


@tls.structure
class Ratchet:
    """The secret of the next generation that is not used yet."""

    generation: int
    secret: bytes = field(repr=False)


@tls.structure
class MessageKey:
    """Used for one message, then gone."""

    generation: int
    key: bytes = field(repr=False)
    nonce: bytes = field(repr=False)


@tls.structure
class Ahead:
    """A key, and what the tree would be once it is used."""

    place: Place
    key: MessageKey
    split: Mapping[int, bytes | None] = field(repr=False)  # tree node → secret, None = gone
    ratchets: Mapping[Place, Ratchet] = field(repr=False)
    skipped: tuple[MessageKey, ...] = field(repr=False)
    was_skipped: bool = False


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far a ratchet may jump, and how many skipped keys are kept: of a sender, and in all."""

    forward: int = 1000
    kept: int = 1000
    kept_in_all: int = 20000


class SecretTree:
    """One epoch's encryption secrets. Changes only in `take`."""

    __slots__ = ("_infos", "_nodes", "_ratchets", "_skipped", "leaves", "suite")

    def __init__(self, suite: Suite, leaves: int) -> None:
        self.suite = suite
        self.leaves = leaves
        self._nodes: dict[int, bytes] = {}
        self._ratchets: dict[Place, Ratchet] = {}
        self._skipped: dict[Place, dict[int, MessageKey]] = {}
        # The `KDFLabel` of each derivation up to its generation: thousands differ in that only.
        self._infos = {
            label: (kdf_label(length, label, bytes(4))[:-4], length)
            for label, length in ((b"key", suite.nk), (b"nonce", suite.nn), (b"secret", suite.nh))
        }

    @classmethod
    def begin(cls, suite: Suite, leaves: int, encryption_secret: bytes) -> "SecretTree":
        """The tree of an epoch before any message."""
        tree = cls(suite, leaves)
        tree._nodes[tree_math.root(leaves)] = encryption_secret
        return tree

    def next_generation(self, place: Place) -> int:
        """The generation that a ratchet gives next."""
        ratchet = self._ratchets.get(place)
        return ratchet.generation if ratchet else 0

    def ahead(self, place: Place, generation: int | None, bounds: Bounds) -> Ahead:
        """The key of `generation` (None: the next one), nothing changed yet.

        Raises `Conflict` (MLS-9.2a) for a key that was used or dropped, `TooMuch` (MLS-15.3) for a
        jump that is too far.
        """
        split, ratchets = self._open_leaf(place)
        ratchet = ratchets[place]
        wanted = ratchet.generation if generation is None else generation
        if wanted < ratchet.generation:
            return self._from_skipped(place, wanted)
        if wanted - ratchet.generation > bounds.forward:
            raise TooMuch("MLS-15.3", "a message is too many generations ahead")
        if wanted >= LAST_GENERATION:
            raise TooMuch("MLS-15.2", "a ratchet has come to its end")
        first, skipped = ratchet.generation, []
        if wanted - first > bounds.kept:
            first = wanted - bounds.kept
        while ratchet.generation < wanted:
            if ratchet.generation >= first:
                skipped.append(self._key(ratchet))
            ratchet = self._step(ratchet)
        key = self._key(ratchet)
        moved = {**ratchets, place: self._step(ratchet)} if split else {place: self._step(ratchet)}
        return Ahead(place, key, split, moved, tuple(skipped))

    def _from_skipped(self, place: Place, generation: int) -> Ahead:
        key = self._skipped.get(place, {}).get(generation)
        if key is None:
            raise Conflict("MLS-9.2a", "the key of this message was used or is gone")
        return Ahead(place, key, {}, {}, (), was_skipped=True)

    def _open_leaf(self, place: Place) -> tuple[dict[int, bytes | None], dict[Place, Ratchet]]:
        """The ratchets of a leaf; on its first use, by splitting the secrets above it."""
        known = self._ratchets.get(place)
        if known is not None:
            return {}, {place: known}
        leaf = place[0]
        if not 0 <= leaf < self.leaves:
            raise Conflict("MLS-9.2a", "there is no such leaf in this epoch")
        at = 2 * leaf
        path = [at]
        while at not in self._nodes:
            if at == tree_math.root(self.leaves):
                raise Conflict("MLS-9.2a", "the keys of this leaf are gone")
            at = tree_math.up(at)
            path.append(at)
        secret = self._nodes[at]
        split: dict[int, bytes | None] = {at: None}
        for below in reversed(path[:-1]):
            left, right = tree_math.children(at)
            other = left if below == right else right
            split[other] = self._child(secret, b"left" if other == left else b"right")
            secret = self._child(secret, b"left" if below == left else b"right")
            at = below
        return split, {
            (leaf, HANDSHAKE): Ratchet(0, self._child(secret, b"", b"handshake")),
            (leaf, APPLICATION): Ratchet(0, self._child(secret, b"", b"application")),
        }

    def _child(self, secret: bytes, context: bytes, label: bytes = b"tree") -> bytes:
        return expand_with_label(self.suite, secret, label, context, self.suite.nh)

    def _derive(self, ratchet: Ratchet, label: bytes) -> bytes:
        """`DeriveTreeSecret` of one generation (§9.1)."""
        head, length = self._infos[label]
        return expand(self.suite, ratchet.secret, head + tls.u32(ratchet.generation), length)

    def _step(self, ratchet: Ratchet) -> Ratchet:
        return Ratchet(ratchet.generation + 1, self._derive(ratchet, b"secret"))

    def _key(self, ratchet: Ratchet) -> MessageKey:
        key, nonce = self._derive(ratchet, b"key"), self._derive(ratchet, b"nonce")
        return MessageKey(ratchet.generation, key, nonce)

    def take(self, ahead: Ahead, bounds: Bounds) -> tuple[dict[str, bytes], list[str]]:
        """Use the key of `ahead` up: (records to write, records to delete), names from here."""
        puts: dict[str, bytes] = {}
        gone: list[str] = []
        for node, secret in ahead.split.items():
            if secret is None:
                del self._nodes[node]
                gone.append(f"n/{node}")
            else:
                self._nodes[node] = secret
                puts[f"n/{node}"] = secret
        for place, ratchet in ahead.ratchets.items():
            self._ratchets[place] = ratchet
            puts[_ratchet_name(place)] = tls.u32(ratchet.generation) + ratchet.secret
        kept = self._skipped.setdefault(ahead.place, {})
        if ahead.was_skipped:
            del kept[ahead.key.generation]
            gone.append(_key_name(ahead.place, ahead.key.generation))
        for key in ahead.skipped:
            kept[key.generation] = key
            puts[_key_name(ahead.place, key.generation)] = key.key + key.nonce
        self._forget(ahead.place, bounds, puts, gone)
        return puts, gone

    def _forget(
        self, place: Place, bounds: Bounds, puts: dict[str, bytes], gone: list[str]
    ) -> None:
        """Drop the oldest skipped keys of a sender that are too many."""
        kept = self._skipped[place]
        in_all = sum(map(len, self._skipped.values()))
        excess = max(len(kept) - bounds.kept, in_all - bounds.kept_in_all)
        for generation in sorted(kept)[: max(excess, 0)]:
            del kept[generation]
            name = _key_name(place, generation)
            if puts.pop(name, None) is None:
                gone.append(name)

    def close(self, *places: Place) -> None:
        """Forget these ratchets: our own, once the epoch is past and we send no more in it."""
        for place in places:
            if place not in self._ratchets:
                self._split_for(place)
            self._ratchets.pop(place, None)
            self._skipped.pop(place, None)

    def _split_for(self, place: Place) -> None:
        """Open the leaf of a ratchet that was never used, so that it can be forgotten."""
        try:
            split, ratchets = self._open_leaf(place)
        except Conflict:
            return
        for node, secret in split.items():
            if secret is None:
                del self._nodes[node]
            else:
                self._nodes[node] = secret
        self._ratchets |= ratchets

    def dump(self) -> dict[str, bytes]:
        """All records of this tree, by the names that `take` uses."""
        records = {f"n/{node}": secret for node, secret in self._nodes.items()}
        for place, ratchet in self._ratchets.items():
            records[_ratchet_name(place)] = tls.u32(ratchet.generation) + ratchet.secret
        for place, kept in self._skipped.items():
            for key in kept.values():
                records[_key_name(place, key.generation)] = key.key + key.nonce
        return records

    @classmethod
    def load(cls, suite: Suite, leaves: int, records: Mapping[str, bytes]) -> "SecretTree":
        """The tree that `dump` described."""
        tree = cls(suite, leaves)
        for name, value in records.items():
            kind, *numbers = name.split("/")
            ids = list(map(int, numbers))
            if kind == "n":
                tree._nodes[ids[0]] = value
            elif kind == "r":
                reader = Reader(value)
                tree._ratchets[ids[0], ids[1]] = Ratchet(reader.u32(), reader.rest())
            else:
                key = MessageKey(ids[2], value[: suite.nk], value[suite.nk :])
                tree._skipped.setdefault((ids[0], ids[1]), {})[ids[2]] = key
        return tree


def _ratchet_name(place: Place) -> str:
    return f"r/{place[0]}/{place[1]}"


def _key_name(place: Place, generation: int) -> str:
    return f"k/{place[0]}/{place[1]}/{generation}"

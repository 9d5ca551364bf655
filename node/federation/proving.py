"""Puts an object proof on what we say to all (spec FED-5.11).

Made when it goes out: the private key is not at hand in the unit that records what is owed.
"""

from typing import Protocol

from cachetools import LRUCache

from node.federation.activities.context import with_integrity
from node.federation.activities.shapes import PUBLIC
from node.federation.addressing import audience
from node.ports import Clock
from node.wire import json, proofs
from node.wire.json import Document
from node.wire.keys import Algorithm, PrivateKey

KEPT = 512  # activities that are on their way to many servers at a time
_PUBLIC = PUBLIC.encode()


class Keys(Protocol):
    """The private keys of our actors."""

    async def private(self, actor: str, algorithm: Algorithm) -> PrivateKey: ...


class Prover:
    """Proves activities and actors by the actor's Ed25519 key. What it proved last is kept, so
    that a thousand servers are told the same and it is signed once."""

    def __init__(self, keys: Keys, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock
        self._kept: LRUCache[bytes, bytes] = LRUCache(KEPT)

    async def activity(self, body: bytes, actor: str) -> bytes:
        """`body` as it goes out: with a proof when it is for all, and else as it is.

        What is said to some is not signed for everyone to show around.
        """
        if _PUBLIC not in body:
            return body  # most of what goes out, without being read
        if (proven := self._kept.get(body)) is not None:
            return proven  # read once, however many servers it goes to
        document = json.document(body)
        return await self.document(body, actor) if PUBLIC in audience(document) else body

    async def document(self, body: bytes, actor: str) -> bytes:
        """The document with a proof by `actor`."""
        proven = self._kept.get(body)
        if proven is None:
            key = await self._keys.private(actor, Algorithm.ED25519)
            document: Document = with_integrity(json.document(body))
            proven = json.encode(proofs.prove(document, key, self._clock.now()))
            self._kept[body] = proven
        return proven

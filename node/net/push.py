"""Hands a push message to a browser's push service (RFC 8030, spec PSH-2)."""

import hashlib
import json
from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric import ec
from msgspec import Struct

from node.accounts.push import Kind, Subscription
from node.errors import NodeError
from node.net.courier import Hops
from node.ports import Clock, Entropy, Request
from node.wire import webpush
from node.wire.ids import origin

# Of every message, whatever it says: nobody on the way tells one kind from another by its length.
PADDED_BYTES = 128
KEPT_SECONDS = 3 * 24 * 3600  # for which a push service keeps it for a browser that is away
PROOF_HOLDS = timedelta(hours=12)
TOPIC_BYTES = 18


class Handed(Struct, frozen=True):
    """How it went. `status` None: there was no answer, and `trouble` says why."""

    status: int | None
    retry_after: str | None = None
    trouble: str = ""


class Pushing:
    """Seals and sends."""

    def __init__(
        self,
        hops: Hops,
        key: ec.EllipticCurvePrivateKey,
        subject: str,
        clock: Clock,
        entropy: Entropy,
    ) -> None:
        """`subject` is whom a push service may ask about what we send: the node's origin."""
        self._hops = hops
        self._key = key
        self._subject = subject
        self._clock = clock
        self._entropy = entropy

    @property
    def public(self) -> bytes:
        """By which browsers subscribe: only what this key has signed reaches them."""
        return webpush.point(self._key)

    async def hand(self, subscription: Subscription, kind: Kind) -> Handed:
        """One message. What the network does is told, not raised."""
        draw = self._entropy.draw
        # Sealed talk says nothing at all; of the rest the kind is told to the browser alone.
        words = {} if kind is Kind.MESSAGES else {"kind": kind.value}
        body = webpush.seal(
            json.dumps(words).encode(),
            PADDED_BYTES,
            subscription.public,
            subscription.auth,
            webpush.private_key(draw(webpush.SECRET_BYTES)),
            draw(webpush.SALT_BYTES),
        )
        audience = str(origin(subscription.endpoint))
        until = self._clock.now() + PROOF_HOLDS
        headers = {
            "authorization": webpush.authorization(self._key, audience, self._subject, until),
            "content-encoding": "aes128gcm",
            "content-type": "application/octet-stream",
            "ttl": str(KEPT_SECONDS),
            "topic": self._topic(subscription, kind),
            "urgency": "high" if kind is Kind.MESSAGES else "normal",
        }
        try:
            answer = await self._hops.hop(Request("POST", subscription.endpoint, headers, body))
        except NodeError as error:
            return Handed(None, trouble=str(error))
        return Handed(answer.status, answer.headers.get("retry-after"))

    def _topic(self, subscription: Subscription, kind: Kind) -> str:
        """By it a newer message takes the place of one that waits; it tells nobody the kind."""
        said = f"{subscription.id} {kind}".encode()
        digest = hashlib.blake2b(said, key=subscription.auth, digest_size=TOPIC_BYTES).digest()
        return webpush.text(digest)

"""The inboxes of a node: 202 once an activity is on disk (spec FED-7)."""

from typing import Protocol

from node.federation.discovery import ACTIVITY_JSON
from node.federation.receiving import Receipt
from node.federation.trust import Delivery
from node.web.activitypub.actors import LocalActors
from node.web.activitypub.requests import delivery_of, media_type
from node.web.peer_rate_limits import PeerRateLimits
from node.web.problems import WrongType
from node.web.routes import Call, Reply, Route

MEDIA_TYPES = frozenset({ACTIVITY_JSON, "application/ld+json", "application/json"})


class Receives(Protocol):
    """Judges a delivery and keeps it: `federation.receiving.Receiver`."""

    async def receive(self, delivery: Delivery, recipient: str | None = None) -> Receipt: ...


class Inbox:
    """The shared inbox, and that of each actor."""

    def __init__(
        self, receiver: Receives, actors: LocalActors, rate_limits: PeerRateLimits
    ) -> None:
        self._receiver = receiver
        self._actors = actors
        self._rate_limits = rate_limits

    def routes(self) -> tuple[Route, ...]:
        """Where peers deliver."""
        says = "Deliver an activity."
        return (
            Route("POST", "/inbox", self.shared, says, None, bytes, status=202, direct=True),
            Route(
                "POST", "/a/{opaque}/inbox", self.personal, says, None, bytes,
                status=202, direct=True,
            ),
        )  # fmt: skip

    async def shared(self, call: Call) -> Reply:
        """202 once the activity is on disk, or when it is none of our business."""
        return await self._receive(call)

    async def personal(self, call: Call) -> Reply:
        """As the shared inbox, for one of ours."""
        return await self._receive(call, personal=True)

    async def _receive(self, call: Call, personal: bool = False) -> Reply:
        raw = call.raw
        assert raw is not None

        async def prove() -> Receipt:
            recipient = (await self._actors.of(call, "FED-7.14")).id if personal else None
            if media_type(call) not in MEDIA_TYPES:
                raise WrongType("FED-7.2", f"send the activity as {ACTIVITY_JSON}")
            delivery = delivery_of(call, await raw.whole())
            return await self._receiver.receive(delivery, recipient)

        limits = self._rate_limits
        receipt = await limits.judged(call.address, prove, by=lambda receipt: receipt.sender)
        if receipt.sender:
            await limits.proven(receipt.sender)
        return Reply()

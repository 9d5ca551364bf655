"""Counts how deliveries go, where somebody wants to know (spec OPS-4)."""

from collections.abc import Callable

from msgspec import Struct

from node.worker.delivery_queue import Carrier, Outcome


class CountedCarrier(Struct, frozen=True):
    """A `Carrier` whose outcomes are counted by their status."""

    carrier: Carrier
    count: Callable[[int | None], None]

    async def carry(self, inbox: str, body: bytes, actor: str) -> Outcome:
        outcome = await self.carrier.carry(inbox, body, actor)
        self.count(outcome.status)
        return outcome

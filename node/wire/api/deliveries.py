"""Pure: what is on its way to other servers, and how the node stands (spec API-11)."""

from datetime import datetime
from typing import Literal

import msgspec


class DeliveryView(msgspec.Struct, kw_only=True):
    """One delivery to an inbox at `host`. `failures` counts its failed tries, `reason` is the last
    one's. A `next_try` that is past: it waits for what was said to this host before it. `needless`:
    what you take back ended there by itself, as `reason` says; nothing is left to be done."""

    activity: str
    object: str
    host: str
    state: Literal["due", "delivered", "gave_up", "needless"]
    failures: int
    next_try: datetime | None = None
    settled: datetime | None = None
    reason: str = ""


class DeliveryList(msgspec.Struct, kw_only=True):
    """One page, the newest first."""

    items: list[DeliveryView]


class Retry(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Which of your deliveries are tried again: those of a post or video `of` yours, or all."""

    of: str = ""


class Retried(msgspec.Struct, kw_only=True):
    """How many are tried again now."""

    count: int


class MediaBounds(msgspec.Struct, kw_only=True):
    """Which bounds hold around the programs that read foreign videos, found by trying each."""

    network: bool
    files: bool
    memory: bool
    time: bool
    core: bool


class BrokenArrival(msgspec.Struct, kw_only=True):
    """What another server said and this node failed to work out, again and again."""

    activity: str
    actor: str
    received: datetime
    reason: str


class FailingPeer(msgspec.Struct, kw_only=True):
    """A server that has not taken what is sent to it since `since`."""

    host: str
    since: datetime
    reason: str


class NodeHealth(msgspec.Struct, kw_only=True):
    """How the node stands. The lists are cut at 100, the newest first.

    `refused`: how often the process that answers refused something since its start, by clause.

    `warnings` says in sentences what is not as it should be. `clock_offset_seconds` is how far the
    clocks of the `clock_servers` that were heard in the last hour are ahead of this node's.
    """

    warnings: list[str]
    clock_offset_seconds: float | None
    clock_servers: int
    media_bounds: MediaBounds
    arrivals_waiting: int
    deliveries_due: int
    deliveries_given_up: int
    broken_arrivals: list[BrokenArrival]
    failing_peers: list[FailingPeer]
    refused: dict[str, int] = {}

"""Pure: what the client API says of Web Push."""

from datetime import datetime

import msgspec


class PushKey(msgspec.Struct, kw_only=True):
    """`applicationServerKey`: a point on P-256, 65 bytes. `kinds` are all there are."""

    key: bytes
    kinds: list[str]


class NewPush(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A browser's PushSubscription: its endpoint, and `getKey` of `p256dh` and of `auth`.

    `kinds` are of what it wants to be told; absent: of all but likes.
    """

    endpoint: str
    p256dh: bytes
    auth: bytes
    kinds: list[str] | None = None
    expires: datetime | None = None


class PushView(msgspec.Struct, kw_only=True):
    """A browser that is told. `service` is the host of its push service, `failing` since when that
    takes nothing; `current`: of the session that asks."""

    id: str
    session: str
    service: str
    kinds: list[str]
    created: datetime
    current: bool
    expires: datetime | None = None
    told: datetime | None = None
    failing: datetime | None = None


class PushList(msgspec.Struct, kw_only=True):
    """The newest first."""

    items: list[PushView]


class PushTried(msgspec.Struct, kw_only=True):
    """How the push service took a test. `status` is null when it did not answer; `reason`: why."""

    delivered: bool
    status: int | None = None
    reason: str = ""

"""Pure: mutes, as the client API says them (spec INB-11)."""

from datetime import datetime
from typing import Literal

import msgspec

from node.wire.api.inbox import Person

MuteOf = Literal["person", "thread", "word"]


class NewMute(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`of` is @name@domain or an actor's id, the id of a post of a thread, or a word. For so many
    `seconds`; without them for good."""

    kind: MuteOf
    of: str
    seconds: int | None = None


class MuteView(msgspec.Struct, kw_only=True):
    """`ref` is an actor's id, the post at the root of a thread, or a word. `person` is who is
    muted."""

    kind: MuteOf
    ref: str
    person: Person | None = None
    created: datetime
    until: datetime | None = None


class MuteList(msgspec.Struct, kw_only=True):
    """All that hold, the newest first."""

    items: list[MuteView]

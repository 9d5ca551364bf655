"""Pure: a post as the rules know it."""

from msgspec import Struct


class Known(Struct, frozen=True):
    """What the rules need of a post that is stored here. `thread` is the post at the root."""

    id: str
    author: str
    local: bool
    thread: str
    deleted: bool = False
    in_reply_to: str = ""

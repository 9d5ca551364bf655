"""Pure: a post as the rules know it."""

from msgspec import Struct
from msgspec.structs import replace

from node.federation.activities.shapes import Note


class Known(Struct, frozen=True):
    """What the rules need of a post that is stored here. `thread` is the post at the root."""

    id: str
    author: str
    local: bool
    thread: str
    deleted: bool = False
    in_reply_to: str = ""


def still_warning(note: Note, summary: str, sensitive: bool) -> Note:
    """`note` with the content warning of another version of the same instant (INB-1.4)."""
    return replace(
        note, summary=note.summary or summary, sensitive=note.sensitive or bool(sensitive)
    )

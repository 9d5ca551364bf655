"""Pure: a post as the rules know it."""

from msgspec import Struct
from msgspec.structs import replace

from node.federation.activities.shapes import Note
from node.wire.ids import same_origin


class Known(Struct, frozen=True):
    """What the rules need of a post that is stored here. `thread` is the post at the root."""

    id: str
    author: str
    local: bool
    thread: str
    deleted: bool = False
    in_reply_to: str = ""


def own_words(note: Note) -> Note:
    """Nobody links another server's video to their own words: likes of it would be theirs."""
    if note.video and not same_origin(note.video, note.id):
        return replace(note, video="")
    return note


def still_warning(note: Note, summary: str, sensitive: bool) -> Note:
    """`note` with the content warning of another version of the same instant (INB-1.4)."""
    return replace(
        note, summary=note.summary or summary, sensitive=note.sensitive or bool(sensitive)
    )

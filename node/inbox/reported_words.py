"""Pure: the posts that a report keeps as they were, as far as there is room (spec INB-10.2)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct, json
from msgspec.structs import replace

from node.wire.html import clean

LONGEST_POSTS: Final = (10_000, 1000, 0)  # characters of a post that are kept, by the room left
MOST_MEDIA: Final = 10  # addresses of one post
MOST_BYTES: Final = 131_072  # of all posts of one report, as they are kept
CUT: Final = "<p>[…]</p>"  # stands where a post was cut


class Words(Struct, frozen=True):
    """A post as it was when it was reported. `content` is clean HTML, `media` are addresses.

    A long one is cut (INB-10.2), and ends with `CUT`.
    """

    id: str
    content: str
    published: datetime
    name: str = ""
    summary: str = ""
    media: tuple[str, ...] = ()


def within(kept: Sequence[Words], more: Sequence[Words]) -> tuple[Words, ...]:
    """With `more`, each cut as far as the room that is left asks for it."""
    words, left = list(kept), MOST_BYTES - sum(map(_size, kept))
    for one in more:
        for length in LONGEST_POSTS:
            fits = _cut(one, length)
            if _size(fits) <= left:
                break
        words.append(fits)
        left -= _size(fits)
    return tuple(words)


def _cut(one: Words, length: int) -> Words:
    if length == 0:
        return Words(one.id, CUT, one.published)
    content = one.content
    if len(content) > length:
        content = clean(content[:length]) + CUT  # what was open is closed again
    return replace(one, content=content, media=one.media[:MOST_MEDIA])


def _size(one: Words) -> int:
    return len(json.encode(one))

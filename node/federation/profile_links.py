"""Pure: what people link to on their profiles: `PropertyValue`, as all write it (PIC-3.5)."""

import re
from collections.abc import Mapping, Sequence
from html import escape, unescape
from typing import Any

from msgspec import Struct

from node.errors import Malformed
from node.federation.activities.reading import Doc, is_a, many, shown_url, text
from node.wire.html import clean, line

MOST_READ = 8
LOOKED_AT = 64  # attachments of an actor: tokens and proofs stand there too
LONGEST_NAME, LONGEST_TEXT = 60, 300  # characters; what is longer is cut
LONGEST_VALUE = 2_000  # of HTML, as it comes
_HREF = re.compile(r'<a [^<>]*?href="([^"<>]*)"')
_TAG = re.compile(r"<[^<>]*>")


class ProfileLink(Struct, frozen=True):
    """A line of a profile: its name, its words, and where they lead ("": nowhere)."""

    name: str
    text: str
    url: str = ""


def parse_links(document: Doc) -> tuple[ProfileLink, ...]:
    """The lines of a profile, cleaned; what is none is passed over."""
    listed = many(document.get("attachment"))[:LOOKED_AT]
    found = [
        _line(one) for one in listed if isinstance(one, Mapping) and is_a(one, "PropertyValue")
    ]
    return tuple(one for one in found if one is not None)[:MOST_READ]


def _line(value: Doc) -> ProfileLink | None:
    name = line(_said(value, "name"))[:LONGEST_NAME]
    markup = clean(_said(value, "value")[:LONGEST_VALUE])
    words = line(unescape(_TAG.sub("", markup)))[:LONGEST_TEXT]
    if not (name and words):
        return None
    led = _HREF.search(markup)
    url = shown_url(unescape(led.group(1)) if led else words)
    return ProfileLink(name, words, url)


def _said(value: Doc, name: str) -> str:
    """A text, or nothing: who writes a number into a line is still who they are."""
    try:
        return text(value, name)
    except Malformed:
        return ""


def render_links(links: Sequence[ProfileLink]) -> list[dict[str, Any]]:
    """As Mastodon writes them: `rel="me"` is what a page looks for that links back."""
    return [{"type": "PropertyValue", "name": one.name, "value": _markup(one)} for one in links]


def _markup(one: ProfileLink) -> str:
    words = escape(one.text)
    if not one.url:
        return words
    return f'<a href="{escape(one.url)}" rel="me nofollow noopener noreferrer">{words}</a>'

"""Pure: the files that hang on a post: attachments, and durations as text (spec FED-6.11)."""

from collections.abc import Mapping
from typing import Any

from node.errors import Malformed, TooMuch
from node.federation.activities.reading import (
    MOST_ATTACHMENTS,
    Doc,
    duration_ms,
    links,
    many,
    media_type,
    number,
    picture,
    text,
    types,
)
from node.federation.activities.shapes import Attachment
from node.wire.html import line

MEDIA = frozenset({"Document", "Image", "Video", "Audio"})
# What else is attached to posts and people out there: passed over in silence.
PASSED_OVER = frozenset(
    {
        "Article",
        "Emoji",
        "Event",
        "Hashtag",
        "IdentityProof",
        "Infohash",
        "Link",
        "Mention",
        "Note",
        "Object",
        "Page",
        "Place",
        "Profile",
        "PropertyValue",
        "Proposal",
        "Question",
        "Relationship",
        "Tombstone",
        "VerifiableIdentityStatement",
    }
)
LONGEST_ALT = 10_000  # characters
LONGEST_HASH = 200  # characters of a blurhash or a digest
_BY_KIND = {"Image": "image", "Video": "video", "Audio": "audio"}


def parse_attachments(document: Doc) -> tuple[Attachment, ...]:
    """The media of a post. Raises `Malformed` (FED-6.3, FED-6.11), `TooMuch` (FED-6.15)."""
    listed = many(document.get("attachment"))
    if len(listed) > MOST_ATTACHMENTS:
        raise TooMuch("FED-6.15", "the post has too many attachments", most=MOST_ATTACHMENTS)
    found = (_attachment(member) for member in listed if member is not None)
    return tuple(attachment for attachment in found if attachment)


def _attachment(value: object) -> Attachment | None:
    if isinstance(value, str):
        return None  # an address without a type is nothing that can be shown
    if not isinstance(value, Mapping):
        raise Malformed("FED-6.11", "an attachment is neither an object nor an address")
    if value.get("type") is None:
        return None
    kinds = types(value)
    kind = next((name for name in kinds if name in MEDIA), "")
    if kind:
        return read_media(value, kind)
    # A name with a colon is someone's extension; a bare unknown one is a mistake or a trick.
    if all(":" in name or name in PASSED_OVER for name in kinds):
        return None
    raise Malformed("FED-6.11", "an attachment is of no type that exists")


def read_media(value: Doc, kind: str) -> Attachment | None:
    """The file that `value` describes; None when it has no address."""
    found = links(value.get("url") or value.get("href"))
    if not found:
        return None
    wanted = _BY_KIND.get(kind, "")
    link = next((each for each in found if media_type(each).startswith(wanted or "?")), found[0])
    return Attachment(
        kind,
        media_type(link) or media_type(value),
        str(link["href"]),
        line(text(value, "name", LONGEST_ALT) or text(value, "summary", LONGEST_ALT)),
        number(value, "width") or number(link, "width"),
        number(value, "height") or number(link, "height"),
        duration_ms(value),
        number(value, "size") or number(link, "size"),
        _short(value.get("blurhash")),
        picture(value.get("icon")),
        _short(value.get("digestMultibase")),
    )


def _short(value: object) -> str:
    return value if isinstance(value, str) and len(value) <= LONGEST_HASH else ""


def render_attachment(attachment: Attachment) -> dict[str, Any]:
    """As §2.2 of the survey wants it: one https text for `url`, alt text under both names."""
    document: dict[str, Any] = {
        "type": attachment.kind,
        "mediaType": attachment.media_type,
        "url": attachment.url,
        "name": attachment.name,
        "summary": attachment.name,
        "width": attachment.width,
        "height": attachment.height,
        "size": attachment.size,
        "blurhash": attachment.blurhash,
        "digestMultibase": attachment.digest,
    }
    if attachment.duration_ms:
        document["duration"] = render_duration(attachment.duration_ms)
    if attachment.poster:
        document["icon"] = render_picture(attachment.poster)
    if attachment.width and attachment.height:
        document["focalPoint"] = [0.0, 0.0]
    return {name: value for name, value in document.items() if value not in ("", 0)}


_PICTURES = {".png": "image/png", ".webp": "image/webp", ".gif": "image/gif", ".avif": "image/avif"}


def render_picture(url: str, width: int = 0, height: int = 0, blurhash: str = "") -> dict[str, Any]:
    """An `Image` for `icon`; its media type is taken from the ending, JPEG without one."""
    path = url.partition("?")[0].lower()
    kind = next((name for ending, name in _PICTURES.items() if path.endswith(ending)), "image/jpeg")
    document: dict[str, Any] = {"type": "Image", "mediaType": kind, "url": url}
    if width and height:
        document |= {"width": width, "height": height}
    return document | ({"blurhash": blurhash} if blurhash else {})


def render_duration(milliseconds: int) -> str:
    """`PT12.3S`: seconds, with as many decimals as are needed."""
    seconds, rest = divmod(milliseconds, 1000)
    return f"PT{seconds}" + (f".{rest:03}".rstrip("0") if rest else "") + "S"

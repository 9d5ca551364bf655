"""Pure: what stands inside a sealed message: ActivityStreams JSON, as peers send it (spec E2E-5).

The sender is the MLS leaf that signed; `actor` and `attributedTo` inside are never believed.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from html.parser import HTMLParser
from typing import Any

from node.errors import Malformed, TooMuch
from node.wire.json import decode
from node.wire.times import parse_rfc3339, rfc3339

CONTEXT = "https://www.w3.org/ns/activitystreams"
LONGEST_CONTENT = 64 * 1024
# Somebody could not open a message; peers that do not know what to do with it are silent.
FAILURE = "Failure"
DIGEST = "ni:///sha-256;"  # RFC 6920
MOST_NAMED = 500  # messages in one `Failure`: about 30 KiB


@dataclass(frozen=True, slots=True)
class Content:
    """A message as a person reads it. `kind` is the AS2 type; `text` is plain.

    `about` are the ids that an activity has as its object.
    """

    id: str
    kind: str
    text: str = ""
    published: datetime | None = None
    about: tuple[str, ...] = ()


class _Text(HTMLParser):
    """The words of HTML, a line per paragraph."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("br", "p") and self.words:
            self.words.append("\n")


def plain(html: str) -> str:
    """HTML as plain text."""
    parser = _Text()
    parser.feed(html)
    parser.close()
    return "".join(parser.words).strip()


def write_note(id: str, activity_id: str, actor: str, text: str, now: datetime) -> bytes:
    """A `Create` of a `Note`; both ids are `urn:uuid:`. Raises `TooMuch` (E2E-5.3)."""
    published = rfc3339(now)
    note = _note(id, actor, text, published)
    document = {
        "@context": CONTEXT,
        "type": "Create",
        "id": activity_id,
        "actor": actor,
        "object": note,
        "published": published,
    }
    data = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    if len(data) > LONGEST_CONTENT:
        raise TooMuch("E2E-5.3", f"a message has at most {LONGEST_CONTENT} bytes")
    return data


def _note(id: str, actor: str, text: str, published: str) -> dict[str, Any]:
    return {
        "type": "Note",
        "id": id,
        "attributedTo": actor,
        "content": escape(text, quote=False).replace("\n", "<br>"),
        "source": {"content": text, "mediaType": "text/plain"},
        "published": published,
    }


def write_bare_note(id: str, actor: str, text: str, now: datetime, to: Sequence[str]) -> bytes:
    """A `Note` that was said `to` these, for the archive."""
    document = {"@context": CONTEXT, **_note(id, actor, text, rfc3339(now)), "to": list(to)}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def write_failure(id: str, actor: str, about: Sequence[str], now: datetime) -> bytes:
    """A `Failure` about the sealed messages that are named `about` (E2E-5.9)."""
    document = {
        "@context": CONTEXT,
        "type": FAILURE,
        "id": id,
        "actor": actor,
        "object": about[0] if len(about) == 1 else list(about),
        "published": rfc3339(now),
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def named(digest: bytes) -> str:
    """The name of the bytes with this SHA-256 (RFC 6920)."""
    return DIGEST + base64.urlsafe_b64encode(digest).decode().rstrip("=")


def digest_of(name: str) -> bytes:
    """The inverse of `named`; empty for any other name."""
    text = name.removeprefix(DIGEST)
    if text == name or len(text) != 43:
        return b""
    try:
        return base64.b64decode(text + "=", altchars=b"-_", validate=True)
    except ValueError:
        return b""


def read(data: bytes) -> Content:
    """What a peer said: an activity, or a bare object. Raises `Malformed` or `TooMuch` (E2E-5)."""
    if len(data) > LONGEST_CONTENT:
        raise TooMuch("E2E-5.3", "a message that is too long")
    document = decode(data)
    if not isinstance(document, Mapping):
        raise Malformed("E2E-5.2", "a message that is not an object")
    inner = document.get("object") if _type(document) == "Create" else document
    if not isinstance(inner, Mapping):
        raise Malformed("E2E-5.2", "a Create without what it creates")
    id = inner.get("id") or document.get("id")
    if not isinstance(id, str) or not id or len(id) > 512:
        raise Malformed("E2E-5.2", "a message without an id")
    published = inner.get("published")
    return Content(
        id=id,
        kind=_type(inner),
        text=_text(inner),
        published=parse_rfc3339(published) if isinstance(published, str) else None,
        about=_about(inner.get("object")),
    )


def _about(object: Any) -> tuple[str, ...]:
    listed = object if isinstance(object, list) else [object]
    return tuple(each for each in listed[:MOST_NAMED] if isinstance(each, str))


def _type(document: Mapping[str, Any]) -> str:
    type = document.get("type")
    found = type[-1] if isinstance(type, list) and type else type
    if not isinstance(found, str):
        raise Malformed("E2E-5.2", "a message without a type")
    return found


def _text(inner: Mapping[str, Any]) -> str:
    source = inner.get("source")
    if isinstance(source, Mapping) and source.get("mediaType") == "text/plain":
        content = source.get("content")
        if isinstance(content, str):
            return content
    content = inner.get("content")
    return plain(content) if isinstance(content, str) else ""

"""Pure: what stands inside a sealed message: ActivityStreams JSON, as peers send it (spec E2E-5).

The sender is the MLS leaf that signed; `actor` and `attributedTo` inside are never believed.
"""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeGuard

from node.client.markdown import html_of, is_marked, plain_html
from node.client.plain_text import plain
from node.errors import Malformed, TooMuch
from node.wire.json import decode
from node.wire.times import from_micros, micros, rfc3339

CONTEXT = "https://www.w3.org/ns/activitystreams"
LONGEST_CONTENT = 64 * 1024
# Somebody could not open a message; peers that do not know what to do with it are silent.
FAILURE = "Failure"
DIGEST = "ni:///sha-256;"  # RFC 6920
MOST_NAMED = 500  # messages in one `Failure`: about 30 KiB


# What happens to a message (E2E-7.5 to E2E-7.7).
UPDATE, DELETE, LIKE, UNDO = "Update", "Delete", "Like", "Undo"
ACTS: Final = (UPDATE, DELETE, LIKE, UNDO)
TOMBSTONE: Final = "Tombstone"
SOMETHING: Final = "Activity"  # of those kinds, and about no message
HEART: Final = "\u2764\ufe0f"
# Others say so much, and it is nothing to show (E2E-7.8).
QUIET: Final = frozenset(
    {"Acknowledge", "Read", "Listen", "View", "IntransitiveActivity", "kith:Typing"}
)
KNOWN: Final = frozenset({"Note", "Article", "Page"})
_REACTIONS: Final = ("Like", "EmojiReact")
_LONGEST_EMOJI: Final = 16  # characters: a family of four with its colours has eleven
_NO_EMOJI: Final = re.compile(
    "[\x00-\x20\x7f-\xa0\u1680\u2000-\u200b\u2028-\u202f\u205f-\u2069\u3000\ufeff]"
)
_LONGEST_ID: Final = 512
_LONGEST_ACTOR: Final = 2048
_TIME: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?"
    r"(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))"
)
LATEST: Final = 2**53 - 1  # microseconds: what other programs can count to


@dataclass(frozen=True, slots=True)
class Content:
    """A message as a person reads it. `kind` is the AS2 type, of what happens to one of `ACTS`;
    `text` is plain, or Markdown, or an emoji.

    `about` are the ids that an activity has as its object, or the one that a message answers, which
    `author` said. `time` is when it changed (microseconds), `like` the id of what is undone. `raw`
    is all of it, where it is not known how to show it.
    """

    id: str
    kind: str
    text: str = ""
    about: tuple[str, ...] = ()
    author: str = ""
    markdown: bool = False
    html: str = ""
    time: int = 0
    like: str = ""
    raw: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody writes: `about` answers a message that `author` said; `edited` (microseconds)
    is when they changed it; `files` go along (ATT-2.1)."""

    id: str
    text: str
    at: datetime
    about: str = ""
    author: str = ""
    edited: int = 0
    files: Sequence[Any] = ()


def write_note(words: Words, activity_id: str, actor: str) -> bytes:
    """A `Create` of a `Note`; both ids are `urn:uuid:`. Raises `TooMuch` (E2E-5.3)."""
    note = _note(words, actor)
    document = {
        "@context": CONTEXT,
        "type": "Create",
        "id": activity_id,
        "actor": actor,
        "object": note,
        "published": note["published"],
    }
    return _checked(document)


def _checked(document: Mapping[str, Any]) -> bytes:
    data = _json(document)
    if len(data) > LONGEST_CONTENT:
        raise TooMuch("E2E-5.3", f"a message has at most {LONGEST_CONTENT} bytes")
    return data


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _written(text: str) -> dict[str, Any]:
    marked = is_marked(text)
    return {
        "content": html_of(text) if marked else plain_html(text),
        "source": {"content": text, "mediaType": "text/markdown" if marked else "text/plain"},
    }


def _note(words: Words, actor: str) -> dict[str, Any]:
    note = {
        "type": "Note",
        "id": words.id,
        "attributedTo": actor,
        **_written(words.text),
        "published": rfc3339(words.at),
    }
    if words.edited:
        note["updated"] = rfc3339(from_micros(words.edited))
    if words.about:
        note["inReplyTo"] = words.about
    note |= _author(words.author)
    return note | {"attachment": [*words.files]} if words.files else note


def files_beside(raw: str) -> Sequence[Any]:
    """What a message of ours has beside its words, where `raw` is all that is kept of it."""
    document = json.loads(raw) if raw else None
    inner = document.get("object", document) if isinstance(document, dict) else None
    files = inner.get("attachment") if isinstance(inner, dict) else None
    return files if isinstance(files, list) else ()


def _author(author: str) -> dict[str, Any]:
    return {"kith:author": author} if author else {}


def write_bare_note(words: Words, actor: str, to: Sequence[str]) -> bytes:
    """A `Note` that was said `to` these, for the archive."""
    return _json({"@context": CONTEXT, **_note(words, actor), "to": list(to)})


def write_act(kind: str, act: Words, actor: str, like: str = "") -> bytes:
    """What happens to the message `act.about` of `act.author`; of an `Undo`, `like` is what it
    undoes. Raises `TooMuch` (E2E-5.3)."""
    published = rfc3339(act.at)
    document: dict[str, Any] = {"@context": CONTEXT, "type": kind, "id": act.id, "actor": actor}
    if kind == UPDATE:
        words = {"type": "Note", "id": act.about, "attributedTo": actor, **_written(act.text)}
        document["object"] = {**words, "updated": published}
    elif kind == UNDO:
        liked = {"type": LIKE, "id": like, "actor": actor, "object": act.about}
        document["object"] = {**liked, **_author(act.author), "content": act.text}
    else:
        document["object"] = act.about
    if kind == LIKE:
        document |= {**_author(act.author), "content": act.text}
    return _checked(document | {"published": published})


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
    return _json(document)


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
    kind = _type(inner)
    if kind in QUIET:
        return Content("", kind)
    id = _named(inner) or _named(document)
    if not id and kind == DELETE and isinstance(about := _id_of(inner.get("object")), str):
        id = f"{about}#deleted"  # it is final, whatever it is called
    if not _is_id(id):
        raise Malformed("E2E-5.2", "a message without an id")
    found = _act(id, kind, inner) or _message(id, kind, inner)
    return replace(found, raw=data.decode()) if found.raw else found


def _named(object: Mapping[str, Any]) -> str:
    """Its id; "" for what is no text."""
    id = object.get("id")
    return id if isinstance(id, str) else ""


def _id_of(object: Any) -> Any:
    return object.get("id") if isinstance(object, Mapping) else object


def _is_id(id: Any) -> TypeGuard[str]:
    return isinstance(id, str) and 0 < len(id) <= _LONGEST_ID


def _message(id: str, kind: str, inner: Mapping[str, Any]) -> Content:
    text, markdown, html = _text(inner)
    reply = _id_of(inner.get("inReplyTo"))
    answers = (reply,) if _is_id(reply) else ()
    if kind == FAILURE:
        return Content(id, kind, text, _about(inner.get("object")))
    changed, said = micros_of(inner.get("updated")), micros_of(inner.get("published"))
    is_shown = kind in KNOWN and not inner.get("attachment")
    author = _author_of(inner) if answers else ""
    time = changed if changed > said else 0
    raw = "" if is_shown else "?"
    if kind in ACTS:
        kind = SOMETHING
    return Content(id, kind, text, answers, author, markdown, html, time, raw=raw)


def _act(id: str, kind: str, inner: Mapping[str, Any]) -> Content | None:
    """What happens to a message; None where it is none of it, or about something else."""
    object = inner.get("object")
    about = _id_of(object)
    time = micros_of(inner.get("published"))
    if kind == TOMBSTONE:
        # It has the message's own id: what happens to that has another.
        return Content(f"{id}#deleted", DELETE, about=(id,), time=time)
    if not _is_id(about):
        return None
    if kind == DELETE:
        return Content(id, DELETE, about=(about,), time=time)
    if kind == UPDATE and isinstance(object, Mapping) and _has_words(object):
        text, markdown, html = _text(object)
        time = micros_of(object.get("updated")) or time
        raw = "?" if object.get("attachment") else ""
        return Content(id, UPDATE, text, (about,), "", markdown, html, time, raw=raw)
    if kind in _REACTIONS:
        return Content(id, LIKE, _emoji(inner), (about,), _author_of(inner), time=time)
    if kind == UNDO:
        return _undo(id, object, about, time)
    return None


def _undo(id: str, object: Any, about: str, time: int) -> Content | None:
    if not isinstance(object, Mapping):
        return Content(id, UNDO, time=time, like=about)
    liked = object.get("object")
    if _type(object) not in _REACTIONS or not _is_id(liked):
        return None
    return Content(id, UNDO, _emoji(object), (liked,), _author_of(object), time=time, like=about)


def _has_words(object: Mapping[str, Any]) -> bool:
    return isinstance(object.get("content"), str) or isinstance(object.get("source"), Mapping)


def _author_of(inner: Mapping[str, Any]) -> str:
    author = inner.get("kith:author")
    return author if isinstance(author, str) and len(author) <= _LONGEST_ACTOR else ""


def _emoji(inner: Mapping[str, Any]) -> str:
    emoji = inner.get("content")
    return check_emoji(emoji) if isinstance(emoji, str) and emoji else HEART


def check_emoji(emoji: str) -> str:
    """The emoji. Raises `Malformed` (E2E-7.7) for anything else."""
    if not emoji or len(emoji) > _LONGEST_EMOJI or _NO_EMOJI.search(emoji):
        raise Malformed("E2E-7.7", "a reaction is one emoji")
    return emoji


def micros_of(text: Any) -> int:
    """The microseconds since 1970 that a peer names; 0 where it names none that can be counted."""
    found = _TIME.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return 0
    *parts, fraction, sign, hours, minutes = found.groups()
    year, month, day, hour, minute, second = map(int, parts)
    try:
        whole = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        if sign:
            away = timedelta(hours=int(hours), minutes=int(minutes))
            whole += -away if sign == "+" else away
    except (ValueError, OverflowError):
        return 0
    count = micros(whole) + int((fraction or "0")[:6].ljust(6, "0"))
    return count if 0 <= count <= LATEST else 0


def _about(object: Any) -> tuple[str, ...]:
    listed = object if isinstance(object, list) else [object]
    return tuple(each for each in listed[:MOST_NAMED] if isinstance(each, str))


def _type(document: Mapping[str, Any]) -> str:
    type = document.get("type")
    found = type[-1] if isinstance(type, list) and type else type
    if not isinstance(found, str):
        raise Malformed("E2E-5.2", "a message without a type")
    return found


def _text(inner: Mapping[str, Any]) -> tuple[str, bool, str]:
    """The words, whether they are Markdown, and the HTML they came as where nothing else says what
    was written."""
    source = inner.get("source")
    if isinstance(source, Mapping) and isinstance(content := source.get("content"), str):
        if source.get("mediaType") == "text/plain":
            return content, False, ""
        if source.get("mediaType") == "text/markdown":
            return content, True, ""
    content = inner.get("content")
    if not (isinstance(content, str) and content):
        content = inner.get("name")
    if not isinstance(content, str):
        return "", False, ""
    words = plain(content)
    return words, False, "" if plain_html(words) == content else content

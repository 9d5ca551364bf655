"""Pure: the members of a foreign object, read with tolerance and within limits (spec FED-6.3).

Peers write one thing in many ways. What is absent, `null` or an empty list is read as "not said"
(an empty text, an empty tuple, 0 or None). What cannot mean anything, such as a number for an id,
is refused, since a document that is wrong there is hardly right elsewhere.
"""

import re
from collections.abc import Container, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from node.errors import Malformed, TooMuch
from node.federation.activities.shapes import PUBLIC
from node.wire import ids, jsonld

Doc: TypeAlias = Mapping[str, Any]

_HAS_ID = (str, dict)
_SAYS_TYPE = (str, list)
LONGEST_NAME = 2048  # characters; longer ones are cut
LONGEST_CONTENT = 262_144  # characters; the whole document may have 1 MiB
MOST_RECIPIENTS = 2000  # of `to` and of `cc`; who addresses more is refused
MOST_TAGS = 200
MOST_ATTACHMENTS = 64
MOST_LINKS = 200  # of one `url`
MOST_LANGUAGES = 64
# RFC 5646 §2.1, without checking the registry: language, script, region, variants, extensions.
_LANGUAGE = re.compile(
    r"(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})(?:-[a-z]{4})?(?:-(?:[a-z]{2}|\d{3}))?"
    r"(?:-(?:[a-z0-9]{5,8}|\d[a-z0-9]{3}))*(?:-[a-wy-z0-9](?:-[a-z0-9]{2,8})+)*"
    r"(?:-x(?:-[a-z0-9]{1,8})+)?|x(?:-[a-z0-9]{1,8})+",
    re.I | re.A,
)
_SHOWN_URL = re.compile(r"https?://[^\s<>\"'\\]+", re.I)
LONGEST_DURATION_MS = 10**12 - 1  # 31 years: nine digits of seconds


def types(document: Doc) -> tuple[str, ...]:
    """The short names of the types, at least one. `Malformed` (FED-2.6, FED-6.3)."""
    named = jsonld.types(document)
    if not all(named) or not named:
        raise Malformed("FED-6.3", "the document has no type")
    return named


def first_type(document: Doc, wanted: Container[str]) -> str:
    """The first of the types that is among `wanted`; empty when none is."""
    return next((name for name in types(document) if name in wanted), "")


def is_a(value: object, *wanted: str) -> bool:
    """Whether `value` is an object one of whose types is among `wanted`."""
    if not isinstance(value, dict):
        return False
    named = value.get("type")
    if isinstance(named, str) and ":" not in named:
        return named in wanted  # as nearly all are written
    if not isinstance(named, _SAYS_TYPE):
        return False
    try:
        return any(name in wanted for name in types(value))
    except Malformed:
        return False


def many(value: object) -> Sequence[Any]:
    """A list as it is, `null` as nothing, anything else as a list of one."""
    if value is None:
        return ()
    return value if isinstance(value, list) else (value,)


def one(value: object, what: str) -> Any:
    """The only member: a list of several is refused (FED-6.3), none is None."""
    found = [member for member in many(value) if member is not None]
    if len(found) > 1:
        raise Malformed("FED-6.3", f"{what} is a list of several")
    return found[0] if found else None


def only(value: object) -> Any:
    """As `one`, but of several there is none: for who asks before it is told what is wrong."""
    found = [member for member in many(value) if member is not None]
    return found[0] if len(found) == 1 else None


def id_of(value: object, what: str) -> str:
    """The id that `value` is or has; empty when there is none. Raises `Malformed` (FED-2.6)."""
    if value is None or isinstance(value, _HAS_ID):
        return jsonld.id_of(value) or ""
    raise Malformed("FED-2.6", f"{what} is neither an id nor an object with one")


def url_id(value: object, what: str) -> str:
    """As `id_of`, and it is an absolute URL. Raises `Malformed` (FED-2.6, FED-6.3, FED-1)."""
    id = id_of(value, what)
    if not id:
        raise Malformed("FED-6.3", f"{what} has no id")
    ids.origin(id)
    return id


def maybe_url(value: object, what: str) -> str:
    """The URL that `value` is or has, or empty when it is none that could be followed."""
    try:
        return url_id(one(value, what), what)
    except Malformed:
        return ""


def id_list(value: object, what: str, most: int) -> tuple[str, ...]:
    """The ids of a list, each once, in order; members without one are passed over."""
    members = many(value)
    if len(members) > most:
        raise TooMuch("FED-6.15", f"{what} has more than {most} members", most=most)
    return tuple(dict.fromkeys(id for member in members if (id := id_of(member, what))))


def recipients(document: Doc, name: str) -> tuple[str, ...]:
    """`to` or `cc`: ids, the public in its one spelling, nothing that is no URL (FED-6.4)."""
    found: dict[str, None] = {}
    for id in id_list(document.get(name), name, MOST_RECIPIENTS):
        if id == PUBLIC or maybe_url(id, name):
            found[id] = None
    return tuple(found)


def text(document: Doc, name: str, most: int = LONGEST_NAME) -> str:
    """A text, at most `most` characters of it. Raises `Malformed` (FED-6.3) for a number."""
    value = document.get(name)
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, Mapping) and isinstance(value.get("@value"), str):
        value = value["@value"]
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Malformed("FED-6.3", f"{name} is not a text")
    return value[:most]


def by_language(document: Doc, name: str, most: int = LONGEST_CONTENT) -> dict[str, str]:
    """`contentMap` and its like: language tag → text. Raises `Malformed` (FED-6.3)."""
    value = document.get(name)
    if value is None or value == []:
        return {}
    if not isinstance(value, Mapping):
        raise Malformed("FED-6.3", f"{name} is not a map from language to text")
    found: dict[str, str] = {}
    for tag, words in list(value.items())[:MOST_LANGUAGES]:
        if not is_language(tag):
            raise Malformed("FED-6.3", f"{name} has a key that is no language tag")
        if isinstance(words, str):
            found[tag] = words[:most]
        elif words is not None:
            raise Malformed("FED-6.3", f"{name} holds something that is no text")
    return found


def is_language(tag: str) -> bool:
    """Whether `tag` has the form of RFC 5646; `en_US` passes too."""
    return len(tag) <= 64 and bool(_LANGUAGE.fullmatch(tag.replace("_", "-")))


def instant(document: Doc, name: str) -> datetime | None:
    """An instant, or None when it is absent or no instant."""
    return jsonld.instant(dict(document), name)


def flag(document: Doc, name: str) -> bool:
    """True for `true` and, as some peers write, for `"true"`."""
    return jsonld.flag(dict(document), name) is True


def number(document: Doc, name: str) -> int:
    """A whole number from 0 to 2^53 - 1, or 0 when it is absent or none."""
    return jsonld.whole(dict(document), name) or 0


def duration_ms(document: Doc) -> int:
    """`duration` in milliseconds: ISO 8601 (`PT12.3S`) or a number of seconds; 0 when not said."""
    given = document.get("duration")
    seconds = jsonld.seconds(dict(document))
    if seconds is None and isinstance(given, int | float) and not isinstance(given, bool):
        seconds = given
    if seconds is None or not 0 <= seconds <= LONGEST_DURATION_MS / 1000:
        return 0
    return round(seconds * 1000)


def links(value: object) -> list[Doc]:
    """`url` in all its forms as Link objects that have an `href`."""
    found: list[Doc] = []
    for member in many(value)[:MOST_LINKS]:
        if isinstance(member, str):
            found.append({"type": "Link", "href": member})
        elif isinstance(member, Mapping) and isinstance(_href(member), str):
            found.append({**member, "href": _href(member)})
    return [link for link in found if shown_url(link["href"])]


def _href(link: Doc) -> object:
    return link.get("href", link.get("url"))


def media_type(link: Doc) -> str:
    """`mediaType`, or `mimeType` as older peers spell it; lower case, without parameters."""
    kind = link.get("mediaType") or link.get("mimeType")
    return kind.partition(";")[0].strip().lower()[:128] if isinstance(kind, str) else ""


def shown_url(value: object) -> str:
    """A URL that may be shown as a link: http or https, no quotes or blanks; else empty."""
    if isinstance(value, str) and len(value) <= ids.LONGEST_ID and _SHOWN_URL.fullmatch(value):
        return value
    return ""


def page_url(document: Doc) -> str:
    """The address of the page about it: the first text/html link of `url`, else the first."""
    found = links(document.get("url"))
    for link in found:
        if media_type(link) == "text/html":
            return str(link["href"])
    plain = [link for link in found if not media_type(link)]
    return str(plain[0]["href"]) if plain else ""


def picture(value: object) -> str:
    """The address of the first image of `icon` and its like; empty when there is none."""
    for image in many(value)[:16]:
        if isinstance(image, str) and shown_url(image):
            return image
        if isinstance(image, Mapping):
            found = links(image.get("url", image.get("href")))
            if found:
                return str(found[0]["href"])
    return ""

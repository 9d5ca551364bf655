"""Pure: reading ActivityStreams documents as peers really write them (spec FED-2.4 to FED-2.6).

Plain JSON in, plain answers out. What may be one thing, a list of one, an object or only its id
is asked for by what is wanted: `one`, `many`, `id_of`, `types`. Nothing here believes
anything: it only reads.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import TypeAlias

from node.errors import Malformed
from node.wire.json import Json
from node.wire.times import parse_rfc3339

Members: TypeAlias = Mapping[str, Json]

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
_PUBLICS = {PUBLIC, "as:Public", "Public", "http://www.w3.org/ns/activitystreams#Public"}

MOST_ITEMS = 2000
LONGEST_ID = 2048  # characters

_TYPE_PREFIX = re.compile(
    r"(?:as|mls|sec|toot):|https?://(?:www\.w3\.org/ns/activitystreams|w3id\.org/security"
    r"|purl\.archive\.org/socialweb/mls|joinmastodon\.org/ns)#"
)
_DURATION = re.compile(
    r"P(?:(\d{1,4})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,9}(?:\.\d{1,9})?)S)?)?", re.ASCII
)


def one(value: Json) -> Json:
    """The first of a list, or the value itself; None for an empty list."""
    if isinstance(value, list):
        return value[0] if value else None
    return value


def many(value: Json, limit: int = MOST_ITEMS) -> list[Json]:
    """A list of what is there: nothing for None, one for one, at most `limit`."""
    if value is None:
        return []
    if isinstance(value, list):
        return [each for each in value[:limit] if each is not None]
    return [value]


def id_of(value: Json) -> str | None:
    """The id that `value` is or has; None when it has none. A list counts as its first.

    Raises `Malformed` (FED-2.6) for what is neither a text nor an object, or too long for an id.
    """
    value = one(value)
    if isinstance(value, dict):
        value = value.get("id", value.get("@id", value.get("href")))
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise Malformed("FED-2.6", "an id is neither a text nor something with an id")
    if len(value) > LONGEST_ID:
        raise Malformed("FED-2.6", "an id is too long")
    return PUBLIC if value in _PUBLICS else value


def need_id(document: Members, name: str) -> str:
    """The id under `name` (`id`, `actor`, `object` …). `Malformed` (FED-2.6) when there is none."""
    found = id_of(document.get(name, document.get("@" + name)))
    if found is None:
        raise Malformed("FED-2.6", f"the document has no {name}")
    return found


def types(document: Members) -> tuple[str, ...]:
    """The short names of the document's types: `Note` for `as:Note`, `PrivateMessage` for
    `mls:PrivateMessage`. Raises `Malformed` (FED-2.6) for a type that is no text.
    """
    found = document.get("type", document.get("@type"))
    if isinstance(found, str):
        return (_short(found),)  # as nearly all are
    listed = many(found, 16)
    if not all(isinstance(each, str) for each in listed):
        raise Malformed("FED-2.6", "a type is not a text")
    return tuple(_short(str(each)) for each in listed)


def _short(name: str) -> str:
    return _TYPE_PREFIX.sub("", name, count=1) if ":" in name else name


def is_a(document: Members, *names: str) -> bool:
    """Whether one of the document's types is among `names`."""
    return any(each in names for each in types(document))


def flag(document: Members, name: str) -> bool | None:
    """True or false; also as the words that some peers write. None when it is neither."""
    value = one(document.get(name))
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else None


def whole(document: Members, name: str) -> int | None:
    """A number from 0 to 2^53 - 1, also as digits or as `12.0`; None for anything else."""
    value = one(document.get(name))
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 17:
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value < 1 << 53 else None


def instant(document: Members, name: str) -> datetime | None:
    """The instant under `name`, in UTC; None when there is none that can be read."""
    value = one(document.get(name))
    return parse_rfc3339(value) if isinstance(value, str) else None


def seconds(document: Members, name: str = "duration") -> float | None:
    """The length of an ISO 8601 duration such as `PT1M2.5S`; None when it is none."""
    value = one(document.get(name))
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if not found or not any(found.groups()):
        return None
    days, hours, minutes, rest = (float(each or 0) for each in found.groups())
    return days * 86400 + hours * 3600 + minutes * 60 + rest


def items(collection: Members, limit: int = MOST_ITEMS) -> list[Json]:
    """The members of a collection or of a page of one, at most `limit`.

    Raises `Malformed` (FED-2.6) when an ordered one lists `items` or another `orderedItems`.
    """
    ordered = is_a(collection, "OrderedCollection", "OrderedCollectionPage")
    mine, other = ("orderedItems", "items") if ordered else ("items", "orderedItems")
    if other in collection:
        raise Malformed("FED-2.6", "a collection lists its items under the other kind's name")
    return many(collection.get(mine), limit)

"""Pure: to whom a document is addressed, and whom it concerns (spec FED-7, FED-11)."""

from collections.abc import Iterable, Mapping

from node.federation.activities.shapes import PUBLIC

FIELDS = ("to", "cc", "audience", "bto", "bcc")
PUBLIC_NAMES = frozenset({PUBLIC, "as:Public", "Public"})
MOST_RECIPIENTS = 5000  # of one document; who lists more has no person in mind


def ids(value: object) -> tuple[str, ...]:
    """The ids in a property: a string, an object with an id, or a list of either."""
    if value is None:
        return ()
    entries = value if isinstance(value, list) else [value]
    found = []
    for entry in entries[:MOST_RECIPIENTS]:
        id = entry.get("id") if isinstance(entry, dict) else entry
        if isinstance(id, str) and id:
            found.append(PUBLIC if id in PUBLIC_NAMES else id)
    return tuple(found)


def audience(document: Mapping[str, object]) -> frozenset[str]:
    """Everyone that `document` and the object enclosed in it are addressed to."""
    found: set[str] = set()
    inner = document.get("object")
    for part in (document, inner if isinstance(inner, dict) else {}):
        for name in FIELDS:
            if name in part:
                found.update(ids(part[name]))
    return frozenset(found)


def touched(document: Mapping[str, object], origin: str) -> bool:
    """Whether `document` names an id of our `origin` where an activity names what it is about."""
    prefix = origin + "/"
    inner = document.get("object")
    named = [*ids(inner), *ids(document.get("target")), *ids(document.get("context"))]
    if isinstance(inner, Mapping):
        for name in ("object", "actor", "inReplyTo", "attributedTo", "subject", "target"):
            named += ids(inner.get(name))
        deeper = inner.get("object")
        if isinstance(deeper, Mapping):
            named += [*ids(deeper.get("object")), *ids(deeper.get("subject"))]
    return any(id.startswith(prefix) for id in named)


def may_read(document: Mapping[str, object], viewer: str, collections: Iterable[str] = ()) -> bool:
    """Whether `viewer` is among those a document is addressed to (FED-11.2).

    `collections` are those of the author that the viewer is a member of.
    """
    named = audience(document)
    return PUBLIC in named or viewer in named or not named.isdisjoint(collections)

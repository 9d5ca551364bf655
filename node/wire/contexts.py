"""Pure: contexts that would make a JSON-LD processor read something else than we do (FED-2.4).

No context is fetched and none is applied. It is only looked at, since a reader elsewhere applies
it: what both do not read alike is refused here, before it can be used to show two things to two
readers (CVE-2022-24307, CVE-2026-46349).
"""

from collections.abc import Iterator, Mapping

from node.errors import Malformed
from node.wire.json import Document, Json

_AS = ("as:", "https://www.w3.org/ns/activitystreams#", "http://www.w3.org/ns/activitystreams#")
_SECURITY = ("sec:", "security:", "https://w3id.org/security#", "http://w3id.org/security#")
_LDP = ("ldp:", "http://www.w3.org/ns/ldp#", "https://www.w3.org/ns/ldp#")
_VOCABULARIES = _AS + _SECURITY + _LDP
_PREFIXES = {"as": _AS, "sec": _SECURITY, "security": _SECURITY, "ldp": _LDP}
_KEYWORD_OF = {"id": "@id", "type": "@type"}

# The names whose meaning decides who speaks, of what, to whom, and by which key.
ACTED_ON = frozenset(
    {
        "actor", "object", "target", "to", "cc", "bto", "bcc", "audience", "attributedTo",
        "inReplyTo", "origin", "result", "instrument", "subject", "relationship", "inbox",
        "outbox", "followers", "following", "endpoints", "sharedInbox", "publicKey", "owner",
        "publicKeyPem", "controller", "assertionMethod", "publicKeyMultibase",
        "verificationMethod", "proof", "proofValue", "proofPurpose", "alsoKnownAs", "movedTo",
        "content", "contentMap", "items", "orderedItems", "first", "next", "partOf", "formerType",
        "deleted",
    }
)  # fmt: skip
TYPES = frozenset(
    {
        "Accept", "Add", "Announce", "Block", "Create", "Delete", "Dislike", "Flag", "Follow",
        "Ignore", "Invite", "Join", "Leave", "Like", "Move", "Offer", "Reject", "Remove",
        "TentativeAccept", "TentativeReject", "Undo", "Update", "View", "Application", "Group",
        "Organization", "Person", "Service", "Article", "Audio", "Document", "Event", "Image",
        "Note", "Page", "Place", "Profile", "Question", "Relationship", "Tombstone", "Video",
        "Link", "Mention", "Collection", "OrderedCollection", "CollectionPage",
        "OrderedCollectionPage", "Object", "Activity",
    }
)  # fmt: skip
_MEANT = ACTED_ON | TYPES
# Who says or wrote something is named by id. Where their whole document stands in its place nothing
# but the id is read of it, least of all their keys: servers made with Fedify enclose us so.
_NAMED_BY_ID = frozenset({"actor", "attributedTo"})
_KEYS = frozenset(
    {"publicKey", "owner", "publicKeyPem", "controller", "assertionMethod", "publicKeyMultibase"}
)
_NEVER = frozenset({"@graph", "@included", "@reverse", "@nest"})
_SPOILS_A_TERM = frozenset({"@reverse", "@nest", "@prefix"})


def check(document: Mapping[str, Json]) -> None:
    """Returns when nothing in `document` is read in two ways. Raises `Malformed` (FED-2.4)."""
    waiting: list[Json] = [dict(document)]
    named: list[Json] = []  # those of whom only the id is read
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += [each for each in value if isinstance(each, dict | list)]
        elif isinstance(value, dict):
            for name, each in _checked_members(value, _MEANT):
                (named if name in _NAMED_BY_ID else waiting).append(each)
    while named:
        value = named.pop()
        if isinstance(value, list):
            named += [each for each in value if isinstance(each, dict | list)]
        elif isinstance(value, dict):
            named += [each for _, each in _checked_members(value, _MEANT - _KEYS)]


def _checked_members(members: Document, meant: frozenset[str]) -> Iterator[tuple[str, Json]]:
    for name, value in members.items():
        if name == "@context":
            _check_context(value)
        elif name in _NEVER or (":" in name and _local(name) in meant):
            raise Malformed("FED-2.4", "the document spells a name in a way that hides it")
        elif isinstance(value, dict | list):
            yield name, value
    if ("id" in members and "@id" in members) or ("type" in members and "@type" in members):
        raise Malformed("FED-2.4", "the document holds an id or a type twice")


def _check_context(context: Json) -> None:
    """Walks lists of contexts and the contexts that hang on terms; those named are not fetched."""
    waiting = [context]
    while waiting:
        each = waiting.pop()
        if isinstance(each, list):
            waiting += each
        elif isinstance(each, dict):
            if "@import" in each:
                raise Malformed("FED-2.4", "the context imports another one")
            waiting += [_checked_term(term, meaning) for term, meaning in each.items()]


def _checked_term(term: str, meaning: Json) -> Json:
    """Refuses a term that is not what it seems; returns the context that hangs on it, or None."""
    if term.startswith("@"):
        return None
    if isinstance(meaning, dict):
        if _SPOILS_A_TERM & meaning.keys() and (term in _MEANT or "@prefix" not in meaning):
            raise Malformed("FED-2.4", "the context turns a name around")
        _check_iri(term, meaning.get("@id", term))
        return meaning.get("@context")
    _check_iri(term, meaning)
    return None


def _check_iri(term: str, iri: Json) -> None:
    if term in _PREFIXES:
        fits = isinstance(iri, str) and iri in _PREFIXES[term]
    elif term in _KEYWORD_OF:
        fits = iri in (term, _KEYWORD_OF[term])  # not a set: it may be a list
    elif term in _MEANT:
        fits = iri == term or (isinstance(iri, str) and _local(iri) == term)
    else:
        # Any other name must not borrow the meaning of one that we act on.
        fits = not isinstance(iri, str) or (iri != "@reverse" and _borrowed(term, iri))
    if not fits:
        raise Malformed("FED-2.4", "the context gives a name another meaning than its own")


def _borrowed(term: str, iri: str) -> bool:
    """Whether `iri` leaves alone what we act on; `@id` and `@type` may be renamed by nobody else.

    A second spelling of a type (`"PublicNote": "as:Note"`) is as bad as one of a property.
    """
    if iri in {"@id", "@type", "@graph", "@included", "@nest"}:
        return False
    local = _local(iri)
    return local is None or local == term or local not in _MEANT


def _local(iri: str) -> str | None:
    """The name within the vocabularies of ActivityPub that `iri` spells out, or None."""
    if not iri.startswith(_VOCABULARIES):
        return None  # as nearly all
    for vocabulary in _VOCABULARIES:
        if iri.startswith(vocabulary):
            return iri[len(vocabulary) :]
    return None

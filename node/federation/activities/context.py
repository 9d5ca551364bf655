"""Pure: the `@context` of what we send: names for those who read with JSON-LD (spec FED-6.19).

We act on plain names ourselves and fetch no context; a reader that expands ours must arrive at
the meaning that the plain names have.
"""

from typing import Any

AS2 = "https://www.w3.org/ns/activitystreams"
SECURITY = "https://w3id.org/security/v1"
MULTIKEY = "https://w3id.org/security/multikey/v1"
INTEGRITY = "https://w3id.org/security/data-integrity/v1"

# What we use of https://purl.archive.org/socialweb/mls, in the words of that context: a JSON-LD
# reader that must fetch it is cut off from us whenever that host is away.
MLS: dict[str, Any] = {
    "mls": "https://purl.archive.org/socialweb/mls#",
    "keyPackages": {"@type": "@id", "@id": "mls:keyPackages"},
    "encoding": "mls:encoding",
    "KeyPackage": "mls:KeyPackage",
    "Welcome": "mls:Welcome",
    "GroupInfo": "mls:GroupInfo",
    "PublicMessage": "mls:PublicMessage",
    "PrivateMessage": "mls:PrivateMessage",
    "ciphersuite": "mls:ciphersuite",
}
_POSTS: dict[str, Any] = {
    "toot": "http://joinmastodon.org/ns#",
    "schema": "http://schema.org#",
    "kith": "urn:kith:ns#",
    "sensitive": "as:sensitive",
    "Hashtag": "as:Hashtag",
    "blurhash": "toot:blurhash",
    "focalPoint": {"@container": "@list", "@id": "toot:focalPoint"},
    # In the very words of the context of proofs, which lets nobody give it others.
    "digestMultibase": {
        "@id": "https://w3id.org/security#digestMultibase",
        "@type": "https://w3id.org/security#multibase",
    },
    "size": "schema:contentSize",
    "kith:video": {"@type": "@id"},
    "kith:note": {"@type": "@id"},
}
_VIDEOS: dict[str, Any] = {
    **_POSTS,
    "pt": "https://joinpeertube.org/ns#",
    "uuid": "schema:identifier",
    "views": {"@type": "schema:Number", "@id": "pt:views"},
    "state": {"@type": "schema:Number", "@id": "pt:state"},
    "commentsPolicy": {"@type": "schema:Number", "@id": "pt:commentsPolicy"},
    "downloadEnabled": {"@type": "schema:Boolean", "@id": "pt:downloadEnabled"},
    "waitTranscoding": {"@type": "schema:Boolean", "@id": "pt:waitTranscoding"},
    "isLiveBroadcast": "schema:isLiveBroadcast",
    "subtitleLanguage": "schema:subtitleLanguage",
    "language": "schema:inLanguage",
    "identifier": "schema:identifier",
    "originallyPublishedAt": "schema:datePublished",
    "support": {"@type": "schema:Text", "@id": "pt:support"},
    "aspectRatio": {"@type": "schema:Float", "@id": "pt:aspectRatio"},
    "fps": {"@type": "schema:Number", "@id": "pt:fps"},
    "comments": {"@type": "@id", "@id": "pt:comments"},
    "dislikes": {"@type": "@id", "@id": "as:dislikes"},
}
_ACTORS: dict[str, Any] = {
    "toot": "http://joinmastodon.org/ns#",
    "schema": "http://schema.org#",
    "PropertyValue": "schema:PropertyValue",
    "value": "schema:value",
    "sm": "http://smithereen.software/ns#",
    "kith": "urn:kith:ns#",
    "assertionMethod": {
        "@type": "@id",
        "@id": "https://w3id.org/security#assertionMethod",
        "@container": "@set",
    },
    "discoverable": "toot:discoverable",
    "featured": {"@type": "@id", "@id": "toot:featured"},
    "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
    "friends": {"@type": "@id", "@id": "sm:friends"},
    "webfinger": "https://purl.archive.org/socialweb/webfinger#webfinger",
    "implements": {"@type": "@id", "@id": "https://w3id.org/fep/844e#implements"},
    "kith:channel": {"@type": "@id"},
    "kith:devices": {"@type": "@id"},
}

PLAIN: Any = AS2
POSTS: Any = [AS2, _POSTS]
VIDEOS: Any = [AS2, _VIDEOS]
SEALED: Any = [AS2, MLS]
RETURNED: Any = [AS2, {**MLS, "digestMultibase": _POSTS["digestMultibase"]}]
ACTORS: Any = [AS2, SECURITY, MULTIKEY, {**MLS, **_ACTORS}]

RESEND: Any = [
    AS2,
    {"kith": "urn:kith:ns#", "Resend": "kith:Resend", "Resent": "kith:Resent"},
]

OFFER: Any = [AS2, {"kith": "urn:kith:ns#"}]

_BY_TYPE = {
    "Video": VIDEOS,
    "Offer": OFFER,
    "Resend": RESEND,
    "Resent": RESEND,
    **dict.fromkeys(("Person", "Group", "Application"), ACTORS),
}
_POSTED = {"Note", "Article", "Page", "Event", "Question", "Audio", "Image", "Document"}


def with_context(document: dict[str, Any]) -> dict[str, Any]:
    """`document` behind the context that its own type, or that of what it encloses, needs."""
    return {"@context": _context(document), **document}


def with_integrity(document: dict[str, Any]) -> dict[str, Any]:
    """`document`, whose context gives the names of a proof a meaning too."""
    first, *others = _listed(document.get("@context", []))
    return {**document, "@context": [first, INTEGRITY, *others]}


def _listed(context: Any) -> list[Any]:
    return context if isinstance(context, list) else [context]


def _context(document: dict[str, Any]) -> Any:
    enclosed = document.get("object")
    kinds = _kinds(document) | (_kinds(enclosed) if isinstance(enclosed, dict) else set())
    for kind, context in _BY_TYPE.items():
        if kind in kinds:
            return context
    if kinds & _POSTED:
        return POSTS
    if "message/mls" not in _media_types(document, enclosed):
        return PLAIN
    return RETURNED if document.get("type") == "Reject" else SEALED


def _kinds(document: dict[str, Any]) -> set[str]:
    types = document.get("type")
    return set(types) if isinstance(types, list) else {str(types)}


def _media_types(*documents: Any) -> set[Any]:
    return {each.get("mediaType") for each in documents if isinstance(each, dict)}

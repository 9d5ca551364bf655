"""Pure: sealed messages: MLS over ActivityPub, whose content stays bytes (spec FED-6.14)."""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from node.errors import Forbidden, Malformed, TooMuch
from node.federation.activities.attribution import Envelope, check_owned_alone, check_owner
from node.federation.activities.reading import (
    Doc,
    id_of,
    instant,
    is_a,
    many,
    maybe_url,
    media_type,
    one,
    only,
    types,
    url_id,
)
from node.federation.activities.shapes import PUBLIC, CreateSealed, RejectSealed, SealedKind
from node.wire.times import EPOCH, rfc3339

KINDS = tuple(kind.value for kind in SealedKind)
LARGEST = 1024 * 1024  # bytes of an MLS message
MOST_RECIPIENTS = 1000
UNFETCHED = "unfetched"
RETURNS = ("no_device", "new_device", "not_fetched", UNFETCHED)
_SHA256 = "f1220"  # base16 (multibase), sha2-256 of 32 bytes (multihash)
_DIGEST = re.compile(f"{_SHA256}[0-9a-f]{{64}}")
_ADDRESSED = ("to", "cc", "bto", "bcc", "audience")
_COLLECTION = re.compile(r"/(?:followers|following|friends|subscribers)/?(?:[?#].*)?$", re.I)
_COLLECTIONS = ("Collection", "OrderedCollection", "CollectionPage", "OrderedCollectionPage")


def parse_create(document: Doc, envelope: Envelope, object: Doc) -> CreateSealed:
    """Raises `Malformed` (FED-6.3, FED-6.14), `Forbidden` (FED-6.5), `TooMuch` (FED-6.14)."""
    id = check_owner(object, envelope.actor)
    return _read(envelope, id, object, [document, object])


def parse_bare(object: Doc, said_at: Envelope) -> CreateSealed:
    """A sealed object that was sent without its `Create`: its own id and author stand for it."""
    id, author = check_owned_alone(object)
    if not id or not author:
        raise Malformed("FED-6.14", "a sealed object has an id and an author")
    return _read(Envelope(id, author, said_at.received), id, object, [object])


def _read(envelope: Envelope, id: str, object: Doc, addressed: list[Doc]) -> CreateSealed:
    kind = next(SealedKind(name) for name in types(object) if name in KINDS)
    return CreateSealed(
        id=envelope.id,
        actor=envelope.actor,
        object=id,
        kind=kind,
        content=_content(object),
        to=_recipients(addressed),
        conversation=maybe_url(object.get("conversation"), "conversation")
        or maybe_url(object.get("context"), "context"),
        published=instant(object, "published"),
    )


def _recipients(addressed: list[Doc]) -> tuple[str, ...]:
    """Everyone who is addressed anywhere; each must be an actor, named one by one."""
    found: dict[str, None] = {}
    for document in addressed:
        for name in _ADDRESSED:
            for member in many(document.get(name)):
                found[_recipient(member)] = None
            if len(found) > MOST_RECIPIENTS:
                raise TooMuch("FED-6.15", "a sealed message has too many recipients")
    if not found:
        raise Malformed("FED-6.14", "a sealed message names its recipients")
    return tuple(found)


def _recipient(member: object) -> str:
    id = id_of(member, "a recipient")
    if id == PUBLIC or _COLLECTION.search(id) or is_a(member, *_COLLECTIONS):
        raise Forbidden("FED-6.14", "a sealed message goes to actors, never to a collection")
    return url_id(id, "a recipient")


def _content(object: Doc) -> bytes:
    if media_type(object) not in ("", "message/mls"):
        raise Malformed("FED-6.14", "the sealed object is not message/mls")
    encoding = object.get("encoding")
    if encoding is not None and str(encoding).lower() != "base64":
        raise Malformed("FED-6.14", "the sealed object's encoding is not base64")
    encoded = object.get("content")
    if not isinstance(encoded, str) or not encoded:
        raise Malformed("FED-6.14", "the sealed object has no content")
    try:
        content = base64.b64decode("".join(encoded.split()).encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("FED-6.14", "the sealed object's content is not base64") from None
    if not content:
        raise Malformed("FED-6.14", "the sealed object has no content")
    if len(content) > LARGEST:
        raise TooMuch("FED-6.14", "the sealed message is too large", most=LARGEST)
    return content


def is_rejection(document: Doc) -> bool:
    """Whether this Reject is about a sealed message."""
    return is_a(only(document.get("object")), *KINDS)


def parse_rejection(document: Doc, envelope: Envelope) -> RejectSealed:
    """A `Reject` of a sealed message, which stands in it by its digest. Raises `Malformed`."""
    object = one(document.get("object"), "what is returned")
    assert isinstance(object, Mapping), "is_rejection was asked"
    digest, reason = object.get("digestMultibase"), document.get("summary")
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        raise Malformed("E2E-4.10", "what is returned is named by its SHA-256, in multibase")
    if reason not in RETURNS:
        raise Malformed("E2E-4.10", f"words are returned for one of: {', '.join(RETURNS)}")
    since = instant(document, "published") if reason == UNFETCHED else None
    if reason == UNFETCHED and (since is None or since < EPOCH):
        raise Malformed("E2E-4.11", "since when nothing was fetched stands in published")
    return RejectSealed(
        id=envelope.id,
        actor=envelope.actor,
        of=url_id(object.get("attributedTo"), "who said what is returned"),
        conversation=url_id(object.get("conversation"), "the conversation"),
        sha256=bytes.fromhex(digest[len(_SHA256) :]),
        reason=str(reason),
        published=since,
    )


def render_rejection(returned: RejectSealed) -> Mapping[str, Any]:
    said: dict[str, Any] = {
        "type": "Reject",
        "id": returned.id,
        "actor": returned.actor,
        "to": [returned.of],
        "summary": returned.reason,
        "object": {
            "type": ["Object", SealedKind.PRIVATE_MESSAGE.value],
            "mediaType": "message/mls",
            "attributedTo": returned.of,
            "conversation": returned.conversation,
            "digestMultibase": _SHA256 + returned.sha256.hex(),
        },
    }
    if returned.published:
        said["published"] = rfc3339(returned.published)
    return said


def render_sealed(sealed: CreateSealed) -> dict[str, Any]:
    """The sealed object itself."""
    document: dict[str, Any] = {
        "type": ["Object", sealed.kind.value],
        "id": sealed.object,
        "attributedTo": sealed.actor,
        "to": list(sealed.to),
        "mediaType": "message/mls",
        "encoding": "base64",
        "content": base64.b64encode(sealed.content).decode("ascii"),
    }
    if sealed.conversation:
        # Emissary looks for `context`, the draft says `conversation`.
        document |= {"conversation": sealed.conversation, "context": sealed.conversation}
    if sealed.published:
        document["published"] = rfc3339(sealed.published)
    return document


def render_create(sealed: CreateSealed) -> Mapping[str, Any]:
    return {
        "type": "Create",
        "id": sealed.id,
        "actor": sealed.actor,
        "to": list(sealed.to),
        "object": render_sealed(sealed),
    }

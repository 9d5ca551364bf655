"""Pure: `Offer` and `Delete` of a `Relationship`: friends are asked for and let go (FED-6.7)."""

from typing import Any

from node.errors import Malformed
from node.federation.activities.attribution import Envelope
from node.federation.activities.prose import paragraphs, plain
from node.federation.activities.reading import Doc, id_list, id_of, is_a, one, only, text, url_id
from node.federation.activities.shapes import EndFriendship, OfferFriendship
from node.wire.html import clean

FRIEND_OF = "http://purl.org/vocab/relationship/friendOf"
_SPELLINGS = frozenset(
    {FRIEND_OF, "https://purl.org/vocab/relationship/friendOf", "friendOf", "rel:friendOf"}
)
MOST_OFFERS = 64  # that one End names: those that are live
CODE, LONGEST_CODE = "kith:code", 64
LONGEST_WORDS = 2000  # characters of what is written with a request; the rest is cut


def is_offer(document: Doc) -> bool:
    """Whether this Offer is about something that can be offered here."""
    return is_a(only(document.get("object")), "Relationship", "Follow")


def parse_offer(document: Doc, envelope: Envelope) -> OfferFriendship:
    """Raises `Malformed` (FED-6.1, FED-6.3, FED-6.7, FED-1.1)."""
    offered = one(document.get("object"), "the object of an Offer")
    if not is_offer(document):
        raise Malformed("FED-6.1", "an Offer of that is not understood here")
    read = _friend_of if is_a(offered, "Relationship") else _follow_back
    asked = read(offered, envelope.actor)
    target = id_of(one(document.get("target"), "the target"), "the target")
    if target and target != asked:
        raise Malformed("FED-6.7", "the Offer's target is not who is asked to be friends")
    words, code = _words(document, offered), text(document, CODE)[:LONGEST_CODE]
    return OfferFriendship(envelope.id, envelope.actor, asked, words, code)


def _words(document: Doc, offered: Doc) -> str:
    written = text(document, "content") or text(document, "summary") or text(offered, "content")
    return plain(clean(written))[:LONGEST_WORDS].strip()


def _friend_of(relationship: Doc, actor: str) -> str:
    """The other one of a friendship that `actor` names. Raises `Malformed` (FED-6.7, FED-1.1)."""
    kind = id_of(one(relationship.get("relationship"), "the relationship"), "the relationship")
    if kind not in _SPELLINGS:
        raise Malformed("FED-6.7", "the relationship is not friendOf")
    pair = [
        url_id(one(relationship.get(name), name), f"the relationship's {name}")
        for name in ("subject", "object")
    ]
    if pair[0] != actor or pair[1] == actor:
        raise Malformed("FED-6.7", "the subject of the relationship is not who offers it")
    return pair[1]


def _follow_back(follow: Doc, actor: str) -> str:
    """`Offer{Follow}` as Smithereen asks for friends: the asked one is to follow the asker."""
    asked = url_id(one(follow.get("actor"), "the follower"), "who is asked to follow")
    followed = url_id(one(follow.get("object"), "the followed"), "whom to follow")
    if followed != actor or asked == actor:
        raise Malformed("FED-6.7", "the offered Follow is not one of the actor by another")
    return asked


def parse_end(relationship: Doc, envelope: Envelope) -> EndFriendship:
    """A `Delete` or `Undo` of a `Relationship`, by either of the two. Raises as `parse_offer`."""
    subject = url_id(one(relationship.get("subject"), "subject"), "the relationship's subject")
    speaks = {**relationship}
    if subject != envelope.actor:  # the one who was asked ends it: turn the pair round
        speaks |= {"subject": relationship.get("object"), "object": subject}
    offers = id_list(relationship.get("context"), "the requests", MOST_OFFERS)
    return EndFriendship(envelope.id, envelope.actor, _friend_of(speaks, envelope.actor), offers)


def render_offer(offer: OfferFriendship) -> dict[str, Any]:
    document: dict[str, Any] = {
        "type": "Offer",
        "id": offer.id,
        "actor": offer.actor,
        "object": _relationship(offer.actor, offer.object),
        "target": offer.object,
        "to": [offer.object],
    }
    if offer.text:
        document["content"] = paragraphs(offer.text)
    if offer.code:
        document[CODE] = offer.code
    return document


def render_end(end: EndFriendship) -> dict[str, Any]:
    relationship = _relationship(end.actor, end.object)
    if end.offers:
        relationship["context"] = list(end.offers)
    return {
        "type": "Delete",
        "id": end.id,
        "actor": end.actor,
        "object": relationship,
        "to": [end.object],
    }


def _relationship(subject: str, object: str) -> dict[str, Any]:
    return {
        "type": "Relationship",
        "subject": subject,
        "relationship": FRIEND_OF,
        "object": object,
    }

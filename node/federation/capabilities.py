"""Pure: what a server's software can do, as URIs on its actors (FEP-844e; spec FED-8)."""

from collections.abc import Iterable, Mapping

RFC9421 = "https://datatracker.ietf.org/doc/html/rfc9421"
# The name that tootik gave it; others read the same one.
ED25519 = "https://datatracker.ietf.org/doc/html/rfc9421#name-eddsa-using-curve-edwards25"
FRIENDSHIP = "http://purl.org/vocab/relationship/friendOf"
RESEND = "urn:kith:ns#Resend"
# Its actors say so by this context alone: PeerTube, which shows videos and nothing else.
VIDEOS = "https://joinpeertube.org/ns#"
MLS = "https://purl.archive.org/socialweb/mls"

NAMES: Mapping[str, str] = {
    RFC9421: "RFC 9421: HTTP Message Signatures",
    ED25519: "RFC 9421 signatures with Ed25519",
    FRIENDSHIP: "Friend requests: Offer of a Relationship",
    MLS: "End-to-end encrypted messages: MLS over ActivityPub",
    RESEND: "Resend: what was sent is sent again to a server that was restored",
}
OURS = tuple(NAMES)
MOST = 64  # of a foreign list; a longer one is cut


def generator(uris: Iterable[str] = OURS) -> dict[str, object]:
    """The `generator` of our actors: an anonymous Application that says what it implements."""
    links = [{"type": "Link", "href": uri, "name": NAMES.get(uri, uri)} for uri in uris]
    return {"type": "Application", "name": "Kith", "implements": links}


def read(generator: object) -> tuple[str, ...]:
    """The URIs of a foreign `generator`, or of an Application's own `implements`, tolerantly."""
    if not isinstance(generator, Mapping):
        return ()
    listed = generator.get("implements")
    entries: Iterable[object] = listed if isinstance(listed, list) else [listed]
    found = [entry.get("href") if isinstance(entry, Mapping) else entry for entry in entries]
    return tuple(uri for uri in found if isinstance(uri, str) and len(uri) <= 2048)[:MOST]

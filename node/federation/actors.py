"""Pure: actor documents: what a peer says it is, and what we say ours are (spec FED-6.17, 6.18)."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from node.errors import Forbidden, Malformed
from node.federation import capabilities
from node.federation.activities.actors import KINDS
from node.federation.activities.attribution import check_form
from node.federation.activities.context import with_context
from node.federation.activities.media import render_picture
from node.federation.activities.prose import paragraphs
from node.federation.activities.reading import (
    LONGEST_CONTENT,
    Doc,
    flag,
    id_of,
    many,
    maybe_url,
    one,
    page_url,
    picture,
    text,
    types,
    url_id,
)
from node.federation.profile_links import ProfileLink, parse_links, render_links
from node.wire import contexts, ids, keydocs
from node.wire.html import clean, line
from node.wire.keys import PublicKey

LONGEST_HANDLE = 128  # characters
MOST_KEYS = 16  # of one document; more are not looked at


class ActorDocument(Struct, frozen=True):
    """An actor as its document says. Absent addresses are empty; `summary` is cleaned HTML.

    `name` is the preferredUsername, `webfinger` what FEP-2c59 claims (`name@host`, not yet
    confirmed), `channel` the Group of one of our Persons, `owner` the Person of one of our Groups.
    """

    id: str
    kind: str
    name: str
    inbox: str
    shared_inbox: str = ""
    outbox: str = ""
    followers: str = ""
    following: str = ""
    friends: str = ""
    key_packages: str = ""
    display_name: str = ""
    summary: str = ""
    icon: str = ""
    header: str = ""
    links: tuple[ProfileLink, ...] = ()
    url: str = ""
    keys: tuple[PublicKey, ...] = ()
    capabilities: tuple[str, ...] = ()
    manually_approves: bool = False
    webfinger: str = ""
    channel: str = ""
    owner: str = ""
    identity_key: str = ""  # Multikey of the key made on the user's own device
    devices: str = ""  # where the signed list of the account's devices stands (KEY-7.6)


def parse_actor(document: Doc) -> ActorDocument:
    """Raises `Malformed` (FED-6.3, FED-6.17, FED-1.1, FED-2.4) and `Forbidden` (FED-6.18)."""
    contexts.check(dict(document))
    check_form(document)
    kind = next((name for name in types(document) if name in KINDS), "")
    if not kind:
        raise Malformed("FED-6.17", "the document is not that of an actor")
    id = url_id(document, "the actor")
    endpoints = document.get("endpoints")
    shared = endpoints.get("sharedInbox") if isinstance(endpoints, Mapping) else None
    return ActorDocument(
        id=id,
        kind=kind,
        name=_handle(document, id),
        inbox=url_id(one(document.get("inbox"), "the inbox"), "the actor's inbox"),
        shared_inbox=maybe_url(shared or document.get("sharedInbox"), "the shared inbox"),
        outbox=_own(document, "outbox", id),
        followers=_own(document, "followers", id),
        following=_own(document, "following", id),
        friends=_own(document, "friends", id),
        key_packages=_own(document, "keyPackages", id),
        display_name=line(text(document, "name")),
        summary=_summary(document),
        icon=picture(document.get("icon")),
        header=picture(document.get("image")),
        links=parse_links(document),
        url=page_url(document),
        keys=_keys(document, id),
        capabilities=_capabilities(document),
        manually_approves=flag(document, "manuallyApprovesFollowers"),
        webfinger=_webfinger(document),
        channel=maybe_url(document.get("kith:channel"), "the channel"),
        owner=_owner(document, id),
        identity_key=_identity_key(document),
        devices=_own(document, "kith:devices", id),
    )


def _own(document: Doc, name: str, id: str) -> str:
    """A collection of the actor. Naming another origin's, it would stand for other people."""
    said = maybe_url(document.get(name), name)
    return said if said and ids.same_origin(said, id) else ""


def _handle(document: Doc, id: str) -> str:
    said = line(text(document, "preferredUsername", LONGEST_HANDLE))
    # Without a name of its own the actor is known by the end of its id.
    return said or ids.origin(id).host


def _summary(document: Doc) -> str:
    written = text(document, "summary", LONGEST_CONTENT)
    return clean(written if "<" in written else paragraphs(written))


def _webfinger(document: Doc) -> str:
    said = text(document, "webfinger", 512).removeprefix("acct:").removeprefix("@")
    name, _, host = said.partition("@")
    return said if name and host and "@" not in host and not said.isspace() else ""


def _owner(document: Doc, id: str) -> str:
    named = [id_of(member, "attributedTo") for member in many(document.get("attributedTo"))[:16]]
    return next((owner for owner in named if owner and ids.same_origin(owner, id)), "")


def _identity_key(document: Doc) -> str:
    said = document.get("kith:identityKey")
    return said if isinstance(said, str) and len(said) <= 256 else ""


def _capabilities(document: Doc) -> tuple[str, ...]:
    said = [*capabilities.read(document.get("generator")), *capabilities.read(document)]
    defined = [one for one in many(document.get("@context"))[:16] if isinstance(one, Mapping)]
    if any(capabilities.VIDEOS in one.values() for one in defined):
        said.append(capabilities.VIDEOS)
    return tuple(dict.fromkeys(said))


def _keys(document: Doc, actor: str) -> tuple[PublicKey, ...]:
    """The keys that are the actor's own (FED-3.3).

    When there is none, but one of somebody else, the document claims that one (FED-6.18).
    """
    found = keydocs.keys_of(dict(document))
    listed = [*many(document.get("publicKey")), *many(document.get("assertionMethod"))]
    if not found and any(_stolen(key, actor) for key in listed[:MOST_KEYS]):
        raise Forbidden("FED-6.18", "the actor's document claims a key of somebody else")
    return found


def _stolen(key: object, actor: str) -> bool:
    """Whether `key` names another owner, or is named by an id of another origin."""
    if not isinstance(key, Mapping):
        return False
    owner = maybe_url(key.get("owner") or key.get("controller"), "the key's owner")
    id = maybe_url(key.get("id"), "the key's id")
    return owner not in ("", actor) or (bool(id) and not ids.same_origin(id, actor))


def render_actor(actor: ActorDocument) -> dict[str, Any]:
    """The document that is served at the id of one of our actors, without its context.

    A Person, the Group that is a Person's video channel, or the Application that is the node.
    """
    document: dict[str, Any] = {
        "type": actor.kind,
        "id": actor.id,
        "preferredUsername": actor.name,
        "name": actor.display_name or actor.name,
        "summary": actor.summary,
        "inbox": actor.inbox,
        "outbox": actor.outbox,
        "followers": actor.followers,
        "following": actor.following,
        "friends": actor.friends,
        "featured": f"{actor.id}/featured" if actor.outbox else "",
        "keyPackages": actor.key_packages,
        "url": actor.url or actor.id,
        "webfinger": actor.webfinger,
        "kith:channel": actor.channel,
        "kith:identityKey": actor.identity_key,
        "kith:devices": actor.devices,
    }
    document = {name: value for name, value in document.items() if value or name == "summary"}
    document |= {"manuallyApprovesFollowers": actor.manually_approves, "discoverable": False}
    if actor.shared_inbox:
        document["endpoints"] = {"sharedInbox": actor.shared_inbox}
    if actor.icon:
        document["icon"] = render_picture(actor.icon)
    if actor.header:
        document["image"] = render_picture(actor.header)
    if actor.links:
        document["attachment"] = render_links(actor.links)
    if actor.owner:
        # PeerTube takes a channel's owner from here.
        document["attributedTo"] = [{"type": "Person", "id": actor.owner}]
    return document | keydocs.key_members(actor.keys) | _render_capabilities(actor)


def _render_capabilities(actor: ActorDocument) -> dict[str, Any]:
    if not actor.capabilities:
        return {}
    generator = capabilities.generator(actor.capabilities)
    if actor.kind == "Application":
        return {"implements": generator["implements"]}
    return {"generator": generator}


def actor_page(actor: ActorDocument) -> dict[str, Any]:
    """`render_actor` with its context, ready to be encoded."""
    return with_context(render_actor(actor))

"""One of ours as its actor document says it: served at its id, and told when it changes."""

from collections.abc import Sequence
from typing import Any

from node.e2ee.account_keys import address
from node.federation.actors import ActorDocument
from node.federation.peers import Actor
from node.store.federation import Family
from node.wire import multibase

ED25519_MULTIKEY = b"\xed\x01"


def document_of(actor: Actor, keys: Sequence[Any], family: Family | None) -> ActorDocument:
    """One of ours as its document says it."""
    is_person = family is not None and family.person == actor.id
    is_channel = family is not None and family.channel == actor.id
    return ActorDocument(
        id=actor.id,
        kind=actor.kind,
        name=actor.name,
        inbox=actor.inbox,
        shared_inbox=actor.shared_inbox,
        outbox=actor.outbox,
        followers=actor.followers,
        following=actor.following,
        friends=actor.friends,
        key_packages=actor.key_packages,
        display_name=actor.display_name,
        summary=actor.summary,
        icon=actor.icon,
        header=actor.header,
        links=actor.links,
        url=actor.url,
        keys=tuple(keys),
        capabilities=actor.capabilities,
        manually_approves=actor.manually_approves,
        webfinger=f"{actor.name}@{actor.domain}" if actor.domain else "",
        channel=family.channel if family is not None and is_person else "",
        owner=family.person if family is not None and is_channel else "",
        identity_key=_identity_key(family) if family is not None and is_person else "",
        devices=address(actor.id)
        if family is not None and is_person and family.has_devices
        else "",
    )


def _identity_key(family: Family) -> str:
    if not family.identity_key:
        return ""
    return multibase.encode(ED25519_MULTIKEY + family.identity_key)

"""Pure: the actors of our own accounts, with all their addresses (spec ACC-1.9).

An account is a Person and a Group; the node itself is one Application. Ids are random.
"""

from typing import Protocol

from msgspec import Struct

from node.federation.capabilities import OURS
from node.wire.ids import actor_id, opaque

PERSON, GROUP, APPLICATION = "Person", "Group", "Application"


class LocalActor(Struct, frozen=True):
    """One of ours, as its row begins. Absent addresses are empty."""

    id: str
    kind: str
    name: str
    domain: str
    inbox: str
    shared_inbox: str
    outbox: str
    followers: str
    following: str
    account: str | None = None
    display_name: str = ""
    friends: str = ""
    key_packages: str = ""
    url: str = ""
    capabilities: tuple[str, ...] = OURS
    manually_approves: bool = False


class NewKey(Protocol):
    """A key of one of ours. `public` is SPKI in DER, `private` is sealed under the node key."""

    @property
    def id(self) -> str: ...
    @property
    def algorithm(self) -> str: ...
    @property
    def public(self) -> bytes: ...
    @property
    def private(self) -> bytes: ...


def new_actor_id(origin: str, entropy: bytes) -> str:
    """The id of a new actor, from ten bytes of chance."""
    return actor_id(origin, opaque(entropy))


def person(
    id: str, origin: str, domain: str, name: str, account: str, display_name: str
) -> LocalActor:
    """The Person of an account: friends, follows, talks."""
    return LocalActor(
        id=id,
        kind=PERSON,
        name=name,
        domain=domain,
        inbox=f"{id}/inbox",
        shared_inbox=f"{origin}/inbox",
        outbox=f"{id}/outbox",
        followers=f"{id}/followers",
        following=f"{id}/following",
        account=account,
        display_name=display_name,
        friends=f"{id}/friends",
        key_packages=f"{id}/key_packages",
        url=f"{origin}/@{name}",
        manually_approves=True,
    )


def channel(
    id: str, origin: str, domain: str, name: str, account: str, display_name: str
) -> LocalActor:
    """The Group of an account: its video channel, which nobody befriends."""
    return LocalActor(
        id=id,
        kind=GROUP,
        name=name,
        domain=domain,
        inbox=f"{id}/inbox",
        shared_inbox=f"{origin}/inbox",
        outbox=f"{id}/outbox",
        followers=f"{id}/followers",
        following=f"{id}/following",
        account=account,
        display_name=display_name,
        url=f"{origin}/@{name}",
    )


def instance(id: str, origin: str, domain: str, name: str, node_name: str) -> LocalActor:
    """The node itself: it signs what nobody in particular asks for."""
    return LocalActor(
        id=id,
        kind=APPLICATION,
        name=name,
        domain=domain,
        inbox=f"{id}/inbox",
        shared_inbox=f"{origin}/inbox",
        outbox=f"{id}/outbox",
        followers=f"{id}/followers",
        following=f"{id}/following",
        display_name=node_name,
        url=origin,
        manually_approves=True,
    )

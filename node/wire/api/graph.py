"""Pure: what the client API says of friends, requests, blocks and following."""

from datetime import datetime

import msgspec

from node.wire.api.inbox import Person


class Relation(msgspec.Struct, kw_only=True):
    """How you stand to `person`.

    `state`: none, requested, incoming, mutual, friend, declined (your request was) or blocked (by
    you). `following`: "", asked or accepted. `text` is what they wrote with their open request.
    `moved_to`: the actor that they say they are from now on.
    """

    person: Person
    state: str
    following: str = ""
    follower: bool = False
    text: str = ""
    since: datetime | None = None
    moved_to: str = ""


class RelationList(msgspec.Struct, kw_only=True):
    """One page, the latest change first."""

    items: list[Relation]


class NewRequest(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`actor`: @name@domain, an actor's id, or just the name of somebody here.

    `code` is one that they showed (`POST /friends/code`): they need not answer then.
    """

    actor: str
    text: str = ""
    code: str = ""


class FriendCode(msgspec.Struct, kw_only=True):
    """Who brings it with a request becomes a friend at once: one person, until `expires`."""

    code: str
    expires: datetime


class Whom(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`actor`: @name@domain, an actor's id, or just the name of somebody here."""

    actor: str

"""Pure: other servers, as an administrator deals with them (spec API-11)."""

import msgspec


class ServerChoice(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`host` as in the ids of its people, with the port when there is one."""

    host: str
    suspended: bool


class ServerList(msgspec.Struct, kw_only=True):
    """The hosts of the servers that are suspended here."""

    suspended: list[str]


class ActorChoice(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`actor`: @name@domain or an actor's id, of another server."""

    actor: str
    suspended: bool


class ActorList(msgspec.Struct, kw_only=True):
    """The ids of the actors of other servers that are suspended here."""

    suspended: list[str]

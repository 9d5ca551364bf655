"""Pure: what the client API says of the keys of accounts (spec KEY-7)."""

import msgspec


class NewAccountKeys(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A signed delegation, list of devices and key box that belong together (KEY-3), in base64.

    `password` is asked for where they have another root than the account (KEY-7.4).
    """

    delegation: bytes
    list: bytes
    box: bytes
    password: str = ""


class AccountKeys(msgspec.Struct, kw_only=True):
    """The keys of one's own account. `number` is `d.n.b`: what `If-Match` names."""

    root: bytes
    number: str
    delegation: bytes
    list: bytes
    box: bytes


class ActorKeys(msgspec.Struct, kw_only=True):
    """What an actor publishes of their keys. Check the chain (KEY-3): trust no node with it."""

    actor: str
    root: bytes
    delegation: bytes
    list: bytes

"""Pure: the names that people here may have (spec ACC-1.1, ACC-1.2)."""

import re

from node.errors import Malformed

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9_]{0,28}[a-z0-9])?")
CHANNEL = "_channel"
INSTANCE = "instance"  # the name of the instance actor
RESERVED = frozenset(
    {
        "about",
        "abuse",
        "account",
        "accounts",
        "admin",
        "administrator",
        "all",
        "anonymous",
        "api",
        "everyone",
        "help",
        "here",
        "info",
        "instance",
        "kith",
        "me",
        "moderator",
        "node",
        "null",
        "official",
        "owner",
        "postmaster",
        "root",
        "security",
        "staff",
        "support",
        "system",
        "undefined",
        "webmaster",
        "www",
    }
)


def read_name(text: str) -> str:
    """A name that a person may have, in small letters. Raises `Malformed` (ACC-1.1, ACC-1.2)."""
    name = text.lower() if text.isascii() else ""
    if not _NAME.fullmatch(name):
        raise Malformed(
            "ACC-1.1",
            "choose a name of 1 to 30 letters a-z, digits and _, which neither begins nor ends "
            "with _",
        )
    if name.endswith(CHANNEL) or name in RESERVED:
        raise Malformed("ACC-1.2", "this name is reserved: choose another", name=name)
    return name


def channel_name(name: str) -> str:
    """The name of the video channel of `name`."""
    return name + CHANNEL

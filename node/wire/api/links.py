"""Pure: what the client API says of linking a new device (spec LNK-5)."""

import msgspec


class NewLink(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Who shows opens a linking with their commitment (LNK-3.1)."""

    commit: bytes


class LinkOpened(msgspec.Struct, kw_only=True):
    """The code to be read out or scanned, and the shower's `secret`, which is told once."""

    code: str
    secret: str


class LinkCommitment(msgspec.Struct, kw_only=True):
    """What who shows committed to. A link has it too: they have to be the same (LNK-3.2)."""

    commit: bytes


class ReadLink(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The side of who reads a code."""

    side: bytes


class LinkRead(msgspec.Struct, kw_only=True):
    """The reader's `secret`, which is told once."""

    secret: str


class ShowLink(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The side of who shows, once the reader's is there."""

    secret: str
    side: bytes


class LookAtLink(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Which of the two asks."""

    secret: str


class LinkState(msgspec.Struct, kw_only=True):
    """What the other one wrote; empty before they did. With a `grant` the secret is a token."""

    side: bytes
    grant: bytes


class ApproveLink(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The old device lets the new one in."""

    secret: str
    grant: bytes

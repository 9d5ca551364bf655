"""Pure: reports, and what administrators did, as the client API says them (INB-10, API-11.8)."""

from datetime import datetime
from typing import Literal

import msgspec

from node.wire.api.inbox import Person

ReportState = Literal["open", "closed"]


class NewReport(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`about` is @name@domain, an actor's id or the id of a post or video; `posts` are more by the
    same person. With `forward` their server is told too, and not by whom."""

    about: str
    posts: list[str] = []
    text: str = ""
    forward: bool = False


class ReportMade(msgspec.Struct, kw_only=True):
    """`added`: to a report of yours that is open. `forwarded`: their server is told of this too,
    but not of `withheld` posts, by which it would learn who reports. Where it is not told, though
    that was asked for, `unsent` says why: it was told `before`, or is `suspended`."""

    id: str
    about: str
    added: bool
    forwarded: bool
    withheld: int = 0
    unsent: Literal["", "before", "suspended"] = ""


class ReportedPost(msgspec.Struct, kw_only=True):
    """A post as it was when it was reported. `content` is clean HTML, `media` are addresses.
    `gone`: it was deleted since."""

    id: str
    content: str
    published: datetime
    name: str = ""
    summary: str = ""
    media: list[str] = []
    gone: bool = False


class ReportView(msgspec.Struct, kw_only=True):
    """`account` is the one of who is reported when they are of this node, else "". Who reported is
    `reporter`, one of ours, or the server `host`; neither is said once they deleted their account.
    """

    id: str
    state: ReportState
    about: Person
    account: str = ""
    reporter: Person | None = None
    host: str = ""
    text: str = ""
    posts: list[ReportedPost] = []
    forwarded: bool = False
    created: datetime
    updated: datetime
    closed: datetime | None = None
    closer: str = ""
    note: str = ""


class ReportList(msgspec.Struct, kw_only=True):
    """One page, the newest first."""

    items: list[ReportView]


class CloseReport(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`note` says what was done."""

    note: str


class CloseReports(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`host` is a server; `note` says what was done."""

    host: str
    note: str


class ReportsClosed(msgspec.Struct, kw_only=True):
    """How many were `closed`."""

    closed: int


class ActView(msgspec.Struct, kw_only=True):
    """What an administrator did. `who` is the name of their account, "" on the node's machine."""

    id: str
    who: str
    deed: str
    object: str
    at: datetime


class ActList(msgspec.Struct, kw_only=True):
    """One page, the newest first."""

    items: list[ActView]

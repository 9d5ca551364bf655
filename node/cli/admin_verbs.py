"""The verbs of `kith admin`, as data: each says which operation of the API it is (OPS-2.1).

A new operation of the API's administrators gets its line here, or a test fails.
"""

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct, field

from node.wire.api.accounts import NewInvite, NodeSettings
from node.wire.api.reports import CloseReport, CloseReports
from node.wire.api.servers import ActorChoice, ServerChoice


class Word(Struct, frozen=True):
    """What is said behind a verb, and where it goes in the request.

    One with a `usual` is an option. An `account` is said by name, and sent as an id.
    """

    name: str
    says: str
    place: Literal["path", "query", "body"] = "query"
    choices: tuple[str, ...] = ()
    usual: str | None = None
    account: bool = False


class Verb(Struct, frozen=True):
    """`method` and `path` as in the API; `given` is in the body whatever is said."""

    name: str
    method: str
    path: str
    says: str
    words: tuple[Word, ...] = ()
    body: Any = None
    given: Mapping[str, Any] = field(default_factory=dict)
    paged: bool = False


_NAME = Word("id", "the name of the account, without @", "path", account=True)
_MODES = ("invite", "approval", "open")

VERBS = (
    Verb(
        "accounts",
        "GET",
        "/admin/accounts",
        "Accounts in a state, the oldest first.",
        (
            Word("state", "which ones", choices=("pending", "active", "suspended"), usual=""),
            Word("name", "only the one of this name", usual=""),
        ),
        paged=True,
    ),
    Verb(
        "approve",
        "POST",
        "/admin/accounts/{id}/approve",
        "Let an applicant in, or take a suspension back.",
        (_NAME,),
    ),
    Verb("reject", "POST", "/admin/accounts/{id}/reject", "Turn an applicant away.", (_NAME,)),
    Verb(
        "suspend",
        "POST",
        "/admin/accounts/{id}/suspend",
        "Lock an account out until it is approved again.",
        (_NAME,),
    ),
    Verb(
        "reset-link",
        "POST",
        "/admin/accounts/{id}/reset-link",
        "Make a link by which a person sets a new password.",
        (_NAME,),
    ),
    Verb("settings", "GET", "/admin/settings", "How people sign up now."),
    Verb(
        "set-registration",
        "PUT",
        "/admin/settings",
        "Switch how people sign up.",
        (Word("registration", "who may sign up", "body", choices=_MODES),),
        body=NodeSettings,
    ),
    Verb("health", "GET", "/admin/health", "How the node stands; takes a second."),
    Verb("servers", "GET", "/admin/servers", "Which servers are suspended."),
    Verb(
        "suspend-server",
        "PUT",
        "/admin/servers",
        "Neither hear a server nor send to it.",
        (Word("host", "its host name, such as evil.example", "body"),),
        body=ServerChoice,
        given={"suspended": True},
    ),
    Verb(
        "allow-server",
        "PUT",
        "/admin/servers",
        "Take the suspension of a server back.",
        (Word("host", "its host name", "body"),),
        body=ServerChoice,
        given={"suspended": False},
    ),
    Verb("actors", "GET", "/admin/actors", "Which people of other servers are suspended."),
    Verb(
        "suspend-actor",
        "PUT",
        "/admin/actors",
        "Neither hear nor show one person of another server.",
        (Word("actor", "@name@domain, or the actor's id", "body"),),
        body=ActorChoice,
        given={"suspended": True},
    ),
    Verb(
        "allow-actor",
        "PUT",
        "/admin/actors",
        "Take the suspension of a person back.",
        (Word("actor", "@name@domain, or the actor's id", "body"),),
        body=ActorChoice,
        given={"suspended": False},
    ),
    Verb(
        "reports",
        "GET",
        "/admin/reports",
        "What was reported, the newest first.",
        (Word("state", "which ones", choices=("open", "closed"), usual=""),),
        paged=True,
    ),
    Verb(
        "close-report",
        "POST",
        "/admin/reports/{id}/close",
        "Close a report, and say what was done.",
        (
            Word("id", "its id, from `reports`", "path"),
            Word("note", "what was done", "body", usual=""),
        ),
        body=CloseReport,
    ),
    Verb(
        "close-reports",
        "POST",
        "/admin/reports/close",
        "Close all that the servers of a domain reported.",
        (Word("host", "a server's host", "body"), Word("note", "what was done", "body", usual="")),
        body=CloseReports,
    ),
    Verb(
        "delete-post",
        "DELETE",
        "/admin/posts",
        "Delete a post of one of the node's people.",
        (Word("id", "the id of the post or video"),),
    ),
    Verb(
        "log",
        "GET",
        "/admin/log",
        "What administrators did, the newest first.",
        paged=True,
    ),
    Verb(
        "invite",
        "POST",
        "/invites",
        "Make an invite link.",
        (
            Word("role", "what it makes of who comes", "body", ("member", "admin"), "member"),
            Word("uses", "how many may come by it", "body", usual="1"),
            Word("days", "how long it is good", "body", usual="7"),
        ),
        body=NewInvite,
    ),
    Verb("invites", "GET", "/invites", "Invites of one's own, or of the node, with uses left."),
    Verb(
        "revoke-invite",
        "DELETE",
        "/invites/{id}",
        "Make an invite void.",
        (Word("id", "its id, from `invites`", "path"),),
    ),
)

"""`kith inspect`: what this program makes of documents, one line each (spec FED-6.20).

For testers and operators: nothing is fetched and nothing is believed. It never ends in a
traceback, whatever the files hold.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from node.cli.starting import Parser
from node.cli.streams import put
from node.errors import Forbidden, Malformed, Refused
from node.federation.activities import parse, parse_note, parse_video
from node.federation.activities.actors import KINDS as ACTORS
from node.federation.activities.attribution import check_owned_alone
from node.federation.activities.collections import KINDS as COLLECTIONS
from node.federation.activities.collections import parse_collection
from node.federation.activities.posts import KINDS as POSTS
from node.federation.activities.reading import Doc, is_a, many, types, url_id
from node.federation.activities.table import VERBS
from node.federation.actors import parse_actor
from node.wire import contexts, ids, json

WRAPPED = {"contextUrl", "document", "documentUrl"}
JRD = "WebFinger"
MOST_ALIASES = 32  # of a WebFinger answer; each costs a look at its host
_SELF_TYPES = ("application/activity+json", "application/ld+json")


class Finding(Struct, frozen=True):
    """What came of one file. `refused` is (clause, reason) or None; then it was understood."""

    file: str
    type: str | None = None
    actor: str | None = None
    refused: tuple[str, str] | None = None

    def line(self) -> str:
        """For people."""
        what = f"{self.type or 'no type'} by {self.actor or 'nobody'}"
        if self.refused:
            return f"{self.file}: refused ({self.refused[0]}): {self.refused[1]} [{what}]"
        return f"{self.file}: understood: {what}"

    def json(self) -> str:
        """For programs."""
        refused = {"clause": self.refused[0], "reason": self.refused[1]} if self.refused else None
        found: json.Document = {
            "file": self.file,
            "understood": refused is None,
            "type": self.type,
            "actor": self.actor,
            "refused": refused,  # type: ignore[dict-item]
        }
        return json.encode(found).decode("utf-8")


def _note(document: Doc) -> str:
    return parse_note(document).author


def _video(document: Doc) -> str:
    return parse_video(document).author


def _collection(document: Doc) -> str:
    parse_collection(document)
    return ""


def _tombstone(document: Doc) -> str:
    return check_owned_alone(document)[1]


# What is no activity but can be read all the same. Activities go through `parse`.
_OBJECTS: Mapping[str, Callable[[Doc], str]] = {
    **dict.fromkeys(ACTORS, lambda document: parse_actor(document).id),
    "Video": _video,
    **dict.fromkeys(POSTS, _note),
    **dict.fromkeys(COLLECTIONS, _collection),
    "Tombstone": _tombstone,
}


def inspect(file: str, data: bytes) -> Finding:
    """What this program makes of the document `data`. Raises nothing."""
    document: Doc = {}
    try:
        document = _unwrap(json.document(data))
        kind, actor = _understand(document)
    except Refused as refusal:
        found = (refusal.clause, refusal.reason)
        return Finding(file, _type(document), _actor(document), found)
    except Exception as fault:  # ours, and told as such: the other files are still to be read
        found = ("FED-6.20", f"a fault of this program: {type(fault).__name__}; please report it")
        return Finding(file, _type(document), _actor(document), found)
    return Finding(file, kind, actor or None)


def _unwrap(document: Doc) -> Doc:
    """The document inside what Fedify's tools store, which says where it was fetched."""
    inner = document.get("document")
    if set(document) != WRAPPED or not isinstance(inner, Mapping):
        return document
    at, id = document["documentUrl"], inner.get("id")
    if isinstance(at, str) and isinstance(id, str) and not ids.same_origin(at, id):
        raise Forbidden("FED-6.5", "the document was served by another origin than its id's")
    return inner


def _understand(document: Doc) -> tuple[str, str]:
    """(type, actor) of what can be read. Raises `Refused` kinds."""
    if "type" not in document and isinstance(document.get("links"), list):
        return JRD, _webfinger(document)
    named = types(document)
    for name in named:
        if name in VERBS:
            break
        if name in _OBJECTS:
            contexts.check(dict(document))
            return name, _OBJECTS[name](document)
    activity = parse(document)
    return next((name for name in named if name in VERBS), named[-1]), activity.actor


def _webfinger(document: Doc) -> str:
    """The actor of a WebFinger answer whose account and actor are at home with one another."""
    accounts = [document.get("subject"), *many(document.get("aliases"))[:MOST_ALIASES]]
    hosts = [
        ids.host(account.rpartition("@")[2])
        for account in accounts
        if isinstance(account, str) and account.startswith("acct:") and "@" in account
    ]
    links = [link for link in many(document.get("links")) if isinstance(link, Mapping)]
    at = [link.get("href") for link in links if link.get("rel") == "self" and _is_as2(link)]
    if not hosts or not at:
        raise Malformed("FED-6.20", "the WebFinger answer names no account or no actor")
    actor = url_id(at[0], "the actor")
    home = ids.origin(actor).host
    if not any(_neighbours(host, home) for host in hosts):
        raise Forbidden("FED-6.20", "the account's host has not said that this actor is its own")
    return actor


def _is_as2(link: Mapping[str, Any]) -> bool:
    said = link.get("type")
    return isinstance(said, str) and said.partition(";")[0].strip() in _SELF_TYPES


def _neighbours(host: str, home: str) -> bool:
    """Whether one host is the other or lies under it, as `social.example.org` under its domain."""
    return host == home or home.endswith(f".{host}") or host.endswith(f".{home}")


def _type(document: Doc) -> str | None:
    try:
        return types(document)[0]
    except Malformed:
        return None


def _actor(document: Doc) -> str | None:
    """Who the document says it is of, for the line of a refusal: nothing of it is believed."""
    said = document.get("actor") or document.get("attributedTo")
    if said is None and is_a(document, *ACTORS):
        said = document.get("id")
    found = said.get("id") if isinstance(said, Mapping) else said
    return found[: ids.LONGEST_ID] if isinstance(found, str) else None


def _read(file: str) -> bytes | str:
    """The file's bytes, one more than is allowed at most, or why it cannot be read."""
    try:
        with Path(file).open("rb") as opened:
            return opened.read(json.LARGEST_DOCUMENT_BYTES + 1)
    except OSError as failure:
        return f"the file cannot be read: {failure.strerror}"
    except ValueError:
        return "the file cannot be read: that is no name of a file"


def main(argv: list[str]) -> int:
    """`kith inspect [--json] FILE…`: 0 when every file could be read, whatever is in it; else 1."""
    options = Parser(
        prog="kith inspect", description="Say what this program makes of ActivityPub documents."
    )
    options.add_argument("--json", action="store_true", help="one JSON object a line")
    options.add_argument("files", nargs="+", metavar="FILE")
    wanted = options.parse_args(argv)
    unread, lines = 0, list[bytes]()
    for file in wanted.files:
        shown = file.encode("utf-8", "backslashreplace").decode("utf-8")
        data = _read(file)
        if isinstance(data, str):
            unread += 1
            finding = Finding(shown, refused=("FED-6.20", data))
        else:
            finding = inspect(shown, data)
        line = finding.json() if wanted.json else finding.line()
        lines.append(line.encode("utf-8", "backslashreplace") + b"\n")
    return put(b"".join(lines), 1 if unread else 0)

"""Pure: may this peer say this, now, here (spec FED-7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from node.errors import Forbidden, Malformed
from node.federation.addressing import audience, ids, touched
from node.wire.ids import LONGEST_ID, same_origin

# What a handler exists for. Everything else is answered 202 and dropped: a peer that speaks a
# newer dialect is not to try it for a week (FED-7.9).
KNOWN = frozenset(
    {
        "Follow", "Offer", "Accept", "Reject", "Undo", "Block", "Like", "Announce", "Create",
        "Update", "Delete", "Add", "Remove", "EmojiReact",
    }
)  # fmt: skip
# Said again, these are silence; all others go through their table again (FED-7.8).
ONCE = frozenset({"Create", "Announce"})


class Course(StrEnum):
    """What is done with an activity that may be said."""

    KEEP = "keep"  # stored, and applied by the worker
    REPEAT = "repeat"  # likewise, and applied again when it comes again
    DROP = "drop"  # 202, stored nowhere


@dataclass(frozen=True, slots=True)
class Said:
    """An activity as its words have it: the parts that the door looks at."""

    id: str
    type: str
    actor: str
    document: Mapping[str, object]

    @property
    def object(self) -> str:
        """The id of the object; empty when it has none."""
        found = ids(self.document.get("object"))
        return found[0] if found else ""

    @property
    def removes_actor(self) -> bool:
        """Whether this says that its own actor is gone."""
        return self.type == "Delete" and self.object == self.actor


@dataclass(frozen=True, slots=True)
class Standing:
    """What we hold of an actor and their host."""

    suspended: bool = False
    known: bool = False  # their document is here
    awaited: bool = False  # someone here follows them, asked to, or is their friend


def said(document: object) -> Said:
    """Read the outside of an activity. Raises `Malformed` (FED-7.2, FED-7.4)."""
    if not isinstance(document, Mapping):
        raise Malformed("FED-7.2", "the body is not one JSON object")
    kinds = document.get("type")
    kind = kinds[0] if isinstance(kinds, list) and kinds else kinds
    id = document.get("id")
    actors = ids(document.get("actor"))
    if not isinstance(kind, str) or not isinstance(id, str) or len(actors) != 1:
        raise Malformed("FED-7.2", "an activity has a type, an id and one actor")
    actor = actors[0]
    if len(id) > LONGEST_ID or len(actor) > LONGEST_ID:
        raise Malformed("FED-7.2", "an id of the activity is too long")
    if not same_origin(id, actor):
        raise Forbidden("FED-7.4", "the activity's id is of another origin than its actor")
    return Said(id, kind, actor, document)


def admit(said: Said, standing: Standing, origin: str, personal: bool) -> Course:
    """What to do with a proven activity. Raises `Forbidden` (FED-7.7).

    `personal`: it came to the inbox of one of ours, not to the shared one.
    """
    if standing.suspended:
        raise Forbidden("FED-7.7", "this node does not talk with that server or actor")
    if said.type not in KNOWN or not _concerns_us(said, standing, origin, personal):
        return Course.DROP
    return Course.KEEP if said.type in ONCE else Course.REPEAT


def _concerns_us(said: Said, standing: Standing, origin: str, personal: bool) -> bool:
    if personal or standing.awaited:
        return True
    if said.type in ("Delete", "Update") and standing.known:
        return True
    prefix = origin + "/"
    if any(id.startswith(prefix) for id in audience(said.document)):
        return True
    return touched(said.document, origin)

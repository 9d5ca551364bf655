"""How far words from outside are believed: a delivery, what it claims, and what was proven."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from node.federation.addressing import ids


class Delivery(Struct, frozen=True):
    """A request exactly as it came. Nothing in it is believed.

    `target` is path and query as received; header names are in lower case.
    """

    method: str
    target: str
    headers: Mapping[str, Sequence[str]]
    body: bytes = b""

    def __repr__(self) -> str:
        return f"Delivery({self.method} {self.target})"  # bodies are people's own


class UnprovenActivity(Struct, frozen=True):
    """An activity as its own words have it: the parts that the door looks at.

    `verb` is the one type of it that is an activity understood here; empty when there is none.
    `body` is the document as it came.
    """

    id: str
    verb: str
    actor: str
    document: Mapping[str, object]
    body: bytes

    @property
    def object(self) -> str:
        """The id of the object; empty when it has none."""
        found = ids(self.document.get("object"))
        return found[0] if found else ""

    @property
    def removes_actor(self) -> bool:
        """Whether this says that its own actor is gone."""
        return self.verb == "Delete" and self.object == self.actor


class ProvenActivity(UnprovenActivity, frozen=True):
    """An activity that its actor said: their key signed it, or their own server bears it out.

    `Receiver` alone makes one. Whatever keeps or applies what peers say takes no other.
    """

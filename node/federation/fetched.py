"""Pure: a post that was read from its own id, as what its author said (spec FED-6.5, VID-8.5)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeAlias

from node.errors import Forbidden, Malformed
from node.federation.activities import parse
from node.federation.activities.attribution import attributed
from node.federation.activities.reading import id_of, is_a, many
from node.federation.activities.shapes import CreateNote, CreateVideo

Said: TypeAlias = CreateNote | CreateVideo


def author_of(post: Mapping[str, Any]) -> str:
    """Whose post this is: of a video the person, not the channel beside them; else nothing."""
    named = many(post.get("attributedTo"))[:16]
    people = [member for member in named if not is_a(member, "Group")]
    found = (id_of(member, "attributedTo") for member in (*people, *named))
    return next(filter(None, found), "") or next(iter(attributed(post)), "")


def said_at(id: str, post: Mapping[str, Any], author: str, received: datetime) -> Said:
    """The Create by `author` of what stands at `id`. Raises `Refused`."""
    if post.get("id") != id or author not in attributed(post):
        raise Forbidden("FED-6.5", "what stands there is not what was named")
    create = {"@context": post.get("@context"), "type": "Create", "actor": author, "object": post}
    said = parse(create, received)
    if not isinstance(said, CreateNote | CreateVideo):
        raise Malformed("FED-6.1", "what stands there is no post")
    return said

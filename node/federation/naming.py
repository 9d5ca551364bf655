"""Pure: a post for friends, as it goes to one server that knows no friendship (spec INB-2.5).

Such a server shows a post only to those of its people who are named in it.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from node.federation.activities.posts import mention


def named_in(body: bytes, people: Sequence[str]) -> bytes:
    """The activity `body` with `people` in `cc`, and mentioned; what is no post stays as it is."""
    document = json.loads(body)
    post = document.get("object")
    if document.get("type") not in ("Create", "Update") or not isinstance(post, dict):
        return body
    document["cc"] = _with(document.get("cc"), people)
    name(post, people)
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


def name(post: dict[str, Any], people: Iterable[str]) -> None:
    """Name and mention `people` in a post of ours."""
    mentioned = {tag.get("href") for tag in post.get("tag", ()) if tag.get("type") == "Mention"}
    added = [mention(id) for id in people if id not in mentioned]
    post["cc"] = _with(post.get("cc"), people)
    post["tag"] = [*added, *post.get("tag", ())]


def _with(cc: object, people: Iterable[str]) -> list[str]:
    named = list(cc) if isinstance(cc, list) else []
    return list(dict.fromkeys([*named, *people]))

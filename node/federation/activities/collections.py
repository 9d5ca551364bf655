"""Pure: collections and their pages: what a peer lists, and what we list (spec FED-6.16)."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from node.errors import Malformed
from node.federation.activities.attribution import check_form
from node.federation.activities.reading import (
    Doc,
    id_of,
    is_a,
    many,
    maybe_url,
    number,
    one,
    types,
)
from node.wire import ids

PAGES = ("CollectionPage", "OrderedCollectionPage")
KINDS = ("Collection", "OrderedCollection", *PAGES)
MOST_ITEMS = 1000  # of one page; more are not looked at


class Collection(Struct, frozen=True):
    """A collection or one page of it. `items` are as they came: ids or objects, not believed.

    `first` is the first page as an object when it was enclosed. Absent ids are empty.
    """

    kind: str
    id: str
    total: int
    items: tuple[Any, ...]
    first: "Collection | None" = None
    first_id: str = ""
    next: str = ""
    prev: str = ""
    part_of: str = ""


def parse_collection(document: Doc) -> Collection:
    """Raises `Malformed` (FED-6.3, FED-6.16, FED-1.1)."""
    check_form(document)
    kind = next((name for name in types(document) if name in KINDS), "")
    if not kind:
        raise Malformed("FED-6.16", "the document is not a collection")
    id = id_of(document.get("id"), "the collection's id")
    if id:
        ids.origin(id)
    following, before = (maybe_url(document.get(name), name) for name in ("next", "prev"))
    if id and id in (following, before, maybe_url(document.get("first"), "first")):
        raise Malformed("FED-6.16", "a collection leads back to itself")
    items = _items(document, kind)
    if id and any(maybe_url(item, "an item") == id for item in items):
        raise Malformed("FED-6.16", "a collection holds itself")
    return Collection(
        kind,
        id,
        number(document, "totalItems"),
        items,
        _first(document.get("first")),
        maybe_url(document.get("first"), "first"),
        following,
        before,
        maybe_url(document.get("partOf"), "partOf"),
    )


def _items(document: Doc, kind: str) -> tuple[Any, ...]:
    ordered = kind.startswith("Ordered")
    wanted, other = ("orderedItems", "items") if ordered else ("items", "orderedItems")
    if document.get(wanted) is None and document.get(other) is not None:
        # Pages are served with either; a whole collection with the wrong one is none (AS2 §4.5).
        if kind not in PAGES:
            raise Malformed("FED-6.16", f"a {kind} has its items in `{wanted}`")
        wanted = other
    items = tuple(many(document.get(wanted))[:MOST_ITEMS])
    if not all(isinstance(item, str | Mapping) for item in items if item is not None):
        raise Malformed("FED-6.16", "a collection holds something that is no object and no id")
    return items


def _first(value: object) -> Collection | None:
    page = one(value, "the first page")
    if not isinstance(page, Mapping):
        return None
    if page.get("first") is not None:
        raise Malformed("FED-6.16", "the first page of a collection has a first page itself")
    if "type" in page and not is_a(page, *PAGES, "Link"):
        raise Malformed("FED-6.16", "the first page of a collection is not a page")
    return parse_collection(page) if is_a(page, *PAGES) else None


def render_collection(
    id: str, total: int | None, first: str = "", items: Sequence[Any] | None = None
) -> dict[str, Any]:
    """An `OrderedCollection`: with its `first` page's address, with all its items, or closed.

    `total` None: how many is not told.
    """
    document: dict[str, Any] = {"type": "OrderedCollection", "id": id}
    if total is not None:
        document["totalItems"] = total
    if first:
        document["first"] = first
    if items is not None:
        document["orderedItems"] = list(items)
    return document


def render_page(
    id: str, part_of: str, items: Sequence[Any], total: int | None, next: str = "", prev: str = ""
) -> dict[str, Any]:
    """One `OrderedCollectionPage`; `next` is empty on the last one, `total` None is not told."""
    document: dict[str, Any] = {"type": "OrderedCollectionPage", "id": id, "partOf": part_of}
    if total is not None:
        document["totalItems"] = total
    document["orderedItems"] = list(items)
    return document | {name: at for name, at in (("next", next), ("prev", prev)) if at}

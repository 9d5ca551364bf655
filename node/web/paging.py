"""The way through every list of the client API: a limit, a cursor, and a link to what follows.

No handler reads a cursor or writes a link by itself: it is handed a `Page`, and answers the items
and the cursors of its ends (spec API-5). The collections that other servers read have their own
`Paging`, in `web/activitypub/collections`.
"""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from yarl import URL

from node.errors import Malformed
from node.web.routes import Page, Reply
from node.wire.api.cursor import read_cursor, write_cursor
from node.wire.digits import whole

LARGEST_PAGE = 100
USUAL_PAGE = 40


def read_number(text: str, least: int, most: int) -> int | None:
    """A number of a query, in plain digits; None for anything else and what is out of bounds."""
    number = whole(text)
    return number if number is not None and least <= number <= most else None


def read_limit(query: Mapping[str, str]) -> int:
    """How many items a page may have: `limit`, 1 to 100, usually 40. Raises `Malformed` (5.1)."""
    number = read_number(query.get("limit", str(USUAL_PAGE)), 1, LARGEST_PAGE)
    if number is None:
        raise Malformed("API-5.1", f"limit must be a number from 1 to {LARGEST_PAGE}")
    return number


class ForwardPaging(Struct, frozen=True):
    """`limit` and `after`; the next page stands in a `Link` header (RFC 8288)."""

    @property
    def parameters(self) -> Mapping[str, Mapping[str, Any]]:
        limit = {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": USUAL_PAGE}
        says = "Where the last page ended, from its Link header."
        return {
            "limit": {"schema": limit},
            "after": {"description": says, "schema": {"type": "string"}},
        }

    def read(self, query: Mapping[str, str]) -> Page:
        """Raises `Malformed` (API-5.1, API-5.2)."""
        after = query.get("after")
        return Page(read_limit(query), None if after is None else read_cursor(after))

    def show(self, address: URL, reply: Reply) -> Reply:
        """A last page has no link."""
        if reply.after is None:
            return reply
        following = address.update_query(after=write_cursor(reply.after))
        return replace(reply, headers={**reply.headers, "Link": f'<{following}>; rel="next"'})

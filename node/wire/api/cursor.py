"""Pure: the opaque cursor of a page: an instant and an id, so that equal instants keep order."""

import base64
import binascii

from msgspec import Struct

from node.errors import Malformed


class Cursor(Struct, frozen=True):
    """The last item of a page: microseconds since 1970, and its id."""

    at: int
    id: str


def write_cursor(cursor: Cursor) -> str:
    """The cursor as it stands in an address. Readers must not look into it (API-5.2)."""
    raw = f"{cursor.at} {cursor.id}".encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def read_cursor(text: str) -> Cursor:
    """The inverse of `write_cursor`. Raises `Malformed` (API-5.2)."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
        at, _, id = raw.partition(" ")
        return Cursor(int(at), id)
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise Malformed("API-5.2", "after is not a cursor of this node") from None

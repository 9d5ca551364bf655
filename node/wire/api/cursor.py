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


def read_cursor(text: str, clause: str = "API-5.2") -> Cursor:
    """The inverse of `write_cursor`: takes what it writes and nothing else.

    Raises `Malformed` with the `clause`; also where the number has more than 63 bits, which no
    database counts in.
    """
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
        at, _, id = raw.partition(" ")
        cursor = Cursor(int(at), id)
    except (binascii.Error, UnicodeError, ValueError):
        raise no_cursor(clause) from None
    if not 0 <= cursor.at < 1 << 63 or "\0" in id or write_cursor(cursor) != text:
        raise no_cursor(clause)
    return cursor


def no_cursor(clause: str) -> Malformed:
    """The refusal of what is not a cursor of ours."""
    return Malformed(
        clause, "this is not the address of a page of this list: begin at its first page"
    )

"""Codes by which somebody who stands beside one becomes a friend at once (spec GRA-7).

A code is shown on a screen, as a QR code or a link, and goes back to its maker's node inside the
request of whoever scanned it: that is the maker's yes.
"""

import base64
import re
from datetime import datetime, timedelta
from hashlib import sha256

from node.errors import Malformed
from node.graph.friendship_unit import FriendshipUnit
from node.ports import Entropy

SECRET_BYTES = 20
GOOD_FOR = timedelta(minutes=10)  # it is for somebody who looks at the screen
_FORM = re.compile(r"[a-z2-7]{32}")


def new_code(entropy: Entropy) -> str:
    """160 bits, without look-alikes to read out."""
    return base64.b32encode(entropy.draw(SECRET_BYTES)).decode().lower()


def read_code(text: str) -> str:
    """A code as somebody handed it in; "" for none. Raises `Malformed` (GRA-7.1)."""
    if text and not _FORM.fullmatch(text):
        raise Malformed("GRA-7.1", "this is no code of a person: scan it again")
    return text


def digest_of(code: str) -> bytes:
    """What is kept of a code."""
    return sha256(b"friend code\0" + code.encode()).digest()


async def make_code(unit: FriendshipUnit, actor: str, code: str) -> datetime:
    """`code` befriends one person from now on, in the place of any earlier one; until when."""
    expires = unit.now + GOOD_FOR
    await unit.put_code(actor, digest_of(code), expires)
    return expires

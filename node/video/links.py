"""Pure: addresses at our own node by which one account is shown media of others (spec VID-9).

Such an address is its own proof: nothing is kept of it. It says for whom it was made, of what it is
and until when it holds, and ends with a code that only this node can make.
"""

import base64
import binascii
import hashlib
from datetime import UTC, datetime, timedelta
from hmac import compare_digest

import msgspec
from msgspec import Struct

from node.video.playing import absent

PATH = "/media/here/"
CODE_BYTES = 16
MARK_BYTES = 4
LONGEST = 300  # characters of an address, behind `PATH`
# Rounded, so that within a span the address of a file stays and a browser may keep what it got.
SPAN = timedelta(hours=3)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Link(Struct, frozen=True, array_like=True):
    """One file, for one account. `number` is the post's, or of a picture of somebody the actor's.

    `place` is that of the attachment; `mark` tells its address from one it had before.
    """

    account: str
    kind: str  # "file" | "poster" | "icon" | "header"
    number: int
    place: int
    spans: int  # since 1970, behind which it ends
    mark: bytes


class Links:
    """Makes and reads the addresses of one node."""

    def __init__(self, secret: bytes, media_origin: str = "") -> None:
        """`media_origin` is empty where it is the node's own: then a path says enough."""
        self._secret = secret
        self._at = media_origin + PATH

    def make(
        self, account: str, kind: str, number: int, place: int, url: str, now: datetime
    ) -> str:
        """Where `account` finds what lies at `url`; it holds for three to six hours."""
        spans = (now - _EPOCH) // SPAN + 2
        mark = hashlib.sha256(url.encode()).digest()[:MARK_BYTES]
        said = msgspec.msgpack.encode(Link(account, kind, number, place, spans, mark))
        return self._at + base64.urlsafe_b64encode(said + self._code(said)).rstrip(b"=").decode()

    def read(self, text: str, now: datetime) -> Link:
        """What the address is of. Raises `Missing` (VID-7.1) when it ended or was made up."""
        try:
            whole = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
            said, code = whole[:-CODE_BYTES], whole[-CODE_BYTES:]
            if not compare_digest(code, self._code(said)):
                raise absent()
            link = msgspec.msgpack.decode(said, type=Link)
        except (binascii.Error, ValueError, msgspec.DecodeError):
            raise absent() from None
        if now >= _EPOCH + link.spans * SPAN:
            raise absent()
        return link

    def _code(self, said: bytes) -> bytes:
        return hashlib.blake2b(said, key=self._secret, digest_size=CODE_BYTES).digest()

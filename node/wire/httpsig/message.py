"""Pure: what is signed and what a signature claims, before anything is proven (spec FED-4)."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from urllib.parse import quote

from msgspec import Struct

from node.errors import Malformed
from node.wire.ids import Origin, origin

# A second line of one of these is an attempt to show two readers two things.
SINGLE = frozenset(
    {
        "authorization", "content-digest", "content-length", "content-type", "date", "digest",
        "host", "signature", "signature-input",
    }
)  # fmt: skip

_TARGET = re.compile(r"[^:]+://[^/?#]+([^?#]*)(?:\?([^#]*))?(?:#.*)?", re.S)
_AS_IT_IS = "/%:@!$&'()*+,;=-._~"
_FOLDED = re.compile(r"[\r\n\0]").search


class Dialect(StrEnum):
    """The two ways to sign a request that are spoken here."""

    RFC9421 = "rfc9421"
    CAVAGE = "cavage"


class Message(Struct, frozen=True):
    """A request exactly as it came. Nothing in it is believed.

    `origin` is our configured public origin (`https://kith.example`), never taken from a header;
    `target` the raw path and query of the request line; header names are in lower case, each with
    its values in order.
    """

    method: str
    origin: str
    target: str
    headers: Mapping[str, Sequence[str]]
    body: bytes = b""

    def __repr__(self) -> str:
        return f"Message({self.method} {self.target})"  # bodies are people's own

    @property
    def authority(self) -> str:
        return self.origin.partition("://")[2]

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    def header(self, name: str) -> str | None:
        """The one value of the header `name`, lines joined by a comma; None when it is absent.

        `Malformed` (FED-4.2) for a line that is folded, and for two lines where one is allowed.
        """
        lines = self.headers.get(name)
        if not lines:
            return None
        if len(lines) == 1:
            value = lines[0].strip(" \t")
        elif name in SINGLE:
            raise Malformed("FED-4.2", f"the header {name} stands twice")
        else:
            value = ", ".join(line.strip(" \t") for line in lines)
        if not value.isprintable() and _FOLDED(value):
            raise Malformed("FED-4.2", f"the header {name} is folded or holds a NUL")
        return value


class Claim(Struct, frozen=True):
    """What a request's signature says about itself: parsed, complete, and unproven.

    `created` and `expires` are seconds since 1970. `bases` are the byte strings of which the
    signature must cover one: a single one, but for the query quirk of FED-4.9.
    """

    key_id: str
    dialect: Dialect
    algorithm: str | None
    covered: tuple[str, ...]
    created: int
    expires: int | None
    signature: bytes
    bases: tuple[bytes, ...]
    date: datetime | None = None
    nonce: str | None = None
    tag: str | None = None

    def __repr__(self) -> str:
        return f"Claim(key_id={self.key_id!r}, created={self.created})"


def signed_bytes(lines: list[str]) -> bytes:
    """Lines as they are signed: header values are UTF-8, what was no UTF-8 is as it came.

    Raises `Malformed` (FED-4.2) for text that no bytes can have been decoded to.
    """
    try:
        return "\n".join(lines).encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise Malformed("FED-4.2", "the request holds half of a surrogate pair") from None


def needs_digest(method: str, body: bytes) -> bool:
    """Whether a signature must cover the body: always, but for a GET or HEAD without one."""
    return bool(body) or method.upper() not in {"GET", "HEAD"}


@lru_cache(maxsize=4096)  # of an inbox it is asked for each delivery, and twice
def target_of(url: str) -> tuple[Origin, str]:
    """Where a request of ours goes, and its path and query exactly as they are to be sent.

    What is not ASCII is percent-encoded; what is percent-encoded stays as it is.
    Raises `Malformed` (FED-1.1, FED-1.2).
    """
    where = origin(url)
    found = _TARGET.fullmatch(url)
    path, query = (found[1], found[2]) if found else ("", None)
    target = quote(path or "/", safe=_AS_IT_IS)
    if query is not None:
        target += "?" + quote(query, safe=_AS_IT_IS + "?")
    return where, target

"""Pure: ids, their origins, and how a node mints its own (spec FED-1)."""

import base64
import ipaddress
import re
import unicodedata
from datetime import datetime
from functools import lru_cache
from uuid import UUID

import idna
from msgspec import Struct

from node.errors import Malformed
from node.wire.times import micros

LONGEST_ID = 2048  # characters; Mastodon's own limit for an URI it keeps
OPAQUE_BYTES = 10  # 80 bits: nobody meets another's by chance or by guessing
_DEFAULT_PORTS = {"https": 443, "http": 80}
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<authority>[^/?#\\\s]+)(?P<rest>[/?#][^\s\\]*)?", re.ASCII | re.I
)
_PORT = re.compile(r":(\d{1,5})$", re.ASCII)
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.ASCII)
_PLAIN_HOST = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z][a-z0-9]{0,62}", re.ASCII
)
_OBJECT = re.compile(
    r"/o/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.ASCII
)
_CONTROL = re.compile(
    r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
# Letters of these scripts pass for one another; no real name mixes them within a label.
_CONFUSABLE = {"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC"}


class Origin(Struct, frozen=True):
    """Who vouches for an id: scheme, host (lower case, A-labels) and port, nothing else."""

    scheme: str
    host: str
    port: int

    @property
    def authority(self) -> str:
        """`host`, with the port only when it is not the scheme's own."""
        if self.port == _DEFAULT_PORTS[self.scheme]:
            return self.host
        return f"{self.host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}"


@lru_cache(maxsize=4096)  # one request asks several times for the same few
def origin(id: str) -> Origin:
    """The origin of an absolute http(s) `id`. Raises `Malformed` (FED-1.1, FED-1.2)."""
    if len(id) > LONGEST_ID or _CONTROL.search(id):
        raise Malformed("FED-1.1", "the id is too long or holds a blank or a control character")
    found = _URL.fullmatch(id)
    if not found or "@" in found["authority"]:
        raise Malformed("FED-1.1", "the id is not an absolute http or https URL without user part")
    scheme, authority = found["scheme"].lower(), found["authority"]
    port = _PORT.search(authority)
    number = int(port[1]) if port else _DEFAULT_PORTS[scheme]
    if not 0 < number < 65536:
        raise Malformed("FED-1.1", "the id's port is not between 1 and 65535")
    return Origin(scheme, host(authority[: port.start()] if port else authority), number)


@lru_cache(maxsize=4096)
def covering(authority: str) -> tuple[str, ...]:
    """The names whose suspension covers `authority` (FED-7.7): its own, and those above it.

    `b.test:8443` is covered by itself, `b.test`, `test:8443` and `test`.
    """
    port = _PORT.search(authority)
    name = authority[: port.start()] if port else authority
    labels = name.split(".")
    names = [".".join(labels[at:]) for at in range(len(labels))]
    if name.startswith("[") or labels[-1].isdigit():
        names = [name]  # an address has nothing above it
    return tuple(f"{one}{port[0]}" for one in names if port) + tuple(names)


def same_origin(one: str, other: str) -> bool:
    """Whether both ids are http(s) URLs of one origin; False when either has none (FED-1.3)."""
    try:
        return origin(one) == origin(other)
    except Malformed:
        return False


@lru_cache(maxsize=4096)
def host(name: str) -> str:
    """A host name in the one form in which hosts are compared: lower case, A-labels.

    Raises `Malformed`: FED-1.1 when it is no host name, FED-1.2 when it is written to deceive.
    """
    plain = name.lower()
    if _PLAIN_HOST.fullmatch(plain) and "xn--" not in plain and len(plain) <= 253:
        return plain
    if name.startswith("["):
        return _address(name)
    if name.isascii() and "xn--" not in plain:
        return _ascii_host(plain)
    return _idna(name)


def _address(name: str) -> str:
    try:
        if "%" in name or not name.endswith("]"):
            raise ValueError
        return f"[{ipaddress.IPv6Address(name[1:-1]).compressed}]"
    except ValueError:
        raise Malformed("FED-1.1", "the host is not an IPv6 address") from None


def _ascii_host(name: str) -> str:
    labels = name.split(".")
    if labels[-1].isdigit() or labels[-1].startswith("0x"):
        # `2130706433` and `0x7f.1` are addresses to some resolvers: only the dotted form passes.
        try:
            return str(ipaddress.IPv4Address(name))
        except ValueError:
            raise Malformed("FED-1.1", "the host is a number but no IPv4 address") from None
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise Malformed("FED-1.1", "the host is not a host name")
    return name


def _idna(name: str) -> str:
    """IDNA 2008 after UTS 46 mapping. Mixed spellings and mixed scripts are refused (FED-1.2)."""
    if not name.isascii() and "xn--" in name.lower():
        raise Malformed("FED-1.2", "the host mixes Unicode labels with encoded ones")
    try:
        encoded = idna.encode(name, uts46=True, std3_rules=True).decode("ascii")
        shown = idna.decode(encoded)
    except (idna.IDNAError, UnicodeError, ValueError, IndexError):
        raise Malformed("FED-1.1", "the host is not a host name of IDNA 2008") from None
    if any(_mixes(label) for label in shown.split(".")):
        raise Malformed("FED-1.2", "a label of the host mixes scripts that look alike")
    return _ascii_host(encoded.lower())


def _mixes(label: str) -> bool:
    scripts = {unicodedata.name(letter, "?").split()[0] for letter in label}
    return len(scripts & _CONFUSABLE) > 1


def uuid7(now: datetime, entropy: bytes) -> UUID:
    """A UUID of version 7 (RFC 9562 §5.7): milliseconds of `now`, then 10 bytes of `entropy`."""
    assert len(entropy) == 10, "uuid7 takes ten bytes of entropy"
    chance = int.from_bytes(entropy, "big")
    milliseconds = micros(now) // 1000 & (1 << 48) - 1
    high, low = chance >> 68, chance & (1 << 62) - 1
    return UUID(int=milliseconds << 80 | 7 << 76 | high << 64 | 2 << 62 | low)


def urn_uuid4(entropy: bytes) -> str:
    """`urn:uuid:…` of version 4 from 16 bytes of `entropy`."""
    assert len(entropy) == 16, "a version 4 UUID takes sixteen bytes of entropy"
    return UUID(bytes=entropy, version=4).urn


def opaque(entropy: bytes) -> str:
    """The 16 lower-case letters and digits that name an actor, from `OPAQUE_BYTES` of chance."""
    assert len(entropy) == OPAQUE_BYTES, "an opaque name takes ten bytes of entropy"
    return base64.b32encode(entropy).decode("ascii").lower()


def actor_id(node: Origin | str, name: str) -> str:
    """`https://…/a/<opaque>`: never made from the account's name."""
    return f"{node}/a/{name}"


def is_object(id: str, node: str) -> bool:
    """Whether `id` has exactly the shape of those that this node gives its objects."""
    return id.startswith(node) and bool(_OBJECT.fullmatch(id, len(node)))

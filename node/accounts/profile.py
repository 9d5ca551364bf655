"""Pure: what people write about themselves and call their things (spec ACC-1.10, ACC-1.11)."""

import re
import unicodedata
from collections.abc import Iterable

from node.errors import Malformed
from node.federation.activities.reading import shown_url
from node.federation.profile_links import LONGEST_NAME, LONGEST_TEXT, ProfileLink
from node.wire.html import line

_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_LOCALE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}")
IDENTITY_KEY_BYTES = 32
MOST_LINKS = 4
LONGEST_DISPLAY_NAME, LONGEST_SUMMARY, LONGEST_REASON = 64, 1000, 1000  # characters


def read_text(text: str, longest: int, what: str) -> str:
    """A line or a paragraph that a person wrote. Raises `Malformed` (ACC-1.11)."""
    text = unicodedata.normalize("NFC", text.strip())
    if len(text) > longest or _CONTROL.search(text):
        raise Malformed(
            "ACC-1.11",
            f"{what} has at most {longest} characters and no control characters",
            longest=longest,
        )
    return text


def cleaned(text: str, longest: int) -> str:
    """As much of `text`, which a program sent, as `read_text` would take."""
    return _CONTROL.sub("", unicodedata.normalize("NFC", text)).strip()[:longest].strip()


def read_links(links: Iterable[tuple[str, str]]) -> tuple[ProfileLink, ...]:
    """What a person links to: names and addresses. Raises `Malformed` (PIC-3.5)."""
    found = tuple(_link(*one) for one in links)
    if len(found) > MOST_LINKS:
        raise Malformed("PIC-3.5", f"a profile has at most {MOST_LINKS} links", most=MOST_LINKS)
    return found


def _link(name: str, url: str) -> ProfileLink:
    name, url = line(name), url.strip()
    if not 1 <= len(name) <= LONGEST_NAME:
        raise Malformed("PIC-3.5", f"the name of a link has 1 to {LONGEST_NAME} characters")
    if not shown_url(url) or len(url) > LONGEST_TEXT:
        raise Malformed(
            "PIC-3.5",
            f"a link is an address that begins with https://, of at most {LONGEST_TEXT} characters",
        )
    return ProfileLink(name, url, url)


def read_locale(text: str) -> str:
    """A language tag, such as `de` or `pt-BR`. Raises `Malformed` (ACC-1.11)."""
    if not _LOCALE.fullmatch(text):
        raise Malformed("ACC-1.11", "write the locale as a language tag, such as de or pt-BR")
    return text


def read_identity_key(key: bytes | None) -> bytes | None:
    """The key that a device made. Raises `Malformed` (ACC-1.10)."""
    if key is not None and len(key) != IDENTITY_KEY_BYTES:
        raise Malformed("ACC-1.10", f"an identity key has {IDENTITY_KEY_BYTES} bytes")
    return key

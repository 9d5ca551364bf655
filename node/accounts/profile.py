"""Pure: what people write about themselves and call their things (spec ACC-1.10, ACC-1.11)."""

import re
import unicodedata

from node.errors import Malformed

_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_LOCALE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}")
IDENTITY_KEY_BYTES = 32
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

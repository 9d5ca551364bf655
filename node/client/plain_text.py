"""Pure: the words of HTML, a line per paragraph, where a message came as HTML only (spec E2E-7.1).

Its twin is `browser/device/plain_text.ts`; vectors of both are in `spec/vectors/said`.
"""

import re
from typing import Final

_NAME_ENDS: Final = r"(?![^ \t\n\r\f/>])"
_ATTRIBUTES: Final = r"""(?:[^>"']|"[^"]*(?:"|\Z)|'[^']*(?:'|\Z))*"""
# A comment; what goes with all that is in it (E2E-7.1); a tag with its name; or a character
# reference. What begins as a tag and has no end goes to the end of the text: each sign is read
# once.
_MARKUP: Final = re.compile(
    r"<!--[\s\S]*?(?:-->|\Z)"
    r"|<(script|style|template|iframe|object|svg|math|textarea)"
    rf"{_NAME_ENDS}{_ATTRIBUTES}>[\s\S]*?(?:</\1{_NAME_ENDS}[^>]*>|\Z)"
    rf"|<(?:[!?]|(/?[a-z][^ \t\n\r\f/>]*)){_ATTRIBUTES}(>|\Z)"
    r"|&(#[0-9]{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,6});",
    re.IGNORECASE | re.ASCII,
)
# The references that programs write; any other stays as it stands.
_NAMED: Final = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'", "nbsp": "\u00a0"}
_SPACE: Final = " \t\n\r\f"


def plain(html: str) -> str:
    """HTML as plain text."""
    words, last = list[str](), 0
    for found in _MARKUP.finditer(html):
        if before := html[last : found.start()]:
            words.append(before)
        last = found.end()
        _, tag, end, reference = found.groups()
        if end == "":
            words.append(found.group())
        elif reference:
            words.append(_referred(reference) or found.group())
        elif words and (tag or "").lower() in ("br", "p"):
            words.append("\n")
    return "".join([*words, html[last:]]).strip(_SPACE)


def _referred(reference: str) -> str:
    if not reference.startswith("#"):
        return _NAMED.get(reference, "")
    is_hex = reference[1] in "xX"
    code = int(reference[2:], 16) if is_hex else int(reference[1:])
    is_one = 0 < code <= 0x10FFFF and not 0xD800 <= code < 0xE000
    return chr(code) if is_one else "\ufffd"

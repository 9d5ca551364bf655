"""Pure: plain text to HTML and back, for what is written without markup (spec FED-6.9)."""

import html
import re
from collections.abc import Callable

_BREAK = re.compile(r"<br\s*/?>", re.I)
_PARAGRAPH = re.compile(r"</(?:p|div|li|h[1-6]|blockquote|pre)\s*>", re.I)
_TAG = re.compile(r"<[^<>]*>")
_BLANK_LINES = re.compile(r"\n{3,}")


def _escaped(text: str) -> str:
    return html.escape(text, quote=False)


def paragraphs(text: str, show: Callable[[str], str] = _escaped) -> str:
    """`text` as HTML: an empty line ends a paragraph, a line break is `<br>`, the rest is shown.

    `show` makes HTML of what has no empty line.
    """
    plain = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    parts = [part.strip("\n") for part in re.split(r"\n{2,}", plain)]
    shown = (show(part).replace("\n", "<br>") for part in parts if part)
    return "".join(f"<p>{part}</p>" for part in shown)


def plain(markup: str) -> str:
    """What a reader sees of cleaned HTML, without its markup. The opposite of `paragraphs`."""
    text = _PARAGRAPH.sub("\n\n", _BREAK.sub("\n", markup))
    text = html.unescape(_TAG.sub("", text))
    return _BLANK_LINES.sub("\n\n", text).strip()

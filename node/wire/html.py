"""Pure: HTML made harmless, and lines of text that show what they are (spec FED-2.7, FED-2.8).

The table of elements is that of Mastodon's posts, so that what peers write survives; pictures come
as attachments and never inside the text. The cleaner is ammonia (nh3), which parses as a browser
does; around it stand bounds, since its time grows with the square of the nesting.
"""

import html
import re
import unicodedata

import nh3

LONGEST = 262_144  # characters of HTML; what is longer is cut before it is cleaned
MOST_ELEMENTS = 4000  # so many nested lists cost 65 ms; ten times as many cost 9 s
MOST_REFERENCES = 20_000
MOST_MARKS = 4  # combining marks on one letter; more is a tower, not a language

_ELEMENTS = {
    "a", "b", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "i",
    "li", "ol", "p", "pre", "rp", "rt", "ruby", "s", "span", "strong", "sub", "sup", "u", "ul",
}  # fmt: skip
_WITH_CONTENT = {"iframe", "math", "noscript", "object", "script", "style", "svg", "template"}
_ATTRIBUTES = {"a": {"href", "hreflang"}, "ol": {"start", "reversed"}, "li": {"value"}}
_LANGUAGE = {"lang"}
_CLASSES = {
    "a": {"u-url", "mention", "hashtag"},
    "span": {"h-card", "invisible", "ellipsis"},
    "p": {"quote-inline"},
}
_CLEANER = nh3.Cleaner(
    tags=_ELEMENTS,
    clean_content_tags=_WITH_CONTENT,
    attributes=_ATTRIBUTES | {"*": _LANGUAGE},
    allowed_classes=_CLASSES,
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
    link_rel="nofollow noopener noreferrer",
)
_TAG = re.compile(r"<[^<>]*>")
_LONG_TAG = re.compile(r"<[^<>]{8192}")
# Embeddings, overrides and isolates; lone surrogates; noncharacters.
_HIDDEN = re.compile("[\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SPACES = re.compile(r"\s+")
# Joiners belong between letters of scripts that are joined, and in emoji; elsewhere they hide.
_STRAY_JOINER = re.compile("(?<![^\x00-\u036f])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\u036f])")
_JOINERS = "\u200c\u200d"
_PLAIN = re.compile(r"[ -~]*", re.ASCII)


def clean(markup: str) -> str:
    """`markup` with nothing but harmless elements. Never fails; cleaning twice changes nothing.

    HTML that is made to be costly is shown as the words that it holds.
    """
    markup = _CONTROL.sub("", _HIDDEN.sub("", markup[:LONGEST]))
    if _is_costly(markup):
        return html.escape(_TAG.sub("", markup), quote=False)
    # Once more: a reference such as `&#x202e;` has become a character only now.
    return _CONTROL.sub("", _HIDDEN.sub("", _CLEANER.clean(markup)))


def line(text: str) -> str:
    """A name or another single line: one line, no control, direction or zero-width characters.

    Blanks of any kind become one space. What remains may be empty.
    """
    if not _PLAIN.fullmatch(text):
        text = "".join(_visible(text))
        text = _STRAY_JOINER.sub("", text)
    return _SPACES.sub(" ", text).strip()


def _visible(text: str) -> list[str]:
    kept: list[str] = []
    marks = 0
    for letter in text:
        category = unicodedata.category(letter)
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if category in {"Cc", "Zl", "Zp", "Zs"}:
            kept.append(" ")
        elif marks <= MOST_MARKS and (category not in {"Cf", "Cs"} or letter in _JOINERS):
            kept.append(letter)
    return kept


def _is_costly(markup: str) -> bool:
    return (
        markup.count("<") > MOST_ELEMENTS
        or markup.count("&") > MOST_REFERENCES
        or bool(_LONG_TAG.search(markup))
    )

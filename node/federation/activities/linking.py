"""Pure: what a person types as HTML: addresses, #tags and @mentions are links (INB-4.7)."""

import re
from collections.abc import Iterator, Mapping
from html import escape, unescape
from urllib.parse import quote

from node.federation.activities.prose import paragraphs

LONGEST_TAG = 100  # characters
_FOUND = re.compile(
    r"(?P<url>https?://[\w\[][^\s<>\"]*)"
    r"|(?<![\w@/.])(?P<mention>@[\w~-]+(?:\.[\w~-]+)*"
    r"(?:@[\w-]+(?:\.[\w-]+)*(?::\d{1,5})?)?)(?![\w@])"
    r"|(?<![\w&/#])#(?P<tag>\w*[^\W\d_]\w*)",
    re.I,
)
_TRAILING = ".,;:!?'*_"
_BRACKETS = {")": "(", "]": "[", "}": "{"}
_HASHTAG = re.compile(r'<a href="([^"<>]*)"[^<>]*class="mention hashtag"[^<>]*>#(\w+)</a>')


def handles(text: str) -> Iterator[str]:
    """The mentions in `text`, as typed: `@name@domain`, or `@name` for somebody of this node."""
    for found in _FOUND.finditer(text):
        if found["mention"]:
            yield found["mention"]


def linked(text: str, author: str, people: Mapping[str, str]) -> str:
    """`text` of `author` as HTML. `people` are the actors who are mentioned, by their handles.

    Whoever is not among them stays plain text, and so does all that only looks like markup.
    """
    return paragraphs(text, lambda part: "".join(_pieces(part, author, people)))


def _pieces(text: str, author: str, people: Mapping[str, str]) -> Iterator[str]:
    end = 0
    for found in _FOUND.finditer(text):
        shown, link = found[0], ""
        if found["url"]:
            shown = _address(found["url"])
            link = _anchor(shown, shown)
        elif found["tag"] and len(found["tag"]) <= LONGEST_TAG:
            link = _anchor(f"{author}?tag={quote(found['tag'])}", shown, "mention hashtag")
        elif found["mention"] in people:
            link = _anchor(people[found["mention"]], shown, "u-url mention")
        if link:
            yield escape(text[end : found.start()], quote=False) + link
            end = found.start() + len(shown)
    yield escape(text[end:], quote=False)


def _anchor(href: str, shown: str, classes: str = "") -> str:
    kind = f' class="{classes}"' if classes else ""
    return f'<a href="{escape(href)}"{kind}>{escape(shown, quote=False)}</a>'


def _address(url: str) -> str:
    """Without the stop and the bracket that belong to the sentence around it."""
    while url[-1] in _TRAILING or _closes_more(url):
        url = url[:-1]
    return url


def _closes_more(url: str) -> bool:
    opening = _BRACKETS.get(url[-1])
    return opening is not None and url.count(url[-1]) > url.count(opening)


def hashtags(markup: str) -> list[tuple[str, str]]:
    """The tags that `linked` made in cleaned HTML: address and name, each once."""
    return list(
        dict.fromkeys((unescape(href), f"#{tag}") for href, tag in _HASHTAG.findall(markup))
    )

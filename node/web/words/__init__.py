"""What the pages say, in the language of who reads: the catalogues that the app speaks by too.

An entry is a sentence, or its forms by the plural rules of the language (CLDR).
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

HERE = Path(__file__).parent
PARTS = ("", "pages.")  # the app's own words, and those of pages alone
LANGUAGES: Final = ("en", "de", "es", "ar")
RIGHT_TO_LEFT = frozenset({"ar"})

Entry = str | Mapping[str, str]


@cache
def catalogue(language: str) -> Mapping[str, Entry]:
    """All that can be said in it; read when somebody of this language comes."""
    words: dict[str, Entry] = {}
    for part in PARTS:
        words |= json.loads((HERE / f"{part}{language}.json").read_text("utf-8"))
    return words


def chosen(accepted: str) -> str:
    """Of our languages the one that an `Accept-Language` header likes best; English, if none."""
    best, most = LANGUAGES[0], 0.0
    for one in accepted.split(","):
        tag, _, weight = one.partition(";")
        language = tag.strip()[:2].lower()
        try:
            liked = float(weight.strip().removeprefix("q=")) if weight else 1.0
        except ValueError:
            continue
        if language in LANGUAGES and most < liked <= 1:
            best, most = language, liked
    return best


def plural(language: str, count: int) -> str:
    """The form that a number wants (CLDR, cardinals)."""
    if language == "ar" and (count in (0, 2) or count % 100 >= 3):
        return {0: "zero", 2: "two"}.get(count) or ("few" if count % 100 <= 10 else "many")
    return "one" if count == 1 else "other"


class Speaker:
    """Says words in one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.direction = "rtl" if language in RIGHT_TO_LEFT else "ltr"
        self._words = catalogue(language)

    def knows(self, key: str) -> bool:
        """Whether there are words for it."""
        return key in self._words

    def say(self, key: str, **params: str | int) -> str:
        """The words under `key`, filled; names of others do not turn our sentence around."""
        entry = self._words[key]
        if not isinstance(entry, str):
            form = plural(self.language, int(params.get("count", 0)))
            entry = entry.get(form) or entry["other"]
        for name, value in params.items():
            shown = str(value) if isinstance(value, int) else f"\u2068{value}\u2069"
            entry = entry.replace(f"{{{name}}}", shown)
        return entry

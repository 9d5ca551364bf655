"""The words of the pages: one catalogue with the app, in the language of who reads."""

import json
import re
from pathlib import Path
from string import Formatter

import pytest

from node.web import words
from node.web.pages import site

TEMPLATES = sorted((Path(site.__file__).parent / "templates").glob("*.html"))
CODE = Path(site.__file__).read_text()


def places(entry: words.Entry) -> set[str]:
    forms = [entry] if isinstance(entry, str) else entry.values()
    return {name for form in forms for _, name, _, _ in Formatter().parse(form) if name}


@pytest.mark.clause("API-10.4")
@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("fr, es;q=0.5, de;q=0.7", "de"),
        ("AR", "ar"),
        ("fr-FR, *;q=0.1", "en"),
        ("de;q=0, es;q=0.1", "es"),
        ("de;q=x, es;q=nan, ar;q=7", "en"),
    ],
)
def test_the_language_is_the_one_that_is_liked_best(accepted: str, language: str) -> None:
    assert words.chosen(accepted) == language


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: file.stem)
def test_a_page_says_nothing_that_is_not_in_the_catalogue(file: Path) -> None:
    said = set(re.findall(r'say\("([^"]+)"', file.read_text()))
    assert said and said <= set(words.catalogue("en"))


def test_every_word_of_the_pages_is_said() -> None:
    pages = json.loads((words.HERE / "pages.en.json").read_text())
    text = CODE + "".join(file.read_text() for file in TEMPLATES)
    assert set(pages) <= set(re.findall(r'say\("([^"]+)"', text))


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_language_has_every_word_with_the_same_places(language: str) -> None:
    english, other = words.catalogue("en"), words.catalogue(language)
    assert set(other) == set(english)
    assert {key: places(one) for key, one in other.items()} == {
        key: places(one) for key, one in english.items()
    }


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("en", {0: "other", 1: "one", 2: "other", 101: "other"}),
        (
            "ar",
            {0: "zero", 1: "one", 2: "two", 3: "few", 10: "few", 11: "many", 99: "many",
             100: "other", 102: "other", 103: "few", 111: "many"},
        ),
    ],
)  # fmt: skip
def test_a_number_takes_the_form_of_its_language(language: str, forms: dict[int, str]) -> None:
    assert {count: words.plural(language, count) for count in forms} == forms


def test_a_name_does_not_turn_the_sentence_around() -> None:
    said = words.Speaker("ar").say("join.invites", name="Bob")
    assert "\u2068Bob\u2069" in said
    assert words.Speaker("de").say("page.likes", count=1) == "1 Mal „Gefällt mir“"

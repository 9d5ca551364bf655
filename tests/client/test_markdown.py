"""The small Markdown of sealed messages (spec E2E-7.2)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.client.markdown import html_of, is_marked, plain_html
from node.client.plain_text import plain

MARKED = {
    "a **b *c* d** e": "a <strong>b <em>c</em> d</strong> e",
    "snake_case _and_ this": "snake_case <em>and</em> this",
    "~~no~~ `a*b*c`": "<del>no</del> <code>a*b*c</code>",
    "> one\n>two\nthree": "<blockquote>one<br>two</blockquote>three",
    "see\n```\n1 < 2 *x*\n```\nso": "see<pre>1 &lt; 2 *x*</pre>so",
    "*a **b* c**": "<em>a **b</em> c**",
    "é**è**é": "é<strong>è</strong>é",
}
PLAIN = (
    "2*3*4", "a ** b ** c", "**never closed", "snake_case_name", "```\nopen", "****", "____", "``",
    "<b>tags</b> & all", "* a list\n* of two", "* *", "é*è*é", "",
)  # fmt: skip


@pytest.mark.clause("E2E-7.2")
@pytest.mark.parametrize("text", MARKED)
def test_what_is_marked(text: str) -> None:
    assert html_of(text) == MARKED[text] and is_marked(text)


@pytest.mark.clause("E2E-7.2")
@pytest.mark.parametrize("text", PLAIN)
def test_what_is_not(text: str) -> None:
    assert html_of(text) == plain_html(text) and not is_marked(text)


@pytest.mark.clause("E2E-7.2")
@given(st.text(alphabet="ab *_~`>\n<&", max_size=60))
def test_no_tag_is_there_that_is_not_closed_and_no_word_is_lost(text: str) -> None:
    html = html_of(text)
    for tag in ("strong", "em", "del", "code", "pre", "blockquote"):
        assert html.count(f"<{tag}>") == html.count(f"</{tag}>")
    letters = [sign for sign in text if sign in "ab"]
    assert [sign for sign in plain(html) if sign in "ab"] == letters


@pytest.mark.clause("E2E-7.2")
@pytest.mark.parametrize(
    "knot", ("**a", "`a", "``", "```\n", "> \n", "*_~~**", "a\n```\nb\n", "*a ")
)
def test_it_costs_no_more_than_its_length(knot: str) -> None:
    """A thousand times as many signs are a thousand times the work, not a million times."""
    import sys

    def steps(text: str) -> int:
        count = 0

        def trace(frame: object, event: str, _arg: object) -> object:
            nonlocal count
            count += 1
            return trace

        sys.settrace(trace)  # type: ignore[arg-type]
        html_of(text)
        sys.settrace(None)
        return count

    assert steps(knot * 2_000) < 30 * steps(knot * 100)


@pytest.mark.clause("E2E-7.1")
@pytest.mark.parametrize("knot", ("<style>", "<style '", "<a '", '<a "', "<!--", "<", "&#", "<p"))
def test_html_costs_no_more_than_its_length(knot: str) -> None:
    assert len(plain(knot * 50_000)) <= len(knot) * 50_000

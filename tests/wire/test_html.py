"""HTML and single lines: what is harmless stays, what hides or bites goes."""

import timeit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.wire.html import clean, line


@pytest.mark.clause("FED-2.7")
@pytest.mark.parametrize(
    "markup",
    [
        "<script>alert(1)</script>",
        "<style>p{}</style>",
        "<img src=x onerror=alert(1)>",
        "<svg onload=alert(1)><a xlink:href='javascript:x'>y</a></svg>",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
        "<iframe src='https://evil.test'></iframe>",
        "<form action='https://evil.test'><input name=password></form>",
        "<a href='javascript:alert(1)'>x</a>",
        "<a href='JaVa\tScRiPt:alert(1)'>x</a>",
        "<a href='data:text/html,x'>x</a>",
        "<a href='//evil.test'>x</a>",
        "<a href='/o/1'>x</a>",
        "<p style='position:fixed'>x</p>",
        "<p onclick=alert(1)>x</p>",
        "<p class='admin-banner' id='login'>x</p>",
        "<base href='https://evil.test'>",
        "<meta http-equiv=refresh content=0>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
        "<!--<img src=x onerror=alert(1)>-->",
        "<template><script>alert(1)</script></template>",
    ],
)
def test_what_bites_is_gone(markup: str) -> None:
    cleaned = clean(markup).lower()
    for word in (
        "script",
        "onerror",
        "onload",
        "onclick",
        "style=",
        "evil",
        "<img",
        "data:",
        "id=",
    ):
        assert word not in cleaned
    assert "class=" not in cleaned or 'class=""' in cleaned
    assert "href" not in cleaned


@pytest.mark.clause("FED-2.7")
def test_what_peers_write_survives() -> None:
    mention = (
        '<p><span class="h-card"><a href="https://b.test/@bob" class="u-url mention" '
        'rel="nofollow noopener noreferrer">@<span>bob</span></a></span> hi<br></p>'
    )
    assert clean(mention) == mention
    quote = '<blockquote lang="de"><ul><li>Ä &amp; 🎈</li></ul></blockquote>'
    quote += "<pre><code>x &lt; y</code></pre>"
    assert clean(quote) == quote
    assert 'rel="nofollow noopener noreferrer"' in clean("<a href=mailto:a@b.test>x</a>")


@given(st.text() | st.text(alphabet="<>/abpimgscriptstyle=\"'&#;x: \n\u202e\ud800", max_size=200))
def test_cleaning_never_fails_and_is_done_once(markup: str) -> None:
    cleaned = clean(markup)
    assert clean(cleaned) == cleaned
    cleaned.encode("utf-8")


@pytest.mark.clause("FED-2.7")
@pytest.mark.parametrize(
    "piece", ["<ul><li>", "<div>", "&", "&amp;", "<a b", "<", "<!--", "<b><p>", "x ", "<svg><math>"]
)
def test_costly_html_is_shown_as_words(piece: str) -> None:
    markup = piece * (1_000_000 // len(piece))
    assert timeit.timeit(lambda: clean(markup), number=1) < 2


@pytest.mark.clause("FED-2.7")
def test_a_tag_of_a_thousand_attributes_is_no_tag() -> None:
    markup = "<p " + " ".join(f"a{n}" for n in range(60_000)) + ">seen"
    assert timeit.timeit(lambda: clean(markup), number=1) < 1


@pytest.mark.clause("FED-2.8")
@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Alice", "Alice"),
        ("  Al\u200bi\ufeffce\n\tB ", "Alice B"),
        ("\u202eecila", "ecila"),
        ("a\u2066b\u2069\u200e", "ab"),
        ("al\u200dice\u200c", "alice"),
        ("\u0645\u06cc\u200c\u062e\u0648", "\u0645\u06cc\u200c\u062e\u0648"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("Z\u0351\u0352\u0353\u0354\u0355\u0356a", "Z\u0351\u0352\u0353\u0354a"),
        ("ห้องน้ำ", "ห้องน้ำ"),
        ("\ud800x\x00y", "x y"),
        ("\u3000", ""),
        ("", ""),
    ],
)
def test_a_line_shows_what_it_is(written: str, shown: str) -> None:
    assert line(written) == shown


@pytest.mark.clause("FED-2.8")
def test_html_turns_no_direction() -> None:
    for written in ("\u202ex\u2069", "&#x202e;x&#8297;", "<b>&#x202E;</b>x"):
        assert not set(clean(written)) & set(
            "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
        )


@given(st.text())
def test_a_line_of_anything(text: str) -> None:
    shown = line(text)
    assert shown == shown.strip() and "\n" not in shown
    assert line(shown) == shown

"""Write the vectors of what stands in messages: `.venv/bin/python -m tools.record_words [--check]`.

What the two devices read of a message, and what they make of small Markdown (spec E2E-7).
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from node.client import content
from node.client.markdown import html_of
from node.errors import Refused

FOLDER = Path(__file__).resolve().parents[1] / "spec" / "vectors" / "said"
MARKED = (
    "a **b *c* d** e", "snake_case _and_ this", "~~no~~ `a*b*c`", "> one\n>two\nthree",
    "see\n```\n1 < 2 *x*\n```\nso", "*a **b* c**", "é**è**é", "2*3*4", "a ** b ** c",
    "**never closed", "```\nopen", "****", "____", "_ _", "``", "`", "<b>tags</b> & \"all\"", "* a",
    "é*è*é", "", "\n\n", "> ", ">", "a\n> b\n\n> c", "```\n```", "***x***", "*_~~**", "**a\nb**",
    "👍*x* *👍*", "~~~~a~~~~", "a\n```\nb", "```\na\n```\n```", "__init__ and __a__",
)  # fmt: skip
OBJECT = {"id": "urn:m", "content": "<p>one</p><p>two &amp; <b>three</b></p>"}
AT = "2026-01-01T00:00:05.5Z"


def of(kind: str, object: Any, **more: Any) -> dict[str, Any]:
    return {"type": kind, "id": "urn:a", "object": object, **more}


SAID: tuple[Any, ...] = (
    {"type": "Note", **OBJECT},
    {"type": ["Object", "Note"], **OBJECT, "inReplyTo": "urn:r", "kith:author": "https://a.test/b"},
    {"type": "Note", **OBJECT, "inReplyTo": {"id": "urn:r"}, "updated": AT, "published": AT},
    {"type": "Note", "id": "urn:m", "content": "a<br>b", "updated": AT},
    {"type": "Note", "id": "urn:m", "source": {"content": "*x*", "mediaType": "text/markdown"}},
    {"type": "Note", "id": "urn:m", "source": {"content": "*x*", "mediaType": "text/plain"}},
    {"type": "Note", "id": "urn:m", "source": {"content": "x", "mediaType": "x"}, "content": "y"},
    {"type": "Note", "id": "urn:m", "content": "see", "attachment": [{"type": "Image"}]},
    {"type": "Note", "id": "urn:m", "content": "see", "attachment": []},
    {"type": "Image", "id": "urn:m", "name": "a cat"},
    {"type": "Create", "id": "urn:c", "object": {"type": "Note", "content": "its id is this"}},
    {"type": "Create", "id": "urn:c", "object": "urn:m"},
    {"type": "Create", "id": "urn:c", "object": {"type": "Note", "id": [], "content": "x"}},
    {"type": "Create", "id": "urn:c", "object": {"type": "Note", "id": {}, "content": "x"}},
    {"type": "Delete", "id": [], "object": "urn:m"}, {"type": "Delete", "id": 0, "object": "urn:m"},
    {"type": "constructor", "id": "urn:m", "content": "<constructor>x</constructor>"},
    *({"type": "Note", "id": "urn:m", "content": html} for html in (
        "<p>hello</p><style>hidden</style>", "a<style>x", "a<STYLE>x</style >b", "a<style",
        "<styles>x", "<a href='>'>x</a>", "a<style a='>'>x</styles>y</style>b",
        "a<\u017fcript>b", "<P>a<Br>b",
        "a<svg><p>in</p></svg>b", "a<script>1 < 2 && '</script>b", "a<!-- b", "a<b", "a<b 'c>d",
        "a<!doctype html>b<?php c?>d", "&eacute;&AMP;&amp;&#233;&#xe9;&#0;&#xd800;&#12x;&amp",
        "\ufeffa\ufeff", "\u0085a\u001c", "\u00a0a\u00a0", " \t\r\n\fa \f", "</p>a</br>b<br/>c<p",
        "<p><p>a<br><br>b", "a<textarea><br></textarea>", "<pre>a</pre>", "\u2028a", "<\u0130>a",
        "a<b\u00a0c>d", "a\n<p\n>b",
    )),
    *({"type": kind, "object": "urn:m"} for kind in sorted(content.QUIET)),
    of("Failure", ["urn:x", "urn:y", 5]),
    of("Like", "urn:m"), of("Like", {"id": "urn:m"}, content="🔥", published=AT),
    of("EmojiReact", "urn:m", content="👨‍👩‍👧‍👦"), of("Like", "urn:m", content=""),
    of("Like", "urn:m", content="two words"), of("Like", "urn:m", content="x" * 17),
    of("Like", "urn:m", content="a\u202eb"), of("Like", 5), of("Like", ["urn:m"]),
    of("Undo", of("Like", "urn:m", content="👍")), of("Undo", "urn:l"),
    of("Undo", of("Follow", "u")),
    of("Undo", {"id": "urn:l"}), of("Undo", {"type": "Like", "id": "urn:l"}),
    of("Update", {**OBJECT, "updated": AT}, published="2026-01-01T00:00:00Z"),
    of("Update", {**OBJECT, "attachment": [{"type": "Image"}]}),
    of("Update", {**OBJECT, "attachment": []}),
    of("Update", OBJECT, published=AT), of("Update", {"id": "urn:m"}), of("Update", "urn:m"),
    of("Delete", "urn:m"), of("Delete", {"id": "urn:m", "type": "Tombstone"}), of("Delete", {}),
    {"type": "Delete", "object": "urn:m"}, {"type": "Delete"}, {"type": "Tombstone", "id": "urn:m"},
    of("Announce", "https://a.test/p"), {"type": "Note"}, {"type": "Note", "id": ""}, [], "x", 5,
    {"type": "Note", "id": "é" * 512}, {"type": "Note", "id": "é" * 513}, {"id": "urn:m"},
    *(of("Like", "urn:m", published=when) for when in (
        "2026-01-01T00:00:00Z", "2026-01-01t01:00:00.1234567+01:00", "2026-01-01 00:00:00-00:30",
        "2026-02-30T00:00:00Z", "2024-02-29T23:59:59.000001Z", "1969-12-31T23:59:59Z",
        "9999-12-31T23:59:59Z", "2255-06-05T23:47:34.740991Z", "2255-06-05T23:47:34.740992Z",
        "2026-01-01T24:00:00Z", "2026-01-01T00:00:60Z", "2026-01-01T00:00:00",
        "0000-01-01T00:00:00Z",
        "2026-13-01T00:00:00Z", "2026-01-01T00:00:00+99:99",
        "\u0662\u0660\u0662\u0666-01-01T00:00:00Z",
        "", 5, None,
    )),
)  # fmt: skip


def read(document: Any) -> dict[str, Any]:
    data = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    try:
        found = asdict(content.read(data.encode()))
    except Refused as error:
        return {"said": data, "refused": error.clause}
    return {"said": data, "reads": found | {"about": list(found["about"])}}


def pages() -> dict[str, str]:
    """The files, by name."""
    marked = [{"text": text, "html": html_of(text)} for text in MARKED]
    made = {"markdown.json": marked, "content.json": [read(one) for one in SAID]}
    return {
        name: "[\n" + ",\n".join(json.dumps(each, ensure_ascii=False) for each in page) + "\n]\n"
        for name, page in made.items()
    }


def main() -> int:
    made = pages()
    stale = [name for name, text in made.items() if not _is_there(name, text)]
    if "--check" in sys.argv:
        print("stale:", stale)
        return len(stale)
    for name in stale:
        (FOLDER / name).write_text(made[name])
    return 0


def _is_there(name: str, text: str) -> bool:
    path = FOLDER / name
    return path.exists() and path.read_text() == text


if __name__ == "__main__":
    sys.exit(main())

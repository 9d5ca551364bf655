"""A post that somebody shared is listed with who did so."""

from types import SimpleNamespace
from typing import Any

import pytest

from node.client.cli import posts
from node.testing.fakes import NEW_YEAR
from node.wire.api.inbox import Person, Post


@pytest.mark.clause("INB-12.1")
@pytest.mark.parametrize("handle", ["@eve@tube.test", ""])
def test_the_feed_names_who_shared_it(handle: str) -> None:
    said: list[str] = []
    context: Any = SimpleNamespace(out=SimpleNamespace(say=lambda words, *_: said.append(words)))
    eve = Person(id="https://tube.test/a/eve", handle=handle, display_name="Eve")
    finn = Person(id="f", handle="@finn@third.test", display_name="Finn")
    post = Post(
        id="p", number="1", kind="note", author=finn, content="<p>hi</p>", published=NEW_YEAR,
        shared_by=eve, shared=NEW_YEAR,
    )  # fmt: skip
    posts._show(context, post, 1)
    assert said[0].split()[:2] == ["1", "@finn@third.test"]
    assert said[1].strip() == f"shared by {handle or eve.id}"

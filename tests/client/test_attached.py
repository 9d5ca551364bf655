"""The files of messages as they are read: whatever a friend writes there (spec ATT-2)."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from node.client import attached, content
from node.client.attached import Attachment
from node.client.cli import said
from node.client.kith import Message
from node.client.rows import MessageRow

FOLDER = Path(__file__).resolve().parents[2] / "spec" / "vectors" / "attachments"
VECTORS: dict[str, Any] = json.loads((FOLDER / "messages.json").read_text())


def shown(file: Attachment) -> dict[str, Any]:
    return {
        "kind": file.kind,
        "shown_as": file.shown_as,
        "media_type": file.media_type,
        "name": file.name,
        "size": file.size,
        "href": list(file.blob.href) if file.blob else [],
        "inline": base64.b64encode(file.inline).decode(),
        "width": file.width,
        "height": file.height,
        "milliseconds": file.milliseconds,
        "poster": file.poster_type,
    }


@pytest.mark.clause("ATT-2.1", "ATT-2.2", "ATT-2.3", "ATT-2.4", "ATT-2.5", "ATT-2.6")
@pytest.mark.parametrize("case", VECTORS["read"], ids=lambda case: case["shows"])
def test_messages_are_read(case: dict[str, Any]) -> None:
    found = attached.files_in(case["raw"])
    assert [shown(one) for one in found.those] == case["files"]
    assert found.all == case["all"]
    for one in found.those:
        assert one.name and not one.name.startswith(".") and "/" not in one.name
        assert len(one.name) <= attached.LONGEST_NAME
        assert len(one.name.encode()) <= attached.LONGEST_NAME_BYTES
        assert one.poster is None or one.poster.size <= attached.LARGEST_POSTER


@pytest.mark.clause("ATT-2.1", "ATT-2.2")
@pytest.mark.parametrize("case", VECTORS["said"])
def test_what_is_read_is_written_again(case: dict[str, Any]) -> None:
    assert attached.raw_of(attached.files_in(case["raw"]).those) == case["raw"]


def test_nothing_but_words_has_no_files() -> None:
    assert attached.files_in("") == attached.Files()
    assert not attached.files_in("{").all
    assert not attached.files_in('"\ud800"').all


@pytest.mark.clause("ATT-2.3")
@pytest.mark.parametrize("case", VECTORS["read"], ids=lambda case: case["shows"])
def test_no_change_by_a_friend_breaks_the_conversation(case: dict[str, Any]) -> None:
    """Whatever came is kept as it is, and read each time that its message is shown."""
    row = MessageRow(id="urn:x", actor="https://a.test/b", text="", at=0, number=1, raw=case["raw"])
    words = said.words(row)
    words.encode()
    shown = said.as_json(Message("group", row), {})
    json.dumps(shown["files"])
    content.files_beside(row.raw)


@pytest.mark.parametrize("one", ["\udcff.txt", "\ud83d", "a\udcffb"])
def test_halves_of_characters_are_in_no_name(one: str) -> None:
    attached.name_of(one).encode()
    assert "\ud800" not in attached.name_of(one + "\ud800")

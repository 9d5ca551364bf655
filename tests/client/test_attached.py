"""The files of messages as they are read: whatever a friend writes there (spec ATT-2)."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from node.client import attached
from node.client.attached import Attachment

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


@pytest.mark.clause("ATT-2.1", "ATT-2.2")
@pytest.mark.parametrize("case", VECTORS["said"])
def test_what_is_read_is_written_again(case: dict[str, Any]) -> None:
    assert attached.raw_of(attached.files_in(case["raw"]).those) == case["raw"]


def test_nothing_but_words_has_no_files() -> None:
    assert attached.files_in("") == attached.Files()
    assert not attached.files_in("{").all
    assert not attached.files_in('"\ud800"').all

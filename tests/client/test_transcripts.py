"""The transcripts of devices: each line comes out again, byte for byte, also after restarts."""

import pytest

from tests.client.transcripts import FOLDER, Line, replay
from tools.record_device import pages

TRANSCRIPTS = sorted(path.name for path in FOLDER.glob("*.jsonl"))


def test_there_are_transcripts() -> None:
    assert len(TRANSCRIPTS) >= 20


@pytest.mark.clause("DEV-2.1", "DEV-2.4", "DEV-7.1")
@pytest.mark.parametrize("restarts", [False, True], ids=["running", "restarted"])
@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_a_device_does_the_same_again(name: str, restarts: bool) -> None:
    for number, (line, now) in enumerate(replay((FOLDER / name).read_text(), restarts), 1):
        place = f"{name}:{number}: {line['do']}"
        assert now["gives"] == line["gives"], place
        assert now["rows"] == line["rows"], place
        assert now == line, place


def test_the_files_are_what_the_scenarios_say() -> None:
    assert pages() == {name: (FOLDER / name).read_text() for name in TRANSCRIPTS}


def test_another_chance_is_noticed() -> None:
    first, second, *_ = (FOLDER / "first-contact.alice.jsonl").read_text().splitlines()
    draw = '"draws":["'
    changed = second.replace(draw + second.split(draw)[1][:2], draw + "00", 1)
    assert changed != second
    lines: list[tuple[Line, Line]] = list(replay(f"{first}\n{changed}\n", False))
    assert lines[1][0] != lines[1][1]

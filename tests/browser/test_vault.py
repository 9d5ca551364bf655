"""The vault of a device in a browser: what IndexedDB keeps, and what a person is told of loss."""

import base64
import json
from typing import Any

import pytest

from node.client.seals import KEY_BYTES
from tests.browser.chromium import Worker
from tests.client.transcripts import FOLDER

pytestmark = pytest.mark.slow
NAME = "alice"
MEBIBYTE = 1 << 20


async def _stepped(device: Worker, *steps: dict[str, str | None]) -> None:
    assert await device.vault("create", name=NAME) == 0
    for count, changes in enumerate(steps, 1):
        assert await device.vault("step", changes=changes) == count


async def _again(device: Worker) -> Any:
    """What a vault that is opened anew holds, after its worker was killed; or why it has none."""
    await device.kill()
    opened = await device.vault("wait", name=NAME)
    return await device.vault("read") if isinstance(opened, int) else opened


SCENARIOS = sorted({path.name.partition(".")[0] for path in FOLDER.glob("*.jsonl")})


def _sides(scenario: str) -> list[list[dict[str, Any]]]:
    paths = sorted(FOLDER.glob(f"{scenario}.*.jsonl"))
    return [[json.loads(line) for line in path.read_text().splitlines()] for path in paths]


@pytest.mark.clause("DEV-7.1")
@pytest.mark.clause("E2E-6.7")
@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_a_device_killed_after_every_write_goes_on(device: Worker, scenario: str) -> None:
    for side, lines in enumerate(_sides(scenario)):
        # By its side: somebody may have two devices in one scenario.
        actor, name = lines[0]["actor"], f"side {side}"
        assert await device.vault("create", name=name) == 0
        for line in lines:
            assert await device.line(line, actor) == line, line["do"]
            # What was only asked leaves the store as it was when the last one was killed.
            is_new = line["rows"] or line["do"] == "next"
            if is_new and not line.get("remembers"):
                await device.kill()
                assert isinstance(await device.vault("wait", name=name), int)
        await device.kill()


@pytest.mark.clause("E2E-6.7")
@pytest.mark.clause("E2E-6.14")
async def test_a_worker_killed_amid_a_step_leaves_it_whole_or_undone(device: Worker) -> None:
    await _stepped(device)
    for round in range(12):
        before = await device.vault("fill", rows=20, bytes=4096, answers=True)
        await device.vault("fill", rows=20, bytes=4096, answers=round % 2 == 0)
        values = {value.strip() for value in (await _again(device)).values()}
        assert len(values) == 1, "some rows of one step, some of another"
        assert int(values.pop()) in {before, before + 1}


@pytest.mark.clause("E2E-6.11")
async def test_neither_names_nor_values_stand_in_clear(device: Worker) -> None:
    await _stepped(device, {"handle/@bob@there": "hello Bob"})
    stores = await device.vault("dump", name=NAME)
    kept = json.dumps(stores)
    seen = b"".join(
        base64.b64decode(value["bytes"]) for _, value in [*stores["names"], *stores["rows"]]
    )
    assert len(stores["names"]) == len(stores["rows"]) == 1
    for word in ("bob", "hello", "handle"):
        assert word not in kept.lower() and word.encode() not in seen.lower()
    wrap = dict(map(tuple, stores["header"]))["wrap"]
    assert wrap["key"] == {"key": False}, "the key that wraps the root can be taken out"
    assert len(base64.b64decode(wrap["sealed"]["bytes"])) == KEY_BYTES + 16


@pytest.mark.clause("E2E-6.2")
@pytest.mark.clause("E2E-6.8")
@pytest.mark.clause("E2E-6.11")
async def test_a_passphrase_opens_what_it_closed(device: Worker) -> None:
    refused = await device.vault("create", name=NAME, passphrase="")
    assert refused["clause"] == "E2E-6.8"
    assert (await device.vault("open", name=NAME))["clause"] == "E2E-6.15"
    await device.vault("create", name=NAME, passphrase="correct horse")
    await device.vault("step", changes={"a": "1"})
    await device.vault("close")
    kept = await device.vault("dump", name=NAME)
    for other in ({}, {"passphrase": "wrong horse"}):
        assert (await device.vault("open", name=NAME, **other))["clause"] == "E2E-6.2"
    assert await device.vault("dump", name=NAME) == kept
    assert await device.vault("open", name=NAME, passphrase="correct horse") == 1
    assert await device.vault("read") == {"a": "1"}


@pytest.mark.clause("E2E-6.4")
@pytest.mark.clause("E2E-6.15")
async def test_making_one_replaces_none_and_opening_makes_none(device: Worker) -> None:
    for _ in range(2):
        absent = await device.vault("open", name=NAME)
        assert (absent["is"], absent["clause"]) == ("Missing", "E2E-6.15")
        assert "log in" in absent["words"]
    await _stepped(device, {"a": "1"})
    await device.vault("close")
    assert (await device.vault("create", name=NAME))["clause"] == "E2E-6.4"
    assert await device.vault("open", name=NAME) == 1
    assert await device.vault("read") == {"a": "1"}


@pytest.mark.clause("E2E-6.12")
async def test_a_second_tab_is_kept_out_until_the_first_ends(device: Worker) -> None:
    await _stepped(device, {"a": "1"})
    other = await device.beside()
    for deed in ("open", "create", "remove"):
        refused = await other.vault(deed, name=NAME)
        assert (refused["is"], refused["clause"]) == ("Conflict", "E2E-6.12"), deed
    assert await device.vault("step", changes={"a": "2"}) == 2
    await device.kill()
    assert await other.vault("wait", name=NAME) == 2
    assert await other.vault("read") == {"a": "2"}
    assert (await device.vault("open", name=NAME))["clause"] == "E2E-6.12"


@pytest.mark.clause("E2E-6.12")
async def test_a_step_over_another_count_changes_nothing(device: Worker) -> None:
    await _stepped(device, {"a": "1"})
    former = await device.vault("dump", name=NAME)
    await device.vault("step", changes={"b": "2"})
    await device.vault("load", name=NAME, stores=former)
    told = await device.vault("step", changes={"c": "3"})
    assert told["is"] == "Broken" and "another program" in told["words"]
    assert await device.vault("dump", name=NAME) == former
    assert await _again(device) == {"a": "1"}


@pytest.mark.clause("E2E-6.13")
@pytest.mark.parametrize("part", ["names", "rows", "names and rows", "header"])
async def test_what_was_put_back_in_part_is_noticed(device: Worker, part: str) -> None:
    await _stepped(device, {"a": "1", "b": "1"})
    former = await device.vault("dump", name=NAME)
    await device.vault("step", changes={"a": "2"})
    await device.vault("load", name=NAME, stores={one: former[one] for one in part.split(" and ")})
    await device.kill()
    opened = await device.vault("wait", name=NAME)
    told = await device.vault("read") if isinstance(opened, int) else opened
    assert told["is"] == "Broken" and "in part" in told["words"]


@pytest.mark.clause("E2E-6.13")
@pytest.mark.parametrize("store", ["names", "rows"])
@pytest.mark.parametrize("how", ["gone", "exchanged", "altered"])
async def test_what_was_altered_is_noticed(device: Worker, store: str, how: str) -> None:
    await _stepped(device, {"a": "1", "b": "2"})
    entries = (await device.vault("dump", name=NAME))[store]
    (_, first), (_, second) = entries
    altered = bytearray(base64.b64decode(first["bytes"]))
    altered[-1] ^= 1
    changed = {
        "gone": entries[1:],
        "exchanged": [[0, second], [1, first]],
        "altered": [[0, {"bytes": base64.b64encode(altered).decode()}], entries[1]],
    }[how]
    await device.vault("load", name=NAME, stores={store: changed})
    told = await _again(device)
    assert told["is"] == "Broken" and "in part" in told["words"]


@pytest.mark.clause("E2E-6.14")
async def test_no_room_changes_nothing_and_is_told(device: Worker) -> None:
    # First of all: Chromium asks how much room there is now and then, not each time.
    await device.limit(MEBIBYTE)
    await _stepped(device, {"a": "1"})
    told = await device.vault("fill", rows=1, bytes=8 * MEBIBYTE, answers=True)
    assert told["is"] == "NoRoom" and "no room" in told["words"]
    assert await device.vault("read") == {"a": "1"}
    await device.limit(None)
    assert await device.vault("step", changes={"a": "2"}) == 2
    assert await _again(device) == {"a": "2"}


@pytest.mark.clause("E2E-6.15")
async def test_a_store_that_the_browser_cleared_is_told(device: Worker) -> None:
    await _stepped(device, {"a": "1"})
    await device.clear()
    for _ in range(2):
        told = await device.vault("step", changes={"a": "2"})
        assert told["is"] == "Broken" and "cleared" in told["words"]
    told = await _again(device)
    assert (told["is"], told["clause"]) == ("Missing", "E2E-6.15")


@pytest.mark.clause("E2E-6.16")
async def test_what_was_removed_is_in_no_store(device: Worker) -> None:
    await _stepped(device, {"a": "1", "b": "2"})
    before = await device.vault("dump", name=NAME)
    await device.vault("step", changes={"a": None, "b": "3", "c": None})
    after = await device.vault("dump", name=NAME)
    for store in ("names", "rows"):
        assert [number for number, _ in after[store]] == [1]
        assert not {value["bytes"] for _, value in before[store]} & {
            value["bytes"] for _, value in after[store]
        }
    assert await device.vault("step", changes={"d": "4"}) == 3
    assert await _again(device) == {"b": "3", "d": "4"}
    await device.vault("close")
    await device.vault("remove", name=NAME)
    assert (await device.vault("open", name=NAME))["clause"] == "E2E-6.15"

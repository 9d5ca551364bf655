"""The library does in Chromium what it does in Node: another WebCrypto, the same verdicts."""

import json

import pytest

from tests.browser.chromium import Worker
from tests.client.transcripts import FOLDER
from tests.e2ee.mls.replay import shelves


@pytest.mark.slow
async def test_the_whole_corpus_has_the_same_verdicts(device: Worker) -> None:
    for path in shelves():
        assert await device.ask(shelf=json.loads(path.read_text())) == [], path.stem


@pytest.mark.slow
@pytest.mark.clause("DEV-7.1")
async def test_every_transcript_comes_out_again(device: Worker) -> None:
    for path in sorted(FOLDER.glob("*.jsonl")):
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        assert await device.ask(lines=lines) == lines, path.stem


@pytest.mark.slow
@pytest.mark.parametrize("suite", [1, 3])
async def test_a_group_of_forty_works(device: Worker, suite: int) -> None:
    took = await device.ask(suite=suite, members=40)
    assert set(took) == {"add", "merge", "join", "seal", "open", "commit", "receive"}

"""A locked dependency that has a known hole fails the check; who cannot be asked is named."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tools import audit

ROOT = Path(__file__).resolve().parents[1]
FINE = {"name": "msgspec", "version": "0.19", "vulns": []}
HOLE = {"id": "PYSEC-2026-1", "fix_versions": ["3.14.6"], "aliases": [], "description": "long"}
OPEN = {"name": "aiohttp", "version": "3.14.5", "vulns": [HOLE]}
UNKNOWN = {"name": "kith-own", "skip_reason": "Dependency not found on the index"}


def judged(*dependencies: dict[str, Any]) -> audit.Verdict:
    said = json.dumps({"dependencies": dependencies, "fixes": []}).encode()
    return audit.judge("a.lock", said, "")


def test_a_known_hole_fails_with_what_to_take_instead() -> None:
    found = judged(FINE, OPEN, UNKNOWN)
    assert found.failed
    assert found.words == (
        "a.lock: aiohttp 3.14.5 has a known hole, PYSEC-2026-1: take 3.14.6 "
        "(pyproject.toml, make lock)"
    )
    unmended = {**OPEN, "vulns": [{"id": "PYSEC-2026-2", "fix_versions": []}]}
    found = judged(unmended)
    assert found.failed and "no fix is out yet" in found.words


def test_what_could_not_be_asked_is_never_called_free_of_holes() -> None:
    assert judged(FINE) == audit.Verdict("a.lock: no known hole in 1 packages")
    assert "nothing is told of 1" in judged(FINE, UNKNOWN).words
    found = judged(UNKNOWN, UNKNOWN)
    assert not found.failed and "not audited" in found.words
    found = audit.judge("a.lock", b"", "Traceback\nConnectionError: no route to host\n")
    assert not found.failed and "no route to host" in found.words
    assert "it said nothing" in audit.judge("a.lock", b"", "").words


def test_an_index_that_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(command: list[str], **given: Any) -> None:
        raise subprocess.TimeoutExpired(command, given["timeout"])

    monkeypatch.setattr(subprocess, "run", silent)
    found = audit.audit("a.lock")
    assert not found.failed and "did not answer" in found.words


def test_the_check_asks_about_every_lock() -> None:
    assert "-m tools.audit" in (ROOT / "Makefile").read_text().partition("\ncheck:")[2]
    assert set(audit.LOCKS) == {path.name for path in ROOT.glob("requirements*.lock")}

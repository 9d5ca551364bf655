"""Every contract bites: each is broken on purpose in a copy of the tree, and is seen to fail."""

import os
import shutil
import subprocess
import sys
import tomllib
from itertools import pairwise, permutations, zip_longest
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
SETTINGS: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
CONTRACTS = {one["id"]: one for one in SETTINGS["importlinter"]["contracts"]}
BANNED = sorted(SETTINGS["ruff"]["lint"]["flake8-tidy-imports"]["banned-api"])
FLOORS = CONTRACTS["floors"]["layers"]

UPWARD = [
    (lower.strip("()").split(" | ")[0], higher.strip("()").split(" | ")[0])
    for higher, lower in pairwise(FLOORS)
]
BESIDE = [(one, other) for floor in FLOORS for one, other in pairwise(floor.split(" | "))]
# (contract, the page that breaks it, what the page imports)
BREACHES = [
    *[("floors", f"{one}", f"node.{other}") for one, other in [*UPWARD, *BESIDE]],
    *[
        ("pure", room.removeprefix("node."), world)
        # Each room with one of the forbidden, each of the forbidden with a room.
        for room, world in zip_longest(
            CONTRACTS["pure"]["source_modules"],
            CONTRACTS["pure"]["forbidden_modules"],
            fillvalue=CONTRACTS["pure"]["forbidden_modules"][0],
        )
    ],
    *[
        ("surfaces", one.removeprefix("node."), other)
        for one, other in permutations(CONTRACTS["surfaces"]["modules"], 2)
    ],
    *[("device", "client", room) for room in CONTRACTS["device"]["forbidden_modules"]],
    *[
        ("sealed", page.removeprefix("node."), secret)
        for page in CONTRACTS["sealed"]["source_modules"]
        for secret in CONTRACTS["sealed"]["forbidden_modules"]
    ],
]


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("harness")
    shutil.copytree(ROOT / "node", copy / "node", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    return copy


def verdict(harness: Path, contract: str) -> str:
    """What import-linter says of one contract in `harness`."""
    said = subprocess.run(
        [BIN / "lint-imports", "--no-cache", "--contract", contract],
        cwd=harness,
        env={**os.environ, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (said.returncode == 0) == ("0 broken" in said.stdout), said.stdout + said.stderr
    return said.stdout


def page_of(harness: Path, room: str) -> Path:
    """The page of `room` (a page, or a folder's own) in the copy."""
    path = harness / "node" / room.replace(".", "/")
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


@pytest.mark.parametrize("contract", CONTRACTS)
def test_a_breach_of_a_contract_is_seen(harness: Path, contract: str) -> None:
    assert "0 broken" in verdict(harness, contract)
    breaches = [(room, what) for id, room, what in BREACHES if id == contract]
    whole = {room: page_of(harness, room).read_text() for room, _ in breaches}
    try:
        for room, what in breaches:
            page = page_of(harness, room)
            page.write_text(f"{page.read_text()}\nimport {what}\n")
        said = verdict(harness, contract)
    finally:
        for room, text in whole.items():
            page_of(harness, room).write_text(text)
    assert "1 broken" in said
    unseen = [
        f"{room} imports {what}"
        for room, what in breaches
        if not any(f"node.{room} -> {what}" in line for line in said.splitlines())
    ]
    assert not unseen, said


def test_a_new_folder_must_choose_its_floor(harness: Path) -> None:
    page = harness / "node" / "cellar.py"
    page.write_text('"""Nobody said where this stands."""\n')
    try:
        said = verdict(harness, "floors")
    finally:
        page.unlink()
    assert "1 broken" in said
    assert "cellar" in said


def test_every_page_of_sealed_messages_that_serves_is_named() -> None:
    stands = {
        f"node.e2ee.{page.stem}"
        for page in (ROOT / "node" / "e2ee").glob("*.py")
        if page.stem != "__init__"
    }
    assert stands <= set(CONTRACTS["sealed"]["source_modules"])


def ruff(page: str, text: str) -> str:
    """What ruff says of `text` if it stood at `page`."""
    return subprocess.run(
        [BIN / "ruff", "check", "--no-cache", "--select", "TID251", "--output-format", "concise",
         "--stdin-filename", page, "-"],
        cwd=ROOT,
        input=text,
        capture_output=True,
        text=True,
        check=False,
    ).stdout  # fmt: skip


def test_clock_and_chance_come_in_by_their_port_alone() -> None:
    text = "".join(f"import {name.rpartition('.')[0] or name}\n" for name in BANNED)
    text += "".join(f"print({name})\n" for name in BANNED)
    said = ruff("node/graph/somewhere.py", text)
    assert [name for name in BANNED if f"`{name}` is banned" not in said] == []
    assert "banned" not in ruff("node/system.py", text)
    for name in ("datetime.datetime.now", "time.time", "time.monotonic", "uuid.uuid4"):
        assert name in BANNED
    assert {"os.urandom", "random", "secrets", "nacl.utils.random"} <= set(BANNED)

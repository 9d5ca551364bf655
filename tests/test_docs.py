"""The pages for people say what is so."""

import re
from pathlib import Path
from typing import Any

import pytest

from node.cli.table import PERSONS
from tools import api_types, settings_page

ROOT = Path(__file__).resolve().parents[1]
PAPERS = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "spec").rglob("*.md")]
)


@pytest.mark.parametrize("paper", PAPERS, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_link_leads_somewhere(paper: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", paper.read_text()):
        if "://" not in target and not target.startswith("mailto:"):
            assert (paper.parent / target).exists(), f"{paper.name} links to {target}"


def test_no_change_is_told_twice() -> None:
    told = (ROOT / "CHANGELOG.md").read_text().splitlines()
    begins = [" ".join(line.split()[:8]) for line in told if line.startswith("- ")]
    assert not {one for one in begins if begins.count(one) > 1}


def test_every_setting_is_on_its_page() -> None:
    text = settings_page.PAGE.read_text()
    assert text == settings_page.page(text), "run .venv/bin/python tools/settings_page.py"


@pytest.mark.clause("API-8.1")
async def test_the_app_has_the_types_of_the_api() -> None:
    made = api_types.page(await api_types.description())
    assert api_types.PAGE.read_text() == made, "run .venv/bin/python -m tools.api_types"


def test_every_command_of_persons_is_on_the_clients_page() -> None:
    text = (ROOT / "docs" / "clients.md").read_text()
    table = text.partition("| command | what it does |")[2].partition("\n\n")[0]
    named = {word for cell in re.findall(r"`([^`]*)`", table) for word in cell.split()[:1]}
    missing = PERSONS.keys() - named
    assert not missing, f"docs/clients.md does not name {missing}"


async def test_the_town_in_the_testers_page_stands(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "testing.md").read_text()
    (block,) = re.findall(r"```python\n(.*?)```", text, re.S)
    names: dict[str, Any] = {}
    exec(compile(block, "docs/testing.md", "exec"), names)
    await names["a_day_of_silence"](tmp_path)

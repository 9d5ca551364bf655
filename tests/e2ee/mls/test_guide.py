"""The examples of `docs/mls.md` run, in order."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_the_guide_runs() -> None:
    page = Path(ROOT / "docs" / "mls.md").read_text()
    blocks = re.findall(r"^```python\n(.*?)^```", page, re.M | re.S)
    assert len(blocks) > 7
    exec(compile("\n".join(blocks), "docs/mls.md", "exec"), {})  # the page is ours

"""The examples of `docs/mls.md` run, in order; and the library stands without a node."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_the_guide_runs() -> None:
    page = Path(ROOT / "docs" / "mls.md").read_text()
    blocks = re.findall(r"^```python\n(.*?)^```", page, re.M | re.S)
    assert len(blocks) > 7
    exec(compile("\n".join(blocks), "docs/mls.md", "exec"), {})  # the page is ours


def test_the_library_needs_nothing_but_cryptography() -> None:
    asked = """
import sys
before = set(sys.modules)
from node.e2ee.mls.private import external, joining, reinit, session
ours = {name.split(".")[0] for name in set(sys.modules) - before}
print(*sorted(name for name in ours if name not in sys.stdlib_module_names and name[0] != "_"))
print(*sorted(name for name in sys.modules if name.startswith("node.") and "e2ee" not in name))
"""
    said = subprocess.run(
        [sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert set(said[0].split()) <= {"node", "cryptography", "cffi"}
    assert said[1].split() == ["node.errors", "node.wire", "node.wire.tls"]

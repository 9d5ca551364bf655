"""Node and what `browser/` is built with: nothing beyond PyPI and the lock file of npm.

`.venv/bin/python -m tools.browser install` installs what `browser/package-lock.json` names, unless
it is there; `check` looks at format, lint, types and whether the app that the node serves is what
would be built; `build` builds it; `format` puts right what can be.
"""

import subprocess
import sys
from typing import Any

from tools import packages
from tools.packages import NODE, ROOT

FOLDER = ROOT / "browser"
MODULES = FOLDER / "node_modules"
CHECKS = (
    ("@biomejs/biome/bin/biome", "check", "."),
    ("typescript/bin/tsc", "--project", "tsconfig.json"),
    ("typescript/bin/tsc", "--project", "sw/tsconfig.json"),
    ("typescript/bin/tsc", "--project", "tests/tsconfig.json"),
)


def is_installed() -> bool:
    """Whether all stands that the lock file names."""
    return packages.is_installed(FOLDER)


def node(*words: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run Node in `browser/`."""
    options = {"cwd": FOLDER, "text": True, "check": False, **options}
    return subprocess.run([NODE, *words], **options)


def check(**options: Any) -> list[subprocess.CompletedProcess[str]]:
    """Format, lint, types and the built app: those that found something."""
    ran = [node(str(MODULES / words[0]), *words[1:], **options) for words in CHECKS]
    ran.append(node("build.ts", "check", **options))
    return [one for one in ran if one.returncode]


def main() -> int:
    what = sys.argv[1:]
    if what == ["install"]:
        return packages.install(FOLDER)
    if what == ["check"]:
        return len(check())
    if what == ["build"]:
        return node("build.ts").returncode
    if what == ["format"]:
        return node(str(MODULES / CHECKS[0][0]), "check", "--write", ".").returncode
    sys.stderr.write(__doc__ or "")
    return 2


if __name__ == "__main__":
    sys.exit(main())

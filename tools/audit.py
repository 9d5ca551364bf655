"""Whether a locked dependency has a known hole, as the package index says: part of `make check`.

`pip-audit` asks for each locked version what is published against it; nothing is installed. Without
a network, or where an index tells nothing of holes, this says so and passes.
"""

import subprocess
import sys
from pathlib import Path

import msgspec
from msgspec import Struct

LOCKS = ("requirements.lock", "requirements-dev.lock")
SECONDS = 180
# As `make lock` has pinned and hashed everything, no resolver runs and nothing is downloaded.
GIVEN = ("--disable-pip", "--progress-spinner=off", "--timeout=10", "--format=json")


class Hole(Struct, frozen=True):
    """What is published against one version. `fix_versions` are without it."""

    id: str
    fix_versions: tuple[str, ...] = ()


class Dependency(Struct, frozen=True):
    """One locked package. `skip_reason`: nothing could be learnt of it."""

    name: str
    version: str = ""
    vulns: tuple[Hole, ...] = ()
    skip_reason: str = ""


class Report(Struct, frozen=True):
    """What `pip-audit` says."""

    dependencies: tuple[Dependency, ...]


class Verdict(Struct, frozen=True):
    """What is told, and whether the check fails."""

    words: str
    failed: bool = False


def judge(lock: str, said: bytes, complaint: str) -> Verdict:
    """What a run of `pip-audit` means; `complaint` is what it said when it had no report."""
    try:
        found = msgspec.json.decode(said, type=Report).dependencies
    except msgspec.MsgspecError:
        last = (complaint.strip().splitlines() or ["it said nothing"])[-1][:200]
        return Verdict(f"{lock}: not audited, the package index cannot be asked ({last})")
    holes = [
        f"{lock}: {one.name} {one.version} has a known hole, {hole.id}: "
        + (f"take {' or '.join(hole.fix_versions)}" if hole.fix_versions else "no fix is out yet")
        + " (pyproject.toml, make lock)"
        for one in found
        for hole in one.vulns
    ]
    if holes:
        return Verdict("\n".join(holes), failed=True)
    unknown = [one for one in found if one.skip_reason]
    if len(unknown) == len(found):
        return Verdict(f"{lock}: not audited, this package index tells nothing of holes")
    known = f"{lock}: no known hole in {len(found) - len(unknown)} packages"
    return Verdict(f"{known}; nothing is told of {len(unknown)}" if unknown else known)


def audit(lock: str) -> Verdict:
    """Ask about all that `lock` names."""
    program = str(Path(sys.executable).with_name("pip-audit"))
    try:
        ran = subprocess.run(
            [program, "-r", lock, *GIVEN], capture_output=True, text=True, timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        return Verdict(f"{lock}: not audited, the package index did not answer in {SECONDS} s")
    return judge(lock, ran.stdout.encode(), ran.stderr)


def main() -> int:
    """1 when there is a known hole."""
    verdicts = [audit(lock) for lock in LOCKS]
    print("\n".join(verdict.words for verdict in verdicts))
    return int(any(verdict.failed for verdict in verdicts))


if __name__ == "__main__":
    sys.exit(main())

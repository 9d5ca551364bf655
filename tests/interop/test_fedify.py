"""Stories with servers made with Fedify 2.3.6, with the network closed to everything else."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from tests.conftest import IN_CI
from tools import packages

FOLDER = Path(__file__).parent / "fedify"
# A network that has this machine's loopback and nothing else.
CLOSED = (
    *("unshare", "--user", "--map-root-user", "--net"),
    *("sh", "-c", 'ip link set lo up && exec "$0" "$@"'),
)


def closed_network() -> tuple[str, ...]:
    """The words before a program that close the network around it; else it is said why not."""
    lacking = [name for name in ("unshare", "ip") if not shutil.which(name)]
    if lacking:
        return without(f"{' and '.join(lacking)} not found")
    tried = subprocess.run([*CLOSED, "true"], capture_output=True, check=False, text=True)
    return CLOSED if tried.returncode == 0 else without(tried.stderr.strip())


def without(why: str) -> NoReturn:
    """What is not tried as it is meant must not pass."""
    reason = f"the stories of Fedify cannot be told with the network closed here: {why}"
    if IN_CI:
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.mark.parametrize("in_ci", [True, False])
def test_where_the_network_cannot_be_closed_it_is_said_and_fails_in_ci(
    monkeypatch: pytest.MonkeyPatch, in_ci: bool
) -> None:
    here = sys.modules[__name__]
    monkeypatch.setattr(here, "IN_CI", in_ci)
    monkeypatch.setattr(here, "CLOSED", ("sh", "-c", "echo unshare failed >&2; exit 1", "sh"))
    ended = pytest.fail.Exception if in_ci else pytest.skip.Exception
    with pytest.raises(ended, match=r"closed here: (unshare failed|.* not found)"):
        closed_network()


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.clause(
    "FED-4.1", "FED-4.10", "FED-4.11", "FED-5.11", "FED-8.10", "FED-10.1", "FED-10.5", "FED-10.6"
)
def test_a_node_and_servers_made_with_fedify_understand_each_other() -> None:
    if not packages.is_installed(FOLDER):
        without("Fedify is not installed, .venv/bin/python -m tools.packages does it")
    before = closed_network()
    environ = {**os.environ, "KITH_CLOSED_NETWORK": "1"}
    told = subprocess.run(
        [*before, sys.executable, "-m", "pytest", "-q", "-n", "0", str(FOLDER / "stories.py")],
        env=environ,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stdout[-8000:] + told.stderr[-2000:]

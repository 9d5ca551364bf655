"""Stories with servers made with Fedify 2.3.6, with the network closed to everything else."""

import os
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

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
    """The words before a program that close the network around it.

    None where the machine permits no name spaces, which is said: there the servers of the stories
    still call nobody but each other.
    """
    lacking = [name for name in ("unshare", "ip") if not shutil.which(name)]
    tried = None if lacking else subprocess.run([*CLOSED, "true"], capture_output=True, text=True)
    if tried is not None and tried.returncode == 0:
        return CLOSED
    why = f"no {' and no '.join(lacking)}" if tried is None else tried.stderr.strip()
    said = f"the stories of Fedify are told without a network of their own here: {why}"
    warnings.warn(said, stacklevel=2)
    return ()


def test_where_the_network_cannot_be_closed_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    refusing = ("sh", "-c", "echo unshare failed >&2; exit 1", "sh")
    monkeypatch.setattr(sys.modules[__name__], "CLOSED", refusing)
    with pytest.warns(UserWarning, match=r"of their own here: (unshare failed|no )"):
        assert closed_network() == ()


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.filterwarnings("default:the stories of Fedify")
@pytest.mark.clause(
    "FED-4.1", "FED-4.10", "FED-4.11", "FED-5.11", "FED-8.10", "FED-10.1", "FED-10.5", "FED-10.6"
)
def test_a_node_and_servers_made_with_fedify_understand_each_other() -> None:
    if not packages.is_installed(FOLDER):
        reason = "Fedify is not installed: .venv/bin/python -m tools.packages does"
        if IN_CI:
            pytest.fail(reason)
        pytest.skip(reason)
    before = closed_network()
    environ = {**os.environ, **({"KITH_CLOSED_NETWORK": "1"} if before else {})}
    told = subprocess.run(
        [*before, sys.executable, "-m", "pytest", "-q", "-n", "0", str(FOLDER / "stories.py")],
        env=environ,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stdout[-8000:] + told.stderr[-2000:]

"""Real `kith serve` processes on this machine, with TLS of a throw-away CA and names of a lab."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.lab import Lab


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """A lab to build; what still runs at the end is stopped."""
    lab = Lab(tmp_path / "lab")
    yield lab
    for place in lab.places.values():
        if place.process is not None and place.process.poll() is None:
            place.kill()

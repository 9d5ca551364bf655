"""What the tests of MLS share: devices with their own chance, and groups of them."""

from collections.abc import Callable

import pytest

from tests.e2ee.mls.people import People


@pytest.fixture(params=[1, 3])
def people(request: pytest.FixtureRequest) -> People:
    """A town of devices that all speak one suite."""
    return People(request.param)


@pytest.fixture
def town() -> Callable[[int], People]:
    return People

"""A worker of Chromium for the tests that want one."""

from collections.abc import AsyncIterator

import pytest

from tests.browser.chromium import IN_CI, Worker, why_absent, worker


@pytest.fixture
async def device() -> AsyncIterator[Worker]:
    reason = why_absent()
    if reason is not None and IN_CI:
        pytest.fail(reason)
    if reason is not None:
        pytest.skip(reason)
    async with worker() as device:
        yield device

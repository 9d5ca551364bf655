"""A worker of Chromium for the tests that want one."""

from collections.abc import AsyncIterator

import pytest

from tests.browser.chromium import Worker, why_absent, worker


@pytest.fixture
async def device() -> AsyncIterator[Worker]:
    reason = why_absent()
    if reason is not None:
        pytest.fail(reason)
    async with worker() as device:
        yield device

"""A worker of Chromium, and a node with a browser, for the tests that want one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.browser.app_node import AppNode, app_node
from tests.browser.chromium import Worker, why_absent, worker
from tests.browser.overheard import overheard


@pytest.fixture
async def device() -> AsyncIterator[Worker]:
    reason = why_absent()
    if reason is not None:
        pytest.fail(reason)
    async with worker() as device:
        yield device


@pytest.fixture
async def browser(
    home: AppNode, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Browser]:
    """It is closed before the node is, so that nobody asks a node that goes."""
    reason = why_absent()
    if reason is not None:
        pytest.fail(reason)
    async with overheard(tmp_path_factory.mktemp("browser")) as browser:
        yield browser


@pytest.fixture
async def home(tmp_path: Path, quick_secrets: None) -> AsyncIterator[AppNode]:
    async with app_node(tmp_path) as node:
        yield node

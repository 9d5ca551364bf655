"""Whom a browser asked, whichever part of it: by the log that Chromium keeps of its own network.

What a page tells of leaves its service worker out. The log has all that anything asked, and for
whom; what the browser asks for itself (whether there is a newer one of it) names nobody.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import Browser

from tests.browser.app_node import chromium

# How Chromium writes that no page, frame or worker stands behind a request.
ITSELF = "not an origin"


@asynccontextmanager
async def overheard(folder: Path, *more: str) -> AsyncIterator[Browser]:
    """A browser of whose pages and workers each asks the node alone that it is of (APP-1.2)."""
    log = folder / "network.json"
    async with chromium(f"--log-net-log={log}", *more) as browser:
        yield browser
    # It is whole now that the browser has ended.
    assert asked_elsewhere(log) == []


def asked_elsewhere(log: Path) -> list[str]:
    """What pages and workers asked of anybody but where they came from."""
    known = json.loads(log.read_text())
    begins = known["constants"]["logEventTypes"]["URL_REQUEST_START_JOB"]
    asked = [
        event["params"] for event in known["events"] if event["type"] == begins and _has_url(event)
    ]
    return [
        f"{one['initiator']} asked {one['url']}"
        for one in asked
        if one["initiator"] not in (ITSELF, _origin(one["url"]))
    ]


def _has_url(event: dict[str, dict[str, str]]) -> bool:
    return "url" in event.get("params", {})


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"

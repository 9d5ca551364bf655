"""The whole node's application: nothing is served that is not written down."""

import json
from pathlib import Path
from typing import Any

import pytest

from node.app import System, open_node
from node.config import Config
from node.ports import Request, Response
from node.store.database import Database
from node.store.tables import METADATA
from node.testing.fakes import FakeClock, FakeEntropy
from node.web.openapi import describe, undocumented
from node.web.server import API, ROUTES
from tests.web.test_kernel import PAGES

# What peers and browsers ask for outside the client API; `spec/federation.md`, `spec/e2ee.md` and
# `spec/video.md` describe it.
PEERS = ("/.well-known/", "/nodeinfo", "/inbox", "/a/{", "/{room}", "/o/", "/t/", "/c/", "/media/")
MORE_PAGES = ("/v/{",)


class NoNetwork:
    async def hop(self, request: Request) -> Response:
        raise AssertionError(f"nothing is asked of {request.url}")

    async def close(self) -> None:
        pass


@pytest.mark.clause("API-6.1", "API-8.1")
async def test_a_route_is_described_or_listed(tmp_path: Path) -> None:
    config = Config(origin="https://a.test", data_dir=str(tmp_path))
    database = Database(config.database_url)

    async def create(connection: Any) -> None:
        await connection.run_sync(METADATA.create_all)

    await database.write(create)
    await database.close()
    async with open_node(config, System(FakeClock(), FakeEntropy(), NoNetwork())) as node:
        app = node.application
        found = undocumented(app, app[ROUTES], PAGES, API)
        assert [one for one in found if one.split(" ")[1].startswith("/api/")] == []
        unlisted = [one for one in found if not one.split(" ")[1].startswith((*PEERS, *MORE_PAGES))]
        assert unlisted == []
        document = describe(app[ROUTES], "https://a.test" + API)
    ids = [one["operationId"] for path in document["paths"].values() for one in path.values()]
    assert len(ids) == len(set(ids)) >= 20
    for name in json.dumps(document).split('"#/components/schemas/')[1:]:
        assert name.partition('"')[0] in document["components"]["schemas"]
    for path in document["paths"].values():
        for operation in path.values():
            assert operation["summary"].endswith("."), operation
    keyless = [
        path
        for path, operations in document["paths"].items()
        if "post" in operations
        and "Idempotency-Key" not in [one["name"] for one in operations["post"]["parameters"]]
    ]
    assert keyless == ["/login"]

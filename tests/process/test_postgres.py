"""A node over PostgreSQL: it starts, migrates, serves, stops, starts again; two of them at once."""

import asyncio

import pytest

from tests.postgres import Cluster, postgres_server
from tools.lab import Lab, free_port

__all__ = ["postgres_server"]


@pytest.fixture
def url(postgres_server: Cluster) -> str:
    return postgres_server.fresh()


@pytest.mark.postgres
@pytest.mark.clause("FED-12.4", "FED-12.6")
async def test_a_node_over_postgresql_starts_and_stops(lab: Lab, url: str) -> None:
    lab.build("alpha.test", database=url)
    place = lab.places["alpha.test"]
    lab.places["second"] = second = lab.another(place, free_port())
    # Both find an empty database: one makes everything, the other waits for it.
    place.start()
    second.start()
    await asyncio.gather(place.ready(), second.ready())
    assert "/invite/" in await asyncio.to_thread(place.invite)
    assert await asyncio.to_thread(place.stop) == 0
    assert await asyncio.to_thread(second.stop) == 0
    place.start()
    await place.ready()
    assert await asyncio.to_thread(place.stop) == 0
    log = place.log.read_text() + second.log.read_text()
    assert "Traceback" not in log
    assert not (place.data / "kith.sqlite3").exists()

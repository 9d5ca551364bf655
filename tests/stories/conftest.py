"""A town of two nodes, on SQLite and on PostgreSQL, and the people in it."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from node.testing.town import Town, embedded, open_town
from tests.postgres import Cluster, postgres_server

__all__ = ["database", "postgres_server", "town"]
DOMAINS = ("alpha.test", "beta.test")


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)],
)
def database(request: pytest.FixtureRequest) -> Iterator[Callable[[str], str]]:
    """The URL of a harness's database, by its domain: every story is told on both kinds."""
    if request.param == "sqlite":
        yield embedded
        return
    cluster: Cluster = request.getfixturevalue("postgres_server")
    urls = {domain: cluster.fresh() for domain in DOMAINS}
    yield urls.__getitem__
    for url in urls.values():
        cluster.drop(url)


@pytest.fixture
async def town(tmp_path: Path, database: Callable[[str], str]) -> AsyncIterator[Town]:
    """alpha.test and beta.test, with fair weather."""
    async with open_town(tmp_path, *DOMAINS, database=database) as town:
        yield town

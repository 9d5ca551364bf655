"""A PostgreSQL of the bench's own, which keeps what it has confirmed."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.postgres import Cluster, server_programs


@contextmanager
def cluster() -> Iterator[Cluster | None]:
    """A running server, or None where no server program is installed."""
    programs = server_programs()
    if programs is None:
        yield None
        return
    made = Cluster(programs, durable=True)
    made.start()
    try:
        yield made
    finally:
        made.stop()

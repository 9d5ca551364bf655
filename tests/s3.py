"""An S3 server on a free port of this machine, for tests."""

import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.request import Request, urlopen

import pytest
from moto.server import ThreadedMotoServer


class Bucket:
    """A bucket of its own for one test, and what a node is told to reach it."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.name = f"kith-{uuid.uuid4().hex}"
        self.url = f"s3://{self.name}/some/prefix"
        self.variables = {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_REGION": "us-east-1",
        }

    def make(self) -> None:
        urlopen(Request(f"{self.endpoint}/{self.name}", method="PUT")).close()

    def listed(self) -> str:
        """The keys, as XML."""
        with urlopen(f"{self.endpoint}/{self.name}?list-type=2") as answer:
            return str(answer.read().decode())


@contextmanager
def serving() -> Iterator[str]:
    """The endpoint of a server that runs for as long as the block."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    with serving() as endpoint:
        yield endpoint


@pytest.fixture
def bucket(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """An empty bucket; this process has the variables by which it is reached."""
    made = Bucket(s3_server)
    made.make()
    for name, value in made.variables.items():
        monkeypatch.setenv(name, value)
    return made

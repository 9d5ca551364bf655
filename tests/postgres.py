"""A throw-away PostgreSQL cluster for tests, under a non-root user, and the fixture for both.

Import `postgres_server` and `database_url` into a conftest to have the same tests run on both.
"""

import asyncio
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

IN_CI = os.environ.get("CI") == "true"


def server_programs() -> Path | None:
    """The folder of the server's programs, the newest; None where there are none."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: float(p.parts[-3])
    )
    if found:
        return found[-1].parent
    initdb = shutil.which("initdb")
    return Path(initdb).resolve().parent if initdb else None


def _user() -> str | None:
    """Whom the server runs as: PostgreSQL refuses root. None: ourselves."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    return None


def _as_user(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    user = _user()
    if user is not None:
        group = str(pwd.getpwnam(user).pw_gid)
        command = ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups", *command]
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": str(folder)}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=True
    )


class Cluster:
    """A running server: a folder, a socket, and as many databases as are asked for.

    Not `durable` it forgets at a power cut what it confirmed, and tests are faster for it.
    """

    def __init__(self, programs: Path, durable: bool = False) -> None:
        self._programs = programs
        self._durable = durable
        self._folder = Path(tempfile.mkdtemp(prefix="kith-postgres-"))
        self._data = self._folder / "data"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]

    def start(self) -> None:
        user = _user()
        if user is not None:
            shutil.chown(self._folder, user)
        _as_user(
            [
                str(self._programs / "initdb"), "-D", str(self._data), "-U", "kith",
                "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", *self._in_a_language(),
            ],
            self._folder,
        )  # fmt: skip
        # A socket only: no TCP port is taken, the number just names the socket.
        options = (
            f"-c listen_addresses= -c unix_socket_directories={self._folder} -p {self._port}"
            " -c max_connections=80 -c shared_buffers=32MB"
        )
        if not self._durable:
            options += " -c fsync=off -c full_page_writes=off"
        control = [str(self._programs / "pg_ctl"), "-D", str(self._data), "-w", "-s"]
        log = str(self._folder / "log")
        _as_user([*control, "-l", log, "-o", options, "start"], self._folder)

    def _in_a_language(self) -> list[str]:
        """An order of text as most databases have it, where punctuation counts last: "h-b" lies
        between "ha" and "hc". Before version 15 a cluster cannot be given one everywhere."""
        major = int(self._programs.parts[-2]) if self._programs.parts[-2].isdigit() else 0
        return ["--locale-provider=icu", "--icu-locale=en-u-ka-shifted"] if major >= 15 else []

    def stop(self) -> None:
        control = [str(self._programs / "pg_ctl"), "-D", str(self._data), "-m", "immediate", "-s"]
        try:
            _as_user([*control, "stop"], self._folder)
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    def url(self, database: str) -> str:
        return f"postgresql+asyncpg://kith@/{database}?host={self._folder}&port={self._port}"

    def fresh(self) -> str:
        """The URL of a new, empty database."""
        name = f"t{uuid.uuid4().hex}"
        asyncio.run(self._say(f"CREATE DATABASE {name}"))
        return self.url(name)

    def drop(self, url: str) -> None:
        name = url.partition("@/")[2].partition("?")[0]
        asyncio.run(self._say(f"DROP DATABASE {name} WITH (FORCE)"))

    async def _say(self, statement: str) -> None:
        engine = create_async_engine(
            self.url("postgres"), isolation_level="AUTOCOMMIT", poolclass=NullPool
        )
        try:
            async with engine.connect() as connection:
                await connection.execute(text(statement))
        finally:
            await engine.dispose()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Cluster]:
    """The cluster of this test process. Skips without a server program; in CI that is a failure."""
    programs = server_programs()
    if programs is None:
        reason = "no PostgreSQL server program (Debian: apt-get install postgresql)"
        if IN_CI:
            pytest.fail(reason)
        pytest.skip(reason)
    cluster = Cluster(programs)
    try:
        cluster.start()
        yield cluster
    finally:
        if (cluster._data / "postmaster.pid").exists():
            cluster.stop()
        else:
            shutil.rmtree(cluster._folder, ignore_errors=True)


POSTGRESQL = pytest.param("postgresql", marks=pytest.mark.postgres)


@contextmanager
def fresh_database(kind: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    """The URL of a new, empty database of this kind."""
    if kind == "sqlite":
        yield f"sqlite+aiosqlite:///{folder / 'kith.sqlite3'}"
        return
    cluster: Cluster = request.getfixturevalue("postgres_server")
    url = cluster.fresh()
    yield url
    cluster.drop(url)


@pytest.fixture(params=["sqlite", POSTGRESQL])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a new, empty database: every test that takes it runs on both kinds."""
    with fresh_database(request.param, request, tmp_path) as url:
        yield url

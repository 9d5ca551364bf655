"""A throw-away PostgreSQL cluster for tests, under a non-root user, and the fixture for both.

Import `postgres_server` and `database_url` into a conftest to have the same tests run on both.
"""

import asyncio
import os
import pwd
import re
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

LOCALE = "en-u-ka-shifted"
IN_A_LANGUAGE = 15  # the first that gives one to a whole cluster
NO_ICU = "ICU is not supported in this build"
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


def major_of(said: str) -> int:
    """The major version that `initdb --version` says: of its folder's name nobody is sure."""
    found = re.match(r"initdb \([^)]*\) (\d+)", said)
    assert found is not None, said
    return int(found[1])


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
        self.programs = programs
        self._durable = durable
        self.folder = Path(tempfile.mkdtemp(prefix="kith-postgres-"))
        self._data = self.folder / "data"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.no_language = ""  # why its text is sorted by bytes, as few databases' is

    def make(self) -> None:
        """An order of text as most databases have it, where punctuation counts last: "h-b" lies
        between "ha" and "hc". Where that cannot be, `no_language` says why."""
        user = _user()
        if user is not None:
            shutil.chown(self.folder, user)
        initdb = str(self.programs / "initdb")
        plain = [
            initdb, "-D", str(self._data), "-U", "kith", "-A", "trust", "-E", "UTF8",
            "--locale=C", "--no-sync",
        ]  # fmt: skip
        said = _as_user([initdb, "--version"], self.folder).stdout
        if major_of(said) < IN_A_LANGUAGE:
            self.no_language = f"{said.strip()} gives a cluster no language (from 15 on it does)"
        else:
            try:
                _as_user([*plain, "--locale-provider=icu", f"--icu-locale={LOCALE}"], self.folder)
                return
            except subprocess.CalledProcessError as error:
                if NO_ICU not in error.stderr:
                    raise
                self.no_language = f"{said.strip()} was built without ICU"
        _as_user(plain, self.folder)

    def start(self) -> None:
        self.make()
        # A socket only: no TCP port is taken, the number just names the socket.
        options = (
            f"-c listen_addresses= -c unix_socket_directories={self.folder} -p {self.port}"
            " -c max_connections=80 -c shared_buffers=32MB"
        )
        if not self._durable:
            options += " -c fsync=off -c full_page_writes=off"
        control = [str(self.programs / "pg_ctl"), "-D", str(self._data), "-w", "-s"]
        log = str(self.folder / "log")
        _as_user([*control, "-l", log, "-o", options, "start"], self.folder)

    def stop(self) -> None:
        control = [str(self.programs / "pg_ctl"), "-D", str(self._data), "-m", "immediate", "-s"]
        try:
            _as_user([*control, "stop"], self.folder)
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def program(self, name: str) -> str:
        return str(self.programs / name)

    def url(self, database: str) -> str:
        return f"postgresql+asyncpg://kith@/{database}?host={self.folder}&port={self.port}"

    def fresh(self, more: str = "") -> str:
        """The URL of a new, empty database; `more` says how it is to be made."""
        name = f"t{uuid.uuid4().hex}"
        with ThreadPoolExecutor() as aside:  # a loop may run here
            aside.submit(asyncio.run, self._say(f"CREATE DATABASE {name} {more}")).result()
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
            shutil.rmtree(cluster.folder, ignore_errors=True)


def need_language(cluster: Cluster) -> None:
    """It sorts as a language does. Else the test skips; in CI that fails."""
    if cluster.no_language:
        (pytest.fail if IN_CI else pytest.skip)(cluster.no_language)


@pytest.fixture
def sorts_by_language(database_url: str, request: pytest.FixtureRequest) -> None:
    """A PostgreSQL of this test sorts as a language does."""
    if database_url.startswith("postgresql"):
        need_language(request.getfixturevalue("postgres_server"))


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

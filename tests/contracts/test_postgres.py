"""Whether a PostgreSQL sorts text by its bytes, and what is done where an older one does not."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from node.store.database import Database
from node.store.health import HealthUnit
from node.store.unit import UnitContext, Units
from node.store.wakeups import Wakeups
from node.testing.fakes import FakeClock, FakeEntropy
from tests.postgres import LOCALE, NO_ICU, Cluster, major_of, need_language


async def by_language(database: Database) -> int:
    context = UnitContext("https://a.test", FakeClock(), FakeEntropy(), lambda _: b"{}")
    units = Units(database, context, Wakeups())
    return (await units.look(HealthUnit, lambda unit: unit.engine())).sorted_by_language


async def say(database: Database, *statements: str) -> None:
    async def work(connection: AsyncConnection) -> None:
        for statement in statements:
            await connection.execute(text(statement))

    await database.write(work)


@pytest.mark.clause("FED-12.22", "OPS-3.4")
async def test_all_text_of_a_new_database_is_sorted_by_its_bytes(database: Database) -> None:
    assert await by_language(database) == 0


def moved(cluster: Cluster, url: str) -> str:
    """What `kith doctor` advises: the same rows in a database that sorts by bytes."""
    there = cluster.fresh("LOCALE_PROVIDER libc LOCALE 'C' ENCODING 'UTF8' TEMPLATE template0")
    name, other = (one.partition("@/")[2].partition("?")[0] for one in (url, there))
    where = ["-h", str(cluster.folder), "-p", str(cluster.port), "-U", "kith"]
    copy = subprocess.run(
        [cluster.program("pg_dump"), *where, "--format=custom", name],
        capture_output=True,
        check=True,
    )
    subprocess.run(
        [cluster.program("pg_restore"), *where, "-d", other], input=copy.stdout, check=True
    )
    return there


@pytest.mark.postgres
@pytest.mark.clause("FED-12.22", "OPS-3.4")
async def test_a_database_that_was_made_before_is_named_and_mended_as_is_advised(
    postgres_server: Cluster,
) -> None:
    need_language(postgres_server)
    url = postgres_server.fresh()
    database = Database(url)
    await say(
        database,
        "CREATE TABLE a (x TEXT, y TEXT COLLATE \"C\", z BIGINT)",
        "CREATE TABLE b (x TEXT COLLATE \"en-x-icu\")",
        "CREATE TABLE alembic_version (version_num VARCHAR(32))",
    )  # fmt: skip
    assert await by_language(database) == 2
    await say(database, "DROP TABLE b")
    await database.close()
    database = Database(moved(postgres_server, url))
    assert await by_language(database) == 0
    await database.close()


@pytest.mark.postgres
@pytest.mark.clause("FED-12.22", "OPS-3.4")
@pytest.mark.parametrize("locale", ["C", "POSIX", "C.UTF-8", "C.utf8"])
async def test_whatever_c_is_called_it_sorts_by_bytes(
    postgres_server: Cluster, locale: str
) -> None:
    need_language(postgres_server)  # as old ones say nothing of who provides it
    made = f"LOCALE_PROVIDER libc LOCALE '{locale}' ENCODING 'UTF8' TEMPLATE template0"
    database = Database(postgres_server.fresh(made))
    await say(database, "CREATE TABLE a (x TEXT)")
    assert await by_language(database) == 0
    await database.close()


SAYS = """CREATE TABLE there.pg_database AS SELECT current_database()::text COLLATE "C" AS datname,
    'en_US.UTF-8' COLLATE "C" AS datcollate, '{provider}' COLLATE "C" AS datlocprovider,
    '{locale}' COLLATE "C" AS datlocale"""


@pytest.mark.postgres
@pytest.mark.clause("FED-12.22", "OPS-3.4")
@pytest.mark.parametrize(
    ("provider", "locale", "wrong"),
    [("b", "C", 0), ("b", "C.UTF-8", 0), ("b", "PG_UNICODE_FAST", 0), ("i", "C", 1), ("c", "C", 1)],
)
async def test_the_order_that_postgres_17_brings_is_that_of_bytes(
    postgres_server: Cluster, provider: str, locale: str, wrong: int
) -> None:
    """As such a server says it: ours may be older."""
    url = postgres_server.fresh()
    database = Database(url)
    name = url.partition("@/")[2].partition("?")[0]
    await say(
        database,
        "CREATE SCHEMA there",
        "CREATE TABLE there.a (x TEXT)",
        SAYS.format(provider=provider, locale=locale),
        f'ALTER DATABASE "{name}" SET search_path = there, pg_catalog',
    )
    await database.close()
    database = Database(url)
    assert await by_language(database) == wrong
    await database.close()


@pytest.mark.parametrize(
    ("said", "major"),
    [
        ("initdb (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", 15),
        ("initdb (PostgreSQL) 14.9", 14),
        ("initdb (PostgreSQL) 17beta1", 17),
    ],
)
def test_the_programs_say_their_version(said: str, major: int) -> None:
    assert major_of(said + "\n") == major


INITDB = """#!/bin/sh
echo "$*" >> "$(dirname "$0")/asked"
case "$*" in
--version) echo "initdb (PostgreSQL) {version}" ;;
*icu*) echo "initdb: error: {error}" >&2; exit 1 ;;
esac
"""


@pytest.fixture
def programs() -> Iterator[Path]:
    """A folder whose name tells no version, which whoever the server runs as may use."""
    folder = Path(tempfile.mkdtemp(prefix="kith-programs-"))
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("version", "error", "asked", "why"),
    [
        ("14.2", "", 2, "14.2 gives a cluster no language"),
        ("16.1", NO_ICU, 3, "16.1 was built without ICU"),
    ],
)
def test_a_cluster_that_can_have_no_language_says_why(
    programs: Path, version: str, error: str, asked: int, why: str
) -> None:
    (programs / "initdb").write_text(INITDB.format(version=version, error=error))
    (programs / "initdb").chmod(0o755)
    cluster = Cluster(programs)
    cluster.make()
    shutil.rmtree(cluster.folder)
    assert why in cluster.no_language
    lines = (programs / "asked").read_text().splitlines()
    assert len(lines) == asked and LOCALE not in lines[-1] and "--locale=C" in lines[-1]


def test_another_fault_of_initdb_is_no_want_of_a_language(programs: Path) -> None:
    (programs / "initdb").write_text(INITDB.format(version="16.1", error="no room"))
    (programs / "initdb").chmod(0o755)
    cluster = Cluster(programs)
    with pytest.raises(subprocess.CalledProcessError):
        cluster.make()
    shutil.rmtree(cluster.folder)
    assert cluster.no_language == ""


@pytest.mark.postgres
def test_a_server_that_says_that_it_can_is_given_a_language(postgres_server: Cluster) -> None:
    """Where its programs are found by another name, too: a folder without a number."""
    folder = Path(tempfile.mkdtemp(prefix="kith-programs-"))
    folder.chmod(0o755)
    (folder / "bin").symlink_to(postgres_server.programs)
    cluster = Cluster(folder / "bin")
    try:
        cluster.make()
        assert cluster.no_language == postgres_server.no_language
    finally:
        shutil.rmtree(cluster.folder)
        shutil.rmtree(folder)

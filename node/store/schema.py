"""Whether a database has this program's schema, and a new one given it: without loading Alembic.

A new database is given all tables at once, as the tables say; that this is what the migrations
build, a test says.
"""

from pathlib import Path

from sqlalchemy import Connection, func, inspect, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from node.store.database import Database
from node.store.tables import METADATA

VERSIONS = Path(__file__).parent / "migrations" / "versions"
ONE_AT_A_TIME = 0x6B697468  # "kith": the number of the lock that processes take to migrate
# As Alembic makes it.
VERSION_TABLE = """CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"""


def newest() -> str:
    """The name of the last migration."""
    return max(page.stem for page in VERSIONS.glob("[0-9]*.py"))


async def version(database: Database) -> str | None:
    """The last migration that was applied; None: it is an empty database.

    Raises `DBAPIError` when the database cannot be read.
    """
    try:
        async with database.read() as connection:
            found = await connection.execute(text("SELECT version_num FROM alembic_version"))
            return found.scalar_one_or_none()
    except DBAPIError as error:
        if _no_such_table(error):
            return None
        raise


def _no_such_table(error: DBAPIError) -> bool:
    if getattr(error.orig, "sqlstate", None) == "42P01":
        return True
    return getattr(error.orig, "sqlite_errorname", None) == "SQLITE_ERROR"


async def make(database: Database) -> bool:
    """Give a database that has no table all of them, in one commit; False: nothing was done.

    False as well when the database refuses, or another process was first: a migration asks again,
    and says why.
    """

    async def write(connection: AsyncConnection) -> bool:
        if not database.is_sqlite:
            await connection.execute(select(func.pg_advisory_xact_lock(ONE_AT_A_TIME)))
        return await connection.run_sync(_make)

    try:
        return await database.write(write)
    except DBAPIError:
        return False


def _make(connection: Connection) -> bool:
    if inspect(connection).get_table_names():
        return False
    METADATA.create_all(connection, checkfirst=False)
    connection.execute(text(VERSION_TABLE))
    version = text("INSERT INTO alembic_version VALUES (:name)")
    connection.execute(version, {"name": newest()})
    return True

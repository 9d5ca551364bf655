"""Whether a database has this program's schema: asked without loading Alembic."""

from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from node.store.database import Database

VERSIONS = Path(__file__).parent / "migrations" / "versions"


def newest() -> str:
    """The name of the last migration."""
    return max(page.stem for page in VERSIONS.glob("[0-9]*.py"))


async def is_current(database: Database) -> bool:
    """Whether the last migration was applied."""
    try:
        async with database.read() as connection:
            found = await connection.execute(text("SELECT version_num FROM alembic_version"))
            return found.scalar_one_or_none() == newest()
    except DBAPIError:
        return False  # there is no such table: a new database

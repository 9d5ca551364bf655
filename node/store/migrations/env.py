"""Alembic's door: runs the migrations on the connection that `node.store.migrate` hands over."""

from typing import Any

from alembic import context

from node.store.tables import METADATA

only = context.config.attributes.get("only")


def _meant(name: str | None, kind: str, _parents: Any) -> bool:
    """Whether a new migration looks at this table; all, unless some were named."""
    return kind != "table" or not only or name in only


def _object(_object: Any, name: str | None, kind: str, _reflected: bool, _other: Any) -> bool:
    return _meant(name, kind, None)


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=METADATA,
    render_as_batch=True,  # SQLite cannot ALTER much: tables are copied
    transaction_per_migration=True,
    include_name=_meant,
    include_object=_object,
)
with context.begin_transaction():
    context.run_migrations()

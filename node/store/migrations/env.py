"""Alembic's door: runs the migrations on the connection that `node.store.migrate` hands over."""

from alembic import context

from node.store.tables import METADATA

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=METADATA,
    render_as_batch=True,  # SQLite cannot ALTER much: tables are copied
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()

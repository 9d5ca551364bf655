"""The tables of node, as they were first."""

import sqlalchemy as sa
from alembic import op

from node.store.tables.columns import TEXT

revision = "0001_pre_node"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "settings",
        sa.Column("key", TEXT, nullable=False),
        sa.Column("value", TEXT, server_default="", nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_settings")),
        info={"keep": "forever"},
        sqlite_autoincrement=False,
    )


def downgrade() -> None:
    op.drop_table("settings")

"""What posts said before they were changed."""

import sqlalchemy as sa
from alembic import op

from node.store.tables.columns import TEXT

revision = "0010_pre_post_versions"
down_revision = "0009_pre_mutes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "post_versions",
        sa.Column("post", TEXT, nullable=False),
        sa.Column("said", sa.BigInteger(), nullable=False),
        sa.Column("content", TEXT, server_default="", nullable=False),
        sa.Column("content_map", TEXT, server_default="{}", nullable=False),
        sa.Column("lang", TEXT, server_default="", nullable=False),
        sa.Column("summary", TEXT, server_default="", nullable=False),
        sa.Column("sensitive", sa.Boolean(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("post", "said", name=op.f("pk_post_versions")),
        info={"keep": "forever"},
        sqlite_autoincrement=False,
    )


def downgrade() -> None:
    op.drop_table("post_versions")

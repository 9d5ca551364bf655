"""What stands in a feed because somebody shared it."""

import sqlalchemy as sa
from alembic import op

revision = "0011_pre_shares"
down_revision = "0010_pre_post_versions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("reactions", schema=None) as batch_op:
        batch_op.create_index(
            "ix_reactions_shares",
            ["actor", "created"],
            unique=False,
            sqlite_where=sa.text("kind = 'share'"),
        )
    with op.batch_alter_table("timeline", schema=None) as batch_op:
        batch_op.add_column(sa.Column("shared", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("timeline", schema=None) as batch_op:
        batch_op.drop_column("shared")
    with op.batch_alter_table("reactions", schema=None) as batch_op:
        batch_op.drop_index("ix_reactions_shares")

"""The shares that were taken in a day, also those that were taken back."""

import sqlalchemy as sa
from alembic import op

from node.store.tables.columns import TEXT

revision = "0013_pre_shares_taken"
down_revision = "0012_pre_attachments"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "shares_taken",
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("activity", TEXT, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("actor", "activity", name=op.f("pk_shares_taken")),
        info={"keep": "24 hours after at"},
        sqlite_autoincrement=False,
    )
    with op.batch_alter_table("shares_taken", schema=None) as batch_op:
        batch_op.create_index(
            "ix_shares_taken_at_actor_activity", ["at", "actor", "activity"], unique=False
        )
    with op.batch_alter_table("reactions", schema=None) as batch_op:
        batch_op.drop_index("ix_reactions_shares")


def downgrade() -> None:
    with op.batch_alter_table("reactions", schema=None) as batch_op:
        batch_op.create_index(
            "ix_reactions_shares",
            ["actor", "created"],
            unique=False,
            sqlite_where=sa.text("kind = 'share'"),
        )
    with op.batch_alter_table("shares_taken", schema=None) as batch_op:
        batch_op.drop_index("ix_shares_taken_at_actor_activity")
    op.drop_table("shares_taken")

"""What people mute."""

import sqlalchemy as sa
from alembic import op

from node.store.tables.columns import TEXT

revision = "0009_pre_mutes"
down_revision = "0008_pre_reports_and_log"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mutes",
        sa.Column("account", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("ref", TEXT, nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("account", "kind", "ref", name=op.f("pk_mutes")),
        info={"keep": "until until, where it has one"},
        sqlite_autoincrement=False,
    )
    with op.batch_alter_table("mutes", schema=None) as batch_op:
        batch_op.create_index(
            "ix_mutes_until_account_kind_ref", ["until", "account", "kind", "ref"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("mutes", schema=None) as batch_op:
        batch_op.drop_index("ix_mutes_until_account_kind_ref")

    op.drop_table("mutes")

"""Sealed files of conversations."""

import sqlalchemy as sa
from alembic import op

from node.store.tables.columns import TEXT

revision = "0012_pre_attachments"
down_revision = "0011_pre_shares"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attachments",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("account", TEXT, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("blob", TEXT, server_default="", nullable=False),
        sa.Column("bytes", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachments")),
        info={"keep": "30 days after expires"},
        sqlite_autoincrement=False,
    )
    with op.batch_alter_table("attachments", schema=None) as batch_op:
        batch_op.create_index(
            "ix_attachments_account_created_id", ["account", "created", "id"], unique=False
        )
        batch_op.create_index("ix_attachments_digest", ["digest"], unique=True)
        batch_op.create_index("ix_attachments_expires_id", ["expires", "id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("attachments", schema=None) as batch_op:
        batch_op.drop_index("ix_attachments_expires_id")
        batch_op.drop_index("ix_attachments_digest")
        batch_op.drop_index("ix_attachments_account_created_id")

    op.drop_table("attachments")

"""What waits in a mailbox is added up from an index (E2E-4.7)."""

import sqlalchemy as sa
from alembic import op

revision = "0007_pre_mailbox_size"
down_revision = "0006_pre_video"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("mailbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("size", sa.BigInteger(), server_default="0", nullable=False))
        batch_op.create_index(
            "ix_mailbox_device_actor_size", ["device", "actor", "size"], unique=False
        )
    op.execute("UPDATE mailbox SET size = length(body)")


def downgrade() -> None:
    with op.batch_alter_table("mailbox", schema=None) as batch_op:
        batch_op.drop_index("ix_mailbox_device_actor_size")
        batch_op.drop_column("size")

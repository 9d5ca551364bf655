"""The few actors that are suspended are found by an index (API-11.4)."""

from alembic import op

revision = "0008_pre_actors_suspended"
down_revision = "0007_pre_mailbox_size"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_actors_suspended", "actors", ["suspended"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_actors_suspended", "actors")

"""Reports, and the log of what administrators did."""

import sqlalchemy as sa
from alembic import op

from node.store.tables.columns import TEXT

revision = "0008_pre_reports_and_log"
down_revision = "0007_pre_video"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "admin_log",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("who", TEXT, server_default="", nullable=False),
        sa.Column("deed", TEXT, server_default="", nullable=False),
        sa.Column("object", TEXT, server_default="", nullable=False),
        sa.Column("about", TEXT, server_default="", nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admin_log")),
        info={"keep": "forever"},
        sqlite_autoincrement=False,
    )
    with op.batch_alter_table("admin_log", schema=None) as batch_op:
        batch_op.create_index("ix_admin_log_created_id", ["created", "id"], unique=False)

    op.create_table(
        "reports",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("about", TEXT, nullable=False),
        sa.Column("reporter", TEXT, nullable=False),
        sa.Column("domain", TEXT, server_default="", nullable=False),
        sa.Column("state", TEXT, server_default="open", nullable=False),
        sa.Column("text", TEXT, server_default="", nullable=False),
        sa.Column("words", TEXT, server_default="[]", nullable=False),
        sa.Column("flag", TEXT, server_default="", nullable=False),
        sa.Column("flags", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("counted", sa.BigInteger(), nullable=True),
        sa.Column("closer", TEXT, server_default="", nullable=False),
        sa.Column("note", TEXT, server_default="", nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.Column("closed", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
        info={"keep": "90 days after closed; open ones 365 days after created"},
        sqlite_autoincrement=False,
    )
    with op.batch_alter_table("reports", schema=None) as batch_op:
        batch_op.create_index(
            "ix_reports_about_reporter_state", ["about", "reporter", "state"], unique=False
        )
        batch_op.create_index("ix_reports_closed_id", ["closed", "id"], unique=False)
        batch_op.create_index("ix_reports_domain_counted", ["domain", "counted"], unique=False)
        batch_op.create_index("ix_reports_reporter_created", ["reporter", "created"], unique=False)
        batch_op.create_index(
            "ix_reports_state_created_id", ["state", "created", "id"], unique=False
        )
        batch_op.create_index("ix_reports_state_domain", ["state", "domain"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("reports", schema=None) as batch_op:
        batch_op.drop_index("ix_reports_state_domain")
        batch_op.drop_index("ix_reports_state_created_id")
        batch_op.drop_index("ix_reports_reporter_created")
        batch_op.drop_index("ix_reports_domain_counted")
        batch_op.drop_index("ix_reports_closed_id")
        batch_op.drop_index("ix_reports_about_reporter_state")

    op.drop_table("reports")
    with op.batch_alter_table("admin_log", schema=None) as batch_op:
        batch_op.drop_index("ix_admin_log_created_id")

    op.drop_table("admin_log")

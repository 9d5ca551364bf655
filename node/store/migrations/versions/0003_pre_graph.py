"""The tables of graph, as they were first."""

import sqlalchemy as sa
from alembic import op

from node.store.tables.columns import TEXT

revision = "0003_pre_graph"
down_revision = "0002_pre_accounts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "follows",
        sa.Column("follower", TEXT, nullable=False),
        sa.Column("followed", TEXT, nullable=False),
        sa.Column("id", TEXT, server_default="", nullable=False),
        sa.Column("state", TEXT, server_default="asked", nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("follower", "followed", name=op.f("pk_follows")),
        info={"keep": "forever"},
        sqlite_autoincrement=False,
    )
    with op.batch_alter_table("follows", schema=None) as batch_op:
        batch_op.create_index(
            "ix_follows_followed_state_follower", ["followed", "state", "follower"], unique=False
        )

    op.create_table(
        "friendships",
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("other", TEXT, nullable=False),
        sa.Column("ours", TEXT, server_default="none", nullable=False),
        sa.Column("theirs", TEXT, server_default="none", nullable=False),
        sa.Column("our_offer", TEXT, server_default="", nullable=False),
        sa.Column("confirmed", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("their_offer", TEXT, server_default="", nullable=False),
        sa.Column("our_block", TEXT, server_default="", nullable=False),
        sa.Column("their_block", TEXT, server_default="", nullable=False),
        sa.Column("text", TEXT, server_default="", nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("actor", "other", name=op.f("pk_friendships")),
        info={"keep": "forever"},
        sqlite_autoincrement=False,
    )
    with op.batch_alter_table("friendships", schema=None) as batch_op:
        batch_op.create_index("ix_friendships_other_actor", ["other", "actor"], unique=False)

    op.create_table(
        "friend_codes",
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("actor", name=op.f("pk_friend_codes")),
        info={"keep": "until expires"},
        sqlite_autoincrement=False,
    )
    with op.batch_alter_table("friend_codes", schema=None) as batch_op:
        batch_op.create_index("ix_friend_codes_expires_actor", ["expires", "actor"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("friend_codes", schema=None) as batch_op:
        batch_op.drop_index("ix_friend_codes_expires_actor")

    op.drop_table("friend_codes")
    with op.batch_alter_table("friendships", schema=None) as batch_op:
        batch_op.drop_index("ix_friendships_other_actor")

    op.drop_table("friendships")
    with op.batch_alter_table("follows", schema=None) as batch_op:
        batch_op.drop_index("ix_follows_followed_state_follower")

    op.drop_table("follows")

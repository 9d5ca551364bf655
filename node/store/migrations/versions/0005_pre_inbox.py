"""The tables of inbox, as they were first."""

import sqlalchemy as sa
from alembic import op

from node.store.tables.columns import TEXT

revision = "0005_pre_inbox"
down_revision = "0004_pre_federation"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audiences",
        sa.Column("post", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("ref", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("post", "kind", "ref", name=op.f("pk_audiences")),
        info={"keep": "forever"},
        sqlite_autoincrement=False,
    )
    with op.batch_alter_table("audiences", schema=None) as batch_op:
        batch_op.create_index("ix_audiences_ref", ["ref"], unique=False)

    op.create_table(
        "events",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("account", TEXT, nullable=False),
        sa.Column("device", TEXT, server_default="", nullable=False),
        sa.Column("kind", TEXT, server_default="", nullable=False),
        sa.Column("data", TEXT, server_default="{}", nullable=False),
        sa.Column("item", sa.BigInteger(), nullable=True),
        sa.Column("about", TEXT, nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_events")),
        info={"keep": "7 days after created"},
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.create_index(
            "ix_events_account_about",
            ["account", "about"],
            unique=False,
            sqlite_where=sa.text("about IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_events_account_device_item",
            ["account", "device", "item"],
            unique=False,
            sqlite_where=sa.text("item IS NOT NULL"),
        )
        batch_op.create_index("ix_events_account_seq", ["account", "seq"], unique=False)
        batch_op.create_index("ix_events_created_seq", ["created", "seq"], unique=False)

    op.create_table(
        "notices",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("account", TEXT, nullable=False),
        sa.Column("kind", TEXT, server_default="", nullable=False),
        sa.Column("actor", TEXT, server_default="", nullable=False),
        sa.Column("object", TEXT, server_default="", nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("read", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        info={"keep": "180 days after created"},
        sqlite_autoincrement=False,
    )
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.create_index(
            "ix_notices_account_created_id", ["account", "created", "id"], unique=False
        )
        batch_op.create_index("ix_notices_actor_object", ["actor", "object"], unique=False)
        batch_op.create_index("ix_notices_created_id", ["created", "id"], unique=False)
        batch_op.create_index("ix_notices_object", ["object"], unique=False)

    op.create_table(
        "posts",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("author", TEXT, nullable=False),
        sa.Column("local", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("kind", TEXT, server_default="note", nullable=False),
        sa.Column("content", TEXT, server_default="", nullable=False),
        sa.Column("content_map", TEXT, server_default="{}", nullable=False),
        sa.Column("lang", TEXT, server_default="", nullable=False),
        sa.Column("name", TEXT, server_default="", nullable=False),
        sa.Column("summary", TEXT, server_default="", nullable=False),
        sa.Column("sensitive", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("url", TEXT, server_default="", nullable=False),
        sa.Column("in_reply_to", TEXT, server_default="", nullable=False),
        sa.Column("thread", TEXT, server_default="", nullable=False),
        sa.Column("attachments", TEXT, server_default="[]", nullable=False),
        sa.Column("video", TEXT, server_default="", nullable=False),
        sa.Column("local_feed", sa.BigInteger(), nullable=True),
        sa.Column("published", sa.BigInteger(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=True),
        sa.Column("deleted", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posts")),
        sa.UniqueConstraint("number", name=op.f("uq_posts_number")),
        info={"keep": "forever"},
        sqlite_autoincrement=False,
    )
    with op.batch_alter_table("posts", schema=None) as batch_op:
        batch_op.create_index(
            "ix_posts_author_published_id", ["author", "published", "id"], unique=False
        )
        batch_op.create_index("ix_posts_in_reply_to", ["in_reply_to"], unique=False)
        batch_op.create_index("ix_posts_local_deleted", ["local", "deleted"], unique=False)
        batch_op.create_index(
            "ix_posts_local_feed_published_id",
            ["local_feed", "published", "id"],
            unique=False,
            sqlite_where=sa.text("local_feed IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_posts_thread_published_id", ["thread", "published", "id"], unique=False
        )
        batch_op.create_index("ix_posts_video", ["video"], unique=False)

    op.create_table(
        "reactions",
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("object", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("activity", TEXT, server_default="", nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("actor", "object", "kind", name=op.f("pk_reactions")),
        info={"keep": "forever"},
        sqlite_autoincrement=False,
    )
    with op.batch_alter_table("reactions", schema=None) as batch_op:
        batch_op.create_index("ix_reactions_object_kind", ["object", "kind"], unique=False)

    op.create_table(
        "timeline",
        sa.Column("account", TEXT, nullable=False),
        sa.Column("post", TEXT, nullable=False),
        sa.Column("published", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account", "post", name=op.f("pk_timeline")),
        info={"keep": "forever"},
        sqlite_autoincrement=False,
    )
    with op.batch_alter_table("timeline", schema=None) as batch_op:
        batch_op.create_index(
            "ix_timeline_account_published_post", ["account", "published", "post"], unique=False
        )
        batch_op.create_index("ix_timeline_post_account", ["post", "account"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("timeline", schema=None) as batch_op:
        batch_op.drop_index("ix_timeline_post_account")
        batch_op.drop_index("ix_timeline_account_published_post")

    op.drop_table("timeline")
    with op.batch_alter_table("reactions", schema=None) as batch_op:
        batch_op.drop_index("ix_reactions_object_kind")

    op.drop_table("reactions")
    with op.batch_alter_table("posts", schema=None) as batch_op:
        batch_op.drop_index("ix_posts_video")
        batch_op.drop_index("ix_posts_thread_published_id")
        batch_op.drop_index("ix_posts_local_feed_published_id")
        batch_op.drop_index("ix_posts_local_deleted")
        batch_op.drop_index("ix_posts_in_reply_to")
        batch_op.drop_index("ix_posts_author_published_id")

    op.drop_table("posts")
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.drop_index("ix_notices_object")
        batch_op.drop_index("ix_notices_created_id")
        batch_op.drop_index("ix_notices_actor_object")
        batch_op.drop_index("ix_notices_account_created_id")

    op.drop_table("notices")
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.drop_index("ix_events_created_seq")
        batch_op.drop_index("ix_events_account_seq")
        batch_op.drop_index(
            "ix_events_account_device_item",
            sqlite_where=sa.text("item IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_events_account_about",
            sqlite_where=sa.text("about IS NOT NULL"),
        )

    op.drop_table("events")
    with op.batch_alter_table("audiences", schema=None) as batch_op:
        batch_op.drop_index("ix_audiences_ref")

    op.drop_table("audiences")

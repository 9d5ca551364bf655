"""The tables of video, as they were first."""

import sqlalchemy as sa
from alembic import op

from node.store.tables.columns import TEXT

revision = "0007_pre_video"
down_revision = "0006_pre_e2ee"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "grant_ends",
        sa.Column("whose", TEXT, nullable=False),
        sa.Column("mark", TEXT, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("whose", name=op.f("pk_grant_ends")),
        info={"keep": "24 hours after at"},
        sqlite_autoincrement=False,
    )
    with op.batch_alter_table("grant_ends", schema=None) as batch_op:
        batch_op.create_index("ix_grant_ends_at_whose", ["at", "whose"], unique=False)

    op.create_table(
        "jobs",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("kind", TEXT, server_default="", nullable=False),
        sa.Column("subject", TEXT, server_default="", nullable=False),
        sa.Column("state", TEXT, server_default="due", nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.Column("leased_until", sa.BigInteger(), nullable=True),
        sa.Column("reason", TEXT, server_default="", nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
        info={"keep": "30 days after they were due when done or failed"},
        sqlite_autoincrement=False,
    )
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.create_index("ix_jobs_kind_subject_id", ["kind", "subject", "id"], unique=False)
        batch_op.create_index("ix_jobs_state_due_id", ["state", "due", "id"], unique=False)

    op.create_table(
        "media_grants",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("video", TEXT, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_media_grants")),
        info={"keep": "until expires"},
        sqlite_autoincrement=False,
    )
    with op.batch_alter_table("media_grants", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_media_grants_actor"), ["actor"], unique=False)
        batch_op.create_index("ix_media_grants_expires_digest", ["expires", "digest"], unique=False)
        batch_op.create_index(batch_op.f("ix_media_grants_video"), ["video"], unique=False)

    op.create_table(
        "pictures",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("account", TEXT, nullable=False),
        sa.Column("upload", TEXT, server_default="", nullable=False),
        sa.Column("stands", TEXT, server_default="making", nullable=False),
        sa.Column("use", TEXT, server_default="", nullable=False),
        sa.Column("post", TEXT, server_default="", nullable=False),
        sa.Column("blurhash", TEXT, server_default="", nullable=False),
        sa.Column("milliseconds", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("files", TEXT, server_default="[]", nullable=False),
        sa.Column("bytes", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pictures")),
        info={"keep": "forever"},
        sqlite_autoincrement=False,
    )
    with op.batch_alter_table("pictures", schema=None) as batch_op:
        batch_op.create_index("ix_pictures_account_use", ["account", "use"], unique=False)
        batch_op.create_index("ix_pictures_expires_id", ["expires", "id"], unique=False)
        batch_op.create_index("ix_pictures_post", ["post"], unique=False)
        batch_op.create_index("ix_pictures_upload", ["upload"], unique=False)

    op.create_table(
        "renditions",
        sa.Column("video", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("kind", TEXT, server_default="", nullable=False),
        sa.Column("blob", TEXT, server_default="", nullable=False),
        sa.Column("url", TEXT, server_default="", nullable=False),
        sa.Column("media_type", TEXT, server_default="", nullable=False),
        sa.Column("width", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("height", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("fps", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("size", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("sha256", sa.LargeBinary(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("video", "name", name=op.f("pk_renditions")),
        info={"keep": "forever"},
        sqlite_autoincrement=False,
    )
    op.create_table(
        "uploads",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("account", TEXT, nullable=False),
        sa.Column("size", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("offset", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("state", TEXT, server_default="open", nullable=False),
        sa.Column("filename", TEXT, server_default="", nullable=False),
        sa.Column("media_type", TEXT, server_default="", nullable=False),
        sa.Column("blob", TEXT, server_default="", nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
        info={"keep": "until expires"},
        sqlite_autoincrement=False,
    )
    with op.batch_alter_table("uploads", schema=None) as batch_op:
        batch_op.create_index(
            "ix_uploads_account_created_id", ["account", "created", "id"], unique=False
        )
        batch_op.create_index("ix_uploads_expires_id", ["expires", "id"], unique=False)
        batch_op.create_index("ix_uploads_state_expires", ["state", "expires"], unique=False)

    op.create_table(
        "videos",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("uuid", TEXT, server_default="", nullable=False),
        sa.Column("post", TEXT, nullable=False),
        sa.Column("author", TEXT, nullable=False),
        sa.Column("local", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("upload", TEXT, server_default="", nullable=False),
        sa.Column("state", TEXT, server_default="processing", nullable=False),
        sa.Column("reason", TEXT, server_default="", nullable=False),
        sa.Column("progress", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("draft", TEXT, server_default="{}", nullable=False),
        sa.Column("cut", TEXT, server_default="{}", nullable=False),
        sa.Column("facts", TEXT, server_default="{}", nullable=False),
        sa.Column("duration_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("width", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("height", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("channel", TEXT, server_default="", nullable=False),
        sa.Column("blurhash", TEXT, server_default="", nullable=False),
        sa.Column("poster", TEXT, server_default="", nullable=False),
        sa.Column("bytes", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("ready", sa.BigInteger(), nullable=True),
        sa.Column("deleted", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_videos")),
        sa.UniqueConstraint("number", name=op.f("uq_videos_number")),
        sa.UniqueConstraint("post", name=op.f("uq_videos_post")),
        info={"keep": "forever"},
        sqlite_autoincrement=False,
    )
    with op.batch_alter_table("videos", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_videos_author"), ["author"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("videos", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_videos_author"))

    op.drop_table("videos")
    with op.batch_alter_table("uploads", schema=None) as batch_op:
        batch_op.drop_index("ix_uploads_state_expires")
        batch_op.drop_index("ix_uploads_expires_id")
        batch_op.drop_index(batch_op.f("ix_uploads_account"))

    op.drop_table("uploads")
    op.drop_table("renditions")
    with op.batch_alter_table("pictures", schema=None) as batch_op:
        batch_op.drop_index("ix_pictures_upload")
        batch_op.drop_index("ix_pictures_post")
        batch_op.drop_index("ix_pictures_expires_id")
        batch_op.drop_index("ix_pictures_account_use")

    op.drop_table("pictures")
    with op.batch_alter_table("media_grants", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_media_grants_video"))
        batch_op.drop_index("ix_media_grants_expires_digest")
        batch_op.drop_index(batch_op.f("ix_media_grants_actor"))

    op.drop_table("media_grants")
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.drop_index("ix_jobs_state_due_id")
        batch_op.drop_index("ix_jobs_kind_subject_id")

    op.drop_table("jobs")
    with op.batch_alter_table("grant_ends", schema=None) as batch_op:
        batch_op.drop_index("ix_grant_ends_at_whose")

    op.drop_table("grant_ends")

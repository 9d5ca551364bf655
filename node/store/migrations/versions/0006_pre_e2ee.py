"""The tables of e2ee, as they were first."""

import sqlalchemy as sa
from alembic import op

from node.store.tables.columns import TEXT

revision = "0006_pre_e2ee"
down_revision = "0005_pre_inbox"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "archive_records",
        sa.Column(
            "pos",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("account", TEXT, nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("generation", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("day", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("ends", sa.BigInteger(), nullable=True),
        sa.Column("size", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("pos", name=op.f("pk_archive_records")),
        sa.UniqueConstraint("account", "name", name=op.f("uq_archive_records_account_name")),
        info={"keep": "until ends, where it has one"},
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("archive_records", schema=None) as batch_op:
        batch_op.create_index(
            "ix_archive_records_account_pos_size", ["account", "pos", "size"], unique=False
        )
        batch_op.create_index(
            "ix_archive_records_ends_pos",
            ["ends", "pos"],
            unique=False,
            sqlite_where=sa.text("ends IS NOT NULL"),
        )

    op.create_table(
        "archive_tombstones",
        sa.Column("account", TEXT, nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("account", "name", name=op.f("pk_archive_tombstones")),
        info={"keep": "forever"},
        sqlite_autoincrement=False,
    )
    op.create_table(
        "archives",
        sa.Column("account", TEXT, nullable=False),
        sa.Column("generation", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("bytes", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("records", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("off", sa.Boolean(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_archives")),
        info={"keep": "forever"},
        sqlite_autoincrement=False,
    )
    op.create_table(
        "ciphertexts",
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_ciphertexts")),
        info={"keep": "as long as a mailbox holds it"},
        sqlite_autoincrement=False,
    )
    op.create_table(
        "conversations",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("mls_group", sa.LargeBinary(), nullable=True),
        sa.Column("beside", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("creator", TEXT, nullable=False),
        sa.Column("hosted", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("epoch", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("seq", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("head", sa.LargeBinary(), server_default="", nullable=False),
        sa.Column("term", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("group_info", sa.LargeBinary(), server_default="", nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversations")),
        sa.UniqueConstraint("mls_group", "beside", name=op.f("uq_conversations_mls_group_beside")),
        info={"keep": "forever"},
        sqlite_autoincrement=False,
    )
    op.create_table(
        "key_packages",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("ref", sa.LargeBinary(), nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("device", TEXT, nullable=False),
        sa.Column("suite", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("last_resort", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("claimed_by", TEXT, server_default="", nullable=False),
        sa.Column("claimed_on", TEXT, server_default="", nullable=False),
        sa.Column("claimed", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_packages")),
        sa.UniqueConstraint("ref", name=op.f("uq_key_packages_ref")),
        info={"keep": "30 days after claimed or expires: claimed ones stay resolvable by id"},
        sqlite_autoincrement=False,
    )
    with op.batch_alter_table("key_packages", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_key_packages_actor"), ["actor"], unique=False)
        batch_op.create_index("ix_key_packages_claimed_id", ["claimed", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_key_packages_device"), ["device"], unique=False)
        batch_op.create_index("ix_key_packages_expires_id", ["expires", "id"], unique=False)

    op.create_table(
        "mailbox",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("device", TEXT, nullable=False),
        sa.Column("conversation", TEXT, server_default="", nullable=False),
        sa.Column("actor", TEXT, server_default="", nullable=False),
        sa.Column("share", TEXT, nullable=False),
        sa.Column("kind", TEXT, server_default="", nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("told", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_mailbox")),
        sa.UniqueConstraint("device", "sha256", name=op.f("uq_mailbox_device_sha256")),
        info={"keep": "until acknowledged, at most 30 days after created"},
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("mailbox", schema=None) as batch_op:
        batch_op.create_index("ix_mailbox_created_seq", ["created", "seq"], unique=False)
        batch_op.create_index(
            "ix_mailbox_device_share_size", ["device", "share", "size"], unique=False
        )
        batch_op.create_index("ix_mailbox_device_seq", ["device", "seq"], unique=False)
        batch_op.create_index(batch_op.f("ix_mailbox_sha256"), ["sha256"], unique=False)

    op.create_table(
        "participants",
        sa.Column("conversation", TEXT, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("device", TEXT, nullable=False),
        sa.Column("share", TEXT, nullable=False),
        sa.Column("gone", TEXT, server_default="", nullable=False),
        sa.Column("joined", sa.BigInteger(), nullable=False),
        sa.Column("left", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("conversation", "actor", "device", name=op.f("pk_participants")),
        info={"keep": "forever"},
        sqlite_autoincrement=False,
    )
    with op.batch_alter_table("participants", schema=None) as batch_op:
        batch_op.create_index("ix_participants_actor", ["actor"], unique=False)
        batch_op.create_index("ix_participants_device", ["device"], unique=False)

    op.create_table(
        "relay_items",
        sa.Column("conversation", TEXT, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("attempt", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("kind", TEXT, server_default="", nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("actor", TEXT, server_default="", nullable=False),
        sa.Column("prev", sa.LargeBinary(), nullable=False),
        sa.Column("term", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("commit_epoch", sa.BigInteger(), nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("conversation", "seq", name=op.f("pk_relay_items")),
        sa.UniqueConstraint(
            "conversation",
            "commit_epoch",
            "attempt",
            name=op.f("uq_relay_items_conversation_commit_epoch_attempt"),
        ),
        sa.UniqueConstraint(
            "conversation", "sha256", name=op.f("uq_relay_items_conversation_sha256")
        ),
        info={"keep": "forever"},
        sqlite_autoincrement=False,
    )


def downgrade() -> None:
    op.drop_table("relay_items")
    with op.batch_alter_table("participants", schema=None) as batch_op:
        batch_op.drop_index("ix_participants_device")
        batch_op.drop_index("ix_participants_actor")

    op.drop_table("participants")
    with op.batch_alter_table("mailbox", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_mailbox_sha256"))
        batch_op.drop_index("ix_mailbox_device_seq")
        batch_op.drop_index("ix_mailbox_device_share_size")
        batch_op.drop_index("ix_mailbox_created_seq")

    op.drop_table("mailbox")
    with op.batch_alter_table("key_packages", schema=None) as batch_op:
        batch_op.drop_index("ix_key_packages_expires_id")
        batch_op.drop_index(batch_op.f("ix_key_packages_device"))
        batch_op.drop_index("ix_key_packages_claimed_id")
        batch_op.drop_index(batch_op.f("ix_key_packages_actor"))

    op.drop_table("key_packages")
    op.drop_table("conversations")
    op.drop_table("ciphertexts")
    op.drop_table("archives")
    op.drop_table("archive_tombstones")
    with op.batch_alter_table("archive_records", schema=None) as batch_op:
        batch_op.drop_index("ix_archive_records_ends_pos")
        batch_op.drop_index("ix_archive_records_account_pos_size")

    op.drop_table("archive_records")

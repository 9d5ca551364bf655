"""The tables of accounts, as they were first."""

import sqlalchemy as sa
from alembic import op

from node.store.tables.columns import TEXT

revision = "0002_pre_accounts"
down_revision = "0001_pre_node"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account_keys",
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("account", TEXT, nullable=False),
        sa.Column("d", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("n", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("b", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("delegation", sa.LargeBinary(), nullable=False),
        sa.Column("devices", sa.LargeBinary(), nullable=False),
        sa.Column("box", sa.LargeBinary(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("actor", name=op.f("pk_account_keys")),
        info={"keep": "forever"},
        sqlite_autoincrement=False,
    )
    with op.batch_alter_table("account_keys", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_account_keys_account"), ["account"], unique=False)

    op.create_table(
        "accounts",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("channel", TEXT, nullable=False),
        sa.Column("password", TEXT, server_default="", nullable=False),
        sa.Column("role", TEXT, server_default="member", nullable=False),
        sa.Column("state", TEXT, server_default="active", nullable=False),
        sa.Column("identity_key", sa.LargeBinary(), nullable=True),
        sa.Column("locale", TEXT, server_default="en", nullable=False),
        sa.Column("mentions", TEXT, server_default="following", nullable=False),
        sa.Column("quota_bytes", sa.BigInteger(), nullable=True),
        sa.Column("invited_by", TEXT, nullable=True),
        sa.Column("reason", TEXT, server_default="", nullable=False),
        sa.Column("display_name", TEXT, server_default="", nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("actor", name=op.f("uq_accounts_actor")),
        sa.UniqueConstraint("channel", name=op.f("uq_accounts_channel")),
        sa.UniqueConstraint("name", name=op.f("uq_accounts_name")),
        info={"keep": "forever"},
        sqlite_autoincrement=False,
    )
    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.create_index(
            "ix_accounts_state_created_id", ["state", "created", "id"], unique=False
        )

    op.create_table(
        "devices",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("account", TEXT, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("name", TEXT, server_default="", nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("revoked", sa.BigInteger(), nullable=True),
        sa.Column("seat", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("seat_nonce", sa.LargeBinary(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_devices")),
        info={"keep": "forever"},
        sqlite_autoincrement=False,
    )
    with op.batch_alter_table("devices", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_devices_account"), ["account"], unique=False)
        batch_op.create_index(batch_op.f("ix_devices_actor"), ["actor"], unique=False)

    op.create_table(
        "homes",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("account", TEXT, nullable=False),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_homes")),
        info={"keep": "180 days after seen"},
        sqlite_autoincrement=False,
    )
    with op.batch_alter_table("homes", schema=None) as batch_op:
        batch_op.create_index("ix_homes_account_seen", ["account", "seen"], unique=False)
        batch_op.create_index("ix_homes_seen_digest", ["seen", "digest"], unique=False)

    op.create_table(
        "idempotency",
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("request", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("body", sa.LargeBinary(), server_default="", nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("token", "key", name=op.f("pk_idempotency")),
        info={"keep": "24 hours after created"},
        sqlite_autoincrement=False,
    )
    with op.batch_alter_table("idempotency", schema=None) as batch_op:
        batch_op.create_index(
            "ix_idempotency_created_token_key", ["created", "token", "key"], unique=False
        )

    op.create_table(
        "invites",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("account", TEXT, nullable=True),
        sa.Column("role", TEXT, server_default="member", nullable=False),
        sa.Column("befriends", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("uses_left", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_invites")),
        sa.UniqueConstraint("id", name=op.f("uq_invites_id")),
        info={"keep": "90 days after expires"},
        sqlite_autoincrement=False,
    )
    with op.batch_alter_table("invites", schema=None) as batch_op:
        batch_op.create_index("ix_invites_account", ["account"], unique=False)
        batch_op.create_index("ix_invites_expires_digest", ["expires", "digest"], unique=False)

    op.create_table(
        "names",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("actor", TEXT, server_default="", nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_names")),
        info={"keep": "forever"},
        sqlite_autoincrement=False,
    )
    with op.batch_alter_table("names", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_names_actor"), ["actor"], unique=False)

    op.create_table(
        "links",
        sa.Column("code", TEXT, nullable=False),
        sa.Column("commit", sa.LargeBinary(), nullable=False),
        sa.Column("shower", sa.LargeBinary(), nullable=False),
        sa.Column("reader", sa.LargeBinary(), server_default="", nullable=False),
        sa.Column("shown", sa.LargeBinary(), server_default="", nullable=False),
        sa.Column("read", sa.LargeBinary(), server_default="", nullable=False),
        sa.Column("grant", sa.LargeBinary(), server_default="", nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_links")),
        info={"keep": "until expires"},
        sqlite_autoincrement=False,
    )
    with op.batch_alter_table("links", schema=None) as batch_op:
        batch_op.create_index("ix_links_expires_code", ["expires", "code"], unique=False)

    op.create_table(
        "resets",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("account", TEXT, nullable=False),
        sa.Column("maker", TEXT, nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_resets")),
        sa.UniqueConstraint("account", name=op.f("uq_resets_account")),
        info={"keep": "until expires"},
        sqlite_autoincrement=False,
    )
    with op.batch_alter_table("resets", schema=None) as batch_op:
        batch_op.create_index("ix_resets_expires_digest", ["expires", "digest"], unique=False)
        batch_op.create_index("ix_resets_maker", ["maker"], unique=False)

    op.create_table(
        "sessions",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("account", TEXT, nullable=False),
        sa.Column("device", TEXT, server_default="", nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("name", TEXT, server_default="", nullable=False),
        sa.Column("scopes", TEXT, server_default="", nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("last_seen", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=True),
        sa.Column("revoked", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("digest", name=op.f("uq_sessions_digest")),
        info={"keep": "90 days after revoked"},
        sqlite_autoincrement=False,
    )
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sessions_account"), ["account"], unique=False)
        batch_op.create_index(batch_op.f("ix_sessions_device"), ["device"], unique=False)
        batch_op.create_index("ix_sessions_revoked_id", ["revoked", "id"], unique=False)

    op.create_table(
        "push_subscriptions",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("account", TEXT, nullable=False),
        sa.Column("session", TEXT, nullable=False),
        sa.Column("device", TEXT, server_default="", nullable=False),
        sa.Column("endpoint", TEXT, nullable=False),
        sa.Column("public", sa.LargeBinary(), nullable=False),
        sa.Column("auth", sa.LargeBinary(), nullable=False),
        sa.Column("kinds", TEXT, server_default="", nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=True),
        sa.Column("pushed", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("told", sa.BigInteger(), nullable=True),
        sa.Column("failures", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("failing", sa.BigInteger(), nullable=True),
        sa.Column("due", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_subscriptions")),
        sa.UniqueConstraint("session", name=op.f("uq_push_subscriptions_session")),
        info={"keep": "forever"},
        sqlite_autoincrement=False,
    )
    with op.batch_alter_table("push_subscriptions", schema=None) as batch_op:
        batch_op.create_index(
            "ix_push_subscriptions_account_created_id", ["account", "created", "id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("account_keys", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_account_keys_account"))

    op.drop_table("account_keys")
    with op.batch_alter_table("push_subscriptions", schema=None) as batch_op:
        batch_op.drop_index("ix_push_subscriptions_account_created_id")

    op.drop_table("push_subscriptions")
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.drop_index("ix_sessions_revoked_id")
        batch_op.drop_index(batch_op.f("ix_sessions_device"))
        batch_op.drop_index(batch_op.f("ix_sessions_account"))

    op.drop_table("sessions")
    with op.batch_alter_table("resets", schema=None) as batch_op:
        batch_op.drop_index("ix_resets_maker")
        batch_op.drop_index("ix_resets_expires_digest")

    op.drop_table("resets")
    with op.batch_alter_table("links", schema=None) as batch_op:
        batch_op.drop_index("ix_links_expires_code")

    op.drop_table("links")
    with op.batch_alter_table("names", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_names_actor"))

    op.drop_table("names")
    with op.batch_alter_table("invites", schema=None) as batch_op:
        batch_op.drop_index("ix_invites_expires_digest")
        batch_op.drop_index("ix_invites_account")

    op.drop_table("invites")
    with op.batch_alter_table("idempotency", schema=None) as batch_op:
        batch_op.drop_index("ix_idempotency_created_token_key")

    op.drop_table("idempotency")
    with op.batch_alter_table("homes", schema=None) as batch_op:
        batch_op.drop_index("ix_homes_seen_digest")
        batch_op.drop_index("ix_homes_account_seen")

    op.drop_table("homes")
    with op.batch_alter_table("devices", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_devices_actor"))
        batch_op.drop_index(batch_op.f("ix_devices_account"))

    op.drop_table("devices")
    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.drop_index("ix_accounts_state_created_id")

    op.drop_table("accounts")

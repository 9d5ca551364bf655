"""The tables of federation, as they were first."""

import sqlalchemy as sa
from alembic import op

from node.store.tables.columns import TEXT

revision = "0004_pre_federation"
down_revision = "0003_pre_graph"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "actors",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("kind", TEXT, server_default="", nullable=False),
        sa.Column("local", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("account", TEXT, nullable=True),
        sa.Column("name", TEXT, server_default="", nullable=False),
        sa.Column("domain", TEXT, server_default="", nullable=False),
        sa.Column("display_name", TEXT, server_default="", nullable=False),
        sa.Column("summary", TEXT, server_default="", nullable=False),
        sa.Column("icon", TEXT, server_default="", nullable=False),
        sa.Column("header", TEXT, server_default="", nullable=False),
        sa.Column("links", TEXT, server_default="[]", nullable=False),
        sa.Column("url", TEXT, server_default="", nullable=False),
        sa.Column("inbox", TEXT, server_default="", nullable=False),
        sa.Column("shared_inbox", TEXT, server_default="", nullable=False),
        sa.Column("outbox", TEXT, server_default="", nullable=False),
        sa.Column("followers", TEXT, server_default="", nullable=False),
        sa.Column("following", TEXT, server_default="", nullable=False),
        sa.Column("friends", TEXT, server_default="", nullable=False),
        sa.Column("key_packages", TEXT, server_default="", nullable=False),
        sa.Column("capabilities", TEXT, server_default="[]", nullable=False),
        sa.Column("manually_approves", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("moved_to", TEXT, server_default="", nullable=False),
        sa.Column("move_told", TEXT, server_default="", nullable=False),
        sa.Column("move_told_at", sa.BigInteger(), nullable=True),
        sa.Column("document", sa.LargeBinary(), nullable=True),
        sa.Column("fetched", sa.BigInteger(), nullable=True),
        sa.Column("gone", sa.BigInteger(), nullable=True),
        sa.Column("suspended", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_actors")),
        sa.UniqueConstraint("number", name=op.f("uq_actors_number")),
        info={"keep": "remote ones 90 days after fetched when nothing refers to them"},
        sqlite_autoincrement=False,
    )
    with op.batch_alter_table("actors", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_actors_account"), ["account"], unique=False)
        batch_op.create_index(
            "ix_actors_local_fetched_id", ["local", "fetched", "id"], unique=False
        )
        batch_op.create_index("ix_actors_name_domain", ["name", "domain"], unique=False)
        batch_op.create_index("ix_actors_suspended", ["suspended"], unique=False)

    op.create_table(
        "arrivals",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("activity", TEXT, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("state", TEXT, server_default="new", nullable=False),
        sa.Column("priority", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.Column("reason", TEXT, server_default="", nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_arrivals")),
        sa.UniqueConstraint("actor", "activity", name=op.f("uq_arrivals_actor_activity")),
        info={"keep": "applied and refused ones 30 days after they were due"},
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("arrivals", schema=None) as batch_op:
        batch_op.create_index(
            "ix_arrivals_state_priority_due_seq", ["state", "priority", "due", "seq"], unique=False
        )
        batch_op.create_index(
            "ix_arrivals_new",
            ["actor", "state", "priority"],
            unique=False,
            sqlite_where=sa.text("state = 'new'"),
        )

    op.create_table(
        "deliveries",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("activity", TEXT, nullable=False),
        sa.Column("host", TEXT, nullable=False),
        sa.Column("inbox", TEXT, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("state", TEXT, server_default="due", nullable=False),
        sa.Column("priority", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("first_tried", sa.BigInteger(), nullable=True),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.Column("settled", sa.BigInteger(), nullable=True),
        sa.Column("aside", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("reason", TEXT, server_default="", nullable=False),
        sa.Column("named", TEXT, server_default="", nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("activity", "inbox", name=op.f("uq_deliveries_activity_inbox")),
        info={"keep": "30 days after settled"},
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.create_index("ix_deliveries_settled_seq", ["settled", "seq"], unique=False)
        batch_op.create_index(
            "ix_deliveries_state_host_priority_seq",
            ["state", "host", "priority", "seq"],
            unique=False,
        )

    op.create_table(
        "keys",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("algorithm", TEXT, server_default="", nullable=False),
        sa.Column("purpose", TEXT, server_default="signature", nullable=False),
        sa.Column("public", sa.LargeBinary(), nullable=False),
        sa.Column("private", sa.LargeBinary(), nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("fetched", sa.BigInteger(), nullable=True),
        sa.Column("expires", sa.BigInteger(), nullable=True),
        sa.Column("revoked", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keys")),
        info={"keep": "remote ones with their actor"},
        sqlite_autoincrement=False,
    )
    with op.batch_alter_table("keys", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_keys_actor"), ["actor"], unique=False)

    op.create_table(
        "outbox",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("public", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("object", TEXT, server_default="", nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        info={"keep": "non-public ones 30 days after the last delivery is settled"},
        sqlite_autoincrement=False,
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(
            "ix_outbox_actor_public_created_id", ["actor", "public", "created", "id"], unique=False
        )
        batch_op.create_index("ix_outbox_object", ["object"], unique=False)
        batch_op.create_index(
            "ix_outbox_public_created_id", ["public", "created", "id"], unique=False
        )

    op.create_table(
        "peers",
        sa.Column("host", TEXT, nullable=False),
        sa.Column("dialect", TEXT, server_default="", nullable=False),
        sa.Column("capabilities", TEXT, server_default="[]", nullable=False),
        sa.Column("last_success", sa.BigInteger(), nullable=True),
        sa.Column("failing_since", sa.BigInteger(), nullable=True),
        sa.Column("reason", TEXT, server_default="", nullable=False),
        sa.Column("leased_until", sa.BigInteger(), nullable=True),
        sa.Column("leased_by", TEXT, server_default="", nullable=False),
        sa.Column("suspended", sa.BigInteger(), nullable=True),
        sa.Column("resent", sa.BigInteger(), nullable=True),
        sa.Column("resends", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_peers")),
        info={"keep": "180 days after last_success when nothing is owed"},
        sqlite_autoincrement=False,
    )
    with op.batch_alter_table("peers", schema=None) as batch_op:
        batch_op.create_index("ix_peers_failing_since", ["failing_since"], unique=False)
        batch_op.create_index("ix_peers_last_success_host", ["last_success", "host"], unique=False)
        batch_op.create_index("ix_peers_suspended", ["suspended"], unique=False)

    op.create_table(
        "resends",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("restored", sa.BigInteger(), nullable=False),
        sa.Column("named", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resends")),
        info={"keep": "30 days after restored"},
        sqlite_autoincrement=False,
    )
    with op.batch_alter_table("resends", schema=None) as batch_op:
        batch_op.create_index("ix_resends_restored_id", ["restored", "id"], unique=False)

    op.create_table(
        "tombstones",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("deleted", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", "actor", name=op.f("pk_tombstones")),
        info={"keep": "365 days after deleted; ours forever"},
        sqlite_autoincrement=False,
    )
    with op.batch_alter_table("tombstones", schema=None) as batch_op:
        batch_op.create_index(
            "ix_tombstones_deleted_id_actor", ["deleted", "id", "actor"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("tombstones", schema=None) as batch_op:
        batch_op.drop_index("ix_tombstones_deleted_id_actor")

    op.drop_table("tombstones")
    with op.batch_alter_table("resends", schema=None) as batch_op:
        batch_op.drop_index("ix_resends_restored_id")

    op.drop_table("resends")
    with op.batch_alter_table("peers", schema=None) as batch_op:
        batch_op.drop_index("ix_peers_suspended")
        batch_op.drop_index("ix_peers_last_success_host")
        batch_op.drop_index("ix_peers_failing_since")

    op.drop_table("peers")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index("ix_outbox_public_created_id")
        batch_op.drop_index("ix_outbox_object")
        batch_op.drop_index("ix_outbox_actor_public_created_id")

    op.drop_table("outbox")
    with op.batch_alter_table("keys", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_keys_actor"))

    op.drop_table("keys")
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.drop_index("ix_deliveries_state_host_priority_seq")
        batch_op.drop_index("ix_deliveries_settled_seq")

    op.drop_table("deliveries")
    with op.batch_alter_table("arrivals", schema=None) as batch_op:
        batch_op.drop_index("ix_arrivals_new", sqlite_where=sa.text("state = 'new'"))
        batch_op.drop_index("ix_arrivals_state_priority_due_seq")

    op.drop_table("arrivals")
    with op.batch_alter_table("actors", schema=None) as batch_op:
        batch_op.drop_index("ix_actors_suspended")
        batch_op.drop_index("ix_actors_name_domain")
        batch_op.drop_index("ix_actors_local_fetched_id")
        batch_op.drop_index(batch_op.f("ix_actors_account"))

    op.drop_table("actors")

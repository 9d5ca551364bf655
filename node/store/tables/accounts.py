"""Accounts: names, sign-up, invites, sessions, devices, and what each POST was answered."""

from sqlalchemy import BigInteger, Column, Index, LargeBinary

from node.store.tables.columns import TEXT, flag, id_, instant, number, table, text

names = table(
    "names",
    id_("name"),  # lower case; accounts, their channels and the instance actor share this space
    text("actor", index=True),
    instant("created", nullable=False),
    # A deleted name is never used again, so rows stay.
)

accounts = table(
    "accounts",
    id_(),  # uuid7
    Column("name", TEXT, nullable=False, unique=True),  # lower case
    Column("actor", TEXT, nullable=False, unique=True),
    Column("channel", TEXT, nullable=False, unique=True),  # the Group's id; its keys come later
    text("password"),  # PyNaCl's Argon2id string
    text("role", "member"),  # member | admin
    text("state", "active"),  # pending | active | suspended | deleted
    Column("identity_key", LargeBinary),  # made on the user's device; 32 bytes
    text("locale", "en"),
    text("mentions", "following"),  # everyone | following | friends | nobody
    Column("quota_bytes", BigInteger),  # None: the node's default
    Column("invited_by", TEXT),  # account id
    text("reason"),  # what an applicant wrote, in approval mode
    text("display_name"),  # what an applicant is to be called; the actor has it from then on
    instant("created", nullable=False),
    Index("ix_accounts_state_created_id", "state", "created", "id"),
)

sessions = table(
    "sessions",
    id_(),  # uuid7
    Column("account", TEXT, nullable=False, index=True),
    text("device", index=True),  # "" for a session without one: an app's, or a browser's
    Column("digest", LargeBinary, nullable=False, unique=True),  # SHA-256 of the token
    text("name"),  # what the client calls itself
    text("scopes"),  # space separated
    instant("created", nullable=False),
    instant("last_seen", nullable=False),
    instant("expires"),  # None: it lasts until it is revoked
    instant("revoked"),
    Index("ix_sessions_revoked_id", "revoked", "id"),
    keep="90 days after revoked",
)

devices = table(
    "devices",
    id_(),  # uuid7
    Column("account", TEXT, nullable=False, index=True),
    Column("actor", TEXT, nullable=False, index=True),  # the Person in whose name it speaks
    text("name"),
    instant("created", nullable=False),
    instant("revoked"),
    number("seat"),  # grows with each opening of the device's vault
    Column("seat_nonce", LargeBinary, nullable=False, server_default=""),
    # Conversations name their devices for good, so rows stay.
)

account_keys = table(
    "account_keys",
    id_("actor"),  # whose they are
    Column("account", TEXT, nullable=False, index=True),
    # The number of the keys: of their delegation, list and box.
    number("d"),
    number("n"),
    number("b"),
    Column("root", LargeBinary, nullable=False),
    Column("delegation", LargeBinary, nullable=False),  # each as it was signed
    Column("devices", LargeBinary, nullable=False),
    Column("box", LargeBinary, nullable=False),  # sealed to the devices; no node can open it
    instant("changed", nullable=False),
    # One row an account, replaced by newer keys; it goes with the account.
)

invites = table(
    "invites",
    Column("digest", LargeBinary, primary_key=True),  # SHA-256 of the link's secret
    Column("id", TEXT, nullable=False, unique=True),  # uuid7, to list and revoke by
    Column("account", TEXT),  # who invites; None: made by the node itself
    text("role", "member"),
    flag("befriends"),  # who signs up becomes a friend of the inviter
    number("uses_left", "1"),
    instant("created", nullable=False),
    instant("expires", nullable=False),
    Index("ix_invites_account", "account"),
    Index("ix_invites_expires_digest", "expires", "digest"),
    keep="90 days after expires",
)

resets = table(
    "resets",
    Column("digest", LargeBinary, primary_key=True),  # SHA-256 of the link's secret
    Column("account", TEXT, nullable=False, unique=True),  # whose password it sets
    Column("maker", TEXT),  # an administrator's account; None: made on the node's machine
    instant("created", nullable=False),
    instant("expires", nullable=False),
    Index("ix_resets_maker", "maker"),
    Index("ix_resets_expires_digest", "expires", "digest"),
    keep="until expires",
)

links = table(
    "links",
    id_("code"),  # what is read out or scanned
    Column("commit", LargeBinary, nullable=False),  # of who shows
    # SHA-256 of their secrets; that of the new device becomes its token's.
    Column("shower", LargeBinary, nullable=False),
    Column("reader", LargeBinary, nullable=False, server_default=""),
    # What each wrote; empty before.
    Column("shown", LargeBinary, nullable=False, server_default=""),
    Column("read", LargeBinary, nullable=False, server_default=""),
    Column("grant", LargeBinary, nullable=False, server_default=""),  # no node can open it
    instant("created", nullable=False),
    instant("expires", nullable=False),
    Index("ix_links_expires_code", "expires", "code"),
    keep="until expires",
)

homes = table(
    "homes",
    # Of an account's name and a network, under a key that is not here.
    Column("digest", LargeBinary, primary_key=True),
    Column("account", TEXT, nullable=False),
    instant("seen", nullable=False),
    Index("ix_homes_account_seen", "account", "seen"),
    Index("ix_homes_seen_digest", "seen", "digest"),
    keep="180 days after seen",
)

idempotency = table(
    "idempotency",
    Column("token", LargeBinary, primary_key=True),  # SHA-256 of the caller's token
    Column("key", TEXT, primary_key=True),  # SHA-256 of the client's key, in hex
    Column("request", LargeBinary, nullable=False),  # of method, path and body, keyed by the key
    number("status"),  # 0: it was carried out, its answer was not kept yet
    Column("body", LargeBinary, nullable=False, server_default=""),  # sealed under the key
    instant("created", nullable=False),
    Index("ix_idempotency_created_token_key", "created", "token", "key"),
    keep="24 hours after created",
)

push_subscriptions = table(
    "push_subscriptions",
    id_(),  # uuid7
    Column("account", TEXT, nullable=False),
    Column("session", TEXT, nullable=False, unique=True),
    text("device"),  # of the session
    Column("endpoint", TEXT, nullable=False),  # at the browser's push service
    Column("public", LargeBinary, nullable=False),  # of the browser: a point on P-256
    Column("auth", LargeBinary, nullable=False),  # what the browser and we know
    text("kinds"),  # space separated
    instant("created", nullable=False),
    instant("expires"),  # as the browser said
    number("pushed"),  # the newest event it was told of
    instant("told"),
    number("failures"),  # since it last went well
    instant("failing"),  # since when
    instant("due"),  # not before
    Index("ix_push_subscriptions_account_created_id", "account", "created", "id"),
    # Rows go with their session, or when their push service says that they are gone.
)

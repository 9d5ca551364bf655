"""What a server keeps of sealed messages."""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, UniqueConstraint

from node.store.tables.columns import (
    SEQUENCE,
    TEXT,
    flag,
    id_,
    instant,
    number,
    some_index,
    table,
    text,
)

key_packages = table(
    "key_packages",
    id_(),  # the object's URL
    Column("ref", LargeBinary, nullable=False, unique=True),  # KeyPackageRef
    Column("actor", TEXT, nullable=False, index=True),
    Column("device", TEXT, nullable=False, index=True),
    number("suite"),
    Column("body", LargeBinary, nullable=False),
    flag("last_resort"),
    instant("expires", nullable=False),
    instant("created", nullable=False),
    text("claimed_by"),  # actor; handed out once unless last resort
    text("claimed_on"),  # the device of ours that claimed it
    instant("claimed"),
    Index("ix_key_packages_claimed_id", "claimed", "id"),
    Index("ix_key_packages_expires_id", "expires", "id"),
    keep="30 days after claimed or expires: claimed ones stay resolvable by id",
)

conversations = table(
    "conversations",
    id_(),  # URL of the conversation collection: a locator; #1 to #15 for those told beside it
    # None until a message showed it: a Welcome, which begins a conversation here, does not.
    Column("mls_group", LargeBinary),
    number("beside"),  # its place among those of one group: 0, but where others were told beside it
    Column("creator", TEXT, nullable=False),  # actor
    flag("hosted"),  # this node is the relay
    number("epoch"),  # of the head
    number("seq"),  # of the last item
    Column("head", LargeBinary, nullable=False, server_default=""),  # hash chain
    number("term"),
    Column("group_info", LargeBinary, nullable=False, server_default=""),  # sealed by the members
    instant("created", nullable=False),
    UniqueConstraint("mls_group", "beside"),
)

participants = table(
    "participants",
    Column("conversation", TEXT, primary_key=True),
    Column("actor", TEXT, primary_key=True),
    Column("device", TEXT, primary_key=True),  # ours by id; "" for a remote actor's devices
    # Whose share of a mailbox their messages take: their own, or that of a friend's guests.
    Column("share", TEXT, nullable=False),
    text("gone"),  # our actors whose devices read that these left, one a line
    instant("joined", nullable=False),
    instant("left"),
    Index("ix_participants_actor", "actor"),
    Index("ix_participants_device", "device"),
)

relay_items = table(
    "relay_items",
    Column("conversation", TEXT, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    number("epoch"),
    number("attempt"),
    text("kind"),  # commit | application | proposal | welcome
    Column("sha256", LargeBinary, nullable=False),
    text("actor"),
    Column("prev", LargeBinary, nullable=False),
    number("term"),
    Column("signature", LargeBinary, nullable=False),
    Column("commit_epoch", BigInteger),  # of a commit that won its epoch: one for each
    instant("created", nullable=False),
    UniqueConstraint("conversation", "commit_epoch", "attempt"),
    UniqueConstraint("conversation", "sha256"),
)

mailbox = table(
    "mailbox",
    Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
    Column("device", TEXT, nullable=False),
    text("conversation"),
    text("actor"),  # who the envelope says it is from: a hint, the MLS leaf decides
    Column("share", TEXT, nullable=False),  # as its sender's in `participants`
    text("kind"),
    Column("sha256", LargeBinary, nullable=False, index=True),  # of the ciphertext
    number("size"),  # of the ciphertext: all that waits is added up from the index alone
    flag("told"),  # its sender knows that nobody has fetched it yet
    instant("created", nullable=False),
    UniqueConstraint("device", "sha256"),
    Index("ix_mailbox_device_seq", "device", "seq"),
    Index("ix_mailbox_created_seq", "created", "seq"),
    Index("ix_mailbox_device_share_size", "device", "share", "size"),
    keep="until acknowledged, at most 30 days after created",
)

archives = table(
    "archives",
    Column("account", TEXT, primary_key=True),
    number("generation"),  # the newest that was written under
    number("bytes"),  # of all bodies and rows
    number("records"),
    flag("off"),
)

archive_records = table(
    "archive_records",
    Column("pos", SEQUENCE, primary_key=True, autoincrement=True),
    Column("account", TEXT, nullable=False),
    Column("name", LargeBinary, nullable=False),
    number("generation"),
    number("day"),  # when it disappears, in days since 1970; 0: never
    instant("ends"),  # after that day, everywhere
    number("size"),  # of the body
    Column("body", LargeBinary, nullable=False),  # sealed by the account's devices
    UniqueConstraint("account", "name"),
    Index("ix_archive_records_account_pos_size", "account", "pos", "size"),
    some_index("ix_archive_records_ends_pos", "ends IS NOT NULL", "ends", "pos"),
    keep="until ends, where it has one",
)

archive_tombstones = table(
    "archive_tombstones",
    Column("account", TEXT, primary_key=True),
    Column("name", LargeBinary, primary_key=True),
)

ciphertexts = table(
    "ciphertexts",
    Column("sha256", LargeBinary, primary_key=True),
    Column("body", LargeBinary, nullable=False),  # the MLSMessage, once for all who wait for it
    keep="as long as a mailbox holds it",
)

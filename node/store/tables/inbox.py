"""Posts, and what is told of them."""

from sqlalchemy import BigInteger, Column, Index

from node.store.tables.columns import (
    SEQUENCE,
    TEXT,
    client_number,
    flag,
    id_,
    instant,
    number,
    some_index,
    table,
    text,
)

posts = table(
    "posts",
    id_(),
    client_number(),
    Column("author", TEXT, nullable=False),  # actor
    flag("local"),
    text("kind", "note"),  # note | comment | video
    text("content"),  # cleaned HTML
    text("content_map", "{}"),  # JSON: language to cleaned HTML
    text("lang"),
    text("name"),
    text("summary"),  # content warning
    flag("sensitive"),
    text("url"),
    text("in_reply_to"),
    text("thread"),  # the post at the root
    text("attachments", "[]"),  # JSON
    text("video"),  # id of the Video object
    Column("local_feed", BigInteger),  # 1: public, by one of ours and no comment; else NULL
    instant("published", nullable=False),
    instant("updated"),
    instant("deleted"),
    Index("ix_posts_author_published_id", "author", "published", "id"),
    Index("ix_posts_thread_published_id", "thread", "published", "id"),
    Index("ix_posts_local_deleted", "local", "deleted"),
    Index("ix_posts_in_reply_to", "in_reply_to"),
    Index("ix_posts_video", "video"),
    some_index(
        "ix_posts_local_feed_published_id",
        "local_feed IS NOT NULL",
        "local_feed",
        "published",
        "id",
    ),
)

post_versions = table(
    "post_versions",  # what a post said before it was changed
    Column("post", TEXT, primary_key=True),
    Column("said", BigInteger, primary_key=True),  # since when it said so: an instant
    text("content"),
    text("content_map", "{}"),
    text("lang"),
    text("summary"),
    flag("sensitive"),
)

audiences = table(
    "audiences",
    Column("post", TEXT, primary_key=True),
    Column("kind", TEXT, primary_key=True),  # public | followers | friends | circle | actor
    Column("ref", TEXT, primary_key=True),  # "" or the actor or circle that is meant
    Index("ix_audiences_ref", "ref"),
)

reactions = table(
    "reactions",
    Column("actor", TEXT, primary_key=True),
    Column("object", TEXT, primary_key=True),  # the post, also when the Video was liked
    Column("kind", TEXT, primary_key=True),  # like | share
    text("activity"),
    instant("created", nullable=False),
    Index("ix_reactions_object_kind", "object", "kind"),
)

shares_taken = table(
    "shares_taken",  # also those that were taken back: so many are taken in a day
    Column("actor", TEXT, primary_key=True),
    Column("activity", TEXT, primary_key=True),
    instant("at", nullable=False),
    Index("ix_shares_taken_at_actor_activity", "at", "actor", "activity"),
    keep="24 hours after at",
)

timeline = table(
    "timeline",
    Column("account", TEXT, primary_key=True),
    Column("post", TEXT, primary_key=True),
    instant("published", nullable=False),  # or when it was shared
    Column("shared", BigInteger),  # 1: it stands here only because it was shared; else NULL
    Index("ix_timeline_account_published_post", "account", "published", "post"),
    Index("ix_timeline_post_account", "post", "account"),
)

notices = table(
    "notices",
    id_(),  # uuid7
    Column("account", TEXT, nullable=False),
    text("kind"),  # friend_request | friend_accepted | like | comment | follow | share | moved …
    text("actor"),
    text("object"),
    instant("created", nullable=False),
    instant("read"),
    Index("ix_notices_account_created_id", "account", "created", "id"),
    Index("ix_notices_actor_object", "actor", "object"),
    Index("ix_notices_object", "object"),
    Index("ix_notices_created_id", "created", "id"),
    keep="180 days after created",
)

mutes = table(
    "mutes",
    Column("account", TEXT, primary_key=True),  # whose it is
    Column("kind", TEXT, primary_key=True),  # person | thread | word
    Column("ref", TEXT, primary_key=True),  # an actor, the post at the root, or the word
    instant("created", nullable=False),
    instant("until"),  # None: for good
    Index("ix_mutes_until_account_kind_ref", "until", "account", "kind", "ref"),
    keep="until until, where it has one",
)

reports = table(
    "reports",
    id_(),  # uuid7
    Column("about", TEXT, nullable=False),  # the actor who is reported
    # One of our actors, or another server's host; "" once the account is deleted.
    Column("reporter", TEXT, nullable=False),
    text("domain"),  # the registrable domain of that server; "" when the reporter is ours
    text("state", "open"),  # open | closed
    text("text"),
    text("words", "[]"),  # JSON: the posts as they were when they were reported
    text("flag"),  # the id of the Flag that the server of the one reported was sent
    number("flags"),  # of another server, within a day from `counted` on
    instant("counted"),
    text("closer"),  # the name of who closed it; "": on the node's machine
    text("note"),  # what they say was done
    instant("created", nullable=False),
    instant("updated", nullable=False),  # when something was added last
    instant("closed"),
    Index("ix_reports_state_created_id", "state", "created", "id"),
    Index("ix_reports_state_domain", "state", "domain"),
    Index("ix_reports_domain_counted", "domain", "counted"),
    Index("ix_reports_reporter_created", "reporter", "created"),
    Index("ix_reports_about_reporter_state", "about", "reporter", "state"),
    Index("ix_reports_closed_id", "closed", "id"),
    keep="90 days after closed; open ones 365 days after created",
)

events = table(
    "events",
    Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
    Column("account", TEXT, nullable=False),
    text("device"),  # "": every device of the account
    text("kind"),
    text("data", "{}"),  # JSON, never plaintext of a sealed message
    Column("item", BigInteger),  # of kind sealed: the item of the mailbox that it is about
    Column("about", TEXT),  # by what it may be taken back: of a post its author, of a notice its id
    instant("created", nullable=False),
    Index("ix_events_account_seq", "account", "seq"),
    some_index("ix_events_account_device_item", "item IS NOT NULL", "account", "device", "item"),
    some_index("ix_events_account_about", "about IS NOT NULL", "account", "about"),
    Index("ix_events_created_seq", "created", "seq"),
    keep="7 days after created",
)

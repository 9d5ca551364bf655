"""Who knows whom."""

from sqlalchemy import Column, Index, LargeBinary

from node.store.tables.columns import TEXT, flag, instant, table, text

friendships = table(
    "friendships",
    Column("actor", TEXT, primary_key=True),  # one of ours
    Column("other", TEXT, primary_key=True),  # anyone, ours too: then there are two rows
    text("ours", "none"),  # none | asked | accepted | declined | blocked
    text("theirs", "none"),
    text("our_offer"),  # the id of our open or accepted request
    flag("confirmed"),  # they accepted just that one, and did not only cross it with theirs
    text("their_offer"),  # all that are open or accepted, space separated
    text("our_block"),
    text("their_block"),  # all that are in force, space separated
    text("text"),  # what they wrote with their request
    instant("updated", nullable=False),
    Index("ix_friendships_other_actor", "other", "actor"),
)

follows = table(
    "follows",
    Column("follower", TEXT, primary_key=True),
    Column("followed", TEXT, primary_key=True),
    text("id"),  # of the Follow; all that are live, space separated
    text("state", "asked"),  # asked | accepted | declined
    instant("updated", nullable=False),
    Index("ix_follows_followed_state_follower", "followed", "state", "follower"),
)

# Made on one's own screen, for somebody who stands beside one: the last one that was made counts.
friend_codes = table(
    "friend_codes",
    Column("actor", TEXT, primary_key=True),  # one of ours: whose code it is
    Column("digest", LargeBinary, nullable=False),  # SHA-256 of the code
    instant("expires", nullable=False),
    Index("ix_friend_codes_expires_actor", "expires", "actor"),
    keep="until expires",
)

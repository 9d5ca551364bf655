"""Who stands near whom, as conditions: friends, and those who follow (spec GRA-6)."""

from typing import Any

from sqlalchemy import ColumnElement, exists, or_

from node.store.tables import follows, friendships, posts


def is_friend(reader: Any, other: Any) -> ColumnElement[bool]:
    """`other` is a friend of the actor `reader`."""
    return exists().where(
        friendships.c.actor == reader,
        friendships.c.other == other,
        friendships.c.ours == "accepted",
        friendships.c.theirs == "accepted",
    )


def is_followed(reader: Any, other: Any) -> ColumnElement[bool]:
    """`other` is followed by the actor `reader`."""
    return exists().where(
        follows.c.follower == reader, follows.c.state == "accepted", follows.c.followed == other
    )


def near(reader: Any, other: Any) -> ColumnElement[bool]:
    """What `other` says stands in the feed of `reader`."""
    return or_(is_friend(reader, other), is_followed(reader, other))


def near_author(reader: Any) -> ColumnElement[bool]:
    """The author of a row of `posts` stands near the actor `reader`."""
    return near(reader, posts.c.author)

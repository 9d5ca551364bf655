"""Pure: what the client API says of posts, feeds and notices."""

from datetime import datetime
from typing import Literal

import msgspec


class Person(msgspec.Struct, kw_only=True):
    """Who wrote or did something. `handle` is @name@domain; `number`: API-5.6, "" when unknown.

    `icon_here` is where the reader's own node shows their picture (VID-9.1)."""

    id: str
    handle: str
    display_name: str
    icon: str = ""
    number: str = ""
    icon_here: str = ""


class MediaFile(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A file of a post: `name` says what it shows; of a picture `poster` is a smaller one of it.
    `here` and `poster_here` are where the reader's own node shows it, for this
    reader and a few hours (VID-9.1); a path is one at the node that was asked."""

    kind: str
    media_type: str
    url: str
    name: str = ""
    width: int = 0
    height: int = 0
    duration_ms: int = 0
    blurhash: str = ""
    poster: str = ""
    here: str = ""
    poster_here: str = ""


class Post(msgspec.Struct, kw_only=True):
    """A post or comment as its reader sees it. `content` is clean HTML, `content_map` the same in
    other languages, by language tag. `number`: API-5.6. `filtered`: words that its reader mutes.
    `shared_by`: who of those near its reader passed it on, and `shared` when, where it stands in
    the feed for that alone."""

    id: str
    number: str
    kind: str
    author: Person
    content: str
    published: datetime
    updated: datetime | None = None
    url: str = ""
    name: str = ""
    summary: str = ""
    sensitive: bool = False
    lang: str = ""
    in_reply_to: str = ""
    video: str = ""
    media: list[MediaFile] = []
    audience: list[str] = []
    likes: int = 0
    comments: int = 0
    liked: bool = False
    content_map: dict[str, str] = {}
    filtered: list[str] = []
    shared_by: Person | None = None
    shared: datetime | None = None


class PostList(msgspec.Struct, kw_only=True):
    """One page, the newest first. The Link header leads to the next; no such link: caught up."""

    items: list[Post]


class AudienceView(msgspec.Struct, kw_only=True):
    """Whom a post for `audience` will not reach: their servers cannot show it. At most 100."""

    audience: str
    unreached: list[Person]


FeedPart = Literal["friends", "following", "local"]
Format = Literal["text", "html"]


class PostPicture(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A picture that was made (`POST /pictures`), and what it shows, for who cannot see it."""

    id: str
    description: str = ""


# What is not said is left out: a node that does not know it yet understands the rest.
class NewPost(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """`content` is plain text, shown as it is written: addresses, #tags and @mentions become links.
    With `format` `html` it is HTML, which is cleaned (FED-2.7); nothing is linked in it.
    `audience` is `public`, `followers`, `friends` or empty when only `actors` are meant. Up to ten
    `pictures` are shown in their order; `content` may be empty then."""

    content: str
    audience: str = "friends"
    actors: list[str] = []
    summary: str = ""
    sensitive: bool = False
    lang: str = ""
    format: Format = "text"
    pictures: list[PostPicture] = []


class NewComment(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A comment on the post (or video) `in_reply_to`, for the people of the post it is below.
    `content` and `format` are as in a new post."""

    in_reply_to: str
    content: str
    lang: str = ""
    format: Format = "text"


# What is left out stays as it is.
class PostChange(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is new about a post of yours; what is left out stays. `content` and `format` are as in a
    new post."""

    content: str | None = None
    summary: str | None = None
    sensitive: bool | None = None
    lang: str | None = None
    format: Format = "text"


class PostVersion(msgspec.Struct, kw_only=True):
    """What a post said from `said` on. `content` is clean HTML."""

    said: datetime
    content: str
    summary: str = ""
    sensitive: bool = False
    lang: str = ""


class PostVersionList(msgspec.Struct, kw_only=True):
    """What a post says and said before, the newest first."""

    items: list[PostVersion]


class ObjectRef(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The id of a post or video."""

    object: str


class Notice(msgspec.Struct, kw_only=True):
    """Something that somebody did. `kind`: friend_request, friend_accepted, like, comment, …"""

    id: str
    kind: str
    actor: Person
    object: str
    created: datetime
    read: bool


class NoticeList(msgspec.Struct, kw_only=True):
    items: list[Notice]


class ReadUpTo(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The newest notice that was seen; it and all older ones are then read."""

    id: str

"""Pure: the closed set of activities as values. Each page beside this one parses and renders them.

In all of them `id` is the activity's id and `actor` the id of the actor who says it. Ids are
absolute https URLs as written on the wire. Instants are aware and in UTC.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from msgspec import Struct, field

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


class Follow(Struct, frozen=True):
    """`actor` asks to be sent what `object` (an actor) publishes to followers."""

    id: str
    actor: str
    object: str


class OfferFriendship(Struct, frozen=True):
    """`actor` asks `object` (an actor) to be friends: an `Offer` of a `Relationship`.

    `code` is one that `object` made and showed (GRA-7); "" for none.
    """

    id: str
    actor: str
    object: str
    text: str = ""
    code: str = ""


class Accept(Struct, frozen=True):
    """`actor` says yes to the Follow or Offer whose id is `object`.

    `of` is the accepted activity when the sender enclosed it; it is a hint, never proof.
    """

    id: str
    actor: str
    object: str
    of: "Follow | OfferFriendship | None" = None


class Reject(Struct, frozen=True):
    """`actor` says no to the Follow or Offer whose id is `object`, or takes an Accept back."""

    id: str
    actor: str
    object: str
    of: "Follow | OfferFriendship | None" = None


class RejectSealed(Struct, frozen=True):
    """`actor` did not take words of the actor `of`: the sealed message with the digest `sha256`.

    `reason` is one of `no_device`, `new_device` and `not_fetched` (E2E-4.9), or `unfetched`: not
    yet, since `published` (E2E-4.11).
    """

    id: str
    actor: str
    of: str
    conversation: str
    sha256: bytes
    reason: str
    published: datetime | None = None


class Like(Struct, frozen=True):
    """`actor` likes the post or video `object`."""

    id: str
    actor: str
    object: str


class Announce(Struct, frozen=True):
    """`actor` shares the post or video `object` with `to` and `cc`."""

    id: str
    actor: str
    object: str
    published: datetime
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()


class Block(Struct, frozen=True):
    """`actor` wants nothing to do with `object` (an actor)."""

    id: str
    actor: str
    object: str


class Undo(Struct, frozen=True):
    """`actor` takes back the activity whose id is `object`; `of` is what they enclosed, if at all.

    Some peers give the inner activity no id: then `object` is empty and `of` is set.
    """

    id: str
    actor: str
    object: str
    of: "Follow | OfferFriendship | Like | Announce | Block | Accept | None" = None


class EndFriendship(Struct, frozen=True):
    """`actor` ends the friendship with `object`: a `Delete` of their `Relationship`.

    `offers` are the ids of the requests that made it, so that a late copy ends no later one.
    """

    id: str
    actor: str
    object: str
    offers: tuple[str, ...] = ()


class Attachment(Struct, frozen=True):
    """A media file of a note. `duration_ms`, `width`, `height`, `size` are 0 when not said."""

    kind: str  # "Video", "Image", "Audio" or "Document"
    media_type: str
    url: str
    name: str = ""
    width: int = 0
    height: int = 0
    duration_ms: int = 0
    size: int = 0
    blurhash: str = ""
    poster: str = ""
    digest: str = ""  # digestMultibase


class Note(Struct, frozen=True):
    """A post or comment. `content` is HTML as cleaned by `wire.html`, never as received."""

    id: str
    author: str
    content: str
    published: datetime
    updated: datetime | None = None
    url: str = ""
    summary: str = ""  # the content warning
    sensitive: bool = False
    in_reply_to: str = ""
    lang: str = ""
    content_map: Mapping[str, str] = field(default_factory=dict)
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    name: str = ""  # the title, of what has one
    video: str = ""  # the id of the linked Video object
    kind: str = "Note"  # the AS2 type it came as


class VideoFile(Struct, frozen=True):
    """One file of a Video object, as a Link."""

    media_type: str
    url: str
    width: int = 0
    height: int = 0
    size: int = 0
    fps: int = 0


class Video(Struct, frozen=True):
    """The `Video` object that PeerTube-like readers get; `note` is the id of the linked Note."""

    id: str
    uuid: str
    name: str
    author: str
    channel: str
    published: datetime
    updated: datetime
    duration_ms: int
    content: str = ""
    url: str = ""
    note: str = ""
    views: int = 0
    sensitive: bool = False
    lang: str = ""
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    files: tuple[VideoFile, ...] = ()
    hls: str = ""
    poster: str = ""
    poster_width: int = 0
    poster_height: int = 0
    blurhash: str = ""
    comments: str = ""
    likes: str = ""
    shares: str = ""
    dislikes: str = ""


class CreateNote(Struct, frozen=True):
    """`actor` publishes a post, comment, or post with a video attached."""

    id: str
    actor: str
    note: Note


class UpdateNote(Struct, frozen=True):
    """`actor` replaces their earlier post."""

    id: str
    actor: str
    note: Note


class CreateVideo(Struct, frozen=True):
    """`actor` publishes a `Video` object (PeerTube's shape)."""

    id: str
    actor: str
    video: Video


class UpdateVideo(Struct, frozen=True):
    """`actor` replaces their earlier `Video` object."""

    id: str
    actor: str
    video: Video


class SealedKind(StrEnum):
    """The AS2 type of a sealed object: a label only; the MLS wire format decides what it is."""

    PRIVATE_MESSAGE = "PrivateMessage"
    PUBLIC_MESSAGE = "PublicMessage"
    WELCOME = "Welcome"
    GROUP_INFO = "GroupInfo"


SEALED_KINDS = frozenset(kind.value for kind in SealedKind)


class CreateSealed(Struct, frozen=True):
    """`actor` sends an MLS message to `to` (actors, each named). `content` is the raw MLSMessage.

    `conversation` is the URL of the relay's collection: a locator, not an identity.
    """

    id: str
    actor: str
    object: str
    kind: SealedKind
    content: bytes
    to: tuple[str, ...]
    conversation: str = ""
    published: datetime | None = None


class Delete(Struct, frozen=True):
    """`actor` removes `object`: one of their posts or videos, or (object = actor) themselves."""

    id: str
    actor: str
    object: str


class Move(Struct, frozen=True):
    """`actor` says that they are `target` (an actor) from now on. Only they have said so."""

    id: str
    actor: str
    target: str


class Flag(Struct, frozen=True):
    """`actor` reports `objects` (actors and posts, in the order in which they are named)."""

    id: str
    actor: str
    objects: tuple[str, ...]
    text: str = ""


class Resend(Struct, frozen=True):
    """`actor`'s server was restored: it asks that of `object` for what it took since `since`."""

    id: str
    actor: str
    object: str
    since: datetime


class Held(Struct, frozen=True):
    """A post that another server holds: its id, its author, and when that one published it."""

    id: str
    author: str
    published: datetime


class Resent(Struct, frozen=True):
    """The answer of `actor` to `asker`'s `Resend` with the id `object`: which posts of the asking
    server's people theirs holds."""

    id: str
    actor: str
    asker: str
    object: str
    items: tuple[Held, ...] = ()


class UpdateActor(Struct, frozen=True):
    """`actor` changed their own document; `document` is the new one as received."""

    id: str
    actor: str
    document: Mapping[str, object]


Activity = (
    Follow
    | OfferFriendship
    | Accept
    | Reject
    | EndFriendship
    | Undo
    | Block
    | Like
    | Announce
    | CreateNote
    | UpdateNote
    | CreateVideo
    | UpdateVideo
    | CreateSealed
    | RejectSealed
    | Delete
    | Move
    | Flag
    | Resend
    | Resent
    | UpdateActor
)

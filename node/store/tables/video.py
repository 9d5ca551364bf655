"""Uploads, videos, their files, and the jobs that make them."""

from sqlalchemy import Column, Index, LargeBinary

from node.store.tables.columns import TEXT, client_number, flag, id_, instant, number, table, text

uploads = table(
    "uploads",
    id_(),  # uuid7
    Column("account", TEXT, nullable=False),
    number("size"),
    Column("sha256", LargeBinary, nullable=False),
    number("offset"),
    text("state", "open"),  # open | sealed | used | failed
    text("filename"),
    text("media_type"),
    text("blob"),
    instant("created", nullable=False),
    instant("expires", nullable=False),
    Index("ix_uploads_account_created_id", "account", "created", "id"),
    Index("ix_uploads_state_expires", "state", "expires"),
    Index("ix_uploads_expires_id", "expires", "id"),
    keep="until expires",
)

videos = table(
    "videos",
    id_(),  # the Video object's URL
    client_number(),
    text("uuid"),
    Column("post", TEXT, nullable=False, unique=True),  # the linked Note
    Column("author", TEXT, nullable=False, index=True),
    flag("local"),
    text("upload"),
    text("state", "processing"),  # processing | ready | failed
    text("reason"),  # clause and words: why it failed, or what it lacks
    number("progress"),  # per cent
    text("draft", "{}"),  # JSON of what its author said, for when it is ready
    text("cut", "{}"),  # JSON: what is shown of the upload, and its cover
    text("facts", "{}"),  # JSON of the probe
    number("duration_ms"),
    number("width"),
    number("height"),
    text("channel"),  # the Group, "" when there is none
    text("blurhash"),
    text("poster"),  # blob name, or the remote URL
    number("bytes"),  # what its blobs occupy
    instant("created", nullable=False),
    instant("ready"),
    instant("deleted"),
)

renditions = table(
    "renditions",
    Column("video", TEXT, primary_key=True),
    Column("name", TEXT, primary_key=True),  # 720p.mp4, hls/…
    text("kind"),  # mp4 | playlist | segment | poster
    text("blob"),  # ours
    text("url"),  # a peer's
    text("media_type"),
    number("width"),
    number("height"),
    number("fps"),
    number("size"),
    Column("sha256", LargeBinary, nullable=False, server_default=""),
)

pictures = table(
    "pictures",
    id_(),  # uuid7: its files are addressed by it
    Column("account", TEXT, nullable=False),
    text("upload"),
    text("stands", "making"),  # making | ready | dropped
    text("use"),  # "" | post | avatar | header
    text("post"),  # on which it hangs
    text("blurhash"),
    number("milliseconds"),  # of an animation
    text("files", "[]"),  # JSON
    number("bytes"),  # what its blobs occupy
    instant("created", nullable=False),
    instant("expires"),  # unless it is used until then; None: it is used
    Index("ix_pictures_account_use", "account", "use"),
    Index("ix_pictures_expires_id", "expires", "id"),
    Index("ix_pictures_upload", "upload"),
    Index("ix_pictures_post", "post"),
    # Rows go with their files, which a job removes.
)

attachments = table(
    "attachments",
    id_(),  # of the upload that it was made of
    Column("account", TEXT, nullable=False),
    Column("digest", LargeBinary, nullable=False),  # SHA-256 of the capability in its address
    text("blob"),  # "" once its bytes are gone
    number("bytes"),
    Column("sha256", LargeBinary, nullable=False),  # of the sealed file
    instant("created", nullable=False),
    instant("expires", nullable=False),
    Index("ix_attachments_account_created_id", "account", "created", "id"),
    Index("ix_attachments_digest", "digest", unique=True),
    Index("ix_attachments_expires_id", "expires", "id"),
    keep="30 days after expires",
)

media_grants = table(
    "media_grants",
    Column("digest", LargeBinary, primary_key=True),  # SHA-256 of the capability in the URL
    Column("video", TEXT, nullable=False, index=True),
    Column("actor", TEXT, nullable=False, index=True),
    instant("expires", nullable=False),
    Index("ix_media_grants_expires_digest", "expires", "digest"),
    keep="until expires",
)

grant_ends = table(
    "grant_ends",
    id_("whose"),  # a digest: all of an actor or of a server, or between two actors
    Column("mark", TEXT, nullable=False),  # another one each time
    instant("at", nullable=False),
    Index("ix_grant_ends_at_whose", "at", "whose"),
    keep="24 hours after at",
)

jobs = table(
    "jobs",
    id_(),  # uuid7
    text("kind"),
    text("subject"),
    text("state", "due"),  # due | done | failed
    number("attempts"),
    instant("due", nullable=False),
    instant("leased_until"),
    text("reason"),
    instant("created", nullable=False),
    Index("ix_jobs_state_due_id", "state", "due", "id"),
    Index("ix_jobs_kind_subject_id", "kind", "subject", "id"),
    keep="30 days after they were due when done or failed",
)

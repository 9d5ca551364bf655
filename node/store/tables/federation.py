"""Actors, keys, peers, what arrived and what is owed."""

from sqlalchemy import Column, Index, LargeBinary, UniqueConstraint

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

actors = table(
    "actors",
    id_(),
    client_number(),
    text("kind"),  # Person | Group | Application | Service | Organization
    flag("local"),
    Column("account", TEXT, index=True),  # of a local Person or Group
    text("name"),  # preferredUsername
    text("domain"),  # as in @name@domain, confirmed by WebFinger
    text("display_name"),
    text("summary"),  # cleaned HTML
    text("icon"),
    text("header"),  # the picture behind their profile
    text("links", "[]"),  # JSON: name and HTML of what they link to
    text("url"),
    text("inbox"),
    text("shared_inbox"),
    text("outbox"),
    text("followers"),
    text("following"),
    text("friends"),
    text("key_packages"),
    text("capabilities", "[]"),  # JSON list of URIs (FEP-844e)
    flag("manually_approves"),
    text("moved_to"),  # the actor that they say they are from now on
    text("move_told"),  # of which move our people were told last
    instant("move_told_at"),
    Column("document", LargeBinary),  # as received: later proofs need every byte
    instant("fetched"),
    instant("gone"),  # they deleted themselves
    instant("suspended"),  # we refuse to hear them
    Index("ix_actors_name_domain", "name", "domain"),
    Index("ix_actors_suspended", "suspended"),
    Index("ix_actors_local_fetched_id", "local", "fetched", "id"),
    keep="remote ones 90 days after fetched when nothing refers to them",
)

keys = table(
    "keys",
    id_(),  # keyId
    Column("actor", TEXT, nullable=False, index=True),
    text("algorithm"),  # rsa | ed25519 | mldsa44
    text("purpose", "signature"),
    Column("public", LargeBinary, nullable=False),  # SubjectPublicKeyInfo, DER
    Column("private", LargeBinary),  # sealed under the node key; None for remote actors
    instant("created", nullable=False),
    instant("fetched"),
    instant("expires"),
    instant("revoked"),
    keep="remote ones with their actor",
)

peers = table(
    "peers",
    id_("host"),
    text("dialect"),  # "" unknown | cavage | rfc9421: what they showed that they take
    text("capabilities", "[]"),  # JSON list of URIs
    instant("last_success"),
    instant("failing_since"),
    text("reason"),  # of the last failure
    instant("leased_until"),  # one worker at a time sends to a host
    text("leased_by"),
    instant("suspended"),  # we refuse to hear this server, and send it nothing
    instant("resent"),  # when it was last sent everything again, after it was restored
    number("resends"),  # how often in a row
    Index("ix_peers_last_success_host", "last_success", "host"),
    Index("ix_peers_failing_since", "failing_since"),
    Index("ix_peers_suspended", "suspended"),
    keep="180 days after last_success when nothing is owed",
)

resends = table(
    "resends",
    id_(),  # of the Resend that was sent
    Column("actor", TEXT, nullable=False),  # who was asked, and who alone may answer
    instant("since", nullable=False),  # what was said from then on
    instant("restored", nullable=False),  # until then is lost here
    number("named"),  # posts in the answers so far
    Index("ix_resends_restored_id", "restored", "id"),
    keep="30 days after restored",
)

arrivals = table(
    "arrivals",
    Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
    Column("actor", TEXT, nullable=False),  # proven by signature, or ours
    Column("activity", TEXT, nullable=False),  # its id, of the actor's origin
    # As received: later proofs need every byte. Empty once applied or refused.
    Column("body", LargeBinary, nullable=False),
    instant("received", nullable=False),
    text("state", "new"),  # new | applied | refused | broken
    number("priority"),  # the smaller is applied first
    number("attempts"),
    instant("due", nullable=False),
    text("reason"),
    UniqueConstraint("actor", "activity"),
    Index("ix_arrivals_state_priority_due_seq", "state", "priority", "due", "seq"),
    # Whether an actor's word has to wait for another of theirs.
    some_index("ix_arrivals_new", "state = 'new'", "actor", "state", "priority"),
    keep="applied and refused ones 30 days after they were due",
)

outbox = table(
    "outbox",
    id_(),  # activity id
    Column("actor", TEXT, nullable=False),
    Column("body", LargeBinary, nullable=False),  # one stored body for all inboxes
    flag("public"),  # listed in the actor's outbox collection
    text("object"),  # the post, video or actor whose words the body holds
    instant("created", nullable=False),
    Index("ix_outbox_actor_public_created_id", "actor", "public", "created", "id"),
    Index("ix_outbox_public_created_id", "public", "created", "id"),
    Index("ix_outbox_object", "object"),
    keep="non-public ones 30 days after the last delivery is settled",
)

deliveries = table(
    "deliveries",
    Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
    Column("activity", TEXT, nullable=False),
    Column("host", TEXT, nullable=False),  # the lane
    Column("inbox", TEXT, nullable=False),
    Column("actor", TEXT, nullable=False),  # who signs
    text("state", "due"),  # due | delivered | gave_up | needless
    number("priority"),  # the smaller is sent first
    number("attempts"),
    instant("first_tried"),
    instant("due", nullable=False),
    instant("settled"),
    flag("aside"),  # failed so often that it no longer holds its lane
    text("reason"),
    text("named"),  # whom this copy names as well (INB-2.5); space separated
    UniqueConstraint("activity", "inbox"),
    Index("ix_deliveries_state_host_priority_seq", "state", "host", "priority", "seq"),
    Index("ix_deliveries_settled_seq", "settled", "seq"),
    keep="30 days after settled",
)

tombstones = table(
    "tombstones",
    id_(),  # the object that is gone, or will be: a Delete may come before its Create
    Column("actor", TEXT, primary_key=True),  # who deleted it: another's word takes nobody's place
    instant("deleted", nullable=False),
    Index("ix_tombstones_deleted_id_actor", "deleted", "id", "actor"),
    keep="365 days after deleted; ours forever",
)

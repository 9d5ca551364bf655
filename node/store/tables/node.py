"""The node itself: what is fixed at the first start, and what its administrators did."""

from sqlalchemy import Index

from node.store.tables.columns import id_, instant, table, text

settings = table(
    "settings",
    # origin, account_domain: fixed at first start; registration: switched live; incarnation:
    # another one when the database is restored from a copy
    id_("key"),
    text("value"),
)

admin_log = table(
    "admin_log",
    id_(),  # uuid7
    text("who"),  # the name of an administrator's account; "": on the node's machine
    text("deed"),
    text("object"),  # an account's name, a host, an actor, a post or a report
    text("about"),  # an actor who is not shown the line: whom the report was about
    instant("created", nullable=False),
    Index("ix_admin_log_created_id", "created", "id"),
    # Rows stay: what was done can be asked for as long as the node stands.
)

"""The node itself: what is fixed at the first start."""

from node.store.tables.columns import id_, table, text

settings = table(
    "settings",
    # origin, account_domain: fixed at first start; registration: switched live; incarnation:
    # another one when the database is restored from a copy
    id_("key"),
    text("value"),
)

"""The node itself: what is fixed at the first start."""

from node.store.tables.columns import id_, table, text

settings = table(
    "settings",
    id_("key"),  # origin, account_domain: fixed at first start; registration: switched live
    text("value"),
)

"""Every table: the picture of what is on disk, a page per room. `columns` says how to read it."""

from node.store.tables.accounts import (
    account_keys,
    accounts,
    devices,
    homes,
    idempotency,
    invites,
    names,
    push_subscriptions,
    resets,
    sessions,
)
from node.store.tables.columns import METADATA
from node.store.tables.e2ee import (
    archive_records,
    archive_tombstones,
    archives,
    ciphertexts,
    conversations,
    key_packages,
    mailbox,
    participants,
    relay_items,
)
from node.store.tables.federation import (
    actors,
    arrivals,
    deliveries,
    keys,
    outbox,
    peers,
    tombstones,
)
from node.store.tables.graph import follows, friend_codes, friendships
from node.store.tables.inbox import audiences, events, notices, posts, reactions, timeline
from node.store.tables.node import settings
from node.store.tables.video import jobs, media_grants, renditions, uploads, videos

__all__ = [
    "METADATA",
    "account_keys",
    "accounts",
    "actors",
    "archive_records",
    "archive_tombstones",
    "archives",
    "arrivals",
    "audiences",
    "ciphertexts",
    "conversations",
    "deliveries",
    "devices",
    "events",
    "follows",
    "friend_codes",
    "friendships",
    "homes",
    "idempotency",
    "invites",
    "jobs",
    "key_packages",
    "keys",
    "mailbox",
    "media_grants",
    "names",
    "notices",
    "outbox",
    "participants",
    "peers",
    "posts",
    "push_subscriptions",
    "reactions",
    "relay_items",
    "renditions",
    "resets",
    "sessions",
    "settings",
    "timeline",
    "tombstones",
    "uploads",
    "videos",
]

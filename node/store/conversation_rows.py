"""What is asked of the tables about a conversation, and what the rows that answer it are."""

from typing import Any

from sqlalchemy import and_, bindparam, select

from node.e2ee.chain import Conversation, Item
from node.e2ee.members import Member
from node.store.tables import actors, conversations, devices, participants, relay_items
from node.store.unit import ADDRESS_NAMES

_HEAD = [
    conversations.c[name]
    for name in ("id", "mls_group", "creator", "hosted", "epoch", "seq", "head", "term", "beside")
]
_ITEM_NAMES = ("epoch", "attempt", "kind", "sha256", "seq", "prev", "term", "signature")
ITEM_COLUMNS = [relay_items.c[name].label(f"item_{name}") for name in _ITEM_NAMES]
# All that messages need of their conversations, in one question however many they are. An outer
# join stands for each fact that may be missing.
_ENTRIES = (
    select(
        *_HEAD,
        participants.c.actor.label("member"),
        participants.c.device.label("member_device"),
        participants.c.share,
        participants.c.gone,
        devices.c.id.label("standing"),
        devices.c.account,
        *(actors.c[name].label(f"actor_{name}") for name in ADDRESS_NAMES),
    )
    .join(
        participants,
        and_(participants.c.conversation == conversations.c.id, participants.c.left.is_(None)),
        isouter=True,
    )
    .join(
        devices,
        and_(devices.c.id == participants.c.device, devices.c.revoked.is_(None)),
        isouter=True,
    )
    .join(actors, actors.c.id == participants.c.actor, isouter=True)
    .order_by(conversations.c.id, participants.c.actor, participants.c.device)
)
_ITEMS = select(conversations.c.id, conversations.c.mls_group, *ITEM_COLUMNS).join(
    relay_items, relay_items.c.conversation == conversations.c.id
)
_DIGESTS = relay_items.c.sha256.in_(bindparam("digests", expanding=True))
_IDS = conversations.c.id.in_(bindparam("ids", expanding=True))
_GROUPS = conversations.c.mls_group.in_(bindparam("groups", expanding=True))
STANDING = select(conversations.c.id).where(_IDS)
ENTRIES_BY_ID, ITEMS_BY_ID = _ENTRIES.where(_IDS), _ITEMS.where(_IDS, _DIGESTS)
ENTRIES_BY_GROUP, ITEMS_BY_GROUP = _ENTRIES.where(_GROUPS), _ITEMS.where(_GROUPS, _DIGESTS)


def conversation_of(row: Any) -> Conversation:
    """The conversation, as the node knows it."""
    names = ("id", "creator", "hosted", "epoch", "seq", "head", "term", "beside")
    facts = {name: getattr(row, name) for name in names}
    facts["hosted"] = bool(row.hosted)  # a row that was read beside others is as SQLite has it
    return Conversation(group=row.mls_group or b"", **facts)


def member_of(row: Any) -> Member | None:
    """Who takes part; None for a device of ours that was revoked."""
    if row.member_device and row.standing is None:
        return None
    known = row.actor_id is not None
    gone = tuple(row.gone.splitlines())
    return Member(row.member, row.member_device, row.account or "", known, row.share, gone)


def item_of(row: Any) -> Item:
    """An item of its chain."""
    facts = {name: getattr(row, f"item_{name}") for name in _ITEM_NAMES}
    return Item(group=row.mls_group or b"", **facts)

"""Pure: a commit says whom its person put out of the conversation (spec DEV-16.10).

Its proposals alone do not: a leaf that no list has goes by itself, and its actor stays.
"""

from collections.abc import Iterable

import msgspec

from node.client import rows
from node.client.device_state import DeviceState
from node.client.intents import Intent, Remove
from node.client.roster_rows import is_group
from node.e2ee.mls.private.events import Committed


class PutOut(msgspec.Struct, frozen=True):
    """The authenticated data of such a commit, as JSON."""

    removed: list[str]


def mark(state: DeviceState, group: str, intent: Intent) -> bytes:
    """What the commit of `intent` says: of whom others may take their leaves for revoked ones."""
    if not isinstance(intent, Remove) or is_group(state, group):
        return b""
    others = (actor for actor in intent.actors if actor != state.actor)
    named = [actor for actor in others if _may_be_absent(state, group, actor)]
    return msgspec.json.encode(PutOut(removed=named)) if named else b""


def _may_be_absent(state: DeviceState, group: str, actor: str) -> bool:
    """Who has no list has no leaf that is off it."""
    return state.has(rows.pin_row(actor)) or state.has(rows.absent_row(group, actor))


def told(event: Committed, members: Iterable[str]) -> set[str]:
    """Whom another's commit put out of those `members`; who only joins by it has no say."""
    if event.external or not event.authenticated_data:
        return set()
    return {*members}.intersection(_named(event.authenticated_data))


def _named(data: bytes) -> list[str]:
    """The actors that are named; nobody in what is not written as `mark` writes it: it means
    something else to somebody else, or something else to another reader (DEV-16.10)."""
    try:
        found = msgspec.json.decode(data, type=PutOut)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []
    return found.removed if msgspec.json.encode(found) == data else []

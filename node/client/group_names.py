"""Which group is meant by what a person types: its name, or its id (spec DEV-19.3)."""

import unicodedata

from node.client.device_state import DeviceState
from node.client.roster import is_like_people
from node.client.roster_rows import RosterRow
from node.client.rows import conversation_row
from node.errors import Conflict

AMBIGUOUS = (
    "a group and somebody are both called {who}: write @{who} for them, or the id of the group"
    " (kith chats --json)"
)


def named(state: DeviceState, name: str) -> list[str]:
    """The groups that are called so; those that this device is in, if there are some."""
    rosters = state.names("roster")
    known = {n.partition("/")[2]: state.get(n, RosterRow).name for n in rosters}
    wanted, here = _key(name), state.conversations()
    alike = [group for group, one in known.items() if _key(one) == wanted and group in here]
    stand = [group for group in alike if not state.conversation(group).left]
    return stand or alike


def meant(state: DeviceState, who: str) -> str:
    """The conversation with that id, or the group of that name; "" for a person.

    Raises `Conflict` (DEV-19.3) where several groups are called so.
    """
    if state.has(conversation_row(who)):
        return who
    is_person = is_like_people(who) or who.startswith("https://")
    found = [] if is_person else named(state, who)
    if len(found) > 1:
        several = f"several groups are called {who}: name one by its id (kith chats --json)"
        raise Conflict("DEV-19.3", several)
    if found and any(is_meant(n.partition("/")[2], who) for n in state.names("handle")):
        raise Conflict("DEV-19.3", AMBIGUOUS.format(who=who))
    return found[0] if found else ""


def is_meant(handle: str, who: str) -> bool:
    """Whether `who`, in full or as a bare name, is `handle`."""
    full, short = handle.lstrip("@").casefold(), who.lstrip("@").casefold()
    return short in (full, full.partition("@")[0])


def _key(name: str) -> str:
    """By what names of groups are told apart."""
    return unicodedata.normalize("NFKC", name).casefold()

"""Pure: whose devices fetch nothing of a conversation, as their home node says (spec DEV-10.7)."""

from collections.abc import Iterable

from msgspec import Struct

from node.client.conversation_events import ConversationEvent, WordsUnfetched
from node.client.device_state import DeviceState

KIND = "unfetched"


class UnfetchedRow(Struct, kw_only=True, frozen=True):
    """Since when (seconds) no device of an actor has fetched what was said in a group."""

    since: int


def row(group: str, actor: str) -> str:
    return f"{KIND}/{group}/{actor}"


def note(state: DeviceState, group: str, actor: str, since: int) -> list[ConversationEvent]:
    """Their node says so. Told once; of a later time it is another absence."""
    known = state.find(row(group, actor), UnfetchedRow)
    if known is not None and known.since >= since:
        return []
    state.put(row(group, actor), UnfetchedRow(since=since))
    return [WordsUnfetched(group, actor, since)]


def forget(state: DeviceState, group: str, actors: Iterable[str]) -> None:
    """They were heard, another device of theirs came, or they take part no more."""
    for actor in actors:
        if state.has(row(group, actor)):
            state.delete(row(group, actor))


def of(state: DeviceState, group: str) -> dict[str, int]:
    """Whose devices fetch nothing, and since when (seconds)."""
    head = len(row(group, ""))
    found = {name[head:]: state.get(name, UnfetchedRow) for name in state.names(KIND, group)}
    return {actor: one.since for actor, one in found.items()}

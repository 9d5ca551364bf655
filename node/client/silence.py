"""Pure: what gave no answer is asked ever more seldom (spec DEV-16.1, DEV-17.1)."""

from typing import Final

from node.client.device_state import DeviceState
from node.client.rows import SilentRow

SHORTEST_WAIT: Final = 60  # after the first time, in seconds; twice as long each further time
LONGEST_WAIT: Final = 3600
MOST_DOUBLINGS: Final = 8
KEPT_SECONDS: Final = 86_400  # who is asked at all is asked more often
KINDS: Final = ("silent", "packageless", "declined")
NEVER: Final = SilentRow(at=0, tries=0)


def tried(state: DeviceState, name: str) -> SilentRow:
    """When it was asked in vain, and how often, by the row of that name."""
    return state.find(name, SilentRow) or NEVER


def left(state: DeviceState, name: str, now: int) -> int:
    """How many seconds it is too early to ask again."""
    row = tried(state, name)
    if not row.tries or row.at > now:
        return 0
    wait = min(SHORTEST_WAIT << min(row.tries - 1, MOST_DOUBLINGS), LONGEST_WAIT)
    return max(row.at + wait - now, 0)


def note(state: DeviceState, name: str, now: int) -> None:
    """It was asked in vain once more. Called inside a step."""
    state.put(name, SilentRow(at=now, tries=tried(state, name).tries + 1))


def end(state: DeviceState, name: str, now: int) -> bool:
    """It may be asked again at once, if it was in vain; it counts as often as before. Whether it
    was. Called inside a step."""
    row = state.find(name, SilentRow)
    if row is not None:
        state.put(name, SilentRow(at=now - LONGEST_WAIT, tries=row.tries))
    return row is not None


def forget(state: DeviceState, now: int) -> None:
    """What was asked for the last time long ago is asked no more. Called inside a step."""
    places = [(kind, place) for kind in KINDS for place in state.groups_with(kind)]
    for name in [name for place in places for name in state.names(*place)]:
        if not 0 <= now - tried(state, name).at <= KEPT_SECONDS:
            state.delete(name)

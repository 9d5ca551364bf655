"""Pure: what gave no answer is asked ever more seldom (spec DEV-16.1, DEV-17.1)."""

from typing import Final

from node.client.device_state import DeviceState
from node.client.rows import SilentRow

SHORTEST_WAIT: Final = 60  # after the first time, in seconds; twice as long each further time
LONGEST_WAIT: Final = 3600
MOST_DOUBLINGS: Final = 8
KEPT_SECONDS: Final = 86_400  # who is asked at all is asked more often
KINDS: Final = ("silent", "packageless")
NEVER: Final = SilentRow(at=0, tries=0)


def tried(state: DeviceState, name: str) -> SilentRow:
    """When it was asked in vain, and how often, by the row of that name."""
    return state.find(name, SilentRow) or NEVER


def waits(state: DeviceState, name: str, now: int) -> bool:
    """Whether it is too early to ask again."""
    row = tried(state, name)
    wait = (
        min(SHORTEST_WAIT << min(row.tries - 1, MOST_DOUBLINGS), LONGEST_WAIT) if row.tries else 0
    )
    return row.at <= now < row.at + wait


def note(state: DeviceState, name: str, now: int) -> None:
    """It was asked in vain once more. Called inside a step."""
    state.put(name, SilentRow(at=now, tries=tried(state, name).tries + 1))


def forget(state: DeviceState, now: int) -> None:
    """What was asked for the last time long ago is asked no more. Called inside a step."""
    places = [(kind, place) for kind in KINDS for place in state.groups_with(kind)]
    for name in [name for place in places for name in state.names(*place)]:
        if not 0 <= now - tried(state, name).at <= KEPT_SECONDS:
            state.delete(name)

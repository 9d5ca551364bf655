"""Pure: what gave no answer is asked ever more seldom (spec DEV-16.1, DEV-17.1)."""

from typing import Final

from node.client.device_state import DeviceState
from node.client.rows import SilentRow

SHORTEST_WAIT: Final = 60  # after the first time, in seconds; twice as long each further time
LONGEST_WAIT: Final = 3600
MOST_DOUBLINGS: Final = 8
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

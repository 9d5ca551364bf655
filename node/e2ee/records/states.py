"""Pure: what the devices of an account share besides words: states with versions (spec ARC-5)."""

from node.e2ee.records.record import Record
from node.errors import Conflict


def is_newer(found: Record, seen: Record | None) -> bool:
    """Whether the state that the node gave is to be taken.

    Raises `Conflict` (ARC-5.2) for one that is older than what this device has seen, or as old and
    another: the node, or who has its disk, put a former one back.
    """
    if seen is None or found.number > seen.number:
        return True
    if found != seen:
        raise Conflict("ARC-5.2", "your server gave an older state than this device has seen")
    return False

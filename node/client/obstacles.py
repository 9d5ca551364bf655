"""Pure: what is in the way of a device's groups (spec DEV-2.3, DEV-3.4, DEV-3.5).

It is remembered for as long as the device runs, and only holds the group concerned back; all of
them, where it is the home node that does not answer.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

from node.client.exchange import Carried, Fetch, Outcome
from node.errors import NodeError, Unreachable, will_pass

MOST_RACES: Final = 8
TOO_BUSY: Final = "others change this conversation faster than this device can follow"
# What holds a group back; None: a commit that is to come.
Obstacle: TypeAlias = NodeError | None


class Obstacles:
    """Those of one device. `heads`: epochs that conflicts named, while we are in earlier ones."""

    def __init__(self) -> None:
        self.heads: dict[str, int] = {}
        self._held: dict[str, Obstacle] = {}
        self._races: Counter[str] = Counter()
        self._asking = Counter[str]()  # where it is asked whom words are for
        self._away: NodeError | None = None
        self._behind = False

    def is_free(self, group: str) -> bool:
        """Whether nothing is known to be in the way of a group."""
        return self._away is None and not self._asking[group] and group not in self._held

    @property
    def is_behind(self) -> bool:
        """Whether the mailbox has to be read first, and can be."""
        return self._behind and self._away is None

    @property
    def some(self) -> bool:
        """Whether there is anything."""
        known = self._held or self._races or self.heads or +self._asking
        return bool(known) or self._away is not None or self._behind

    def first_of(self, groups: Iterable[str]) -> NodeError | None:
        """What is in the way of the first of these groups that has something in its way."""
        return self._away or next(filter(None, map(self._held.get, groups)), None)

    def of(self, group: str) -> NodeError | None:
        """What is in the way of one group."""
        return self.first_of([group])

    def takes(self, asked: Carried, outcome: Outcome) -> bool:
        """Whether waiting helps; then a group is held back, or all of them with our own node."""
        if not isinstance(outcome, NodeError) or not will_pass(outcome):
            return False
        is_away = isinstance(outcome, Unreachable) and not outcome.beyond
        if isinstance(asked, Fetch) or is_away:
            self._away = outcome
        else:
            self._held[asked.group] = outcome
        return True

    def lost_race(self, group: str, epoch: int, is_here: bool) -> None:
        """Another's commit came first, so that the group is in `epoch`; `is_here`: it was read."""
        self.heads[group] = epoch
        if self.lost_again(group):
            self._held[group] = Unreachable(TOO_BUSY, beyond=True, held="busy")
        elif not is_here:
            self._held[group] = None
            self._behind = True

    def lost_again(self, group: str) -> bool:
        """Something there was in vain once more. Whether it was so too often."""
        self._races[group] += 1
        return self._races[group] >= MOST_RACES

    def commit_came(self, group: str) -> None:
        """The commit that a group waited for is here, or this device was taken back."""
        self.heads.pop(group, None)
        if group in self._held and self._held[group] is None:
            del self._held[group]

    def caught_up(self) -> None:
        """The mailbox was read."""
        self._behind = False

    def forget(self, group: str) -> None:
        """Nothing is in the way of this group any more."""
        self._held.pop(group, None)

    def hold_back(self, group: str) -> Callable[[], None]:
        """Hold a group back until what this gives is called, whatever is tried again."""
        self._asking[group] += 1
        left = [group]

        def go_on() -> None:
            while left:
                self._asking[left.pop()] -= 1

        return go_on

    def retry(self) -> None:
        """Try again what was held back."""
        self._held.clear()
        self._races.clear()
        self._away = None

"""How often this process refused something, by clause: for those who run the node (API-11)."""

from collections import Counter


class Refusals:
    """Counts since the start. A clause is one of the standard's, so there are only so many."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def count(self, clause: str) -> None:
        """Something was refused by this clause."""
        self._counts[clause] += 1

    def shown(self) -> dict[str, int]:
        """The counts, the largest first."""
        return dict(self._counts.most_common())

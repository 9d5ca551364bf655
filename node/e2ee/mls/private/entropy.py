"""Pure: the chance that the library is lent; its own word for it, for it stands without a node."""

from typing import Protocol


class Entropy(Protocol):
    """Chance fit for keys."""

    def draw(self, count: int) -> bytes:
        """`count` unpredictable bytes."""
        ...

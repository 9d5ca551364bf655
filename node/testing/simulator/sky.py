"""What the lines between devices and nodes do to what is sent, by chance that repeats."""

import asyncio
from collections.abc import Sequence
from typing import Final, TypeVar

from node.testing.fakes import FakeEntropy
from node.testing.town import Fate

T = TypeVar("T")
BAD: Final = (Fate.LOST, Fate.UNANSWERED, Fate.TWICE, Fate.LATE)
USUAL_SECONDS: Final = 0.1
LATEST_SECONDS: Final = 40.0


class Dice:
    """Chance that repeats."""

    def __init__(self, seed: str) -> None:
        self._entropy = FakeEntropy(seed)

    def below(self, count: int) -> int:
        """A number from 0 on, below `count`."""
        return int.from_bytes(self._entropy.draw(7), "big") % count

    def seconds(self, most: float) -> float:
        """Any time up to `most`."""
        return self.below(1_000_001) / 1_000_000 * most

    def one_of(self, choices: Sequence[T]) -> T:
        return choices[self.below(len(choices))]

    def percent(self, chance: int) -> bool:
        """Whether what happens so often happens."""
        return self.below(100) < chance


class Sky:
    """The weather over all lines. `storm` of a hundred requests meet a bad fate; between the pairs
    in `apart` nothing goes through, nor to and from who is `down`."""

    def __init__(self, seed: str) -> None:
        self.dice = Dice(f"{seed} weather")
        self.storm = 0
        self.apart: set[frozenset[str]] = set()
        self.down: set[str] = set()

    def fate(self, one: str, other: str) -> Fate:
        """What becomes of a request of `one` to `other`."""
        if frozenset({one, other}) in self.apart or self.down & {one, other}:
            return Fate.LOST
        return self.dice.one_of(BAD) if self.dice.percent(self.storm) else Fate.ARRIVES

    async def travel(self) -> None:
        """The time that it takes."""
        await asyncio.sleep(self.dice.seconds(USUAL_SECONDS))

    async def dawdle(self) -> None:
        """The time that it takes when it is late."""
        await asyncio.sleep(self.dice.seconds(LATEST_SECONDS))

    def clear(self) -> None:
        """Everything arrives from now on."""
        self.storm = 0
        self.apart.clear()
        self.down.clear()

"""What is under way between two steps of a history: messages, and proposals until a commit."""

from collections import Counter
from dataclasses import dataclass, field

from tests.e2ee.mls.mixed import Member


@dataclass
class Held:
    """An application message on its way: to whom it has not come yet."""

    message: bytes
    text: bytes
    epoch: int
    to: list[Member]


@dataclass
class Waiting:
    """The proposals of this epoch, as all members know them."""

    leaves: set[int] = field(default_factory=set)  # that an update or a remove concerns
    kinds: Counter[str] = field(default_factory=Counter)
    newcomers: list[Member] = field(default_factory=list)
    removed: set[int] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.kinds)

    def note(self, kind: str, leaf: int | None = None) -> None:
        self.kinds[kind] += 1
        if leaf is not None:
            self.leaves.add(leaf)
            if kind == "remove":
                self.removed.add(leaf)

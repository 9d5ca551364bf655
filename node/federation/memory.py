"""Pure: a memory of what was looked up: bounded in number and in age (spec FED-7)."""

from collections import OrderedDict
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Memory(Generic[K, V]):
    """The `most` entries used last, none older than `seconds`.

    `ticks` is the caller's clock, in seconds. Keys come from strangers, so there is a cap.
    """

    def __init__(self, most: int, seconds: float) -> None:
        self._most = most
        self._seconds = seconds
        self._kept: OrderedDict[K, tuple[float, V]] = OrderedDict()

    def get(self, key: K, ticks: float) -> V | None:
        """What was put under `key`, unless it is too old or was pushed out."""
        found = self._kept.get(key)
        if found is None:
            return None
        if ticks - found[0] > self._seconds:
            del self._kept[key]
            return None
        self._kept.move_to_end(key)
        return found[1]

    def put(self, key: K, value: V, ticks: float) -> None:
        """Keep `value`; the entry that was used longest ago makes room."""
        self._kept[key] = (ticks, value)
        self._kept.move_to_end(key)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def forget(self, key: K) -> None:
        """Look it up anew next time."""
        self._kept.pop(key, None)

    def __len__(self) -> int:
        return len(self._kept)

"""How much is done at once, so that it takes so long and no longer: learned from the last time."""


class Fitting:
    """`count` of something; it is between `smallest` and `largest`, and takes about `seconds`."""

    def __init__(self, smallest: int, largest: int, seconds: float, first: int = 0) -> None:
        self._smallest, self._largest, self._seconds = smallest, largest, seconds
        self.count = first or smallest

    def took(self, seconds: float) -> None:
        """A whole `count` took so long. It grows step by step, and shrinks at once."""
        fitting = 2 * self.count if seconds <= 0 else int(self.count * self._seconds / seconds)
        self.count = max(self._smallest, min(fitting, 2 * self.count, self._largest))

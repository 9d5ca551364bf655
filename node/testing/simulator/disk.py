"""What a device has on disk, and the program that may die at any write."""

from collections.abc import Callable
from typing import Final

from node.client.rows import Changes


class Killed(BaseException):
    """The program is dead: nothing that it still does has an effect."""


class Disk:
    """The rows of a vault, as they were written last."""

    def __init__(self) -> None:
        self.rows: dict[str, bytes] = {}
        self.counter = 0

    def copy(self) -> "Disk":
        """The files as a backup has them."""
        made = Disk()
        made.rows, made.counter = dict(self.rows), self.counter
        return made


NEVER: Final = -1


class OpenDisk:
    """A vault that one program holds (`rows.Rows`).

    `killed_in`: at which write from now on it dies; `after`: once that is on disk, or before.
    """

    def __init__(self, disk: Disk, dies: Callable[[], None]) -> None:
        self._disk = disk
        self._dies = dies
        self.dead = False
        self.killed_in = NEVER
        self.after = False

    @property
    def counter(self) -> int:
        return self._disk.counter

    @counter.setter
    def counter(self, _number: int) -> None:
        raise AssertionError("a vault counts its steps itself")

    def names(self, prefix: str = "") -> list[str]:
        return sorted(name for name in self._disk.rows if name.startswith(prefix))

    def read(self, name: str) -> bytes | None:
        self.check()
        return self._disk.rows.get(name)

    def step(self, changes: Changes) -> None:
        self.check()
        dies = self.killed_in == 0
        self.killed_in = max(self.killed_in - 1, NEVER)
        if dies and not self.after:
            self.kill()
        self._disk.counter += 1
        for name, value in changes.items():
            if value is None:
                self._disk.rows.pop(name, None)
            else:
                self._disk.rows[name] = value
        if dies:
            self.kill()

    def check(self) -> None:
        """Raises `Killed`."""
        if self.dead:
            raise Killed

    def kill(self) -> None:
        """The program ends here, as by SIGKILL."""
        self.dead = True
        self._dies()
        raise Killed

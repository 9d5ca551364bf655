"""Lines typed by a person while other lines are printed above them."""

import asyncio
import readline
import sys
import termios
import threading
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager

PROMPT = "> "
TO_LINE_START = "\r\x1b[K"


class Typing:
    """What is typed, line by line; a terminal keeps what is half typed at its bottom."""

    def __init__(self) -> None:
        self.live = sys.stdin.isatty() and sys.stdout.isatty()
        self._asked = False
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()

    async def lines(self) -> AsyncGenerator[str, None]:
        """Lines without their break, until the end of the input."""
        self._asked = True
        # A daemon: nothing can wake a thread that waits for a person.
        threading.Thread(target=self._read, daemon=True).start()
        while (line := await self._lines.get()) is not None:
            yield line

    def _read(self) -> None:
        try:
            while True:
                line = input(PROMPT) if self.live else sys.stdin.readline()
                if not self.live and not line:
                    break
                self._loop.call_soon_threadsafe(self._lines.put_nowait, line.rstrip("\n"))
        except EOFError:
            sys.stdout.write("\n" if self.live else "")
        except RuntimeError:
            return  # the program is gone already
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._lines.put_nowait, None)

    @contextmanager
    def above(self) -> Iterator[None]:
        """Print inside of this: what is half typed steps aside and comes back."""
        if not (self.live and self._asked):
            yield
            return
        sys.stdout.write(TO_LINE_START)
        yield
        sys.stdout.write(PROMPT + readline.get_line_buffer())
        sys.stdout.flush()


@contextmanager
def as_found() -> Iterator[None]:
    """Leave the terminal as it was: a reader that waits inside it has changed it."""
    if not sys.stdin.isatty():
        yield
        return
    before = termios.tcgetattr(sys.stdin)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)

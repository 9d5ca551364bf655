"""What a command prints: words for people, JSON lines for programs, bars on terminals only."""

import os
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any, TextIO

import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from node.client.cli import advice
from node.client.videos import Stages, silent
from node.errors import NodeError
from node.wire.times import from_micros

# Invisible marks that turn the direction of writing: they make one text look like another.
TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean(text: str) -> str:
    """Others' words without what would steer a terminal; line breaks and tabs stay."""
    return "".join(
        char
        for char in text
        if char in "\n\t" or (unicodedata.category(char) != "Cc" and char not in TURNS)
    )


def moment(at: datetime) -> str:
    """An instant as this machine's people write it."""
    return at.astimezone().strftime("%Y-%m-%d %H:%M")


def day(at: datetime) -> str:
    """The day (UTC) of an instant of which no more was told."""
    return at.astimezone(UTC).strftime("%Y-%m-%d")


def moment_of_micros(micros: int) -> str:
    """As `moment`, of microseconds since 1970."""
    return moment(from_micros(micros))


class Screen(Console):
    """As it is, but that its reader went away is told to who prints, and ends no program."""

    def __init__(self, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, highlight=False, soft_wrap=True)

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


@contextmanager
def _as_far_as_read(stream: TextIO) -> Iterator[None]:
    """Once its reader went away a stream leads nowhere: what is being done does not end by that.
    Raises `BrokenPipeError` then, for who is to know."""
    try:
        yield
    except BrokenPipeError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
        raise


@contextmanager
def _beside() -> Iterator[None]:
    """What goes to standard error is no answer: that nobody reads it changes nothing."""
    with suppress(BrokenPipeError), _as_far_as_read(sys.stderr):
        yield


class Out:
    """Where a command's words go. With `json` nothing but JSON is written.

    A reader that went away ends no command before its deed: `is_unread` says so, and `is_done`
    whether there was a deed beside what is read (API-9.11).
    """

    def __init__(self, json: bool) -> None:
        self.json = json
        self.is_unread = False
        self.is_done = False
        self._out = Screen()
        self._error = Screen(stderr=True)

    def value(self, value: Any) -> None:
        """One JSON line, at once."""
        with self._out_loud():
            sys.stdout.flush()
            sys.stdout.buffer.write(msgspec.json.encode(value) + b"\n")
            sys.stdout.buffer.flush()

    def aside(self, value: Any) -> None:
        """One JSON line that is no answer, on standard error."""
        with _beside():
            sys.stderr.flush()
            sys.stderr.buffer.write(msgspec.json.encode(value) + b"\n")
            sys.stderr.buffer.flush()

    def say(self, text: str, style: str = "") -> None:
        """A line for people."""
        if not self.json:
            with self._out_loud():
                self._out.print(Text(clean(text), style=style))

    def done(self, text: str, value: Any) -> None:
        """A deed is done: a sentence for people, `value` for programs."""
        self.is_done = True
        if self.json:
            self.value(value)
        else:
            self.say(text)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """A table for people."""
        if self.json:
            return
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(*(Text(clean(cell)) for cell in row))
        with self._out_loud():
            self._out.print(table, soft_wrap=False)

    @contextmanager
    def _out_loud(self) -> Iterator[None]:
        try:
            with _as_far_as_read(sys.stdout):
                yield
        except BrokenPipeError:
            self.is_unread = True

    def check_read(self) -> None:
        """For what only prints, and would go on for ever. Raises `BrokenPipeError`."""
        if self.is_unread:
            raise BrokenPipeError

    def problem(self, error: NodeError) -> int:
        """Tell what went wrong and what to do next; the exit code."""
        self.fail(advice.problem(error))
        return advice.exit_code(error)

    def fail(self, problem: Mapping[str, object]) -> None:
        """A problem, on standard error: a JSON line, or the reason and the advice."""
        if self.json:
            self.aside({"problem": problem})
            return
        said = Text("kith: ", style="bold red").append(Text(clean(str(problem["detail"]))))
        with _beside():
            self._error.print(said)
            self._error.print(Text("  " + clean(str(problem["advice"])), style="dim"))

    @contextmanager
    def bars(self, **titles: str) -> Iterator[Stages]:
        """Bars by stage, drawn on a terminal and nowhere else."""
        if self.json or not self._error.is_terminal:
            yield silent
            return
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeRemainingColumn(),
        )
        tasks: dict[str, TaskID] = {}
        with Progress(*columns, console=self._error) as progress:

            def tell(stage: str, done: int, of: int) -> None:
                if stage not in tasks:
                    tasks[stage] = progress.add_task(titles.get(stage, stage), total=of)
                progress.update(tasks[stage], completed=done, total=of)

            yield tell

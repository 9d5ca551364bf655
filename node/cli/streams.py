"""The streams that a program was started with: closed, full, or of few letters, as they may be."""

import os
import sys
from collections.abc import Callable
from io import TextIOWrapper
from pathlib import Path

from node.exit_codes import NOT_READ, OK, REFUSED, STOPPED

STDOUT = 1


def whole(run: Callable[[list[str]], int], argv: list[str]) -> int:
    """Run a command; its exit code. Who stops it or reads no further sees no traceback."""
    _make_ready()
    try:
        code = run(argv)
    except SystemExit as left:  # help was shown, or the words were not understood
        unread = isinstance(left.__context__, BrokenPipeError)  # of which typer ends with 1
        code = NOT_READ if unread else left.code if isinstance(left.code, int) else OK
    except KeyboardInterrupt:  # before the command itself could hear of it
        code = STOPPED
    except BrokenPipeError:
        code = NOT_READ
    except OSError as error:
        code = _say(error)
    return _flushed(code)


def put(out: str | bytes, code: int = OK) -> int:
    """Put out what a command is run for, as it is where it is for programs (bytes); the number that
    it ends with, which is `code`, unless that is 0 and nobody took it (API-9.11)."""
    try:
        sys.stdout.flush()
        if isinstance(out, str):
            sys.stdout.write(out)
        else:
            sys.stdout.buffer.write(out)
        sys.stdout.flush()
    except BrokenPipeError:
        return _to_nowhere(code or NOT_READ)
    return code


def tell(out: str | bytes) -> int:
    """Say what was done: that nobody reads it changes nothing."""
    put(out)
    return OK


def _make_ready() -> None:
    """A stream that is closed has no reader; letters that one lacks are a ?."""
    nothing = Path(os.devnull)
    if sys.stdin is None:
        sys.stdin = nothing.open(encoding="utf-8")
    if sys.stdout is None:
        sys.stdout = _unread()
    if sys.stderr is None:
        sys.stderr = nothing.open("w", encoding="utf-8")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def _unread() -> TextIOWrapper:
    """A pipe that nobody reads, in the place of standard output: no file may come to stand there,
    into which a program that we start would print."""
    reading, writing = os.pipe()
    os.close(reading)
    if writing != STDOUT:
        os.dup2(writing, STDOUT)
        os.close(writing)
    return open(STDOUT, "w", encoding="utf-8", closefd=False)


def _flushed(code: int) -> int:
    """The exit code, once all that was printed is out, as far as there is somebody who reads it.

    What is left the interpreter would flush at its end, and find the same fault.
    """
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        return _to_nowhere(code or NOT_READ)
    except OSError as error:
        return _to_nowhere(_say(error))
    return code


def _say(error: OSError) -> int:
    """What the system refused, such as a full disk under the output."""
    named = f"{error.filename}: " if error.filename else ""
    print(f"kith: {named}{error.strerror or error}", file=sys.stderr)
    return REFUSED


def _to_nowhere(code: int) -> int:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
    return code

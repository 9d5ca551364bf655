"""The streams that a program was started with: closed, full, or of few letters, as they may be."""

import os
import sys
from collections.abc import Callable
from io import TextIOWrapper
from pathlib import Path

REFUSED, STOPPED = 1, 130
NOT_READ = 141  # as of a program that SIGPIPE ended: its reader went away before it was done


def whole(run: Callable[[list[str]], int], argv: list[str]) -> int:
    """Run a command; its exit code. Who stops it or reads no further sees no traceback."""
    _make_ready()
    try:
        code = run(argv)
    except KeyboardInterrupt:  # before the command itself could hear of it
        code = STOPPED
    except BrokenPipeError:
        code = NOT_READ
    except OSError as error:
        code = _say(error)
    return _flushed(code)


def _make_ready() -> None:
    """A stream that is closed takes all and keeps nothing; letters that one lacks are a ?."""
    nothing = Path(os.devnull)
    if sys.stdin is None:
        sys.stdin = nothing.open(encoding="utf-8")
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, nothing.open("w", encoding="utf-8"))
        elif isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def _flushed(code: int) -> int:
    """The exit code, once all that was printed is out, as far as there is somebody who reads it.

    What is left the interpreter would flush at its end, and find the same fault.
    """
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _to_nowhere()
    except OSError as error:
        _to_nowhere()
        return _say(error)
    return code


def _say(error: OSError) -> int:
    """What the system refused, such as a full disk under the output."""
    named = f"{error.filename}: " if error.filename else ""
    print(f"kith: {named}{error.strerror or error}", file=sys.stderr)
    return REFUSED


def _to_nowhere() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

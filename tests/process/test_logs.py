"""What a node's log looks like, to machines and to people."""

import json
import logging

from node.cli.logs import JsonLines, Words


def record(error: BaseException | None = None) -> logging.LogRecord:
    trace = (type(error), error, error.__traceback__) if error else None
    made = logging.LogRecord("node.worker", logging.WARNING, "", 0, "job failed", (), trace)
    made.job, made.kind = "j1", "purge"
    return made


def raised() -> BaseException:
    try:
        raise ValueError("two\nlines")
    except ValueError as error:
        return error


def test_a_record_is_one_json_line_with_all_that_is_told() -> None:
    line = JsonLines().format(record(raised()))
    assert "\n" not in line
    told = json.loads(line)
    assert told["timestamp"].endswith("+00:00")
    assert "ValueError: two" in told.pop("exception")
    del told["timestamp"]
    assert told == {
        "job": "j1",
        "kind": "purge",
        "event": "job failed",
        "level": "warning",
        "logger": "node.worker",
    }


def test_a_terminal_gets_words_and_the_trace_below() -> None:
    first, *trace = Words().format(record(raised())).split("\n")
    assert first.endswith("WARNING job failed job=j1 kind=purge")
    assert trace[0].startswith("Traceback") and trace[-1] == "lines"

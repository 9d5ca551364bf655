"""The node's log on standard error: ids and clauses, as JSON lines or, on a terminal, as words.

Pages log with `logging.getLogger("node.…")` and name what they tell by `extra`; never bodies.
"""

import json
import logging
import sys
from datetime import UTC, datetime

# What every record has: all else on it was given by `extra`.
USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def told(record: logging.LogRecord) -> dict[str, object]:
    """What the record tells besides its sentence."""
    return {name: value for name, value in vars(record).items() if name not in USUAL}


class JsonLines(logging.Formatter):
    """One JSON object a line: `event`, `level`, `timestamp` (RFC 3339, UTC), then what is told."""

    def format(self, record: logging.LogRecord) -> str:
        line = told(record) | {
            "event": record.getMessage(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


class Words(logging.Formatter):
    """A line for people: when, how bad, what, and `name=value` of what is told."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        line, *trace = super().format(record).split("\n")
        details = "".join(f" {name}={value}" for name, value in told(record).items())
        return "\n".join([line + details, *trace])


def configure(level: str) -> None:
    """Log from `level` on (`debug`, `info`, `warning`, `error`); of libraries only warnings."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Words() if sys.stderr.isatty() else JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("node").setLevel(level.upper())
